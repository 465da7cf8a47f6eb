"""Names and versions of released models: `financial_llm_lora_v1.0.0` is version 1.0.0 of `financial_llm_lora`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from data.errors import ReleaseError

DEFAULT_NAME = "financial_llm_lora"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_VERSION = re.compile(r"v?(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
_FULL = re.compile(r"(?P<name>[^@]+?)_(?P<version>v\d[^@]*)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A semantic version: major for another base or prompt format, minor for new data or training, patch for a repair."""

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, text: str) -> Self:
        """The version of "1.2.3" or "v1.2.3".

        Raises:
            ReleaseError: the text is no such version.
        """
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise ReleaseError(f"版本“{text}”不是 主.次.修 三段数字，例如 1.0.0")
        return cls(*(int(part) for part in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a user typed for one version of a model: a version, or an alias ("champion"), with or without the model's name."""

    name: str
    version: Version | None = None
    alias: str = ""

    @classmethod
    def of(cls, text: str, name: str = DEFAULT_NAME) -> Self:
        """Read `1.0.0`, `v1.0.0`, `champion`, `financial_llm_lora_v1.0.0` or `financial_llm_lora@champion`; name: where none is typed.

        Raises:
            ReleaseError: it is none of these.
        """
        typed = text.strip()
        if "@" in typed:
            owner, _, alias = typed.partition("@")
            return cls(checked_name(owner), alias=checked_alias(alias))
        if _VERSION.fullmatch(typed):
            return cls(checked_name(name), Version.of(typed))
        if match := _FULL.fullmatch(typed):
            return cls(checked_name(match["name"]), Version.of(match["version"]))
        return cls(checked_name(name), alias=checked_alias(typed))


def full_name(name: str, version: Version) -> str:
    """The specification's form: financial_llm_lora_v1.0.0."""
    return f"{name}_v{version}"


def is_name(text: str) -> bool:
    """Whether a text may be a model's name: small letters, digits and single underscores, at most 60, not ending like a version."""
    return len(text) <= 60 and bool(_NAME.fullmatch(text)) and not re.search(r"_v\d+$", text)


def checked_name(name: str) -> str:
    """The name, if it may be one (see `is_name`).

    Raises:
        ReleaseError: it may not.
    """
    if not is_name(name):
        raise ReleaseError(f"模型名“{name}”不可用：只用小写字母、数字和下划线，字母开头，不带版本号，例如 {DEFAULT_NAME}")
    return name


def checked_alias(alias: str) -> str:
    """The alias, if it may be one (the same letters as a name).

    Raises:
        ReleaseError: it may not.
    """
    if len(alias) > 60 or not _NAME.fullmatch(alias):
        raise ReleaseError(f"“{alias}”既不是版本（1.0.0）也不是别名（champion、challenger）")
    return alias
