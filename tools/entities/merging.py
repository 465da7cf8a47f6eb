"""Grammar and model together: which of a model's proposals are taken.

The grammar decides all it can: times, numbers, known names. A model is heard on names only, and only where a name meets
what the grammar left open: an indicator that goes on to the left of what the grammar knew of it (拆箱回款额 for 回款额), an
indicator in a gap right before its figure, a company in a gap that ends like one. What is taken must look like a name too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.entities.spans import INDICATOR_BLOT, EntitySpan, EntityType
from tools.entities.tagger import Proposal


@dataclass(frozen=True, slots=True)
class Policy:
    """The least confidence for each use of a proposal; above 1 for never."""

    wider_indicator: float = 0.55
    new_indicator: float = 0.75
    new_company: float = 0.8


POLICY = Policy()

# What no name holds, and what no name of the kind begins with.
_BROKEN = re.compile(r"[,;:。、!?《》【】“”\"/①-⑳\x00-\x04]|\d{4}|^[)\]]|^\([\d一二三四五六七八九十]\)")
_SUBJECT = re.compile(
    r"^(?:最新|单季|当季|中期|首家|其余|[一二三四五六七八九十\d]+家|上市|国有|大型|行业|银行业|业|其中|主要|以及|和|与|的|由于|各|股份(?=占比)|客户数|(?:获得|取得|收到|形成|带来)的|[一-鿿]{1,4}?指标)"
    r"|(?:实现|计提|较|同比|环比|分别|增长|下降|[首上]市后|大行|位于|来自|导致|高于|低于)"
)
_TAIL = re.compile(
    r"(?:率|(?<![名定])额|量|占比|比例|比率|比重|(?<!产)值|价|费|用|款|金|收入|投入|支出|成本|利润|净利|毛利|润|损失|损益|收益|准备|负债|资产|资金|资本|余额|敞口|缺口"
    r"|倍数|息|债|头寸|价值|盈利|股利|分红|类|业|[^提]规模)(?:\([^()]*\))?$"
)
_COUNT = re.compile(r"(?:人口|客户|户|人|员工|股份|总股本)$|^(?:中国|服务)人口")
_LINE = re.compile(
    r"(?:银行|农商行|农信联社|证券|信托|基金|期货|人寿|财险|产险|寿险|再保险|保险|资管|资产管理|理财|消费金融|消金|金租|租赁|小贷|担保|控股|集团|投资|科技|股份|重工|重科|国际|汽车|能源|电力|实业|地产|置业|建设|建工|医药|公司|事务所)"
    r"(?:\([^()]{2,6}\))?$"
)
_GENERIC = re.compile(
    r"^(?:.{0,6}家|其余|其他|各|多|部分|上市|国有|大型|中小|股份制?|城市|农村|民营|外资|头部|某|该|本|全|我国|全[国省市县]|辖内|当地|国内|国际|商业|政策性|主要|相关|代销|公募|私募|货币|债券|股票|资产|家族|社保|商业|个人|企业|理财|养老)?"
    r"(?:银行|农商行|城商行|大行|证券|信托|基金|期货|保险|人寿|资管|资产管理|理财|租赁|公司|集团|控股|投资|科技|股份|国际|汽车|能源|电力|地产|建设|担保)$"
)
_BETWEEN = re.compile(r"\s?(?:\([^()]*\))?\s?[^,。;:、\d]{0,8}")


# Words that stand before an indicator and leave nothing open.
_BEFORE = tuple(
    "实现 其中 截至 同比 环比 较 占 的 为 达到 达 超过 超 逾 将 增长 下降 增加 减少 上升 提升 回落 分别 合计 按年 突破 升至 降至 人民币 主要是 主要由于 派发 并 且 均 以 于 是 持有 完成 保持 "
    "净增 高于 低于 不足 实际 累计 计提 发放 取得 确认 录得 变动 整体 该".split()
)
_ALONE = frozenset("比约近至到和与及由从在对中仅每但向或")  # The same where nothing stands before them.
_RUN = re.compile(r"(?:[一-鿿A-Za-z]|(?<=[A-Z])\d)(?:[一-鿿A-Za-z\s]|(?<=[A-Z])\d)*(?=[\x02-\x04])")
_SAID = re.compile(
    r"(?:较|比|同比|环比|按年|分别|增长|下降|增加|减少|上升|提升|提高|回落|下滑|净增|多增|少增|收窄|突破|达到?|升至|降至|增至|至|由|为|约|近|超过?|逾|仅|合计|人民币|占|的|比例|比重|增幅|降幅|增速|高达|不足|不超过|是|了|和|及|与|或|以|从|到|在"
    r"|涨|跌|增|降|大增|扩大|同期|水平|左右|以上|以内|其中|实现|保持|控制|维持|每|派|\s)+"
)
_PLACE = re.compile(rf"[一-鿿]{{2}}(?:{_LINE.pattern.removeprefix('(?:').partition(')')[0]})(?=[、,。;:(\x01\x02]|[和与及等在的]|$)")


def left_open(masked: str) -> bool:
    """Whether a text with its entities blotted out has a place where a name may have been missed: a quick no for many sentences."""
    for run in _RUN.finditer(masked):
        words = run[0].rstrip()
        if words in _ALONE:
            continue
        if not words.endswith(_BEFORE) if masked[run.end()] == INDICATOR_BLOT else len(_SAID.sub("", words)) > 1:
            return True
    return _PLACE.search(masked) is not None


def merged(plain: str, entities: Sequence[EntitySpan], proposals: Sequence[Proposal], policy: Policy) -> list[EntitySpan] | None:
    """The grammar's names and times with the proposals that were taken; None where none was."""
    figures = [span for span in entities if span.type in (EntityType.VALUE, EntityType.CHANGE)]
    kept = [span for span in entities if span not in figures]
    taken = False
    for proposed, confidence in proposals:
        span = _whole(plain, proposed, kept)
        if any(_overlap(span, figure) for figure in figures):
            continue
        inside = [other for other in kept if _overlap(span, other)]
        if confidence >= _least(plain, span, inside, figures, policy):
            kept = [other for other in kept if other not in inside] + [span]
            taken = True
    return sorted(kept) if taken else None


def _least(plain: str, span: EntitySpan, inside: list[EntitySpan], figures: Sequence[EntitySpan], policy: Policy) -> float:
    """How sure a proposal must be to be taken in place of what lies inside it; infinite where it may not be."""
    name = plain[span.start : span.end]
    if _BROKEN.search(name):
        return float("inf")
    if span.type is EntityType.COMPANY:
        stands = not inside and len(name) >= 4 and _LINE.search(name) and not _GENERIC.match(name)
        return policy.new_company if stands else float("inf")
    if span.type is not EntityType.INDICATOR or _SUBJECT.search(name) or not _TAIL.search(name) or _COUNT.search(name):
        return float("inf")
    if inside:
        ends_alike = inside[-1].end == span.end and inside != [span] and all(other.type is span.type and other.start >= span.start for other in inside)
        return policy.wider_indicator if ends_alike else float("inf")
    return policy.new_indicator if len(name) >= 3 and _figure_behind(plain, span, figures) else float("inf")


_LEAD = re.compile(r"[之其的]+")
_APART = (*_BEFORE, *_ALONE, *"共某此各等就而已也不年月日时又再曾")


def _whole(plain: str, span: EntitySpan, names: Sequence[EntitySpan]) -> EntitySpan:
    """An indicator that begins one character behind the clause or the last name begins right there; 之 and 的 stay outside."""
    if span.type is not EntityType.INDICATOR or span in names:
        return span
    if lead := _LEAD.match(plain, span.start, span.end - 1):
        return span._replace(start=lead.end())
    start = span.start
    while start and "一" <= plain[start - 1] <= "鿿" and all(start > name.end or start <= name.start for name in names):
        start -= 1
    ragged = plain[start : span.start]
    return span._replace(start=start) if len(ragged) == 1 and ragged not in _APART else span


def _overlap(one: EntitySpan, other: EntitySpan) -> bool:
    return one.start < other.end and other.start < one.end


def _figure_behind(plain: str, span: EntitySpan, figures: Sequence[EntitySpan]) -> bool:
    following = next((figure for figure in figures if figure.start >= span.end), None)
    return following is not None and _BETWEEN.fullmatch(plain, span.end, following.start) is not None
