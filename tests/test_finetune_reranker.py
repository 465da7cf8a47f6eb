"""A tiny training of the small BERT: export, parity, and the shipped model's size."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from finetune.retrieval_data import groups
from retrieval.bert_reranker import BERT
from retrieval.search.embeddings import MODELS
from retrieval.search.flagged_bert import SPECIALS, Encoder, FlaggedBert

pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")


def test_training_writes_a_model_that_serves(tmp_path: Path) -> None:
    from finetune.reranker import Plan, train

    plan = Plan(reports=1, per_report=8, held=1, others=3, steps=3, groups_a_step=2, hidden=16, layers=1, heads=2, length=48)
    manifest = train(plan, tmp_path, "python -m finetune.reranker")
    assert manifest["metrics"]["parity"] < 0.2
    assert {"model.onnx", "tokenizer.json", "config.json"} <= set(manifest["files"])
    group = next(groups([910_000], 8))
    scores = FlaggedBert(tmp_path).scores(group.question, group.passages)
    assert scores.shape == (len(group.passages),) and len(set(scores.tolist())) > 3
    vocabulary = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    assert [vocabulary[token] for token in SPECIALS] == list(range(len(SPECIALS)))


def test_the_tokenizer_file_and_the_encoder_number_characters_alike(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    from finetune.reranker import Plan, vocabulary_of, write_tokenizer

    group = next(groups([910_001], 8, richness=0.35))
    vocabulary = vocabulary_of([group], 500)
    write_tokenizer(tmp_path, vocabulary, Plan())
    ids = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode("不良 贷款ＲＯＥ", add_special_tokens=False).ids
    assert ids == [vocabulary.get(char, vocabulary["[UNK]"]) for char in "不良贷款roe"]


def test_an_example_has_the_right_candidate_first() -> None:
    from finetune.reranker import examples_of, vocabulary_of

    group = next(groups([910_002], 8, richness=0.35))
    encoder = Encoder(vocabulary_of([group], 500), 64)
    example = next(examples_of(group, encoder, 3, random.Random(0)))
    best = max(group.grades)
    right = [encoder.encode(group.question, [passage])[0] for passage, grade in zip(group.passages, group.grades, strict=True) if grade == best]
    assert example.encoded[0] in right and len(example.encoded) == 4


@pytest.mark.skipif(not (MODELS / BERT).is_dir(), reason="no small BERT is shipped")
def test_the_shipped_model_is_small() -> None:
    assert sum(path.stat().st_size for path in (MODELS / BERT).iterdir()) < 6 * 2**20
