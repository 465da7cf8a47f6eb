"""Checkpoints with a strict serializer: only the types listed here come back from a checkpoint, and nothing is unpickled."""

from __future__ import annotations

import dataclasses
import enum
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from agents import findings, plan, state
from data import evidence, figures, periods, ports, refusals, units

if TYPE_CHECKING:
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.checkpoint.sqlite import SqliteSaver

_MODULES = (findings, plan, state, evidence, figures, periods, ports, refusals, units)


def allowed_types() -> list[tuple[str, str]]:
    """(module, class) of every dataclass and enum of the state's modules, defined there."""
    found = []
    for module in _MODULES:
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and (dataclasses.is_dataclass(value) or issubclass(value, enum.Enum)):
                found.append((module.__name__, name))
    return found


def strict_serializer() -> JsonPlusSerializer:
    """msgpack without pickle, and with nothing but the listed types."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    return JsonPlusSerializer(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=allowed_types())


def sqlite_checkpointer(path: Path) -> SqliteSaver:
    """The SQLite checkpointer of a file: WAL, ten seconds of patience for another process."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=10.0)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    saver = SqliteSaver(connection, serde=strict_serializer())
    saver.setup()
    return saver
