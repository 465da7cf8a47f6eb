"""Scores brought together: wordings, vectors, pages."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data.indicators import indicator_catalogue
from retrieval.chunking import Chunk, ChunkKind, chunk_document
from retrieval.search.chunk_index import ChunkIndex
from retrieval.search.expansion import QueryExpander
from retrieval.search.fusion import Stages, Weights, fused, lexical_scores, order_of, page_scores
from tests.small_library import document, table

EXPANDER = QueryExpander(indicator_catalogue(), [{"say": ["不良贷款", "问题贷款"], "keys": ["烂账"]}, {"say": ["净资产"], "keys": ["家底"]}])
ON, OFF = Stages(), Stages(expansion=False)


def index(*texts: str) -> ChunkIndex:
    return ChunkIndex([Chunk("d" * 64, place, place + 1, ChunkKind.TEXT, text) for place, text in enumerate(texts)])


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_a_wording_finds_what_the_word_does_not() -> None:
    made = index("不良贷款余额十亿元", "营业网点稳步增长", "资产质量良好")
    scores = lexical_scores(made, EXPANDER.expand("烂账"), Weights(), ON)
    assert scores.argmax() == 0 and scores[1] == 0 and scores[2] < scores[0] / 5
    assert not lexical_scores(made, EXPANDER.expand("烂账"), Weights(), OFF).any()


def test_a_group_counts_as_its_best_wording() -> None:
    one, both = index("不良贷款增加", "其他"), index("不良贷款问题贷款", "其他")
    expansion = EXPANDER.expand("烂账")
    alone = lexical_scores(one, expansion, Weights(), ON)[0]
    assert lexical_scores(both, expansion, Weights(), ON)[0] < 1.5 * alone


def test_slang_that_no_page_holds_is_not_matched_by_its_characters() -> None:
    made = index("家庭底层布局", "净资产为十亿元")
    scores = lexical_scores(made, EXPANDER.expand("家底"), Weights(), ON)
    assert scores.argmax() == 1 and scores[0] < scores[1] / 3
    held = index("家底厚实", "净资产为十亿元")
    assert lexical_scores(held, EXPANDER.expand("家底"), Weights(), ON)[0] > 0


def test_a_whole_wording_beats_its_scattered_characters() -> None:
    made = index("不良贷款", "贷款不良", "其他内容", "别的内容")
    scores = lexical_scores(made, EXPANDER.expand("烂账"), Weights(), ON)
    assert scores[0] > 1.5 * scores[1]


def test_phrases_are_found_over_blanks_and_forms_but_not_over_lines() -> None:
    made = index("净 利 润１２３", "净利\n润", "利润", "净利差")
    assert made.holders("净利润") == {0: 1} and made.holders("") == {} and made.holders("不存在的话") == {}


def test_a_rare_wording_does_not_outweigh_the_common_one() -> None:
    made = index(*["不良贷款余额"] * 3, "问题贷款余额", *["其他内容"] * 9)
    scores = lexical_scores(made, EXPANDER.expand("烂账"), Weights(), ON)
    assert abs(scores[0] - scores[3]) < 0.5 * scores[0]
    rarest = lexical_scores(made, EXPANDER.expand("问题贷款"), Weights(), OFF)
    assert rarest[3] > 1.5 * rarest[0]


def test_a_row_that_bears_the_name_comes_first() -> None:
    cells = ("1", "2")
    given = table(1, "指标", [("不良贷款迁徙率合计数", cells), ("其中：不良贷款(1)", cells), ("不良贷款减值", cells)])
    made = ChunkIndex([chunk for chunk in chunk_document(document("报告", [("", [given])])) if chunk.kind is ChunkKind.ROW])
    scores = lexical_scores(made, EXPANDER.expand("烂账"), Weights(), ON)
    assert scores.argmax() == 1 and scores[1] > scores[2] + 2 and made.rows_called("不良贷款") == [1] and made.rows_called("不良") == []


def test_vectors_count_as_a_share_of_the_best_score() -> None:
    assert fused(array(20, 0, 10), array(0.0, 0.8, 0.4), 0.25).tolist() == [20.0, 5.0, 12.5]
    poor = fused(np.eye(1, 1000, dtype=np.float32)[0], np.eye(1, 1000, 1, dtype=np.float32)[0], 0.5)
    assert poor[1] > 3 > poor[0] == 1, "a poor match of words leaves it to the vectors"
    lexical = array(3, 1)
    assert fused(lexical, array(0, 0), 0.3) is lexical and fused(lexical, array(1, 1), 0) is lexical
    assert fused(array(0, 24), array(-0.5, 0.5), 0.5).tolist() == [0.0, 36.0]


def test_a_page_counts_its_best_chunk_and_a_little_of_the_others() -> None:
    pages = np.array([0, 0, 1, 0, 2])
    assert page_scores(array(4, 2, 5, 1, 0), pages, 0.1).tolist() == [np.float32(4.3)] * 2 + [5.0, np.float32(4.3), 0.0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 9, width=32)), min_size=1, max_size=30))
def test_page_scores_by_hand(rows: list[tuple[int, float]]) -> None:
    numbers = {page: place for place, page in enumerate(dict.fromkeys(page for page, _ in rows))}
    pages, scores = np.array([numbers[page] for page, _ in rows]), array(*(score for _, score in rows))
    for page, found in zip(pages, page_scores(scores, pages, 0.2), strict=True):
        best, *others = sorted((score for at, score in zip(pages, scores, strict=True) if at == page), reverse=True)
        assert abs(float(best) + 0.2 * float(sum(others[:4])) - found) < 1e-3


def test_order_is_by_score_then_place_and_leaves_out_zero() -> None:
    assert order_of(array(1, 3, 0, 3, 2), 3) == [1, 3, 4] and order_of(array(0, 0), 5) == [] and order_of(array(), 5) == []
