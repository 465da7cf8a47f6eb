"""Answers of the product itself as benchmark material: reading them, rebuilding their sheets, changing their printed text."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from data.banks import bank_registry
from data.evidence import Evidence
from data.figures import Figure, FigureKind, Gaap, Scope
from data.indicators import indicator_catalogue
from data.periods import Period
from data.units import Quantity
from tests.benchmarks.audit_claims import OPPOSITES
from tools.audit.check import AuditContext, AuditReport
from tools.factsheet import FactSheet

_CHANGE_NAME = re.compile(r"(?:同比|环比|较上年末)?(?:增速|变动|差距|相对差距)$")


def answers_from_product(path: Path) -> Iterator[tuple[str, FactSheet, AuditContext]]:
    """Each line's text, its sheet rebuilt from the figure dicts, and a context from its question."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            record = json.loads(line)
            sheet = sheet_of(record["figures"])
            yield record["text"], sheet, AuditContext(question=record.get("question", ""), quotable=(*record.get("quotable", ()), *_lines(sheet)))


def _lines(sheet: FactSheet) -> Iterator[str]:
    """The regulatory lines that an answer may quote: those of its indicators."""
    for indicator in (indicator_catalogue().get(key) for key in dict.fromkeys(f.indicator_id for f in sheet) if key in indicator_catalogue()):
        if (line := indicator.line) is not None:
            bounds = "、".join(f"{bound}{indicator.unit}" for bound in (line.minimum, line.maximum) if bound is not None)
            yield f"{line.source}：{bounds}。{line.note}"


def sheet_of(records: list[dict[str, Any]]) -> FactSheet:
    """A sheet with the figures of ask --json, under the ids that they have there."""
    entities = {record["id"]: record["entity"] for record in records}
    return FactSheet([_figure(record, entities) for record in records])


def _figure(record: Mapping[str, Any], entities: Mapping[str, str]) -> Figure:
    bank = bank_registry().by_name(record["entity"])
    indicator = indicator_catalogue().by_name(_CHANGE_NAME.sub("", record["indicator"])) or indicator_catalogue().by_name(record["indicator"])
    kind, inputs = FigureKind(record["kind"]), list(record.get("inputs") or [])
    operation = record.get("operation") or ""
    computed_freely = kind is FigureKind.COMPUTED and operation not in ("", "formula")
    scope = Scope(record["scope"])
    return Figure(
        entity=record["entity"], entity_id=bank.id if bank is not None else "industry" if scope is Scope.INDUSTRY else "",
        indicator=record["indicator"], indicator_id=indicator.id if indicator is not None and not computed_freely else "",
        period=Period.parse(record["period"]), quantity=Quantity.of(Decimal(record["value"]), record["unit"]), scope=scope, kind=kind,
        gaap=Gaap(record.get("gaap") or Gaap.PRC.value), point=indicator.point if indicator is not None else False,
        evidence=[_evidence(item) for item in record.get("evidence") or []], id=record["id"], formula=record.get("formula"), inputs=inputs,
        operation=operation, base_period=Period.parse(record["base_period"]) if record.get("base_period") else None,
        counterpart=entities.get(inputs[1], "") if operation == "versus" and len(inputs) > 1 else "", note=record.get("note") or "",
    )  # fmt: skip


def _evidence(item: Mapping[str, Any]) -> Evidence:
    known = {key: item[key] for key in ("document", "page", "table", "row", "column", "quote", "source", "source_class", "printed_page") if item.get(key)}
    return Evidence(**{"document": "", **known})


def mutations_of_text(text: str, report: AuditReport, sheet: FactSheet, rng: random.Random) -> Iterator[tuple[str, str]]:
    """One changed copy a kind. Truth is not known here, so only changes that leave every figure of the sheet behind are made."""
    bound = [verdict for verdict in report.verdicts if verdict.figure_id]
    if not bound:
        return
    chosen = rng.choice(bound)
    place = chosen.start + rng.choice([index for index, char in enumerate(text[chosen.start : chosen.end]) if char.isdigit()])
    yield "digit", text[:place] + str((int(text[place]) + rng.randint(1, 9)) % 10) + text[place + 1 :]
    yield from (("unit", text[: v.start] + changed + text[v.end :]) for v in rng.sample(bound, 1) if (changed := _other_unit(v.text)) != v.text)
    yield from _sign(text, sheet, bound, rng)
    years = {str(p.year) for f in sheet for p in (f.period, f.base_period) if p is not None}
    spots = [match for match in re.finditer(r"(?<!\d)20\d{2}(?=年)", text) if match[0] in years and not _in_source(text, match.start())]
    if spots:
        spot = rng.choice(spots)
        other = next(year for year in (str(int(spot[0]) + step) for step in (4, 5, 6, 7, 8, 9)) if year not in years)
        yield "year", text[: spot.start()] + other + text[spot.end() :]
    names = [match for figure in sheet for match in re.finditer(re.escape(figure.entity), text) if not _in_source(text, match.start())]
    absent = [bank.name for bank in bank_registry() if bank.listed and bank.name not in text and all(bank.id != f.entity_id for f in sheet)]
    if names and len({figure.entity for figure in sheet}) == 1 and len({(m.start(), m.end()) for m in names}) == 1:
        yield "bank", text[: names[0].start()] + rng.choice(absent) + text[names[0].end() :]


def _other_unit(shown: str) -> str:
    for old, new in (("个百分点", "%"), ("%", "个百分点"), ("亿元", "万元"), ("百万元", "亿元"), ("万元", "亿元")):
        if shown.endswith(old):
            return shown[: -len(old)] + new
    return shown


def _sign(text: str, sheet: FactSheet, bound: list[Any], rng: random.Random) -> Iterator[tuple[str, str]]:
    changes = [v for v in bound if sheet.get(v.figure_id).kind is FigureKind.CHANGE]
    for verdict in rng.sample(changes, min(1, len(changes))):
        word = next((w for w in sorted(OPPOSITES, key=len, reverse=True) if text[: verdict.start].endswith(w)), None)
        if word and len(word) > 1:
            yield "sign", text[: verdict.start - len(word)] + OPPOSITES[word] + text[verdict.start :]


def _in_source(text: str, position: int) -> bool:
    marker = text.find("来源：")
    return 0 <= marker < position
