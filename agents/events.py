"""Typed events of a run: the one contract that the trace, the web page and the command line read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """Something that happened in a run; `elapsed_ms` counts from the start of the turn."""

    kind: ClassVar[str] = "event"
    elapsed_ms: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form with its kind."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Planned(Event):
    """理解: the question in full, its intent and what was assumed."""

    kind: ClassVar[str] = "planned"
    resolved: str = ""
    intent: str = ""
    assumptions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Searched(Event):
    """检索: how many figures and passages were found."""

    kind: ClassVar[str] = "searched"
    figures: int = 0
    passages: int = 0


@dataclass(frozen=True)
class Computed(Event):
    """计算: figures now on the sheet, findings laid down."""

    kind: ClassVar[str] = "computed"
    figures: int = 0
    findings: int = 0


@dataclass(frozen=True)
class Decomposed(Event):
    """归因: how many parts the decompositions have."""

    kind: ClassVar[str] = "decomposed"
    parts: int = 0


@dataclass(frozen=True)
class ToolCalled(Event):
    """A tool that the open-question analyst called, and in short what came back."""

    kind: ClassVar[str] = "tool"
    name: str = ""
    result: str = ""


@dataclass(frozen=True)
class Written(Event):
    """撰写: a draft is there."""

    kind: ClassVar[str] = "written"
    by: str = ""


@dataclass(frozen=True)
class Audited(Event):
    """审计: whether every number is bound, and what was wrong."""

    kind: ClassVar[str] = "audited"
    ok: bool = True
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Refused(Event):
    """A refusal with its code and message."""

    kind: ClassVar[str] = "refused"
    code: str = ""
    message: str = ""


_ALL: tuple[type[Event], ...] = (Planned, Searched, Computed, Decomposed, ToolCalled, Written, Audited, Refused)
EVENTS: dict[str, type[Event]] = {cls.kind: cls for cls in _ALL}


def from_dict(record: dict[str, Any]) -> Event:
    """The event of a JSON form made by `Event.to_dict`."""
    values = {key: value for key, value in record.items() if key != "kind"}
    return EVENTS[record["kind"]](**values)
