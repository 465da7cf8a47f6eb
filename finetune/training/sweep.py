"""The search for learning rate, rank, alpha and dropout: Optuna's TPE by seed, in a SQLite file, poor runs cut short.

Sources: TPE (Bergstra et al. 2011); median pruning as in Vizier (Golovin et al. 2017).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import TrainingError
from finetune.training.base_models import load_base, load_tokenizer
from finetune.training.config import TrainConfig
from finetune.training.evaluation_hook import Evaluation, Progress
from finetune.training.hardware import precision
from finetune.training.library_noise import quiet
from finetune.training.run_record import recorded
from finetune.training.training_run import COMMAND, datasets_of, run_training

if TYPE_CHECKING:
    from optuna import Study, Trial

STUDY, BEST = "sweep.db", "best.yaml"


@dataclass(frozen=True, slots=True)
class Space:
    """What is searched: a range for the learning rate (log scale) and dropout, choices for rank and alpha/r."""

    learning_rate: tuple[float, float] = (5e-5, 2e-3)
    r: tuple[int, ...] = (8, 16, 32, 64)
    alpha_per_r: tuple[int, ...] = (1, 2, 4)
    dropout: tuple[float, float] = (0.0, 0.2)

    def config(self, trial: Trial, base: TrainConfig) -> TrainConfig:
        """The configuration of one trial."""
        rank = trial.suggest_categorical("r", list(self.r))
        return replace(
            base, learning_rate=trial.suggest_float("learning_rate", *self.learning_rate, log=True), r=rank,
            alpha=rank * trial.suggest_categorical("alpha_per_r", list(self.alpha_per_r)),
            dropout=round(trial.suggest_float("dropout", *self.dropout), 4), out=str(Path(base.out) / f"trial-{trial.number:03}"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep found. value: of the metric, at its best. trials, pruned: how many were run, how many of them were cut short."""

    best: TrainConfig
    value: float
    trials: int
    pruned: int


def sweep(
    config: TrainConfig,
    trials: int,
    space: Space | None = None,
    *,
    evaluation: Evaluation | None = None,
    progress: Callable[[str], None] | None = None,
    tracking: Path | None = None,
    command: str = f"{COMMAND} sweep",
) -> Found:
    """Run trials until there are that many in config.out's study; trials of a sweep that was broken off count.

    The best configuration is written to best.yaml; every trial's adapter and record lie in a folder of its own.

    Raises:
        TrainingError: there is no validation data, or no trial came to its end.
    """
    import optuna
    from optuna.trial import TrialState

    quiet()
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tokenizer = load_tokenizer(config.base)
    train, validation = datasets_of(config, tokenizer)
    if validation is None and evaluation is None:
        raise TrainingError("超参搜索要有验证集：请给 validation 或 validation_share")
    study = optuna.create_study(
        study_name=out.name, storage=f"sqlite:///{(out / STUDY).resolve()}", load_if_exists=True,
        direction="maximize" if config.larger_is_better else "minimize", sampler=optuna.samplers.TPESampler(seed=config.seed, n_startup_trials=4),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=0),
    )  # fmt: skip

    def run(trial: Trial) -> float:
        chosen = (space or Space()).config(trial, config)

        def watch(step: Progress) -> None:
            if config.metric in step.values:
                trial.report(step.values[config.metric], step.step)
                if trial.should_prune():
                    raise optuna.TrialPruned

        model = load_base(config.base, precision(config.precision), four_bit=config.adaptation.four_bit)
        _, metrics = run_training(
            chosen, model, tokenizer, train, validation, evaluation=evaluation, progress=watch, tracking=tracking, command=command
        )
        if progress is not None:
            progress(f"trial {trial.number}: {config.metric}={metrics[config.metric]:.5f} {trial.params}")
        return float(metrics[config.metric])

    ended, data = (TrialState.COMPLETE, TrialState.PRUNED), {"file": Path(config.data).name, "sha256": train.sha256, "rows": len(train)}
    with recorded("sweep", config.to_dict(), data, out, tracking, command) as record:
        study.optimize(run, n_trials=max(0, trials - len(study.get_trials(states=ended))), catch=(TrainingError,))
        found = _found(study, config, space or Space(), len(study.get_trials(states=ended)), len(study.get_trials(states=(TrialState.PRUNED,))))
        record.metrics.update({config.metric: found.value, "trials": found.trials, "pruned": found.pruned})
        record.notes["best"] = dict(study.best_params)
    _write(found, out)
    return found


def _found(study: Study, config: TrainConfig, space: Space, trials: int, pruned: int) -> Found:
    import optuna

    try:
        best = study.best_trial
    except ValueError as error:
        raise TrainingError("没有一次试验成功结束，找不到最好的超参；请看各 trial 文件夹里的 run_record.json") from error
    chosen = space.config(optuna.trial.FixedTrial(best.params, best.number), config)  # type: ignore[arg-type]
    return Found(replace(chosen, out=config.out), float(best.value or 0.0), trials, pruned)


def _write(found: Found, out: Path) -> None:
    import yaml

    (out / BEST).write_text(yaml.safe_dump(plain(found.best), allow_unicode=True, sort_keys=False), encoding="utf-8")


def plain(config: TrainConfig) -> Mapping[str, Any]:
    """The values of a configuration that differ from the defaults, as YAML holds them."""
    default = TrainConfig().to_dict()
    values: Mapping[str, Any] = json.loads(json.dumps(config.to_dict()))
    return {name: value for name, value in values.items() if value != default[name]}
