"""The small cross-encoder: a BERT over characters that is shown which characters question and passage share.

A model this small cannot learn what thousands of words mean; it can learn what a match is worth where it stands. So every
passage character carries a flag as its token type: in no match, in a pair of characters of the question, in a pair of a
wording, in a whole wording; and every number is one character. Tokenizing is done here, in one pass, since the flags need the
offsets; tokenizer.json holds the characters in the form of the tokenizers library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import RetrievalError
from data.ports import Passage
from retrieval.search.match_text import Question, compact, pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAD, UNKNOWN, CLASS, SEPARATOR, NUMBER = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[NUM]"
SPECIALS = (PAD, UNKNOWN, CLASS, SEPARATOR, NUMBER)
# Token types: the question, its wordings, then passage characters by the best match that they are in, in the heading or in the text.
QUESTION, WORDING, HEAD, TEXT = 0, 1, 2, 6
NO_MATCH, PAIR, WORDING_PAIR, WHOLE = 0, 1, 2, 3
TYPES = 10
_MOST_QUESTION, _MOST_WORDINGS, _MOST_HEAD = 24, 30, 40
_NUMBER = re.compile(r"[(（-]?\d[\d,.:%]*[)）]?")
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Encoded:
    """One question and passage: token ids and their types, of one length."""

    ids: list[int]
    types: list[int]


class Encoder:
    """Questions and passages to numbers, over a vocabulary of characters."""

    def __init__(self, vocabulary: dict[str, int], length: int) -> None:
        self._vocabulary = vocabulary
        self._unknown = vocabulary[UNKNOWN]
        self.length = length

    def encode(self, question: Question, passages: Sequence[Passage]) -> list[Encoded]:
        """Each passage with the question before it."""
        core = compact(question.core or question.text)
        wordings = [compact(text) for group in question.groups for text, _ in group[:6]]
        front = [(self._vocabulary[CLASS], QUESTION), *self._ids(core[:_MOST_QUESTION], QUESTION), (self._vocabulary[SEPARATOR], QUESTION)]
        leading = list(dict.fromkeys(compact((group[1] if len(group) > 1 else group[0])[0]) for group in question.groups))
        front += [*self._ids(" ".join(leading)[:_MOST_WORDINGS], WORDING), (self._vocabulary[SEPARATOR], WORDING)]
        match = _Match(core, wordings)
        return [self._encoded(front, passage, match) for passage in passages]

    def _ids(self, text: str, kind: int) -> Iterator[tuple[int, int]]:
        return ((self._vocabulary.get(char, self._unknown), kind) for char in text)

    def _encoded(self, front: list[tuple[int, int]], passage: Passage, match: _Match) -> Encoded:
        head, text = compact(passage.title)[-_MOST_HEAD:], compact(passage.text)
        caption, _, row = text.rpartition("|") if passage.kind == "row" else ("", "", text)
        tokens = [*front, *self._flagged(head, HEAD, match), (self._vocabulary[SEPARATOR], HEAD)]
        tokens += self._flagged(row, TEXT, match)
        if caption and caption not in head:
            tokens += [(self._vocabulary[SEPARATOR], HEAD), *self._flagged(caption, HEAD, match)]
        kept = tokens[: self.length]
        return Encoded([number for number, _ in kept], [kind for _, kind in kept])

    def _flagged(self, text: str, base: int, match: _Match) -> list[tuple[int, int]]:
        text = text[: 4 * self.length]
        flags = match.flags(text)
        found, start = [], 0
        for number in _NUMBER.finditer(text):
            found += [(self._vocabulary.get(text[at], self._unknown), base + flags[at]) for at in range(start, number.start())]
            found.append((self._vocabulary[NUMBER], base + max(flags[number.start() : number.end()])))
            start = number.end()
        return found + [(self._vocabulary.get(text[at], self._unknown), base + flags[at]) for at in range(start, len(text))]


class _Match:
    """Which characters of a text are in a match."""

    def __init__(self, core: str, wordings: Sequence[str]) -> None:
        self._core = pairs(core)
        self._wordings = [wording for wording in dict.fromkeys(wordings) if wording]
        self._pairs = {pair for wording in self._wordings for pair in pairs(wording)}

    def flags(self, text: str) -> list[int]:
        flags = [NO_MATCH] * len(text)
        for at in range(len(text) - 1):
            pair = text[at : at + 2]
            flag = WORDING_PAIR if pair in self._pairs else PAIR if pair in self._core else NO_MATCH
            if flag:
                flags[at], flags[at + 1] = max(flags[at], flag), flag
        for wording in self._wordings:
            at = text.find(wording)
            while at >= 0:
                flags[at : at + len(wording)] = [WHOLE] * len(wording)
                at = text.find(wording, at + 1)
        return flags


class FlaggedBert:
    """The model in a folder (model.onnx, tokenizer.json, config.json), read at the first use."""

    WEIGHTS, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self._folder = folder
        self._threads = threads

    def scores(self, question: Question, passages: Sequence[Passage]) -> NDArray[np.float32]:
        """One score per passage, higher is better.

        Raises:
            RetrievalError: a file of the model cannot be read.
        """
        import numpy as np

        encoded = self._encoder.encode(question, passages)
        order = sorted(range(len(encoded)), key=lambda place: len(encoded[place].ids))
        found = np.zeros(len(encoded), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            found[places] = self._session.run(None, batch([encoded[place] for place in places]))[0].reshape(-1)
        return found

    @cached_property
    def _encoder(self) -> Encoder:
        import json

        try:
            vocabulary = json.loads((self._folder / self.TOKENIZER).read_bytes())["model"]["vocab"]
            length = int(json.loads((self._folder / self.CONFIG).read_bytes())["max_length"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RetrievalError(f"重排模型 {self._folder} 读不出来：{error}") from error
        return Encoder(vocabulary, length)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidProtobuf, NoSuchFile

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        try:
            return onnxruntime.InferenceSession(str(self._folder / self.WEIGHTS), options, providers=["CPUExecutionProvider"])
        except (Fail, InvalidArgument, InvalidProtobuf, NoSuchFile) as error:
            raise RetrievalError(f"重排模型 {self._folder} 读不出来：{' '.join(str(error).split())[:200]}") from error


def batch(encoded: Sequence[Encoded]) -> dict[str, NDArray[np.int64]]:
    """Arrays [texts, longest] for the model: ids, types and which places are filled."""
    import numpy as np

    longest = max(len(item.ids) for item in encoded)
    ids, types, mask = (np.zeros((len(encoded), longest), dtype=np.int64) for _ in range(3))
    for row, item in enumerate(encoded):
        ids[row, : len(item.ids)], types[row, : len(item.ids)], mask[row, : len(item.ids)] = item.ids, item.types, 1
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
