"""Vectors of tokens for BERTScore: a BERT by path or name, or the static vectors of our own embedding model where no hub is at hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from data.errors import TrainingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    TokenVectors: TypeAlias = NDArray[np.float32]
else:
    TokenVectors = Any

BUNDLED = Path(__file__).parents[2] / "data" / "models" / "caizhi-embedding"
_BATCH = 32
_MOST_TOKENS = 512
_SIGNS = 128


class TokenEncoder(Protocol):
    """Texts to one matrix each: [tokens, dimension], rows of length 1."""

    @property
    def name(self) -> str:
        """What the signature says: model, kind and layer."""

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vectors of each text's tokens, in order."""


class StaticTokenEncoder:
    """The rows of a static embedding matrix (tokenizer.json, model.safetensors): a token has one vector in every sentence.

    What its tokenizer leaves out - digits above all - counts as single characters that are like themselves and like nothing else;
    without them a score over an answer in figures would not see the figures.
    """

    def __init__(self, folder: Path = BUNDLED) -> None:
        """Read the folder.

        Raises:
            TrainingError: it holds no static embedding model.
        """
        import numpy as np
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        try:
            text = (folder / "tokenizer.json").read_text(encoding="utf-8")
            # The library raises a bare Exception for what is no tokenizer: that is told apart before.
            if "model" not in json.loads(text):
                raise ValueError("没有 model 一节")
            self._tokenizer = Tokenizer.from_str(text)
            tensors = load_file(folder / "model.safetensors")
        except (OSError, ValueError, TypeError, SafetensorError) as error:
            raise TrainingError(f"{folder} 里没有可用的词向量模型：{error}") from error
        matrix = next((tensors[name] for name in ("embedding.weight", "embeddings") if name in tensors), None)
        if matrix is None or matrix.ndim != 2:
            raise TrainingError(f"{folder} 里的权重不是静态词向量")
        scaled = matrix.astype(np.float32) * tensors.get("scale", np.float32(1))
        lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
        self._matrix = np.divide(scaled, lengths, out=np.zeros_like(scaled), where=lengths > 0).astype(np.float32)
        self._name = f"{folder.name}(static+char)"

    @property
    def name(self) -> str:
        """See TokenEncoder."""
        return self._name

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """See TokenEncoder."""
        batch = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [self._vectors(text, encoding.ids, encoding.offsets) for text, encoding in zip(texts, batch, strict=True)]

    def _vectors(self, text: str, ids: list[int], offsets: list[tuple[int, int]]) -> TokenVectors:
        """[tokens and left-out characters, dimension + _SIGNS], in the order of the text."""
        import numpy as np

        covered = {index for start, end in offsets for index in range(start, end)}
        left = [index for index, character in enumerate(text) if index not in covered and not character.isspace()]
        width = self._matrix.shape[1]
        found = np.zeros((len(ids) + len(left), width + _SIGNS), dtype=np.float32)
        found[: len(ids), :width] = self._matrix[ids]
        for row, index in enumerate(left, len(ids)):
            found[row, width + ord(text[index]) % _SIGNS] = 1
        return found[np.argsort([start for start, _ in offsets] + left, kind="stable")]


class TransformerTokenEncoder:
    """Hidden states of a transformer by path or name (bert-base-chinese …); `layer` counts from 0, -1 the last. Needs torch."""

    def __init__(self, model: str | Path, layer: int = -1) -> None:
        """Load the model on the CPU.

        Raises:
            TrainingError: it cannot be had.
        """
        try:
            from transformers import AutoModel, AutoTokenizer

            self._tokenizer = AutoTokenizer.from_pretrained(str(model))
            self._model: Any = AutoModel.from_pretrained(str(model))
        except (ImportError, OSError, ValueError) as error:
            raise TrainingError(f"编码模型 {model} 加载不了：{' '.join(str(error).split())[:200]}") from error
        self._model.eval()
        self._layer = layer
        self._name = f"{Path(str(model)).name}(layer {layer})"

    @property
    def name(self) -> str:
        """See TokenEncoder."""
        return self._name

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """See TokenEncoder; special tokens are left out."""
        return [vectors for start in range(0, len(texts), _BATCH) for vectors in self._batch(list(texts[start : start + _BATCH]))]

    def _batch(self, texts: list[str]) -> list[TokenVectors]:
        import torch

        found = self._tokenizer(
            texts, return_tensors="pt", padding=True, truncation=True, max_length=_MOST_TOKENS, return_special_tokens_mask=True
        )  # fmt: skip
        special = found.pop("special_tokens_mask").bool()
        with torch.inference_mode():
            hidden = self._model(**found, output_hidden_states=True).hidden_states[self._layer]
        unit = torch.nn.functional.normalize(hidden.float(), dim=-1)
        return [row[keep].numpy() for row, keep in zip(unit, found["attention_mask"].bool() & ~special, strict=True)]


def token_encoder(name: str = "") -> TokenEncoder:
    """The encoder of a setting: "" for our own static vectors, a folder of static vectors, a transformer by folder or name.

    Raises:
        TrainingError: it cannot be loaded.
    """
    folder = Path(name) if name else BUNDLED
    is_static = (folder / "tokenizer.json").is_file() and not _is_transformer(folder)
    return StaticTokenEncoder(folder) if is_static else TransformerTokenEncoder(name)


def _is_transformer(folder: Path) -> bool:
    path = folder / "config.json"
    try:
        return path.is_file() and "hidden_size" in json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
