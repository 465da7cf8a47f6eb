"""Counts of rows: by their meta, lengths, ranges of answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.rows.record import Row
from finetune.rows.stats import OTHERS, Lengths, decade, stats_of


def row(number: int, answer: str = "1.5", **meta: object) -> Row:
    told = {"id": f"r{number}", "kind": "qa", "family": "ratio", "license": "CC0", "source": "factory", "group": f"g{number % 3}", "bank": f"b{number % 2}", "as_of": "2023H1", "unit": "%", "answer": answer, "template": f"t{number % 2}", "split": "train"}
    return Row([{"role": "user", "content": "问" * (number + 1)}, {"role": "assistant", "content": "答案"}], told | meta)


def test_rows_are_counted_by_what_their_meta_says() -> None:
    stats = stats_of([row(0), row(1, kind="method"), row(2, "-120|0", internal=True)], tokenizer=len)
    assert (stats.rows, stats.groups, stats.internal) == (3, 3, 1)
    assert stats.by["kind"] == {"qa": 2, "method": 1} and stats.by["augmented"] == {"": 3}
    assert stats.answers == {"%": {"[1,10)": 2, "-[100,1000)": 1, "0": 1}}
    assert stats.templates == {"t0": 2, "t1": 1} and stats.years == {"2023": 3}
    told = stats.to_dict()
    assert told["lengths"]["question"] == {"texts": 3, "total": 6, "mean": 2.0, "p50": 2, "p95": 3, "p99": 3, "longest": 3}
    assert told["lengths"]["tokens"]["longest"] == 5 and list(told["answers"]["%"]) == ["-[100,1000)", "0", "[1,10)"]
    assert told["templates"] == {"different": 2, "top": {"t0": 2, "t1": 1}} and told["banks"] == 2


def test_the_digest_is_of_the_rows_in_their_order() -> None:
    assert stats_of([row(0), row(1)]).digest == stats_of(iter([row(0), row(1)])).digest != stats_of([row(1), row(0)]).digest


def test_many_sources_are_told_together() -> None:
    stats = stats_of(row(number, source=f"年报第{number}页") for number in range(80))
    assert len(stats.by["source"]) == 51 and stats.by["source"][OTHERS] == 30


@settings(deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=60), st.floats(0.01, 1))
def test_quantiles_are_those_of_the_sorted_list(sizes: list[int], share: float) -> None:
    lengths = Lengths()
    for size in sizes:
        lengths.counts[size] += 1
    below = sum(size <= lengths.quantile(share) for size in sizes)
    less = sum(size < lengths.quantile(share) for size in sizes)
    assert less < share * len(sizes) <= below + 1e-9
    assert Lengths().quantile(0.5) == 0 and Lengths().mean == 0.0


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_decade_holds_its_number(value: object) -> None:
    name = decade(str(value))
    if name == "0":
        assert value == 0
    else:
        low, high = (float(part.strip("-[)")) for part in name.split(","))
        assert low <= abs(float(str(value))) < high and name.startswith("-") == str(value).startswith("-")
    assert decade("持平") == decade("NaN") == "text"
