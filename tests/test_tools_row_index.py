"""Rows matched by the words of a question: all of them or none, the row's own words too, and what stands beside a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.ports import RowPlace, RowRecord
from data.units import Dimension
from tools.row_index import ROW_PREFIX, RowIndex, RowMatch, covered_chars, leaf_of

LOANS, BAD, OVERDUE, STAFF = "贷款按地区划分", "不良贷款按地区划分", "逾期贷款", "员工构成"
REGIONS = ("长江三角洲", "珠江三角洲", "中部地区", "总行")
NAMES = {"total_loans": ("贷款总额", "各项贷款", "贷款余额"), "corporate_loans": ("公司贷款", "对公贷款"), "npl_ratio": ("不良贷款率", "不良率")}


def row(
    indicator: str, table: str = "", path: str = "", *, id: str = "", unit: str = "百万元", page: int = 1, rank: int = 1, point: bool = True,
    periods: tuple[str, ...] = ("2023", "2022"),
) -> RowRecord:
    """A row of 甲银行; without an id, one that the catalogue has no name for."""
    places = (RowPlace(page, 0, "2023年"),)
    return RowRecord("甲银行", "bank:甲", indicator, id or f"{ROW_PREFIX}{indicator}", table, path, unit, point, rank, page, periods, ("集团",), places)


RECORDS = [
    *[row(f"{LOANS}：{region}", LOANS, region, page=2) for region in REGIONS],
    *[row(f"{LOANS}：{region}·占比", LOANS, region, page=2, unit="%") for region in REGIONS],
    *[row(f"{BAD}：{region}", BAD, region, page=3) for region in REGIONS],
    row("贷款总额", LOANS, "合计", id="total_loans", page=2, rank=0),
    row("公司贷款", "贷款按产品划分", "公司贷款", id="corporate_loans", page=4),
    row("贷款按产品划分：公司贷款·其他", "贷款按产品划分", "公司贷款 > 其他", page=4),
    row("贷款按产品划分：个人贷款·其他", "贷款按产品划分", "个人贷款 > 其他", page=4),
    row(f"{OVERDUE}：重组贷款", OVERDUE, "重组贷款", page=5),
    row(f"{OVERDUE}：重组贷款·逾期超过90天", OVERDUE, "重组贷款 > 逾期超过90天", page=5),
    row(f"{STAFF}：信息科技人员", STAFF, "信息科技人员", unit="人", page=6),
    row("科技投入", "", "科技投入", page=6, rank=3),
    row("绿色贷款余额", "绿色金融", "绿色贷款余额", page=7),
    row("绿色贷款余额·较上年末变动", "绿色金融", "绿色贷款余额", page=7, rank=4),
    row("绿色信贷户数·同比增长", "绿色金融", "绿色信贷户数", page=7, unit="%", rank=4),
]


@pytest.fixture(scope="module")
def index() -> RowIndex:
    return RowIndex(RECORDS, lambda name: NAMES.get(name, ()))


def best(matches: list[RowMatch]) -> str:
    """The best match that covers the whole subject, by display name."""
    assert matches and matches[0].covered >= 1, matches[:2]
    return matches[0].record.indicator


@pytest.mark.parametrize(("subject", "found"), [
    (["珠三角贷款"], f"{LOANS}：珠江三角洲"),
    (["珠三角地区", "贷款余额"], f"{LOANS}：珠江三角洲"),
    (["珠三角的不良"], f"{BAD}：珠江三角洲"),
    (["总部", "贷款"], f"{LOANS}：总行"),
    (["中部贷款占比"], f"{LOANS}：中部地区·占比"),
    (["IT人员"], f"{STAFF}：信息科技人员"),
    (["重组贷款"], f"{OVERDUE}：重组贷款"),
    (["重组贷款", "逾期超过90天"], f"{OVERDUE}：重组贷款·逾期超过90天"),
    (["对公贷款"], "公司贷款"),
])  # fmt: skip
def test_the_words_of_a_question_find_their_row(index: RowIndex, subject: list[str], found: str) -> None:
    assert best(index.match(subject)) == found


@pytest.mark.parametrize("subject", [
    ["广东省分行的贷款"],
    ["珠江三角洲贷款", "深圳分行"],
    ["长三角绿色贷款"],
    ["信息科技人员平均薪酬"],
    ["海外员工"],
])  # fmt: skip
def test_a_word_left_over_refuses(index: RowIndex, subject: list[str]) -> None:
    assert [match for match in index.match(subject, limit=99) if match.covered >= 1] == []


@pytest.mark.parametrize("subject", [[], [""], ["余额"], ["（百万元）"], ["鲸鱼"]])
def test_what_names_no_row_matches_none(index: RowIndex, subject: list[str]) -> None:
    assert index.match(subject) == []


def test_no_rows_match_nothing() -> None:
    empty = RowIndex([])
    assert (len(empty), empty.records, empty.match(["贷款"]), empty.tables(["贷款"]), empty.called("贷款"), empty.siblings("a", ["贷款"])) == (0, (), [], [], [], [])


def test_a_loud_word_that_was_not_asked_is_counted(index: RowIndex) -> None:
    """The bad loans of a region answer only a question about bad loans."""
    held = {match.record.indicator: match for match in index.match(["珠江三角洲"], limit=99)}
    assert held[f"{LOANS}：珠江三角洲"].unasked == 0 < held[f"{BAD}：珠江三角洲"].unasked
    assert held[f"{LOANS}：珠江三角洲"].score > held[f"{BAD}：珠江三角洲"].score
    told = {match.record.indicator: match for match in index.match(["珠江三角洲不良"], limit=99)}
    assert told[f"{BAD}：珠江三角洲"].unasked == 0
    overdue = {match.record.indicator: match for match in index.match(["重组贷款"])}
    assert overdue[f"{OVERDUE}：重组贷款·逾期超过90天"].unasked == 1


def test_a_generic_label_is_known_by_what_stands_over_it(index: RowIndex) -> None:
    for part in ("公司贷款", "个人贷款"):
        match = index.match([f"{part}其他"])[0]
        assert (match.record.row, match.covered, match.label) == (f"{part} > 其他", 1, 1)


def test_a_measure_that_was_not_asked_is_told(index: RowIndex) -> None:
    held = {match.record.indicator: match for match in index.match(["中部贷款"], limit=99)}
    assert held[f"{LOANS}：中部地区"].measured == 1 > held[f"{LOANS}：中部地区·占比"].measured


@pytest.mark.parametrize(("dimension", "units"), [(Dimension.AMOUNT, {"百万元"}), (Dimension.RATIO, {"%"}), (Dimension.COUNT, set())])
def test_only_rows_of_a_dimension(index: RowIndex, dimension: Dimension, units: set[str]) -> None:
    assert {match.record.unit for match in index.match(["中部贷款"], dimension=dimension, limit=99)} == units


def test_the_catalogues_name_counts_instead_of_the_title(index: RowIndex) -> None:
    """A title may speak of its neighbours too: the row of 贷款总额 stands under 贷款按地区划分, but is of no region."""
    total = next(match for match in index.match(["各项贷款"], limit=99) if match.record.indicator_id == "total_loans")
    assert total.covered == 1 and total.named
    by_region = [match for match in index.match(["按地区划分"], limit=99) if match.record.indicator_id == "total_loans"]
    assert all(match.covered < 1 for match in by_region)


def test_of_rows_alike_the_catalogues_own_comes_first() -> None:
    alike = [row("杂项：不良贷款率", "杂项", "不良贷款率", unit="%"), row("不良贷款率", "杂项", "不良贷款率", id="npl_ratio", unit="%")]
    for records in (alike, alike[::-1]):
        assert RowIndex(records, lambda name: NAMES.get(name, ())).match(["不良率"])[0].record.indicator_id == "npl_ratio"


def test_of_rows_alike_the_better_source_comes_first() -> None:
    alike = [row("客户数量", "客户", "客户数量", rank=4, page=1), row("客户数量", "客户", "客户数量", rank=1, page=9)]
    assert RowIndex(alike).match(["客户数量"])[0].record.rank == 1


def test_a_limit_is_kept(index: RowIndex) -> None:
    assert len(index.match(["贷款"], limit=3)) == 3
    scores = [match.score for match in index.match(["珠江三角洲贷款"], limit=99)]
    assert scores == sorted(scores, reverse=True)


def test_siblings_stand_in_the_same_table_under_the_same_measure(index: RowIndex) -> None:
    found = index.siblings(f"{ROW_PREFIX}{LOANS}：珠江三角洲", ["长三角"], limit=99)
    assert found[0].record.indicator == f"{LOANS}：长江三角洲" and found[0].label == 1
    assert {match.record.table for match in found} == {LOANS}
    assert all(not match.record.indicator.endswith("占比") for match in found)
    shares = index.siblings(f"{ROW_PREFIX}{LOANS}：珠江三角洲·占比", ["长三角"])
    assert shares[0].record.indicator == f"{LOANS}：长江三角洲·占比"
    assert index.siblings("nothing", ["长三角"]) == [] and index.siblings(f"{ROW_PREFIX}科技投入", ["长三角"]) == []


@pytest.mark.parametrize(("name", "ids"), [
    ("科技投入", [f"{ROW_PREFIX}科技投入"]),
    ("绿色贷款", [f"{ROW_PREFIX}绿色贷款余额"]),
    ("重组贷款", []),  # its title narrows it: 逾期
    ("逾期的重组贷款", [f"{ROW_PREFIX}{OVERDUE}：重组贷款"]),
    ("科技投入增速", []),
    ("总行的员工", []),
])  # fmt: skip
def test_what_a_name_means_and_nothing_else(index: RowIndex, name: str, ids: list[str]) -> None:
    assert index.called(name) == ids


def test_a_change_is_found_by_what_changed(index: RowIndex) -> None:
    assert index.changes_of(["绿色贷款余额"]) == index.changes_of(["绿色贷款"]) == [f"{ROW_PREFIX}绿色贷款余额·较上年末变动"]
    assert index.changes_of(["绿色信贷户数", "绿色贷款"]) == [f"{ROW_PREFIX}绿色贷款余额·较上年末变动", f"{ROW_PREFIX}绿色信贷户数·同比增长"]
    assert index.changes_of(["贷款"]) == [] and index.changes_of([]) == []


def test_a_share_stands_in_the_row_of_its_amount(index: RowIndex) -> None:
    assert index.share_of(f"{ROW_PREFIX}{LOANS}：总行") == [f"{ROW_PREFIX}{LOANS}：总行·占比"]
    assert index.share_of(f"{ROW_PREFIX}{LOANS}：总行·占比") == [] and index.share_of(f"{ROW_PREFIX}科技投入") == [] and index.share_of("nothing") == []


def test_tables_whose_title_covers_the_subject(index: RowIndex) -> None:
    plain, *_, bad = index.tables(["贷款", "按地区划分"])
    assert {record.table for record in plain} == {LOANS} and {record.table for record in bad} == {BAD}, "what narrows least comes first"
    assert [record.row for record in plain][:4] == list(REGIONS)
    assert [{record.table for record in table} for table in index.tables(["不良贷款", "按地区划分"])] == [{BAD}]
    assert index.tables(["贷款按行业"]) == [] and index.tables([]) == []


def test_a_table_on_two_pages_is_two() -> None:
    records = [row(f"表：{name}", "贷款按行业划分", name, page=page) for page in (1, 2) for name in ("制造业", "建筑业")]
    assert [[record.page for record in table] for table in RowIndex(records).tables(["按行业划分"])] == [[1, 1], [2, 2]]


def test_rows_of_one_table_are_together(index: RowIndex) -> None:
    assert index.together("total_loans", f"{ROW_PREFIX}{LOANS}：总行")
    assert not index.together("total_loans", f"{ROW_PREFIX}{BAD}：总行") and not index.together("total_loans", "nothing")


def test_labels_are_as_printed(index: RowIndex) -> None:
    assert index.labels("total_loans") == ["合计"] and index.labels(f"{ROW_PREFIX}贷款按产品划分：个人贷款·其他") == ["其他"] and index.labels("nothing") == []


def test_records_keep_their_periods_and_places(index: RowIndex) -> None:
    assert index.records == tuple(RECORDS) and len(index) == len(RECORDS)
    match = index.match(["珠三角贷款"])[0]
    assert match.record.periods == ("2023", "2022") and match.record.places[0].page == 2


@pytest.mark.parametrize(("path", "leaf"), [
    ("公司贷款 > 其中：房地产业", "房地产业"),
    ("（一）利息收入", "利息收入"),
    ("1. 制造业", "制造业"),
    ("三、营业利润", "营业利润"),
    ("减：所得税", "所得税"),
    ("90天以内", "90天以内"),
    ("", ""),
])  # fmt: skip
def test_the_leaf_of_a_path(path: str, leaf: str) -> None:
    assert leaf_of(path) == leaf


@pytest.mark.parametrize(("text", "source", "count"), [("贷款", "公司贷款", 2), ("贷款率", "贷款", 2), ("贷", "贷款", 1), ("贷存", "贷款存款", 0), ("贷款的", "贷款", 2), ("", "贷款", 0), ("甲", "乙", 0)])
def test_characters_count_in_pieces_of_two(text: str, source: str, count: int) -> None:
    assert covered_chars(text, source, frozenset("的")) == count


# Words of characters of their own, none of them known to the word tables: coverage is then a matter of words.
_VOCABULARY = ["棉花", "茶叶", "橡胶", "煤炭", "钢铁", "玻璃", "蔬菜", "瓷器"]
_WORDS = st.lists(st.sampled_from(_VOCABULARY), min_size=1, max_size=3, unique=True)
_RECORDS = st.lists(st.tuples(_WORDS, _WORDS, st.booleans()), min_size=1, max_size=8)


@given(_RECORDS, st.lists(st.sampled_from([*_VOCABULARY, "鲸鱼"]), min_size=1, max_size=4, unique=True), st.booleans())
def test_a_full_match_never_leaves_a_word_out(rows: list[tuple[list[str], list[str], bool]], words: list[str], apart: bool) -> None:
    records = [row(f"表{number}", "".join(title), " > ".join(path), id="" if own else f"named_{number}") for number, (title, path, own) in enumerate(rows)]
    matches = RowIndex(records).match(words if apart else ["".join(words)], limit=99)
    full = {match.record.indicator for match in matches if match.covered >= 1}
    assert full == {record.indicator for record in records if all(word in record.table + record.row for word in words)}
    assert all(0 <= match.label <= 1 and 0 <= match.covered <= 1 for match in matches)
