"""Which words of a fixed vocabulary begin at a place in a text: a dictionary behind an index of first characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

Value = TypeVar("Value")


class WordIndex(Generic[Value]):
    """A vocabulary (word → value) that answers which of its words begin at a place, the longest first; immutable."""

    def __init__(self, words: Mapping[str, Value]) -> None:
        self._words = {word: value for word, value in words.items() if word}
        lengths: dict[str, set[int]] = {}
        for word in self._words:
            lengths.setdefault(word[:2], set()).add(len(word))
        self._lengths = {head: tuple(sorted(sizes, reverse=True)) for head, sizes in lengths.items()}

    def __len__(self) -> int:
        return len(self._words)

    def begins(self, text: str, start: int) -> bool:
        """Whether a word may begin at text[start]: a quick no for most places."""
        return text[start : start + 2] in self._lengths or text[start] in self._words

    def at(self, text: str, start: int) -> Iterator[tuple[int, Value]]:
        """(end, value) of every word that begins at text[start], the longest first."""
        pair = text[start : start + 2]
        for size in self._lengths.get(pair, ()):
            value = self._words.get(text[start : start + size])
            if value is not None and start + size <= len(text):
                yield start + size, value
        if len(pair) == 2 and (value := self._words.get(pair[0])) is not None:
            yield start + 1, value

    def spans(self, text: str) -> Iterator[tuple[int, int, Value]]:
        """(start, end, value) of the longest word at each place, left to right, none overlapping."""
        at = 0
        while at < len(text):
            end, value = next(self.at(text, at), (at, None))
            if value is None:
                at += 1
                continue
            yield at, end, value
            at = end


def cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether either edge of text[start:end] lies inside a Latin word or inside a number."""
    return _joined(text[start - 1 : start], text[start]) or _joined(text[end - 1], text[end : end + 1])


def _joined(left: str, right: str) -> bool:
    both = left.isascii() and right.isascii()
    return both and ((left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit()))
