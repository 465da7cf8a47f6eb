"""What each line of a page is: a row with values, a line of a header, a label alone, or prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from retrieval.parsers.pdf.chars import CELL_GAP, Line, Word, cells_of, joined
from retrieval.tables.text import bare, frame_parts, is_month_day, is_note_header, is_period, is_scope, is_value, is_year
from retrieval.tables.units import unit_in

# A label is not longer; a header text neither.
MAX_LABEL = 60
MAX_HEADER = 24
_SENTENCE = re.compile(r"[。；]\s*[”」』)）]?$|[。；？！].{6,}")
_HEADER_WORD = re.compile(
    r"第[一二三1-3]阶段|阶段[一二三]|第[一二三]层[级次]|金额|占比|比例|比重|变动额?|变动率|变化|增减|增减额|增减率|余额|平均余额|总计|合计|小计|总额|账面价值|公允价值|名义金额|逾期|已逾期|即[期时]偿还|无期限|[非不]计息|"
    r"(?:不超过)?\d{1,2}(?:个月|年|天)(?:[至到-](?:\d{1,2}(?:个月|年|天))?)?(?:以内|以上|内)?|"
    r"利息收入/支出|平均收益率|平均付息率|收益率|成本率|12个月预期|整个存续期预?期?|预期信用损失(?:阶段)?|期?信用损失|折人民币|人民币|美元|港元|其他币种"
)
# A section number and a title: 8 债权投资 · 6.1 按类型 · (1) 以摊余成本计量 · 十二、风险管理 · 第三节 摘要.
_NUMBERED = re.compile(
    r"第[一二三四五六七八九十百]{1,4}[章节部分]"
    r"|[一二三四五六七八九十]{1,3}(?:、|\s+(?=\S))"
    r"|[(（][一二三四五六七八九十]{1,3}[)）]"
    r"|\d{1,2}(?:\.\d{1,2})+(?:[、.．]?\s*)(?=[^\d\s%％.,，、)）(（年月日/\-至～~倍亿万元个]|\s*$|\s*[(（][a-z]{1,3}[)）])"
    r"|\d{1,2}(?:[、.．](?!\d)\s*|\s+)(?=[^\d\s%％.,，年月日个天/\-至到～~])"
    r"|[(（](?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[)）]\s*(?=[^\d\s,，])"
    r"|[①-⑳]|\d{1,2}[)）]\s*(?=\S)"
)


# How a column of a maturity table starts: 3个月至1年, 5年以上.
_BUCKET = re.compile(r"\d{1,2}(?:个月|年|天)")
# Texts over the labels; alone on a line below a header they are a row that heads others.
STUBS = frozenset("资产 负债 项目 指标 币种 原值".split())


class Kind(StrEnum):
    """What a line is."""

    DATA = "data"
    HEAD = "head"
    LABEL = "label"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class TextRow:
    """A line with its cells. values: index of the first value cell; len(cells) where there is none."""

    line: Line
    cells: tuple[Word, ...]
    kind: Kind
    values: int

    @property
    def text(self) -> str:
        """The line as printed, single blanks."""
        return self.line.text


def is_numbered(text: str) -> bool:
    """A line that starts with a section number and goes on with words."""
    return bool(_NUMBERED.match(text))


def is_sentence(text: str) -> bool:
    """A line that ends a sentence or holds the end of one."""
    return bool(_SENTENCE.search(text))


def classify(line: Line, left: float, right: float) -> TextRow:
    """One line of a page whose text runs from left to right."""
    cells = tuple(cells_of(line))
    start = _first_value(cells)
    if start < len(cells) and _is_data(cells, start, left, right):
        return TextRow(line, cells, Kind.DATA, start)
    inner = _inner_values(cells)
    if inner:
        return TextRow(line, cells, Kind.DATA, inner)
    words = _worded(line)
    if words:
        return TextRow(line, words, Kind.DATA, _inner_values(words))
    return TextRow(line, cells, _without_values(line, cells, right), len(cells))


def _first_value(cells: Sequence[Word]) -> int:
    start = len(cells)
    while start and is_value(cells[start - 1].text):
        start -= 1
    return start


def _is_data(cells: Sequence[Word], start: int, left: float, right: float) -> bool:
    values = cells[start:]
    if all(is_year(cell.text) for cell in values):
        return False
    label = "".join(cell.text for cell in cells[:start])
    if is_sentence(label) or (start and is_year(cells[start - 1].text)):
        return False
    if len(values) > 1:
        return True
    only = values[0]
    if not re.search(r"[\d\-–—─−]|适用", only.text) or re.fullmatch(r"[(（]?\d{1,2}[)）]", only.text):
        return False
    if not start:
        return only.box[0] > left + 0.35 * (right - left)
    return only.box[0] - cells[start - 1].box[2] > 1.8 * only.size and len(label) <= MAX_LABEL


def _inner_values(cells: Sequence[Word]) -> int:
    """The index of the first cell after the label in a row that has text between or after its numbers; 0 where it is no such row."""
    if len(cells) < 3 or any(len(cell.text) > 30 for cell in cells[1:]) or is_sentence("".join(cell.text for cell in cells)):
        return 0
    numbers = [cell for cell in cells[1:] if is_value(cell.text) and re.search(r"\d", cell.text) and not is_year(cell.text)]
    others = [cell for cell in cells[1:] if not is_value(cell.text)]
    if not numbers or all(is_period(cell.text) or is_scope(cell.text) for cell in others):
        return 0
    return 1


_STRICT = re.compile(r"[(（]?\d{1,3}(?:,\d{3})+(?:\.\d+)?[)）]?|\d+\.\d+%?|\d+(?:\.\d+)?%|[(（]?\d{1,3}[)）]?")


def _worded(line: Line) -> tuple[Word, ...]:
    """The words of a short line that single blanks part into a label, numbers and texts; () for any other line."""
    words = line.words
    if not 4 <= len(words) <= 14 or len(line.text) > 60 or is_sentence(line.text) or not _cjk(words[0].text):
        return ()
    numbers = [word for word in words[1:] if _STRICT.fullmatch(word.text)]
    strict = [word for word in numbers if "," in word.text or "." in word.text or "%" in word.text or len(word.text) == 3]
    return words if strict and len(numbers) >= 2 else ()


def _cjk(text: str) -> bool:
    return text[-1:] > "\u2e80"


def _without_values(line: Line, cells: Sequence[Word], right: float) -> Kind:
    text = line.text
    if is_sentence(text) or text.endswith(("，", "；")):
        return Kind.PROSE
    tokens = header_tokens(line)
    if _heads(tokens, cells, text):
        return Kind.HEAD
    if len(text) > MAX_LABEL or (len(text) > 30 and line.box[2] > right - 1.5 * line.size):
        return Kind.PROSE
    return Kind.LABEL


def _heads(tokens: Sequence[Word], cells: Sequence[Word], whole: str) -> bool:
    texts = [token.text for token in tokens]
    if any(len(text) > MAX_HEADER for text in texts) or is_numbered(whole):
        return False
    if all(is_header_word(text) or (len(texts) > 1 and text in STUBS) for text in texts):
        return True
    if len(cells) > 1:
        return True
    if len(texts) == 1 and texts[0] in STUBS:
        return False
    short = all(len(text) <= 12 and not re.search(r"[，。；：:]", text) for text in texts)
    return len(texts) > 1 and short and (len(texts) > 2 or any(is_header_word(text) for text in texts))


@lru_cache(maxsize=16384)
def is_header_word(text: str) -> bool:
    """A text that heads columns wherever it stands: a period or half of one, a scope, 附注, 金额, 第一阶段."""
    return is_frame(text) or is_month_day(text) or is_note_header(text) or bool(_HEADER_WORD.fullmatch(bare(text))) or bool(_unit_only(text))


def _unit_only(text: str) -> str:
    return unit_in(text) if len(text) <= 12 else ""


@lru_cache(maxsize=16384)
def is_frame(text: str) -> bool:
    """Nothing but periods and scopes."""
    return is_period(text) or is_scope(text) or bool(frame_parts(text))


def header_tokens(line: Line) -> list[Word]:
    """The words of a header line, each column's text in one: Chinese words apart, pieces of a date together."""
    groups: list[list[Word]] = []
    for word in line.words:
        if groups and not _apart(groups[-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [joined(group) for group in groups]


def _apart(group: Sequence[Word], word: Word) -> bool:
    last = group[-1]
    if word.box[0] - last.box[2] >= CELL_GAP * max(word.size, 1.0):
        return True
    before = "".join(part.text for part in group)
    if is_frame(before) and not is_year(before):
        return True
    if before[-1:] in ")）" and word.text[:1] in "(（":
        return True
    if _BUCKET.match(word.text) and before[-1:] not in "至到-~于过":
        return True
    if is_month_day(word.text) and before[-1:] != "年":
        return True
    if is_year(before) and before[-1:] in "度" and not word.text.startswith(("(", "（")):
        return True
    if is_year(word.text) and len(word.text) > 4 and _cjk(before):
        return True
    chinese = word.text[:1] > "\u2e80" and word.text[:1] not in "）、（"
    return chinese and ((_cjk(before) and before[-1:] not in "、（") or before[-1:] == ")")
