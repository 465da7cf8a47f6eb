"""Reading the packaged YAML catalogue: one fast, safe loader and one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from data.errors import CatalogueError

FOLDER = Path(__file__).parent / "catalogue"
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml_list(path: Path) -> list[dict[str, Any]]:
    """The entries of a YAML file that holds a list of mappings.

    Raises:
        CatalogueError: the file is missing, is not YAML, or is not a list of mappings.
    """
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise CatalogueError(f"无法读取目录文件 {path.name}：{error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CatalogueError(f"目录文件 {path.name} 应为条目列表")
    return entries
