"""A tiny training of the embedding, and that its folder is read without torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.search.embeddings import MODELS, StaticEmbedder

pytest.importorskip("sentence_transformers")
pytestmark = pytest.mark.filterwarnings("ignore")


def test_training_writes_a_folder_that_serves(tmp_path: Path) -> None:
    from finetune.embedding import Plan, train

    plan = Plan(reports=1, per_report=6, rounds=1, held=1, vocabulary=800, dimension=16, epochs=1, batch=64)
    manifest = train(plan, tmp_path, "python -m finetune.embedding")
    assert manifest == json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["data"]["triples"] > 2000 and len(manifest["data"]["sha256"]) == 64
    assert "python -m finetune.embedding" in (tmp_path / "CARD.md").read_text(encoding="utf-8")
    model = StaticEmbedder(tmp_path)
    vectors = model.encode(["不良贷款率", "不良贷款率", "董事会", "1,234.5"])
    assert vectors.shape == (4, 16)
    assert np.allclose(vectors[0], vectors[1]), "no dropout is left in the tokenizer"
    assert np.allclose(np.linalg.norm(vectors[:3], axis=1), 1, atol=1e-5)
    assert not vectors[3].any(), "numbers say nothing"


@pytest.mark.skipif(not (MODELS / "caizhi-embedding").is_dir(), reason="no embedding is shipped")
def test_the_shipped_embedding_knows_what_analysts_mean() -> None:
    folder = MODELS / "caizhi-embedding"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 8 * 2**20
    model = StaticEmbedder(folder)
    asked, right, wrong = model.encode(["烂账占比"]), model.encode(["不良贷款率"]), model.encode(["董事会召开会议次数"])
    assert float((asked @ right.T)[0, 0]) > float((asked @ wrong.T)[0, 0]) + 0.2
