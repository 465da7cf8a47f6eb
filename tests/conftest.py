"""What every test is given: no network but loopback, no settings of the developer's shell, a state folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from app.assistant import Assistant

ROOT = Path(__file__).parent.parent
_KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY", "LANGSMITH_API_KEY", "LANGSMITH_TRACING")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting or resolving anything but this machine fails the test, past every `except Exception` in the way."""
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(original: Any) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
                pytest.fail(f"a test tried to reach {address}")
            return original(self, address)

        return call

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host and not _is_loopback(host):
            pytest.fail(f"a test tried to resolve {host}")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


def _is_loopback(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return name == "localhost" or ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The state folder of this test, fresh; nothing else of the environment reaches the settings."""
    for name in list(os.environ):
        if _is_setting(name):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("CAIZHI_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over the bundled facts, with no model; shared by the tests of one file."""
    from app.settings import Settings
    from app.wiring import open_assistant

    with open_assistant(Settings.load(environment={}, home=tmp_path_factory.mktemp("home"))) as opened:
        yield opened


def _is_setting(name: str) -> bool:
    """Whether a name of the environment could change what the product does; CAIZHI_TEST_… are for the tests themselves."""
    return name in _KEYS or (name.startswith("CAIZHI_") and not name.startswith("CAIZHI_TEST_"))


@dataclass(frozen=True)
class CommandLine:
    """`python -m app …` in a process of its own."""

    home: Path

    def __call__(self, *words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end; texts are UTF-8."""
        command = [sys.executable, "-m", "app", *words]
        return subprocess.run(
            command, input=stdin, capture_output=True, encoding="utf-8", env=self.environment(**environment), cwd=ROOT, timeout=120, check=False
        )

    def environment(self, **more: str) -> dict[str, str]:
        """This process's environment with the state folder, and with every way out of the machine leading nowhere."""
        own = {name: value for name, value in os.environ.items() if not _is_setting(name)}
        nowhere = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "PYTHONWARNINGS": "error::ResourceWarning"}
        return own | nowhere | {"CAIZHI_HOME": str(self.home)} | more


@pytest.fixture(scope="session")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for all command-line runs that only read it."""
    return tmp_path_factory.mktemp("seeded")


@pytest.fixture
def command_line(seeded_home: Path) -> CommandLine:
    """The command line over the shared state folder."""
    return CommandLine(seeded_home)
