"""The rooms: the direction of imports, and what importing must not do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, CommandLine

LINT = Path(sys.executable).with_name("lint-imports")
HEAVY = ("langgraph", "langchain_core", "langchain", "openai", "numpy", "bm25s", "sqlalchemy", "pydantic", "rich", "prompt_toolkit", "yaml", "torch")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False)


def test_the_rooms_import_in_one_direction() -> None:
    run = lint(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


@pytest.mark.parametrize(
    "room, line",
    [
        ("data", "import tools"), ("tools", "import retrieval"), ("retrieval", "import agents"), ("agents", "import finetune"),
        ("finetune", "import app"), ("data", "import langchain_core"), ("retrieval", "import langgraph"), ("agents", "import fastapi"),
    ],
)  # fmt: skip
def test_an_import_against_the_direction_is_found(tmp_path: Path, room: str, line: str) -> None:
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    for each in ("app", "agents", "finetune", "tools", "retrieval", "data"):
        (tmp_path / each).mkdir()
        (tmp_path / each / "__init__.py").write_text("", encoding="utf-8")
    assert lint(tmp_path).returncode == 0
    (tmp_path / room / "__init__.py").write_text(f"{line}\n", encoding="utf-8")
    run = lint(tmp_path)
    assert run.returncode == 1 and "BROKEN" in run.stdout, run.stdout


def test_the_command_line_starts_without_anything_heavy(command_line: CommandLine) -> None:
    code = f"import sys, app.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, env=command_line.environment(), timeout=60, check=True)
    assert run.stdout.strip() == "[]"


def test_importing_the_rooms_opens_no_file_of_ours_and_reads_no_setting(command_line: CommandLine) -> None:
    """An audit hook sees every open(); a mapping in place of os.environ sees every CAIZHI_ name that is read."""
    code = """
import importlib, os, pkgutil, sys
import langchain_openai, langgraph.graph, langgraph.checkpoint.sqlite, sqlalchemy, bm25s, langchain.agents  # their business is their own
opened, read = [], []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
class Watched(dict):
    def get(self, key, default=None): read.append(key); return super().get(key, default)
    def __getitem__(self, key): read.append(key); return super().__getitem__(key)
    def __contains__(self, key): read.append(key); return super().__contains__(key)
os.environ = Watched(os.environ)
for room in ("data", "tools", "retrieval", "agents", "finetune", "app"):
    for module in pkgutil.walk_packages(importlib.import_module(room).__path__, room + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
ours = [path for path in opened if path.startswith(os.getcwd()) and ".venv" not in path and not path.endswith((".py", ".pyc")) and ".pyc." not in path]
print(ours, [name for name in read if str(name).startswith("CAIZHI_")])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, env=command_line.environment(), timeout=120, check=False)
    assert run.stdout.strip() == "[] []", run.stdout + run.stderr
