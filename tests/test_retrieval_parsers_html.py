"""HTML files become documents: headings, paragraphs, merged tables, pages, encodings; nothing of scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DocumentError
from retrieval.documents import BlockKind, Document
from retrieval.parsers.html import decode_html, read_html

REPORT = """<h>示例银行股份有限公司</h><br/><h>4.财务概要</h><h>4.1主要数据</h><p>本行2023年实现净利润
61.04亿元，同比增长5.00%。</p><br/><p>主要财务数据</p><br/><p>人民币百万元，另有标注除外</p><br/><table border="1"><tr>
 <td colspan="1" rowspan="2">项目
</td> <td colspan="2" rowspan="1">2023 年
12 月 31 日
</td></tr>
<tr> <td>金额</td><td>占比（%）</td></tr>
<tr><td>贷款总额</td><td>4,974</td><td>60.00</td></tr>
<tr><td style="padding-left: 20px">其中：公司贷款</td><td>(1,740)</td><td>-</td></tr>
</table>
<br/><p>注(1)：根据规定计算。</p><h>4.2其他</h><p>后文。</p>"""


def read(tmp_path: Path, text: str | bytes, name: str = "report.html") -> Document:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_html(path)


def test_a_converted_report(tmp_path: Path) -> None:
    document = read(tmp_path, REPORT)
    (table,) = document.tables
    assert [column.headers for column in table.columns] == [("2023年12月31日", "金额"), ("2023年12月31日", "占比（%）")]
    assert (table.title, table.unit, table.section) == ("主要财务数据", "人民币百万元", ("4.财务概要", "4.1主要数据"))
    assert [(row.label, row.parents, [cell.text if cell else None for cell in row.cells]) for row in table.rows] == [
        ("贷款总额", (), ["4,974", "60.00"]),
        ("其中：公司贷款", ("贷款总额",), ["(1,740)", "-"]),
    ]
    assert table.notes == ("注(1)：根据规定计算。",)
    kinds = [(block.kind, block.text) for block in document.blocks]
    assert (BlockKind.PARAGRAPH, "本行2023年实现净利润61.04亿元，同比增长5.00%。") in kinds
    assert [(block.text, block.level) for block in document.blocks if block.kind is BlockKind.HEADING][1:] == [
        ("4.财务概要", 1),
        ("4.1主要数据", 2),
        ("4.2其他", 2),
    ]
    assert document.blocks[-1].section == ("4.财务概要", "4.2其他")
    assert len(document.pages) == 1 and "贷款总额\t4,974" in document.pages[0].text


def test_scripts_styles_and_hidden_parts_are_dropped(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "<html><head><title>年报 页面</title><style>p{color:red}</style></head><body><script>alert('x')</script><!-- 注释 -->"
        "<p onclick='y()'>正文<b>加粗</b>文字</p><div style='display: none'>隐藏</div><p hidden>也隐藏</p></body></html>",
    )
    assert document.pages[0].text == "正文加粗文字"
    assert document.title == "年报 页面"


def test_pages_where_they_are_marked(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "<div class='page' id='page1'><p>第一页</p></div><div class='page' id='page2'><p>第二页</p>"
        "<table><tr><td>项目</td><td>2023年</td></tr><tr><td>资产</td><td>10</td></tr></table></div>"
        "<p style='page-break-before: always'>第三页</p>",
    )
    assert [page.text.splitlines()[0] for page in document.pages] == ["第一页", "第二页", "第三页"]
    assert document.tables[0].page == 2
    assert document.tables[0].rows[0].cells[0] is not None and document.tables[0].rows[0].cells[0].page == 2


def test_a_table_that_goes_on_after_a_page_break(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "<p>贷款</p><p>千元</p><table><tr><td>项目</td><td>2023年</td><td>2022年</td></tr><tr><td>甲</td><td>1</td><td>2</td></tr></table>"
        "<hr class='pagebreak'/><table><tr><td>乙</td><td>3</td><td>4</td></tr></table>",
    )
    second = document.tables[1]
    assert second.continued and second.page == 2 and second.unit == "千元"
    assert [column.headers for column in second.columns] == [("2023年",), ("2022年",)]


def test_nested_tables(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "<table><tr><td><p>左栏文字</p><table><tr><td>项目</td><td>2023年</td></tr><tr><td>资产</td><td>10</td></tr></table></td></tr></table>",
    )
    (table,) = document.tables
    assert table.rows[0].label == "资产"
    assert "左栏文字" in document.pages[0].text


def test_a_table_of_one_column_is_text(tmp_path: Path) -> None:
    document = read(tmp_path, "<table><tr><td>只有一栏</td></tr><tr><td>文字</td></tr></table>")
    assert document.tables == ()
    assert [block.text for block in document.blocks] == ["只有一栏", "文字"]


def test_thead_caption_and_wild_spans(tmp_path: Path) -> None:
    document = read(
        tmp_path,
        "<table><caption>存款结构（亿元）</caption><thead><tr><th>项目</th><th colspan='x'>2023年</th></tr></thead>"
        "<tbody><tr><td rowspan='9999'>个人</td><td>5</td></tr></tbody></table>",
    )
    (table,) = document.tables
    assert (table.title, table.unit) == ("存款结构", "亿元")


@pytest.mark.parametrize(
    "data",
    [
        "<html><meta charset='gb2312'><p>净利润增长</p></html>".encode("gb18030"),
        "<p>净利润增长</p>".encode("gb18030"),
        "\ufeff<p>净利润增长</p>".encode(),
        "\ufeff<p>净利润增长</p>".encode("utf-16-le"),
        "<html><meta charset='no-such'><p>净利润增长</p></html>".encode(),
    ],
)
def test_encodings(data: bytes) -> None:
    assert "净利润增长" in decode_html(data)


def test_numbered_levels_of_real_heading_tags(tmp_path: Path) -> None:
    document = read(tmp_path, "<h1>年报</h1><h2>经营情况</h2><p>文字</p><h2>风险</h2>")
    assert [block.level for block in document.blocks if block.kind is BlockKind.HEADING] == [1, 2, 2]
    assert document.blocks[2].section == ("年报", "经营情况")


@pytest.mark.parametrize("data", [b"", b"   ", b"<html><body><script>x</script></body></html>", b"<!-- -->"])
def test_files_without_text_are_errors(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentError, match="report.html"):
        read(tmp_path, data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["<table>", "</table>", "<tr>", "<td colspan=3>", "<td rowspan=2>", "</td>", "<p>", "</p>", "<h>", "1,234", "项目", "<div>", "\n", "&nbsp;"]), max_size=30))
def test_broken_markup_never_breaks_the_reader(tmp_path: Path, parts: list[str]) -> None:
    document = read(tmp_path, "<p>始</p>" + "".join(parts))
    assert document.pages[0].text.startswith("始")
    assert all(len(row.cells) == len(table.columns) for table in document.tables for row in table.rows)
