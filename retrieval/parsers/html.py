"""HTML: annual reports converted to it, and ordinary pages. Text and tables only; scripts, styles and markup stay behind."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import DocumentError
from retrieval.documents import Document, Page
from retrieval.parsers.assembly import Assembly, is_note, one_line
from retrieval.parsers.html_tables import cells_of, is_layout
from retrieval.parsers.numbering import LEADERS, chapter_level
from retrieval.tables.text import tidy

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_DROPPED = frozenset("script style noscript template head iframe object svg math form button select nav".split())
_BLOCKS = frozenset(
    "p div section article main header footer aside li ul ol dl dt dd blockquote pre address figure figcaption body html center br hr".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"h": 0, "title": 1}
_PAGE_MARK = re.compile(r"(?:pagebreak|page-break|page_break|pf\b|^page$|\bpage\b)", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"(?:page|pf|p|第)[-_ ]?(?P<n>\d{1,4})(?:页)?$", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*(?P<name>[A-Za-z0-9_\-]+)", re.IGNORECASE)
_MAX_HEADING = 80
# A browser stops nesting long before; a file that goes deeper wants to exhaust the stack.
_MAX_DEPTH = 400


def read_html(path: Path) -> Document:
    """An HTML file as a document: headings, paragraphs, footnotes and tables in reading order, with pages where they are marked.

    Raises:
        DocumentError: the file cannot be read, is empty, or holds no text.
    """
    from lxml import etree
    from lxml import html as markup

    assembly = Assembly(path, "html")
    text = decode_html(path.read_bytes())
    if not text.strip():
        raise DocumentError(f"“{path.name}”里没有文字：请检查是否保存完整")
    parser = markup.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    try:
        root = markup.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise DocumentError(f"“{path.name}”不能按 HTML 解析：请用浏览器打开后另存为网页再导入") from error
    walk = _Walk(assembly)
    title = root.find(".//head/title")
    walk.element(root, 0)
    walk.flush()
    assembly.title = one_line(title.text_content()) if title is not None else ""
    document = assembly.finish()
    if not any(page.text.strip() for page in document.pages):
        raise DocumentError(f"“{path.name}”里没有可读的文字：若正文是图片，请导入原始 PDF")
    return document


def decode_html(data: bytes) -> str:
    """Bytes as text: by byte order mark, by the declared charset (GB2312 read as GB18030), else UTF-8, else GB18030."""
    for mark, name in ((BOM_UTF8, "utf-8-sig"), (BOM_UTF16_LE, "utf-16"), (BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(name, "replace")
    declared = _CHARSET.search(data[:4096])
    names = [declared["name"].decode("ascii").lower()] if declared else []
    for name in [*names, "utf-8", "gb18030"]:
        try:
            return data.decode("gb18030" if name in ("gb2312", "gbk", "x-gbk") else name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8", "replace")


@dataclass(slots=True)
class _Walk:
    """A walk over the tree that hands paragraphs, headings and tables to the assembly."""

    assembly: Assembly
    text: str = ""

    def element(self, node: HtmlElement, depth: int) -> None:
        """A node with all below it."""
        tag = node.tag.lower() if isinstance(node.tag, str) else ""
        if tag in _DROPPED or not tag or depth > _MAX_DEPTH or _is_hidden(node):
            return
        self.page_mark(node, tag)
        if tag in _HEADINGS:
            self.flush()
            self.heading(node.text_content(), _HEADINGS[tag])
        elif tag == "table" and not is_layout(node):
            self.flush()
            self.table(node)
        else:
            self.children(node, tag, depth)

    def children(self, node: HtmlElement, tag: str, depth: int) -> None:
        """The text and the children of a node; a block ends the paragraph before and its own."""
        if tag in _BLOCKS or tag in ("table", "tr", "td", "th"):
            self.flush()
        self.text += node.text or ""
        for child in node:
            self.element(child, depth + 1)
            self.text += child.tail or ""
        if tag in _BLOCKS or tag in ("table", "tr", "td", "th"):
            self.flush()

    def flush(self) -> None:
        """The paragraph collected so far."""
        text, self.text = self.text, ""
        for line in _paragraphs(text):
            self.assembly.paragraph(line)

    def heading(self, text: str, level: int) -> None:
        """A heading of a known level, or (level 0) of the level that its numbering tells; long text is a paragraph."""
        for line in _heading_lines(text):
            if len(line) > _MAX_HEADING or LEADERS.search(line) or is_note(line):
                self.assembly.paragraph(line)
            else:
                self.assembly.heading(line, level or chapter_level(line))

    def table(self, node: HtmlElement) -> None:
        """A table; what is no grid (one column) is text."""
        caption = node.find("caption")
        if caption is not None and one_line(caption.text_content()):
            self.assembly.paragraph(tidy(caption.text_content()))
        cells = cells_of(node, self.assembly.page)
        if len({cell.column for cell in cells if cell.text.strip()}) < 2:
            for cell in cells:
                for line in _paragraphs(cell.text):
                    self.assembly.paragraph(line)
        else:
            self.assembly.table(cells)

    def page_mark(self, node: HtmlElement, tag: str) -> None:
        """Turn the page where the markup says so: <div class="page" id="page12">, data-page-no, <a name="page12">, a page break."""
        number = node.get("data-page-number") or node.get("data-page-no") or node.get("data-page") or ""
        marks = [value for value in (node.get("id"), node.get("name") if tag == "a" else None, *(node.get("class") or "").split()) if value]
        found = next((match for value in marks if (match := _PAGE_NUMBER.fullmatch(value))), None)
        if not number.isdecimal() and found and (_PAGE_MARK.search(node.get("class") or "") or found.string.lower().startswith(("page", "pf", "第"))):
            number = found["n"] if tag in ("div", "section", "a", "span", "article") else ""
        broken = "page-break" in (node.get("style") or "") or any(_is_break(value) for value in marks)
        if number.isdecimal() and self.assembly.page < int(number) <= self.assembly.page + 2000:
            self.turn(int(number))
        elif broken and not number and tag in ("div", "p", "hr", "br", "span"):
            self.turn(self.assembly.page + 1)

    def turn(self, number: int) -> None:
        """Start a page."""
        self.flush()
        self.assembly.page = number
        self.assembly.describe(Page(number, ""))


def _is_break(value: str) -> bool:
    return value.lower() in ("pagebreak", "page-break", "page_break")


def _is_hidden(node: HtmlElement) -> bool:
    style = (node.get("style") or "").replace(" ", "").lower()
    return node.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a run of text: lines that a converter wrapped are one, footnotes start one each."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    joined: list[str] = []
    for line in lines:
        if joined and not is_note(line):
            joined[-1] += "\n" + line
        else:
            joined.append(line)
    return [tidy(line) for line in joined]


def _heading_lines(text: str) -> list[str]:
    """The lines of a heading element; a wrapped heading is one."""
    lines = [tidy(line) for line in text.splitlines() if line.strip()]
    return lines if any(LEADERS.search(line) for line in lines) else [tidy(" ".join(lines))] if lines else []
