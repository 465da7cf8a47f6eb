"""Contamination: what of an evaluation set stands in the training rows, tested five ways, and the certificate of it.

    exact         the canonical question, or question and answer, are equal
    near          equal numbers and references, character 5-grams overlapping by the threshold (MinHash, verified)
    ngram         one training row holds most of an evaluation row's 13-grams, and all of its numbers and references
    ngram_masked  the same with numbers masked: the wording was seen, with other numbers
    template      the number-masked questions are equal

The first three mean that the row itself was seen; they block. The last two mean that its wording was; they block where a policy
says so, as it must for evaluation sets that claim unseen templates (`HELD_OUT`). 13-grams over words are the custom of the field
(T. Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C); here they are characters of the normalised text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from finetune.rows.certificate import Certificate, Count
from finetune.rows.dedup import THRESHOLD, NearIndex
from finetune.rows.grams import grams
from finetune.rows.ngram_index import NgramIndex
from finetune.rows.record import Row
from finetune.rows.text_keys import canonical, digest, facts_of, masked, question_text, row_digest, row_text

__all__ = ["HELD_OUT", "POLICY", "TESTS", "Certificate", "Decontaminated", "Finding", "Guard", "Policy", "certificate", "decontaminate"]

Test = Literal["exact", "near", "ngram", "ngram_masked", "template"]
TESTS: tuple[Test, ...] = get_args(Test)
_LISTED = 2000


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds, and the tests that block. near: Jaccard of 5-grams. containment: share of an evaluation row's n-grams in one row."""

    blocking: tuple[Test, ...] = ("exact", "near", "ngram")
    near: float = THRESHOLD
    ngram: int = 13
    containment: float = 0.8


POLICY = Policy()
HELD_OUT = Policy(blocking=TESTS)


class Finding(NamedTuple):
    """One training row that one evaluation row was found in; measure: 1.0 for equality, else the overlap."""

    test: Test
    train: str
    evaluation: str
    measure: float


@dataclass(slots=True)
class Decontaminated:
    """Rows that stay, and the blocking findings for those that went (one for each test and evaluation row)."""

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def dropped(self) -> list[str]:
        """Ids of the rows that went, in order."""
        return list(dict.fromkeys(finding.train for finding in self.findings))


class Guard:
    """An evaluation set against which training rows are screened, one by one."""

    def __init__(self, evaluation: Iterable[Row], policy: Policy = POLICY) -> None:
        self.policy = policy
        self.size = 0
        self._ids: list[str] = []
        self._facts: list[Counter[str]] = []
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._templates: dict[str, list[int]] = defaultdict(list)
        self._near = NearIndex(threshold=policy.near)
        self._seen_masks: dict[str, list[tuple[int, float]]] = {}
        texts, digests = [], []
        for row in evaluation:
            texts.append(self._add(row))
            digests.append(row_digest(row))
        self.digest = digest(*digests)
        self._plain = NgramIndex([grams(canonical(text), policy.ngram) for text in texts], policy.containment)
        self._masked = NgramIndex([grams(masked(text), policy.ngram) for text in texts], policy.containment)

    def findings(self, row: Row, name: str = "") -> list[Finding]:
        """Everything that is found of a training row; name: what to call it where it has no id."""
        text, question = row_text(row), question_text(row)
        plain, wording = canonical(text), digest(masked(question))
        hits: list[tuple[Test, int, float]] = [("exact", at, 1.0) for at in self._equal(plain, canonical(question))]
        hits += [("near", int(key), share) for key, share in self._near.matches(text)]
        hits += [("ngram", at, share) for at, share in self._contained(text, plain)]
        hits += [("ngram_masked", at, share) for at, share in self._contained_masked(text)]
        hits += [("template", at, 1.0) for at in self._templates.get(wording, ())]
        return [Finding(test, row.id or name, self._ids[at], share) for test, at, share in hits]

    def blocks(self, findings: Iterable[Finding]) -> list[Finding]:
        """Those findings that the policy does not let pass."""
        return [finding for finding in findings if finding.test in self.policy.blocking]

    def screen(self, rows: Iterable[Row], dropped: list[Finding]) -> Iterator[Row]:
        """The rows that pass, as they come; the blocking findings of the others are added to `dropped`."""
        for number, row in enumerate(rows, start=1):
            if found := self.blocks(self.findings(row, _name(row, number))):
                dropped += found
            else:
                yield row

    def _add(self, row: Row) -> str:
        text, question = row_text(row), question_text(row)
        at = self.size
        self.size += 1
        self._ids.append(_name(row, self.size))
        self._facts.append(_stated(text))
        for key in {digest("question", canonical(question)), digest("text", canonical(text))}:
            self._exact[key].append(at)
        self._templates[digest(masked(question))].append(at)
        self._near.add(str(at), text)
        return text

    def _equal(self, plain: str, question: str) -> list[int]:
        keys = (digest("question", question), digest("text", plain))
        return sorted({at for key in keys for at in self._exact.get(key, ())})

    def _contained(self, text: str, plain: str) -> list[tuple[int, float]]:
        hits = self._plain.contained_in(grams(plain, self.policy.ngram))
        if not hits:
            return []
        stated = _stated(text)
        return [(at, share) for at, share in hits if self._facts[at] <= stated]

    def _contained_masked(self, text: str) -> list[tuple[int, float]]:
        """Rows of one template and the same names are one text here, so each distinct one is looked up once."""
        plain = masked(text)
        key = digest(plain)
        if key not in self._seen_masks:
            self._seen_masks[key] = self._masked.contained_in(grams(plain, self.policy.ngram))
        return self._seen_masks[key]


def certificate(train: Iterable[Row], evaluation: Iterable[Row], *, policy: Policy = POLICY, name: str = "") -> Certificate:
    """The certificate of training rows against an evaluation set. The rows of `train` are streamed, those of `evaluation` held.

    name: of the evaluation set, for the reader. The verdict is clean when no blocking test finds anything.
    """
    guard = Guard(evaluation, policy)
    trained: dict[Test, dict[str, None]] = {test: {} for test in TESTS}
    evaluated: dict[Test, set[str]] = {test: set() for test in TESTS}
    digests, offenders = [], list[Finding]()
    for number, row in enumerate(train, start=1):
        digests.append(row_digest(row))
        found = guard.findings(row, _name(row, number))
        offenders += guard.blocks(found)[: max(0, _LISTED - len(offenders))]
        for finding in found:
            trained[finding.test][finding.train] = None
            evaluated[finding.test].add(finding.evaluation)
    return Certificate(
        name=name, train_rows=len(digests), evaluation_rows=guard.size, train_digest=digest(*digests), evaluation_digest=guard.digest,
        thresholds={"near_jaccard": policy.near, "ngram_size": policy.ngram, "ngram_containment": policy.containment},
        blocking=policy.blocking, counts={test: Count(len(trained[test]), len(evaluated[test])) for test in TESTS},
        offenders=[{"test": f.test, "train": f.train, "evaluation": f.evaluation, "measure": round(f.measure, 4)} for f in offenders],
    )  # fmt: skip


def decontaminate(rows: Iterable[Row], evaluation: Iterable[Row], *, policy: Policy = POLICY) -> Decontaminated:
    """The training rows without those in which a blocking test finds an evaluation row, and the findings.

    For rows that do not fit in memory use `Guard(evaluation).screen(rows, dropped)`.
    """
    result = Decontaminated()
    result.rows = list(Guard(evaluation, policy).screen(rows, result.findings))
    return result


def _stated(text: str) -> Counter[str]:
    facts = facts_of(text)
    return Counter((*facts.numbers, *facts.references))


def _name(row: Row, number: int) -> str:
    return row.id or f"row {number}"
