"""Counting the pages of a Word document from its breaks."""

from __future__ import annotations


class PageCounter:
    """The page that text written now stands on. A hard break that Word has laid out is followed by a saved one: they are one turn."""

    def __init__(self, *, saved: bool) -> None:
        """saved: the file has breaks saved by Word's last layout, so that section breaks are among them."""
        self.page = 1
        self._saved = saved
        self._pending_hard = 0

    def turn(self, kind: str) -> None:
        """A break, "hard" or "saved"."""
        if kind == "saved" and self._pending_hard:
            self._pending_hard -= 1
            return
        if kind == "hard":
            self._pending_hard += self._saved
        self.page += 1

    def wrote(self) -> None:
        """Text was written: the hard breaks before it are done with."""
        self._pending_hard = 0
