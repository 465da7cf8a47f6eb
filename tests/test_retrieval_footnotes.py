"""Footnotes joined to the rows that bear their mark: every kind of mark, below the table or on the next page, and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.chunking import ChunkKind, chunk_document
from retrieval.documents import Document, Table
from retrieval.footnotes import Footnote, footnotes, with_footnotes
from tests.small_library import document, table

TEXT = "以业务及管理费除以营业收入计算。"


def report(label: str, *after: str | Table, next_page: Sequence[str | Table] = ()) -> Document:
    """A report with one row of this label, and what stands below it and on the page after."""
    first = table(1, "主要指标", [("营业收入", ("100", "90")), (label, ("31.52", "32.26"))], unit="%")
    return document("某银行2023年年度报告", [("", [first, *after]), *([("", list(next_page))] if next_page else [])])


@pytest.mark.parametrize(("label", "note"), [
    ("成本收入比(5)", f"(5){TEXT}"),
    ("成本收入比（5）", f"（5）{TEXT}"),
    ("成本收入比（5）", f"(5) {TEXT}"),
    ("成本收入比(5)", f"注(5)：{TEXT}"),
    ("成本收入比(5)", f"注：(5){TEXT}"),
    ("成本收入比(5)", f"5. {TEXT}"),
    ("成本收入比(5)", f"5、{TEXT}"),
    ("成本收入比(注5)", f"注5：{TEXT}"),
    ("成本收入比 注5", f"注5：{TEXT}"),
    ("成本收入比[5]", f"[5] {TEXT}"),
    ("成本收入比①", f"①{TEXT}"),
    ("成本收入比①", f"注：①{TEXT}"),
    ("成本收入比*", f"* {TEXT}"),
    ("成本收入比＊", f"＊{TEXT}"),
    ("成本 收入比(5)：", f"注(5)：{TEXT}"),
])  # fmt: skip
def test_every_kind_of_mark(label: str, note: str) -> None:
    assert footnotes(report(label, note)) == [Footnote("成本收入比", TEXT, 1)]


@pytest.mark.parametrize(("label", "note"), [
    ("成本收入比(5)", f"(6){TEXT}"),
    ("成本收入比", f"(5){TEXT}"),
    ("成本收入比(5)", "(5)略"),
    ("成本收入比(5)", f"(5){TEXT * 30}"),
    ("成本收入比(5)", "报告期内成本收入比下降5.2个百分点。"),
    ("成本收入比(%)", f"(5){TEXT}"),
])  # fmt: skip
def test_a_note_that_no_row_bears_or_that_says_nothing(label: str, note: str) -> None:
    assert footnotes(report(label, note)) == []


def test_several_notes_in_one_paragraph_are_told_apart() -> None:
    rows = table(1, "主要指标", [("成本收入比(1)", ("31", "32")), ("净息差(2)", ("2.1", "2.2")), ("净利差(2)", ("2.0", "2.1"))])
    found = footnotes(document("某银行年报", [("", [rows, f"注：(1){TEXT}(2)以利息净收入除以生息资产计算。"])]))
    assert [(note.label, note.text[:5]) for note in found] == [("成本收入比", "以业务及管"), ("净息差", "以利息净收"), ("净利差", "以利息净收")]


def test_a_label_with_two_marks_has_both_notes() -> None:
    rows = table(1, "主要指标", [("净利差(1)(2)", ("2.0", "2.1"))])
    found = footnotes(document("某银行年报", [("", [rows, "(1)以日均余额计算。", "(2)年化后列示。"])]))
    assert {note.text for note in found} == {"以日均余额计算。", "年化后列示。"}


def test_a_note_may_stand_on_the_next_page() -> None:
    assert footnotes(report("成本收入比(5)", next_page=[f"注(5)：{TEXT}"])) == [Footnote("成本收入比", TEXT, 2)]
    assert footnotes(report("成本收入比(5)", "正文。", next_page=["正文。", f"(5){TEXT}"])) == [Footnote("成本收入比", TEXT, 2)]


def test_a_note_two_pages_on_belongs_to_something_else() -> None:
    first = table(1, "主要指标", [("成本收入比(5)", ("31", "32"))])
    assert footnotes(document("某银行年报", [("", [first]), ("", ["正文。"]), ("", [f"(5){TEXT}"])])) == []


def test_the_next_pages_table_keeps_its_own_notes() -> None:
    own = table(2, "其他指标", [("净息差(5)", ("2.1", "2.2"))])
    found = footnotes(report("成本收入比(5)", next_page=[own, "(5)以利息净收入除以生息资产计算。"]))
    assert found == [Footnote("净息差", "以利息净收入除以生息资产计算。", 2)]


def test_the_first_note_of_a_mark_is_the_one() -> None:
    assert footnotes(report("成本收入比(5)", f"(5){TEXT}", next_page=["(5)另一条说明文字。"])) == [Footnote("成本收入比", TEXT, 1)]


def test_a_note_is_found_under_the_label_that_it_explains() -> None:
    made = report("成本收入比(5)", f"注(5)：{TEXT}")
    chunks = chunk_document(made)
    *before, note = with_footnotes(made, chunks)
    assert before == chunks
    assert (note.kind, note.title, note.text, note.page, note.document) == (ChunkKind.NOTE, "成本收入比", f"成本收入比：{TEXT}", 1, made.key)
    assert note.ordinal == max(chunk.ordinal for chunk in chunks) + 1


def test_a_document_without_notes_stays_as_it_is() -> None:
    made = report("成本收入比")
    chunks = chunk_document(made)
    assert with_footnotes(made, chunks) == chunks and with_footnotes(made, []) == []
