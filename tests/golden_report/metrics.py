"""How wide a character is, so that pages break the same way whether or not the font is installed.

Widths in thousandths of the font size; everything that is not in the table is a full-width character.
"""

from __future__ import annotations

import re
from functools import cache

_PLAIN = (
    "224 323 474 555 555 921 680 278 338 338 467 555 278 347 278 392 555 555 555 555 555 555 555 555 555 555 278 278 555 555 555 474 "
    "946 608 657 638 688 589 552 689 728 293 535 646 543 812 723 742 633 742 635 596 599 721 575 878 573 531 603 338 392 338 555 559 "
    "606 563 618 510 620 554 325 564 607 275 275 552 284 926 610 606 620 620 388 468 377 607 521 802 498 521 475 338 270 338 555"
)
_BOLD = (
    "227 370 574 590 590 963 740 325 378 378 507 590 325 370 325 387 590 590 590 590 590 590 590 590 590 590 325 325 590 590 590 514 "
    "1007 641 681 656 714 615 585 717 757 330 568 686 578 853 749 770 667 770 682 624 625 748 619 915 627 580 613 378 387 378 590 567 "
    "626 591 644 527 644 591 372 597 640 304 306 604 315 964 641 626 644 644 436 495 421 637 576 863 562 574 511 378 296 378 590"
)
_WIDTHS = {
    False: {chr(32 + place): int(width) for place, width in enumerate(_PLAIN.split())} | {"—": 894, "–": 536},
    True: {chr(32 + place): int(width) for place, width in enumerate(_BOLD.split())} | {"—": 908, "–": 544},
}
_TOKEN = re.compile(r"[0-9A-Za-z.,%()+\-/]+|\s|.")
_NO_LINE_END = "（【“《"
_NO_LINE_START = "，。、；：？！）】”’》％%"


@cache
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in points."""
    table = _WIDTHS[bold]
    return sum(table.get(character, 1000) for character in text) * size / 1000


def wrap(text: str, size: float, room: float, bold: bool = False, first: float = 0.0) -> list[tuple[int, str]]:
    """Lines of at most `room` points as (offset, text); numbers and words stay whole where they fit, `first` indents the first."""
    lines: list[tuple[int, str]] = []
    start, line, used = 0, "", first
    for match in _TOKEN.finditer(text):
        for offset, token in _pieces(match.group(), match.start(), size, room, bold):
            need = width(token, size, bold)
            if token == "\n":
                lines.append((start, line))
                start, line, used = offset + 1, "", 0.0
                continue
            hangs = token in _NO_LINE_START and used <= room and line[-1:] not in _NO_LINE_END
            if line and used + need > room and not hangs:
                kept = line.rstrip(_NO_LINE_END) or line
                lines.append((start, kept))
                start, line = start + len(kept), line[len(kept) :]
                used = width(line, size, bold)
            line, used = line + token, used + need
    return [*lines, (start, line)] if line or not lines else lines


def _pieces(token: str, offset: int, size: float, room: float, bold: bool) -> list[tuple[int, str]]:
    if len(token) == 1 or width(token, size, bold) <= room:
        return [(offset, token)]
    return [(offset + place, character) for place, character in enumerate(token)]
