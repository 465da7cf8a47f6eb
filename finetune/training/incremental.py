"""Training further: an adapter on new rows, with some of the old ones among them so that what was learnt is not forgotten."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.errors import TrainingError, UsageError
from finetune.rows.record import Row
from finetune.training.adapter_folder import load_trained
from finetune.training.config import TrainConfig
from finetune.training.evaluation_hook import Evaluation, Progress
from finetune.training.hardware import precision
from finetune.training.rendering import training_set
from finetune.training.run_record import RECORD, file_digest
from finetune.training.training_rows import read_rows, split_rows
from finetune.training.training_run import COMMAND, run_training

REPLAY = 0.2


def with_replay(new: Sequence[Row], old: Sequence[Row], share: float, seed: int) -> list[Row]:
    """The new rows and so many old ones, drawn by seed, that these are `share` of the whole; fewer where there are not as many.

    Raises:
        UsageError: the share is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise UsageError(f"回放比例应在 0 与 1 之间，不是 {share}")
    known = {_turns(row) for row in new}
    candidates = [row for row in old if _turns(row) not in known]
    wanted = min(len(candidates), round(share / (1 - share) * len(new)))
    return [*new, *random.Random(seed).sample(candidates, wanted)]


def _turns(row: Row) -> str:
    return repr([(turn["role"], turn.get("content")) for turn in row.messages])


def continue_training(
    config: TrainConfig,
    adapter: Path,
    old_data: Path | None = None,
    *,
    replay: float = REPLAY,
    evaluation: Evaluation | None = None,
    progress: Callable[[Progress], None] | None = None,
    tracking: Path | None = None,
    command: str = f"{COMMAND} incremental",
) -> Mapping[str, Any]:
    """Continue an adapter on config.data and write the result to config.out; what was measured. Base and shape are the adapter's own.

    Raises:
        TrainingError: the folder holds no adapter, it would be overwritten, or the training failed.
    """
    if adapter.resolve() == Path(config.out).resolve():
        raise TrainingError(f"增量训练的输出不能写回原适配器 {adapter}：旧版本要留着以便回滚")
    model, tokenizer, base = load_trained(adapter, precision(config.precision), trainable=True)
    if not hasattr(model, "peft_config"):
        raise TrainingError(f"{adapter} 不是适配器；全量模型请用 train full 重新训练")
    config = _shaped(replace(config, base=base), model)
    new, aside = split_rows(list(read_rows(Path(config.data))), 0.0 if config.validation else config.validation_share, config.seed)
    if config.validation:
        aside = list(read_rows(Path(config.validation)))
    old = split_rows(list(read_rows(old_data)), 0.0, config.seed)[0] if old_data else []
    rows = with_replay(new, old, replay, config.seed)
    about = {
        "new_rows": len(new), "replayed_rows": len(rows) - len(new), "replay": replay, "parent": adapter.name,
        "parent_record_sha256": file_digest(adapter / RECORD) if (adapter / RECORD).is_file() else "",
    }  # fmt: skip
    validation = training_set(tokenizer, aside, config.max_length, config.validation or config.data) if aside else None
    _, metrics = run_training(
        config, model, tokenizer, training_set(tokenizer, rows, config.max_length, config.data), validation, kind="incremental",
        evaluation=evaluation, progress=progress, tracking=tracking, command=command, about=about,
    )  # fmt: skip
    return metrics


def _shaped(config: TrainConfig, model: Any) -> TrainConfig:
    """The configuration with the shape of the adapter that is continued, for its record and card."""
    (adapter,) = model.peft_config.values()
    name = "dora" if adapter.use_dora else "rslora" if adapter.use_rslora else "all-linear"
    modules = adapter.target_modules if isinstance(adapter.target_modules, str) else tuple(sorted(adapter.target_modules))
    return replace(config, preset=name, r=adapter.r, alpha=adapter.lora_alpha, dropout=adapter.lora_dropout, modules=modules)
