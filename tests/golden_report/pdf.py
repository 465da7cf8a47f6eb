"""Draws laid-out pages into a PDF file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.golden_report.fonts import collection_number, font_file, subset
from tests.golden_report.marks import Outline, Sheet

TITLE = "云岭银行股份有限公司2023年年度报告"


def write_pdf(sheets: Sequence[Sheet], outlines: Sequence[Outline], target: Path) -> None:
    """One PDF page per sheet, fonts embedded as subsets, dates fixed.

    Raises:
        FontMissing: Noto Sans CJK is not installed.
    """
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(595.0, 842.0))
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(datetime(2024, 3, 28, tzinfo=UTC))
    pdf.set_title(TITLE)
    pdf.set_compression(True)
    with tempfile.TemporaryDirectory() as folder:
        _fonts(pdf, sheets, Path(folder))
        pending = list(outlines)
        for sheet in sheets:
            pdf.add_page(format=(min(sheet.width, sheet.height), max(sheet.width, sheet.height)), orientation="L" if sheet.width > sheet.height else "P")
            for outline in [entry for entry in pending if entry.page == sheet.number]:
                pdf.set_y(max(0.0, outline.y - 10))
                pdf.start_section(outline.title, level=outline.level - 1, strict=False)
                pending.remove(outline)
            _draw(pdf, sheet)
        pdf.output(str(target))


def _fonts(pdf: Any, sheets: Sequence[Sheet], folder: Path) -> None:
    for bold in (False, True):
        path = font_file(bold)
        number = collection_number(path)
        for kind in ("truetype", "postscript"):
            texts = {c for s in sheets if s.postscript == (kind == "postscript") for t in s.texts if t.bold == bold for c in t.text}
            if texts:
                target = folder / f"{kind}-{bold}.{'ttf' if kind == 'truetype' else 'otf'}"
                subset(path, number, "".join(sorted(texts | {" "})), target, outlines=kind)
                pdf.add_font(kind, "B" if bold else "", str(target))


def _draw(pdf: Any, sheet: Sheet) -> None:
    pdf.set_fill_color(232, 236, 241)
    for shade in sheet.shades:
        pdf.rect(shade.x, shade.y, shade.width, shade.height, style="F")
    for line in sheet.lines:
        pdf.set_line_width(line.width)
        pdf.line(line.x0, line.y0, line.x1, line.y1)
    family = "postscript" if sheet.postscript else "truetype"
    for text in sheet.texts:
        pdf.set_font(family, "B" if text.bold else "", text.size)
        pdf.text(text.x, text.y, text.text)
