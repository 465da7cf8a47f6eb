"""What this machine computes with: the device, and the number format that is fastest on it without losing the training."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Precision:
    """name: "bf16" or "fp32". dtype: of the frozen base. autocast: whether matrix products run in bf16. device: "cuda" or "cpu"."""

    name: str
    dtype: torch.dtype
    autocast: bool
    device: str


def precision(wanted: str = "auto") -> Precision:
    """The precision to train in. "auto": bf16 on a GPU that has it and on a processor with AMX, else fp32.

    Autocast to bf16 on a processor without AMX is emulated and slower than fp32.
    """
    import torch

    gpu = torch.cuda.is_available()
    fast = torch.cuda.is_bf16_supported() if gpu else torch.cpu._is_amx_tile_supported()
    use = wanted == "bf16" or (wanted == "auto" and fast)
    device = "cuda" if gpu else "cpu"
    # On a processor the weights stay fp32 and only products are narrowed: a small model's base fits anyway.
    return Precision("bf16" if use else "fp32", torch.bfloat16 if use and gpu else torch.float32, use, device)


def is_main_process() -> bool:
    """Whether this process writes the files: the only one, or the first of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"


def has_flash_attention() -> bool:
    """Whether attention can keep packed rows apart without a square mask: flash attention on a GPU."""
    import torch
    from transformers.utils.import_utils import is_flash_attn_2_available

    return torch.cuda.is_available() and bool(is_flash_attn_2_available())
