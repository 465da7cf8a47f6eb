"""A model's folder: its files, a manifest (what made it, from what) and a card with what was measured."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

MANIFEST, CARD = "manifest.json", "CARD.md"


def write_manifest(
    folder: Path, command: str, data: Mapping[str, Any], packages: Sequence[str], metrics: Mapping[str, Any], release: str
) -> dict[str, Any]:
    """Write manifest.json over the files that lie in the folder; what was written.

    data: what the training data were made from, with their hash. packages: distributions whose versions matter.
    """
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir()) if path.is_file() and path.name not in (MANIFEST, CARD)
    }
    manifest = {
        "name": folder.name, "version": release, "command": command, "data": dict(data), "metrics": dict(metrics), "files": files,
        "bytes": sum((folder / name).stat().st_size for name in files),
        "made_with": {"python": platform.python_version(), **{package: version(package) for package in packages}},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return manifest


def write_card(folder: Path, title: str, paragraphs: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write CARD.md: paragraphs and a table whose first row is its header."""
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    table = [head, "|" + "---|" * len(rows[0]), *body]
    (folder / CARD).write_text("\n\n".join([f"# {title}", *paragraphs]) + "\n\n" + "\n".join(table) + "\n", encoding="utf-8")
