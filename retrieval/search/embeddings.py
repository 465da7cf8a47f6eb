"""Turning texts into vectors: our own static model by default, any sentence-transformers model by name or path.

A static model is a matrix with one row per token; a text is the mean of its tokens' rows. That needs a tokenizer and numpy,
no torch, and encodes tens of thousands of texts a second. The files are those of sentence-transformers' StaticEmbedding
(tokenizer.json, model.safetensors), so that what it saved is read here and the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from data.errors import RetrievalError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

MODELS = Path(__file__).parents[2] / "data" / "models"
BUNDLED = "caizhi-embedding"
_TOKENIZER, _WEIGHTS, _MANIFEST = "tokenizer.json", "model.safetensors", "manifest.json"
_PACKAGES = ("faiss", "tokenizers", "safetensors")
_BATCH = 4096
_MOST_HEADER = 1 << 20
_STATIC_TENSORS = 2


class Embedder(Protocol):
    """Texts to unit vectors. name: what an index remembers, so that vectors of two models are never compared."""

    @property
    def name(self) -> str:
        """Name with version."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Vectors of length 1 (0 for a text without a known token), one row per text. query: these are questions."""


class StaticEmbedder:
    """A static model in a folder, read at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """Name of the folder, with the version that its manifest gives."""
        version = self._manifest.get("version")
        return f"{self._folder.name}@{version}" if version else self._folder.name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._matrix.shape[1])

    def encode(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """See Embedder. Questions and passages are encoded alike."""
        import numpy as np

        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = self._tokenizer.encode_batch(list(texts[start : start + _BATCH]), add_special_tokens=False)
            for row, encoding in enumerate(batch, start):
                if encoding.ids:
                    found[row] = self._matrix[encoding.ids].mean(axis=0)
        return _unit(found)

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        path = self._folder / _MANIFEST
        try:
            manifest: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
        except (OSError, ValueError) as error:
            raise RetrievalError(f"向量模型的说明 {path} 读不出来：{error}") from error
        return manifest

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        path = self._folder / _TOKENIZER
        try:
            text = path.read_text(encoding="utf-8")
            # The library raises a bare Exception for what is no tokenizer: what can be told apart is checked before.
            if "model" not in json.loads(text):
                raise ValueError("没有 model 一节")
        except (OSError, ValueError, TypeError) as error:
            raise RetrievalError(f"向量模型的分词表 {path} 读不出来：{error}") from error
        tokenizer: Tokenizer = Tokenizer.from_str(text)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _matrix(self) -> NDArray[np.float32]:
        """[tokens, dimension]; an int8 matrix comes with one scale per row."""
        import numpy as np
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self._folder / _WEIGHTS
        try:
            tensors = load_file(path)
        except (OSError, SafetensorError) as error:
            raise RetrievalError(f"向量模型的权重 {path} 读不出来：{error}") from error
        matrix = next((tensors[name] for name in ("embedding.weight", "embeddings") if name in tensors), None)
        if matrix is None or matrix.ndim != 2 or matrix.shape[0] < self._tokenizer.get_vocab_size():
            raise RetrievalError(f"向量模型 {path} 不是静态向量矩阵，或与分词表不符")
        scale = tensors.get("scale", np.float32(1))
        return (matrix.astype(np.float32) * scale).astype(np.float32)


class SentenceTransformerEmbedder:
    """A sentence-transformers model by path or name (BAAI/bge-small-zh-v1.5 …), loaded at the first use; that needs torch."""

    def __init__(self, name: str, prompt: str = "") -> None:
        self._name = name
        self._prompt = prompt or ("为这个句子生成表示以用于检索相关文章：" if "bge" in name.lower() and "zh" in name.lower() else "")

    @property
    def name(self) -> str:
        """The model's name, or the last two parts of its path."""
        return "/".join(Path(self._name).parts[-2:])

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """See Embedder. Questions get the model's instruction, where it has one."""
        import numpy as np

        given = [self._prompt + text for text in texts] if query else list(texts)
        if not given:
            return np.zeros((0, self.dimension), dtype=np.float32)
        found = self._model.encode(given, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)

    @cached_property
    def _model(self) -> SentenceTransformer:
        try:
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(self._name, device="cpu")
        except (ImportError, OSError, ValueError) as error:
            raise RetrievalError(f"向量模型 {self._name} 加载不了：{' '.join(str(error).split())[:200]}") from error


def embedder(name: str = "") -> Embedder | None:
    """The embedding model of a setting: "" for ours, "none" for no vectors, a folder, or a name.

    None for ours where its files or the packages that it needs are not there: search does without.

    Raises:
        RetrievalError: a folder is named that holds no model.
    """
    if name == "none" or (not name and any(find_spec(package) is None for package in _PACKAGES)):
        return None
    folder = Path(name) if name else MODELS / BUNDLED
    if (folder / _TOKENIZER).is_file() and (folder / _WEIGHTS).is_file() and _is_static(folder / _WEIGHTS):
        return StaticEmbedder(folder)
    if not name:
        return None
    if folder.is_absolute() and not folder.is_dir():
        raise RetrievalError(f"没有向量模型 {folder}")
    return SentenceTransformerEmbedder(name)


def _is_static(weights: Path) -> bool:
    """Whether a safetensors file names one matrix (and its scale) rather than the layers of a transformer; a damaged one may."""
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(min(length, _MOST_HEADER))
    try:
        names = set(json.loads(header)) - {"__metadata__"}
    except ValueError:
        return True
    return len(names) <= _STATIC_TENSORS


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return found
