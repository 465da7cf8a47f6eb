"""The word lists and wordings of the factory, read once from finetune/configs/rows/*.yaml."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from data.errors import TrainingError

FOLDER = Path(__file__).parents[1] / "configs" / "rows"


@lru_cache(maxsize=32)
def configured(name: str) -> dict[str, Any]:
    """The mapping of one file, without its suffix.

    Raises:
        TrainingError: the file is missing or holds no mapping.
    """
    import yaml

    path = FOLDER / f"{name}.yaml"
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, yaml.YAMLError) as error:
        raise TrainingError(f"训练数据的词表 {path.name} 读不出来：{error}") from error
    if not isinstance(loaded, dict):
        raise TrainingError(f"训练数据的词表 {path.name} 应是一个映射")
    return loaded
