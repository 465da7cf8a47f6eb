"""Folders of released models: their size and hash, their text files, and whether they hold whole weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from data.errors import ReleaseError
from finetune.model_folder import MANIFEST
from tools.local_model.weights import INDEX, WEIGHTS

TEXT_FILES = ("*.json", "*.jinja", "*.model", "*.txt", "*.md")
TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "chat_template*", "*.jinja")
_NOT_CARRIED = (INDEX, MANIFEST)


def folder_size(folder: Path) -> int:
    """Bytes of all files under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder by relative path, manifests aside."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): _file_hash(path) for path in paths}


def folder_hash(folder: Path) -> str:
    """One SHA-256 over names and contents of the folder's files, manifests aside."""
    digest = sha256()
    for name, value in file_hashes(folder).items():
        digest.update(f"{name}\0{value}\n".encode())
    return digest.hexdigest()


def _file_hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The folder's manifest, empty where there is none.

    Raises:
        ReleaseError: it is no JSON object.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReleaseError(f"{path} 损坏：{error}") from error
    if not isinstance(manifest, dict):
        raise ReleaseError(f"{path} 损坏：应是一个 JSON 对象")
    return manifest


def need_weights(folder: Path) -> None:
    """Check that a folder holds a whole model in floating point.

    Raises:
        ReleaseError: it does not.
    """
    if not any((folder / name).is_file() for name in (WEIGHTS, INDEX)):
        raise ReleaseError(f"{folder} 里没有 {WEIGHTS}；这里需要合并后的完整模型（先运行 models export --to merged）")


def new_folder(out: Path, source: Path) -> None:
    """Make the folder that something is written to.

    Raises:
        ReleaseError: it is the source itself.
    """
    if out.resolve() == source.resolve():
        raise ReleaseError(f"输出目录不能是来源目录本身：{out}")
    out.mkdir(parents=True, exist_ok=True)


def copy_text_files(source: Path, target: Path, only: Sequence[str] = TEXT_FILES) -> None:
    """Copy configuration, tokenizer, template and card of a model folder (or what matches `only`); not its weights, index or manifest."""
    for pattern in only:
        for path in sorted(source.glob(pattern)):
            if path.is_file() and path.name not in _NOT_CARRIED:
                shutil.copy2(path, target / path.name)
