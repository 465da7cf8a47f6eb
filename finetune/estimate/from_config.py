"""A training configuration as the estimator sees it."""

from __future__ import annotations

from finetune.estimate.cost import Work
from finetune.estimate.plans import Job
from finetune.estimate.shapes import find_shape
from finetune.training.config import TrainConfig


def job_of(config: TrainConfig, rows: int = 170_000, mean_tokens: int = 549) -> Job:
    """What a configuration will train. The trainer scores in chunks on a GPU; without packing a row still counts its own tokens.

    Raises:
        UsageError: the base's shape is not known.
    """
    work = Work(rows, config.epochs, min(mean_tokens, config.max_length))
    return Job(find_shape(config.base), config.adaptation, work, config.max_length, config.activation_checkpointing, chunked_loss=True)
