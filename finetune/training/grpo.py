"""Reinforcement with a verifiable reward: TRL's GRPO over rows whose right answer can be recomputed.

Source: Group Relative Policy Optimization (Shao et al. 2024, DeepSeekMath).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.training.adapter_check import check_trained
from finetune.training.adapter_folder import ADAPTER, describe, load_trained, save_trained
from finetune.training.base_models import load_base, load_tokenizer
from finetune.training.config import TrainConfig
from finetune.training.evaluation_hook import Progress, callbacks
from finetune.training.hardware import precision
from finetune.training.library_noise import deprecations_aside, quiet
from finetune.training.rendering import template_hash
from finetune.training.rewards import WEIGHTS, Reward, reward_functions
from finetune.training.run_record import recorded
from finetune.training.sft import CHECKPOINTS, prepare
from finetune.training.training_rows import read_rows, rows_digest, split_rows
from finetune.training.training_run import COMMAND


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn. generations: answers to each question, compared with each other. beta: weight of staying near the start."""

    generations: int = 8
    max_new_tokens: int = 128
    temperature: float = 1.0
    beta: float = 0.0


def run_grpo(
    config: TrainConfig,
    start: Path | None = None,
    sampling: Sampling | None = None,
    *,
    rewards: Sequence[Reward] | None = None,
    progress: Callable[[Progress], None] | None = None,
    tracking: Path | None = None,
    command: str = f"{COMMAND} grpo",
) -> Mapping[str, Any]:
    """Train on config.data and write config.out; what was measured. A step draws `generations` answers to batch_size questions.

    start: an adapter to go on from; None begins a new one over the base. rewards: in place of the verifiable ones, equally weighted.

    Raises:
        TrainingError: the data cannot be taken, the training failed, or no answer was ever better than another.
    """
    quiet()
    drawn, hardware = sampling or Sampling(), precision(config.precision)
    if start is not None:
        model, tokenizer, _ = load_trained(start, hardware, trainable=True)
        if not (start / ADAPTER).is_file():
            raise TrainingError(f"{start} 不是适配器")
    else:
        tokenizer = load_tokenizer(config.base)
        model = prepare(load_base(config.base, hardware, four_bit=config.adaptation.four_bit), config)
    rows = split_rows(list(read_rows(Path(config.data))), 0.0, config.seed)[0]
    if not rows:
        raise TrainingError(f"训练数据 {config.data} 没有一条可用")
    data = {"file": Path(config.data).name, "rows": len(rows), "sha256": rows_digest(rows), "parent": start.name if start else ""}
    with recorded("grpo", config.to_dict(), data, Path(config.out), tracking, command) as run:

        def log(step: Progress) -> None:
            run.log(step.step, step.values)
            if progress is not None:
                progress(step)

        trainer = _trainer(config, drawn, model, tokenizer, rows, rewards, log)
        with deprecations_aside():
            trainer.train()
        run.metrics.update({**_measured(trainer), **check_trained(trainer.model)})
        run.notes["template_sha256"] = template_hash(tokenizer)
        save_trained(trainer.model, tokenizer, Path(config.out), config)
        describe(Path(config.out), config, command, data, run.metrics, run.notes["template_sha256"])
    return run.metrics


def _trainer(
    config: TrainConfig, drawn: Sampling, model: Any, tokenizer: Any, rows: Sequence[Row], rewards: Sequence[Reward] | None,
    log: Callable[[Progress], None],
) -> Any:
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOTrainer

    class SilentGRPO(GRPOTrainer):
        """TRL's trainer that sends nothing anywhere."""

        def _send_telemetry(self) -> None:
            return

    if config.threads:
        torch.set_num_threads(config.threads)
    asked = [{"prompt": _asked(row), "place": place} for place, row in enumerate(rows)]
    judges: list[Any] = list(rewards if rewards is not None else reward_functions(rows))
    with deprecations_aside():
        trainer = SilentGRPO(
            model=model, args=_arguments(config, drawn, weighted=rewards is None), train_dataset=Dataset.from_list(asked), processing_class=tokenizer,
            reward_funcs=judges, callbacks=callbacks(None, lambda _: [], log),
        )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(config: TrainConfig, drawn: Sampling, *, weighted: bool) -> Any:
    from trl import GRPOConfig

    hardware = precision(config.precision)
    with deprecations_aside():
        return GRPOConfig(
            output_dir=str(Path(config.out) / CHECKPOINTS), num_train_epochs=config.epochs, max_steps=config.max_steps, save_strategy="no",
            per_device_train_batch_size=config.batch_size * drawn.generations, gradient_accumulation_steps=config.accumulation,
            num_generations=drawn.generations, max_completion_length=drawn.max_new_tokens, temperature=drawn.temperature, beta=drawn.beta,
            reward_weights=list(WEIGHTS.values()) if weighted else None, learning_rate=config.learning_rate, lr_scheduler_type=config.schedule,
            warmup_steps=config.warmup, weight_decay=config.weight_decay, max_grad_norm=config.max_grad_norm, optim="adamw_torch_fused",
            bf16=hardware.autocast, use_cpu=hardware.device == "cpu", gradient_checkpointing=config.activation_checkpointing, seed=config.seed,
            data_seed=config.seed, logging_steps=max(1, config.log_steps), disable_tqdm=True, report_to="none", log_completions=False,
            dataloader_pin_memory=hardware.device == "cuda",
        )  # fmt: skip


def _asked(row: Row) -> list[dict[str, Any]]:
    """The turns up to the first answer."""
    before: list[dict[str, Any]] = []
    for turn in row.messages:
        if turn["role"] == "assistant":
            break
        before.append(dict(turn))
    return before


def _measured(trainer: Any) -> dict[str, float]:
    """The mean rewards at the first and the last logged step."""
    logged = [point for point in trainer.state.log_history if "reward" in point]
    found = {"steps": float(trainer.state.global_step)}
    for name, point in (("first", logged[0]), ("last", logged[-1])) if logged else ():
        names = [key for key in point if key.startswith("rewards/") and key.endswith("/mean")]
        parts = {key.removeprefix("rewards/").removesuffix("/mean"): point[key] for key in names}
        found |= {f"{name}_{part}": float(value) for part, value in {"reward": point["reward"], **parts}.items()}
    return found
