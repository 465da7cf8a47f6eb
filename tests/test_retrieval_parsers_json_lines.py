"""JSON lines: rows of a converter become tables with pages, running heads stay out, a bad line is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.errors import DocumentError
from retrieval.documents import BlockKind, Document
from retrieval.parsers.json_lines import read_json_lines


def read(tmp_path: Path, lines: list[object]) -> Document:
    path = tmp_path / "report.txt"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return read_json_lines(path)


def line(page: int, text: str, kind: str = "text") -> dict[str, object]:
    return {"page": page, "allrow": 0, "type": kind, "inside": text}


def row(page: int, *cells: str) -> dict[str, object]:
    return line(page, str(list(cells)), "excel")


def test_the_form_of_a_converted_report(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [
            line(1, ""),
            line(1, "示例银行年度报告", "页眉"),
            line(1, "负债主要项目"),
            line(1, "人民币百万元，百分比除外"),
            row(1, "项目", "2023年12月 31 日金额", "占比(%)", "2022年12月31日金额", "占比(%)"),
            row(1, "负债", "", "", "", ""),
            row(1, "客户存款", "9,314", "96.30", "8,627", "95.43"),
            line(1, ""),
            line(1, "12", "页脚"),
            line(2, ""),
            row(2, "应付债券", "96", "1.00", "76", "0.84"),
            row(2, "负债总额", "9,671", "100.00", "9,040", "100.00"),
            line(2, ""),
            line(2, "注(1)：包括其他负债。"),
            line(2, "-13-", "页脚"),
        ],
    )
    first, second = document.tables
    expected = [("2023年12月31日", "金额"), ("2023年12月31日", "占比(%)"), ("2022年12月31日", "金额"), ("2022年12月31日", "占比(%)")]
    assert [column.headers for column in first.columns] == expected == [column.headers for column in second.columns]
    assert (first.title, first.unit, first.page) == ("负债主要项目", "人民币百万元", 1)
    assert (second.title, second.unit, second.page, second.continued) == ("负债主要项目", "人民币百万元", 2, True)
    assert [(entry.label, entry.parents, entry.page) for entry in second.rows] == [("应付债券", ("负债",), 2), ("负债总额", ("负债",), 2)]
    assert second.notes == ("注(1)：包括其他负债。",)
    assert [(page.number, page.printed) for page in document.pages] == [(1, "12"), (2, "13")]
    assert "年度报告" not in document.pages[0].text


def test_rows_of_another_width_are_another_table(tmp_path: Path) -> None:
    document = read(tmp_path, [row(1, "项目", "2023年"), row(1, "甲", "1"), row(1, "项目", "2023年", "2022年"), row(1, "乙", "2", "3")])
    assert [len(table.columns) for table in document.tables] == [1, 2]


def test_wrapped_lines_are_one_paragraph(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [
            line(3, "报告期内，本集团积极应对内外部环境变化，坚持高质量发展主线，全年实现净利润"),
            line(3, "61.04亿元，同比增长5.00%。"),
            line(3, "另起一段。"),
            line(4, "（一）利润表分析"),
        ],
    )
    assert [(block.kind, block.text, block.page) for block in document.blocks] == [
        (BlockKind.PARAGRAPH, "报告期内，本集团积极应对内外部环境变化，坚持高质量发展主线，全年实现净利润61.04亿元，同比增长5.00%。", 3),
        (BlockKind.PARAGRAPH, "另起一段。", 3),
        (BlockKind.HEADING, "（一）利润表分析", 4),
    ]


def test_the_table_of_contents_says_what_is_a_heading(tmp_path: Path) -> None:
    contents = [line(1, f"{number}.{name}..........{number}") for number, name in enumerate(["释义", "提示", "简介", "概要", "讨论"], start=1)]
    document = read(tmp_path, [*contents, line(2, "5.讨论"), line(2, "5.1"), line(2, "利润分析"), line(2, "一、概况"), line(2, "正文。")])
    headings = [(block.text, block.level) for block in document.blocks if block.kind is BlockKind.HEADING]
    assert headings == [("5.讨论", 1), ("5.1利润分析", 2), ("一、概况", 4)]
    assert document.blocks[-1].section == ("5.讨论", "5.1利润分析", "一、概况")


def test_the_general_form(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        [
            {"page": 1, "heading": "贷款"},
            {"page": "1", "text": "单位：千元"},
            {"page": 1, "table": [["项目", 2023, None], ["甲", 5, "6"]]},
            {"text": "没有页码的行"},
        ],
    )
    (table,) = document.tables
    assert table.unit == "千元" and table.title == "贷款"
    assert [cell.text if cell else None for cell in table.rows[0].cells] == ["5", "6"]


@pytest.mark.parametrize(
    "bad",
    [
        '{"page": 1, "text": "断',
        "[1, 2]",
        '"文字"',
        '{"page": 0, "text": "x"}',
        '{"page": true, "text": "x"}',
        '{"page": 1}',
        '{"page": 1, "text": 5}',
        '{"page": 1, "table": [1]}',
        '{"page": 1, "type": "excel", "inside": "[1, __import__(\'os\')]"}',
        '{"page": 1, "type": "excel", "inside": "[1, 2"}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: str) -> None:
    with pytest.raises(DocumentError, match="第 2 行"):
        read(tmp_path, [{"page": 1, "text": "好"}, bad])


def test_a_file_without_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="没有文字"):
        read(tmp_path, [line(1, ""), line(1, "页眉", "页眉")])
