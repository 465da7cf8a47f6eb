"""Checkpoints with a strict serializer: only the types listed here come back from a checkpoint, and nothing is unpickled."""

from __future__ import annotations

import dataclasses
import enum
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from agents import findings, plan, state
from data import evidence, figures, periods, ports, refusals, units
from data.errors import LedgerError
from retrieval.sqlite_wal import use_wal

_MODULES = (findings, plan, state, evidence, figures, periods, ports, refusals, units)
_BUSY_SECONDS = 10.0
_FAULTS = (
    (
        ("not a database", "malformed", "encrypted"),
        "会话文件 {path} 已损坏，无法读取：请从备份恢复，或把它移到别处后重新运行（会话从头开始，数据不受影响）",
    ),
    (("locked", "busy"), f"会话文件 {{path}} 一直被别的程序占用（已等 {_BUSY_SECONDS:.0f} 秒）：请关闭占用它的程序后重试"),
    (("unable to open",), "打不开会话文件 {path}：请检查路径是否正确、是否有读写权限"),
    (("readonly", "read-only"), "会话文件 {path} 是只读的：请修改文件权限，或用 CAIZHI_HOME 指定一个可写的目录"),
    (("disk is full", "no space"), "写不进会话文件 {path}，磁盘已满：请腾出空间后重试"),
)


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
    return JsonPlusSerializer(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=allowed_types())


class ThreadSaver(SqliteSaver):
    """LangGraph's SQLite checkpointer over one file; a fault of the file is a LedgerError of one line that says what to do."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, serde=strict_serializer())
        self._path = path

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """A cursor, as SqliteSaver gives it; every read and write of a thread goes through here.

        Raises:
            LedgerError: the file is damaged, locked, read-only, or the disk is full.
        """
        with _explained(self._path), super().cursor(transaction) as cursor:
            yield cursor


def sqlite_checkpointer(path: Path) -> ThreadSaver:
    """The SQLite checkpointer of a file: WAL, ten seconds of patience for another process. A damaged file is left as it is.

    Raises:
        LedgerError: the file cannot be opened; the message names it and says what to do.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=_BUSY_SECONDS)
        try:
            use_wal(connection, _BUSY_SECONDS)
            connection.execute("PRAGMA synchronous=NORMAL")
            saver = ThreadSaver(connection, path)
            saver.setup()
        except sqlite3.Error:
            connection.close()
            raise
        return saver


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's and the file system's errors into one line that names the file and what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        cause = " ".join(str(error).split())
        line = next((line for words, line in _FAULTS if any(word in cause.lower() for word in words)), "会话文件 {path} 读写失败：{cause}")
        raise LedgerError(line.format(path=path, cause=cause)) from error
