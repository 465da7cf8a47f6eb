"""Measured against predicted: a real training step gives this machine's rate, and that rate predicts a step of another size.

On a processor the clock is processor time of one thread, which other programs do not lengthen; on a GPU it is wall time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.errors import TrainingError
from finetune.estimate.cost import flops_per_token
from finetune.estimate.memory import Layout, training_memory
from finetune.estimate.shapes import Shape
from finetune.training.presets import Preset

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Step:
    """A training step: rows and tokens of each."""

    batch: int
    sequence: int


Run = Callable[[Step], None]
PROBE, BASE, TARGET = Step(1, 16), Step(4, 192), Step(8, 256)


@dataclass(frozen=True, slots=True)
class Calibration:
    """rate: operations a second that a step reaches (peak × MFU). fixed: seconds a step takes beside, whatever its size."""

    rate: float
    fixed: float

    def seconds(self, flops: float) -> float:
        """What a step of so many operations takes."""
        return self.fixed + flops / self.rate


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step predicted and measured. seconds; bytes beyond what stands before the step, None where the system cannot tell."""

    step: Step
    calibration: Calibration
    predicted: float
    measured: float
    predicted_bytes: float | None = None
    measured_bytes: float | None = None

    @property
    def error(self) -> float:
        """Relative error of the predicted time."""
        return self.predicted / self.measured - 1

    @property
    def memory_error(self) -> float | None:
        """Relative error of the predicted peak."""
        if not self.measured_bytes or self.predicted_bytes is None:
            return None
        return self.predicted_bytes / self.measured_bytes - 1


def step_flops(shape: Shape, way: Preset, step: Step) -> float:
    """Operations of a step without activation checkpointing."""
    return step.batch * step.sequence * flops_per_token(shape, way, step.sequence, checkpointing=False)


def step_bytes(shape: Shape, way: Preset, step: Step, value_bytes: int = 4) -> float:
    """Activations of a step without activation checkpointing."""
    return training_memory(shape, way, Layout(step.batch, step.sequence, checkpointing=False, value_bytes=value_bytes)).activations


def timed(run: Run, steps: Sequence[Step], clock: Clock, repeats: int = 5, warmup: int = 2) -> list[float]:
    """Median seconds of each step; the first rounds do not count. The steps take turns, so that a machine that slows down slows all of them."""
    rounds = [[_seconds(run, step, clock) for step in steps] for _ in range(warmup + repeats)]
    return [statistics.median(column) for column in zip(*rounds[warmup:], strict=True)]


def _seconds(run: Run, step: Step, clock: Clock) -> float:
    began = clock()
    run(step)
    return clock() - began


def calibrated(flops: Callable[[Step], float], small: float, large: float, probe: Step = PROBE, base: Step = BASE) -> Calibration:
    """Rate and fixed part from the seconds of two real steps: a tiny one, which is nearly all fixed part, and a proper one.

    Raises:
        TrainingError: the proper step was not slower than the tiny one, so that nothing can be told.
    """
    if large <= small:
        told = f"{base.batch}×{base.sequence} 的一步（{large:.3g} 秒）不比 {probe.batch}×{probe.sequence} 的慢（{small:.3g} 秒）"
        raise TrainingError(f"标定失败：{told}")
    rate = (flops(base) - flops(probe)) / (large - small)
    return Calibration(rate, max(0.0, small - flops(probe) / rate))


def compared(shape: Shape, way: Preset, run: Run, clock: Clock, base: Step = BASE, target: Step = TARGET, repeats: int = 5,
             peak: Callable[[Run, Step], float | None] | None = None, value_bytes: int = 4) -> Outcome:  # fmt: skip
    """Calibrate on one step, predict another, measure it. peak: measures bytes of a step; memory is scaled from the calibrating step.

    Raises:
        TrainingError: see `calibrated`.
    """
    small, large, measured = timed(run, (PROBE, base, target), clock, repeats)
    calibration = calibrated(lambda step: step_flops(shape, way, step), small, large, base=base)
    outcome = Outcome(target, calibration, calibration.seconds(step_flops(shape, way, target)), measured)
    seen = peak(run, base) if peak else None
    if peak is None or not seen:
        return outcome
    scale = step_bytes(shape, way, target, value_bytes) / step_bytes(shape, way, base, value_bytes)
    return replace(outcome, predicted_bytes=seen * scale, measured_bytes=peak(run, target))


def lora_steps(base: str, way: Preset, seed: int = 0) -> tuple[Run, bool]:
    """(a function that makes one real training step of random tokens, whether it runs on a GPU).

    Forward, loss over all positions, backward, clipping and AdamW over what the preset trains.

    Raises:
        TrainingError: the base cannot be had.
    """
    import torch
    from peft import get_peft_model

    from finetune.training.base_models import load_base
    from finetune.training.hardware import precision
    from finetune.training.library_noise import deprecations_aside, quiet

    quiet()
    torch.set_num_threads(1)
    hardware = precision("auto" if torch.cuda.is_available() else "fp32")
    model: Any = load_base(base, hardware, four_bit=way.four_bit)
    torch.manual_seed(seed)
    with deprecations_aside():
        model = (get_peft_model(model, way.lora_config()) if way.lora else model).train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5)
    draw, gpu = torch.Generator().manual_seed(seed), hardware.device == "cuda"

    def run(step: Step) -> None:
        ids = torch.randint(0, model.config.vocab_size, (step.batch, step.sequence), generator=draw).to(hardware.device)
        model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if gpu:
            torch.cuda.synchronize()

    return run, gpu


def measured_here(base: str, shape: Shape, way: Preset, repeats: int = 5, target: Step = TARGET) -> Outcome:
    """Calibrate with a real model on this machine and compare a step of another size.

    Raises:
        TrainingError: the base cannot be had, or nothing could be told from the steps.
    """
    run, gpu = lora_steps(base, way)
    clock, peak, width = (time.perf_counter, gpu_peak, 2) if gpu else (time.process_time, processor_peak, 4)
    return compared(shape, way, run, clock, target=target, repeats=repeats, peak=peak, value_bytes=width)


def gpu_peak(run: Run, step: Step) -> float | None:
    """Bytes that a step takes on the GPU beyond what stands before it."""
    import torch

    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run(step)
    return float(torch.cuda.max_memory_allocated() - before)


def processor_peak(run: Run, step: Step) -> float | None:
    """Bytes that a step keeps for its backward pass, weights aside: there the peak is. Counted, so that no allocator's habits are in it."""
    return kept_bytes(run, step) - kept_bytes(run, Step(1, 1))


def kept_bytes(run: Run, step: Step) -> float:
    """Bytes of all storages that autograd keeps during a step, each once."""
    import torch

    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        run(step)
    return float(sum(kept.values()))
