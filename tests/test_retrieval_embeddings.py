"""Embedding models: our static one against sentence-transformers' own reading of the same files, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from data.errors import RetrievalError
from retrieval.search.embeddings import SentenceTransformerEmbedder, StaticEmbedder, embedder

ROOT = Path(__file__).parents[1]
WORDS = ["[UNK]", "净", "息", "差", "不", "良", "率"]


def static_model(folder: Path, rows: int = len(WORDS), tensors: dict[str, np.ndarray] | None = None) -> Path:
    """A model of seven tokens and three dimensions."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    weights = np.random.default_rng(0).normal(size=(rows, 3)).astype(np.float32)
    save_file(tensors or {"embedding.weight": weights}, folder / "model.safetensors")
    return folder


def test_a_text_is_the_mean_of_its_tokens(tmp_path: Path) -> None:
    weights = np.eye(7, 3, dtype=np.float32) + 1
    model = StaticEmbedder(static_model(tmp_path / "m", tensors={"embedding.weight": weights}))
    (found,) = model.encode(["净息"])
    mean = (weights[1] + weights[2]) / 2
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), rtol=1e-6)
    assert (model.name, model.dimension) == ("m", 3) and found.dtype == np.float32


def test_vectors_have_length_one_or_zero(tmp_path: Path) -> None:
    model = StaticEmbedder(static_model(tmp_path / "m"))
    found = model.encode(["净息差", "", "不良率" * 500])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0, 1], atol=1e-6)
    assert model.encode([]).shape == (0, 3)


def test_it_reads_what_sentence_transformers_reads(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    folder = static_model(tmp_path / "m")
    # In a process of its own: torch's import is noisy, and no other test should pay for it.
    code = (
        "import sys, json, numpy; from sentence_transformers.sentence_transformer.modules import StaticEmbedding as S;"
        "from tokenizers import Tokenizer; from safetensors.numpy import load_file;"
        "s = S(Tokenizer.from_file(sys.argv[1] + '/tokenizer.json'), embedding_weights=load_file(sys.argv[1] + '/model.safetensors')['embedding.weight']);"
        "f = s.preprocess(['净息差', '不良']) if hasattr(s, 'preprocess') else s.tokenize(['净息差', '不良']); print(json.dumps(s(f)['sentence_embedding'].tolist()))"
    )
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(folder)], capture_output=True, text=True, cwd=ROOT, check=True)
    theirs = np.array(json.loads(ran.stdout.splitlines()[-1]), dtype=np.float32)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    np.testing.assert_allclose(StaticEmbedder(folder).encode(["净息差", "不良"]), theirs, atol=1e-5)


def test_an_int8_matrix_with_scales(tmp_path: Path) -> None:
    scale = np.full((7, 1), 0.5, dtype=np.float32)
    model = StaticEmbedder(static_model(tmp_path / "m", tensors={"embedding.weight": np.arange(21, dtype=np.int8).reshape(7, 3), "scale": scale}))
    expected = np.array([3, 4, 5], dtype=np.float32)
    np.testing.assert_allclose(model.encode(["净"])[0], expected / np.linalg.norm(expected), rtol=1e-6)


def test_the_name_tells_the_version(tmp_path: Path) -> None:
    folder = static_model(tmp_path / "caizhi-embedding")
    (folder / "manifest.json").write_text('{"version": "1.2.0"}')
    assert StaticEmbedder(folder).name == "caizhi-embedding@1.2.0"


@pytest.mark.parametrize("spoil", ["tokenizer", "no-model", "weights", "few-rows", "other-tensor", "manifest"])
def test_damaged_models_are_told(tmp_path: Path, spoil: str) -> None:
    folder = static_model(tmp_path / "m", rows=3 if spoil == "few-rows" else len(WORDS))
    if spoil == "tokenizer":
        (folder / "tokenizer.json").write_text("{")
    if spoil == "no-model":
        (folder / "tokenizer.json").write_text("{}")
    if spoil == "weights":
        (folder / "model.safetensors").write_bytes(b"\x00" * 40)
    if spoil == "other-tensor":
        save_file({"other": np.zeros((7, 3), dtype=np.float32)}, folder / "model.safetensors")
    if spoil == "manifest":
        (folder / "manifest.json").write_text("{")
    with pytest.raises(RetrievalError, match="向量模型"):
        assert StaticEmbedder(folder).name and StaticEmbedder(folder).encode(["净"])


def test_models_by_setting(tmp_path: Path) -> None:
    assert embedder("none") is None
    assert isinstance(embedder(str(static_model(tmp_path / "m"))), StaticEmbedder)
    named = embedder("BAAI/bge-small-zh-v1.5")
    assert isinstance(named, SentenceTransformerEmbedder) and named.name == "BAAI/bge-small-zh-v1.5"
    layers = {f"layer.{place}": np.zeros((2, 2), dtype=np.float32) for place in range(9)}
    assert isinstance(embedder(str(static_model(tmp_path / "bert", tensors=layers))), SentenceTransformerEmbedder)
    (static_model(tmp_path / "saved") / "modules.json").write_text("[]")
    assert isinstance(embedder(str(tmp_path / "saved")), StaticEmbedder)
    with pytest.raises(RetrievalError, match="没有向量模型"):
        embedder(str(tmp_path / "absent"))


def test_no_torch_is_loaded(tmp_path: Path) -> None:
    folder = static_model(tmp_path / "m")
    code = "import sys; from pathlib import Path; from retrieval.search.embeddings import StaticEmbedder; StaticEmbedder(Path(sys.argv[1])).encode(['净']);print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, cwd=ROOT, check=True)
    assert ran.stdout.strip() == "set()"
