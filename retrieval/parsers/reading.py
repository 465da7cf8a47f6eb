"""One door for all files: the reader is chosen by what a file is, not by what its name says."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from data.errors import DocumentError
from retrieval.documents import Document
from retrieval.parsers.archives import check_archive
from retrieval.parsers.text_files import decode
from retrieval.parsers.titles import document_title, first_text, sheet_title

__all__ = ["FORMATS", "document_title", "format_of", "read_document"]

Progress = Callable[[int, int], None]
FORMATS = "PDF、HTML、DOCX、XLSX、CSV/TSV、Markdown、纯文本、JSON Lines"
_SNIFFED = 65536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"GIF8", b"BM", b"RIFF")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|table|div|h[1-6]?|p|meta|title)[\s>]", re.IGNORECASE)
_SHEETS = ("xlsx", "csv")
_SHEET_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".et")


def read_document(path: Path, *, loader: str = "", ocr: bool = False, workers: int = 1, progress: Progress | None = None) -> Document:
    """Any supported file as a document, under a title that a reader would cite.

    loader: the name of a langchain-community loader to use instead of the own readers. ocr: read pages without text, and images,
    by character recognition. workers: processes that a reader may use; the present ones need only one. progress: called with pages done
    and pages in all.

    Raises:
        DocumentError: the file cannot be opened, is of no supported format, or is damaged; the message says what to do.
    """
    document = _read(path, loader, ocr, progress)
    if document.format in _SHEETS:
        return document.titled(sheet_title(document))
    title = document_title(path, first_text([page.text for page in document.pages[:4]]))
    own = document.title.strip()
    return document.titled(own if own and own != path.stem and _names_nothing(title, path) else title)


def format_of(path: Path) -> str:
    """pdf, html, docx, xlsx, csv, jsonl, markdown (also plain text) or image, by content.

    Raises:
        DocumentError: none of them, or the file cannot be opened.
    """
    head = _head(path)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_OLE):
        check_archive(path, "xlsx" if path.suffix.lower() in _SHEET_SUFFIXES else "docx")
    if head.startswith(b"PK\x03\x04"):
        return _office_format(path)
    if head.startswith(_IMAGES):
        return "image"
    return _text_format(path, head)


def _read(path: Path, loader: str, ocr: bool, progress: Progress | None) -> Document:
    if loader:
        from retrieval.parsers.loaders import load_with

        return load_with(loader, path)
    kind = format_of(path)
    if kind == "pdf":
        return _read_pdf(path, ocr, progress)
    if kind == "image":
        return _read_image(path, ocr)
    document = _READERS[kind](path)
    if progress is not None:
        progress(len(document.pages), len(document.pages))
    return document


def _read_pdf(path: Path, ocr: bool, progress: Progress | None) -> Document:
    from retrieval.parsers.pdf.read import read_pdf

    document = read_pdf(path, progress=progress)
    if not ocr:
        return document
    from retrieval.parsers.scanned_pages import with_scanned_pages

    return with_scanned_pages(path, document)


def _read_image(path: Path, ocr: bool) -> Document:
    if not ocr:
        raise DocumentError(f"“{path.name}”是图片：请打开文字识别（--ocr）后再导入")
    from retrieval.parsers.ocr import read_scan

    return read_scan(path)


def _html(path: Path) -> Document:
    from retrieval.parsers.html import read_html

    return read_html(path)


def _docx(path: Path) -> Document:
    from retrieval.parsers.docx.read import read_docx

    return read_docx(path)


def _xlsx(path: Path) -> Document:
    from retrieval.parsers.spreadsheet import read_xlsx

    return read_xlsx(path)


def _csv(path: Path) -> Document:
    from retrieval.parsers.csv_file import read_csv

    return read_csv(path)


def _json_lines(path: Path) -> Document:
    from retrieval.parsers.json_lines import read_json_lines

    return read_json_lines(path)


def _markdown(path: Path) -> Document:
    from retrieval.parsers.markdown import read_markdown

    return read_markdown(path)


_READERS: dict[str, Callable[[Path], Document]] = {
    "html": _html,
    "docx": _docx,
    "xlsx": _xlsx,
    "csv": _csv,
    "jsonl": _json_lines,
    "markdown": _markdown,
}


def _head(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError(f"“{path.name}”是文件夹：请给出其中的文件")
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except OSError as error:
        raise DocumentError(f"“{path.name}”打不开（{error.strerror or error}）：请检查路径与权限") from error
    if not head:
        raise DocumentError(f"“{path.name}”是空文件：请检查是否保存完整")
    return head


def _office_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise DocumentError(f"“{path.name}”已损坏：请重新下载，或打开后另存一份再导入") from error
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise _unknown(path, "压缩包")


def _text_format(path: Path, head: bytes) -> str:
    # The cut may fall inside a character.
    cut = head if len(head) < _SNIFFED else head[: head.rfind(b"\n") + 1 or len(head)]
    try:
        text = decode(cut, path.name)
    except DocumentError as error:
        if _HTML.search(head[:4096].decode("latin-1")):
            return "html"
        raise _unknown(path, "二进制文件") from error
    opening = text.lstrip("\ufeff \t\r\n")
    if opening.startswith("{\\rtf"):
        raise _unknown(path, "RTF 文件")
    if opening.startswith("<") and _HTML.search(opening[:4096]):
        return "html"
    if opening.startswith("{") and _is_json_line(opening.splitlines()[0], path):
        return "jsonl"
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    if suffix in (".html", ".htm", ".xhtml") and _HTML.search(opening):
        return "html"
    return "csv" if suffix in (".csv", ".tsv", ".tab") else "markdown"


def _is_json_line(line: str, path: Path) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return path.suffix.lower() in (".jsonl", ".ndjson", ".json")


def _unknown(path: Path, what: str) -> DocumentError:
    return DocumentError(f"“{path.name}”是不支持的格式（{what}）：可导入 {FORMATS}；其他格式请用 --loader 指明读取器")


def _names_nothing(title: str, path: Path) -> bool:
    """Whether the heuristics found no more than the file name."""
    return not re.search(r"\d{4}年", title) or title == path.stem
