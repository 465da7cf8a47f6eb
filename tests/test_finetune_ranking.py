"""A tiny training of the ranking: its trees score as XGBoost's do, and the shipped ones fit this program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from data.ports import Passage
from finetune.ranking import Plan, evaluate, fit, page_measures, ranked, train, trees_of, write_trees
from finetune.retrieval_data import groups
from retrieval.bert_reranker import RANKING, RANKING_FILE, RERANKER_FEATURES
from retrieval.search.embeddings import MODELS
from retrieval.search.tree_ranking import TreeRanking

pytest.importorskip("xgboost")


def test_numpy_scores_the_trees_as_xgboost_does(tmp_path: Path) -> None:
    import xgboost

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, len(RERANKER_FEATURES))).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    grades = (np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 3]) > 0.5).astype(int)
    model = xgboost.XGBRanker(objective="rank:ndcg", n_estimators=25, max_depth=4, base_score=0.0, n_jobs=1)
    model.fit(rows, grades, group=[30] * 10)
    write_trees(tmp_path / "r.json", trees_of(json.loads(model.get_booster().save_raw("json"))))
    served = TreeRanking.read(tmp_path / "r.json").scores(rows)
    assert np.allclose(served, model.predict(rows), atol=1e-4)


def test_training_writes_a_ranking_that_beats_the_first_stage_where_it_was_trained(tmp_path: Path) -> None:
    manifest = train(Plan(reports=2, per_report=15, held=1, trees=30, richness=0.3), tmp_path / "models", tmp_path / "out", "python -m finetune.ranking")
    assert manifest["data"]["bert"] is False and manifest["metrics"]["groups"] > 5
    made = ranked(groups(range(3000, 3003), 15, richness=0.3), None)
    trees = fit(Plan(trees=60), made)
    write_trees(tmp_path / "r.json", trees)
    found = evaluate(TreeRanking.read(tmp_path / "r.json"), made)
    assert found["mrr@10_ranking"] > found["mrr@10_first_stage"]


def test_page_measures_count_pages_not_passages() -> None:
    passages = [Passage(str(place), "", "", "d", page, 1.0) for place, page in enumerate((4, 4, 4, 9, 7))]
    assert page_measures(passages, {9}) == (0.0, 1.0, 0.5)
    assert page_measures(passages, {4, 7}) == (1.0, 1.0, 1.0)
    assert page_measures(passages, {1}) == (0.0, 0.0, 0.0)


@pytest.mark.skipif(not (MODELS / RANKING).is_dir(), reason="no ranking is shipped")
def test_the_shipped_ranking_fits_this_program() -> None:
    path = MODELS / RANKING / RANKING_FILE
    assert path.stat().st_size < 2**20
    assert TreeRanking.read(path).features == RERANKER_FEATURES
    metrics = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["mrr@10_ranking"] > metrics["mrr@10_first_stage"] + 0.05
