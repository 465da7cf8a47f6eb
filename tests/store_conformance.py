"""What every figure store must do, as checks that take an empty store; test files run them against real databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from data.evidence import Evidence
from data.figures import Figure, FigureKind, Gaap, Scope
from data.periods import Part, Period
from data.ports import CollectionSummary, FigureQuery, FigureStore
from data.units import Quantity

ANY = FigureQuery()


def figure(
    value: str = "0.95", *, bank: str = "cmb", indicator: str = "npl_ratio", period: str = "2023", page: int = 13,
    source: str = "sha-2023", collection: str = "reports", rank: int = 0, point: bool = True, restated: bool = False,
) -> Figure:
    """The 不良贷款率 of 招商银行 at the end of 2023, unless told otherwise."""
    return Figure(
        entity=f"银行 {bank}", entity_id=bank, indicator=f"指标 {indicator}", indicator_id=indicator, period=Period.parse(period),
        quantity=Quantity.of(value, "%"), point=point, restated=restated, rank=rank, collection=collection,
        evidence=[Evidence("2023年年度报告", page, table="主要指标", row="不良贷款率", column="2023年", quote=value, source=source)],
    )


def many(count: int, collection: str = "many", first: int = 0) -> list[Figure]:
    """Figures that differ in bank, indicator, year and value; the same numbers always give the same figures."""
    return [
        figure(str(n), bank=f"b{n % 7}", indicator=f"i{n % 50}", period=str(2000 + n % 20), page=n, collection=collection)
        for n in range(first, first + count)
    ]


def values(figures: list[Figure]) -> list[str]:
    """The values in order, for short comparisons."""
    return [str(item.quantity.value) for item in figures]


def empty_store(store: FigureStore) -> None:
    assert store.find(ANY) == []
    assert store.periods_of(ANY) == []
    assert store.entities_of(ANY) == []
    assert store.indicators_of(ANY) == []
    assert store.collections() == []
    assert store.version() == store.version()
    assert store.add([]) == 0


def round_trip(store: FigureStore) -> None:
    first = Evidence(
        document="招商银行2023年年度报告", page=13, table="主要会计数据", row="其中：营业收入", column="2023年\n（重述）",
        quote="（1,234）", source="9f8e", source_class="issuer", printed_page="12", box=(1.5, 2.0, 30.25, 41.0),
    )
    full = Figure(
        entity="招商银行", entity_id="cmb", indicator="营业收入", indicator_id="operating_income", period=Period.parse("2023Q1-3"),
        quantity=Quantity.of("-1234.50", "百万元"), scope=Scope.BANK, kind=FigureKind.CHANGE, gaap=Gaap.IFRS, point=False, audited=False,
        restated=True, rank=6, note="注：“重述”；it's 100%", evidence=[first, Evidence(document="新闻稿", source="https://example.org/a?b=c")],
        formula="营业收入变动", inputs=["f1", "f2"], operation="同比", base_period=Period.parse("2022Q1-3"), counterpart="同业中位数",
        collection="reports",
    )
    plain = Figure("某银行", "", "某项目", "", Period(2023, Part.DAY, 11, 30), Quantity.of("1", "户"))
    assert store.add([full, plain]) == 2
    assert store.find(FigureQuery(entity_ids=["cmb"])) == [full]
    assert store.find(FigureQuery(periods=[plain.period])) == [plain]


def digits_are_kept(store: FigureStore) -> None:
    written = ["0.950", "1E+3", "-0.00000010", "123456789012345678901234567890.123456789", "0"]
    store.add([figure(value, page=page) for page, value in enumerate(written)])
    read = sorted(store.find(ANY), key=lambda item: item.evidence[0].page or 0)
    assert [str(item.quantity.value) for item in read] == [str(Decimal(value)) for value in written]


def added_once(store: FigureStore) -> None:
    assert store.add([figure(), figure()]) == 1
    assert store.add([figure(), figure("0.950"), replace(figure(), note="另一条注", entity="招行", id="f7")]) == 0
    assert store.add(iter([figure("0.96"), figure(page=14), figure(period="2022"), figure(bank="icbc"), figure(restated=True)])) == 5
    assert store.add([replace(figure(), collection="other"), replace(figure(), scope=Scope.BANK), replace(figure(), gaap=Gaap.IFRS)]) == 3
    assert len(store.find(ANY)) == 9


def all_or_nothing(store: FigureStore) -> None:
    def breaks_off() -> Iterator[Figure]:
        yield figure()
        raise RuntimeError("the parser gave up")

    before = store.version()
    with suppress(RuntimeError):
        store.add(breaks_off())
    assert store.find(ANY) == []
    assert store.version() == before


def filters(store: FigureStore) -> None:
    wanted = replace(figure("1", bank="cmb", indicator="roe", point=False), scope=Scope.BANK, gaap=Gaap.IFRS, collection="a")
    others = [
        replace(wanted, entity_id="icbc"), replace(wanted, indicator_id="roa"), replace(wanted, period=Period(2022)),
        replace(wanted, scope=Scope.GROUP), replace(wanted, gaap=Gaap.PRC), replace(wanted, collection="b"),
    ]
    store.add([wanted, *others])
    query = FigureQuery(["cmb"], ["roe"], [Period(2023)], Scope.BANK, Gaap.IFRS, ["a"])
    assert store.find(query) == [wanted]
    loosened = [
        replace(query, entity_ids=["cmb", "icbc"]), replace(query, indicator_ids=("roe", "roa")), replace(query, periods=[]),
        replace(query, scope=None), replace(query, gaap=None), replace(query, collections=()),
    ]
    for looser, other in zip(loosened, others, strict=True):
        found = store.find(looser)
        assert len(found) == 2 and wanted in found and other in found
    assert store.find(replace(query, entity_ids=["none"])) == []
    assert len(store.find(FigureQuery(entity_ids=[f"bank{number}" for number in range(2000)] + ["cmb"]))) == 6


def points_match_by_date(store: FigureStore) -> None:
    stored = ["2023", "2023H1", "2023Q1-3", "2023Q1", "2023-11-30"]
    store.add([figure(period=period, indicator="stock", point=True) for period in stored])
    store.add([figure(period=period, indicator="flow", point=False) for period in [*stored, "2023Q3", "2023Q4", "2023H2"]])

    def asked(period: Period, indicator: str) -> list[str]:
        return [str(item.period) for item in store.find(FigureQuery(indicator_ids=[indicator], periods=[period]))]

    for period, point in {"2023Q3": "2023Q1-3", "2023Q4": "2023", "2023H2": "2023", "2023Q2": "2023H1", "2023Q1": "2023Q1"}.items():
        assert asked(Period.parse(period), "stock") == [point]
    for period in ("2023Q3", "2023Q1-3", "2023Q4", "2023H2", "2023", "2023-11-30"):
        assert asked(Period.parse(period), "flow") == [period]
    assert asked(Period(2023, Part.DAY, 12, 31), "stock") == ["2023"]
    assert asked(Period.parse("2023Q2"), "flow") == []
    both = FigureQuery(periods=[Period.parse("2023Q3"), Period(2022)])
    assert {(item.indicator_id, str(item.period)) for item in store.find(both)} == {("stock", "2023Q1-3"), ("flow", "2023Q3")}


def order(store: FigureStore) -> None:
    ordered = [
        figure("1", bank="a", indicator="i", period="2022", rank=5), figure("2", bank="a", indicator="i", period="2023H1"),
        figure("3", bank="a", indicator="i", rank=0), figure("4", bank="a", indicator="i", rank=0, restated=True),
        figure("5", bank="a", indicator="i", rank=1), figure("6", bank="a", indicator="j", period="2021"),
        figure("7", bank="a_b", indicator="a", period="2020"), figure("8", bank="ab", indicator="a", period="2020"),
    ]
    store.add(reversed(ordered))
    assert values(store.find(ANY)) == [str(number) for number in range(1, 9)]
    assert values(store.find(FigureQuery(entity_ids=["a"], indicator_ids=["i"]))) == ["1", "2", "3", "4", "5"]


def distinct_values(store: FigureStore) -> None:
    store.add([
        figure(period="2023", bank="icbc"), figure(period="2022"), figure(period="2023Q4", indicator="roe", point=False),
        figure(period="2023"), figure(period="2023Q1-3"), replace(figure(period="2020"), entity_id="", indicator_id=""),
    ])
    assert [str(period) for period in store.periods_of(ANY)] == ["2020", "2022", "2023Q1-3", "2023Q4", "2023"]
    assert [str(period) for period in store.periods_of(FigureQuery(entity_ids=["icbc"]))] == ["2023"]
    assert store.entities_of(ANY) == ["cmb", "icbc"]
    assert store.entities_of(FigureQuery(indicator_ids=["roe"])) == ["cmb"]
    assert store.indicators_of(ANY) == ["npl_ratio", "roe"]
    assert store.indicators_of(FigureQuery(periods=[Period(2022)])) == ["npl_ratio"]


def version_follows_changes(store: FigureStore) -> None:
    seen = [store.version()]
    store.add([figure(collection="a")])
    seen.append(store.version())
    of_a, of_b = store.version(["a"]), store.version(["b"])
    store.add([figure(collection="b")])
    seen.append(store.version())
    assert store.version(["a"]) == of_a and store.version(["b"]) != of_b
    assert store.version(["a", "b"]) == store.version(["b", "a"]) != of_a
    store.add([figure(collection="a"), figure(collection="b")])
    assert store.version() == seen[-1]
    store.add([figure("0.97", collection="a")])
    assert store.version(["a"]) != of_a
    assert len({*seen, store.version()}) == 4


def disagreement_is_kept(store: FigureStore) -> None:
    store.add([figure("0.98", rank=7, source="news"), figure("0.95", rank=0), figure("0.95", rank=5, source="regulator")])
    assert [(str(item.quantity.value), item.rank) for item in store.find(ANY)] == [("0.95", 0), ("0.95", 5), ("0.98", 7)]


def summaries(store: FigureStore) -> None:
    store.add([
        figure(collection="b", period="2023H1"), figure(collection="b", period="2021", bank="icbc", source="sha-2021"),
        figure(collection="b", period="2023Q2", point=False), replace(figure(collection="a"), entity_id=""),
    ])
    day, year = Period.parse("2023H1"), Period(2021)
    assert store.collections() == [
        CollectionSummary("a", 1, 1, (), Period(2023), Period(2023)), CollectionSummary("b", 2, 3, ("cmb", "icbc"), year, day),
    ]


CHECKS: tuple[Callable[[FigureStore], None], ...] = (
    empty_store, round_trip, digits_are_kept, added_once, all_or_nothing, filters, points_match_by_date, order, distinct_values,
    version_follows_changes, disagreement_is_kept, summaries,
)
