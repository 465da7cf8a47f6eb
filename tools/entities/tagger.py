"""The shipped tagger at work: ONNX with eight-bit weights and a list of characters; no torch, no tokenizer.

It reads what the grammar has found along with the text, and proposes spans with a confidence; `tools.entities.merging`
decides which of them are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from data.errors import SettingsError
from tools.entities.features import TYPES, features
from tools.entities.spans import EntitySpan

if TYPE_CHECKING:
    import numpy

LONGEST = 512  # Characters read at once; what stands behind is the grammar's alone.


class Proposal(NamedTuple):
    """A span that a model would have, and how sure it is: the lowest probability along the span and of its end, 0-1."""

    span: EntitySpan
    confidence: float


class Proposer(Protocol):
    """Anything that reads a text and proposes entities: the shipped tagger, or a token classifier of another's."""

    def propose(self, plain: str, spans: Sequence[EntitySpan]) -> list[Proposal]:
        """Proposals for a prepared text that the grammar has read as `spans`, left to right, none overlapping."""
        ...


class EntityTagger:
    """A tagger read from a folder; safe to share between threads."""

    def __init__(self, session: Any, characters: dict[str, int]) -> None:
        self._session = session
        self._characters = characters

    @classmethod
    def load(cls, folder: Path) -> EntityTagger:
        """The tagger of a folder (tagger.onnx, characters.txt).

        Raises:
            SettingsError: a file is missing or cannot be read.
        """
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidProtobuf

        try:
            lines = (folder / "characters.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
            return cls(_session((folder / "tagger.onnx").read_bytes()), {char: number for number, char in enumerate(lines, 2)})
        except (OSError, UnicodeDecodeError, Fail, InvalidArgument, InvalidProtobuf) as error:
            raise SettingsError(f"无法读取实体标注模型 {folder.name}：{error}") from error

    def propose(self, plain: str, spans: Sequence[EntitySpan]) -> list[Proposal]:
        """See `Proposer`."""
        import numpy

        text = plain[:LONGEST].ljust(4)
        seen = features(text, (span for span in spans if span.end <= LONGEST), self._characters)
        inputs = {"characters": seen.characters, "tags": seen.tags, "words": seen.words}
        (scores,) = self._session.run(None, {name: numpy.asarray([row], dtype=numpy.int64) for name, row in inputs.items()})
        return [proposal for proposal in proposals(scores[0]) if proposal.span.end <= len(plain)]


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _probabilities(scores: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    import numpy

    odds = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: numpy.ndarray[Any, Any] = odds / odds.sum(axis=-1, keepdims=True)
    return shares


def proposals(scores: numpy.ndarray[Any, Any]) -> list[Proposal]:
    """Spans of the likeliest labels of (length, labels) scores; an I that continues nothing begins one."""
    shares = _probabilities(scores)
    labels = [int(label) for label in shares.argmax(axis=-1)]
    likely = [float(share) for share in shares.max(axis=-1)]
    found, start = list[Proposal](), None
    for at in range(len(labels) + 1):
        if start is not None and (at == len(labels) or labels[at] != labels[start] + labels[start] % 2):
            end = likely[at] if at < len(labels) else 1.0
            kind = TYPES[(labels[start] - 1) // 2]
            found.append(Proposal(EntitySpan(start, at, kind), min(*likely[start:at], end)))
            start = None
        if start is None and at < len(labels) and labels[at]:
            start = at
    return found


@lru_cache(maxsize=4)
def shipped_tagger(folder: Path) -> EntityTagger | None:
    """The tagger of a folder, or None where there is none: the grammar then reads alone."""
    return EntityTagger.load(folder) if (folder / "tagger.onnx").exists() else None
