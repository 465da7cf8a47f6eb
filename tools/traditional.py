"""Traditional characters to simplified ones and wide forms to plain ones, one character for one, so that offsets survive."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from data.catalogue_files import FOLDER
from data.errors import CatalogueError
from data.text import normalise

FILE = "traditional.txt"


def read_pairs(path: Path) -> dict[str, str]:
    """The pairs of a table file: two characters a pair, separated by blanks; lines that begin with # are comments.

    Raises:
        CatalogueError: the file cannot be read, a pair is not two different characters, or a character is mapped twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"无法读取目录文件 {path.name}：{error}") from error
    pairs: dict[str, str] = {}
    for pair in (pair for line in lines if not line.startswith("#") for pair in line.split()):
        if len(pair) != 2 or pair[0] == pair[1] or pair[0] in pairs:
            raise CatalogueError(f"{path.name} 中的“{pair}”不是一对一的繁简字")
        pairs[pair[0]] = pair[1]
    return pairs


@lru_cache(maxsize=1)
def simplified_characters() -> dict[int, str]:
    """The packaged table, in the form that str.translate takes; read once."""
    return {ord(char): simple for char, simple in read_pairs(FOLDER / FILE).items()}


def simplify(text: str) -> str:
    """Text with every traditional character simplified; length and offsets are those of the input."""
    return text.translate(simplified_characters())


def fold(text: str) -> str:
    """Text in the form that names are matched in: compatible forms, then simplified; same length, case kept."""
    return simplify(normalise(text))


def lower(text: str) -> str:
    """Text in lower case, one character for one: a character whose small form is longer stays as it is."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(low if len(low := char.lower()) == 1 else char for char in text)
