"""The second stage: the trees against XGBoost, the small BERT's input, the bundled models, and a real cross-encoder by path."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import RetrievalError
from data.ports import Passage
from retrieval.bert_reranker import BERT, RANKING, RANKING_FILE, RERANKER_FEATURES, BERTReranker, CrossEncoderReranker, reranker
from retrieval.search.embeddings import MODELS
from retrieval.search.flagged_bert import CLASS, HEAD, NUMBER, PAD, SEPARATOR, TEXT, UNKNOWN, WHOLE, Encoder, FlaggedBert
from retrieval.search.match_text import Question
from retrieval.search.tree_ranking import TreeRanking

STATED = Passage(
    "d-1", "资产质量 不良贷款情况", "贷款五级分类（人民币百万元） | 不良贷款：2023年12月31日 1,234；2022年12月31日 1,111", "某行2023年年度报告", 30, 10.0, kind="row",
    indicators=("npl_balance",),
)
MENTION = Passage("d-2", "公司治理 会议", "董事会听取了关于不良贷款的报告。", "某行2023年年度报告", 70, 10.5, kind="text")
OTHER = Passage("d-3", "员工情况", "报告期末在职员工12,345人。", "某行2023年年度报告", 60, 4.0, kind="text")


def tree(feature: int, threshold: float, low: float, high: float) -> dict[str, object]:
    return {"left": [1, -1, -1], "right": [2, -1, -1], "feature": [feature, 0, 0], "value": [threshold, low, high], "missing_left": [1, 0, 0]}


def write_ranking(models: Path, feature: str) -> None:
    folder = models / RANKING
    folder.mkdir(parents=True)
    content = {"features": RERANKER_FEATURES, "trees": [tree(RERANKER_FEATURES.index(feature), 0.5, -1.0, 1.0)]}
    (folder / RANKING_FILE).write_text(json.dumps(content), encoding="utf-8")


def test_bundled_reranker_keeps_every_passage_and_sorts_them() -> None:
    found = BERTReranker().rerank("坏账余额有多少", [MENTION, STATED, OTHER], 3)
    assert found[-1].id != "d-1"  # the passage that states the value is never the last
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    assert all(0 <= passage.score <= 1 for passage in found)
    assert {passage.id for passage in found} == {"d-1", "d-2", "d-3"}
    assert replace(next(passage for passage in found if passage.id == "d-1"), score=STATED.score) == STATED


def test_top_k_and_nothing() -> None:
    served = BERTReranker()
    assert len(served.rerank("坏账", [MENTION, STATED, OTHER], 2)) == 2
    assert served.rerank("坏账", [], 5) == []
    assert served.rerank("坏账", [MENTION], 0) == []


def test_fifty_candidates_within_the_budget() -> None:
    served = BERTReranker()
    results = [replace(STATED, id=f"d-{place}", page=place // 3, text=STATED.text + "，主要由于部分行业客户风险上升" * 10, score=50.0 - place) for place in range(50)]
    served.rerank("坏账余额有多少", results, 50)
    spent = []
    for _ in range(5):
        began = time.process_time()
        served.rerank("坏账余额有多少", results, 50)
        spent.append(time.process_time() - began)
    # 150 ms on two cores; processor time of both, with room for a busy machine.
    assert statistics.median(spent) < 0.45


def test_without_a_ranking_results_stay_as_they_are(tmp_path: Path) -> None:
    assert BERTReranker(tmp_path).rerank("坏账", [MENTION, STATED], 2) == [MENTION, STATED]
    assert reranker(models=tmp_path) is None
    assert reranker("none") is None


def test_without_a_bert_the_trees_alone_decide(tmp_path: Path) -> None:
    write_ranking(tmp_path, "row")
    found = BERTReranker(tmp_path).rerank("坏账", [MENTION, STATED, OTHER], 3)
    assert [passage.id for passage in found] == ["d-1", "d-2", "d-3"]


def test_damaged_or_foreign_files_are_named(tmp_path: Path) -> None:
    write_ranking(tmp_path, "row")
    path = tmp_path / RANKING / RANKING_FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"features": ["score"]}), encoding="utf-8")
    with pytest.raises(RetrievalError, match="特征"):
        BERTReranker(tmp_path).rerank("坏账", [MENTION], 1)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(RetrievalError, match="读不出来"):
        BERTReranker(tmp_path).rerank("坏账", [MENTION], 1)


def test_trees_send_missing_values_where_training_sent_them() -> None:
    ranking = TreeRanking.of(("a", "b"), [tree(0, 0.5, -1.0, 1.0), {"left": [-1], "right": [-1], "feature": [0], "value": [0.25], "missing_left": [0]}])
    rows = np.array([[0.4, 0], [0.5, 0], [np.nan, 0]], dtype=np.float32)
    assert ranking.scores(rows).tolist() == [-0.75, 1.25, -0.75]


def vocabulary(text: str) -> dict[str, int]:
    return {token: number for number, token in enumerate([PAD, UNKNOWN, CLASS, SEPARATOR, NUMBER, *dict.fromkeys(text)])}


def test_flags_mark_what_question_and_passage_share() -> None:
    words = vocabulary("坏账不良贷款：年月日公司治理董事会")
    encoder = Encoder(words, 96)
    question = Question("坏账", "坏账", ((("坏账", 0.5), ("不良贷款", 0.7)),))
    row, text = encoder.encode(question, [STATED, replace(MENTION, text="不良的贷款")])
    whole = [words[char] for char in "不良贷款"]
    at = next(place for place in range(len(row.ids)) if row.ids[place : place + 4] == whole and row.types[place] == TEXT + WHOLE)
    assert row.types[at : at + 4] == [TEXT + WHOLE] * 4
    assert row.ids.count(words[NUMBER]) >= 2, "a number is one token"
    assert TEXT + WHOLE not in text.types and TEXT + 2 in text.types
    assert row.types[0] == 0 and HEAD + WHOLE in row.types
    assert len(Encoder(words, 12).encode(question, [STATED])[0].ids) == 12


@pytest.mark.skipif(not (MODELS / BERT / FlaggedBert.WEIGHTS).is_file(), reason="no small BERT is shipped")
def test_scores_do_not_depend_on_the_batch() -> None:
    served = FlaggedBert(MODELS / BERT)
    question = Question("坏账", "坏账", ((("坏账", 0.5), ("不良贷款", 0.7)),))
    together = served.scores(question, [STATED, MENTION, OTHER])
    alone = [float(served.scores(question, [passage])[0]) for passage in (STATED, MENTION, OTHER)]
    assert together.tolist() == pytest.approx(alone, abs=0.15)


def test_damaged_bert_is_named(tmp_path: Path) -> None:
    (tmp_path / FlaggedBert.WEIGHTS).write_bytes(b"no model")
    with pytest.raises(RetrievalError, match="读不出来"):
        FlaggedBert(tmp_path).scores(Question("坏账"), [STATED])
    (tmp_path / FlaggedBert.TOKENIZER).write_text(json.dumps({"model": {"vocab": vocabulary("坏账")}}), encoding="utf-8")
    (tmp_path / FlaggedBert.CONFIG).write_text('{"max_length": 32}', encoding="utf-8")
    with pytest.raises(RetrievalError, match="读不出来"):
        FlaggedBert(tmp_path).scores(Question("坏账"), [STATED])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_any_cross_encoder_by_path(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast  # type: ignore[attr-defined]

    words = [PAD, UNKNOWN, CLASS, SEPARATOR, "[MASK]", *dict.fromkeys("坏账不良贷款率员工情况董事会报告年月日")]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(vocab=str(tmp_path / "vocab.txt"), model_max_length=64).save_pretrained(tmp_path)
    config = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    served = reranker(str(tmp_path))
    assert isinstance(served, CrossEncoderReranker)
    found = served.rerank("坏账", [STATED, MENTION, OTHER], 2)
    assert len(found) == 2 and {passage.id for passage in found} < {"d-1", "d-2", "d-3"}
    assert CrossEncoderReranker(str(tmp_path), weight=0.0).rerank("坏账", [STATED, MENTION, OTHER], 3)[0].id == "d-2", "the first stage's own order"


def test_a_cross_encoder_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(RetrievalError, match="加载不了"):
        CrossEncoderReranker(str(tmp_path / "none")).rerank("坏账", [STATED], 1)
