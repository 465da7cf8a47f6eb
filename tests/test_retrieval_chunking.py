"""Cutting documents into passages: places, sizes, rows, contents pages, indicators."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from data.evidence import Evidence
from data.figures import Figure
from data.periods import Period
from data.units import Quantity, unit
from retrieval.chunking import LIMIT, TARGET, Chunk, ChunkKind, chunk_document
from retrieval.contents_page import is_contents
from retrieval.documents import Block, BlockKind, Cell, Column, Document, Page, Row, Table
from tests.small_library import bank_report, document, table


def paragraphs(*texts: str, page: int = 1) -> Document:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, page, ("甲",), box=(10, 10 * n, 90, 10 * n + 8)) for n, text in enumerate(texts))
    return Document("k" * 64, "a.pdf", "甲行年报", "pdf", (Page(page, "\n".join(texts)),), blocks)


def rows_of(chunks: list[Chunk]) -> list[Chunk]:
    return [chunk for chunk in chunks if chunk.kind is ChunkKind.ROW]


def test_a_row_can_be_read_alone() -> None:
    cells = (Cell("八、3", 4), Cell("1,234", 4), Cell("(56)", 4), None)
    columns = (Column(("附注",), note=True), Column(("2023年", "本集团")), Column(("2023年", "本行")), Column(("2022年",)))
    given = Table(4, columns, (Row("其中：住房贷款", cells, ("个人贷款",), 4, (1, 2, 3, 4)),), title="贷款结构", unit="百万元")
    (row,) = rows_of(chunk_document(document("报告", [("贷款", [given])])))
    assert row.text == "贷款结构（百万元） | 个人贷款 > 其中：住房贷款：2023年 本集团 1,234；2023年 本行 (56)"
    assert (row.page, row.box, row.title, row.section) == (4, (1, 2, 3, 4), "贷款结构", ("贷款",))
    assert "1,234" not in row.search_text and "2023年本集团" in row.search_text and "贷款结构" in row.search_text


def test_blanks_inside_words_are_not_searched() -> None:
    (chunk,) = chunk_document(paragraphs("净 利 润 2023 年 增 长\u3000ROE 上升"))
    assert chunk.text.startswith("净 利 润") and chunk.search_text.endswith("净利润 2023 年增长\u3000ROE 上升")


def test_words_in_cells_are_searched_and_empty_rows_are_not_chunks() -> None:
    given = table(1, "前十名股东", [("甲集团", ("国有法人", "10,000")), ("小计", ("", ""))], columns=("性质", "股数"))
    (row,) = rows_of(chunk_document(document("报告", [("", [given])])))
    assert "国有法人" in row.search_text and "小计" not in row.text


def test_a_table_over_two_pages_gives_each_page_its_rows() -> None:
    rows = (Row("甲", (Cell("1", 7),), page=7), Row("乙", (Cell("2", 8),), page=8))
    chunks = chunk_document(document("报告", [("", [Table(7, (Column(("2023年",)),), rows, title="表")])]))
    whole = [chunk for chunk in chunks if chunk.kind is ChunkKind.TABLE]
    assert [(chunk.page, "甲" in chunk.text, "乙" in chunk.text) for chunk in whole] == [(7, True, False), (8, False, True)]
    assert [chunk.page for chunk in rows_of(chunks)] == [7, 8]


def test_short_paragraphs_are_merged_and_long_ones_cut_at_sentences() -> None:
    short = chunk_document(paragraphs("第一句。", "第二句。"))
    assert [chunk.text for chunk in short] == ["第一句。\n第二句。"] and short[0].box == (10, 0, 90, 18)
    sentence = "本行资产质量保持稳定，风险抵补能力充足。"
    long = chunk_document(paragraphs(sentence * 60))
    assert "".join(chunk.text for chunk in long) == sentence * 60
    assert all(chunk.text.endswith("。") and len(chunk.text) <= LIMIT for chunk in long) and len(long) > 3


def test_paragraphs_of_two_pages_or_sections_are_not_merged() -> None:
    blocks = (
        Block(BlockKind.PARAGRAPH, "甲。", 1, ("一",)), Block(BlockKind.PARAGRAPH, "乙。", 2, ("一",)), Block(BlockKind.PARAGRAPH, "丙。", 2, ("二",)),
        Block(BlockKind.NOTE, "注：丁。", 2, ("二",)),
    )
    chunks = chunk_document(Document("k" * 64, "a", "a", "pdf", (Page(1, ""), Page(2, "")), blocks))
    assert [(chunk.page, chunk.section, chunk.kind.value) for chunk in chunks] == [(1, ("一",), "text"), (2, ("一",), "text"), (2, ("二",), "text"), (2, ("二",), "note")]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("甲乙，。；！ab1", min_size=1, max_size=900).filter(str.strip), min_size=1, max_size=5))
def test_no_text_is_lost_and_no_chunk_is_too_long(texts: list[str]) -> None:
    chunks = chunk_document(paragraphs(*texts))
    assert "".join(chunk.text for chunk in chunks).replace("\n", "") == "".join(text.strip() for text in texts)
    assert all(len(chunk.text) <= LIMIT + TARGET for chunk in chunks)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))


def test_ids_are_the_same_at_every_parsing_and_unique() -> None:
    first, second = chunk_document(bank_report("甲")), chunk_document(bank_report("甲"))
    assert first == second and len({chunk.id for chunk in first}) == len(first)
    assert first[0].id != chunk_document(bank_report("乙"))[0].id


def test_a_contents_page_is_told_apart() -> None:
    kinds = {chunk.page: chunk.kind for chunk in chunk_document(bank_report("甲"))}
    assert kinds[1] is ChunkKind.CONTENTS and ChunkKind.CONTENTS not in (kinds[2], kinds[3], kinds[4])
    assert is_contents("目录\n公司简介 3\n财务概要 10\n股份变动 99") and not is_contents("贷款总额 1,234\n存款总额 5,678")


def test_a_document_without_blocks_is_cut_by_its_lines() -> None:
    chunks = chunk_document(Document("k" * 64, "a.txt", "a", "text", (Page(1, "第一行\n\n第二行"), Page(2, "第三行"))))
    assert [(chunk.page, chunk.text) for chunk in chunks] == [(1, "第一行\n第二行"), (2, "第三行")]
    assert chunk_document(Document("k" * 64, "a.txt", "a", "text", (Page(1, " \n "),))) == []


def test_figures_tell_what_a_chunk_is_about() -> None:
    def figure(indicator: str, evidence: Evidence) -> Figure:
        return Figure(
            entity="甲", entity_id="", indicator=indicator, indicator_id=indicator, period=Period.parse("2023"),
            quantity=Quantity(Decimal("1.05"), unit("%")), evidence=[evidence],
        )

    given = [figure("npl_ratio", Evidence("甲", 2, row="不良贷款率")), figure("npl_balance", Evidence("甲", 2, quote="不良贷款余额为一百二十亿元"))]
    chunks = chunk_document(bank_report("甲"), given)
    assert [(chunk.kind.value, chunk.indicators) for chunk in chunks if chunk.indicators] == [("row", ("npl_ratio",)), ("text", ("npl_balance",))]
