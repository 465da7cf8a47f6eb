"""Workbooks and CSV files: displayed numbers, several tables on a sheet, merged cells, terminal exports, damaged files."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from openpyxl.styles import Alignment

from data.errors import DocumentError
from data.facts_table import BUNDLED
from data.units import parse_decimal
from retrieval.documents import BlockKind, Document, RawCell, Table, TableLayout
from retrieval.parsers.number_formats import displayed
from retrieval.parsers.records import Record, read_records
from retrieval.parsers.regions import regions
from retrieval.parsers.sheets import cell_address
from retrieval.parsers.spreadsheet import read_csv, read_xlsx


def save(path: Path, sheets: Mapping[str, Any]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def texts(table: Table) -> list[list[str]]:
    return [[row.label, *(cell.text if cell else "" for cell in row.cells)] for row in table.rows]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.0137, "0.00%", "1.37%"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (-1234.5, "#,##0.00;(#,##0.00)", "(1,234.50)"),
        (-1234.5, "#,##0.00_);[Red]\\(#,##0.00\\)", "(1,234.50)"),
        (0, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "-"),
        (-5.5, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "-5.50"),
        (12345678, "#,##0,", "12,346"),
        (12345678, '0.0,,"M"', "12.3M"),
        (0.1 + 0.2, "General", "0.3"),
        (1.3, "0.0#", "1.3"),
        (12.5, '0.00"亿元"', "12.50亿元"),
        (12.5, '0.00"%"', "12.50%"),
        (1.5, "[$¥-804]#,##0.00", "¥1.50"),
        (1234567890123.0, "General", "1234567890123"),
        (1e-7, "General", "0.0000001"),
        (-0.001, "0.00", "0.00"),
        (2.5, "0", "3"),
        (1.005, "0.00", "1.01"),
        (3.2, "0.00E+00", "3.2"),
        (2023, '0"年"', "2023年"),
        (Decimal("0.95"), "0.00", "0.95"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        (date(2023, 12, 31), "yyyy-mm-dd", "2023-12-31"),
        (date(2023, 12, 31), 'yyyy"年"m"月"d"日"', "2023年12月31日"),
        (date(2023, 12, 1), "mmm-yy", "2023年12月"),
        (datetime.fromisoformat("2023-12-31T09:30"), "yyyy-mm-dd hh:mm", "2023-12-31 09:30"),
    ],
)
def test_a_value_is_read_as_its_cell_shows_it(value: object, number_format: str, shown: str) -> None:
    assert displayed(value, number_format) == shown


@pytest.fixture
def statement(tmp_path: Path) -> Document:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "利润表"
    for row in (
        ["晨星银行合并利润表"],
        ["编制单位：晨星银行", None, "单位：百万元"],
        ["项目", "2023年", None, "2022年", None],
        [None, "集团", "本行", "集团", "本行"],
        ["一、营业收入", 339123, 330000, 344783, 340000],
        ["利息净收入", 214669, 210000, 218235, 215000],
        [],
        ["二、营业支出", -162000, -160000, -170000, -168000],
        ["成本收入比", 0.3296, 0.33, 0.3188, 0.32],
        ["注：尾差系四舍五入。"],
    ):
        sheet.append(row)
    for area in ("A1:E1", "A3:A4", "B3:C3", "D3:E3"):
        sheet.merge_cells(area)
    sheet["A6"].alignment = Alignment(indent=2)
    for column in "BCDE":
        for line in (5, 6, 8):
            sheet[f"{column}{line}"].number_format = "#,##0_);(#,##0)"
        sheet[f"{column}9"].number_format = "0.00%"
    sheet["G3"], sheet["H3"], sheet["I3"] = "资本充足率", "2023年末", "2022年末"
    sheet["G4"], sheet["H4"], sheet["I4"] = "核心一级资本充足率", "13.73%", "13.68%"
    book.save(tmp_path / "statement.xlsx")
    return read_xlsx(tmp_path / "statement.xlsx")


def test_a_statement_keeps_headers_unit_indents_and_displayed_numbers(statement: Document) -> None:
    main = statement.tables[0]
    assert (main.title, main.unit, main.stub, main.layout) == ("晨星银行合并利润表", "百万元", "项目", TableLayout.GRID)
    assert [column.headers for column in main.columns] == [("2023年", "集团"), ("2023年", "本行"), ("2022年", "集团"), ("2022年", "本行")]
    assert texts(main) == [
        ["一、营业收入", "339,123", "330,000", "344,783", "340,000"],
        ["利息净收入", "214,669", "210,000", "218,235", "215,000"],
        ["二、营业支出", "(162,000)", "(160,000)", "(170,000)", "(168,000)"],
        ["成本收入比", "32.96%", "33.00%", "31.88%", "32.00%"],
    ]
    assert main.rows[1].parents == ("一、营业收入",)
    assert main.notes == ("注：尾差系四舍五入。",)


def test_a_table_beside_another_is_its_own_and_cells_have_addresses(statement: Document) -> None:
    side = statement.tables[1]
    assert texts(side) == [["核心一级资本充足率", "13.73%", "13.68%"]]
    box = side.rows[0].cells[0].box if side.rows[0].cells[0] else None
    assert box is not None and cell_address(box) == "H4"
    assert cell_address((701.0, 0.0, 702.0, 1.0)) == "ZZ1"


def test_a_sheet_is_a_page_under_its_name(tmp_path: Path) -> None:
    path = save(tmp_path / "two.xlsx", {"资产质量": [["指标", "2023年"], ["不良贷款率", "0.95%"]], "说明": [["本表由财务部编制"], ["口径为集团"]]})
    document = read_xlsx(path)
    assert [(page.number, page.text.splitlines()[0]) for page in document.pages] == [(1, "资产质量"), (2, "说明")]
    assert [block.text for block in document.blocks if block.kind is BlockKind.HEADING] == ["资产质量", "说明"]
    assert document.tables[0].section == ("资产质量",) and document.tables[0].page == 1
    assert [(block.text, block.page) for block in document.blocks if block.kind is BlockKind.PARAGRAPH] == [("本表由财务部编制", 2), ("口径为集团", 2)]


def test_hidden_sheets_lost_formulas_errors_and_coarse_formats_are_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "测算"
    for row in (["项目", "2023年", "2022年"], ["利息净收入", 214669, 218235], ["合计", "=B2*2", "#REF!"], ["不良率", 0.0137, 0.0138]):
        sheet.append(row)
    sheet["B4"].number_format = "0%"
    sheet["C3"].data_type = "e"
    sheet.sheet_state = "hidden"
    book.create_sheet("空白")
    book.save(tmp_path / "w.xlsx")
    document = read_xlsx(tmp_path / "w.xlsx")
    said = "\n".join(document.warnings)
    for part in ("隐藏工作表", "1 个公式没有保存计算结果（如 B3）", "1 个单元格是错误值（如 C3）", "1 个数字的显示格式舍去了较多小数（如 B4）"):
        assert part in said
    assert texts(document.tables[0])[1:] == [["合计", "", "N/A"], ["不良率", "1%", "0.0138"]]


def test_a_saved_formula_is_read_by_its_result(tmp_path: Path) -> None:
    path = foreign_workbook(tmp_path / "f.xlsx", [["项目", "2023年"], ["合计", "=1+2"]], result="3")
    document = read_xlsx(path)
    assert texts(document.tables[0]) == [["合计", "3"]] and not document.warnings


def foreign_workbook(path: Path, rows: list[list[str]], result: str = "") -> Path:
    """A workbook as streaming writers make it: prefixed namespace, inline strings, no styles, no dimension, numbers in exponents."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for index, text in enumerate(row):
            place = f"{chr(65 + index)}{number}"
            if text.startswith("="):
                cells.append(f'<x:c r="{place}"><x:f>{text[1:]}</x:f><x:v>{result}</x:v></x:c>')
            elif text and number > 1 and text.replace(".", "", 1).lstrip("-").isdigit():
                cells.append(f'<x:c r="{place}"><x:v>{float(text):.15E}</x:v></x:c>')
            elif text:
                cells.append(f'<x:c r="{place}" t="inlineStr"><x:is><x:t>{escape(text)}</x:t></x:is></x:c>')
        lines.append(f'<x:row r="{number}">{"".join(cells)}</x:row>')
    main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<x:workbook xmlns:x="{main}" xmlns:r="{office}"><x:sheets><x:sheet name="Data" sheetId="1" r:id="r1"/></x:sheets></x:workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="{main}"><x:sheetData>{"".join(lines)}</x:sheetData></x:worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


def facts() -> list[dict[str, str]]:
    with BUNDLED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def said(record: Record) -> tuple[str, str, str, Decimal, str, str, str]:
    return (record.entity, record.indicator, record.period, parse_decimal(record.value), record.unit, record.scope, record.gaap)


def expected(row: dict[str, str]) -> tuple[str, str, str, Decimal, str, str, str]:
    return (row["bank"], row["indicator"], row["period"], Decimal(row["value"]), row["unit"], row["scope"], row["gaap"])


@pytest.mark.parametrize("maker", ["csv", "openpyxl", "foreign"])
def test_the_bundled_facts_come_through_whole_from_any_writer(maker: str, tmp_path: Path) -> None:
    rows = facts()
    grid = [list(rows[0]), *(list(row.values()) for row in rows)]
    if maker == "csv":
        document = read_csv(BUNDLED)
    elif maker == "foreign":
        document = read_xlsx(foreign_workbook(tmp_path / "facts.xlsx", grid))
    else:
        numbers = [[float(text) if index == 3 and line else text for index, text in enumerate(row)] for line, row in enumerate(grid)]
        document = read_xlsx(save(tmp_path / "facts.xlsx", {"facts": numbers}))
    (table,) = document.tables
    records = read_records(table)
    assert table.layout is TableLayout.RECORDS and len(table.columns) == len(grid[0])
    assert [said(record) for record in records] == [expected(row) for row in rows]
    assert [record.note for record in records] == [row["note"] for row in rows]
    assert {header for record in records for header, _ in record.fields} >= {"source_class", "source", "audited", "restated"}


def test_the_bundled_facts_as_a_matrix_per_period(tmp_path: Path) -> None:
    rows = [row for row in facts() if row["unit"] == "%" and row["scope"] == "集团" and row["gaap"] == "中国准则"]
    wanted = {(row["bank"], row["indicator"], row["period"]): Decimal(row["value"]) for row in rows}
    sheets: dict[str, list[list[Any]]] = {}
    for period in ("2022", "2023", "2024"):
        banks = sorted({bank for bank, _, year in wanted if year == period})
        indicators = sorted({indicator for _, indicator, year in wanted if year == period})
        head = ["银行", *(f"{indicator}(%)" for indicator in indicators)]
        lines = [[bank, *(float(value) if (value := wanted.get((bank, indicator, period))) is not None else None for indicator in indicators)] for bank in banks]
        sheets[f"{period}年"] = [[f"主要指标（{period}年）"], head, *lines]
    document = read_xlsx(save(tmp_path / "matrix.xlsx", sheets))
    records = [record for table in document.tables for record in read_records(table)]
    found = {(record.entity, record.indicator, record.period.strip("年")): parse_decimal(record.value) for record in records}
    assert len(records) == len(found) > 100 and {record.unit for record in records} == {"%"}
    assert found == {key: value for key, value in wanted.items() if key[2] in ("2022", "2023", "2024")}


def test_a_wide_terminal_export(tmp_path: Path) -> None:
    head = ["证券代码", "证券简称", "不良贷款率\n[报告期] 2023年报\n[单位] %", "净利润\n[报告期] 2023年中报\n[报表类型] 合并报表\n[单位] 亿元"]
    rows = [["上市银行核心指标"], head, ["600036.SH", "招商银行", 0.95, 757.52], ["601658.SH", "邮储银行", 0.81, "--"], [], ["数据来源：Wind"]]
    (table,) = read_xlsx(save(tmp_path / "wide.xlsx", {"万得": rows})).tables
    assert table.title == "上市银行核心指标" and table.notes == ("数据来源：Wind",)
    first, second, _, _ = read_records(table)
    assert (first.code, first.entity, first.indicator, first.period, first.unit, first.value) == ("600036.SH", "招商银行", "不良贷款率", "2023年报", "%", "0.95")
    assert (second.indicator, second.period, second.unit, second.scope) == ("净利润", "2023年中报", "亿元", "合并报表")


def test_a_series_export_of_a_terminal(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["指标名称", "招商银行:不良贷款率:季", "工商银行:净息差"],
        ["频率", "季", "季"],
        ["单位", "%", "%"],
        ["来源", "公司公告", "公司公告"],
        [date(2023, 12, 31), 0.95, 1.61],
        [date(2023, 9, 30), 0.96, 1.67],
        ["数据来源：Wind"],
    ]
    (table,) = read_xlsx(save(tmp_path / "edb.xlsx", {"Sheet1": rows})).tables
    assert [(record.entity, record.indicator, record.period, record.value, record.unit) for record in read_records(table)] == [
        ("招商银行", "不良贷款率", "2023-12-31", "0.95", "%"),
        ("工商银行", "净息差", "2023-12-31", "1.61", "%"),
        ("招商银行", "不良贷款率", "2023-09-30", "0.96", "%"),
        ("工商银行", "净息差", "2023-09-30", "1.67", "%"),
    ]


def test_headers_of_two_rows_over_banks_and_banks_over_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["银行", "2023年", None, "2022年", None], [None, "不良贷款率(%)", "净息差(%)", "不良贷款率(%)", "净息差(%)"], ["招商银行", 0.95, 2.15, 0.96, 2.4]):
        sheet.append(row)
    for area in ("A1:A2", "B1:C1", "D1:E1"):
        sheet.merge_cells(area)
    other = book.create_sheet("2023年")
    for line in (["指标", "招商银行", "工商银行"], ["不良贷款率(%)", 0.95, 1.36]):
        other.append(line)
    book.save(tmp_path / "m.xlsx")
    first, second = read_xlsx(tmp_path / "m.xlsx").tables
    assert [(record.entity, record.indicator, record.period, record.value, record.unit) for record in read_records(first)][2:] == [
        ("招商银行", "不良贷款率", "2022年", "0.96", "%"),
        ("招商银行", "净息差", "2022年", "2.4", "%"),
    ]
    assert [(record.entity, record.indicator, record.period, record.value) for record in read_records(second)] == [
        ("招商银行", "不良贷款率(%)", "2023年", "0.95"),
        ("工商银行", "不良贷款率(%)", "2023年", "1.36"),
    ]


def test_a_comparison_column_is_no_plain_value(tmp_path: Path) -> None:
    rows = [["银行", "指标", "2023年", "同比增减(%)"], ["招商银行", "净利润", 1480.06, 6.22]]
    (table,) = read_xlsx(save(tmp_path / "c.xlsx", {"S": rows})).tables
    plain, change = read_records(table)
    assert (plain.period, plain.measure) == ("2023年", "") and (change.measure, change.unit) == ("同比增减", "%")


def test_lists_of_branches_and_statements_are_no_records(tmp_path: Path) -> None:
    branches = [["机构名称", "员工数", "资产规模"], ["北京分行", 1200, 5000], ["上海分行", 900, 4000], ["广州分行", 800, 3000]]
    document = read_xlsx(save(tmp_path / "b.xlsx", {"机构": branches, "表": [["项目", "2023年", "2022年"], ["净利润", 10, 9]]}))
    assert [table.layout for table in document.tables] == [TableLayout.GRID, TableLayout.GRID]


def place(lines: list[str]) -> list[RawCell]:
    """Cells of a sketch: fields between bars, "." is empty."""
    return [RawCell(text, row, column) for row, line in enumerate(lines) for column, text in enumerate(line.split("|")) if text != "."]


def test_spacer_rows_and_columns_do_not_split_but_a_new_header_does() -> None:
    sketch = ["表一", ".|.|.", "项目|.|2023年|2022年", "资产|.|1|2", ".|.|.", "负债|.|3|4", ".|.|.", "类别|.|2023年末|2022年末", "正常|.|5|6", ".|.|.", "注：口径为集团"]
    first, second = regions(place(sketch))
    assert first.before == ["表一"] and [cell.text for cell in first.cells][-3:] == ["负债", "3", "4"]
    assert [cell.text for cell in second.cells][:3] == ["类别", "2023年末", "2022年末"] and second.after == ["注：口径为集团"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_csv_in_any_encoding_with_any_separator(encoding: str, separator: str, tmp_path: Path) -> None:
    lines = [["晨星银行主要指标"], ["单位：百万元"], ["项目", "2023年", "2022年"], ["　净利润", "1,234.50" if separator != "," else '"1,234.50"', '="000123"']]
    path = tmp_path / "t.csv"
    path.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    (table,) = read_csv(path).tables
    assert (table.title, table.unit) == ("晨星银行主要指标", "百万元")
    assert texts(table) == [["净利润", "1,234.50", "000123"]]


def test_damaged_and_foreign_files_say_what_to_do(tmp_path: Path) -> None:
    whole = save(tmp_path / "ok.xlsx", {"S": [["项目", "2023年"], ["净利润", 10]]}).read_bytes()
    cases: dict[str, tuple[bytes, str]] = {
        "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "另存为 xlsx"),
        "locked.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        "half.xlsx": (whole[: len(whole) // 2], "已损坏"),
        "text.xlsx": ("项目,2023年".encode(), "已损坏"),
        "empty.xlsx": (b"", "空文件"),
    }
    for name, (data, words) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DocumentError, match=words) as caught:
            read_xlsx(tmp_path / name)
        assert "\n" not in str(caught.value) and name in str(caught.value)
    with pytest.raises(DocumentError, match="打不开"):
        read_xlsx(tmp_path / "nowhere.xlsx")


def test_a_zip_without_a_workbook_and_a_broken_part(tmp_path: Path) -> None:
    path = save(tmp_path / "ok.xlsx", {"S": [["项目", "2023年"], ["净利润", 10]]})
    for name, parts in (("other.xlsx", {"a.txt": b"x"}), ("broken.xlsx", {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"})):
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(tmp_path / name, "w") as target:
            kept = source.namelist() if name == "broken.xlsx" else []
            for member in kept:
                target.writestr(member, parts.get(member, source.read(member)))
            for member in set(parts) - set(kept):
                target.writestr(member, parts[member])
        with pytest.raises(DocumentError, match="Excel"):
            read_xlsx(tmp_path / name)


def test_zip_bombs_and_document_types_are_refused(tmp_path: Path) -> None:
    bomb, dtd = tmp_path / "bomb.xlsx", tmp_path / "dtd.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (40 << 20))
    with pytest.raises(DocumentError, match="压缩炸弹"):
        read_xlsx(bomb)
    with zipfile.ZipFile(dtd, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>')
    with pytest.raises(DocumentError, match="DTD"):
        read_xlsx(dtd)


def test_a_format_that_reaches_to_the_last_row_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["项目", "2023年"], ["净利润", 10]):
        sheet.append(row)
    sheet["XFD1048576"].number_format = "0.00"
    book.save(tmp_path / "far.xlsx")
    assert texts(read_xlsx(tmp_path / "far.xlsx").tables[0]) == [["净利润", "10"]]


def test_a_csv_that_is_binary_or_never_closes_a_quote(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(DocumentError, match="UTF-8"):
        read_csv(tmp_path / "b.csv")
    (tmp_path / "q.csv").write_text('项目,2023年\n"净利润,' + "1" * 140_000, encoding="utf-8")
    with pytest.raises(DocumentError, match="引号"):
        read_csv(tmp_path / "q.csv")
