"""Markdown and plain text: headings, pipe tables, tables set with blanks or tabs, an English report, encodings."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import DocumentError
from retrieval.documents import BlockKind, Document, Table
from retrieval.parsers.aligned import aligned_cells, runs, text_tokens
from retrieval.parsers.headings import numbered_level
from retrieval.parsers.markdown import read_markdown
from retrieval.parsers.markdown_inline import inline, split_row

TEN_Q = """\
# Item 1. Financial Statements

## Consolidated Balance Sheets
(in millions of RMB, except percentages)

| | As of June 30, 2024 | As of December 31, 2023 |
|---|---:|---:|
| **Assets** | | |
| Cash and cash equivalents | $ 1,234 | $ 1,100 |
| Loans, net | 5,678 | 5,432 |
| Allowance | (123) | (120) |

## Consolidated Statements of Income
(in millions of RMB, except percentages)

| | Six months ended June 30, | |
|---|---|---|
| | 2024 | 2023 |
| Net interest income[^1] | 345 | 333 |
| Net interest margin | 1.52% | 1.60% |

[^1]: Before provisions.

Source: company data.

Net interest income rose
because of *volume*.
"""

PLAIN = """\
晨星银行2023年年度报告摘要

一、主要会计数据

    报告期内，本行实现营业收入100.5亿元，同比增长3.2%；归属于母公司股东的净利润30.1
亿元，同比增长5.6%。资产质量总体稳定。

主要财务指标                              单位：百万元
项目                      2023年        2022年     本年比上年增减(%)
营业收入                  10,050         9,738          3.2
净利润                     3,010         2,850          5.6

  其中：利息净收入         8,000         7,900          1.3
每股收益                    0.85          0.80          6.3
注：每股收益单位为元。

（二）资本情况
资本充足率为14.2%。
\f第二页的文字在这里。
项目\t2023年末\t2022年末
贷款总额\t1,000\t
存款总额\t2,000\t1,900
"""


def read(path: Path, text: str) -> Document:
    path.write_text(text, encoding="utf-8")
    return read_markdown(path)


def texts(table: Table) -> list[list[str]]:
    return [[row.label, *(cell.text if cell else "" for cell in row.cells)] for row in table.rows]


def blocks(document: Document, kind: BlockKind) -> list[tuple[str, int]]:
    return [(block.text, block.page) for block in document.blocks if block.kind is kind]


def test_an_english_report(tmp_path: Path) -> None:
    document = read(tmp_path / "q.md", TEN_Q)
    balance, income = document.tables
    assert (balance.title, balance.unit) == ("Consolidated Balance Sheets", "RMB million")
    assert [column.headers for column in balance.columns] == [("As of June 30, 2024",), ("As of December 31, 2023",)]
    assert [row[1:] for row in texts(balance)] == [["", ""], ["$ 1,234", "$ 1,100"], ["5,678", "5,432"], ["(123)", "(120)"]]
    assert [column.headers for column in income.columns] == [("Six months ended June 30,", "2024"), ("Six months ended June 30,", "2023")]
    assert texts(income) == [["Net interest income", "345", "333"], ["Net interest margin", "1.52%", "1.60%"]]
    assert income.notes == ("Before provisions.", "Source: company data.")
    assert income.section == ("Item 1. Financial Statements", "Consolidated Statements of Income")
    assert blocks(document, BlockKind.PARAGRAPH)[-1] == ("Net interest income rose because of volume.", 1)


def test_plain_text_with_numbered_headings_and_set_columns(tmp_path: Path) -> None:
    document = read(tmp_path / "a.txt", PLAIN)
    assert (document.format, document.title, len(document.pages)) == ("text", "a", 2)
    assert blocks(document, BlockKind.HEADING) == [("一、主要会计数据", 1), ("（二）资本情况", 1)]
    first, second = document.tables
    assert (first.title, first.unit, first.ruled, first.notes) == ("主要财务指标", "百万元", False, ("注：每股收益单位为元。",))
    assert [column.headers for column in first.columns] == [("2023年",), ("2022年",), ("本年比上年增减(%)",)]
    assert texts(first) == [
        ["营业收入", "10,050", "9,738", "3.2"],
        ["净利润", "3,010", "2,850", "5.6"],
        ["其中：利息净收入", "8,000", "7,900", "1.3"],
        ["每股收益", "0.85", "0.80", "6.3"],
    ]
    assert texts(second) == [["贷款总额", "1,000", ""], ["存款总额", "2,000", "1,900"]] and second.page == 2
    assert "报告期内，本行实现营业收入100.5亿元，同比增长3.2%；归属于母公司股东的净利润30.1亿元，同比增长5.6%。资产质量总体稳定。" in dict(blocks(document, BlockKind.PARAGRAPH))


def test_a_table_within_markdown_keeps_caption_unit_and_marks(tmp_path: Path) -> None:
    text = "表3 **贷款**构成\n单位：亿元\n\n项目 | 2023年末<br>金额 | 占比\\|%\n:--|--:|--:\n[公司贷款](#a) | `100` | 60%\n个人贷款 | ![图](b.png) | —\n\n下一段。"
    document = read(tmp_path / "t.md", text)
    (table,) = document.tables
    assert (table.title, table.unit) == ("贷款构成", "亿元")
    assert [column.label for column in table.columns][1] == "占比|%"
    assert texts(table) == [["公司贷款", "100", "60%"], ["个人贷款", "图", "—"]]
    assert [text for text, _ in blocks(document, BlockKind.PARAGRAPH)] == ["表3 贷款构成", "单位：亿元", "下一段。"]


def test_front_matter_comments_fences_and_setext_headings(tmp_path: Path) -> None:
    text = "---\ntitle: '晨星银行年报'\n---\n资产质量\n====\n<!-- 草稿\n不读 -->\n```\n项目      2023年\n贷款      1,000\n存款      2,000\n```\n- 第一项\n- 第二项\n\n***\n"
    document = read(tmp_path / "f.md", text)
    assert document.title == "晨星银行年报" and document.format == "text"
    marked = read(tmp_path / "g.md", text + "\n## 结尾\n")
    assert marked.format == "markdown" and [block.text for block in marked.blocks if block.kind is BlockKind.HEADING] == ["资产质量", "结尾"]
    assert texts(marked.tables[0]) == [["贷款", "1,000"], ["存款", "2,000"]]
    assert blocks(marked, BlockKind.PARAGRAPH) == [("第一项", 1), ("第二项", 1)]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("第一章 公司简介", 1),
        ("第二节 会计数据", 2),
        ("一、经营概况", 3),
        ("（三）净息差", 4),
        ("1.2 利息净收入", 5),
        ("3、存款", 5),
        ("1.52% 为净息差", 0),
        ("1.5亿元贷款", 0),
        ("一、报告期内，本行净利润增长。", 0),
        ("2023年末", 0),
        ("1. 贷款  1,000  900", 0),
        ("", 0),
    ],
)
def test_numbered_lines(line: str, level: int) -> None:
    assert numbered_level(line) == level


def test_inline_marks_and_rows() -> None:
    assert inline("**净利润** *增长* `3%` [见附注](#n)[^2] &amp; 5\\*2 2*3*4") == "净利润 增长 3% 见附注 & 5*2 2*3*4"
    assert split_row("| a \\| b | `c|d` |  |") == ["a | b", "c|d", ""]


def test_columns_of_set_text_and_spanning_headers() -> None:
    lines = ["            2023年12月31日        2022年12月31日", "            金额      占比      金额      占比", "贷款       1,000     98.8%       900    98.7%", "存款          12      1.2%        11     1.3%"]
    tokens = [text_tokens(line) for line in lines]
    assert runs(tokens) == [(0, 4)]
    cells = {(cell.row, cell.column): (cell.text, cell.column_span) for cell in aligned_cells(tokens, 1)}
    assert cells[0, 1] == ("2023年12月31日", 2) and cells[0, 3] == ("2022年12月31日", 2)
    assert [cells[2, column][0] for column in range(5)] == ["贷款", "1,000", "98.8%", "900", "98.7%"]


def test_prose_with_wide_gaps_is_no_table() -> None:
    assert runs([text_tokens(line) for line in ("行长  张三", "董事会秘书  李四", "二〇二四年三月")]) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "big5"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    text = "晨星銀行\n\n資產總額為1,000億元。" if encoding == "big5" else "晨星银行\n\n资产总额为1,000亿元。"
    (tmp_path / "e.txt").write_bytes(text.encode(encoding))
    assert read_markdown(tmp_path / "e.txt").pages[0].text == text.replace("\n\n", "\n")


def test_binary_and_empty_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(DocumentError, match="UTF-8"):
        read_markdown(tmp_path / "b.txt")
    (tmp_path / "n.txt").write_bytes(b"")
    with pytest.raises(DocumentError, match="空文件"):
        read_markdown(tmp_path / "n.txt")
