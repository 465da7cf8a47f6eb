"""One record for every training of the house: what was run, on what, with which packages, how long, and what came out.

Written as run_record.json in the folder of the result, also for a run that failed; and, where asked for, to MLflow (a SQLite file
under a folder; nothing leaves the machine).
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from finetune.training.hardware import is_main_process

RECORD = "run_record.json"
Kind = Literal["lora", "full", "incremental", "sweep", "grpo", "reranker", "ner", "embedding", "attribution"]
_PACKAGES = ("torch", "transformers", "peft", "trl", "tokenizers", "sentence-transformers", "xgboost-cpu", "onnxruntime", "numpy")


@dataclass
class Run:
    """A run that is under way; what is added here is written when it ends.

    metrics: figures by name. notes: anything else of JSON's types (template hash, best checkpoint, contamination certificate).
    """

    kind: Kind
    config: Mapping[str, Any]
    data: Mapping[str, Any]
    command: str = ""
    metrics: dict[str, float | int | str | bool | None] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[int, Mapping[str, float]]] = field(default_factory=list)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point of the curves."""
        self.steps.append((step, dict(values)))

    def record(self, status: str, seconds: float, began: datetime, error: str = "") -> dict[str, Any]:
        """The record as JSON types."""
        written = {
            "kind": self.kind, "status": status, "began": began.isoformat(timespec="seconds"), "seconds": round(seconds, 2), "command": self.command,
            "config": dict(self.config), "seed": self.config.get("seed"), "data": dict(self.data), "metrics": self.metrics, **self.notes,
            "packages": package_versions(), "python": platform.python_version(), "machine": platform.machine(),
            "curve": [{"step": step, **values} for step, values in self.steps],
        }  # fmt: skip
        return written | ({"error": error} if error else {})


@contextmanager
def recorded(
    kind: Kind, config: Mapping[str, Any], data: Mapping[str, Any], out: Path, tracking: Path | None = None, command: str = ""
) -> Iterator[Run]:
    """A run whose record is written to out/run_record.json at its end, whatever the end.

    config: plain values; its "seed" is the record's. data: what the training data are, with their hash (see `data_file`).
    tracking: the folder of the MLflow store, None for none. Errors pass through; the record then says "failed" and why.
    """
    run, began, clock = Run(kind, config, data, command), datetime.now(UTC), time.monotonic()
    try:
        yield run
    except BaseException as error:
        _write(run.record("failed", time.monotonic() - clock, began, f"{type(error).__name__}: {error}"), out, tracking)
        raise
    _write(run.record("finished", time.monotonic() - clock, began), out, tracking)


def _write(record: dict[str, Any], out: Path, tracking: Path | None) -> None:
    if not is_main_process():
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    if tracking is not None:
        from finetune.training.tracking import track

        track(record, out, tracking)


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of the run that made a folder; None where there is none."""
    path = folder / RECORD
    if not path.is_file():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def data_file(path: Path, certificate: Path | None = None) -> dict[str, Any]:
    """What a record says of a data file: name, SHA-256, and that of its contamination certificate ("" where there is none)."""
    return {"file": path.name, "sha256": file_digest(path), "certificate_sha256": file_digest(certificate) if certificate else ""}


def data_of_manifest(path: Path) -> dict[str, Any]:
    """What a helper model's manifest says of its data; {} where there is no manifest."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")).get("data", {}) if path.is_file() else {}
    return data


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide what a training gives."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
