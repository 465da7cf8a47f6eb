"""What one evaluation found: an answer record for every case, and everything that is counted from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from finetune.evaluation.parts import PARTS
from finetune.evaluation.regression import RegressionReport
from finetune.evaluation.statistics import Mean, Rate, rate_of, wilson

AXES = ("kind", "family", "digits", "held_out", "template", "bank", "formula×template")


@dataclass(frozen=True)
class AnswerRecord:
    """One answer with its verdicts. text: the output as a reader would see it. parts: see parts.PARTS. served: narrations only.

    scores: BLEU, ROUGE-L and BERTScore of this answer alone.
    """

    id: str
    question: str
    reference: str
    output: str
    text: str
    slices: Mapping[str, str]
    parts: Mapping[str, bool | None]
    terms: bool
    served: bool | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    problems: Sequence[str] = ()

    @property
    def right(self) -> bool:
        """Whether everything that applies is right."""
        return bool(self.parts["right"])

    @property
    def kind(self) -> str:
        """The share of the data that it belongs to, "" where it is not known."""
        return self.slices.get("kind", "")

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class TextSummary:
    """One text score over all answers, 0-1, with its signature and the interval of its mean."""

    score: float
    signature: str
    mean: Mean


@dataclass(frozen=True)
class EvaluationReport:
    """One model on one data set. data: name, sha256, count of questions, repeated ones left out.

    flips: the digit-flip report as plain values, {} where it was not run. reasons: why narrations were stopped, counted.
    """

    model: str
    data: Mapping[str, Any]
    records: Sequence[AnswerRecord]
    text: Mapping[str, TextSummary]
    regression: RegressionReport | None = None
    flips: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def part(self, name: str, kinds: Sequence[str] = ()) -> Rate:
        """The rate of one part of the recompute score, over some kinds of exercise or all."""
        return rate_of([record.parts[name] for record in self.records if not kinds or record.kind in kinds])

    @property
    def accuracy(self) -> Rate:
        """Recompute accuracy: every part right."""
        return self.part("right")

    def narration(self) -> Rate:
        """Narrations that go out as written."""
        return rate_of([record.served for record in self.records])

    def terms(self) -> Rate:
        """Answers whose indicator names and unit words are right."""
        return rate_of([record.terms for record in self.records])

    def slices(self, axes: Sequence[str] = AXES) -> dict[str, dict[str, Rate]]:
        """axis → value → recompute accuracy."""
        return {
            axis: {value: rate_of([r.right for r in self.records if r.slices.get(axis) == value]) for value in _values(self.records, axis)}
            for axis in axes if _values(self.records, axis)
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values; `of_dict` reads it back."""
        return {
            "model": self.model, "data": dict(self.data), "seconds": round(self.seconds, 2),
            "recompute": {part: self.part(part).to_dict() for part in PARTS},
            "slices": {axis: {value: rate.to_dict() for value, rate in rates.items()} for axis, rates in self.slices().items()},
            "text": {name: {"score": round(one.score, 5), "signature": one.signature, **one.mean.to_dict()} for name, one in self.text.items()},
            "narration": self.narration().to_dict(), "terms": self.terms().to_dict(), "flips": dict(self.flips), "reasons": dict(self.reasons),
            "regression": self.regression.to_dict() if self.regression else None, "answers": [record.to_dict() for record in self.records],
        }  # fmt: skip

    @classmethod
    def of_dict(cls, value: Mapping[str, Any]) -> EvaluationReport:
        """A report that was saved.

        Raises:
            KeyError, TypeError: the value is no saved report.
        """
        text = {
            name: TextSummary(one["score"], one["signature"], Mean(one["mean"], one["low"], one["high"], one["count"]))
            for name, one in value["text"].items()
        }
        return cls(
            value["model"], value["data"], [AnswerRecord(**record) for record in value["answers"]], text, _regression(value.get("regression")),
            value.get("flips") or {}, value.get("reasons") or {}, value.get("seconds", 0.0),
        )


def _values(records: Sequence[AnswerRecord], axis: str) -> list[str]:
    return sorted({record.slices[axis] for record in records if axis in record.slices})


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def _regression(value: Mapping[str, Any] | None) -> RegressionReport | None:
    if not value:
        return None
    kinds = {kind: wilson(rate["right"], rate["total"]) for kind, rate in value["kinds"].items()}
    return RegressionReport(rate_of(list(value["verdicts"].values())), kinds, value["verdicts"], value["outputs"])
