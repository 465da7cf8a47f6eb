"""The text of one answer while it grows: what may be shown, where a stop text ends it, where a calculator mark opens."""

from __future__ import annotations

import re
from collections.abc import Sequence

MARK = re.compile(r"\[Calculator\([^\[\]→]{1,300}\)→")
_LONGEST_MARK = 320


class Output:
    """Collects pieces of text. `text` is the answer so far; `ready` gives what was not shown yet and cannot be taken back."""

    def __init__(self, stop: Sequence[str], marks: bool) -> None:
        self.text = ""
        self.stopped = False
        self._stop = tuple(stop)
        self._marks = marks
        self._shown = 0
        self._mark_from = 0
        self._longest_stop = max(map(len, stop), default=0)

    def feed(self, piece: str) -> tuple[str, str] | None:
        """Adds a piece. Returns a mark that it closed and what the piece said after it; None when it closed none."""
        before = len(self.text)
        self.text += piece
        found = self._mark(before) if self._marks else None
        end = self._stop_place(before)
        if end is not None and (found is None or end < found.end()):
            self.text, self.stopped = self.text[:end], True
            return None
        if found is None:
            return None
        over, self.text = self.text[found.end() :], self.text[: found.end()]
        self._mark_from = len(self.text)
        return found.group(), over

    def add(self, text: str) -> None:
        """Adds text that was not generated, or was held back: no stop text is looked for in it."""
        self.text += text
        self._mark_from = len(self.text)

    def ready(self, *, ended: bool = False) -> str:
        """The text that can be shown now: all but a tail that may become a stop text."""
        end = len(self.text)
        if not ended and not self.stopped:
            end -= self._held()
        piece, self._shown = self.text[self._shown : end], max(end, self._shown)
        return piece

    def _mark(self, before: int) -> re.Match[str] | None:
        if "→" not in self.text[before:]:
            return None
        return MARK.search(self.text, max(self._mark_from, before - _LONGEST_MARK))

    def _stop_place(self, before: int) -> int | None:
        if not self._stop:
            return None
        places = [place for stop in self._stop if (place := self.text.find(stop, max(self._shown, before - self._longest_stop))) >= 0]
        return min(places, default=None)

    def _held(self) -> int:
        """Length of the longest tail that is the beginning of a stop text."""
        if not self._stop:
            return 0
        for length in range(min(self._longest_stop - 1, len(self.text) - self._shown), 0, -1):
            tail = self.text[-length:]
            if any(stop.startswith(tail) for stop in self._stop):
                return length
        return 0
