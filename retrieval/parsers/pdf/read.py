"""PDF files: text with its boxes, ruled and unruled tables, headings, printed page numbers, bookmarks, and a warning per bad page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from data.errors import DocumentError
from retrieval.documents import Bookmark, Document, Page
from retrieval.parsers.archives import file_key
from retrieval.parsers.pdf.elements import page_elements
from retrieval.parsers.pdf.folio import running_keys
from retrieval.parsers.pdf.labels import Wording
from retrieval.parsers.pdf.pages import PageLayer, body_size, empty_page, read_page
from retrieval.parsers.pdf.quality import DAMAGED, summary
from retrieval.parsers.pdf.sections import Sections

Progress = Callable[[int, int], None]
_MAX_BOOKMARKS = 20_000


def read_pdf(path: Path, *, progress: Progress | None = None) -> Document:
    """The document in a PDF file. progress: called with the pages read so far and all pages.

    A damaged page is left empty with a warning.

    Raises:
        DocumentError: the file cannot be opened, is no PDF, is damaged, encrypted or without pages.
    """
    key = file_key(path)
    document = _open(path)
    try:
        total = len(document)
        if not total:
            raise DocumentError(f"“{path.name}”没有任何页面：请检查文件是否保存完整")
        layers = []
        for index in range(total):
            layers.append(_layer(document, index))
            if progress is not None:
                progress(index + 1, total)
        if all(DAMAGED in layer.warnings for layer in layers):
            raise DocumentError(_damaged(path))
        bookmarks = _bookmarks(document)
        title = _title(document, path)
    finally:
        document.close()
    return _assemble(key, path, title, layers, bookmarks)


def _open(path: Path) -> pdfium.PdfDocument:
    with path.open("rb") as file:
        if b"%PDF" not in file.read(1024):
            raise DocumentError(f"“{path.name}”不是 PDF 文件：请检查扩展名，或用原格式导入")
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "assword" in str(error):
            raise DocumentError(f"“{path.name}”有打开密码：请去掉密码后再导入") from error
        raise DocumentError(_damaged(path)) from error


def _damaged(path: Path) -> str:
    return f"“{path.name}”已损坏，无法读取：请重新下载，或打开后另存一份再导入"


def _layer(document: pdfium.PdfDocument, index: int) -> PageLayer:
    """One page; a damaged one is kept, empty and with a warning."""
    try:
        page = document[index]
        try:
            return read_page(page, index + 1)
        finally:
            page.close()
    except pdfium.PdfiumError:
        return empty_page(index + 1, DAMAGED)


def _bookmarks(document: pdfium.PdfDocument) -> tuple[Bookmark, ...]:
    found = []
    for mark in document.get_toc():
        target = mark.get_dest()
        index = target.get_index() if target is not None else None
        if index is not None and (title := " ".join(mark.get_title().split())):
            found.append(Bookmark(title, index + 1, mark.level + 1))
        if len(found) >= _MAX_BOOKMARKS:
            break
    return tuple(found)


def _title(document: pdfium.PdfDocument, path: Path) -> str:
    """The title that the file gives itself where it reads like one, else the file's name."""
    given = " ".join(document.get_metadata_value("Title").split())
    words = sum(1 for char in given if char > "\u2e80")
    return given if words >= 4 and "." not in given[-5:] else path.stem


def _assemble(key: str, path: Path, title: str, layers: list[PageLayer], bookmarks: tuple[Bookmark, ...]) -> Document:
    keys = running_keys([(layer.rows, layer.height) for layer in layers])
    sections = Sections(bookmarks, body_size([row.line for layer in layers for row in layer.rows]))
    wording = Wording(row.text for layer in layers for row in layer.rows)
    pages = []
    for layer in layers:
        found = page_elements(layer, keys, wording)
        sections.add_page(layer.number, found.elements)
        pages.append(Page(layer.number, layer.text, found.printed, round(layer.width, 1), round(layer.height, 1), layer.warnings))
    blocks, tables = sections.finish()
    warnings = summary([page.warnings for page in pages])
    return Document(key, path.name, title, "pdf", tuple(pages), blocks, tables, bookmarks, warnings)
