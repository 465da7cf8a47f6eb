"""The text of one Word paragraph: runs, breaks and note marks in order; deleted, hidden and alternative text left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}delText", f"{_W}rPr", f"{_W}pPr", f"{_MC}Fallback", f"{_W}txbxContent"})
_PARTS = {f"{_W}tab": "\t", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_ON = frozenset({None, "1", "true", "on"})


def tag(name: str) -> str:
    """The name of an element of the main namespace, as lxml writes it."""
    return f"{_W}{name}"


@dataclass(slots=True)
class ParagraphText:
    """text: what is read. notes: ids of the footnotes and endnotes marked in it, as (part, id).

    breaks: page breaks in it: ("saved" | "hard", whether text stood before it).
    """

    text: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    breaks: list[tuple[str, bool]] = field(default_factory=list)


def paragraph_text(paragraph: Any) -> ParagraphText:
    """What a w:p element says."""
    found = ParagraphText()
    _walk(paragraph, found)
    return found


def _walk(node: Any, found: ParagraphText) -> None:
    for child in node:
        name = child.tag
        if name in _SKIPPED or (name == tag("r") and _hidden(child)):
            continue
        if name == tag("t"):
            found.text += child.text or ""
        elif name == tag("br"):
            _break(child, found)
        elif name == tag("lastRenderedPageBreak"):
            found.breaks.append(("saved", bool(found.text.strip())))
        elif name in (tag("footnoteReference"), tag("endnoteReference")):
            found.notes.append((name.removeprefix(_W).removesuffix("Reference"), child.get(tag("id"), "")))
        elif name in _PARTS:
            found.text += _PARTS[name]
        elif name == tag("sym"):
            continue
        elif isinstance(name, str):
            _walk(child, found)


def _break(node: Any, found: ParagraphText) -> None:
    if node.get(tag("type")) == "page":
        found.breaks.append(("hard", bool(found.text.strip())))
    else:
        found.text += "\n"


def _hidden(run: Any) -> bool:
    mark = run.find(f"{tag('rPr')}/{tag('vanish')}")
    return mark is not None and mark.get(tag("val")) in _ON


def switched_on(properties: Any, name: str) -> bool:
    """Whether an on/off property (w:pageBreakBefore, w:b) is set in a w:pPr or w:rPr."""
    mark = properties.find(tag(name)) if properties is not None else None
    return mark is not None and mark.get(tag("val")) in _ON
