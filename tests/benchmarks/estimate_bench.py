"""`python -m tests.benchmarks.estimate_bench [config.json's folder]`: the estimator's prediction of a training step against the step itself.

One processor thread, LoRA over all linear layers. The rate comes from one step of 4 rows of 192 tokens (and a tiny one for the fixed part);
predicted and measured are steps of other sizes. Without a folder: a random Qwen3 of the bundled model's size. Passes within 15 %.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from finetune.estimate.calibrate import Step, measured_here
from finetune.estimate.shapes import read_shape
from finetune.training.presets import PRESETS
from tests.small_lm import make_small_lm

TARGETS = (Step(8, 192), Step(8, 256), Step(16, 128), Step(4, 320))
TOLERANCE = 0.15


def small(folder: Path) -> Path:
    """A random model of the bundled one's shape: width 192, five layers, 2,560 tokens."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    make_small_lm(folder)
    config = Qwen3Config(
        vocab_size=2560, hidden_size=192, intermediate_size=512, num_hidden_layers=5, num_attention_heads=4, num_key_value_heads=2, head_dim=48,
        max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def main() -> int:
    """Print each step's prediction and measurement; 1 if a time is off by more than 15 %."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else small(Path(made))
        shape, worst = read_shape(folder / "config.json"), 0.0
        print(f"{folder.name}: {shape.parameters:,} parameters")
        for step in TARGETS:
            seen = measured_here(str(folder), shape, PRESETS["all-linear"], target=step)
            memory = ""
            if seen.predicted_bytes and seen.measured_bytes:
                memory = f"   peak {seen.predicted_bytes / 1e6:6.0f} / {seen.measured_bytes / 1e6:6.0f} MB ({seen.memory_error or 0:+.1%})"
            print(
                f"{step.batch:3} x {step.sequence:4}: predicted {seen.predicted * 1e3:7.1f} ms, measured {seen.measured * 1e3:7.1f} ms "
                f"({seen.error:+.1%}), {seen.calibration.rate / 1e9:.1f} GFLOP/s{memory}"
            )
            worst = max(worst, abs(seen.error))
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
