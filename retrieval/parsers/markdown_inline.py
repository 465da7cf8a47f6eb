"""What a line of Markdown says without its marks."""

from __future__ import annotations

import html
import re

_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]^][^\]]*)\]\((?:[^()]|\([^)]*\))*\)")
_NOTE_MARK = re.compile(r"\[\^[^\]]+\]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:sup|sub|b|i|em|strong|span|u|font|p|div|a|code|small|center)(?:\s[^<>]*)?>", re.IGNORECASE)
_STRONG = re.compile(r"(\*\*\*|\*\*|___|__)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w*])")
_CODE = re.compile(r"`+([^`]+)`+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~$%])")


def inline(text: str) -> str:
    """The text of a line: links, images, emphasis, code marks, tags and escapes resolved; <br> becomes a line break."""
    text = _BREAK.sub("\n", text)
    for pattern in (_IMAGE, _LINK):
        text = pattern.sub(r"\1", text)
    text = _TAG.sub("", _NOTE_MARK.sub("", text))
    text = _CODE.sub(r"\1", _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", text)))
    return html.unescape(_ESCAPE.sub(r"\1", text)).strip()


def split_row(line: str) -> list[str]:
    """The cells of a pipe table's row, marks resolved; an escaped bar, or one in code, does not split."""
    cells, cell, code, index = [], "", False, 0
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    while index < len(line):
        char = line[index]
        if char == "\\" and index + 1 < len(line):
            cell += line[index : index + 2]
            index += 2
            continue
        code = not code if char == "`" else code
        if char == "|" and not (code and "`" in line[index:]):
            cells.append(cell)
            cell = ""
        else:
            cell += char
        index += 1
    if cell.strip() or not cells:
        cells.append(cell)
    return [inline(text) for text in cells]
