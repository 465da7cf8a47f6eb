"""What the registry keeps of a version: its notes, its files with their hashes, and the events of its aliases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from data.errors import ReleaseError
from finetune.release.versions import Version, full_name

EventKind = Literal["register", "alias", "promote", "rollback"]
_MOST_REASON, _MOST_REASONS = 1000, 8


@dataclass(frozen=True, slots=True)
class Notes:
    """What is written beside a version: hash of the training data, hyper-parameters, metrics, and words.

    certificate: the contamination certificate as JSON types, {} for none. origin: what it was trained from (base or parent version).
    """

    data_hash: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    text: str = ""
    origin: str = ""
    certificate: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Release:
    """One registered version. folder: its files in the store. files: SHA-256 by relative path. registered: ISO time, UTC."""

    name: str
    version: Version
    notes: Notes
    files: Mapping[str, str]
    size: int
    registered: str
    folder: Path
    aliases: Sequence[str] = ()

    @property
    def full_name(self) -> str:
        """financial_llm_lora_v1.0.0."""
        return full_name(self.name, self.version)

    def to_json(self) -> str:
        """What is written beside the files; the aliases and the place are the registry's.

        Raises:
            ReleaseError: the notes hold something that is no JSON (NaN among it).
        """
        written = {
            "name": self.name, "version": str(self.version), "registered": self.registered, "size": self.size, "files": dict(self.files),
            "notes": asdict(self.notes),
        }  # fmt: skip
        try:
            return json.dumps(written, ensure_ascii=False, indent=1, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ReleaseError(f"发布说明里有不能写成 JSON 的内容：{error}") from error

    @classmethod
    def of_json(cls, text: str, folder: Path, aliases: Sequence[str]) -> Self:
        """The release of `to_json`'s text.

        Raises:
            ReleaseError: the text is damaged.
        """
        try:
            read = json.loads(text)
            notes, version = Notes(**read["notes"]), Version.of(read["version"])
            return cls(read["name"], version, notes, read["files"], read["size"], read["registered"], folder, tuple(sorted(aliases)))
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(f"登记记录损坏（{folder.parent}）：{error}") from error


@dataclass(frozen=True, slots=True)
class Event:
    """One change. previous: the version that held the alias before, "" for none. forced: the gate had failed; `gate_reasons` says of what."""

    at: str
    kind: EventKind
    alias: str
    version: str
    previous: str = ""
    reason: str = ""
    forced: bool = False
    gate_reasons: Sequence[str] = ()

    def to_json(self) -> str:
        """One line, cut to what a tag holds."""
        cut = asdict(self) | {"reason": self.reason[:_MOST_REASON], "gate_reasons": [text[:300] for text in self.gate_reasons][:_MOST_REASONS]}
        return json.dumps(cut, ensure_ascii=False)
