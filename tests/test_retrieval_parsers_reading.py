"""The reader is chosen by content; a file is called what a reader would call it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from data.errors import DocumentError
from retrieval.documents import Document, Page
from retrieval.parsers.ocr import Reading
from retrieval.parsers.reading import document_title, format_of, read_document
from retrieval.parsers.scanned_pages import with_scanned_pages


def write(tmp_path: Path, name: str, data: bytes | str) -> Path:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.dat", b"%PDF-1.7\n...", "pdf"),
        ("a.txt", b"\n%PDF-1.4", "pdf"),
        ("a.txt", "<!DOCTYPE html><html><p>甲</p></html>", "html"),
        ("a.txt", "<h>甲</h><p>乙</p>", "html"),
        ("a.txt", '{"page": 1, "text": "甲"}\n{"page": 2, "text": "乙"}', "jsonl"),
        ("a.csv", "项目,2023年\n资产,1", "csv"),
        ("a.tsv", "项目\t2023年\n资产\t1", "csv"),
        ("a.md", "# 标题\n\n正文", "markdown"),
        ("无后缀", "正文", "markdown"),
        ("a.html", "只有正文", "markdown"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "image"),
        ("gb.txt", "净利润增长，资产质量稳定。".encode("gb18030"), "markdown"),
    ],
)
def test_the_format_is_what_the_content_says(tmp_path: Path, name: str, data: bytes | str, kind: str) -> None:
    assert format_of(write(tmp_path, name, data)) == kind


@pytest.mark.parametrize(("member", "kind"), [("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx")])
def test_office_files_are_told_by_their_members(tmp_path: Path, member: str, kind: str) -> None:
    path = tmp_path / "改名.pdf"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "<x/>")
    assert format_of(path) == kind


def test_unknown_files_name_the_supported_formats(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "x")
    for bad in (path, write(tmp_path, "a.bin", bytes(range(256)) * 8), write(tmp_path, "a.rtf", "{\\rtf1 x}")):
        with pytest.raises(DocumentError, match="PDF、HTML、DOCX、XLSX"):
            format_of(bad)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="打不开"):
        read_document(tmp_path / "没有.pdf")
    with pytest.raises(DocumentError, match="文件夹"):
        read_document(tmp_path)
    with pytest.raises(DocumentError, match="空文件"):
        read_document(write(tmp_path, "空.txt", b""))
    with pytest.raises(DocumentError, match=r"docx"):
        read_document(write(tmp_path, "旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
    with pytest.raises(DocumentError, match="--ocr"):
        read_document(write(tmp_path, "扫描.png", b"\x89PNG\r\n\x1a\n"))
    with pytest.raises(DocumentError, match="损坏"):
        read_document(write(tmp_path, "坏.docx", b"PK\x03\x04" + bytes(50)))


def test_reading_through_the_door(tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    path = write(tmp_path, "2024-03-29__邮储银行__2023年__年度报告.txt", "<h>中国邮政储蓄银行股份有限公司</h><p>正文</p>")
    document = read_document(path, progress=lambda page, pages: done.append((page, pages)))
    assert (document.format, document.title, document.name) == ("html", "邮储银行2023年年度报告", path.name)
    assert done == [(1, 1)]


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("2020-03-26__中国邮政储蓄银行股份有限公司__601658__邮储银行__2019年__年度报告.html", "", "邮储银行2019年年度报告"),
        ("600036_2023_nb.pdf", "招商银行股份有限公司\n二〇二三年年度报告", "招商银行2023年年度报告"),
        ("招商银行2024年半年度报告.pdf", "", "招商银行2024年半年度报告"),
        ("工商银行：2023年第三季度报告.pdf", "", "工商银行2023年第三季度报告"),
        ("平安银行2023年年度报告摘要.pdf", "", "平安银行2023年年度报告摘要"),
        ("report.pdf", "某地农村商业银行股份有限公司\n2022年度报告\n（股票代码：000000）", "某地农村商业银行股份有限公司2022年年度报告"),
        ("20240329_经营分析.docx", "各行净息差比较", "经营分析"),
        ("bank facts.xlsx", "", "bank facts"),
    ],
)
def test_titles(name: str, text: str, title: str) -> None:
    assert document_title(Path(name), text) == title


def test_the_title_inside_a_file_is_kept_where_its_name_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "page.html", "<html><head><title>净息差研究</title></head><p>正文</p></html>")
    assert read_document(path).title == "净息差研究"


def test_pages_without_text_are_recognised_and_the_others_kept(tmp_path: Path) -> None:
    from PIL import Image

    picture = tmp_path / "scan.png"
    Image.new("RGB", (400, 400), "white").save(picture)

    def recognise(image: object) -> list[Reading]:
        return [Reading("识别出来的一段文字，内容足够长。", (20.0, 20.0, 380.0, 40.0), 0.99)]

    document = Document("k", "scan.png", "扫描", "pdf", (Page(1, "", "9"), Page(2, "这一页本来就有文字层，内容也足够长，不必再识别。")))
    found = with_scanned_pages(picture, document, recognise)
    assert "识别出来" in found.pages[0].text and found.pages[0].printed == "9"
    assert found.pages[1] == document.pages[1]
    assert [block.page for block in found.blocks] == [1]
    full = Document("k", "scan.png", "扫描", "pdf", (document.pages[1],))
    assert with_scanned_pages(picture, full, recognise) is full


def test_an_export_is_called_by_its_file_or_by_the_one_title_in_it(tmp_path: Path) -> None:
    lines = "证券简称,报告期,不良贷款率(%)\n招商银行,2023年报,0.95\n兴业银行,2023年报,1.07\n"
    assert read_document(write(tmp_path, "同业_2023.csv", lines)).title == "同业_2023"
    titled = "招商银行主要指标\n单位：亿元\n项目,2023年,2022年\n净利润,1480,1393\n营业收入,3391,3448\n"
    assert read_document(write(tmp_path, "export.csv", titled)).title == "招商银行主要指标"
