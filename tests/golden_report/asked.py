"""The questions and queries with their golds: written down as names of figures and themes, answered from the book and the laid-out pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.golden_report.book import AMOUNTS, GROUP, Book, Ref, convert, rounded
from tests.golden_report.flow import Flow
from tests.golden_report.truth import Record, catalogue_name, named, tolerances

HERE = Path(__file__).resolve().parent
SCOPES = (".集团", ".本行", ".行业")
KIND_LETTERS = {"lookup": "L", "deep": "P", "growth": "G", "ratio": "R", "trend": "T", "multi_turn": "M", "refusal": "X", "definition": "D"}


class NotPrinted(LookupError):
    """A question or query asks for something that is on no page."""


@dataclass(slots=True)
class Asked:
    """Answers names and themes from what was laid out."""

    flow: Flow
    pages: dict[Ref, set[int]] = field(default_factory=lambda: defaultdict(set))
    themes: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    exact: Mapping[Ref, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for note in self.flow.figures:
            self.pages[named(note.ref)].add(note.page)
        for topic, page in self.flow.topics:
            self.themes[topic].add(page)
        self.exact = tolerances(self.flow)

    @property
    def book(self) -> Book:
        """The figures."""
        return self.flow.book

    def ref(self, name: str) -> Ref:
        """净利润.23.本行 → a reference that is printed somewhere."""
        key, when, *scope = name.rsplit(".", 2) if name.endswith(SCOPES) else name.rsplit(".", 1)
        ref = self.book.ref(key, when, scope[0] if scope else GROUP)
        if named(ref) not in self.pages:
            raise NotPrinted(name)
        return ref

    def printed(self, refs: Iterable[Ref]) -> list[int]:
        """Pages where any of some figures is printed."""
        return sorted({page for ref in refs for page in self.pages.get(named(ref), ())})

    def theme(self, names: Iterable[str]) -> list[int]:
        """Pages of any of some themes."""
        found: set[int] = set()
        for name in names:
            if name not in self.themes:
                raise NotPrinted(name)
            found |= self.themes[name]
        return sorted(found)

    def gold(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The gold of a question, in the fields that the grader reads."""
        if "refuse" in entry:
            return {"refuse": True, "code": entry["refuse"]}
        words = {name: entry[short] for name, short in (("must_include", "must"), ("any_of", "any")) if short in entry}
        if "t" in entry:
            return {**words, "pages": self.theme(entry["t"])}
        if "values" in entry:
            refs = [self.ref(name) for name in entry["values"]]
            golds = [{"label": f"{ref.key} {ref.period}", **self._value(ref)} for ref in refs]
            return {"values": golds, "pages": self.printed(refs)}
        if "fact" in entry:
            ref = self.ref(entry["fact"])
            gold = {**self._value(ref), "indicator": catalogue_name(ref.key), "key": ref.key, "period": ref.period, "scope": ref.scope, "pages": self.printed([ref])}
            if "accept" in entry:
                gold["accept_also"] = [self._value(self.ref(name)) for name in entry["accept"]]
            return gold
        return self._computed(entry)

    def _value(self, ref: Ref) -> dict[str, Any]:
        value = self.book.find(ref)
        if value is None:
            raise NotPrinted(ref.key)
        return {"value": str(value.number), "unit": value.unit, "abs_tol": float(self.exact[ref])}

    def _computed(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        kind = next(name for name in ("growth", "stated", "diff", "cagr", "ratio", "per", "sum") if name in entry)
        names: Sequence[str] = entry[kind][:2] if isinstance(entry[kind], list) else _pair(entry[kind])
        refs = [self.ref(names[0]), self.ref(names[1]) if kind != "stated" else self.book.ref(*names[1].rsplit(".", 1))]
        numbers = [self.book.find(ref) for ref in refs]
        first, second = (number for number in numbers if number is not None)
        value, unit, tolerance = _compute(kind, first.number, second.number, first.unit)
        if kind == "per":
            unit = entry[kind][2]
            value = rounded(convert(first, unit) / second.number, 2)
        pages = self.printed(refs)
        gold = {"value": str(value), "unit": unit, "abs_tol": tolerance, "period": refs[0].period, "scope": refs[0].scope, "pages": pages, "formula": kind,
                "inputs": [f"{ref.key} {ref.period}" for ref in refs]}  # fmt: skip
        if kind in ("growth", "stated", "diff"):
            gold |= {"sign": "direction", "direction": "up" if value >= 0 else "down"}
        return gold


def _pair(name: str) -> tuple[str, str]:
    key, when = name.rsplit(".", 1)
    return f"{key}.{when.split('^')[0]}", f"{key}.{when.split('^')[1]}"


def _compute(kind: str, first: Decimal, second: Decimal, unit: str) -> tuple[Decimal, str, float]:
    if kind in ("growth", "stated"):
        return rounded((first - second) / second * 100, 2), "%", 0.02
    if kind == "cagr":
        return rounded(((first / second).sqrt() - 1) * 100, 2), "%", 0.02
    if kind == "ratio":
        return rounded(first / second * 100, 2), "%", 0.02
    if kind == "sum":
        return first + second, unit, 0.5
    if kind == "diff":
        return (first - second, "个百分点", 0.005) if unit == "%" else (first - second, unit, 0.5 if unit in AMOUNTS else 0.005)
    return first, unit, 0.02


def questions(flow: Flow) -> list[Record]:
    """Every question with its gold."""
    asked, counts = Asked(flow), dict.fromkeys(KIND_LETTERS, 0)
    out: list[Record] = []
    for file in ("questions_single.yaml", "questions_more.yaml"):
        for entry in _read(file):
            counts[entry["k"]] += 1
            turns = entry["q"] if isinstance(entry["q"], list) else [entry["q"]]
            out.append({"id": f"{KIND_LETTERS[entry['k']]}{counts[entry['k']]:03}", "kind": entry["k"], "turns": turns, "gold": asked.gold(entry)})
    return out


def queries(flow: Flow) -> list[Record]:
    """Every query with all pages that answer it."""
    asked = Asked(flow)
    out: list[Record] = []
    for kind, file in (("figure", "queries_figures.yaml"), ("theme", "queries_themes.yaml")):
        for number, entry in enumerate(_read(file), 1):
            pages = asked.theme(entry.get("t", ()))
            pages = sorted({*pages, *asked.printed(asked.ref(name) for name in entry.get("f", ()))})
            out.append({"id": f"{'QF' if kind == 'figure' else 'QT'}{number:03}", "kind": kind, "query": entry["q"], "relevant_pages": pages})
    return out


def _read(file: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / file).read_text(encoding="utf-8"))
    return entries
