"""A follow-up inside a table: after a row of it, "西部呢" is the next row under the same measure, "占比多少" the printed share beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.plan import Carried, Op
from agents.understanding.mentions import Mentions
from agents.understanding.rows import is_row
from agents.understanding.table_words import said_besides
from data.indicators import IndicatorCatalogue
from tools.name_scanner import NameKind, NameSpan
from tools.row_index import RowIndex
from tools.row_tables import RowTable, TableCell, row_tables

_SHARE = re.compile(r"(?:它|其|所|的)?(?:占比|比重|所占比例)(?:是|有|为)?(?:多少|多大|几何|怎么样|如何)?(?:呢)?[?？。]*")
_OTHER = re.compile(r"(?:那么?|其中|再看看?|还有)?(?P<row>[^?？。，,]{2,16}?)(?:的)?(?:呢|多少|是多少|有多少|怎么样)?[?？。]*")
_MARKS = re.compile(r"[（(\[【][^（）()\[\]【】]*[）)\]】]|[\s:：、，,。的·\-—－_/／“”\"'《》]")
_STAYS = (Op.VALUE, Op.BREAKDOWN, Op.SHARE)


def beside_carried(mentions: Mentions, carried: Carried, rows: RowIndex | None, catalogue: IndicatorCatalogue) -> Mentions | None:
    """The mentions with the cell that a follow-up means as their indicator; None where it means none, or more than one."""
    names = carried.slots.indicators
    if rows is None or not names or not carried.operations or carried.operations[0].op not in _STAYS or mentions.banks or mentions.base_periods:
        return None
    text = _without(mentions)
    name = names[-1]
    if _SHARE.fullmatch(text):
        found = _share_of(name, rows) if len(names) == 1 and (is_row(name) or not _has_whole(name, catalogue)) else None
    else:
        match = _OTHER.fullmatch(text)
        known = any(span.start <= mentions.text.find(match["row"]) and span.end - span.start >= len(match["row"]) for span in mentions.indicators) if match else True
        found = _row_like(match["row"], name, rows) if match and not known and is_row(name) else None
    if found is None:
        return None
    span = NameSpan(0, len(mentions.text), NameKind.INDICATOR, found)
    return replace(mentions, indicators=[span], ambiguous=[], unexplained=[], cues=[], unknown_banks=[], groups=[])


def _share_of(name: str, rows: RowIndex) -> str | None:
    """The printed share in the row of an indicator; the tables that have one must agree on which it is."""
    found = list[str]()
    for table, measure, cell in _places(name, rows):
        found += [share.record.indicator_id for share in table.shares_of(measure) if share.record.row == cell.record.row]
    return found[0] if len(set(found)) == 1 else None


def _row_like(words: str, name: str, rows: RowIndex) -> str | None:
    """The one other row under the same measure whose label the words name."""
    core = _core(words, rows)
    for table, measure, _ in _places(name, rows):
        cells = table.columns()[measure]
        exact = [cell for cell in cells if _core(cell.label, rows) == core]
        near = exact or [cell for cell in cells if len(core) > 1 and _core(cell.label, rows).startswith(core) and not cell.is_total]
        if len({cell.record.row for cell in near}) == 1:
            return near[0].record.indicator_id
    return None


def _places(name: str, rows: RowIndex) -> Sequence[tuple[RowTable, str, TableCell]]:
    """The tables, columns and cells in which an indicator stands."""
    return [
        (table, measure, cell) for table in row_tables(rows) for measure, cells in table.columns().items() for cell in cells if cell.record.indicator_id == name
    ]


def _has_whole(name: str, catalogue: IndicatorCatalogue) -> bool:
    return name in catalogue and any(parent in catalogue for parent in catalogue.get(name).parents)


def _core(text: str, rows: RowIndex) -> str:
    return rows.words.core(rows.words.canonical(_MARKS.sub("", text)))


def _without(mentions: Mentions) -> str:
    """The question without times, banks and scopes."""
    masked = list(mentions.text)
    for start, end in said_besides(mentions):
        masked[start:end] = " " * (end - start)
    return "".join("".join(masked).split())
