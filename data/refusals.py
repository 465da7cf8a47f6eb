"""Refusals: what is returned instead of a number when no number can be stood behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """The closed list of reasons; every one is shown to the user with what would help."""

    MISSING_DOCUMENT = "missing_document"
    MISSING_PERIOD = "missing_period"
    NOT_DISCLOSED = "not_disclosed"
    NOT_APPLICABLE = "not_applicable"
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SCOPE = "out_of_scope"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Refusal:
    """A refusal: its code, one sentence why, one sentence what would help (both Chinese)."""

    code: RefusalCode
    message: str
    suggestion: str

    def to_dict(self) -> dict[str, str]:
        """The shape of the command-line contract: code, message, suggestion."""
        return {key: str(value) for key, value in asdict(self).items()}
