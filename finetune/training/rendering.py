"""From turns to token ids with labels: what the model reads, and the answers alone that it is scored on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.training.training_rows import rows_digest

if TYPE_CHECKING:
    from datasets import Dataset

IGNORED = -100
_FIXED = (
    {"role": "user", "content": "不良贷款率是多少？{f1} 100%"}, {"role": "assistant", "content": "[Calculator(f1/f2*100)→{f3}]"},
    {"role": "user", "content": "同比呢？"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row as ids. labels: the id where the answer is scored, -100 elsewhere; as long as ids."""

    ids: list[int]
    labels: list[int]


def template_hash(tokenizer: Any) -> str:
    """SHA-256 of a fixed conversation as the chat template renders it: what an adapter was trained under, and must be served under."""
    rendered = render(tokenizer, _FIXED, generation=True)
    return sha256(rendered.encode()).hexdigest()


def render(tokenizer: Any, turns: Sequence[Mapping[str, Any]], *, generation: bool = False, tools: Sequence[Mapping[str, Any]] = ()) -> str:
    """The conversation as text; generation: up to where the next answer begins.

    Raises:
        TrainingError: the template refuses these turns.
    """
    from jinja2 import TemplateError

    try:
        text: str = tokenizer.apply_chat_template(
            [dict(turn) for turn in turns], tools=[dict(tool) for tool in tools] or None, tokenize=False, add_generation_prompt=generation
        )
    except TemplateError as error:
        raise TrainingError(f"对话模板不接受这些轮次：{error}") from error
    return text


def encode(tokenizer: Any, row: Row, max_length: int) -> Encoded | None:
    """The row's ids, its end cut off past max_length; None where no token of an answer is left to learn.

    Every assistant turn is scored, from the first character that the template leaves to the model to the end of its turn.
    """
    text = render(tokenizer, row.messages, tools=row.tools)
    spans = [_span(tokenizer, row, place, text) for place, turn in enumerate(row.messages) if turn["role"] == "assistant"]
    if not spans[-1]:
        # A template that rewrites earlier turns: the last answer is what can still be told apart.
        raise TrainingError(f"对话模板改写了前文，无法区分问题与回答：{row.messages[-1]['content'][:20]}")
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, truncation=True, max_length=max_length)
    scored = [span for span in spans if span]
    ids = list(encoded["input_ids"])
    labels = [
        token if end > begin and any(low <= begin < high for low, high in scored) else IGNORED
        for token, (begin, end) in zip(ids, encoded["offset_mapping"], strict=True)
    ]
    return Encoded(ids, labels) if any(label != IGNORED for label in labels[1:]) else None


def _span(tokenizer: Any, row: Row, place: int, text: str) -> tuple[int, int] | None:
    """Where in the text the answer at this place stands; None where the template renders it otherwise without what follows."""
    before = render(tokenizer, row.messages[:place], generation=True, tools=row.tools)
    until = text if place == len(row.messages) - 1 else render(tokenizer, row.messages[: place + 1], tools=row.tools)
    return (len(before), len(until)) if text.startswith(before) and text.startswith(until) else None


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Encoded rows, ready to train on. dataset: columns input_ids, labels, length. sha256: of the rows. left_out: rows too long to learn from.

    rows: the rows themselves, in the dataset's order.
    """

    dataset: Dataset
    rows: Sequence[Row]
    sha256: str
    source: str = ""
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def tokens(self) -> int:
        """Tokens of all rows."""
        return int(sum(self.dataset["length"]))


def training_set(tokenizer: Any, rows: Iterable[Row], max_length: int, source: str = "") -> TrainingSet:
    """Encode rows.

    Raises:
        TrainingError: there is no row to learn from.
    """
    import numpy as np
    from datasets import Dataset

    columns: dict[str, list[Any]] = {"input_ids": [], "labels": [], "length": []}
    kept, left_out = list[Row](), 0
    for row in rows:
        encoded = encode(tokenizer, row, max_length)
        if encoded is None:
            left_out += 1
            continue
        kept.append(row)
        columns["input_ids"].append(np.asarray(encoded.ids, dtype=np.int32))
        columns["labels"].append(np.asarray(encoded.labels, dtype=np.int32))
        columns["length"].append(len(encoded.ids))
    if not kept:
        raise TrainingError(f"训练数据 {source or ''}没有一条可用（{left_out} 条在 max_length={max_length} 之内没有回答）")
    return TrainingSet(Dataset.from_dict(columns), kept, rows_digest(kept), source, left_out)
