"""Reports: the document model of an audited answer, and its renderings, read back by a real parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from app.assistant import REPORT_FORMATS, Assistant
from data.errors import UsageError
from tests.small_ledger import small_assistant
from tools.report.document import Bullets, Document, Paragraph, Section, Table, parse_answer
from tools.report.html import to_html
from tools.report.markdown import to_markdown

ANSWER = """开头一句[1]。

## 业绩概览

招商银行2024年主要指标（集团口径）：

| 指标 | 数值 | 较2023年 |
|---|---|---|
| 营业收入 | 3,300.00亿元[1] | 增长6.45% |
| 净利润 | 1,660.00亿元[2] | — |

- 计算：甲 ÷ 乙。
- 依据：[1][2]

## 监管指标

**拨备覆盖率**：符合要求。

说明：
- 数据未经审计
- 口径不一致

来源：
[1] 招商银行2024年测试报告，第7页
[2] 另一份 https://example.com/a?b=1&c=2
"""
REQUEST = "写一份招商银行2024年的分析报告，和兴业银行对比"
_VOID = {"meta", "br", "hr", "link", "img"}


class Page(HTMLParser):
    """What a page says and refers to; fails on tags that do not pair."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.said: list[str] = []
        self.cells: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.said.append(data)
        if self.cells and {"td", "th"} & set(self._open):
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return "".join(self.said)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with small_assistant(tmp_path_factory.mktemp("home")) as assistant:
        yield assistant


def test_the_document_of_an_answer() -> None:
    document = parse_answer("标题", ANSWER, "生成于今天")
    assert [section.title for section in document.sections] == ["", "业绩概览", "监管指标"]
    assert document.sections[0].blocks == [Paragraph("开头一句[1]。")]
    table = Table(["指标", "数值", "较2023年"], [["营业收入", "3,300.00亿元[1]", "增长6.45%"], ["净利润", "1,660.00亿元[2]", "—"]])
    assert document.sections[1].blocks == [Paragraph("招商银行2024年主要指标（集团口径）："), table, Bullets(["计算：甲 ÷ 乙。", "依据：[1][2]"])]
    assert document.notes == ["数据未经审计", "口径不一致"]
    assert document.sources == ["[1] 招商银行2024年测试报告，第7页", "[2] 另一份 https://example.com/a?b=1&c=2"]


@pytest.mark.parametrize("text", ["", "\n\n", "一句话", "| 甲 |\n|---|", "- 一\n- 二", "说明：\n来源：", "说明：\n- 甲\n来源：\n[1] 乙"])
def test_any_answer_makes_a_document_and_both_renderings(text: str) -> None:
    document = parse_answer("标题", text)
    assert to_markdown(document).startswith("# 标题\n") and Page(to_html(document)).tags.count("h1") == 1


def test_markdown_read_back_is_the_same_document() -> None:
    document = parse_answer("标题", ANSWER)
    text = to_markdown(document)
    assert text.startswith("# 标题\n\n") and text.endswith("\n") and "\n\n\n" not in text
    body = text.removeprefix("# 标题\n\n").replace("## 说明\n\n", "说明：\n").replace("## 来源\n\n", "来源：\n")
    assert parse_answer("标题", body) == document


def test_html_pairs_its_tags_and_marks_lead_to_their_sources() -> None:
    page = Page(to_html(parse_answer("标题", ANSWER)))
    targets = {value.removeprefix("#") for _, name, value in page.attributes if name == "href"}
    anchors = {value for _, name, value in page.attributes if name == "id"}
    assert targets == anchors == {"source-1", "source-2"}
    assert page.cells == ["指标", "数值", "较2023年", "营业收入", "3,300.00亿元[1]", "增长6.45%", "净利润", "1,660.00亿元[2]", "—"]
    assert page.tags.count("strong") == 1 and "**" not in page.text


def test_html_reaches_nothing_outside() -> None:
    page = Page(to_html(parse_answer("标题", ANSWER)))
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert all(value.startswith("#") for _, name, value in page.attributes if name in ("href", "src", "action", "data"))
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    style = to_html(parse_answer("标题", "")).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert "https://example.com/a?b=1&c=2" in page.text, "an address is text for the reader, not a link"


NASTY = '<script>alert("1")</script> & "引号" \'单引号\' <b>'


def test_html_escapes_every_place() -> None:
    document = Document(NASTY, [Section(NASTY, [Paragraph(NASTY), Bullets([NASTY]), Table([NASTY], [[NASTY]])])], [NASTY], [f"[1] {NASTY}"], NASTY)
    page = Page(to_html(document))
    assert "script" not in page.tags and page.tags.count("b") == 0
    assert page.text.count(NASTY) == 10, "title twice, heading, paragraph, bullet, header, cell, note, source, footer"


def test_a_mark_is_only_a_number_in_brackets() -> None:
    page = Page(to_html(parse_answer("标题", "见[甲]、[1234]与[12]。")))
    assert [value for _, name, value in page.attributes if name == "href"] == ["#source-12"]


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


@pytest.mark.parametrize("fmt", sorted(REPORT_FORMATS))
def test_a_real_report_says_every_number_of_its_answer_and_no_other(opened: Assistant, fmt: str) -> None:
    answer = opened.ask(REQUEST)
    text = opened.report(REQUEST, fmt)
    said = Page(text).text if fmt == "html" else text
    extra = _numbers(said) - _numbers(answer["answer"]) - _numbers(opened.clock().date().isoformat())
    assert not extra and _numbers(answer["answer"]) <= _numbers(said)


def test_the_figures_of_a_real_report_are_those_of_the_fact_sheet(opened: Assistant) -> None:
    answer = opened.ask(REQUEST)
    cells = [cell for cell in Page(opened.report(REQUEST, "html")).cells if re.search(r"\d", cell)]
    assert len(cells) > 30
    held = {_digits(figure["value"]) for figure in answer["figures"]}
    for cell in cells:
        for number in re.findall(r"-?\d[\d,]*\.\d+", re.sub(r"\[\d+\]", "", cell)):
            assert any(_prints(value, number) for value in held), cell


def _digits(value: str) -> float:
    return float(value)


def _prints(value: float, number: str) -> bool:
    """Whether a value is printed so: itself, without its sign, or 百万元 as 亿元."""
    shown = abs(float(number.replace(",", "")))
    return any(abs(abs(value) / scale - shown) <= 0.0051 for scale in (1, 100))


def test_a_report_names_its_sections_its_sources_and_its_day(opened: Assistant) -> None:
    page = Page(opened.report(REQUEST, "html"))
    assert page.tags.count("h1") == 1 and "2025-06-30" in page.text
    for word in ("业绩概览", "资产质量", "同业对比", "来源", "招商银行2024年测试报告", "兴业银行2024年测试报告"):
        assert word in page.text
    markdown = opened.report(REQUEST, "md")
    assert markdown.startswith("# ") and "招商银行" in markdown.splitlines()[0]


def test_a_request_that_is_refused_and_an_unknown_format_are_usage_errors(opened: Assistant) -> None:
    with pytest.raises(UsageError, match="2031"):
        opened.report("写一份招商银行2031年的报告")
    with pytest.raises(UsageError, match="odt"):
        opened.report(REQUEST, "odt")
