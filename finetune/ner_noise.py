"""What happens to text on its way: optical recognition, traditional characters, full-width forms, other punctuation, lost characters.

A sentence is perturbed character by character, each keeping its tag, so that spans stay exact through every change.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

from finetune.ner_data import Sentence
from tools.entities.misreadings import LOOKALIKES
from tools.entities.spans import EntityType
from tools.traditional import simplified_characters

Tag = tuple[str, EntityType] | None
Char = tuple[str, Tag]

_DIGITS = {"0": "OoО", "1": "lI|", "5": "S", "8": "B", "6": "b", "2": "Z"}
_POINTS = "．、﹒·。:, "
_PUNCTUATION = {"，": ",", "。": ".．", "；": ";", "：": ":", "（": "(〈", "）": ")〉", "%": "％", "、": ",．"}


def perturbed(sentence: Sentence, chance: random.Random) -> Sentence:
    """The sentence as it might reach a reader: as it is (about half of them), or through one or two of the perturbations."""
    chars: list[Char] = list(zip(sentence.text, sentence.tags, strict=True))
    draw = chance.random()
    if draw < 0.18:
        chars = list(_misread(chars, chance))
    elif draw < 0.32:
        chars = _traditional(chars, chance)
    if chance.random() < 0.18:
        chars = _wide(chars, chance)
    if chance.random() < 0.22:
        chars = [(chance.choice(_PUNCTUATION[char]), tag) if char in _PUNCTUATION else (char, tag) for char, tag in chars]
    if chance.random() < 0.06:
        chars = list(_spaced(chars, chance))
    made = Sentence()
    for char, tag in _repaired(chars):
        made.text += char
        made.tags.append(tag)
    return made


def _misread(chars: list[Char], chance: random.Random) -> Iterator[Char]:
    """One character in twelve of a number and one in thirty of the rest misread, a few lost or broken by a blank."""
    for at, (char, tag) in enumerate(chars):
        draw = chance.random()
        if draw < 0.004:
            continue
        digit_before = at > 0 and chars[at - 1][0].isdigit()
        if char == "." and digit_before and draw < 0.6:
            if draw < 0.52:
                yield (chance.choice(_POINTS[:3]) if draw < 0.5 else chance.choice(_POINTS[3:-1])), tag
            continue  # A lost point: 14.31% → 1431%.
        if char in _DIGITS and draw < 0.05 and (digit_before or (at + 1 < len(chars) and chars[at + 1][0] in ".0123456789")):
            yield chance.choice(_DIGITS[char]), tag
        elif char in LOOKALIKES and draw < 0.07:
            yield chance.choice(LOOKALIKES[char]), tag
        elif "一" <= char <= "鿿" and draw < 0.01:
            yield chance.choice("囗匚丿亻冂卜氵禾刂讠犭忄纟"), tag
        else:
            yield char, tag
        if draw > 0.994:
            yield " ", ("I", tag[1]) if tag else None


@lru_cache(maxsize=1)
def _traditional_forms() -> dict[str, str]:
    """Simplified character → its traditional forms."""
    forms: dict[str, str] = {}
    for code, simple in simplified_characters().items():
        forms[simple] = forms.get(simple, "") + chr(code)
    return forms


def _traditional(chars: list[Char], chance: random.Random) -> list[Char]:
    """The usual form of each character, the table's first, now and then a variant."""
    forms = _traditional_forms()
    return [(chance.choice(forms[char][: 1 + (chance.random() > 0.95)]), tag) if char in forms else (char, tag) for char, tag in chars]


def _wide(chars: list[Char], chance: random.Random) -> list[Char]:
    """Full-width digits, or only the full-width point that recognition prints."""
    everything = chance.random() < 0.5
    wide = {char: chr(ord(char) + 0xFEE0) for char in ("0123456789.%,+-()" if everything else ".%")}
    return [(wide.get(char, char), tag) for char, tag in chars]


def _spaced(chars: list[Char], chance: random.Random) -> Iterator[Char]:
    """Blanks around numbers and units, as typesetting leaves them."""
    for at, (char, tag) in enumerate(chars):
        turn = at > 0 and char.isdigit() != chars[at - 1][0].isdigit() and char not in ".,%" and chars[at - 1][0] not in ".,-+("
        if turn and chance.random() < 0.5:
            inside = tag is not None and tag[0] == "I"
            yield " ", tag if inside else None
        yield char, tag


def _repaired(chars: list[Char]) -> Iterator[Char]:
    """Spans that lost their first character begin at the next; none begins or ends with a blank."""
    last: Tag = None
    for at, (char, tag) in enumerate(chars):
        if tag is not None and char == " " and (at + 1 == len(chars) or chars[at + 1][1] is None or chars[at + 1][1] != ("I", tag[1])):
            tag = None
        if tag is not None and tag[0] == "I" and (last is None or last[1] is not tag[1]):
            tag = ("B", tag[1]) if char != " " else None
        yield char, tag
        last = tag
