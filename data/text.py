"""Normalising text for matching, character by character, so that offsets survive."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=8192)
def _normalise_char(char: str) -> str:
    """One character in its compatible form (full width → half width), kept as is when that form is longer."""
    compatible = unicodedata.normalize("NFKC", char)
    return compatible if len(compatible) == 1 else char


def normalise(text: str) -> str:
    """Text with each character in its compatible form; length and offsets are those of the input."""
    return "".join(_normalise_char(char) for char in text)


def normalise_name(name: str) -> str:
    """A name as a lookup key: compatible forms, lower case, no spaces."""
    return "".join(normalise(name).lower().split())
