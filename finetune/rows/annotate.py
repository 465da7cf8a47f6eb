"""Annotation by people: what goes out, what comes back, and how a verdict changes a row - whatever tool was used in between.

The tools themselves: finetune.rows.label_studio, finetune.rows.doccano, and finetune.rows.review for a terminal. What comes back is
checked before it counts: offsets must give the marked words again, and a verdict must be about the row as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.rows.text_keys import digest
from tools.entities.spans import EntitySpan, EntityType
from tools.financial_ner import FinancialNER

Verdict = Literal["accept", "edit", "reject"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
LABELS = tuple(kind.value for kind in EntityType)


class Entity(NamedTuple):
    """text[start:end] (code points) is of a type: 公司, 时间, 指标, 数值 or 变动."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its entities in text order. id: of the row or sentence that the text is of."""

    id: str
    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def spans(self) -> list[EntitySpan]:
        """The entities as the tagger's training takes them."""
        return [EntitySpan(entity.start, entity.end, EntityType(entity.label)) for entity in self.entities]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says of a row: accept, edit (question and answer as they should be) or reject (with the reason as note).

    fingerprint: of the row's turns when it was shown; a decision on other turns is not this row's.
    """

    row_id: str
    verdict: Verdict
    fingerprint: str
    question: str = ""
    answer: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, str]:
        """One JSON object of a decisions file."""
        return {
            "row_id": self.row_id, "verdict": self.verdict, "fingerprint": self.fingerprint, "question": self.question, "answer": self.answer,
            "note": self.note,
        }  # fmt: skip

    @classmethod
    def of_dict(cls, record: Mapping[str, Any]) -> Decision:
        """The decision of a JSON object.

        Raises:
            TrainingError: it is none.
        """
        if not isinstance(record, Mapping) or record.get("verdict") not in VERDICTS or not isinstance(record.get("row_id"), str):
            raise TrainingError(f"不是审核记录：{str(record)[:60]}")
        texts = {key: str(record.get(key) or "") for key in ("fingerprint", "question", "answer", "note")}
        return cls(record["row_id"], record["verdict"], **texts)


@dataclass(slots=True)
class Imported:
    """What came back: decided items, ids that nobody has done, and ids on which two people said different things."""

    labelled: list[Labelled] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Applied:
    """Rows after their decisions: those that stay (edited ones as edited), and (id, reason) of those that go."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)


def prelabelled(texts: Iterable[tuple[str, str]], ner: FinancialNER) -> list[Labelled]:
    """(id, text) pairs with the entities and changes that the recogniser sees: what people then correct."""
    found = []
    for key, text in texts:
        entities = [Entity(int(str(item["start"])), int(str(item["end"])), str(item["type"])) for item in ner.extract_entities(text)]
        entities += [Entity(int(str(item["start"])), int(str(item["end"])), EntityType.CHANGE.value) for item in ner.extract_changes(text)]
        found.append(checked(Labelled(key, text, tuple(sorted(entities)))))
    return found


def checked(labelled: Labelled) -> Labelled:
    """The same, once it is sure that every entity lies in the text, has a known type and overlaps no other.

    Raises:
        TrainingError: one does not; the message names it.
    """
    before = 0
    for entity in sorted(labelled.entities):
        if entity.label not in LABELS:
            raise TrainingError(f"{labelled.id}：没有实体类型“{entity.label}”；可用：{'、'.join(LABELS)}")
        if not 0 <= entity.start < entity.end <= len(labelled.text):
            raise TrainingError(f"{labelled.id}：实体位置 {entity.start}-{entity.end} 超出文本（{len(labelled.text)} 字）")
        if entity.start < before:
            raise TrainingError(f"{labelled.id}：实体“{labelled.text[entity.start:entity.end]}”（{entity.start}-{entity.end}）与前一个重叠")
        before = entity.end
    return Labelled(labelled.id, labelled.text, tuple(sorted(labelled.entities)))


def asked_of(row: Row) -> str:
    """The question that people see and edit: the last user turn before the answer."""
    return next((str(message.get("content") or "") for message in reversed(row.messages) if message["role"] == "user"), "")


def fingerprint(row: Row) -> str:
    """What a decision is about: the question and the answer as they are."""
    return digest(asked_of(row), row.completion)


def applied(rows: Iterable[Row], decisions: Sequence[Decision]) -> Applied:
    """Rows with their decisions carried out; rows without one stay as they are. A reviewed row says so in its meta.

    Raises:
        TrainingError: a decision is about another version of its row, or about no row that is there.
    """
    by_id = {decision.row_id: decision for decision in decisions}
    result, met = Applied(), set[str]()
    for row in rows:
        decision = by_id.get(row.id)
        if decision is None:
            result.rows.append(row)
            continue
        met.add(row.id)
        if decision.fingerprint and decision.fingerprint != fingerprint(row):
            raise TrainingError(f"{row.id}：审核之后这一条已被改动，请重新审核")
        if decision.verdict == "reject":
            result.rejected.append((row.id, decision.note))
        else:
            result.rows.append(decided(row, decision))
    if missing := [key for key in by_id if key not in met]:
        raise TrainingError(f"审核记录里有 {len(missing)} 条不在数据中，例如 {missing[0]}")
    return result


def decided(row: Row, decision: Decision) -> Row:
    """A row that stays, as the decision wants it."""
    meta = {**row.meta, "reviewed": decision.verdict}
    if decision.verdict != "edit":
        return Row(row.messages, meta, row.tools)
    messages = [dict(message) for message in row.messages]
    places = {role: max((at for at, message in enumerate(messages) if message["role"] == role), default=-1) for role in ("user", "assistant")}
    for role, text in (("user", decision.question), ("assistant", decision.answer)):
        if text and places[role] >= 0:
            messages[places[role]]["content"] = text
    return Row(messages, meta, row.tools)
