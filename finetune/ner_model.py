"""The tagger's network: a small encoder over characters, the grammar's tags and known words, with one label a character.

Each layer mixes a character with its neighbours (a window of five, which also tells their order) and then attends over the
sentence. Everything is matrix products, so that eight-bit weights lose little and run fast without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.entities.features import LABELS, WORD_KINDS

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    characters: int
    width: int = 96
    heads: int = 4
    layers: int = 3
    window: int = 2
    dropout: float = 0.1


def tagger_network(shape: Shape) -> nn.Module:
    """A network of (batch, length) character, tag and word numbers → (batch, length, labels) scores; character 0 is padding.

    The classes are made here because torch is needed for training only, and importing this module must not ask for it.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    width, window, heads = shape.width, shape.window, shape.heads

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.near_norm, self.far_norm = nn.LayerNorm(width), nn.LayerNorm(width)
            self.near_in, self.near_out = nn.Linear(width * (2 * window + 1), 2 * width), nn.Linear(2 * width, width)
            self.query_key_value, self.far_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.dropout = nn.Dropout(shape.dropout)

        def forward(self, hidden: Tensor, there: Tensor) -> Tensor:
            hidden = hidden + self.dropout(self.near(self.near_norm(hidden) * there))
            mixed: Tensor = hidden + self.dropout(self.far(self.far_norm(hidden), there))
            return mixed

        def near(self, hidden: Tensor) -> Tensor:
            length = hidden.size(1)
            padded = functional.pad(hidden, (0, 0, window, window))
            around = torch.cat([padded[:, at : at + length] for at in range(2 * window + 1)], dim=-1)
            out: Tensor = self.near_out(functional.gelu(self.near_in(around)))
            return out

        def far(self, hidden: Tensor, there: Tensor) -> Tensor:
            batch, length, _ = hidden.shape
            query, key, value = self.query_key_value(hidden).view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            scores = query @ key.transpose(-1, -2) * (width // heads) ** -0.5 + (there.transpose(1, 2).unsqueeze(1) - 1) * 1e4
            mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(batch, length, width)
            out: Tensor = self.far_out(mixed)
            return out

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(shape.characters, width, padding_idx=0)
            self.tags, self.words = nn.Embedding(len(LABELS), width), nn.Embedding(WORD_KINDS, width)
            self.layers = nn.ModuleList(Layer() for _ in range(shape.layers))
            self.norm, self.labels = nn.LayerNorm(width), nn.Linear(width, len(LABELS))
            self.dropout = nn.Dropout(shape.dropout)

        def forward(self, characters: Tensor, tags: Tensor, words: Tensor) -> Tensor:
            hidden = self.dropout(self.characters(characters) + self.tags(tags) + self.words(words))
            there = (characters != 0).unsqueeze(-1).to(hidden.dtype)
            for layer in self.layers:
                hidden = layer(hidden, there)
            scores: Tensor = self.labels(self.norm(hidden))
            return scores

    return Tagger()
