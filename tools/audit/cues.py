"""Which word of direction a number completes: 下降0.01个百分点, 降幅为1.64%, 降至0.95%, 低于工商银行0.41个百分点, 1.64%的增速."""

from __future__ import annotations

import re

from data.units import Dimension
from tools.audit.lines import SUBJECT, Line
from tools.audit.mentions import Slot
from tools.audit.numbers import NumberToken
from tools.audit.setting import Direction
from tools.audit.words import Cue

_TO = re.compile(r"^(?:了|\s|约|近|则|也|均|大幅|小幅)*(?:至|到|为|达到|达)")
_REACHED = re.compile(r"^(?:了|\s)*(?:至|到)(?:了|\s)*$")
_LOOSE_TO = re.compile(r"(?:至|到|为|达到?)\s*(?:了|约|近|人民币)*\s*$")
_NOUN_AFTER = re.compile(r"^\s*(?:\[\d+\])*\s*的?\s*(?:同比|环比|年均|复合)?\s*$")
_OF_RIVAL = re.compile(r"[的为(]")
_FILLER = " 约近了出于人民币"


def direction_of(line: Line, index: int, *, in_change_column: bool) -> Direction:
    """What the words around numbers[index] say of movement."""
    token = line.numbers[index]
    cue = governing_cue(line, index)
    written = (-1 if token.value < 0 else 1) if token.explicit else None
    unsaid = written if written is not None else 1 if in_change_column else None
    points = token.unit is not None and token.unit.dimension is Dimension.POINTS
    loose = _last_sign(line, token)
    if cue is None:
        change = True if points or in_change_column or line.text[token.start] == "+" else None
        return Direction(change, unsaid, None, loose, loose is not None or written is not None)
    between = line.text[cue.end : token.start]
    before = cue.end <= token.start
    if cue.kind in ("move", "compare") and not points and before and _TO.match(between):
        return Direction(False, None, cue.sign, loose)
    if cue.kind == "compare" and not points and before and not between.strip(_FILLER):
        # 高于150% is a line to pass; 高1.2亿元 and 高出1.2亿元 say by how much.
        level = cue.end - cue.start > 1 and not line.text[cue.start : cue.end].endswith("出")
        return Direction(not level, None if level else cue.sign, None, cue.sign, True)
    to_level = cue.kind != "noun" and before and bool(_LOOSE_TO.search(between))
    sign = cue.sign * (written or 1) if cue.sign else unsaid if unsaid is not None else 0
    return Direction(None if to_level else True, sign, cue.sign if to_level else None, cue.sign or loose, True)


def governing_cue(line: Line, index: int) -> Cue | None:
    """The word that the number completes, before it or, as a noun or an arrow, right after it; a list shares its first word."""
    token = line.numbers[index]
    first, _ = line.list_of(index)
    start = max(line.clause_start(token.start), line.numbers[index - 1].end if index else line.start)
    for cue in reversed([cue for cue in line.cues if start <= cue.start and cue.end <= token.start]):
        if cue.kind == "flat":
            return None
        if _governs(line, cue, token):
            return cue
    after = next((cue for cue in line.cues if cue.start >= token.end), None)
    if after is not None and after.kind == "noun" and _NOUN_AFTER.match(line.text[token.end : after.start]):
        if not any(number.start == after.end for number in line.numbers):
            return after
    return governing_cue(line, index - 1) if index > first else None


def reaches_level(text: str) -> bool:
    """Whether what follows a word of direction names the level reached (至0.95%)."""
    return bool(_TO.match(text))


def _governs(line: Line, cue: Cue, token: NumberToken) -> bool:
    between = [g for g in line.groups if cue.end <= g.start and g.end <= token.start and not g.members[0].base]
    if cue.kind == "noun":
        return not any(group.slot is Slot.INDICATOR for group in between)
    if cue.kind == "compare":
        tail = line.text[between[-1].end : token.start] if between else ""
        return not any(group.slot is Slot.INDICATOR for group in between) and not _OF_RIVAL.search(tail)
    if not between:
        return True
    dated = len(between) == 1 and between[0].slot is Slot.PERIOD and between[0].role == SUBJECT
    return dated and bool(_REACHED.match(line.text[cue.end : between[0].start]))


def _last_sign(line: Line, token: NumberToken) -> int | None:
    start = line.segment_start(token.start)
    signs = [cue.sign for cue in line.cues if start <= cue.start < token.start and cue.kind != "flat"]
    return signs[-1] if signs else None
