"""What makes training fast must not change what it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.training.base_models import load_base
from finetune.training.completion_trainer import padded, score_completions_only
from finetune.training.config import TrainConfig
from finetune.training.hardware import precision
from finetune.training.processor_speed import byte_dropout, faster_on_processor
from finetune.training.sft import prepare
from tests.training_data import small_base

ROWS = [
    {"input_ids": [5, 20, 21, 22, 6, 30, 31, 3], "labels": [-100] * 5 + [30, 31, 3]}, {"input_ids": [5, 40, 6, 41, 3], "labels": [-100] * 3 + [41, 3]},
    {"input_ids": [5, 50, 51, 52, 53, 54, 6, 55, 3], "labels": [-100] * 7 + [55, 3]},
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_base(tmp_path_factory.mktemp("speed"))


def adapted(base: Path, **values: Any) -> Any:
    """A base with an adapter whose second half is not zero, so that it takes part."""
    model = prepare(load_base(str(base), precision("fp32")), TrainConfig(preset=values.pop("preset", "all-linear"), **values))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if ".lora_B." in name:
                weight.normal_(0, 0.2)
    return model


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}


def masked_loss(model: Any) -> torch.Tensor:
    """The textbook's way: all logits, an attention mask, cross-entropy over the labelled positions."""
    ids, labels = padded(ROWS, 0)
    mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (ids.shape[1] - len(row["input_ids"])) for row in ROWS])
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)


def scored_loss(model: Any) -> torch.Tensor:
    ids, labels = padded(ROWS, 0)
    outputs = model(input_ids=ids, labels=labels, scored_only=True)
    assert outputs["count"] == 7
    loss: torch.Tensor = outputs["loss"] / outputs["count"]
    return loss


@pytest.mark.parametrize("preset", ["qv", "all-linear", "rslora"])
def test_loss_and_gradients_are_those_of_the_textbook(base: Path, preset: str) -> None:
    plain, fast = adapted(base, dropout=0.0, preset=preset), adapted(base, dropout=0.0, preset=preset)
    assert score_completions_only(fast.get_base_model())
    masked = masked_loss(plain)
    masked.backward()  # type: ignore[no-untyped-call]
    with faster_on_processor(fast):
        scored = scored_loss(fast)
        scored.backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(scored, masked, rtol=1e-5, atol=1e-6)
    wanted, found = gradients(plain), gradients(fast)
    assert wanted.keys() == found.keys() and any(bool(gradient.any()) for gradient in wanted.values())
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], rtol=1e-4, atol=1e-6)


def test_after_the_run_the_model_is_as_it_was(base: Path) -> None:
    model = adapted(base, dropout=0.5)
    modules, forwards = list(model.modules()), {name for module in model.modules() for name in vars(module) if name == "forward"}
    with faster_on_processor(model):
        assert any("forward" in vars(module) for module in model.modules()) and list(model.modules()) != modules
    assert list(model.modules()) == modules and {name for module in model.modules() for name in vars(module) if name == "forward"} == forwards


def test_dora_and_a_merged_adapter_keep_their_own_forward(base: Path) -> None:
    for model in (adapted(base, preset="dora"), adapted(base)):
        if not any(parameter for name, parameter in model.named_parameters() if "magnitude" in name for parameter in [True]):
            model.merge_adapter()
        with faster_on_processor(model):
            layers = [module for module in model.modules() if type(module).__module__ == "peft.tuners.lora.layer" and hasattr(module, "lora_A")]
            assert layers and not any("forward" in vars(layer) for layer in layers)


def test_byte_dropout_keeps_the_mean_and_drops_the_share() -> None:
    torch.manual_seed(3)
    values = torch.ones(300, 401, requires_grad=True)
    dropped = byte_dropout(values, 0.1)
    share = 26 / 256
    assert abs(float((dropped == 0).float().mean()) - share) < 0.003 and abs(float(dropped.detach().mean()) - 1) < 0.004
    torch.testing.assert_close(dropped.detach().max(), torch.tensor(256 / 230))
    dropped.sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None and torch.equal(values.grad, dropped.detach())
    rows = (dropped == 0).float().mean(dim=1)
    assert float(rows.std()) < 0.03 and not torch.equal(byte_dropout(values, 0.1), dropped)


def test_a_model_that_scales_its_logits_is_left_to_the_library(base: Path) -> None:
    model = load_base(str(base), precision("fp32"))
    model.config.final_logit_softcapping = 30.0
    forward = model.forward
    assert not score_completions_only(model) and model.forward == forward
