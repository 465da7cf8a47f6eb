"""A look at the weights after training: an adapter that holds NaN, or that never left zero, is not written."""

from __future__ import annotations

from typing import Any

from data.errors import TrainingError


def check_trained(model: Any) -> dict[str, int]:
    """{"trained_parameters", "idle_modules"}: how many numbers were trained, and how many adapted layers never left zero.

    Raises:
        TrainingError: a trained weight is not finite, or every adapted layer is still zero.
    """
    import torch

    trained, idle, layers = 0, 0, 0
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        trained += weight.numel()
        if not bool(torch.isfinite(weight).all()):
            raise TrainingError(f"训练后的权重 {name} 含有 NaN 或无穷大，结果没有写出；请降低学习率或用 fp32")
        if ".lora_B." in name:
            layers += 1
            idle += not bool(weight.any())
    if layers and idle == layers:
        raise TrainingError("训练后的适配器全为零，模型没有学到任何东西；请检查学习率、步数和 labels")
    return {"trained_parameters": trained, "idle_modules": idle}
