"""Finding the one figure that is meant: best source first, restated for growth, rivals shown, formulas as a fallback, gaps explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from data.banks import bank_registry
from data.figures import Figure, FigureKind, Gaap, Scope
from data.indicators import indicator_catalogue
from data.periods import Period
from data.refusals import RefusalCode
from data.units import Quantity
from retrieval.ledger import Ledger
from tests.small_ledger import figures, made
from tools.factsheet import FactSheet
from tools.lookup import FigureFinder, Wanted


@contextmanager
def finder_over(held: list[Figure], collections: tuple[str, ...] = ()) -> Iterator[FigureFinder]:
    with Ledger.open("sqlite://") as store:
        store.add(held)
        yield FigureFinder(store, indicator_catalogue(), bank_registry(), FactSheet(), collections)


@pytest.fixture
def finder() -> Iterator[FigureFinder]:
    with finder_over(figures()) as found:
        yield found


def wanted(bank: str = "cmb", indicator: str = "npl_ratio", period: str = "2023", scope: Scope = Scope.GROUP, gaap: Gaap | None = None, as_base: bool = False) -> Wanted:
    return Wanted(bank, indicator, Period.parse(period), scope, gaap, as_base)


def value(figure: Figure | None) -> str:
    assert figure is not None
    return f"{figure.quantity.value}{figure.quantity.unit}"


def test_a_reported_figure_with_its_evidence(finder: FigureFinder) -> None:
    figure = finder.find(wanted(), answer=True)
    assert value(figure) == "0.95%" and figure is not None
    assert (figure.id, figure.evidence[0].document, figure.evidence[0].page) == ("f1", "招商银行2023年测试报告", 7)
    assert finder.sheet.answers == ["f1"]


def test_the_same_figure_is_on_the_sheet_once(finder: FigureFinder) -> None:
    first, again = finder.find(wanted()), finder.find(wanted(), answer=True)
    assert first == again and len(finder.sheet) == 1 and finder.sheet.answers == ["f1"]


@pytest.mark.parametrize(("request_", "expected"), [
    (wanted(scope=Scope.BANK), "0.98%"),
    (wanted(period="2024Q3"), "0.93%"),
    (wanted(period="2024Q1-3"), "0.93%"),
    (wanted(period="2024Q2"), "0.94%"),
    (wanted(indicator="operating_income", period="2024H1"), "165000百万元"),
])
def test_scope_and_dates(finder: FigureFinder, request_: Wanted, expected: str) -> None:
    """A balance-sheet date is reached by the quarter that ends on it; a span is not."""
    assert value(finder.find(request_)) == expected


def test_better_sources_come_first() -> None:
    own, other = made("cmb", "npl_ratio", "2023", "0.95"), replace(made("cmb", "npl_ratio", "2023", "0.951", document="转载"), rank=4)
    with finder_over([other, own]) as finder:
        assert value(finder.find(wanted())) == "0.95%"
        assert [value(figure) for figure in finder.candidates(wanted())] == ["0.95%", "0.951%"]


def test_chinese_gaap_before_ifrs_unless_asked() -> None:
    prc, ifrs = made("cmb", "roa", "2023", "1.39"), replace(made("cmb", "roa", "2023", "1.41"), gaap=Gaap.IFRS)
    with finder_over([ifrs, prc]) as finder:
        assert value(finder.find(wanted(indicator="roa"))) == "1.39%"
        assert value(finder.find(wanted(indicator="roa", gaap=Gaap.IFRS))) == "1.41%"
        assert finder.find(wanted(indicator="roa", gaap=Gaap.REGULATORY)) is None


def test_restated_as_a_base_and_original_for_itself(finder: FigureFinder) -> None:
    asked = wanted("icbc", "operating_income", "2022")
    assert value(finder.find(asked)) == "915000百万元"
    assert value(finder.find(replace(asked, as_base=True))) == "880000百万元"


def test_rivals_are_those_that_disagree_at_the_coarser_precision() -> None:
    held = [
        made("cmb", "npl_ratio", "2023", "0.95"), made("cmb", "npl_ratio", "2023", "0.951", document="甲"), made("cmb", "npl_ratio", "2023", "0.97", document="乙"),
        replace(made("cmb", "npl_ratio", "2023", "1.10", document="丙"), gaap=Gaap.IFRS),
    ]
    with finder_over(held) as finder:
        figure = finder.find(wanted())
        assert figure is not None and [value(other) for other in finder.rivals(figure)] == ["0.97%"]


def test_rivals_in_another_unit_agree_when_they_say_the_same() -> None:
    yi = replace(made("cmb", "net_profit", "2023", "148000", document="甲"), quantity=Quantity.of("1480", "亿元"))
    less = replace(made("cmb", "net_profit", "2023", "148000", document="乙"), quantity=Quantity.of("1479", "亿元"))
    with finder_over([made("cmb", "net_profit", "2023", "148012"), yi, less]) as finder:
        figure = finder.find(wanted(indicator="net_profit"))
        assert figure is not None and [value(other) for other in finder.rivals(figure)] == ["1479亿元"]


@pytest.mark.parametrize(("period", "expected", "inputs"), [("2024Q2", "85000", 2), ("2024Q3", "83000", 2), ("2024Q4", "82000", 2), ("2024H2", "165000", 2)])
def test_a_single_quarter_by_difference(finder: FigureFinder, period: str, expected: str, inputs: int) -> None:
    figure = finder.find(wanted(indicator="operating_income", period=period))
    assert figure is not None and figure.quantity.value == Decimal(expected)
    assert figure.kind is FigureKind.COMPUTED and str(figure.period) == period and len(figure.inputs) == inputs
    assert "累计" in (figure.formula or "") and all(key in finder.sheet for key in figure.inputs)


def test_no_single_quarter_without_both_spans_and_none_when_computing_is_not_wanted(finder: FigureFinder) -> None:
    assert finder.find(wanted(indicator="operating_income", period="2023Q3")) is None
    assert finder.find(wanted(indicator="operating_income", period="2024Q2"), compute=False) is None and len(finder.sheet) == 0


def test_a_ratio_by_formula_where_it_is_not_reported(finder: FigureFinder) -> None:
    figure = finder.find(wanted(indicator="loan_deposit_ratio", period="2024"))
    assert figure is not None and figure.quantity.value == 80 and figure.kind is FigureKind.COMPUTED
    assert [finder.sheet.get(key).indicator_id for key in figure.inputs] == ["total_loans", "total_deposits"]


def test_the_formula_alone_beside_the_reported_ratio(finder: FigureFinder) -> None:
    assert value(finder.find(wanted("cib"))) == "1.07%"
    computed = finder.recomputed(wanted("cib"))
    assert computed is not None and computed.quantity.value == Decimal("1.2")


def test_no_figure_is_computed_from_itself(finder: FigureFinder) -> None:
    """净利差 has no inputs here; 不良余额 could be had from 不良率, and 不良率 from it, but neither from itself."""
    assert finder.recomputed(wanted(indicator="net_interest_spread")) is None
    with finder_over([made("cmb", "npl_ratio", "2023", "0.95"), made("cmb", "total_loans", "2023", "100")]) as small:
        balance = small.find(wanted(indicator="npl_balance"))
        assert balance is not None and balance.quantity.value == Decimal("0.95")
        assert small.recomputed(wanted()) is None


@pytest.mark.parametrize(("request_", "code", "words"), [
    (wanted("abc"), RefusalCode.MISSING_DOCUMENT, "农业银行"),
    (wanted(period="2031"), RefusalCode.MISSING_PERIOD, "2031年末"),
    (wanted(indicator="net_profit", period="2019"), RefusalCode.MISSING_PERIOD, "2019年的净利润"),
    (wanted(indicator="provision_coverage", scope=Scope.BANK), RefusalCode.NOT_DISCLOSED, "本行口径"),
    (wanted(indicator="lcr", period="2031"), RefusalCode.MISSING_PERIOD, "2031"),
    (wanted(indicator="lcr"), RefusalCode.NOT_DISCLOSED, "流动性覆盖率"),
])
def test_why_a_figure_cannot_be_given(finder: FigureFinder, request_: Wanted, code: RefusalCode, words: str) -> None:
    refusal = finder.gap(request_)
    assert refusal.code is code and words in refusal.message and refusal.suggestion


def test_a_gap_in_time_tells_which_periods_there_are(finder: FigureFinder) -> None:
    assert all(label in finder.gap(wanted("cib", "provision_coverage", "2019")).suggestion for label in ("2022年末", "2023年末", "2024年末"))


def test_only_the_collections_asked_for_are_seen() -> None:
    inside = replace(made("cmb", "npl_ratio", "2023", "0.99"), collection="内部")
    with finder_over([*figures(), inside], collections=("内部",)) as finder:
        assert value(finder.find(wanted())) == "0.99%"
        assert finder.find(wanted(period="2024")) is None and finder.gap(wanted("cib")).code is RefusalCode.MISSING_DOCUMENT
        assert [str(period) for period in finder.held("cmb")] == ["2023"] == [str(period) for period in finder.periods(wanted())]
