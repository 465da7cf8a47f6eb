"""Word documents (.docx): headings by style or outline level, paragraphs, footnotes, tables with merged and nested cells.

A .docx has no pages of its own. Page numbers follow the breaks that Word saved when it last laid the file out, and hard
breaks; a file without either is one page, and says so in its warnings.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.errors import DocumentError
from retrieval.documents import BlockKind, Document
from retrieval.parsers.archives import check_archive
from retrieval.parsers.assembly import Assembly, one_line
from retrieval.parsers.docx.pages import PageCounter
from retrieval.parsers.docx.styles import Styles
from retrieval.parsers.docx.tables import read_grid
from retrieval.parsers.docx.text import paragraph_text, switched_on, tag
from retrieval.parsers.headings import numbered_level

_BREAKING_SECTIONS = (None, "nextPage", "oddPage", "evenPage")


def read_docx(path: Path) -> Document:
    """A Word document as pages, blocks and tables.

    Raises:
        DocumentError: an old .doc, a password, a damaged file or a zip bomb.
    """
    assembly = Assembly(path, "docx")
    check_archive(path, "docx")
    reader = _Reader(assembly, _open(path))
    reader.read()
    return assembly.finish()


def _open(path: Path) -> Any:
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import XMLSyntaxError

    try:
        return docx.Document(str(path))
    except (PackageNotFoundError, XMLSyntaxError, zipfile.BadZipFile, KeyError, ValueError, AttributeError, OSError) as error:
        raise DocumentError(f"“{path.name}”不是完好的 Word 文档：请用 Word 或 WPS 打开，另存为 .docx 后再导入") from error


class _Reader:
    """Walks the body once, in order."""

    def __init__(self, assembly: Assembly, document: Any) -> None:
        self._assembly = assembly
        self._body = document.element.body
        self._styles = Styles(document)
        self._notes = _note_texts(document)
        self._pages = PageCounter(saved=next(self._body.iter(tag("lastRenderedPageBreak")), None) is not None)
        self._numbered = not self._styles.has_headings(self._body)

    def read(self) -> None:
        for node in _children(self._body):
            if node.tag == tag("p"):
                self._paragraph(node)
            elif node.tag == tag("tbl"):
                self._table(node)
        self._assembly.page = self._pages.page
        if self._pages.page == 1 and len(list(self._body.iter(tag("t")))) > 400:
            self._assembly.warn("文件里没有保存分页信息，全文按一页引用：用 Word 打开并保存一次可带上页码")

    def _paragraph(self, node: Any) -> None:
        properties = node.find(tag("pPr"))
        if switched_on(properties, "pageBreakBefore"):
            self._pages.turn("hard")
        found = paragraph_text(node)
        leading = [kind for kind, after_text in found.breaks if not after_text]
        for kind in leading:
            self._pages.turn(kind)
        self._assembly.page = self._pages.page
        text = one_line(found.text)
        if text:
            self._pages.wrote()
            self._add(node, text)
        for kind, after_text in found.breaks:
            if after_text:
                self._pages.turn(kind)
        for part, number in found.notes:
            if note := self._notes.get((part, number)):
                self._assembly.paragraph(note, BlockKind.NOTE)
        for box in node.iter(tag("txbxContent")):
            if not any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
                for inner in box.iter(tag("p")):
                    if line := one_line(paragraph_text(inner).text):
                        self._assembly.paragraph(line)
        section = properties.find(tag("sectPr")) if properties is not None else None
        if section is not None and _section_type(section) in _BREAKING_SECTIONS:
            self._pages.turn("hard")

    def _add(self, node: Any, text: str) -> None:
        if self._styles.is_title(node):
            self._assembly.title = self._assembly.title or text
        level = self._styles.level(node) or (numbered_level(text) if self._numbered else 0)
        if level and len(text) <= 120:
            self._assembly.heading(text, level)
        else:
            self._assembly.paragraph(text)

    def _table(self, node: Any) -> None:
        grid = read_grid(node, self._pages)
        self._assembly.page = min((cell.page for cell in grid.cells), default=self._pages.page)
        if grid.is_frame:
            for line in grid.lines():
                self._assembly.paragraph(line)
        else:
            self._assembly.table(grid.cells)
        for inner in grid.nested:
            self._table(inner)
        self._assembly.page = self._pages.page
        for part, number in grid.notes:
            if note := self._notes.get((part, number)):
                self._assembly.paragraph(note, BlockKind.NOTE)


def _children(body: Any) -> Iterator[Any]:
    """Paragraphs and tables of a body, those inside content controls and tracked insertions included."""
    for node in body:
        if node.tag in (tag("p"), tag("tbl")):
            yield node
        elif node.tag == tag("sdt"):
            content = node.find(tag("sdtContent"))
            yield from _children(content) if content is not None else ()
        elif node.tag in (tag("ins"), tag("moveTo"), tag("customXml"), tag("smartTag")):
            yield from _children(node)


def _section_type(section: Any) -> str | None:
    kind = section.find(tag("type"))
    value = kind.get(tag("val")) if kind is not None else None
    return str(value) if value is not None else None


def _note_texts(document: Any) -> dict[tuple[str, str], str]:
    """The footnotes and endnotes by part and id."""
    from lxml import etree

    texts: dict[tuple[str, str], str] = {}
    for relation in document.part.rels.values():
        part = re.search(r"/(footnote|endnote)s$", relation.reltype)
        if part is None or relation.is_external:
            continue
        root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
        for note in root.iter(tag(part[1])):
            text = one_line(" ".join(paragraph_text(paragraph).text for paragraph in note.iter(tag("p"))))
            if text and note.get(tag("type")) in (None, "normal"):
                texts[part[1], note.get(tag("id"), "")] = text
    return texts
