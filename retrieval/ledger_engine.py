"""Connecting the ledger to its database: addresses, SQLite's settings, write transactions, and faults in plain words.

Importing this module imports SQLAlchemy; retrieval.ledger does so only when a ledger is opened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from data.errors import LedgerError
from retrieval.sqlite_wal import use_wal

BUSY_SECONDS = 10
OTHER_VERSION = "{place} 不是本程序的账本，或由不同版本创建：请换一个路径，或把它移走后重新运行"
_WRITE = "caizhi_write"


@dataclass(frozen=True, slots=True)
class _Fault:
    """What a driver's message contains, and the line that the user reads instead ({place} is the file or address)."""

    words: tuple[str, ...]
    line: str


_FAULTS = (
    _Fault(
        ("not a database", "malformed", "encrypted"),
        "账本文件 {place} 已损坏，无法读取：请从备份恢复，或把它移到别处后重新运行（内置数据会重建，自己的文件需重新导入）",
    ),
    _Fault(("locked", "busy"), f"账本 {{place}} 一直被别的程序占用（已等 {BUSY_SECONDS} 秒）：请关闭占用它的程序后重试"),
    _Fault(("unable to open",), "打不开账本文件 {place}：请检查路径是否存在、是否有读写权限"),
    _Fault(("readonly", "read-only"), "账本 {place} 是只读的：请改用可写的路径，或修改文件权限"),
    _Fault(("disk is full", "no space"), "写不进账本 {place}，磁盘已满：请腾出空间后重试"),
    _Fault(("connection refused", "could not connect", "connection failed"), "连不上数据库 {place}：请检查地址、账号和网络"),
    _Fault(("no such column", "no such table", "does not exist"), OTHER_VERSION),
)


def connect(address: str) -> tuple[Engine, str]:
    """An engine for an address, not yet connected, and the address as messages may show it: a file, or without password.

    Raises:
        LedgerError: the address is malformed or of another database, its driver is missing, or its folder cannot be made.
    """
    try:
        url = make_url(address)
        backend = url.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise ArgumentError(backend)
        is_file = backend == "sqlite" and bool(url.database)
        place = str(url.database) if is_file else url.render_as_string(hide_password=True)
        return _sqlite(url) if backend == "sqlite" else create_engine(url, pool_pre_ping=True), place
    except (ArgumentError, NoSuchModuleError) as error:
        raise LedgerError("账本地址写法不对：应为 sqlite:///路径 或 postgresql://用户:密码@主机/库") from error
    except ImportError as error:
        raise LedgerError(f"这个账本地址需要的数据库驱动没有安装（{error.name}）：请先安装，或改用 sqlite:///路径") from error


def for_writing(engine: Engine) -> Engine:
    """The same engine; its transactions hold SQLite's write lock from their start, so none fails half-way on a lock."""
    return engine.execution_options(**{_WRITE: True})


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn a driver's error into one line that names the place and what to do.

    Raises:
        LedgerError: the database refused.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise LedgerError(_line(error, place)) from error


def _line(error: Exception, place: str) -> str:
    cause = str(getattr(error, "orig", None) or error)
    line = next((fault.line for fault in _FAULTS if any(word in cause.lower() for word in fault.words)), "")
    return line.format(place=place) if line else f"账本 {place} 读写失败：{' '.join(cause.split())}"


def _sqlite(url: URL) -> Engine:
    in_memory = not url.database or url.database == ":memory:"
    if not in_memory:
        _make_folder(Path(str(url.database)).parent)
    # isolation_level None: the driver leaves BEGIN to `_begin`.
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    # A database in memory lives in its one connection; threads take turns on it.
    size = {"pool_size": 1, "max_overflow": 0} if in_memory else {}
    engine = create_engine(url, poolclass=QueuePool, connect_args=arguments, **size)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"建不了账本所在的文件夹 {folder}：{error.strerror}；请换一个可写的路径") from error


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys=ON")
        use_wal(connection, BUSY_SECONDS)
        connection.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error:
        connection.close()
        raise


def _begin(connection: Connection) -> None:
    """A write takes the lock at once; a read is a single statement and needs no transaction."""
    if connection.get_execution_options().get(_WRITE):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
