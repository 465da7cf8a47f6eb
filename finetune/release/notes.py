"""The notes of a version, gathered from what its training and its evaluation left: data hash, hyper-parameters, metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from data.errors import ReleaseError
from finetune.release.evidence import CERTIFICATE, Found
from finetune.release.folders import read_manifest
from finetune.release.loading import ADAPTER_CONFIG
from finetune.release.release_record import Notes
from finetune.training.run_record import read_record


def notes_of(folder: Path, evidence: Found | None = None, text: str = "") -> Notes:
    """Notes from a folder's run_record.json and manifest.json, and from evidence; what is known from neither stays empty.

    Raises:
        ReleaseError: the record or the manifest is damaged.
    """
    try:
        record = read_record(folder) or {}
    except ValueError as error:
        raise ReleaseError(f"{folder} 的训练记录损坏：{error}") from error
    manifest = read_manifest(folder)
    data = {**manifest.get("data", {}), **record.get("data", {})}
    metrics = {**_numbers(manifest.get("metrics", {})), **_numbers(record.get("metrics", {})), **(evidence.metrics if evidence else {})}
    certificate = evidence.evidence.certificate if evidence else None
    return Notes(
        str(data.get("sha256") or (evidence.data_hash if evidence else "")), dict(record.get("config") or {}), metrics, text, _origin(folder),
        dict(certificate) if isinstance(certificate, Mapping) else _certificate(folder),
    )  # fmt: skip


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float) and not isinstance(value, bool)}
    return {name: float(value) for name, value in numbers.items() if isfinite(value)}


def _origin(folder: Path) -> str:
    """The base that an adapter names."""
    config = _json(folder / ADAPTER_CONFIG)
    return str(config.get("base_model_name_or_path") or "")


def _certificate(folder: Path) -> dict[str, Any]:
    return _json(folder / CERTIFICATE)


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReleaseError(f"{path} 损坏：{error}") from error
    return value if isinstance(value, dict) else {}
