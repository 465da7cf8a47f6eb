"""A question about a whole table or all parts of a total: 按担保方式看不良, 业务及管理费明细, 哪个地区不良最多, 核心一级和二级各多少.

A table answers only if it holds all that the question says: its rows are of the sort asked for (地区, 行业), what it tells is what
is asked about, and parts of a total add up to it. Where no table does, nothing is answered from one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.plan import Op, Operation
from agents.understanding.mentions import Mentions
from agents.understanding.table_parts import Asked, Parts, is_total_of, parts_in, parts_like, period_of
from agents.understanding.table_words import LEAST, MOST, PARTS, Sort, about, listed, other_sorts, sorts_of
from data.units import Dimension, unit
from tools.row_index import RowIndex, covered_chars
from tools.row_tables import TOTAL, RowTable, TableCell, is_share, row_tables

_LEAST_ROWS = 2
_VOLUME = re.compile(r"规模|体量|业务量|数量因素|量因素|量的")
_PRICE = re.compile(r"利率|价格|价因素|价的")
_EFFECT = re.compile(r"(?:规模|体量|业务量|数量|利率|价格)因素")
_EFFECTS = re.compile(r"(?:规模|体量|业务量|数量|量)(?:因素|变[动化]|效应|的?影响|的?贡献)?[、和与及]?(?:利率|价格?)(?:因素|变[动化]|效应|的?影响|的?贡献)|量价")
_NOT_A_TABLE = (Op.REPORT, Op.WALK, Op.DUPONT, Op.DEFINITION, Op.COVERAGE, Op.ANALYSIS, Op.RECOMPUTE, Op.CAGR, Op.YOY, Op.QOQ)
_CUT = re.compile(r"地区|地域|区域|行业|期限|到期|天数|币种|评级|担保|阶段|五级分类")
_LED = re.compile(r"^[里中内的]+(?=..)")
_RATIO = re.compile(r"(?<![利汇税费])率(?!先)")
_MARKS = re.compile(r"[（(\[【][^（）()\[\]【】]*[）)\]】]|[\s:：、，,。的·\-—－_/／“”\"'《》]")


@dataclass(frozen=True)
class Breakdown:
    """The rows of the table that answers, amounts before shares. highest: whether the largest (or smallest) is asked for.

    total: the indicator that they are parts of, "" without one; table, page: where they stand. note: what was taken for granted.
    """

    indicators: list[str]
    highest: bool | None
    total: str = ""
    table: str = ""
    page: int = 0
    note: str = ""

    def operation(self) -> Operation:
        """The operation that tells it: a value where it is one cell."""
        if len(self.indicators) == 1:
            return Operation(Op.VALUE)
        return Operation(Op.BREAKDOWN, highest=self.highest, against=self.total or None, table=self.table, page=self.page)


def breakdown_of(mentions: Mentions, subject: Sequence[str], asked: Asked, candidates: Callable[[str], Sequence[str]]) -> Breakdown | None:
    """The table that a question asks for as a whole, or None.

    subject: indicators that it is about besides those of its words. candidates: the indicators that an ambiguous word may mean.
    """
    rows = asked.horizon.rows
    if rows is None or not len(rows) or len(asked.banks) > 1 or any(hit.cue.op in _NOT_A_TABLE for hit in mentions.cues):
        return None
    question = _Question(mentions, rows, asked, candidates, tuple(subject))
    if asks_effects(mentions):
        return question.effects()
    highest = True if MOST.search(mentions.text) else False if LEAST.search(mentions.text) else None
    found = question.of_a_sort(highest) if question.spans else None
    if found is None and not question.sorts:
        found = question.list_of_rows(highest) or (question.parts_of_total() if PARTS.search(mentions.text) else None)
    return found


def asks_effects(mentions: Mentions) -> bool:
    """Whether the question asks what volume or price did to a change."""
    return bool(_EFFECTS.search(mentions.text) or _EFFECT.search(mentions.text))


class _Question:
    """One question with the tables that may answer it."""

    def __init__(
        self, mentions: Mentions, rows: RowIndex, asked: Asked, candidates: Callable[[str], Sequence[str]], subject: tuple[str, ...]
    ) -> None:
        self.mentions, self.rows, self.asked, self.candidates, self.subject = mentions, rows, asked, candidates, subject
        self.sorts, self.spans = sorts_of(mentions)
        self.words = about(mentions, self.spans)
        found = [asked.catalogue.by_name(word) for word in self.words if self.sorts]
        apart = [span for span in mentions.indicators if not any(start < span.end and span.start < end for start, end in self.spans)]
        self.named = list(dict.fromkeys([*(span.ref for span in apart), *(indicator.id for indicator in found if indicator is not None)]))
        self.possible = [name for word in mentions.ambiguous for name in candidates(word.ref)]
        self.totals = set(self.named or (() if self.sorts and self.words else self.possible or subject))

    def of_a_sort(self, highest: bool | None) -> Breakdown | None:
        """The table whose rows are of the sort asked for and which tells what is asked about."""
        scored = []
        for place, table in enumerate(row_tables(self.rows)):
            for cells in _columns(table):
                if all(_has_sort(table, cells, sort) for sort in self.sorts) and (fit := self._fit(table, cells)):
                    found = self._rows_of_sort(table, cells)
                    # Half of a table that runs over two pages is all of it only where its rows add up.
                    if found is not None and len(found.rows) >= _LEAST_ROWS and (found.sums or not table.fragment):
                        mixed = any(sort.only and not all(sort.rows.search(cell.label) for cell in found.leaves) for sort in self.sorts)
                        key = (mixed, fit, -found.sums, other_sorts(table.title, self.sorts), _rank(cells), len(table.pages), len(table.title), place)
                        scored.append((key, found))
        if scored:
            return _told(min(scored, key=lambda item: item[0])[1], highest, leaves=highest is not None)
        held = [name for name in self.possible if self.asked.horizon.periods((), (name,))]
        if len(held) >= _LEAST_ROWS and not self.mentions.indicators and self._each(held):
            return Breakdown(held, highest, note="只列出指标目录中有名称的各项，报告可能另有未列出的")
        return None

    def _rows_of_sort(self, table: RowTable, cells: Sequence[TableCell]) -> Parts | None:
        """All rows of a column; where its title names another sort and only some rows are of the one asked for, those alone."""
        for sort in self.sorts:
            like = sum(bool(sort.rows.search(cell.label)) for cell in cells)
            if not sort.title.search(table.title) and other_sorts(table.title, self.sorts) and 2 * like < len(cells):
                return parts_like(table, cells, sort.rows, self.asked)
        return parts_in(table, cells, self.totals, self.asked, whole=True)

    def parts_of_total(self) -> Breakdown | None:
        """The rows that add up to the indicator named."""
        if not self.totals or len(self.named or self.subject) > 1:
            return None
        scored = []
        for place, table in enumerate(row_tables(self.rows)):
            for cells in _columns(table):
                if not any(is_total_of(cell, self.totals, self.asked.catalogue, table.title) for cell in cells):
                    continue
                found = parts_in(table, cells, self.totals, self.asked, whole=False)
                if found is not None and self._all_said(table, cells):
                    scored.append(((*self._kinship(found), other_sorts(table.title, self.sorts), _rank(cells), len(table.pages), place), found))
        if not scored:
            return None
        best = min(scored, key=lambda item: item[0])[1]
        if self.named or not self.possible:
            return _told(best, None)
        # 手续费的构成: of what the word may mean, that of the most parts, and it is said.
        best = max((found for _, found in scored), key=lambda found: found.top)
        word, name = self.mentions.ambiguous[0], self.asked.catalogue.get(best.total).name
        return replace(_told(best, None), note=f"“{self.mentions.text[word.start : word.end]}”按{name}作答")

    def list_of_rows(self, highest: bool | None) -> Breakdown | None:
        """The rows that the question lists, all of one table or all under the catalogue's names."""
        items, rest = listed(self.mentions)
        if len(items) < _LEAST_ROWS or not self.mentions.unexplained:
            return None
        catalogue = self.asked.catalogue
        for span in [span for span in self.mentions.indicators if span.ref in catalogue]:
            total, said = span.ref, self.mentions.text[span.start : span.end]
            joined = [_completed(_LED.sub("", item.removeprefix(said)) if item != said else item, total, self.asked) for item in items]
            if all(joined) and len(set(joined)) == len(items) and all(word in catalogue.get(total).name for word in rest):
                return Breakdown([name for name in joined if name], highest, total=total)
        words = [self.words_core(word) for word in rest]
        scored = []
        for place, table in enumerate(row_tables(self.rows)):
            for cells in _columns(table):
                picked = [self._row_named(item, cells) for item in items]
                if not all(picked) or not self._covers(table, cells, [word for word in words if word]):
                    continue
                names = [cell.record.indicator_id for cell in picked if cell]
                if len(set(names)) == len(items) and self._measured(cells) and self._loud(table, cells) == 0 and self._in_period(cells):
                    scored.append(((_rank(cells), len(table.pages), len(table.title), place), table, names))
        if not scored:
            return None
        _, table, names = min(scored, key=lambda item: item[0])
        return Breakdown(names, highest, table=table.title, page=table.pages[0])

    def effects(self) -> Breakdown | None:
        """规模因素 and 利率因素 of a change: the two columns of the row named, and their total; one of them where only one is asked for."""
        names = [self.words_core(self.asked.catalogue.get(name).name) for name in [*self.named, *self.subject] if name in self.asked.catalogue]
        both = bool(_EFFECTS.search(self.mentions.text))
        sides = [pattern for pattern in (_VOLUME, _PRICE) if both or any(pattern.search(word) for word in _EFFECT.findall(self.mentions.text))]
        found = []
        for place, table in enumerate(row_tables(self.rows)):
            lines: dict[str, list[TableCell]] = {}
            for cell in table.cells:
                lines.setdefault(cell.record.row, []).append(cell)
            for cells in lines.values():
                kept = [next((cell for cell in cells if pattern.search(cell.measure)), None) for pattern in (_VOLUME, _PRICE)]
                total = next((cell for cell in cells if re.search(r"合计|净[增变]", cell.measure)), None)
                fit = _names_row(self.words_core(cells[0].label), names)
                same = {unit(cell.record.unit).dimension for cell in [*kept, total] if cell}
                if fit is not None and all(kept) and len(same) == 1 and self._in_period(cells):
                    told = [cell.record.indicator_id for cell, side in zip(kept, (_VOLUME, _PRICE), strict=True) if cell and side in sides]
                    found.append((fit, place, table, told, total))
        if not found:
            return None
        _, _, table, rows, total = min(found, key=lambda item: item[:2])
        whole = total.record.indicator_id if total and len(rows) > 1 else ""
        return Breakdown(rows, None, total=whole, table=table.title, page=table.pages[0])

    def words_core(self, text: str) -> str:
        """A text's words that tell one thing from another, in canonical form."""
        return self.rows.words.core(self.rows.words.canonical(_MARKS.sub("", text)))

    def _fit(self, table: RowTable, cells: Sequence[TableCell]) -> int:
        """How a column tells what is asked about: 1 as the parts of it, 2 by its title; 0 not at all."""
        if self.totals and any(is_total_of(cell, self.totals, self.asked.catalogue, table.title) for cell in cells):
            return 1 if self._all_said(table, cells) and self._in_period(cells) else 0
        if self._loud(table, cells) or not self._measured(cells) or not self._in_period(cells):
            return 0
        return 2 if self._covers(table, cells, [core for word in self.words if (core := self.words_core(word))]) else 0

    def _covers(self, table: RowTable, cells: Sequence[TableCell], words: Sequence[str]) -> bool:
        """Whether the table's title, its column or the name of its total holds every one of these words."""
        if not words:
            return False
        canonical = self.rows.words.canonical
        text = "\0".join(canonical(_MARKS.sub("", part)) for part in (table.title, cells[0].measure, *self._total_names(cells)))
        particles = self.rows.words.particles
        return all(covered_chars(word, text, particles) >= sum(char not in particles for char in word) for word in words)

    def _total_names(self, cells: Sequence[TableCell]) -> list[str]:
        ids = [cell.record.indicator_id for cell in cells if cell.is_total and cell.record.indicator_id in self.asked.catalogue]
        return [name for key in ids for name in (self.asked.catalogue.get(key).name, *self.asked.catalogue.get(key).aliases)]

    def _all_said(self, table: RowTable, cells: Sequence[TableCell]) -> bool:
        """Whether the words besides the indicator's stand in the table too, so that none narrows it."""
        names = {self.mentions.text[span.start : span.end] for span in [*self.mentions.indicators, *self.mentions.ambiguous]}
        left = [core for word in self.words if word not in names and (core := self.words_core(word))]
        return not left or self._covers(table, cells, left)

    def _loud(self, table: RowTable, cells: Sequence[TableCell]) -> int:
        """How many words narrow the table's title that the question does not say."""
        said = self.rows.words.canonical(self.mentions.text)
        title, own = self.rows.words.canonical(table.title), "" if is_share(cells[0]) else self.rows.words.canonical(cells[0].measure)
        # 公司贷款行业分布及不良 is the title of two columns: the other one's word does not narrow this one.
        others = [self.rows.words.canonical(cell.measure) for cell in table.cells]
        elsewhere = {word for word in self.rows.words.loud if word not in own and any(word in other for other in others)}
        return sum(word not in said and (word in own or (word in title and word not in elsewhere)) for word in self.rows.words.loud)

    def _measured(self, cells: Sequence[TableCell]) -> bool:
        """Whether the column is of the measure asked for: a rate where a rate is, and no rate besides."""
        rate = unit(cells[0].record.unit).dimension is Dimension.RATIO
        return rate == bool(_RATIO.search(self.mentions.text)) or (rate and all(is_share(cell) for cell in cells))

    def _in_period(self, cells: Sequence[TableCell]) -> bool:
        period = period_of(cells, self.asked)
        return period is not None and any(str(period) in cell.record.periods or str(period.same_date()) in cell.record.periods for cell in cells)

    def _kinship(self, found: Parts) -> tuple[int, int, int]:
        """Which of several tables of one total is meant: one that says so, no cut by place or time, then one of the catalogue's own parts."""
        ids = [cell.record.indicator_id for cell in found.rows]
        own = sum(found.total in self.asked.catalogue.get(name).parents for name in ids if name in self.asked.catalogue)
        return -bool(re.search(r"构成|组成|明细", found.table.title)), len(_CUT.findall(found.table.title)), -(1000 * own // len(ids))

    def _row_named(self, item: str, cells: Sequence[TableCell]) -> TableCell | None:
        """The one row of a column whose label an item names."""
        core = self.words_core(item)
        exact = [cell for cell in cells if self.words_core(cell.label) == core]
        near = exact or [cell for cell in cells if len(core) > 1 and self.words_core(cell.label).startswith(core) and not cell.is_total]
        return near[0] if len({cell.record.row for cell in near}) == 1 else None

    def _each(self, held: Sequence[str]) -> bool:
        """Whether the candidates of an ambiguous word are the rows of the sort asked for (各地区的不良率)."""
        rows = [cell for table in row_tables(self.rows) for cell in table.cells if cell.record.indicator_id in held]
        return bool(self.sorts) and sum(bool(sort.rows.search(cell.label)) for sort in self.sorts for cell in rows) >= _LEAST_ROWS


def _has_sort(table: RowTable, cells: Sequence[TableCell], sort: Sort) -> bool:
    return bool(sort.title.search(table.title)) or sum(bool(sort.rows.search(cell.label)) for cell in cells) >= _LEAST_ROWS


def _names_row(label: str, names: Sequence[str]) -> tuple[int, int] | None:
    """How well a row is the one that a name means, least first: it holds the name (利息净收入变化), or is what the name speaks of (客户贷款)."""
    if any(name in label for name in names):
        return (0, len(label))
    return (1, -len(label)) if len(label) > 2 and any(name.startswith(label) for name in names) else None


def _completed(item: str, total: str, asked: Asked) -> str | None:
    """The indicator that an item and the name of the whole make together (二级 of 资本净额), or one of the catalogue's own parts of it."""
    joined, alone = asked.catalogue.by_name(item + asked.catalogue.get(total).name), asked.catalogue.by_name(item)
    found = joined or (alone if alone is not None and total in alone.parents else None)
    return found.id if found is not None and asked.horizon.periods((), (found.id,), asked.scope.value) else None


def _columns(table: RowTable) -> list[list[TableCell]]:
    """The columns that tell something by themselves: those of shares only where there are no others."""
    columns = list(table.columns().values())
    return [cells for cells in columns if not is_share(cells[0])] or columns


def _rank(cells: Sequence[TableCell]) -> int:
    return min(cell.record.rank for cell in cells)


def _told(parts: Parts, highest: bool | None, *, leaves: bool = False) -> Breakdown:
    return Breakdown(parts.told(leaves=leaves), highest, parts.total, parts.table.title, parts.table.pages[0])


def unanswered(said: Mentions, read: Mentions, rows: RowIndex | None) -> Mentions | None:
    """The mentions with the sort of rows left unexplained, where only a total was found for it (投资按发行主体).

    said, read: the question before and after rows were looked up. None where the reading stands.
    """
    sorts, spans = sorts_of(said)
    swallowed = [span for span in read.indicators if span.ref not in {other.ref for other in said.indicators}]
    if rows is None or not len(rows) or not sorts or not all(TOTAL.search(label) for span in swallowed for label in rows.labels(span.ref)):
        return None
    return replace(said, unexplained=sorted({*said.unexplained, *spans}))


def without_subject(mentions: Mentions) -> Mentions:
    """The mentions of a question that a table answers: nothing of it is left to be explained."""
    return replace(mentions, unexplained=[], ambiguous=[], indicators=[], not_applicable=[], unknown_banks=[])
