"""Scans: lines and tables from recognised boxes, drawing of PDF and pictures, the recogniser that is not installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import fpdf
import pytest
from PIL import Image

from data.errors import DocumentError
from retrieval.documents import BlockKind, Table
from retrieval.parsers.ocr import DPI, Reading, lines_of, page_images, rapidocr_recogniser, read_scan

SCALE = 72 / DPI


class ScriptedRecogniser:
    """Says what it was told for each page in turn, and keeps the sizes of the images that it saw."""

    def __init__(self, *pages: Sequence[Reading]) -> None:
        self.pages, self.sizes = list(pages), [(0, 0)][:0]

    def __call__(self, image: Image.Image) -> Sequence[Reading]:
        self.sizes.append(image.size)
        return self.pages[len(self.sizes) - 1]


def line(top: float, *texts: tuple[float, str], score: float = 0.99, height: float = 30) -> list[Reading]:
    """Texts of one line at their left edges, each character 15 pixels wide (30 for Chinese), a little uneven as boxes are."""
    found = []
    for index, (left, text) in enumerate(texts):
        width = sum(30 if ord(char) > 0x2E80 else 15 for char in text)
        found.append(Reading(text, (left, top + index % 2 * 3, left + width, top + height + index % 3), score))
    return found


PAGE = [
    *line(100, (150, "第三节 贷款质量")),
    *line(160, (150, "报告期末，本行不良贷款率为1.12%，较上年末下降0.03个百分点，资产质量保持")),
    *line(205, (150, "稳定。")),
    *line(270, (150, "贷款五级分类")),
    *line(270, (1020, "单位：百万元")),
    *line(330, (150, "项目"), (700, "2023年末"), (1000, "2022年末")),
    *line(380, (150, "正常"), (745, "1,000"), (1075, "900"), score=0.7),
    *line(430, (150, "不良"), (775, "(12)"), (1090, "11")),
    *line(480, (150, "注：括号内为负数。")),
    *line(2250, (800, "- 17 -")),
]


def texts(table: Table) -> list[list[str]]:
    return [[row.label, *(cell.text if cell else "" for cell in row.cells)] for row in table.rows]


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    pdf = fpdf.FPDF(format="A4")
    pdf.add_page()
    pdf.add_page()
    pdf.output(str(tmp_path / "scan.pdf"))
    return tmp_path / "scan.pdf"


def test_a_scanned_page_becomes_headings_paragraphs_and_a_table(scan: Path) -> None:
    recogniser = ScriptedRecogniser(list(reversed(PAGE)), [])
    document = read_scan(scan, recogniser)
    assert recogniser.sizes == [(1654, 2339), (1654, 2339)]
    page, empty = document.pages
    assert (page.printed, round(page.width), round(page.height)) == ("17", 595, 842)
    assert page.warnings == ("由扫描图像识别，请以原件为准", "3 处文字识别把握不足")
    assert empty.warnings == ("没有识别出文字",)
    assert [(block.kind, block.text) for block in document.blocks if block.kind is not BlockKind.TABLE] == [
        (BlockKind.HEADING, "第三节 贷款质量"),
        (BlockKind.PARAGRAPH, "报告期末，本行不良贷款率为1.12%，较上年末下降0.03个百分点，资产质量保持稳定。"),
        (BlockKind.PARAGRAPH, "贷款五级分类"),
        (BlockKind.PARAGRAPH, "单位：百万元"),
        (BlockKind.NOTE, "注：括号内为负数。"),
    ]
    (table,) = document.tables
    assert (table.title, table.unit, table.ruled, table.notes) == ("贷款五级分类", "百万元", False, ("注：括号内为负数。",))
    assert [column.headers for column in table.columns] == [("2023年末",), ("2022年末",)]
    assert texts(table) == [["正常", "1,000", "900"], ["不良", "(12)", "11"]]
    cell = table.rows[0].cells[0]
    assert cell is not None and cell.box is not None
    assert cell.box == pytest.approx((745 * SCALE, 383 * SCALE, 820 * SCALE, 411 * SCALE))


def test_only_the_pages_asked_for(scan: Path) -> None:
    recogniser = ScriptedRecogniser(line(100, (100, "第二页")))
    document = read_scan(scan, recogniser, pages={2})
    assert len(recogniser.sizes) == 1 and [page.text for page in document.pages] == ["", "第二页"]


def test_boxes_of_one_height_make_a_line() -> None:
    readings = [Reading("右", (300, 103, 330, 133), 1), Reading("左", (100, 100, 130, 130), 1), Reading("下", (100, 140, 130, 170), 1), Reading(" ", (1, 1, 2, 2), 1)]
    assert [[token.text for token in found] for found in lines_of(readings)] == [["左", "右"], ["下"]]


def test_pictures_and_pictures_of_several_pages(tmp_path: Path) -> None:
    pages = [Image.new("L", (400, 300), 255) for _ in range(2)]
    pages[0].save(tmp_path / "a.png", dpi=(100, 100))
    pages[0].save(tmp_path / "b.tiff", save_all=True, append_images=pages[1:])
    assert [(number, image.mode, round(scale, 2)) for number, image, scale in page_images(tmp_path / "a.png")] == [(1, "RGB", 0.72)]
    assert [number for number, _, _ in page_images(tmp_path / "b.tiff")] == [1, 2]
    assert [number for number, _, _ in page_images(tmp_path / "b.tiff", {2})] == [2]


def test_files_that_cannot_be_drawn(tmp_path: Path) -> None:
    for name, data in (("a.pdf", b"%PDF-1.7 nothing"), ("b.png", b"\x89PNG\r\n\x1a\nbroken"), ("c.jpg", b"text")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DocumentError, match=r"请用阅读器另存|请转成"):
            read_scan(tmp_path / name, ScriptedRecogniser())


def test_without_the_extra_the_error_says_how_to_install_it(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(DocumentError, match=r"caizhi\[ocr\]"):
        read_scan(scan)


def test_the_answer_of_rapidocr_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    corners = [[[6.0, 2.0], [322.0, 9.0], [320.0, 104.0], [4.0, 97.0]]]
    answers: list[Any] = [SimpleNamespace(boxes=corners, txts=("净利润",), scores=(0.97,)), SimpleNamespace(boxes=None, txts=None, scores=None)]
    module = ModuleType("rapidocr")
    module.__dict__["RapidOCR"] = lambda: lambda image: answers.pop(0)
    monkeypatch.setitem(sys.modules, "rapidocr", module)
    recognise = rapidocr_recogniser()
    image = Image.new("RGB", (10, 10))
    assert list(recognise(image)) == [Reading("净利润", (4.0, 2.0, 322.0, 104.0), 0.97)]
    assert list(recognise(image)) == []
