"""Any causal model of transformers behind the engine, by folder or by name (DeepSeek, Qwen …), with adapters through PEFT.

A prompt runs by itself; answers under way run together, one token each, over one left-padded cache that is put together anew when
somebody joins or leaves. Adapters mix within a batch, except DoRA, which PEFT runs on its own.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelUnavailableError
from tools.local_model.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, folder_digest
from tools.local_model.backend import Adapter
from tools.local_model.vocabulary import Vocabulary
from tools.local_model.weights import CONFIG, Floats, read_json, weight_files

_PLAIN = "__base__"  # PEFT's word for a row without adapter
_TOGETHER = ""
_DEFAULT_CONTEXT = 4096
_NOISY = ("torch.utils._pytree", "torchao", "transformers.utils.loading_report")


@dataclass(frozen=True, slots=True)
class _Handle:
    """An adapter inside the PEFT model. mixes: whether it can run in one batch with others."""

    name: str
    mixes: bool


@dataclass(eq=False, slots=True)
class TorchSequence:
    """A sequence. layers: keys and values [1, heads, length, head_dim] of each layer, None while a batch holds them."""

    adapter: _Handle | None
    length: int = 0
    layers: list[tuple[Any, Any]] | None = None
    batch: _Batch | None = None


@dataclass(eq=False, slots=True)
class _Batch:
    """Sequences that run together. cache: their keys and values, padded on the left to `width`."""

    members: list[TorchSequence] = field(default_factory=list)
    cache: Any = None
    width: int = 0


@dataclass(frozen=True, slots=True)
class TorchSnapshot:
    """Keys and values of a prompt, layer by layer."""

    layers: tuple[tuple[Any, Any], ...]

    @property
    def nbytes(self) -> int:
        return sum(int(tensor.numel() * tensor.element_size()) for pair in self.layers for tensor in pair)


class TransformersBackend:
    """A loaded transformers model. Build one with `load`."""

    def __init__(self, model: Any, tokenizer: Any, *, name: str, version: str) -> None:
        template = tokenizer.chat_template or ""
        specials = {key: str(value) for key, value in tokenizer.special_tokens_map.items() if isinstance(value, str)}
        self.name = name
        self.version = version
        self.vocabulary = Vocabulary(tokenizer.backend_tokenizer, template.get("default", "") if isinstance(template, dict) else template, specials)
        self.context = int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or _DEFAULT_CONTEXT)
        self.ends = _ends(model, tokenizer)
        self._model = model
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._batches: dict[str, _Batch] = {}

    @classmethod
    def load(cls, base: str, *, merge: Path | None = None, int8: bool = False, local_only: bool = False) -> TransformersBackend:
        """The model of a folder or a hub name, in float32 on a CPU and in its own type on a GPU.

        merge: an adapter to merge into the weights. int8: linear layers quantised dynamically (CPU), after merging; such a model
        takes no further adapters. local_only: look at nothing beyond this machine.

        Raises:
            ModelUnavailableError: model or adapter cannot be had; the message says how to get them.
        """
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise ModelUnavailableError("用 transformers 模型需要 torch 与 transformers：pip install 'caizhi[train]'") from error

        gpu = torch.cuda.is_available() and not int8
        try:
            with quietly():
                tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=local_only)
                model: Any = AutoModelForCausalLM.from_pretrained(base, dtype="auto" if gpu else torch.float32, local_files_only=local_only)
                if merge is not None:
                    model = _merged(model, merge)
                if int8:
                    quantise: Any = torch.ao.quantization.quantize_dynamic
                    model = quantise(model, {torch.nn.Linear}, dtype=torch.qint8)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelUnavailableError(f"模型 {base} 加载不了：{reason}；请给出已下载的目录，或先联网取得权重") from error
        merged = "" if merge is None else f"+{folder_digest(merge, (ADAPTER_CONFIG, ADAPTER_WEIGHTS))}"
        version = f"{_version(base, model)}{merged}{'-int8' if int8 else ''}"
        return cls(model.to("cuda" if gpu else "cpu").eval(), tokenizer, name=Path(base).name, version=version)

    def load_adapter(self, folder: Path) -> Adapter:
        """Loads a PEFT folder. Raises ModelUnavailableError: it is damaged, or does not fit this model."""
        from peft import PeftModel

        config = read_json(folder / ADAPTER_CONFIG)
        handle = _Handle(f"adapter{next(self._numbers)}", mixes=not config.get("use_dora"))
        try:
            with self._lock, quietly():
                if isinstance(self._model, PeftModel):
                    self._model.load_adapter(str(folder), adapter_name=handle.name)
                else:
                    self._model = PeftModel.from_pretrained(self._model, str(folder), adapter_name=handle.name)
                self._model.eval()
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise ModelUnavailableError(f"适配器 {folder.name} 加载不了：{' '.join(str(error).split())[:200]}") from error
        return Adapter(folder_digest(folder, (ADAPTER_CONFIG, ADAPTER_WEIGHTS)), handle)

    def drop_adapter(self, adapter: Adapter) -> None:
        with self._lock, quietly():
            if len(self._model.peft_config) > 1:
                self._model.delete_adapter(adapter.handle.name)
            else:
                self._model = self._model.unload()

    def open(self, adapter: Adapter | None) -> TorchSequence:
        return TorchSequence(None if adapter is None else adapter.handle)

    def close(self, sequence: TorchSequence) -> None:
        batch = sequence.batch
        if batch is not None:
            self._park(batch)
        sequence.layers = None

    def advance(self, work: Sequence[tuple[TorchSequence, NDArray[np.int64]]]) -> Floats:
        import torch

        rows: dict[int, Any] = {}
        together: dict[str, list[int]] = {}
        with self._lock, torch.inference_mode():
            for place, (sequence, tokens) in enumerate(work):
                if len(tokens) == 1 and sequence.length:
                    key = _TOGETHER if sequence.adapter is None or sequence.adapter.mixes else sequence.adapter.name
                    together.setdefault(key, []).append(place)
                else:
                    rows[place] = self._alone(sequence, tokens)
            for key, places in together.items():
                logits = self._step(key, [work[place][0] for place in places], [int(work[place][1][0]) for place in places])
                rows |= dict(zip(places, logits, strict=True))
            result: Floats = torch.stack([rows[place] for place in range(len(work))]).float().cpu().numpy()
        return result

    def snapshot(self, sequence: TorchSequence) -> TorchSnapshot | None:
        if sequence.layers is None:
            return None
        return TorchSnapshot(tuple(sequence.layers))

    def resume(self, sequence: TorchSequence, snapshot: TorchSnapshot, length: int) -> None:
        # Tensors of a snapshot are never written to: a cache joins new positions to them in a fresh tensor.
        sequence.layers = [(keys[:, :, :length], values[:, :, :length]) for keys, values in snapshot.layers]
        sequence.length = length

    def _alone(self, sequence: TorchSequence, tokens: NDArray[np.int64]) -> Any:
        """Several new tokens of one sequence; logits [vocabulary] after the last."""
        import torch

        if sequence.batch is not None:
            self._park(sequence.batch)
        cache = _cache(sequence.layers or [])
        positions = torch.arange(sequence.length, sequence.length + len(tokens), device=self._model.device)[None]
        ids = torch.from_numpy(tokens)[None].to(self._model.device)
        mask = torch.ones((1, sequence.length + len(tokens)), dtype=torch.long, device=self._model.device)
        logits = self._forward([sequence], input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache)
        sequence.layers = [(layer.keys, layer.values) for layer in cache.layers]
        sequence.length += len(tokens)
        return logits[0]

    def _step(self, key: str, members: list[TorchSequence], tokens: list[int]) -> Any:
        """One new token for each of several sequences; logits [members, vocabulary]."""
        import torch

        batch = self._batches.setdefault(key, _Batch())
        if batch.members != members:
            self._join(batch, members)
        device = self._model.device
        lengths = torch.tensor([sequence.length for sequence in members], device=device)
        batch.width += 1
        mask = (torch.arange(batch.width, device=device)[None] >= (batch.width - 1 - lengths)[:, None]).long()
        ids = torch.tensor(tokens, device=device)[:, None]
        logits = self._forward(members, input_ids=ids, attention_mask=mask, position_ids=lengths[:, None], past_key_values=batch.cache)
        for sequence in members:
            sequence.length += 1
        return logits

    def _forward(self, members: Sequence[TorchSequence], **inputs: Any) -> Any:
        names = [_PLAIN if sequence.adapter is None else sequence.adapter.name for sequence in members]
        adapted = hasattr(self._model, "peft_config")
        if not adapted or set(names) == {_PLAIN}:
            context = self._model.disable_adapter() if adapted else None
            if context is None:
                return self._model(**inputs, use_cache=True, logits_to_keep=1).logits[:, -1]
            with context:
                return self._model(**inputs, use_cache=True, logits_to_keep=1).logits[:, -1]
        if len(set(names)) == 1:
            if self._model.active_adapter != names[0]:
                self._model.set_adapter(names[0])
            return self._model(**inputs, use_cache=True, logits_to_keep=1).logits[:, -1]
        return self._model(**inputs, use_cache=True, logits_to_keep=1, adapter_names=names).logits[:, -1]

    def _join(self, batch: _Batch, members: list[TorchSequence]) -> None:
        """Makes these sequences the members of the batch, their caches padded on the left to one width."""
        import torch
        from torch.nn.functional import pad

        self._park(batch)
        batch.members, batch.width = list(members), max(sequence.length for sequence in members)
        held = [sequence.layers or [] for sequence in members]
        batch.cache = _cache([
            tuple(torch.cat([pad(own[layer][part], (0, 0, batch.width - own[layer][part].shape[2], 0)) for own in held]) for part in (0, 1))
            for layer in range(len(held[0]))
        ])  # fmt: skip
        for sequence in members:
            sequence.layers, sequence.batch = None, batch

    def _park(self, batch: _Batch) -> None:
        """Gives every member its own keys and values back, and empties the batch."""
        for row, sequence in enumerate(batch.members):
            start = batch.width - sequence.length
            sequence.layers = [
                (layer.keys[row : row + 1, :, start:], layer.values[row : row + 1, :, start:]) for layer in batch.cache.layers
            ]  # fmt: skip
            sequence.batch = None
        batch.members, batch.cache, batch.width = [], None, 0


@contextmanager
def quietly() -> Iterator[None]:
    """Holds back progress bars and the deprecation notes that transformers, peft and torch exchange; errors come through."""
    from transformers.utils import logging

    of_transformers: Any = logging
    bars = of_transformers.is_progress_bar_enabled()
    levels = {name: getLogger(name).level for name in _NOISY}
    of_transformers.disable_progress_bar()
    for name in levels:
        getLogger(name).setLevel(ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            getLogger(name).setLevel(level)
        if bars:
            of_transformers.enable_progress_bar()


def _merged(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)


def _cache(layers: Sequence[Any]) -> Any:
    """A growing cache that begins with these keys and values."""
    from transformers import DynamicCache

    cache = DynamicCache()
    for number, (keys, values) in enumerate(layers):
        cache.update(keys, values, number)
    return cache


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer: of the generation settings, else the tokenizer's."""
    value = getattr(model.generation_config, "eos_token_id", None)
    value = tokenizer.eos_token_id if value is None else value
    if value is None:
        return frozenset()
    return frozenset(value) if isinstance(value, (list, tuple)) else frozenset({int(value)})


def _version(base: str, model: Any) -> str:
    """By content for a folder; the commit of the hub otherwise."""
    folder = Path(base)
    if folder.is_dir():
        files = [CONFIG, *(path.name for path in weight_files(folder) if path.exists())]
        return folder_digest(folder, [*files, *(name for name in ("tokenizer.json",) if (folder / name).exists())])
    commit: Mapping[str, Any] | str | None = getattr(model.config, "_commit_hash", None)
    return str(commit or json.dumps(base))
