"""The parity gate: adapter = merged = int8 = served on golden prompts, told pair by pair with the prompts on which they differ.

Two forms agree on a prompt when their greedy texts are equal, or when the checker finds both answers equal in what they say
(both right, by recomputing). Logits are compared where both forms give them, over the first form's own prompts and texts, so that
the distance is of one and the same sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import ReleaseError
from finetune.evaluation.cases import Case
from finetune.evaluation.recompute import score

Logits = NDArray[np.float32]
_SHOWN = 20


class Form(Protocol):
    """One form of a model: adapter, merged, int8 or served."""

    @property
    def name(self) -> str:
        """Name in the report."""

    def answers(self, prompts: Sequence[str]) -> Sequence[str]:
        """The greedy text after each prompt."""

    def logits(self, prompt: str, answer: str) -> Logits | None:
        """Logits [tokens, vocabulary] over prompt and answer; None where the form gives none (a server)."""


@dataclass(frozen=True, slots=True)
class Golden:
    """One golden prompt. case: what a right answer holds, None where only equal texts count."""

    prompt: str
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """differing: share of prompts on which a pair may differ. distance: most of the logits' range by which they may."""

    differing: float = 0.0
    distance: float = 1e-3


# The weights of int8 are others by construction: answers decide, logits bound the damage.
TOLERANCES: Mapping[str, Tolerance] = {"int8": Tolerance(0.02, 0.25), "int4": Tolerance(0.05, 0.75)}


@dataclass(frozen=True, slots=True)
class Difference:
    """A prompt on which two forms neither say the same nor are both right."""

    prompt: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class PairReport:
    """Two forms over all prompts. same_text and same_answer count prompts, the second among those of other text.

    distance: largest logit distance as a share of the first form's range; mean_distance: mean over prompts; None: not comparable.
    """

    one: str
    other: str
    prompts: int
    same_text: int
    same_answer: int
    differing: Sequence[Difference]
    distance: float | None
    mean_distance: float | None
    tolerance: Tolerance

    @property
    def passed(self) -> bool:
        """Within the tolerance of the pair."""
        near = self.distance is None or self.distance <= self.tolerance.distance
        return near and len(self.differing) <= self.tolerance.differing * self.prompts

    def sentence(self) -> str:
        """One line in the user's words."""
        away = "" if self.distance is None else f"，logits 最大相差 {self.distance:.3%}"
        counts = f"文字相同 {self.same_text}，答案相同 {self.same_answer}，不同 {len(self.differing)}"
        return f"{self.one} 与 {self.other}：{self.prompts} 个提示，{counts}{away}"


@dataclass(frozen=True, slots=True)
class ParityReport:
    """All pairs."""

    prompts: int
    pairs: Sequence[PairReport] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """Whether there was something to compare and every pair is within its tolerance."""
        return self.prompts > 0 and bool(self.pairs) and all(pair.passed for pair in self.pairs)

    def to_dict(self) -> dict[str, Any]:
        """JSON types, with the first differing prompts of each pair."""
        return {
            "passed": self.passed, "prompts": self.prompts,
            "pairs": [
                {
                    "one": pair.one, "other": pair.other, "passed": pair.passed, "same_text": pair.same_text, "same_answer": pair.same_answer,
                    "differing": len(pair.differing), "distance": pair.distance, "mean_distance": pair.mean_distance,
                    "tolerance": asdict(pair.tolerance),
                    "examples": [{"prompt": each.prompt, pair.one: each.one, pair.other: each.other} for each in pair.differing[:_SHOWN]],
                }
                for pair in self.pairs
            ],
        }  # fmt: skip

    @classmethod
    def of_dict(cls, record: Mapping[str, Any]) -> ParityReport:
        """The report of `to_dict`'s shape; of the differing prompts those that were written.

        Raises:
            ReleaseError: it is no such report, or its verdict is not the one that its counts give.
        """
        try:
            pairs = tuple(_pair_of(each, int(record["prompts"])) for each in record["pairs"])
            report, stated = cls(int(record["prompts"]), pairs), bool(record["passed"])
        except (KeyError, TypeError, ValueError) as error:
            raise ReleaseError(f"不是一致性报告：{error}") from error
        if report.passed != stated:
            raise ReleaseError("一致性报告自相矛盾：结论与各对的计数不符")
        return report


def _pair_of(record: Mapping[str, Any], prompts: int) -> PairReport:
    one, other, examples = str(record["one"]), str(record["other"]), record["examples"]
    told = [Difference(each["prompt"], each[one], each[other]) for each in examples]
    missing = int(record["differing"]) - len(told)
    told += [Difference("", "", "")] * missing
    tolerance = Tolerance(**record["tolerance"])
    return PairReport(
        one, other, prompts, int(record["same_text"]), int(record["same_answer"]), tuple(told), record["distance"], record["mean_distance"], tolerance
    )


def tolerance_of(one: str, other: str) -> Tolerance:
    """The tolerance of two forms by name: that of the more quantised one."""
    found = [TOLERANCES[kind] for kind in TOLERANCES if (kind in one) != (kind in other)]
    return max(found, key=lambda tolerance: tolerance.distance, default=Tolerance())


def both_right(case: Case, one: str, other: str) -> bool:
    """Whether two answers of different words are equal in what they say: both are right when recomputed."""
    return score(case, one).right and score(case, other).right


def parity(
    forms: Sequence[Form], golden: Sequence[Golden], equal: Callable[[Case, str, str], bool] = both_right,
    tolerance: Callable[[str, str], Tolerance] = tolerance_of, progress: Callable[[int, int], None] | None = None,
) -> ParityReport:
    """Compare each form with the first one (the adapter) and with the one before it. tolerance: of two forms by name.

    Raises:
        ReleaseError: there are fewer than two forms, no prompts, or a form returned another number of answers.
    """
    if len(forms) < 2 or not golden:
        raise ReleaseError("一致性检查至少要两种形式和一个提示")
    answers = [_answers(form, golden) for form in forms]
    places = dict.fromkeys([*((0, number) for number in range(1, len(forms))), *((number - 1, number) for number in range(2, len(forms)))])
    pairs = []
    for done, (first, second) in enumerate(places, start=1):
        pairs.append(_compared(forms[first], forms[second], golden, answers[first], answers[second], equal, tolerance))
        if progress:
            progress(done, len(places))
    return ParityReport(len(golden), tuple(pairs))


def _answers(form: Form, golden: Sequence[Golden]) -> Sequence[str]:
    given = list(form.answers([each.prompt for each in golden]))
    if len(given) != len(golden):
        raise ReleaseError(f"{form.name} 对 {len(golden)} 个提示返回了 {len(given)} 个结果")
    return given


def _compared(
    one: Form, other: Form, golden: Sequence[Golden], ours: Sequence[str], theirs: Sequence[str], equal: Callable[[Case, str, str], bool],
    tolerance: Callable[[str, str], Tolerance],
) -> PairReport:
    same_text = same_answer = 0
    differing: list[Difference] = []
    distances: list[float] = []
    for each, mine, yours in zip(golden, ours, theirs, strict=True):
        if mine == yours:
            same_text += 1
        elif each.case is not None and equal(each.case, mine, yours):
            same_answer += 1
        else:
            differing.append(Difference(each.prompt, mine, yours))
        if (away := _distance(one, other, each.prompt, mine)) is not None:
            distances.append(away)
    return PairReport(
        one.name, other.name, len(golden), same_text, same_answer, tuple(differing), max(distances) if distances else None,
        float(np.mean(distances)) if distances else None, tolerance(one.name, other.name),
    )  # fmt: skip


def _distance(one: Form, other: Form, prompt: str, answer: str) -> float | None:
    mine, yours = one.logits(prompt, answer), other.logits(prompt, answer)
    if mine is None or yours is None:
        return None
    if mine.shape != yours.shape:
        return float("inf")
    span = float(mine.max() - mine.min()) or 1.0
    return float(np.abs(mine.astype(np.float64) - yours.astype(np.float64)).max()) / span
