"""Computing, hours and money of a training.

A forward pass multiplies each token with every weight it meets: 2 operations a weight, and 2·L·S·h for causal attention. The backward
pass through frozen weights costs as much again, activation checkpointing once more; attention's backward pass costs twice its
forward. Trained weights cost another pass for their gradients. Source: Kaplan et al. 2020, appendix B; Korthikanti et al. 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from finetune.estimate.shapes import Shape
from finetune.training.presets import Preset

MFU_RANGE = (0.15, 0.35)


@dataclass(frozen=True, slots=True)
class Work:
    """What is trained on. mean_tokens: of a row, or max_length where every row is padded to it."""

    rows: int = 170_000
    epochs: float = 3.0
    mean_tokens: int = 549

    @property
    def tokens(self) -> float:
        """Tokens computed over the whole training."""
        return self.rows * self.epochs * self.mean_tokens


def flops_per_token(shape: Shape, way: Preset, sequence: int, *, checkpointing: bool = True) -> float:
    """Operations for one token of a training. sequence: tokens that attend to one another (a row's, also where rows are packed)."""
    trained = shape.trainable(way)
    again = 1 if checkpointing else 0
    weights = 2.0 * shape.multiplied_parameters * (2 + again)
    attention = 2.0 * shape.layers * sequence * shape.heads * shape.head_dim * (3 + again)
    # An adapter is multiplied beside the weights, forwards and backwards; full training only adds the gradients.
    extra = 2.0 * trained * (3 + again) if way.lora else 2.0 * shape.multiplied_parameters
    return weights + attention + extra


def hours(flops: float, cards: int, peak: float, mfu: float) -> float:
    """Hours of so many operations. peak: operations a second of one card, at best; mfu: the share of it that is reached."""
    return flops / (cards * peak * mfu) / 3600


def mfu_of(flops: float, cards: int, peak: float, taken: float) -> float:
    """The share of the peak that a training of so many hours reaches."""
    return flops / (cards * peak * taken * 3600)


def money(taken: float, cards: int, price: Decimal) -> Decimal:
    """What so many hours of so many cards cost, to the fen. price: for one card and hour."""
    return (Decimal(str(round(taken * cards, 6))) * price).quantize(Decimal("0.01"))


def price_of(total: Decimal, days: Decimal, cards: int) -> Decimal:
    """The price of one card and hour that a total implies."""
    return total / (days * 24 * cards)
