"""Heading levels of Word paragraphs: by style name, the style it is based on, or an outline level."""

from __future__ import annotations

import re
from typing import Any

from retrieval.parsers.docx.text import tag

_HEADING = re.compile(r"(?:heading|标题|題|题)\s*([1-9])$", re.IGNORECASE)
_TITLE = frozenset({"title", "标题", "书名"})
_MAX_DEPTH = 12


class Styles:
    """The paragraph styles of one document."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, int] = {}
        self._titles: set[str] = set()
        styles = {style.get(tag("styleId")): style for style in document.styles.element.iter(tag("style"))}
        for key, style in styles.items():
            if key:
                self._levels[key] = _level(style, styles, 0)
                if _name(style).lower() in _TITLE:
                    self._titles.add(key)

    def level(self, paragraph: Any) -> int:
        """1 to 9 for a heading, the outermost 1; 0 for other text."""
        properties = paragraph.find(tag("pPr"))
        if properties is None:
            return 0
        own = _outline(properties)
        return own if own is not None else self._levels.get(_style_of(properties), 0)

    def is_title(self, paragraph: Any) -> bool:
        """Whether it is set in the Title style."""
        properties = paragraph.find(tag("pPr"))
        return properties is not None and _style_of(properties) in self._titles

    def has_headings(self, body: Any) -> bool:
        """Whether any paragraph of the body is a heading by style or outline level."""
        return any(self.level(paragraph) for paragraph in body.iter(tag("p")))


def _level(style: Any, styles: dict[str, Any], depth: int) -> int:
    properties = style.find(tag("pPr"))
    own = _outline(properties) if properties is not None else None
    if own is not None:
        return own
    if match := _HEADING.search(_name(style)):
        return int(match[1])
    base = style.find(tag("basedOn"))
    parent = styles.get(base.get(tag("val"))) if base is not None else None
    return _level(parent, styles, depth + 1) if parent is not None and depth < _MAX_DEPTH else 0


def _outline(properties: Any) -> int | None:
    """w:outlineLvl counts from 0; 9 is body text."""
    mark = properties.find(tag("outlineLvl"))
    value = mark.get(tag("val"), "") if mark is not None else ""
    if not value.isdigit():
        return None
    return int(value) + 1 if int(value) < 9 else 0


def _name(style: Any) -> str:
    name = style.find(tag("name"))
    return str(name.get(tag("val"), "")) if name is not None else ""


def _style_of(properties: Any) -> str:
    style = properties.find(tag("pStyle"))
    return str(style.get(tag("val"), "")) if style is not None else ""
