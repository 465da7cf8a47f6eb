"""What a training run asks of an evaluation, and how its figures reach the choice of the best checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from data.errors import TrainingError

Turns = Sequence[Mapping[str, Any]]
# Questions, or conversations up to the answer, in; answers out, in order.
Generate = Callable[[Sequence[Any]], list[str]]


class Evaluation(Protocol):
    """Figures of a model that is still being trained; any callable of this shape will do."""

    def __call__(self, generate: Generate) -> Mapping[str, float]:
        """Measures by name, larger is better unless a name ends in "loss". generate: questions or conversations → answers."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. epoch: as a fraction. values: what was logged at this step (loss, learning_rate, eval_…)."""

    step: int
    steps: int
    epoch: float
    values: Mapping[str, float]


def callbacks(evaluation: Evaluation | None, generate: Generate, progress: Callable[[Progress], None] | None) -> list[Any]:
    """The trainer's callbacks, in the order in which they must run: measures first, so that early stopping sees them."""
    from transformers import TrainerCallback

    class Measures(TrainerCallback):
        """Adds the evaluation's figures, as eval_<name>, to those of the loss."""

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **_: Any) -> None:
            if evaluation is None or metrics is None:
                return
            found = {f"eval_{name}": float(value) for name, value in evaluation(generate).items()}
            metrics.update(found)
            state.log_history.append({**found, "step": state.global_step})
            if progress is not None:
                progress(Progress(state.global_step, state.max_steps, float(state.epoch or 0), found))

    class Watch(TrainerCallback):
        """Reports progress; a loss that is no number ends the run at once."""

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            values = {name: float(value) for name, value in (logs or {}).items() if isinstance(value, int | float)}
            bad = [name for name in ("loss", "grad_norm", "eval_loss") if not math.isfinite(values.get(name, 0.0))]
            if bad:
                raise TrainingError(f"第 {state.global_step} 步的 {bad[0]} 不是有限数，训练已停止；请降低学习率或检查数据")
            if progress is not None and values:
                progress(Progress(state.global_step, state.max_steps, float(state.epoch or 0), values))

    return [Measures(), Watch()]
