"""Memory of one card while training, part by part, and of a served model. Bytes throughout; 1 GB is 10⁹ bytes.

Counted so: weights in bf16 (or NF4 with doubly quantised scales); 16 bytes for each trained parameter (fp32 value, gradient and two
moments of Adam); with ZeRO-3 or FSDP both divided by the cards, and two gathered layers; the input of every layer kept for activation
checkpointing; one layer's activations alive while it is recomputed; logits in bf16, fp32 and their gradient; a context of 1.2 GB.
Sources: QLoRA (Dettmers et al. 2023, section 3: 0.127 bit for each weight for scales), ZeRO (Rajbhandari et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

from finetune.estimate.shapes import Shape
from finetune.training.presets import Preset

GB = 1e9
OVERHEAD = 1.2e9
TRAINED_BYTES = 16
_NF4 = 0.5 + 0.127 / 8
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Layout:
    """How a training lies on the cards. batch, sequence: rows and tokens of a micro-batch on one card. sharded: ZeRO-3 or FSDP.

    checkpointing: activations recomputed. chunked_loss: logits of 256 positions at a time. value_bytes: 2 for bf16, 4 for fp32.
    """

    batch: int = 1
    sequence: int = 2048
    cards: int = 1
    sharded: bool = False
    checkpointing: bool = True
    chunked_loss: bool = False
    value_bytes: int = 2

    @property
    def tokens(self) -> int:
        """Tokens of a micro-batch."""
        return self.batch * self.sequence


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one card. weights, adapter: before any division; state: what of the two lies on the card. `total` counts state and the rest."""

    weights: float
    adapter: float
    state: float
    gather: float
    checkpoints: float
    live: float
    logits: float
    overhead: float = OVERHEAD

    @property
    def activations(self) -> float:
        """What grows with the micro-batch."""
        return self.checkpoints + self.live + self.logits

    @property
    def total(self) -> float:
        """Bytes at the peak."""
        return self.state + self.gather + self.activations + self.overhead


def training_memory(shape: Shape, way: Preset, layout: Layout) -> Memory:
    """Memory of one card. A fully fine-tuned model has its working weights and 16 bytes a parameter beside them."""
    weights = weight_bytes(shape, four_bit=way.four_bit, value_bytes=layout.value_bytes)
    adapter = float(TRAINED_BYTES * shape.trainable(way))
    live = layout.tokens * layout.value_bytes * 1.25 * (7 * shape.hidden + 2 * shape.kv_heads * shape.head_dim + 3 * shape.ffn)
    scored = layout.batch * (min(_CHUNK, layout.sequence) if layout.chunked_loss else layout.sequence)
    return Memory(
        weights=weights,
        adapter=adapter,
        state=(weights + adapter) / (layout.cards if layout.sharded else 1),
        gather=2 * shape.linear_parameters / shape.layers * layout.value_bytes if layout.sharded else 0.0,
        checkpoints=float(shape.layers * layout.tokens * shape.hidden * layout.value_bytes) if layout.checkpointing else 0.0,
        live=live if layout.checkpointing else live * shape.layers,
        logits=float(scored * shape.vocab * (layout.value_bytes + 8)),
    )


def weight_bytes(shape: Shape, *, four_bit: bool = False, value_bytes: int = 2) -> float:
    """The frozen weights: plain, or the blocks' linear layers in NF4 and the rest plain."""
    if not four_bit:
        return float(value_bytes * shape.parameters)
    return shape.linear_parameters * _NF4 + (shape.parameters - shape.linear_parameters) * value_bytes


def cache_bytes(shape: Shape, tokens: int = 4096, value_bytes: int = 2) -> float:
    """The key-value cache of so many tokens."""
    return float(shape.cache_width * tokens * value_bytes)
