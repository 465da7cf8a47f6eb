"""The tagger's network: a small encoder over characters, the grammar's tags and known words, with one label a character.

Each layer mixes a character with its neighbours (a window of five, which also tells their order) and then attends over the
sentence. Everything is matrix products, so that eight-bit weights lose little and run fast without torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.entities.features import LABELS, WORD_KINDS


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    characters: int
    width: int = 96
    heads: int = 4
    layers: int = 3
    window: int = 2
    dropout: float = 0.1


class Tagger(nn.Module):
    """(batch, length) character, tag and word numbers → (batch, length, labels) scores; character 0 is padding."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.characters = nn.Embedding(shape.characters, shape.width, padding_idx=0)
        self.tags = nn.Embedding(len(LABELS), shape.width)
        self.words = nn.Embedding(WORD_KINDS, shape.width)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.labels = nn.Linear(shape.width, len(LABELS))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, characters: Tensor, tags: Tensor, words: Tensor) -> Tensor:
        hidden = self.dropout(self.characters(characters) + self.tags(tags) + self.words(words))
        there = (characters != 0).unsqueeze(-1).to(hidden.dtype)
        for layer in self.layers:
            hidden = layer(hidden, there)
        scores: Tensor = self.labels(self.norm(hidden))
        return scores


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self._window, self._heads, self._size = shape.window, shape.heads, width // shape.heads
        self.near_norm, self.far_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.near_in = nn.Linear(width * (2 * shape.window + 1), 2 * width)
        self.near_out = nn.Linear(2 * width, width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.far_out = nn.Linear(width, width)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, hidden: Tensor, there: Tensor) -> Tensor:
        hidden = hidden + self.dropout(self._near(self.near_norm(hidden) * there))
        mixed: Tensor = hidden + self.dropout(self._far(self.far_norm(hidden), there))
        return mixed

    def _near(self, hidden: Tensor) -> Tensor:
        length, window = hidden.size(1), self._window
        padded = functional.pad(hidden, (0, 0, window, window))
        around = torch.cat([padded[:, at : at + length] for at in range(2 * window + 1)], dim=-1)
        out: Tensor = self.near_out(functional.gelu(self.near_in(around)))
        return out

    def _far(self, hidden: Tensor, there: Tensor) -> Tensor:
        batch, length, width = hidden.shape
        query, key, value = self.query_key_value(hidden).view(batch, length, 3, self._heads, self._size).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) * self._size**-0.5 + (there.transpose(1, 2).unsqueeze(1) - 1) * 1e4
        mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(batch, length, width)
        out: Tensor = self.far_out(mixed)
        return out
