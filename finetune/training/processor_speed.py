"""Slow spots of training on a processor, replaced for the time of a run: adapter dropout, the adapter's sum, RMS norms.

Dropout draws one random number per element; eight elements can share one 64-bit draw, a byte each, at a rate of p rounded to 1/256.
Scaling an adapter's output and adding it to the base layer's are two passes that a matrix product can do on its way (addmm).
An RMS norm under autograd is ten passes over the activations; written out with its own gradient it is four.
Norms and adapted layers are compared with the model's own before they are swapped in: what is computed stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def faster_on_processor(model: Any, *, active: bool = True) -> Iterator[None]:
    """The model with fast dropout and norms inside the block, and as it was after it. active: False changes nothing."""
    undo: list[tuple[Any, str, Any]] = []
    try:
        for module in list(model.modules()) if active else ():
            for name, child in list(module.named_children()):
                if type(child).__name__ == "Dropout" and type(module).__name__ == "ModuleDict" and child.p > 0:
                    undo.append((module, name, child))
                    module[name] = _dropout_module(child.p)
            if type(module).__name__.endswith("RMSNorm") and _is_plain_norm(module):
                undo.append((module, "forward", None))
                module.forward = partial(_norm, weight=module.weight, epsilon=module.variance_epsilon)
        for module in list(model.modules()) if active else ():
            adapter = _plain_adapter(module)
            if adapter is not None:
                undo.append((module, "forward", None))
                module.forward = adapter
        yield
    finally:
        for module, name, original in reversed(undo):
            if original is None:
                del module.forward
            else:
                module[name] = original


def _dropout_module(p: float) -> Any:
    from torch import nn

    class ByteDropout(nn.Module):
        """Dropout at p rounded to 1/256; kept values are scaled by the rate that is really used."""

        def forward(self, values: Tensor) -> Tensor:
            return byte_dropout(values, p) if self.training else values

    return ByteDropout()


def byte_dropout(values: Tensor, p: float) -> Tensor:
    """values with a share of p zeroed and the rest scaled by 1/(1-p); p is rounded to 1/256."""
    import torch

    limit, count = round(p * 256), values.numel()
    with torch.no_grad():
        drawn = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)
        mask = (drawn[:count].view(values.shape) >= limit).to(values.dtype).mul_(256 / (256 - limit))
    return values * mask


def _plain_adapter(module: Any) -> Any:
    """A faster forward of a LoRA layer of one plain adapter (no DoRA, no bias of its own, fp32), tried on two rows; None for any other."""
    import torch

    if type(module).__module__ != "peft.tuners.lora.layer" or type(module).__name__ != "Linear" or len(module.lora_A) != 1:
        return None
    (name,) = module.lora_A
    down, up, dropout, scale = module.lora_A[name], module.lora_B[name], module.lora_dropout[name], module.scaling[name]
    base = module.base_layer
    if up.weight.dtype != torch.float32 or base.weight.dtype != torch.float32 or up.bias is not None or module.lora_variant or module.merged:
        return None

    def forward(values: Tensor) -> Tensor:
        flat, narrow = base(values).flatten(0, -2), down(dropout(values)).flatten(0, -2)
        return torch.addmm(flat, narrow, up.weight.t(), alpha=scale).view(*values.shape[:-1], -1)

    was_training = module.training
    module.eval()
    with torch.no_grad():
        rows = torch.linspace(-2, 3, 2 * base.in_features).view(1, 2, -1)
        same = bool(torch.allclose(module(rows), forward(rows), rtol=1e-4, atol=1e-5))
    module.train(was_training)
    return forward if same else None


def _is_plain_norm(module: Any) -> bool:
    """Whether a frozen norm computes weight * x / sqrt(mean(x²) + epsilon), tried on one row."""
    import torch

    weight, epsilon = getattr(module, "weight", None), getattr(module, "variance_epsilon", None)
    if weight is None or epsilon is None or weight.requires_grad or weight.dtype != torch.float32:
        return False
    with torch.no_grad():
        row = torch.linspace(-2, 3, weight.numel()).unsqueeze(0)
        return bool(torch.allclose(module(row), _norm(row, weight, epsilon), rtol=1e-5, atol=1e-6))


def _norm(values: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """RMS norm over the last dimension with its gradient written out; no gradient for the weight (Zhang and Sennrich 2019)."""
    result: Tensor = _norm_function().apply(values, weight, epsilon)
    return result


@cache
def _norm_function() -> Any:
    """The autograd function, made once: a class over torch's, which is not imported with this module."""
    import torch

    class FrozenNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, values: Tensor, weight: Tensor, epsilon: float) -> Tensor:
            inverse = torch.linalg.vector_norm(values, dim=-1, keepdim=True).pow_(2).div_(values.shape[-1]).add_(epsilon).rsqrt_()
            ctx.save_for_backward(values, weight, inverse)
            normed: Tensor = (values * inverse).mul_(weight)
            return normed

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
            values, weight, inverse = ctx.saved_tensors
            scaled = gradient * weight
            along = (scaled * values).sum(-1, keepdim=True).mul_(inverse).mul_(inverse).div_(values.shape[-1])
            return torch.addcmul(scaled, values, along, value=-1).mul_(inverse), None, None

    return FrozenNorm
