"""Settings, read once: explicit values over the environment (CAIZHI_…) over defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from data.errors import SettingsError

PREFIX = "CAIZHI_"
_MODEL_KEYS = ("model", "base_url", "api_key", "local", "timeout_s")
_ROLES = ("general", "long_context", "finetuned")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


@dataclass(frozen=True)
class ModelSettings:
    """One model by role: a preset's name or any model name, and where it is served."""

    role: str
    model: str
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    local: bool = False
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Settings:
    """Where state lives and what is configured.

    home: folder of all state (CAIZHI_HOME, default var). database_url: the ledger (CAIZHI_DATABASE_URL, default a SQLite file
    in home). models: CAIZHI_GENERAL_MODEL, CAIZHI_GENERAL_BASE_URL, CAIZHI_GENERAL_API_KEY and so on for LONG_CONTEXT and
    FINETUNED. embedding, reranker: models of the search by name or path (CAIZHI_EMBEDDING, CAIZHI_RERANKER; default the shipped ones,
    "none" for none). cache: whether answers are cached (CAIZHI_CACHE).
    """

    home: Path = Path("var")
    database_url: str = ""
    collection: str = ""
    embedding: str = ""
    reranker: str = ""
    cache: bool = True
    debug: bool = False
    models: tuple[ModelSettings, ...] = ()

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, **explicit: Any) -> Settings:
        """The settings of this process.

        Raises:
            SettingsError: a value cannot be read, or an explicit name is unknown.
        """
        source = os.environ if environment is None else environment
        unknown = set(explicit) - {item.name for item in fields(cls)}
        if unknown:
            raise SettingsError(f"没有这些设置：{'、'.join(sorted(unknown))}")
        values: dict[str, Any] = {"models": _models(source)}
        texts = ("database_url", "collection", "embedding", "reranker")
        readers: tuple[tuple[str, Any], ...] = (("home", Path), *((name, str) for name in texts), ("cache", _switch), ("debug", _switch))
        for name, read in readers:
            text = source.get(PREFIX + name.upper())
            if text is not None and (text or name != "home"):
                values[name] = read(text)
        values |= {name: value for name, value in explicit.items() if value is not None}
        return cls(**values)

    @property
    def ledger_url(self) -> str:
        """Address of the ledger: as set, else a SQLite file in the home folder."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'caizhi.db'}"


def _models(source: Mapping[str, str]) -> tuple[ModelSettings, ...]:
    found = []
    for role in _ROLES:
        given = {key: source[name] for key in _MODEL_KEYS if (name := f"{PREFIX}{role.upper()}_{key.upper()}") in source}
        if not given.get("model"):
            if given.get("base_url"):
                raise SettingsError(f"设置了 {PREFIX}{role.upper()}_BASE_URL，还需要 {PREFIX}{role.upper()}_MODEL")
            continue
        found.append(ModelSettings(
            role, given["model"], given.get("base_url", ""), given.get("api_key", ""), _switch(given.get("local", "")),
            _seconds(given.get("timeout_s", "60")),
        ))
    return tuple(found)


def _switch(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise SettingsError(f"开关只认 1/0、true/false、on/off，收到“{text}”")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"秒数“{text}”不是数字") from None
    if value <= 0:
        raise SettingsError(f"秒数必须为正，收到 {text}")
    return value
