"""The catalogue's names as a document may print them, and which of them say too little to stand alone as a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from data.indicators import Indicator, IndicatorCatalogue
from data.units import Dimension
from retrieval.extraction.labels import TOTALS, clean_label, name_key, without_bracket
from retrieval.extraction.printed_units import bracket_unit, strip_unit

# Words of questions, or of a row that means something else in every table: they need the table's topic to be understood.
_TOO_LITTLE = frozenset(
    name_key(name)
    for name in (
        "贷款 存款 不良 拨备 贴现 覆盖率 投资 投资收益率 员工 网点 网均利润 发卡量 体量 收益率 付息率 付息成本 净利 归母 扣非 "
        "利差 息差 分红 存款利率 贷款利率 核销 核销金额 核销额 本年核销 本期核销 本年计提 本期计提 本期转回 阶段转移 折现转回 "
        "正常贷款 债券 信用卡 消费贷 房贷 按揭 活期 定期 储备资本 附加资本 一级资产 二级资产 逆周期资本 表外项目 名义本金 "
        "客户数 机构数 机构数量 市值 优先股股息 现金分红 减值损失 资产减值 总资本 资本总额 重新计量 汇率及其他 "
        "新增源生或购入的金融资产 由阶段转移导致的预期信用损失变化 核销及转出 核销及处置 收回已核销 汇率变动及其他 收入总额 "
        "总收入 综合收益 费用支出 信用贷款 保证贷款 抵押贷款 质押贷款 短期贷款 中长期贷款 境内贷款 境外贷款 长期贷款 项目贷款 "
        "抵押及质押贷款 政府债券 公司债券 企业债券 金融债券 同业存单 其他存款 其他贷款 应收利息 应付利息 债券投资 基金投资 "
        "证券投资 技术人员 经营收入 经营费用 营业费用 营业成本 研发费用 管理费用 现金 汇兑损失 公司客户 融资租赁 基金 "
        "减值准备余额 拨备余额 递延税资产 信用损失 信用减值 平均利率 附属机构贷款 存款成本 负债成本 权益总额 监管资本 单位存款 "
        "居民存款 "
    ).split()
)


class NameIndex:
    """Looks indicators up by printed names; forgiving about 及/和, 的, brackets of units and whose shareholders are meant."""

    def __init__(self, catalogue: IndicatorCatalogue) -> None:
        self.catalogue = catalogue
        names: dict[str, Indicator | None] = {}
        for indicator in catalogue:
            for name in (indicator.name, *indicator.aliases, *indicator.english):
                for key in {name_key(name), name_key(strip_unit(name))}:
                    other = names.setdefault(key, indicator)
                    if other is not None and other.id != indicator.id:
                        names[key] = indicator if name == indicator.name else other if name_key(other.name) == key else None
        self._names = names

    def find(self, name: str) -> Indicator | None:
        """The indicator that a composed name stands for, or None."""
        return self._names.get(name_key(name))

    def find_label(self, label: str) -> Indicator | None:
        """The indicator that a cleaned row label names on its own; None for totals and for words that say too little."""
        for form in _forms(label):
            key = name_key(form)
            if form in TOTALS or key in _TOO_LITTLE or len(key) < 2:
                continue
            if (found := self._names.get(key)) is not None:
                return found
        return None

    @property
    def keys(self) -> Mapping[str, Indicator | None]:
        """Every lookup key; None where two indicators claim it."""
        return self._names


def says_too_little(label: str) -> bool:
    """Whether a label needs its table's topic to be understood."""
    return name_key(label) in _TOO_LITTLE


@lru_cache(maxsize=16384)
def _forms(label: str) -> tuple[str, ...]:
    """A label as printed, without its unit, without its last bracket, without whose it is."""
    plain = strip_unit(label)
    forms = dict.fromkeys((label, plain, without_bracket(plain)))
    counted = bracket_unit(label)
    if counted is not None and counted.dimension is Dimension.COUNT:
        forms |= dict.fromkeys((f"{plain}数", f"{plain}数量"))
    if re.fullmatch(r".{4,}[率比息利额]数", plain):
        forms[plain[:-1]] = None
    for form in list(forms):
        for prefix in ("本集团", "本行", "集团", "全行", "年末", "期末", "报告期末", "本公司"):
            if form.startswith(prefix) and len(form) > len(prefix) + 2:
                forms[clean_label(form.removeprefix(prefix))] = None
    return tuple(forms)


@lru_cache(maxsize=4)
def name_index(catalogue: IndicatorCatalogue) -> NameIndex:
    """The index of a catalogue, made once."""
    return NameIndex(catalogue)
