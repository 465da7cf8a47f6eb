"""Word documents: sections, captions, merged and nested tables, page turns, footnotes, tracked changes, damaged files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from data.errors import DocumentError
from retrieval.documents import BlockKind, Document, Table
from retrieval.parsers.docx.pages import PageCounter
from retrieval.parsers.docx.read import read_docx


def fill(table: Any, rows: list[list[str]], start: int = 0) -> None:
    for number, row in enumerate(rows, start=start):
        for column, text in enumerate(row):
            table.cell(number, column).text = text


def texts(table: Table) -> list[list[str]]:
    return [[row.label, *(cell.text if cell else "" for cell in row.cells)] for row in table.rows]


def report(path: Path) -> Document:
    """A report with a title, two levels of headings, a table with merged headers, and one inside a frame on the next page."""
    book = docx.Document()
    book.add_heading("晨星银行2023年年度报告", 0)
    book.add_heading("第三章 管理层讨论与分析", 1)
    book.add_heading("贷款质量", 2)
    book.add_paragraph("报告期末，本集团不良贷款率1.12%，较上年末下降0.03个百分点。")
    book.add_paragraph("按五级分类划分的贷款结构")
    book.add_paragraph("单位：人民币百万元，百分比除外")
    table = book.add_table(rows=6, cols=5)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "项目"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "2023年12月31日"
    table.cell(0, 3).merge(table.cell(0, 4)).text = "2022年12月31日"
    for column, text in enumerate(["金额", "占比(%)"] * 2, start=1):
        table.cell(1, column).text = text
    fill(table, [["公司贷款", "", "", "", ""], ["制造业", "1,000", "98.8", "900", "98.7"], ["房地产业", "12", "1.2", "(11)", "1.3"], ["合计", "1,012", "100.0", "889", "100.0"]], 2)
    for row in (3, 4):
        table.cell(row, 0).paragraphs[0].paragraph_format.left_indent = Pt(20)
    book.add_paragraph("注：括号内为负数。")
    book.add_paragraph("以上数据未经审计。").add_run().add_break(WD_BREAK.PAGE)
    book.add_heading("资本管理", 2)
    frame = book.add_table(rows=1, cols=1)
    inner = frame.cell(0, 0).add_table(rows=2, cols=2)
    fill(inner, [["指标", "2023年末"], ["资本充足率", "14.20%"]])
    book.save(str(path))
    return read_docx(path)


def test_headings_make_sections_and_the_title_is_the_title(tmp_path: Path) -> None:
    document = report(tmp_path / "r.docx")
    assert (document.title, document.format, len(document.pages)) == ("晨星银行2023年年度报告", "docx", 2)
    headings = [(block.text, block.level, block.page) for block in document.blocks if block.kind is BlockKind.HEADING]
    assert headings == [("第三章 管理层讨论与分析", 1, 1), ("贷款质量", 2, 1), ("资本管理", 2, 2)]
    sentence = next(block for block in document.blocks if "0.03个百分点" in block.text)
    assert sentence.section == ("第三章 管理层讨论与分析", "贷款质量")
    assert "报告期末" in document.pages[0].text and "制造业\t1,000\t98.8\t900\t98.7" in document.pages[0].text


def test_every_cell_of_a_merged_table(tmp_path: Path) -> None:
    document = report(tmp_path / "r.docx")
    table = document.tables[0]
    assert (table.title, table.unit, table.stub) == ("按五级分类划分的贷款结构", "人民币百万元", "项目")
    assert [column.headers for column in table.columns] == [(day, kind) for day in ("2023年12月31日", "2022年12月31日") for kind in ("金额", "占比(%)")]
    assert texts(table) == [
        ["公司贷款", "", "", "", ""],
        ["制造业", "1,000", "98.8", "900", "98.7"],
        ["房地产业", "12", "1.2", "(11)", "1.3"],
        ["合计", "1,012", "100.0", "889", "100.0"],
    ]
    assert [row.parents for row in table.rows][:3] == [(), ("公司贷款",), ("公司贷款",)]
    assert table.notes == ("注：括号内为负数。",)
    block = next(block for block in document.blocks if block.table == 0)
    assert block.kind is BlockKind.TABLE and block.section == ("第三章 管理层讨论与分析", "贷款质量")


def test_a_nested_table_and_the_page_after_a_hard_break(tmp_path: Path) -> None:
    inner = report(tmp_path / "r.docx").tables[1]
    assert (texts(inner), inner.page, inner.rows[0].page) == ([["资本充足率", "14.20%"]], 2, 2)


def test_a_cell_merged_downwards(tmp_path: Path) -> None:
    book = docx.Document()
    table = book.add_table(rows=5, cols=3)
    fill(table, [["地区", "项目", "2023年"], ["长三角", "贷款", "10"], ["", "存款", "20"], ["珠三角", "贷款", "30"], ["", "存款", "40"]])
    for row in (1, 3):
        table.cell(row, 0).merge(table.cell(row + 1, 0))
    book.save(str(tmp_path / "v.docx"))
    (found,) = read_docx(tmp_path / "v.docx").tables
    assert [(row.parents, row.label, row.cells[0].text if row.cells[0] else "") for row in found.rows] == [
        (("长三角",), "贷款", "10"),
        (("长三角",), "存款", "20"),
        (("珠三角",), "贷款", "30"),
        (("珠三角",), "存款", "40"),
    ]


def test_saved_and_hard_breaks_count_once() -> None:
    pages = PageCounter(saved=True)
    for kind in ("hard", "saved"):
        pages.turn(kind)
    assert pages.page == 2
    pages.wrote()
    pages.turn("saved")
    assert pages.page == 3
    plain = PageCounter(saved=False)
    plain.turn("hard")
    plain.turn("hard")
    assert plain.page == 3


def body(path: Path, xml: str, extra: dict[str, str] | None = None) -> Document:
    """A document whose body is given as WordprocessingML; extra: further parts, footnotes with their relation."""
    book = docx.Document()
    element = book.element.body
    for node in parse_xml(f"<w:body {nsdecls('w')}>{xml}</w:body>"):
        element.insert(len(element) - 1, node)
    book.save(str(path))
    if extra:
        _add_parts(path, extra)
    return read_docx(path)


def _add_parts(path: Path, parts: dict[str, str]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    rels = "word/_rels/document.xml.rels"
    relation = '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/></Relationships>'
    members[rels] = members[rels].replace(b"</Relationships>", relation.encode())
    kind = '<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>'
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", kind.encode())
    members.update({name: text.encode() for name, text in parts.items()})
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def paragraphs(document: Document) -> list[tuple[str, int]]:
    return [(block.text, block.page) for block in document.blocks if block.kind is BlockKind.PARAGRAPH]


def test_pages_follow_the_breaks_that_word_saved(tmp_path: Path) -> None:
    turn = "<w:lastRenderedPageBreak/>"
    row = "<w:tr><w:tc><w:p><w:r>{0}<w:t>{1}</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r>{0}<w:t>{2}</w:t></w:r></w:p></w:tc></w:tr>"
    xml = (
        "<w:p><w:r><w:t>第一页</w:t><w:br w:type='page'/></w:r></w:p>"
        f"<w:p><w:r>{turn}<w:t>第二页</w:t></w:r></w:p>"
        f"<w:p><w:r><w:t>跨页的段落</w:t>{turn}<w:t>到第三页</w:t></w:r></w:p>"
        f"<w:tbl>{row.format('', '项目', '2023年')}{row.format('', '贷款', '10')}{row.format(turn, '存款', '20')}</w:tbl>"
        "<w:p><w:r><w:t>第四页</w:t></w:r></w:p>"
    )
    document = body(tmp_path / "p.docx", xml)
    assert paragraphs(document) == [("第一页", 1), ("第二页", 2), ("跨页的段落到第三页", 2), ("第四页", 4)]
    assert [(row.label, row.page) for row in document.tables[0].rows] == [("贷款", 3), ("存款", 4)]
    assert len(document.pages) == 4 and document.pages[3].text == "存款\t20\n第四页"


def test_what_was_deleted_or_hidden_is_not_read_and_what_was_inserted_is(tmp_path: Path) -> None:
    xml = (
        "<w:p><w:r><w:t>净利润</w:t></w:r><w:del><w:r><w:delText>10</w:delText></w:r></w:del><w:ins><w:r><w:t>12</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>草稿</w:t></w:r><w:r><w:t>亿元</w:t></w:r></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>控件内的文字</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText>PAGE</w:instrText><w:fldChar w:fldCharType='separate'/><w:t>域结果</w:t><w:fldChar w:fldCharType='end'/></w:r></w:p>"
    )
    assert [text for text, _ in paragraphs(body(tmp_path / "t.docx", xml))] == ["净利润12亿元", "控件内的文字", "域结果"]


def test_footnotes_follow_their_paragraph_and_belong_to_their_table(tmp_path: Path) -> None:
    note = "<w:footnote w:id='{}'><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:footnote>"
    part = f"<w:footnotes {nsdecls('w')}><w:footnote w:type='separator' w:id='-1'><w:p/></w:footnote>{note.format(2, '不含贴现。')}{note.format(3, '含应计利息。')}</w:footnotes>"
    mark = "<w:r><w:footnoteReference w:id='{}'/></w:r>"
    row = "<w:tr><w:tc><w:p><w:r><w:t>{}</w:t></w:r>{}</w:p></w:tc><w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc></w:tr>"
    xml = f"<w:p><w:r><w:t>贷款平稳增长。</w:t></w:r>{mark.format(2)}</w:p><w:tbl>{row.format('项目', '', '2023年')}{row.format('贷款总额', mark.format(3), '10')}</w:tbl>"
    document = body(tmp_path / "f.docx", xml, {"word/footnotes.xml": part})
    assert [block.text for block in document.blocks if block.kind is BlockKind.NOTE] == ["不含贴现。", "含应计利息。"]
    assert document.tables[0].notes == ("含应计利息。",) and texts(document.tables[0]) == [["贷款总额", "10"]]


def test_numbered_lines_are_headings_where_no_style_is(tmp_path: Path) -> None:
    book = docx.Document()
    for line in ("第一章 公司简介", "一、基本情况", "（一）经营概况", "报告期内，一、二级市场平稳。", "1.52% 为净息差"):
        book.add_paragraph(line)
    book.save(str(tmp_path / "n.docx"))
    document = read_docx(tmp_path / "n.docx")
    assert [(block.text, block.level) for block in document.blocks if block.kind is BlockKind.HEADING] == [("第一章 公司简介", 1), ("一、基本情况", 3), ("（一）经营概况", 4)]
    assert document.title == "n"


def test_an_outline_level_makes_a_heading_and_styles_inherit(tmp_path: Path) -> None:
    book = docx.Document()
    style = book.styles.add_style("年报标题", 1)
    style.base_style = book.styles["Heading 2"]
    book.add_paragraph("资产负债分析", style="年报标题")
    book.save(str(tmp_path / "s.docx"))
    outline = "<w:p><w:pPr><w:outlineLvl w:val='2'/></w:pPr><w:r><w:t>负债</w:t></w:r></w:p>"
    levels = [block.level for document in (read_docx(tmp_path / "s.docx"), body(tmp_path / "o.docx", outline)) for block in document.blocks]
    assert levels == [2, 3]


def test_damaged_and_foreign_files_say_what_to_do(tmp_path: Path) -> None:
    report(tmp_path / "ok.docx")
    whole = (tmp_path / "ok.docx").read_bytes()
    for name, data, words in (
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "另存为 docx"),
        ("half.docx", whole[: len(whole) // 2], "已损坏"),
        ("empty.docx", b"", "空文件"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DocumentError, match=words):
            read_docx(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "other.docx", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DocumentError, match="Word"):
        read_docx(tmp_path / "other.docx")
