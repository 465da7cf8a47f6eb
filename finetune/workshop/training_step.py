"""Training: a first version from the base, a second one that continues it on new rows, and one that was never trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.errors import ReleaseError
from finetune.release.export import scan_adapter
from finetune.workshop.plan import FIRST, SECOND, UNTRAINED, Place, Plan


@dataclass(frozen=True, slots=True)
class Trained:
    """One training. loss: mean over the run."""

    version: str
    rows: int
    steps: int
    loss: float
    tokens_per_second: float
    seconds: float

    @property
    def line(self) -> str:
        """In words."""
        return f"v{self.version} {self.rows} 行 {self.steps} 步，损失 {self.loss:.3f}，{self.tokens_per_second:.0f} 词元/秒"


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """parameters: trained ones. untrained: what the scan of weights says of the adapter that was never trained."""

    first: Trained
    second: Trained
    parameters: int
    untrained: str

    @property
    def line(self) -> str:
        """The step in one sentence."""
        return f"LoRA 全线性层 {self.parameters} 个参数；首版 {self.first.line}；在新数据上接着训练并回放旧数据：{self.second.line}"

    @property
    def problems(self) -> list[str]:
        """An untrained adapter that nobody notices."""
        return [] if self.untrained else ["没有训练过的适配器没有被查出"]


def train_versions(plan: Plan, place: Place) -> TrainingOutcome:
    """Train both versions, each run in MLflow, and write the untrained adapter.

    Raises:
        TrainingError: the base cannot be had, or a training failed.
    """
    from finetune.lora_trainer import LoRATrainer
    from finetune.release.loading import quietly
    from finetune.training.incremental import continue_training

    with quietly():
        import peft  # noqa: F401 - its first import brings in kernels that say at length that this processor cannot use them

    data = place.training / "first.jsonl"
    config = plan.training(place.adapter(FIRST), FIRST, data)
    trainer = LoRATrainer(plan.base, config.out, config)
    first = trainer.train(
        trainer.prepare_training_data(data), config.epochs, config.batch_size, config.learning_rate, tracking=place.registry, command=_COMMAND
    )
    more = plan.training(place.adapter(SECOND), SECOND, place.training / "second.jsonl")
    second = continue_training(more, place.adapter(FIRST), data, tracking=place.registry, command=_COMMAND)
    return TrainingOutcome(_trained(str(FIRST), first), _trained(str(SECOND), second), int(second["trained_parameters"]), _untrained(plan, place))


_COMMAND = "python -m app train workshop"


def _trained(version: str, metrics: Mapping[str, Any]) -> Trained:
    return Trained(
        version, int(metrics["rows"]), int(metrics["steps"]), float(metrics["train_loss"]), float(metrics["tokens_per_second"]),
        float(metrics["train_seconds"]),
    )  # fmt: skip


def _untrained(plan: Plan, place: Place) -> str:
    """Write a fresh adapter with not one step of training; what the scan of its weights says."""
    from finetune.training.adapter_folder import save_trained
    from finetune.training.base_models import load_base, load_tokenizer
    from finetune.training.hardware import precision
    from finetune.training.sft import prepare

    folder = place.adapter(UNTRAINED)
    config = plan.training(folder, UNTRAINED, place.training / "first.jsonl")
    save_trained(prepare(load_base(plan.base, precision("fp32")), config), load_tokenizer(plan.base), folder, config)
    try:
        scan_adapter(folder)
    except ReleaseError as error:
        return str(error)
    return ""
