"""The indicator catalogue: what it holds, how its entries hang together, what analysts' words mean, and how it refuses a bad file."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError
from data.indicators import Direction, Indicator, IndicatorCatalogue, Kind, indicator_catalogue
from data.text import normalise_name
from data.units import Dimension
from tools.formulas import FORMULAS
from tools.name_scanner import NameKind, find_names

CATALOGUE = indicator_catalogue()
FILES = sorted((FOLDER / "indicators").glob("*.yaml"))
CATEGORIES = set(
    "asset_quality balance_sheet business capital deposits income_statement liquidity loans market_risk per_share profitability rates".split()
)

WORDS = """
赚了多少 net_profit | 归母净利 net_profit_attributable | 扣非 deducted_net_profit | 营收 operating_income | 中收 net_fee_income | NII net_interest_income
NIM net_interest_margin | 息差 net_interest_margin | 净息差 net_interest_margin | 净利差 net_interest_spread | ROA roa | ROE roe_weighted | 成本收入比 cost_income_ratio
信用成本 credit_cost | 房贷 mortgage | 按揭 mortgage | 消费贷 consumer_loans | 经营贷 personal_business_loans | 对公贷款 corporate_loans | 零售贷款 personal_loans
揽储 total_deposits | 储蓄存款 personal_deposits | 活期率 demand_deposit_share | 存贷比 loan_deposit_ratio | 拨备 provision_coverage | 拨贷比 loan_provision_ratio
贷款拨备率 loan_provision_ratio | 不良率 npl_ratio | 坏账率 npl_ratio | 坏账 npl_balance | 不良余额 npl_balance | 关注率 special_mention_ratio | 关注类贷款 special_mention_loans
逾期率 overdue_ratio | 不良偏离度 overdue_npl_deviation | 不良生成率 npl_formation_rate | 核销金额 loan_write_offs | 重组贷款 restructured_loans | 阶段三贷款 stage3_loans
阶段三减值准备 stage3_allowance | 信用卡不良率 credit_card_npl_ratio | 房地产业不良率 real_estate_npl_ratio | 对公不良率 corporate_npl_ratio | 个人贷款不良率 personal_npl_ratio
制造业不良 manufacturing_npl | 长三角不良率 yangtze_delta_npl_ratio | 西部地区不良贷款余额 western_npl | 抵押贷款不良余额 mortgaged_npl | 前十大客户贷款比例 top10_customer_concentration
核充 cet1_ratio | CAR car | 一级资本 tier1_capital_net | 资本净额 capital_net | RWA rwa | 操作风险加权资产 operational_rwa | RWA密度 rwa_density | 杠杆率 leverage_ratio
调整后的表内外资产余额 leverage_exposure | TLAC tlac_ratio | LCR lcr | NSFR nsfr | 流动性比率 liquidity_ratio | HQLA hqla | 备付金率 excess_reserve_ratio
利率上升100BP nii_change_up_100bp | VaR var_total | 网点 outlets | 自营网点 self_operated_outlets | 代理网点数 agency_outlets | 员工人数 staff | 零售客户数 personal_customers
月活 mobile_bank_mau | 发卡量 cards_issued | AUM aum | 理财规模 wealth_management_balance | 托管规模 custody_assets | IT投入 technology_spend | 科技投入占比 technology_spend_share
贷款承诺 loan_commitments | 承兑汇票 bank_acceptances | 分红率 dividend_payout | EPS eps_basic | 每股净资产 bvps | 股息率 dividend_yield | 资产负债率 liability_asset_ratio
non-performing loan ratio npl_ratio | Provision Coverage Ratio provision_coverage | risk-weighted assets rwa | liquidity coverage ratio lcr | total assets total_assets
"""
MEANT = [tuple(pair.strip().rsplit(" ", 1)) for pair in re.split(r"[|\n]", WORDS) if pair.strip()]


def test_it_holds_what_reports_print() -> None:
    counts = Counter(indicator.category for indicator in CATALOGUE)
    assert len(CATALOGUE) >= 800
    assert set(counts) == CATEGORIES == {path.stem for path in FILES}
    assert min(counts.values()) >= 20
    risk = sum(counts[name] for name in ("asset_quality", "capital", "liquidity", "market_risk", "business"))
    assert risk >= 400
    assert len(CATALOGUE.names()) >= 12_000
    assert indicator_catalogue() is CATALOGUE


def test_an_entry_lives_in_the_file_of_its_category_and_has_its_own_id() -> None:
    entries = [(path.stem, entry) for path in FILES for entry in read_yaml_list(path)]
    assert [entry["id"] for stem, entry in entries if entry["category"] != stem] == []
    assert [key for key, count in Counter(entry["id"] for _, entry in entries).items() if count > 1] == []
    assert len(entries) == len(CATALOGUE)
    known = set("id name aliases english kind basis unit category direction range caliber formula parents line".split())
    assert {key for _, entry in entries for key in entry} <= known
    assert {entry["basis"] for _, entry in entries} == {"point", "period"}


def test_every_name_belongs_to_one_indicator_and_is_given_once() -> None:
    owners: dict[str, list[str]] = {}
    for indicator in CATALOGUE:
        for name in (indicator.name, *indicator.aliases, *indicator.english):
            owners.setdefault(normalise_name(name), []).append(indicator.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}
    assert [name for name in owners if len(name) < 2] == []


def test_every_name_and_id_leads_back_to_its_indicator() -> None:
    for indicator in CATALOGUE:
        assert CATALOGUE.get(indicator.id) is indicator
        for name in (indicator.name, *indicator.aliases, *indicator.english, indicator.id):
            assert CATALOGUE.by_name(name) is indicator, name
    assert CATALOGUE.by_name("没有这个指标") is None
    with pytest.raises(CatalogueError, match="no_such_indicator"):
        CATALOGUE.get("no_such_indicator")


def test_ids_are_plain_and_every_entry_says_what_it_is() -> None:
    assert [i.id for i in CATALOGUE if not re.fullmatch(r"[a-z][a-z0-9_]*", i.id)] == []
    assert [i.id for i in CATALOGUE if not i.english] == []
    assert [i.id for i in CATALOGUE if not i.caliber.endswith("。")] == []
    assert [i.id for i in CATALOGUE if len(i.caliber) < 6] == []


def test_kind_basis_and_unit_agree() -> None:
    """A stock is read at a date, a flow over a period; only a ratio carries % or 倍."""
    assert [i.id for i in CATALOGUE if i.kind is not Kind.RATIO and i.point is not (i.kind is Kind.STOCK)] == []
    assert [i.id for i in CATALOGUE if (i.unit.dimension is Dimension.RATIO) and i.kind is not Kind.RATIO] == []
    units = {str(i.unit) for i in CATALOGUE}
    assert {"百万元", "%", "倍", "元/股", "个", "人"} <= units


def test_ranges_are_sane() -> None:
    bounded = [i for i in CATALOGUE if i.low is not None and i.high is not None]
    assert len(bounded) >= 200
    assert [i.id for i in bounded if i.low is not None and i.high is not None and i.low >= i.high] == []
    assert [i.id for i in CATALOGUE if i.kind is Kind.RATIO and str(i.unit) == "%" and (i.low is None or i.high is None)] == []


@pytest.mark.parametrize(
    ("indicator_id", "fits", "odd"),
    [
        ("npl_ratio", "0.95", "95"), ("npl_ratio", "0", "-0.1"), ("provision_coverage", "437.70", "4.3770"), ("loan_provision_ratio", "4.14", "41.4"),
        ("cet1_ratio", "13.73", "137.3"), ("lcr", "149.45", "1.49"), ("leverage_ratio", "8.20", "82"), ("mortgage_npl_ratio", "0.36", "-1"),
        ("npl_balance", "61579", "-1"), ("outlets", "39638", "-1"), ("technology_spend_share", "3.55", "35"), ("overdue_ratio", "1.03", "51"),
    ],
)  # fmt: skip
def test_a_range_tells_a_plausible_value_from_a_misread_one(indicator_id: str, fits: str, odd: str) -> None:
    indicator = CATALOGUE.get(indicator_id)
    assert indicator.plausible(Decimal(fits))
    assert not indicator.plausible(Decimal(odd))


def test_movements_and_sensitivities_may_be_negative() -> None:
    for indicator_id in ("allowance_charge", "allowance_exchange", "fx_net_exposure", "nii_change_up_100bp", "eve_max_change", "liquidity_gap_1m"):
        assert CATALOGUE.get(indicator_id).plausible(Decimal(-1000)), indicator_id


def test_every_formula_exists_and_computes_the_indicator_that_names_it() -> None:
    named = [i for i in CATALOGUE if i.formula is not None]
    assert len(named) >= 40
    assert [i.id for i in named if i.formula not in FORMULAS] == []
    for indicator in named:
        rule = FORMULAS[str(indicator.formula)]
        assert (rule.indicator_id or rule.id) == indicator.id
        assert (rule.name, rule.point) == (indicator.name, indicator.point)
        assert rule.unit in ("", str(indicator.unit))


def test_every_input_of_a_formula_and_every_row_of_the_allowance_walk_is_an_indicator() -> None:
    inputs = {key for rule in FORMULAS.values() for item in rule.inputs for key in (*item.ids, *item.average_ids)}
    rows = {f"allowance_{row}" for row in ("opening", "charge", "write_off", "recovery", "unwinding", "exchange", "closing")}
    assert sorted(key for key in inputs | rows if key not in CATALOGUE) == []


def test_parents_are_totals_of_the_same_dimension_and_never_circular() -> None:
    for indicator in CATALOGUE:
        parents = [CATALOGUE.get(parent) for parent in indicator.parents]
        assert len(set(indicator.parents)) == len(indicator.parents), indicator.id
        for parent in parents:
            assert parent.kind is not Kind.RATIO and indicator.kind is not Kind.RATIO, indicator.id
            assert parent.unit.dimension is indicator.unit.dimension, indicator.id
        assert indicator.id not in _ancestors(indicator), indicator.id


def _ancestors(indicator: Indicator) -> set[str]:
    seen: set[str] = set()
    queue = list(indicator.parents)
    while queue:
        parent = queue.pop()
        if parent not in seen:
            seen.add(parent)
            queue += CATALOGUE.get(parent).parents
    return seen


def test_parts_know_their_totals() -> None:
    for part, total in [
        ("substandard_loans", "npl_balance"), ("credit_rwa", "rwa"), ("market_rwa", "rwa"), ("operational_rwa", "rwa"), ("western_npl", "npl_balance"),
        ("agency_outlets", "outlets"), ("overdue_90_loans", "overdue_loans"), ("tier2_capital", "capital_net"), ("mortgage_npl", "personal_npl"),
        ("stage3_allowance", "loan_allowance"), ("loan_commitments", "credit_commitments"),
    ]:  # fmt: skip
        assert total in CATALOGUE.get(part).parents, part


def test_every_regulatory_line_has_a_bound_and_a_dated_source() -> None:
    lines = [(i, i.line) for i in CATALOGUE if i.line is not None]
    assert len(lines) >= 25
    for indicator, line in lines:
        assert line.minimum is not None or line.maximum is not None, indicator.id
        assert re.search(r"(?:19|20)\d{2}", line.source), indicator.id
        assert indicator.kind is Kind.RATIO
        for bound in (line.minimum, line.maximum):
            assert bound is None or indicator.plausible(bound), indicator.id


@pytest.mark.parametrize(
    ("indicator_id", "minimum", "maximum"),
    [
        ("npl_ratio", None, "5"), ("provision_coverage", "120", None), ("loan_provision_ratio", "1.5", None), ("car", "8", None), ("tier1_ratio", "6", None),
        ("cet1_ratio", "5", None), ("leverage_ratio", "4", None), ("lcr", "100", None), ("nsfr", "100", None), ("liquidity_ratio", "25", None),
        ("single_customer_concentration", None, "10"), ("group_customer_concentration", None, "15"), ("core_liability_ratio", "60", None),
        ("liquidity_gap_ratio", "-10", None), ("fx_exposure_ratio", None, "20"), ("tlac_ratio", "16", None),
    ],
)  # fmt: skip
def test_lines_carry_the_bound_of_the_regulation(indicator_id: str, minimum: str | None, maximum: str | None) -> None:
    line = CATALOGUE.get(indicator_id).line
    assert line is not None
    assert (line.minimum, line.maximum) == tuple(None if bound is None else Decimal(bound) for bound in (minimum, maximum))


@pytest.mark.parametrize(
    ("indicator_id", "direction"),
    [
        ("npl_ratio", Direction.LOWER), ("provision_coverage", Direction.HIGHER), ("cet1_ratio", Direction.HIGHER), ("overdue_ratio", Direction.LOWER),
        ("leverage_ratio", Direction.HIGHER), ("lcr", Direction.HIGHER), ("single_customer_concentration", Direction.LOWER), ("outlets", Direction.NEUTRAL),
        ("overdue_npl_deviation", Direction.LOWER), ("npl_to_overdue_90", Direction.HIGHER),
    ],
)  # fmt: skip
def test_better_means_better_for_the_bank(indicator_id: str, direction: Direction) -> None:
    assert CATALOGUE.get(indicator_id).direction is direction


@pytest.mark.parametrize(("word", "indicator_id"), MEANT)
def test_the_words_of_analysts(word: str, indicator_id: str) -> None:
    found = CATALOGUE.by_name(word)
    assert found is not None and found.id == indicator_id


def test_there_are_enough_words_checked() -> None:
    assert len(MEANT) >= 80
    assert len({word for word, _ in MEANT}) == len(MEANT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("净息差", "净利差"), ("加权平均净资产收益率", "全面摊薄净资产收益率"), ("拨备覆盖率", "拨贷比"), ("流动性比例", "流动性覆盖率"), ("杠杆率", "权益乘数"),
        ("不良偏离度", "不良贷款与逾期90天以上贷款比例"), ("资本充足率", "权重法下资本充足率"), ("不良率", "不良资产率"), ("核销及转出", "贷款核销额"),
        ("资本净额", "净资产"), ("最大十家客户贷款比例", "最大十家客户贷款占贷款总额比例"), ("农林牧渔业不良贷款", "涉农贷款不良贷款"), ("个人客户数", "手机银行客户数"),
    ],
)  # fmt: skip
def test_look_alikes_stay_apart(one: str, other: str) -> None:
    first, second = CATALOGUE.by_name(one), CATALOGUE.by_name(other)
    assert first is not None and second is not None and first is not second


@pytest.mark.parametrize("name", ["资本充足率", "不良率", "净利润", "核心一级资本充足率"])
def test_a_scope_is_never_part_of_a_name(name: str) -> None:
    """非并表 and 母公司 must stay readable as the scope of a question, so no name may swallow them."""
    for scope in ("非并表", "母公司口径", "本行口径"):
        assert CATALOGUE.by_name(scope + name) is None


def test_bare_class_words_are_no_names() -> None:
    """关注, 正常, 损失 are everyday words; a question that uses them asks for no loans."""
    for word in ("关注", "正常", "损失", "可疑", "计提", "信用卡", "理财", "同业"):
        assert CATALOGUE.by_name(word) is None
        assert normalise_name(word) not in CATALOGUE.ambiguous


def test_ambiguous_words_ask_one_short_question() -> None:
    assert len(CATALOGUE.ambiguous) >= 18
    for word, entry in CATALOGUE.ambiguous.items():
        assert CATALOGUE.by_name(word) is None, word
        assert word not in CATALOGUE.not_applicable, word
        assert "？" in entry.question and len(entry.question) <= 60, word
        assert entry.candidates and len(set(entry.candidates)) == len(entry.candidates), word
        assert all(candidate in CATALOGUE for candidate in entry.candidates), word


@pytest.mark.parametrize("word", ["准备金", "利率", "收益", "利润", "资本", "成本", "拨备率", "流动性", "敞口", "分红"])
def test_a_vague_word_is_asked_about(word: str) -> None:
    assert normalise_name(word) in CATALOGUE.ambiguous
    assert [span.kind for span in find_names(word)] == [NameKind.AMBIGUOUS]


def test_reserves_are_three_things() -> None:
    assert set(CATALOGUE.ambiguous["准备金"].candidates) == {"loan_allowance", "statutory_reserve", "general_risk_reserve"}


def test_foreign_metrics_say_why_and_what_instead() -> None:
    entries = {entry.name: entry for entry in CATALOGUE.not_applicable.values()}
    assert len(entries) >= 16
    for name, entry in entries.items():
        assert entry.reason.endswith("。") and entry.instead, name
        assert all(target in CATALOGUE for target in entry.instead), name
        assert [word for word in (name, *entry.aliases) if CATALOGUE.by_name(word) is not None] == []


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("流动比率", "流动比率"), ("速动比率", "速动比率"), ("存货周转天数", "存货周转率"), ("毛利率", "毛利率"), ("应收账款周转天数", "应收账款周转率"), ("毛利", "毛利率"),
        ("EBITDA", "EBITDA"), ("利息保障倍数", "利息保障倍数"), ("自由现金流", "自由现金流"), ("ROIC", "投入资本回报率"), ("EV/EBITDA", "企业价值倍数"),
    ],
)  # fmt: skip
def test_a_foreign_metric_is_found_under_its_other_names(word: str, name: str) -> None:
    assert CATALOGUE.not_applicable[normalise_name(word)].name == name
    assert [(span.kind, span.ref) for span in find_names(word)] == [(NameKind.NOT_APPLICABLE, name)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("2019年末制造业贷款的不良率", ["manufacturing_npl_ratio"]), ("西部地区的不良贷款余额有多少", ["western_npl"]), ("按贷款迁徙率看关注类贷款迁徙率", ["special_mention_migration_rate"]),
        ("信用卡不良率和房贷不良率", ["credit_card_npl_ratio", "mortgage_npl_ratio"]), ("逾期90天以上贷款与不良贷款之比", ["overdue_npl_deviation"]),
        ("核心一级资本充足率与资本充足率", ["cet1_ratio", "car"]), ("阶段三减值准备对阶段三贷款", ["stage3_allowance", "stage3_loans"]), ("值得关注的是净息差", ["net_interest_margin"]),
    ],
)  # fmt: skip
def test_the_longest_name_wins_in_a_sentence(text: str, ids: list[str]) -> None:
    assert [span.ref for span in find_names(text) if span.kind is NameKind.INDICATOR] == ids


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A private copy of the catalogue, free to be damaged."""
    shutil.copytree(FOLDER, tmp_path / "catalogue")
    return tmp_path / "catalogue"


def test_the_private_copy_loads_like_the_packaged_one(catalogue: Path) -> None:
    assert list(IndicatorCatalogue.load(catalogue)) == list(CATALOGUE)


FIRST = "{id: npl_ratio, name: 不良贷款率, kind: ratio, basis: point, unit: \"%\""


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        (FIRST.replace("kind: ratio", "kind: rate"), "asset_quality.yaml 的条目 npl_ratio 有误.*rate"),
        (FIRST.replace("unit: \"%\"", "unit: 百分点数"), "asset_quality.yaml 的条目 npl_ratio 有误.*百分点数"),
        (FIRST.replace("kind: ratio, ", ""), "asset_quality.yaml 的条目 npl_ratio 有误.*kind"),
        (FIRST.replace("id: npl_ratio, ", ""), r"asset_quality.yaml 的条目 \? 有误.*id"),
        (FIRST + ", range: [低, 高]", "asset_quality.yaml 的条目 npl_ratio 有误.*低"),
        (FIRST + ", range: [\"0\"]", "asset_quality.yaml 的条目 npl_ratio 有误"),
        (FIRST + ", direction: up", "asset_quality.yaml 的条目 npl_ratio 有误.*up"),
        (FIRST + ", line: {max: \"5\"}", "asset_quality.yaml 的条目 npl_ratio 有误.*source"),
        (FIRST + ", parents: [nobody]", "npl_ratio 引用了不存在的指标 nobody"),
        (FIRST.replace("name: 不良贷款率", "name: 资本充足率"), "资本充足率.*npl_ratio 与 car"),
        (FIRST.replace("id: npl_ratio", "id: npl_ratio, aliases: ["), "asset_quality.yaml"),
    ],
)  # fmt: skip
def test_a_damaged_entry_is_refused_by_file_and_name(catalogue: Path, new: str, complaint: str) -> None:
    path = catalogue / "indicators" / "asset_quality.yaml"
    path.write_text(f"- {new}, category: asset_quality, caliber: 一句话}}\n", encoding="utf-8")
    for entry in ("ambiguous.yaml", "not_applicable.yaml"):
        (catalogue / entry).write_text("[]\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=complaint):
        IndicatorCatalogue.load(catalogue)


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("ambiguous.yaml", "- {word: 试, question: 哪个？, candidates: [nobody]}\n", "试 引用了不存在的指标 nobody"),
        ("not_applicable.yaml", "- {name: 甲率, reason: 不适用。, instead: [nobody]}\n", "甲率 引用了不存在的指标 nobody"),
        ("ambiguous.yaml", "word: 试\n", "ambiguous.yaml 应为条目列表"),
        ("not_applicable.yaml", "- 甲率\n", "not_applicable.yaml 应为条目列表"),
        ("indicators/rates.yaml", "- [\n", "无法读取目录文件 rates.yaml"),
        ("indicators/rates.yaml", "", "rates.yaml 应为条目列表"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_by_name(catalogue: Path, file: str, text: str, complaint: str) -> None:
    (catalogue / file).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=complaint):
        IndicatorCatalogue.load(catalogue)


def test_a_missing_file_is_refused(catalogue: Path) -> None:
    (catalogue / "ambiguous.yaml").unlink()
    with pytest.raises(CatalogueError, match=r"无法读取目录文件 ambiguous\.yaml"):
        IndicatorCatalogue.load(catalogue)


def test_an_indicator_is_a_value() -> None:
    with pytest.raises(AttributeError):
        CATALOGUE.get("npl_ratio").name = "另一个"  # type: ignore[misc]
