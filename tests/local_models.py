"""Models for the tests of the local runtime: the small model with weights that matter, adapters on it, and transformers as the judge."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.small_lm import make_small_lm
from tools.local_model.weights import Floats

_WOBBLE = 0.2


def make_lively_lm(folder: Path, seed: int = 0) -> Path:
    """The small model with every parameter moved by noise: fresh weights are so flat that many errors would not show."""
    import torch
    from transformers import AutoModelForCausalLM

    make_small_lm(folder, seed)
    model = AutoModelForCausalLM.from_pretrained(folder)
    _move(list(model.parameters()), torch.Generator().manual_seed(seed))
    model.save_pretrained(folder)
    return folder


def make_adapter(base: Path, folder: Path, seed: int = 1, **changes: Any) -> Path:
    """A PEFT adapter on the base whose product is not zero."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {"r": 4, "lora_alpha": 9, "target_modules": "all-linear", "task_type": "CAUSAL_LM"} | changes
    torch.manual_seed(seed)  # the adapter's random start
    with peft_as_it_is():
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), LoraConfig(**options))
    _move([value for name, value in model.named_parameters() if "lora_" in name], torch.Generator().manual_seed(seed))
    model.save_pretrained(str(folder))
    return folder


def reference_logits(base: Path, tokens: Sequence[int] | NDArray[np.int64], adapter: Path | None = None) -> Floats:
    """Logits after each token as transformers (and PEFT) compute them: [tokens, vocabulary]."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(base)
    if adapter is not None:
        with peft_as_it_is():
            model = PeftModel.from_pretrained(model, adapter)
    with torch.no_grad():
        logits: Floats = model.eval()(torch.tensor([list(map(int, tokens))])).logits[0].float().numpy()
    return logits


def change_config(folder: Path, **changes: Any) -> None:
    """Overwrites entries of the folder's config.json; None removes one."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({name: value for name, value in config.items() if value is not None}), encoding="utf-8")


@contextmanager
def peft_as_it_is() -> Iterator[None]:
    """Lets PEFT use a name that transformers has deprecated: between the two of them, not ours to mend."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)
        yield


def _move(parameters: list[Any], source: Any) -> None:
    import torch

    with torch.no_grad():
        for each in parameters:
            each.add_(torch.randn(each.shape, generator=source) * _WOBBLE)
