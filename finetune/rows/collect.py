"""Candidate rows from what is at hand: figures of ingested documents with their evidence, and the bundled knowledge.

A figure becomes a candidate only where its cell, read again, gives its value: what the extraction had to interpret is not taught.
Rows from documents carry `internal: true`: they stay in the house, like the documents. Every row names source, licence and date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from data.errors import FormulaError, UnitError
from data.facts_table import COLLECTION as BUNDLED_FACTS
from data.figures import Figure, FigureKind
from data.indicators import IndicatorCatalogue, indicator_catalogue
from data.knowledge_base import KnowledgeEntry, KnowledgeKind, knowledge_entries
from data.ports import FigureQuery, FigureStore
from data.units import Dimension, parse_decimal
from finetune.rows.configuration import configured
from finetune.rows.record import Exercise, Kind, Row
from finetune.rows.renderings import render
from finetune.rows.text_keys import digest
from tools.calculator import difference, growth
from tools.factsheet import FactSheet

HOUSE_LICENSE = "Apache-2.0"  # the knowledge and the catalogue are the product's own words
INTERNAL_LICENSE = "internal-documents"
PUBLIC_FACTS_LICENSE = "published-facts"
_CITE = "{cite}"
_PROGRAMS = {"lookup": "", "growth": "(f1-f2)/f2*100", "percentage_points": "f1-f2"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An exercise from a ledger, the reported figures that it rests on, and whether those come from a user's own document."""

    exercise: Exercise
    figures: Sequence[Figure]
    internal: bool

    @property
    def source(self) -> str:
        """Documents and pages, each once."""
        return "；".join(dict.fromkeys(_place(figure) for figure in self.figures))

    def row(self) -> Row:
        """The exercise as a plain row: the evidence stands before the question, and the answer names document and page."""
        cited = replace(
            self.exercise, ask="\n".join([*map(_passage, self.figures), self.exercise.ask]),
            tell=f"{self.exercise.tell.removesuffix('。')}{_citation(self.figures)}。",
        )  # fmt: skip
        license = INTERNAL_LICENSE if self.internal else PUBLIC_FACTS_LICENSE
        row = render(cited, "plain", _id(cited.template, cited.ask, cited.tell), self.source, license)
        evidence = [item.to_dict() for figure in self.figures for item in figure.evidence[:1]]
        return Row(row.messages, {**row.meta, "internal": self.internal, "evidence": evidence}, row.tools)


@dataclass(slots=True)
class CollectReport:
    """How many figures were seen, and why some gave no candidate."""

    seen: int = 0
    made: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)


def candidates(store: FigureStore, collections: Sequence[str] = (), report: CollectReport | None = None) -> Iterator[Candidate]:
    """Lookups and changes on the year before, from the best reported figure of each bank, indicator, period and scope.

    collections: those of the ledger to read; all, if none are named. The order and the wordings are the same for the same ledger.
    """
    report = CollectReport() if report is None else report
    best: dict[tuple[str, ...], Figure] = {}
    for figure in store.find(FigureQuery(collections=list(collections))):
        report.seen += 1
        if (why := _unfit(figure)) is not None:
            report.skipped[why] += 1
        elif best.setdefault(_key(figure), figure) is not figure:
            report.skipped["another_source"] += 1
    for figure in best.values():
        report.made["lookup"] += 1
        yield _candidate("lookup", [figure])
        base = best.get((*_key(figure)[:-1], str(figure.period.year_ago())))
        if base is not None and (family := _family(figure, base)):
            report.made[family] += 1
            yield _candidate(family, [figure, base])


def knowledge_rows(
    entries: Iterable[KnowledgeEntry] | None = None, catalogue: IndicatorCatalogue | None = None, *, as_of: str = "", names: int = 2
) -> Iterator[Row]:
    """Questions about the bundled knowledge and the catalogue's definitions, answered in their own words.

    as_of: the date of the knowledge, for the rows' meta. names: by how many names an entry is asked for, its title first.
    """
    for entry in knowledge_entries() if entries is None else entries:
        source = f"data/knowledge/{entry.file}#{entry.id}"
        kind: Kind = "method" if entry.kind is KnowledgeKind.METHOD else "qa"
        told = [(entry.kind.value, name, entry.body) for name in entry.names[:names]]
        told += [("formula", entry.title, f"{entry.formula}。")] if entry.formula else []
        for place, (family, name, answer) in enumerate(told):
            yield _text_row(family, kind, name, place, answer, source, as_of, entry.source)
    for indicator in indicator_catalogue() if catalogue is None else catalogue:
        answer = f"{indicator.caliber.removesuffix('。')}。"
        if indicator.line is not None and indicator.line.note:
            answer += f"{indicator.line.note}（{indicator.line.source}）。"
        yield _text_row("caliber", "qa", indicator.name, 0, answer, f"data/catalogue#{indicator.id}", as_of, "指标目录")


def _unfit(figure: Figure) -> str | None:
    """Why a figure is no candidate; None for one whose evidence gives its value again."""
    if figure.kind is not FigureKind.REPORTED:
        return "not_reported"
    if not figure.indicator_id or figure.indicator_id not in indicator_catalogue():
        return "unknown_indicator"
    if not figure.evidence:
        return "no_evidence"
    if not _same_value(figure.evidence[0].quote, figure.quantity.value):
        return "cell_reads_otherwise"
    return None


def _same_value(quote: str, value: Decimal) -> bool:
    try:
        read = parse_decimal(quote.strip().rstrip("%％‰倍"))
    except UnitError:
        return False
    return read == value


def _key(figure: Figure) -> tuple[str, ...]:
    indicator = figure.indicator_id or figure.indicator
    return figure.entity_id or figure.entity, indicator, figure.scope.value, figure.gaap.value, figure.quantity.unit.symbol, str(figure.period)


def _family(now: Figure, base: Figure) -> str:
    """Which change two figures make; "" for none that is usually told."""
    if now.quantity.value == base.quantity.value:
        return ""
    if now.quantity.unit.symbol == "%":
        return "percentage_points"
    return "growth" if now.quantity.unit.dimension is Dimension.AMOUNT and min(now.quantity.value, base.quantity.value) > 0 else ""


def _candidate(family: str, figures: Sequence[Figure]) -> Candidate:
    sheet = FactSheet()
    # Within an exercise the figures stand for themselves; their evidence is named by the row.
    told = [sheet.add(replace(figure, evidence=[], collection="")) for figure in figures]
    if family == "lookup":
        sheet.answers = [told[0].id]
    else:
        make = growth if family == "growth" else difference
        try:
            sheet.add(make(told[0], told[1], "yoy"), answer=True)
        except (FormulaError, UnitError):
            return _candidate("lookup", figures[:1])
    words = configured("collect")[family]
    choice = int(digest("wording", *_key(figures[0])), 16)
    asked, answered = choice % len(words["ask"]), choice // 7 % len(words["tell"])
    now = figures[0]
    exercise = Exercise(
        kind="qa", family=family, sheet=sheet, ask=words["ask"][asked], tell=words["tell"][answered].replace(_CITE, ""),
        instruction=words["instruct"][choice // 49 % len(words["instruct"])], template=f"collect.{family}.q{asked:02d}.t{answered}",
        bank=now.entity, as_of=str(now.period), program=_PROGRAMS[family],
    )  # fmt: skip
    return Candidate(exercise, figures, any(figure.collection != BUNDLED_FACTS for figure in figures))


def _passage(figure: Figure) -> str:
    """The evidence of a figure as a line of context: place, cell and unit as printed."""
    item = figure.evidence[0]
    cell = "，".join(f"{what}“{name}”" for what, name in (("表", item.table), ("行", item.row), ("列", item.column)) if name)
    who = f"{figure.entity}{figure.period_label}{figure.indicator}"
    place = "，".join(part for part in (_place(figure), cell) if part)
    return f"资料：{place}：{who} {item.quote.strip()}（单位：{figure.quantity.unit.symbol}，口径：{figure.scope.value}）"


def _place(figure: Figure) -> str:
    item = figure.evidence[0]
    return f"《{item.document.strip('《》')}》" + (f"第{item.page}页" if item.page else "")


def _citation(figures: Sequence[Figure]) -> str:
    return f"（{'；'.join(dict.fromkeys(map(_place, figures)))}）"


def _text_row(family: str, kind: Kind, name: str, place: int, answer: str, source: str, as_of: str, authority: str) -> Row:
    words: Mapping[str, Any] = configured("collect")[family]
    choice = int(digest("wording", family, name), 16)
    asked = (choice + place) % len(words["ask"])
    question = words["ask"][asked].replace("{name}", name)
    instruction = words["instruct"][choice // 49 % len(words["instruct"])]
    template = f"collect.{family}.q{asked:02d}.t0"
    # The group is the entry: its text would otherwise be taught on one side and asked for on another.
    meta = {
        "id": _id(template, question, answer), "source": source, "license": HOUSE_LICENSE, "split": "", "group": source, "family": family,
        "kind": kind, "slice": "", "program": "", "answer": "", "unit": "", "as_of": as_of, "rendering": "plain", "template": template, "bank": "",
        "formula": "", "digits": "usual", "instruction": instruction, "internal": False, "authority": authority,
    }  # fmt: skip
    return Row([{"role": "user", "content": f"{instruction}\n{question}"}, {"role": "assistant", "content": answer}], meta)


def _id(*parts: str) -> str:
    return f"collect-{digest(*parts)[:16]}"
