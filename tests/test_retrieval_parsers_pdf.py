"""PDF files: what a reader sees on the page is what the document says, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fpdf import FPDF

from data.errors import DocumentError
from retrieval.documents import BlockKind, Document, Table
from retrieval.parsers.pdf.quality import BLANK, DAMAGED, NO_TEXT, TWO_COLUMNS
from retrieval.parsers.pdf.read import read_pdf
from tests.pdf_sheet import PdfSheet

# Right edges of the columns of the tables below.
FOUR = (340.0, 410.0, 480.0, 550.0)


def read(sheet: PdfSheet, tmp_path: Path) -> Document:
    path = tmp_path / "年报.pdf"
    path.write_bytes(sheet.content())
    return read_pdf(path)


def row(sheet: PdfSheet, top: float, label: str, values: Sequence[str], edges: Sequence[float] = FOUR, x: float = 50.0) -> None:
    """One printed row: label at the left, values flush right."""
    if label:
        sheet.text(x, top, label)
    for edge, value in zip(edges, values, strict=True):
        if value:
            sheet.right(edge, top, value)


def columns(table: Table) -> list[tuple[str, ...]]:
    return [column.headers for column in table.columns]


def cells(table: Table) -> list[tuple[str, list[str | None]]]:
    return [(line.label, [cell.text if cell else None for cell in line.cells]) for line in table.rows]


def statement(sheet: PdfSheet, top: float = 60.0) -> None:
    """A balance sheet without lines: scope over two periods each, dates on two lines, a column of references."""
    sheet.text(50, top, "合并及银行资产负债表", 12)
    sheet.text(50, top + 20, "（除特别注明外，金额单位均为人民币百万元）", 9)
    sheet.middle(375, top + 40, "合并")
    sheet.middle(515, top + 40, "银行")
    sheet.text(240, top + 55, "附注")
    for edge, year in zip(FOUR, ("2023年", "2022年", "2023年", "2022年"), strict=True):
        sheet.right(edge, top + 55, year)
        sheet.right(edge, top + 70, "12月31日")
    sheet.text(50, top + 90, "资产")
    row(sheet, top + 105, "现金及存放中央银行款项", ("1,154,843", "1,202,935", "1,154,843", "1,202,935"))
    sheet.text(240, top + 105, "八、1")
    row(sheet, top + 120, "衍生金融资产", ("-", "(7,166)", "—", "不适用"))
    sheet.text(240, top + 120, "八、12")
    sheet.text(50, top + 135, "以公允价值计量且其变动计入其他")
    row(sheet, top + 147, "综合收益的发放贷款和垫款", ("487,515", "526,672", "487,515", "526,672"))
    sheet.text(50, top + 162, "以公允价值计量且其变动计入当期")
    row(sheet, top + 174, "损益的金融投资", ("310,161", "341,662", "310,161", "341,662"))
    row(sheet, top + 189, "资产总计", ("1,952,519", "2,064,103", "1,952,519", "2,071,269"))


def test_an_unruled_statement_is_read_cell_by_cell(tmp_path: Path) -> None:
    sheet = PdfSheet()
    statement(sheet)
    (table,) = read(sheet, tmp_path).tables
    assert [column.note for column in table.columns] == [True, False, False, False, False]
    assert columns(table)[1:] == [("合并", "2023年12月31日"), ("合并", "2022年12月31日"), ("银行", "2023年12月31日"), ("银行", "2022年12月31日")]
    assert cells(table) == [
        ("资产", [None] * 5),
        ("现金及存放中央银行款项", ["八、1", "1,154,843", "1,202,935", "1,154,843", "1,202,935"]),
        ("衍生金融资产", ["八、12", "-", "(7,166)", "—", "不适用"]),
        ("以公允价值计量且其变动计入其他综合收益的发放贷款和垫款", [None, "487,515", "526,672", "487,515", "526,672"]),
        ("以公允价值计量且其变动计入当期损益的金融投资", [None, "310,161", "341,662", "310,161", "341,662"]),
        ("资产总计", [None, "1,952,519", "2,064,103", "1,952,519", "2,071,269"]),
    ]
    assert (table.title, table.unit, table.ruled) == ("合并及银行资产负债表", "人民币百万元", False)


def test_every_cell_knows_its_page_and_place(tmp_path: Path) -> None:
    sheet = PdfSheet()
    sheet.text(50, 60, "封面")
    sheet.page()
    statement(sheet)
    (table,) = read(sheet, tmp_path).tables
    cell = table.rows[1].cells[1]
    assert cell is not None and cell.page == 2 and cell.box is not None
    left, top, right, bottom = cell.box
    assert right == pytest.approx(340, abs=0.5) and left == pytest.approx(295, abs=0.5)
    assert top == pytest.approx(165, abs=1.5) and bottom == pytest.approx(175, abs=1.5)


def test_a_turned_page_reads_like_an_upright_one(tmp_path: Path) -> None:
    upright, turned = PdfSheet(), PdfSheet()
    statement(upright)
    turned.page(90)
    statement(turned)
    plain, other = read(upright, tmp_path), read(turned, tmp_path)
    assert cells(other.tables[0]) == cells(plain.tables[0]) and columns(other.tables[0]) == columns(plain.tables[0])
    assert (other.pages[0].width, other.pages[0].height) == (842.0, 595.0)
    assert other.tables[0].rows[1].box == pytest.approx(plain.tables[0].rows[1].box, abs=0.1)


def test_header_cells_at_half_height_belong_to_one_column(tmp_path: Path) -> None:
    sheet = PdfSheet()
    sheet.text(50, 60, "主要指标", 12)
    sheet.middle(375, 80, "2023年12月31日")
    sheet.middle(515, 80, "2022年12月31日")
    sheet.line(305, 93, 412, 93)
    sheet.line(445, 93, 552, 93)
    edges = (340.0, 410.0, 480.0, 550.0)
    for edge, name in zip(edges, ("余额", "占比", "余额", "占比"), strict=True):
        if name == "占比":
            sheet.right(edge, 96, name)
            sheet.right(edge, 107, "（%）")
        else:
            sheet.right(edge, 101.5, name)
    sheet.text(50, 101.5, "项目")
    row(sheet, 125, "公司贷款", ("536,970", "60.54", "468,415", "59.11"), edges)
    row(sheet, 140, "个人贷款", ("290,487", "32.75", "269,010", "33.95"), edges)
    (table,) = read(sheet, tmp_path).tables
    names = [headers[-1] for headers in columns(table)]
    assert [headers[0] for headers in columns(table)] == ["2023年12月31日"] * 2 + ["2022年12月31日"] * 2
    assert names == ["余额", "占比（%）", "余额", "占比（%）"]
    assert table.stub == "项目"


def test_a_rule_says_which_columns_a_header_spans(tmp_path: Path) -> None:
    sheet = PdfSheet()
    sheet.middle(412, 80, "归属于本行股东权益")
    sheet.line(300, 93, 482, 93)
    for edge, name in zip(FOUR, ("股本", "资本公积", "未分配利润", "合计"), strict=True):
        sheet.right(edge, 98, name)
    row(sheet, 120, "年初余额", ("81,031", "47,869", "132,933", "475,313"))
    row(sheet, 135, "年末余额", ("86,203", "97,477", "157,431", "544,879"))
    (table,) = read(sheet, tmp_path).tables
    over = "归属于本行股东权益"
    assert columns(table) == [(over, "股本"), (over, "资本公积"), (over, "未分配利润"), ("合计",)]


def test_tables_one_under_another_stay_apart(tmp_path: Path) -> None:
    sheet = PdfSheet()
    top = 60.0
    for title, dates, value in (("2 存放同业款项", ("2023年", "2022年"), "28,251"), ("3 拆出资金", ("2023年末", "2022年末"), "22,676")):
        sheet.text(50, top, title)
        for edge, date in zip((410.0, 550.0), dates, strict=True):
            sheet.right(edge, top + 16, date)
        row(sheet, top + 32, "存放银行", (value, "140,515"), (410.0, 550.0))
        row(sheet, top + 47, "减值准备", ("(49)", "(326)"), (410.0, 550.0))
        top += 66
    first, second = read(sheet, tmp_path).tables
    assert columns(first) == [("2023年",), ("2022年",)] and columns(second) == [("2023年末",), ("2022年末",)]
    assert cells(first)[0] == ("存放银行", ["28,251", "140,515"]) and cells(second)[0] == ("存放银行", ["22,676", "140,515"])
    assert first.section == ("2 存放同业款项",) and second.section == ("3 拆出资金",)


def test_a_table_over_a_page_break_keeps_its_headers(tmp_path: Path) -> None:
    sheet = PdfSheet()
    statement(sheet)
    sheet.page()
    sheet.text(50, 60, "合并及银行资产负债表（续）", 12)
    row(sheet, 90, "吸收存款", ("9,314,066", "8,627,440", "9,314,066", "8,627,440"))
    sheet.text(240, 90, "八、22")
    row(sheet, 105, "负债合计", ("9,671,827", "9,040,898", "9,661,963", "9,027,380"))
    first, second = read(sheet, tmp_path).tables
    assert second.continued and columns(second) == columns(first) and second.unit == "人民币百万元"
    assert cells(second)[0] == ("吸收存款", ["八、22", "9,314,066", "8,627,440", "9,314,066", "8,627,440"])


def test_missing_values_leave_their_column_empty(tmp_path: Path) -> None:
    sheet = PdfSheet()
    for edge, name in zip(FOUR, ("个人银行", "公司银行", "资金业务", "合计"), strict=True):
        sheet.right(edge, 60, name)
    row(sheet, 80, "分部资产", ("3,098,469", "2,428,501", "4,642,499", "10,169,469"))
    row(sheet, 95, "递延所得税资产", ("", "", "", "47,237"))
    row(sheet, 110, "资本性支出", ("5,780", "864", "", "6,644"))
    (table,) = read(sheet, tmp_path).tables
    assert cells(table)[1:] == [("递延所得税资产", [None, None, None, "47,237"]), ("资本性支出", ["5,780", "864", None, "6,644"])]


def test_texts_between_label_and_numbers_are_columns(tmp_path: Path) -> None:
    sheet = PdfSheet()
    for x, name in zip((50, 200, 320), ("债券简称", "发行日期", "期限"), strict=True):
        sheet.text(x, 60, name)
    sheet.right(480, 60, "发行规模")
    sheet.right(550, 60, "票面利率")
    for top, (name, day, term, size, rate) in zip(
        (80, 95, 110),
        (("甲债01", "2021-06-18", "10年", "60", "4.15"), ("乙债02", "2021-11-09", "3年", "90", "4.30"), ("丙债", "2022-03-24", "5年", "50", "2.97")),
        strict=True,
    ):
        sheet.text(50, top, name)
        sheet.text(200, top, day)
        sheet.text(320, top, term)
        sheet.right(480, top, size)
        sheet.right(550, top, rate)
    (table,) = read(sheet, tmp_path).tables
    assert columns(table) == [("发行日期",), ("期限",), ("发行规模",), ("票面利率",)]
    assert cells(table)[1] == ("乙债02", ["2021-11-09", "3年", "90", "4.30"])


def test_headers_that_lost_their_place_are_put_together(tmp_path: Path) -> None:
    """Text set again keeps the words of a header, one under another at the margin."""
    sheet = PdfSheet()
    lines = ("2023年12月31日", "办公设备", "房屋和建筑物 电子设备", "及其他 合计")
    for index, text in enumerate(lines):
        sheet.text(50, 60 + 15 * index, text)
    row(sheet, 130, "年初余额", ("44,406", "10,244", "4,372", "59,022"))
    row(sheet, 145, "本年增加", ("218", "468", "329", "1,015"))
    sheet.text(50, 175, "合并")
    for index, text in enumerate(("2023年", "2022年", "12月31日", "12月31日")):
        sheet.text(50, 190 + 15 * index, text)
    row(sheet, 255, "债券", ("60,711", "59,470"), FOUR[2:])
    row(sheet, 270, "同业存单", ("1,053", "553"), FOUR[2:])
    first, second = read(sheet, tmp_path).tables
    assert [headers[-1] for headers in columns(first)] == ["房屋和建筑物", "电子设备", "办公设备及其他", "合计"]
    assert columns(second) == [("合并", "2023年12月31日"), ("合并", "2022年12月31日")]


def test_two_tables_side_by_side_are_two_tables(tmp_path: Path) -> None:
    sheet = PdfSheet()
    for edge, name in zip((200.0, 270.0, 480.0, 550.0), ("2023年末", "2022年末", "2023年末", "占比"), strict=True):
        sheet.right(edge, 60, name)
    left = (("公司存款", "272,739", "244,792"), ("个人存款", "132,777", "115,815"), ("保证金", "63,004", "55,026"), ("合计", "468,520", "415,633"))
    right = (("东部", "141,415", "13.36"), ("中部", "100,525", "9.50"), ("西部", "77,797", "7.35"), ("总行", "49,009", "4.63"))
    for index, (one, two) in enumerate(zip(left, right, strict=True)):
        top = 80 + 15 * index
        row(sheet, top, one[0], one[1:], (200.0, 270.0))
        row(sheet, top, two[0], two[1:], (480.0, 550.0), x=340)
    first, second = read(sheet, tmp_path).tables
    assert [label for label, _ in cells(first)] == ["公司存款", "个人存款", "保证金", "合计"]
    assert cells(second)[3] == ("总行", ["49,009", "4.63"]) and columns(second) == [("2023年末",), ("占比",)]


def test_ruled_tables_with_merged_headers_and_cells_of_several_lines(tmp_path: Path) -> None:
    sheet = PdfSheet()
    sheet.text(50, 50, "贷款分布", 12)
    sheet.text(50, 68, "人民币百万元，百分比除外", 9)
    xs, ys = [50.0, 200.0, 280.0, 350.0, 430.0, 500.0], [85.0, 102.0, 119.0, 145.0, 165.0]
    sheet.grid(xs, ys, skip=(("h", 1, 0), ("v", 0, 2), ("v", 0, 4)))
    sheet.text(55, 98, "项目")
    sheet.middle(275, 88, "2023年12月31日")
    sheet.middle(425, 88, "2022年12月31日")
    for left, name in zip(xs[1:5], ("金额", "占比(%)", "金额", "占比(%)"), strict=True):
        sheet.text(left + 5, 105, name)
    sheet.text(55, 121, "以摊余成本计量的")
    sheet.text(55, 132, "发放贷款和垫款")
    sheet.text(55, 149, "小计")
    for top, values in ((127, ("4,320,547", "89.86", "3,620,003", "87.24")), (149, ("4,808,062", "100.00", "4,149,538", "-"))):
        for right, value in zip(xs[2:], values, strict=True):
            sheet.right(right - 4, top, value)
    sheet.grid([50.0, 200.0, 350.0], [200.0, 217.0, 234.0])
    for top, texts in ((203, ("指标", "2023年")), (220, ("净利润", "61,036"))):
        for left, text in zip((55, 205), texts, strict=True):
            sheet.text(left, top, text)
    first, second = read(sheet, tmp_path).tables
    assert columns(first) == [(year, name) for year in ("2023年12月31日", "2022年12月31日") for name in ("金额", "占比(%)")]
    assert cells(first) == [
        ("以摊余成本计量的发放贷款和垫款", ["4,320,547", "89.86", "3,620,003", "87.24"]),
        ("小计", ["4,808,062", "100.00", "4,149,538", "-"]),
    ]
    assert (first.title, first.unit, first.ruled) == ("贷款分布", "人民币百万元", True)
    assert cells(second) == [("净利润", ["61,036"])] and second.box is not None and second.box[1] == pytest.approx(200, abs=1)


def test_footnotes_go_with_their_table_and_prose_does_not(tmp_path: Path) -> None:
    sheet = PdfSheet()
    statement(sheet)
    sheet.text(50, 275, "注：(1)根据监管规定编制，与年报口径一致。")
    sheet.text(50, 300, "于2023年12月31日，本集团资产总额较上年末增长5.36%，其中发放贷款和垫款增长12.50%。")
    document = read(sheet, tmp_path)
    assert document.tables[0].notes == ("注：(1)根据监管规定编制，与年报口径一致。",)
    kinds = [(block.kind, block.text[:8]) for block in document.blocks if block.kind in (BlockKind.NOTE, BlockKind.PARAGRAPH)]
    assert kinds == [(BlockKind.NOTE, "注：(1)根据监"), (BlockKind.PARAGRAPH, "于2023年12")]


def test_a_table_of_contents_and_prose_with_numbers_are_no_tables(tmp_path: Path) -> None:
    sheet = PdfSheet()
    for index, title in enumerate(("第一节 释义", "第二节 公司简介", "第三节 会计数据", "第四节 经营讨论")):
        sheet.text(50, 60 + 16 * index, title)
        sheet.right(550, 60 + 16 * index, str(3 + 5 * index))
    sheet.text(50, 150, "本行2023年实现净利润610.36亿元，同比增长16.52%，不良贷款率0.86%。")
    assert read(sheet, tmp_path).tables == ()


def reports(sheet: PdfSheet, pages: int) -> None:
    """Pages with a running head, a printed number, headings and a sentence that runs on over each page break."""
    for number in range(1, pages + 1):
        sheet.page()
        sheet.text(50, 40, "云山银行股份有限公司 2023年年度报告", 8)
        if number == 1:
            sheet.text(50, 80, "第三节 管理层讨论与分析", 14)
            sheet.text(50, 110, "一、利润表分析", 12)
        else:
            sheet.text(50, 80, "务协同发展，全年实现营业收入稳步增长，资产质量保持稳定，拨备覆盖率处于较高水平。")
            sheet.text(50, 110, f"（{'一二三四五六'[number - 2]}）业务情况{number}", 12)
        for index in range(3):
            sheet.text(50, 140 + 16 * index, "报告期内本行坚持稳中求进的工作总基调不断优化业务结构提升服务实体经济质效推动各项业")
        sheet.middle(297, 800, f"- {number} -", 9)


def test_headings_paragraphs_running_heads_and_printed_numbers(tmp_path: Path) -> None:
    sheet = PdfSheet()
    reports(sheet, 5)
    document = read(sheet, tmp_path)
    assert [page.printed for page in document.pages] == ["-1-", "-2-", "-3-", "-4-", "-5-"]
    assert not any("年度报告" in block.text or block.text.startswith("-") for block in document.blocks)
    headings = [(block.level, block.text) for block in document.blocks if block.kind is BlockKind.HEADING]
    assert headings[:3] == [(1, "第三节 管理层讨论与分析"), (2, "一、利润表分析"), (3, "（一）业务情况2")]
    paragraphs = [block for block in document.blocks if block.kind is BlockKind.PARAGRAPH]
    assert paragraphs[0].page == 1 and "推动各项业务协同发展，全年实现" in paragraphs[0].text
    assert paragraphs[1].section == ("第三节 管理层讨论与分析", "一、利润表分析", "（一）业务情况2")
    assert all(line in document.pages[1].text for line in ("年度报告", "务协同发展", "- 2 -"))


def test_bookmarks_are_kept_and_give_the_levels(tmp_path: Path) -> None:
    sheet = PdfSheet(marks=[("致股东书", 1), ("风险管理", 2)])
    sheet.text(50, 80, "致股东书")
    sheet.text(50, 110, "各位股东，过去一年本行经营稳健，资产质量持续改善，谨此致谢。")
    sheet.page()
    sheet.text(50, 80, "风险管理")
    sheet.text(50, 110, "本行建立了全面风险管理体系，覆盖信用风险、市场风险与操作风险。")
    document = read(sheet, tmp_path)
    assert [(mark.title, mark.page, mark.level) for mark in document.bookmarks] == [("致股东书", 1, 1), ("风险管理", 2, 1)]
    assert [(block.text, block.level) for block in document.blocks if block.kind is BlockKind.HEADING] == [("致股东书", 1), ("风险管理", 1)]


def test_two_columns_are_read_one_after_the_other_and_said_so(tmp_path: Path) -> None:
    sheet = PdfSheet()
    for index in range(6):
        sheet.text(50, 80 + 18 * index, f"左栏第{index}行围绕高质量发展主线不断深化改革扩大创新")
        sheet.text(320, 86 + 18 * index, f"右栏第{index}行持续提升服务实体经济的质量效率水平")
    page = read(sheet, tmp_path).pages[0]
    order = [line[:4] for line in page.text.splitlines()]
    assert order == [f"左栏第{index}" for index in range(6)] + [f"右栏第{index}" for index in range(6)]
    assert TWO_COLUMNS in page.warnings


def test_pages_without_text_and_garbled_ones_are_said(tmp_path: Path) -> None:
    sheet = PdfSheet()
    sheet.picture()
    sheet.page()
    sheet.page()
    sheet.text(50, 80, "净利润")
    sheet.garbled(50, 100, 8)
    sheet.page()
    sheet.text(50, 80, "本页正常")
    document = read(sheet, tmp_path)
    assert [page.warnings[:1] for page in document.pages[:2]] == [(NO_TEXT,), (BLANK,)]
    assert "无法识别" in document.pages[2].warnings[0] and document.pages[3].warnings == ()
    assert len(document.warnings) == 2 and document.warnings[0].startswith("1/4 页没有文字层")


def test_a_damaged_page_is_left_out_and_said(tmp_path: Path) -> None:
    sheet = PdfSheet()
    sheet.text(50, 80, "首页")
    sheet.page()
    sheet.text(50, 80, "次页")
    path = tmp_path / "年报.pdf"
    path.write_bytes(sheet.content().replace(b"/Type /Page /Parent", b"/Type /Pagx /Parent", 1))
    document = read_pdf(path)
    assert [page.text for page in document.pages] == ["", "次页"]
    assert document.pages[0].warnings == (DAMAGED,) and "1/2 页已损坏" in document.warnings[0]


def test_bad_files_are_refused_with_what_to_do(tmp_path: Path) -> None:
    locked = FPDF()
    locked.add_page()
    locked.set_encryption(owner_password="owner", user_password="user")
    sheet = PdfSheet()
    sheet.text(50, 50, "正文")
    files = {
        "空.pdf": (b"", "空文件"),
        "假.pdf": (b"<html>no</html>", "不是 PDF"),
        "坏.pdf": (b"%PDF-1.7\n" + sheet.content()[200:300], "已损坏"),
        "锁.pdf": (bytes(locked.output()), "去掉密码"),
    }
    for name, (content, words) in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(DocumentError, match=words) as caught:
            read_pdf(path)
        assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(DocumentError, match="打不开"):
        read_pdf(tmp_path / "无.pdf")


def test_progress_is_told_and_two_readings_agree(tmp_path: Path) -> None:
    sheet = PdfSheet()
    reports(sheet, 3)
    sheet.page()
    statement(sheet)
    path = tmp_path / "年报.pdf"
    path.write_bytes(sheet.content())
    seen: list[tuple[int, int]] = []
    first = read_pdf(path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert read_pdf(path) == first and first.key == read_pdf(path).key and first.title == "年报" and first.format == "pdf"
    tables = [block.table for block in first.blocks if block.kind is BlockKind.TABLE]
    assert tables == list(range(len(first.tables))) == [0]
