"""One supervised run from model to folder: train, check, write weights, manifest, card and record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from finetune.training.adapter_folder import describe, save_trained
from finetune.training.base_models import load_base, load_tokenizer
from finetune.training.config import TrainConfig
from finetune.training.evaluation_hook import Evaluation, Progress
from finetune.training.hardware import is_main_process, precision
from finetune.training.library_noise import quiet
from finetune.training.recompute_evaluation import recompute_evaluation
from finetune.training.rendering import TrainingSet, template_hash, training_set
from finetune.training.run_record import Kind, file_digest, recorded
from finetune.training.sft import fine_tune, prepare
from finetune.training.training_rows import read_rows, split_rows

COMMAND = "python -m app train"


def run_training(
    config: TrainConfig,
    model: Any,
    tokenizer: Any,
    train: TrainingSet,
    validation: TrainingSet | None = None,
    *,
    kind: Kind = "lora",
    evaluation: Evaluation | None = None,
    progress: Callable[[Progress], None] | None = None,
    tracking: Path | None = None,
    command: str = COMMAND,
    about: Mapping[str, Any] | None = None,
) -> tuple[Any, Mapping[str, Any]]:
    """Train over a loaded model and write config.out; the trained model and what was measured. about: more to say of the data.

    Raises:
        TrainingError: the training failed; the record then says why.
    """
    out = Path(config.out)
    data: dict[str, Any] = {
        "file": Path(train.source).name, "rows": len(train), "tokens": train.tokens, "sha256": train.sha256, "left_out": train.left_out,
        "validation_rows": len(validation) if validation else 0, "certificate_sha256": _certificate(config, train.source), **(about or {}),
    }  # fmt: skip
    with recorded(kind, config.to_dict(), data, out, tracking, command) as run:
        template = template_hash(tokenizer)

        def log(step: Progress) -> None:
            run.log(step.step, step.values)
            if progress is not None and is_main_process():
                progress(step)

        trained = fine_tune(config, prepare(model, config), tokenizer, train, validation, evaluation, log)
        run.metrics.update(trained.metrics)
        run.notes.update(template_sha256=template, best_step=trained.best_step, stopped_early=trained.stopped_early)
        if is_main_process():
            save_trained(trained.model, tokenizer, out, config, trained.state)
            describe(out, config, command, data, trained.metrics, template)
    return trained.model, trained.metrics


def datasets_of(config: TrainConfig, tokenizer: Any) -> tuple[TrainingSet, TrainingSet | None]:
    """(training, validation) of a configuration's files.

    Raises:
        TrainingError: a file or a row cannot be taken, or nothing is left to train on.
    """
    rows, aside = split_rows(list(read_rows(Path(config.data))), 0.0 if config.validation else config.validation_share, config.seed)
    if config.validation:
        aside = list(read_rows(Path(config.validation)))
    train = training_set(tokenizer, rows, config.max_length, config.data)
    return train, training_set(tokenizer, aside, config.max_length, config.validation or config.data) if aside else None


def supervised(
    config: TrainConfig, *, progress: Callable[[Progress], None] | None = None, tracking: Path | None = None, command: str = COMMAND
) -> Mapping[str, Any]:
    """Fine-tune for a configuration alone, from its files to its folder; what was measured.

    Raises:
        TrainingError: base or data cannot be had, or the training failed.
    """
    quiet()
    tokenizer = load_tokenizer(config.base)
    train, validation = datasets_of(config, tokenizer)
    evaluation = recompute_evaluation(validation.rows, config.recompute_rows, config.seed) if validation and config.recompute_rows else None
    model = load_base(config.base, precision(config.precision), four_bit=config.adaptation.four_bit)
    kind: Kind = "lora" if config.adaptation.lora else "full"
    _, metrics = run_training(
        config, model, tokenizer, train, validation, kind=kind, evaluation=evaluation, progress=progress, tracking=tracking, command=command
    )
    return metrics


def _certificate(config: TrainConfig, source: str) -> str:
    """SHA-256 of the contamination certificate: the one named, else certificate.json beside the data; "" where there is none."""
    path = Path(config.certificate) if config.certificate else Path(source).parent / "certificate.json"
    return file_digest(path) if path.is_file() else ""
