"""The cells of an HTML table: spans resolved, nested tables taken in as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrieval.documents import RawCell

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# A span past this comes from a broken or hostile file.
_MAX_SPAN = 200
_MAX_CELLS = 200_000
_POINTS_PER_PIXEL = 0.75
_BREAKS = frozenset({"br", "p", "div", "li", "tr"})


def is_layout(table: HtmlElement) -> bool:
    """A table that only arranges the page: it holds other tables and has no grid of its own."""
    inner = list(table.iterdescendants("table"))
    if not inner:
        return False
    own = sum(len(_text(cell, skip_tables=True)) for row in rows_of(table) for cell in _cells(row))
    return own < sum(len(node.text_content().strip()) for node in inner)


def rows_of(table: HtmlElement) -> list[HtmlElement]:
    """The rows of a table itself, not those of a table inside."""
    rows: list[HtmlElement] = []
    for child in table:
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in ("thead", "tbody", "tfoot"):
            rows.extend(row for row in child if row.tag == "tr")
    return rows


def cells_of(table: HtmlElement, page: int) -> list[RawCell]:
    """The cells with the grid place that their spans give them."""
    taken: set[tuple[int, int]] = set()
    cells: list[RawCell] = []
    rows = rows_of(table)
    for number, row in enumerate(rows):
        column = 0
        for node in _cells(row):
            while (number, column) in taken:
                column += 1
            width, height = _span(node, "colspan"), min(_span(node, "rowspan"), len(rows) - number)
            taken.update((number + down, column + right) for down in range(height) for right in range(width))
            cells.append(RawCell(_text(node), number, column, height, width, page, None, _indent(node)))
            column += width
        if len(taken) > _MAX_CELLS:
            break
    return cells


def _cells(row: HtmlElement) -> list[HtmlElement]:
    return [node for node in row if node.tag in ("td", "th")]


def _span(node: HtmlElement, name: str) -> int:
    value = (node.get(name) or "1").strip()
    return min(max(1, int(value)), _MAX_SPAN) if value.isdecimal() and len(value) < 6 else 1


def _indent(node: HtmlElement) -> float:
    """The left padding of a cell in points, as the styles of the cell and its first child give it."""
    for holder in [node, *list(node)[:1]]:
        for part in (holder.get("style") or "").lower().split(";"):
            name, _, value = part.partition(":")
            if name.strip() in ("padding-left", "text-indent", "margin-left"):
                return _points(value.strip())
    return 0.0


def _points(value: str) -> float:
    number = value.rstrip("abcdefghijklmnopqrstuvwxyz% ")
    try:
        size = float(number)
    except ValueError:
        return 0.0
    factor = {"px": _POINTS_PER_PIXEL, "em": 10.0, "rem": 10.0}.get(value[len(number) :].strip(), 1.0)
    return max(0.0, min(size * factor, 500.0))


def _text(node: HtmlElement, *, skip_tables: bool = False) -> str:
    """The text of a cell; line breaks stay, leading no-break blanks (an indent) stay too."""
    parts: list[str] = [node.text or ""]
    for child in node:
        if child.tag in ("script", "style") or not isinstance(child.tag, str) or (skip_tables and child.tag == "table"):
            parts.append(child.tail or "")
            continue
        parts.append("\n" if child.tag in _BREAKS else "")
        parts.append(_text(child, skip_tables=skip_tables))
        parts.append(" " if child.tag in ("td", "th") else "\n" if child.tag in ("p", "div", "li", "tr") else "")
        parts.append(child.tail or "")
    return "".join(parts).strip("\r\n\t ").rstrip()
