"""Pages of a PDF that hold no text layer, filled in by character recognition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from retrieval.documents import Document
from retrieval.parsers.ocr import Recogniser, read_scan

# A page with fewer characters is a picture with a page number.
MIN_CHARS = 20


def with_scanned_pages(path: Path, document: Document, recogniser: Recogniser | None = None) -> Document:
    """The document with the pages that have no text read by recognition; the same document where every page has text.

    Raises:
        DocumentError: pages without text exist and no recogniser is installed, or a page cannot be drawn.
    """
    empty = {page.number for page in document.pages if len("".join(page.text.split())) < MIN_CHARS}
    if not empty:
        return document
    scan = read_scan(path, recogniser, empty)
    texts = {page.number: page for page in scan.pages if page.number in empty and page.text.strip()}
    pages = tuple(
        replace(page, text=found.text, printed=page.printed or found.printed, warnings=found.warnings) if (found := texts.get(page.number)) else page
        for page in document.pages
    )
    first = len(document.tables)
    moved = [replace(block, table=None if block.table is None else block.table + first) for block in scan.blocks if block.page in texts]
    kept = [block for block in document.blocks if block.page not in texts]
    blocks = tuple(sorted([*kept, *moved], key=lambda block: block.page))
    return replace(document, pages=pages, blocks=blocks, tables=(*document.tables, *scan.tables))
