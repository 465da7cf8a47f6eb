"""The `ask --json` object as types: the contract that tests and outside programs rely on.

The committed `docs/ask.schema.json` is `python -m app schema`; a test keeps the two equal. Unknown keys are refused here, so
that the contract can only change on purpose; readers outside should ignore keys that they do not know.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agents.llm.exchange import Role
from data.figures import FigureKind, Gaap, Scope
from data.refusals import RefusalCode

Id = Annotated[str, StringConstraints(pattern=r"^f[1-9]\d*$")]
DecimalText = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
_PERIOD = r"\d{4}(H[12]|Q1-3|Q[1-4]|-\d{2}-\d{2})?"
PeriodText = Annotated[str, StringConstraints(pattern=rf"^{_PERIOD}$")]
# A rate over several years is of both its ends: 2021-2024.
SpanText = Annotated[str, StringConstraints(pattern=rf"^{_PERIOD}(-{_PERIOD})?$")]


class _Part(BaseModel):
    """Every part: immutable, and nothing beyond what is written here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceModel(_Part):
    """Where a reported figure was read. page: of the file, from 1; null for a web page. box: of the cell, in points."""

    document: str
    page: Annotated[int, Field(ge=1)] | None
    table: str
    row: str
    column: str
    quote: str
    source: str
    source_class: str = ""
    printed_page: str = ""
    box: tuple[float, float, float, float] | None = None


class FigureModel(_Part):
    """One figure. value: plain decimal text in `unit`. inputs: ids of the figures that a computed one was computed from."""

    id: Id
    entity: str
    indicator: str
    period: SpanText
    scope: Scope
    value: DecimalText
    unit: str
    kind: FigureKind
    formula: str | None
    inputs: list[Id]
    evidence: list[EvidenceModel]
    operation: str | None = None
    base_period: PeriodText | None = None
    gaap: Gaap = Gaap.PRC
    audited: bool = True
    restated: bool = False
    note: str = ""


class RefusalModel(_Part):
    """Why there is no answer, and what would help."""

    code: RefusalCode
    message: str
    suggestion: str


class AttemptModel(_Part):
    """One model that was tried or passed over. latency_ms: with its retries."""

    role: str
    model: str
    outcome: str
    error: str | None = None
    latency_ms: int = 0
    retries: int = 0


class ModelReceipt(_Part):
    """Who wrote the answer, why, and what was tried. cost: decimal text in `currency`, null when a price is unknown."""

    served_by: Role
    reason: str
    attempts: list[AttemptModel]
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: DecimalText | None = None
    currency: str | None = None
    latency_ms: int = 0
    prompt_sha256: str = ""
    cached: bool = False


class SlotsModel(_Part):
    """What was understood, in display names; periods are canonical (2023, 2023H1, 2023Q3, 2023Q1-3, 2023-11-30)."""

    banks: list[str]
    indicators: list[str]
    periods: list[PeriodText]
    scope: Scope
    gaap: Gaap | None = None
    operations: list[str] = []


class Answer(_Part):
    """One turn.

    answers: ids of the figures that answer the question, best first; the other figures are context. suggestions: questions
    that could come next. unexplained: words of the question that nothing was made of.
    """

    thread_id: str
    run_id: str
    question: str
    resolved_question: str
    intent: str
    slots: SlotsModel
    answer: str
    figures: list[FigureModel]
    answers: list[Id]
    refusal: RefusalModel | None
    caveats: list[str]
    model: ModelReceipt
    trace_id: str
    elapsed_ms: Annotated[int, Field(ge=0)]
    cached: bool
    suggestions: list[str] = []
    unexplained: list[str] = []


def answer_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one `ask --json` object."""
    schema = Answer.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
