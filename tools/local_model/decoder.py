"""A decoder of the Qwen3 architecture in numpy: RMS norms, normed queries and keys, rotary positions, grouped heads, SwiGLU.

The rows of all sequences of a step are multiplied together, whatever their lengths: nothing is padded. A step of one token per
sequence, the common case, attends over all slots of the cache at once. Queries, keys and values come from one matrix, gate and
up from another; rotary pairs are stored side by side, so that a rotation is one complex product.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelUnavailableError
from tools.local_model.adapters import NO_ADAPTERS, FusedMatrix, LoraWeights, Site, TokenAdapters, side_by_side
from tools.local_model.cache import KeyValues
from tools.local_model.weights import DecoderShape, Floats, read_shape, read_tensors

Tokens = NDArray[np.int64]
_MASKED = np.float32(-1e30)
_MOST_BANKS = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """New tokens of one sequence: they follow what its slot already holds."""

    slot: int
    tokens: Tokens
    adapter: LoraWeights | None = None


@dataclass(frozen=True, slots=True)
class _Layer:
    """attention_norm, mlp_norm: [hidden]. head_norms: [heads + kv heads, head_dim], the queries' with 1/√head_dim."""

    attention_norm: Floats
    head_norms: Floats
    mlp_norm: Floats
    qkv: FusedMatrix
    out: FusedMatrix
    gate_up: FusedMatrix
    down: FusedMatrix

    def fused(self) -> tuple[FusedMatrix, ...]:
        return self.qkv, self.out, self.gate_up, self.down


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Several new tokens of one slot: rows [start, end) of the step, positions from `before` on. mask: [rows, before + rows]."""

    start: int
    end: int
    slot: int
    before: int
    mask: Floats


@dataclass(frozen=True, slots=True)
class _Step:
    """Where the rows of a step stand. single_*: rows, slots and positions of sequences with one new token.

    span: slots [0, span) are attended to together; longest: positions looked at; bias: [span, 1, 1, longest].
    """

    rotation: NDArray[np.complex64]
    single_rows: Tokens
    single_slots: Tokens
    single_positions: Tokens
    span: int
    longest: int
    bias: Floats
    stretches: tuple[_Stretch, ...]
    adapters: TokenAdapters

    @property
    def whole(self) -> bool:
        """Every slot has exactly one new token, in order: no gathering is needed."""
        return not self.stretches and len(self.single_rows) == self.span


class Decoder:
    """The weights and the forward pass. One thread at a time may call `forward` (the engine's does); adapters may be checked and forgotten by any."""

    def __init__(self, shape: DecoderShape, tensors: Iterator[tuple[str, Floats]] | Mapping[str, Floats]) -> None:
        """Raises ModelUnavailableError when tensors are missing or of another shape."""
        self.shape = shape
        found = dict(tensors)
        try:
            self._embedding = np.ascontiguousarray(found["model.embed_tokens.weight"])
            self._norm = found["model.norm.weight"]
            self._head = self._embedding if shape.tied else np.ascontiguousarray(found["lm_head.weight"])
            self._layers = [_layer(shape, number, found) for number in range(shape.layers)]
        except (KeyError, ValueError) as error:
            raise ModelUnavailableError(f"权重与 config.json 不符：{error}") from error
        if self._embedding.shape != (shape.vocabulary, shape.hidden):
            raise ModelUnavailableError(f"词表大小不符：权重 {self._embedding.shape[0]}，config.json {shape.vocabulary}")
        half = shape.head_dim // 2
        self._frequencies = shape.theta ** -(np.arange(half, dtype=np.float64) / half)
        self._rotations = np.zeros((0, half), dtype=np.complex64)
        self._lock = threading.Lock()
        self._banks: dict[tuple[int, ...], tuple[Sequence[LoraWeights], Mapping[tuple[int, str], Site]]] = {}

    @classmethod
    def load(cls, folder: Path) -> Decoder:
        """The model in a transformers folder (float or int8).

        Raises:
            ModelUnavailableError: files are missing or damaged, or the architecture is another one.
        """
        return cls(read_shape(folder), read_tensors(folder))

    def new_cache(self) -> KeyValues:
        """An empty cache for sequences of this model."""
        return KeyValues(self.shape)

    def check_adapter(self, adapter: LoraWeights) -> None:
        """Raises ModelUnavailableError when the adapter does not fit this model."""
        if any(layer >= self.shape.layers for layer, _ in adapter.products):
            raise ModelUnavailableError(f"适配器与模型不配：模型只有 {self.shape.layers} 层")
        self._bank((adapter,))

    def forget_adapter(self, adapter: LoraWeights) -> None:
        """Lets go of an adapter's matrices."""
        with self._lock:
            for key in [key for key in self._banks if id(adapter) in key]:
                del self._banks[key]

    def forward(self, chunks: Sequence[Chunk], cache: KeyValues, *, every: bool = False) -> Floats:
        """Logits after the last token of each chunk, [chunks, vocabulary]; `every`: after each token, [tokens, vocabulary].

        The slots must differ and be in use; their keys and values are extended by the new tokens.
        """
        shape, step = self.shape, self._plan(chunks, cache)
        hidden = self._embedding[np.concatenate([chunk.tokens for chunk in chunks])]
        with np.errstate(over="ignore", under="ignore"):
            for number, layer in enumerate(self._layers):
                rows = _normed(hidden, layer.attention_norm, shape.epsilon)
                attended = self._attention(number, layer, rows, step, cache)
                hidden += step.adapters.apply(number, "out", attended.T, layer.out.matrix).T
                rows = _normed(hidden, layer.mlp_norm, shape.epsilon)
                hidden += step.adapters.apply(number, "down", self._gated(number, layer, rows, step), layer.down.matrix).T
        for chunk in chunks:
            cache.lengths[chunk.slot] += len(chunk.tokens)
        if not every:
            hidden = hidden[np.cumsum([len(chunk.tokens) for chunk in chunks]) - 1]
        return np.ascontiguousarray((self._head @ _normed(hidden, self._norm, shape.epsilon).T).T)

    def _gated(self, number: int, layer: _Layer, rows: Floats, step: _Step) -> Floats:
        """SiLU(gate)·up: [ffn, rows]."""
        both = step.adapters.apply(number, "gate_up", rows.T, layer.gate_up.matrix)
        gate, up = both[: self.shape.ffn], both[self.shape.ffn :]
        inner = np.exp(-gate)
        inner += 1
        np.divide(gate, inner, out=inner)
        inner *= up
        return inner

    def _attention(self, number: int, layer: _Layer, rows: Floats, step: _Step, cache: KeyValues) -> Floats:
        """What the heads gather: [rows, heads * head_dim]."""
        shape = self.shape
        mixed = np.ascontiguousarray(step.adapters.apply(number, "qkv", rows.T, layer.qkv.matrix).T)
        mixed = mixed.reshape(len(rows), shape.heads + 2 * shape.kv_heads, shape.head_dim)
        turned = mixed[:, : shape.heads + shape.kv_heads]
        scale = np.vecdot(turned, turned)
        scale *= 1 / shape.head_dim
        scale += shape.epsilon
        np.sqrt(scale, out=scale)
        turned = turned / scale[:, :, None]
        turned *= layer.head_norms
        turned = (turned.view(np.complex64) * step.rotation).view(np.float32)
        queries, keys, values = turned[:, : shape.heads], turned[:, shape.heads :], mixed[:, shape.heads + shape.kv_heads :]
        own_keys, own_values = cache.keys[number], cache.values[number]
        if step.whole:
            return self._singles(queries, keys, values, own_keys, own_values, step)
        result = np.empty((len(rows), shape.heads * shape.head_dim), dtype=np.float32)
        for each in step.stretches:
            part = slice(each.start, each.end)
            result[part] = self._stretch(queries[part], keys[part], values[part], own_keys, own_values, each)
        if len(step.single_rows):
            few = step.single_rows
            result[few] = self._singles(queries[few], keys[few], values[few], own_keys, own_values, step)
        return result

    def _singles(self, queries: Floats, keys: Floats, values: Floats, own_keys: Floats, own_values: Floats, step: _Step) -> Floats:
        """One new token for each of several slots: all slots of the span are attended to in one product."""
        shape, slots = self.shape, step.single_slots
        own_keys[slots, :, step.single_positions] = keys
        own_values[slots, :, step.single_positions] = values
        if len(slots) < step.span:
            spread = np.zeros((step.span, *queries.shape[1:]), dtype=np.float32)
            spread[slots] = queries
            queries = spread
        queries = queries.reshape(step.span, shape.kv_heads, shape.group, shape.head_dim)
        scores = queries @ own_keys[: step.span, :, : step.longest].swapaxes(2, 3)
        scores += step.bias
        gathered = _softmax(scores) @ own_values[: step.span, :, : step.longest]
        flat = gathered.reshape(step.span, -1)
        return flat if len(slots) == step.span else flat[slots]

    def _stretch(self, queries: Floats, keys: Floats, values: Floats, own_keys: Floats, own_values: Floats, each: _Stretch) -> Floats:
        """Several new tokens of one slot, each seeing itself and what is before it."""
        shape, count, total = self.shape, len(queries), each.before + len(queries)
        own_keys[each.slot, :, each.before : total] = keys.swapaxes(0, 1)
        own_values[each.slot, :, each.before : total] = values.swapaxes(0, 1)
        heads = queries.reshape(count, shape.kv_heads, shape.group, shape.head_dim).transpose(1, 2, 0, 3)
        flat = heads.reshape(shape.kv_heads, shape.group * count, shape.head_dim)
        scores = flat @ own_keys[each.slot, :, :total].swapaxes(1, 2)
        scores.reshape(shape.heads, count, total)[:] += each.mask
        gathered = _softmax(scores) @ own_values[each.slot, :, :total]
        return gathered.reshape(shape.kv_heads, shape.group, count, shape.head_dim).transpose(2, 0, 1, 3).reshape(count, -1)

    def _plan(self, chunks: Sequence[Chunk], cache: KeyValues) -> _Step:
        before = cache.lengths[[chunk.slot for chunk in chunks]]
        counts = np.array([len(chunk.tokens) for chunk in chunks])
        starts = np.cumsum(counts) - counts
        cache.reserve(int((before + counts).max()))
        single = np.flatnonzero(counts == 1)
        slots = np.array([chunk.slot for chunk in chunks], dtype=np.int64)[single]
        span = int(slots.max()) + 1 if len(slots) else 0
        longest = int(before[single].max()) + 1 if len(slots) else 0
        # A whole step takes the rows as they are, so they must come in the order of the slots.
        in_order = len(slots) == span and bool((slots == np.arange(span)).all())
        ends = np.full(span, longest, dtype=np.int64)
        ends[slots] = before[single] + 1
        bias = np.where(np.arange(longest) < ends[:, None], np.float32(0), _MASKED)[:, None, None, :]
        if len(slots) == span and not in_order:
            raise ValueError("the chunks of a step must be in the order of their slots")
        stretches = tuple(
            _Stretch(start, start + count, chunk.slot, ahead, _causal(ahead, count))
            for chunk, start, count, ahead in zip(chunks, starts.tolist(), counts.tolist(), before.tolist(), strict=True)
            if count > 1
        )
        positions = np.concatenate([np.arange(start, start + count) for start, count in zip(before, counts, strict=True)])
        return _Step(
            self._rotation(positions), starts[single], slots, before[single], span, longest, bias, stretches, self._row_adapters(chunks, counts)
        )

    def _rotation(self, positions: Tokens) -> NDArray[np.complex64]:
        """cos + i·sin of each position: [rows, 1, head_dim / 2]."""
        if len(self._rotations) <= positions.max():
            angles = np.arange(2 * int(positions.max()) + 2)[:, None] * self._frequencies
            self._rotations = np.exp(1j * angles).astype(np.complex64)
        return self._rotations[positions][:, None, :]

    def _row_adapters(self, chunks: Sequence[Chunk], counts: NDArray[np.int64]) -> TokenAdapters:
        adapters = tuple({id(chunk.adapter): chunk.adapter for chunk in chunks if chunk.adapter is not None}.values())
        if not adapters:
            return NO_ADAPTERS
        numbers = {id(adapter): number for number, adapter in enumerate(adapters)}
        owner = np.array([numbers.get(id(chunk.adapter), -1) for chunk in chunks])
        return TokenAdapters(self._bank(adapters), None if len(adapters) == 1 and bool((owner == 0).all()) else np.repeat(owner, counts))

    def _bank(self, adapters: tuple[LoraWeights, ...]) -> Mapping[tuple[int, str], Site]:
        key = tuple(id(adapter) for adapter in adapters)
        with self._lock:
            if key not in self._banks:
                while len(self._banks) >= _MOST_BANKS:
                    self._banks.pop(next(iter(self._banks)))
                self._banks[key] = adapters, side_by_side(adapters, [layer.fused() for layer in self._layers])
            return self._banks[key][1]


def _layer(shape: DecoderShape, number: int, tensors: dict[str, Floats]) -> _Layer:
    """Takes a layer's tensors out of the mapping, so that each is freed as soon as it is copied."""

    def pop(name: str) -> Floats:
        return tensors.pop(f"model.layers.{number}.{name}.weight")

    pairs = _paired(shape.head_dim)
    norms = [pop("self_attn.q_norm")[pairs] * np.float32(shape.head_dim**-0.5)] * shape.heads + [pop("self_attn.k_norm")[pairs]] * shape.kv_heads
    query = np.concatenate([pairs + head * shape.head_dim for head in range(shape.heads)])
    key = query[: shape.kv_heads * shape.head_dim]
    return _Layer(
        attention_norm=pop("input_layernorm"),
        head_norms=np.stack(norms),
        mlp_norm=pop("post_attention_layernorm"),
        qkv=_fused("qkv", *((name, pop(f"self_attn.{name}"), order) for name, order in (("q_proj", query), ("k_proj", key), ("v_proj", None)))),
        out=_fused("out", ("o_proj", pop("self_attn.o_proj"), None)),
        gate_up=_fused("gate_up", ("gate_proj", pop("mlp.gate_proj"), None), ("up_proj", pop("mlp.up_proj"), None)),
        down=_fused("down", ("down_proj", pop("mlp.down_proj"), None)),
    )


def _fused(name: str, *modules: tuple[str, Floats, Tokens | None]) -> FusedMatrix:
    """Matrices [out, in] as one [sum of out, in]; an order of rows moves output `order[i]` to place i."""
    parts, places, start = [], [], 0
    for module, matrix, order in modules:
        order = np.arange(len(matrix)) if order is None else order
        parts.append(matrix[order])
        # The place of each of the module's own outputs, for the adapters, whose outputs are in the module's order.
        places.append((module, start + np.argsort(order)))
        start += len(matrix)
    return FusedMatrix(name, np.concatenate(parts), tuple(places))


def _paired(head_dim: int) -> Tokens:
    """Order of a head's outputs that puts the two halves of each rotary pair side by side."""
    return np.arange(head_dim).reshape(2, -1).T.reshape(-1)


def _normed(rows: Floats, weight: Floats, epsilon: float) -> Floats:
    """RMS norm of each row."""
    scale = np.vecdot(rows, rows)
    scale *= 1 / rows.shape[1]
    scale += epsilon
    np.sqrt(scale, out=scale)
    normed: Floats = rows / scale[:, None]
    normed *= weight
    return normed


def _softmax(scores: Floats) -> Floats:
    """Along the last axis, in place."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def _causal(before: int, count: int) -> Floats:
    """Zero where a row may look, a large negative number at later positions: [count, before + count]."""
    return np.triu(np.full((count, before + count), _MASKED, dtype=np.float32), k=before + 1)
