"""What a training row is made of: an exercise (figures, question and answer in references) and the record written to disk.

An exercise is the verified content, before any rendering: a fact sheet whose figures carry exact values, the question and the
answer as drafts in references (`{f1}`, `[Calculator((f1-f2)/f2*100)→{f3}]`, see tools.references), so that every rendering -
plain steps, inline calculator, tool calls, references - prints the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tools.factsheet import FactSheet

Kind = Literal["qa", "calculation", "method", "narration"]
Rendering = Literal["plain", "calculator", "tool_calls", "references"]
Split = Literal["train", "validation", "test", ""]
KINDS: tuple[Kind, ...] = ("qa", "calculation", "method", "narration")
RENDERINGS: tuple[Rendering, ...] = ("plain", "calculator", "tool_calls", "references")


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    kind: which share of the data it belongs to. family: what it asks for (ratio, growth, percentage_points, share, …): the slice
    of every evaluation. sheet: the figures given and computed; `sheet.answers` are those that answer. ask, tell: question and
    answer, in references. instruction: the task in a few words (the specification's form). formula: id in the formula registry,
    "" for none. template: id of the wording. bank: name, "" for several. as_of: canonical period. program: the expression that
    gives the final answer over figure ids, "" where nothing is computed. digits: "small", "usual" or "large" numbers.
    """

    kind: Kind
    family: str
    sheet: FactSheet
    ask: str
    tell: str
    instruction: str
    template: str
    bank: str
    as_of: str
    formula: str = ""
    program: str = ""
    digits: str = "usual"

    @property
    def group(self) -> str:
        """Rows of one group never stand on two sides of a split: bank, year and wording."""
        return f"{self.bank}|{self.as_of[:4]}|{self.template}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a data file. messages: chat turns ({"role", "content"[, "tool_calls"]}). tools: JSON schemas of the tools, if any."""

    messages: Sequence[Mapping[str, Any]]
    meta: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[Mapping[str, Any]] = ()

    @property
    def id(self) -> str:
        """The row's id, "" for an imported row without one."""
        return str(self.meta.get("id", ""))

    @property
    def prompt(self) -> str:
        """Everything before the first assistant turn."""
        before = []
        for message in self.messages:
            if message["role"] == "assistant":
                break
            before.append(str(message.get("content") or ""))
        return "\n".join(before)

    @property
    def completion(self) -> str:
        """The last assistant turn's text."""
        texts = [str(message.get("content") or "") for message in self.messages if message["role"] == "assistant"]
        return texts[-1] if texts else ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the file: {"messages", "tools"?, "meta"}; meta has id, source, license, split, group, program, answer, unit, as_of."""
        plain: dict[str, Any] = {"messages": [dict(message) for message in self.messages], "meta": dict(self.meta)}
        return plain | ({"tools": [dict(tool) for tool in self.tools]} if self.tools else {})

    @classmethod
    def of_dict(cls, record: Mapping[str, Any]) -> Row:
        """The row of a JSON object of `to_dict`'s shape.

        Raises:
            KeyError: it has no messages.
        """
        return cls(list(record["messages"]), dict(record.get("meta") or {}), list(record.get("tools") or ()))
