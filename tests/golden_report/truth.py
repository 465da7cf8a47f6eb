"""The truth about the printed report: every figure with its pages, every cell of the golden tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from data.indicators import indicator_catalogue
from tests.golden_report.book import AMOUNTS, Ref
from tests.golden_report.flow import FigureNote, Flow
from tests.golden_report.wording import PLACES

Record = Mapping[str, Any]
INTEREST = {"公司贷款": "公司贷款利息收入", "个人贷款": "个人贷款利息收入", "票据贴现": "票据贴现利息收入", "贷款": "客户贷款利息收入", "金融投资": "金融投资利息收入",
            "存放央行": "存放央行利息收入", "同业资产": "存放及拆放同业利息收入", "存款": "客户存款利息支出", "公司存款": "公司存款利息支出", "个人存款": "个人存款利息支出",
            "同业负债": "同业利息支出", "应付债券": "应付债券利息支出", "向中央银行借款": "向中央银行借款利息支出", "生息资产": "利息收入", "计息负债": "利息支出"}  # fmt: skip
OTHER_NAMES = {"吸收存款": "", "拆入资金占比": "", "拆出资金占比": "", "归母综合收益总额": "归属于母公司股东的综合收益总额"} | {f"{name}利息": catalogued for name, catalogued in INTEREST.items()}


def catalogue_name(key: str) -> str:
    """The catalogue's name of one of our keys, or ""."""
    name = OTHER_NAMES.get(key, key)
    found = indicator_catalogue().by_name(name) if name else None
    return found.name if found else ""


def named(ref: Ref) -> Ref:
    """The reference under the catalogue's name, so that one figure with two of our names is one."""
    return Ref(catalogue_name(ref.key) or ref.key, ref.period, ref.scope)


def figures(flow: Flow) -> list[Record]:
    """One record per figure (name, period, scope): value and unit as held, pages where it is printed, most exact print first."""
    grouped: dict[Ref, list[FigureNote]] = {}
    for note in flow.figures:
        grouped.setdefault(named(note.ref), []).append(note)
    records = []
    for notes in grouped.values():
        ref = notes[0].ref
        held = flow.book.find(ref)
        if held is None:
            raise LookupError(f"printed but not in the book: {ref}")
        notes.sort(key=lambda note: (not note.column, _step(note.unit)))
        signs = {note.text.startswith("(") for note in notes if note.column}
        record = {
            "id": "", "indicator": catalogue_name(ref.key), "key": ref.key, "row": notes[0].row, "column": _one_line(notes[0].column), "period": ref.period, "scope": ref.scope,
            "value": str(held.number), "unit": held.unit, "abs_tol": str(_tolerance(held.unit, notes)), "pages": sorted({note.page for note in notes}),
            "printed": notes[0].text, "printed_unit": notes[0].unit,
        }  # fmt: skip
        if len(signs) == 2 or (signs == {True} and held.number > 0):
            record["sign"] = "abs"
        records.append(record)
    return [{**record, "id": f"F{number:04}"} for number, record in enumerate(records, 1)]


def tolerances(flow: Flow) -> dict[Ref, Decimal]:
    """How exactly each printed figure can be known, in the unit it is held in."""
    grouped: dict[Ref, list[FigureNote]] = {}
    for note in flow.figures:
        grouped.setdefault(note.ref, []).append(note)
    return {ref: _tolerance(held.unit, notes) for ref, notes in grouped.items() if (held := flow.book.find(ref)) is not None}


def _one_line(header: str) -> str:
    return header.replace("\n", "")


def _step(unit: str) -> Decimal:
    return AMOUNTS.get(unit, Decimal(1)) * Decimal(1).scaleb(-PLACES.get(unit, 0))


def _tolerance(unit: str, notes: Iterable[FigureNote]) -> Decimal:
    """Half of the last digit of the most exact print, in the unit of the value."""
    if unit not in AMOUNTS:
        digits = max(len(note.text.split(".")[1].rstrip(")%")) if "." in note.text and not note.text[-1].isalpha() else PLACES.get(unit, 0) for note in notes)
        return Decimal(5).scaleb(-digits - 1)
    return min(_step(note.unit) for note in notes) / AMOUNTS[unit] / 2


def cells(flow: Flow) -> list[Record]:
    """Every cell of the tables marked golden, in drawing order."""
    return [
        {"page": note.page, "table": note.index, "title": note.table, "row": note.row, "parents": list(note.parents), "headers": [_one_line(header) for header in note.headers], "text": note.text,
         "note": note.note}
        for note in flow.cells if note.golden
    ]  # fmt: skip


def write_lines(records: Iterable[Record], target: Path) -> None:
    """JSON lines, one record each."""
    target.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
