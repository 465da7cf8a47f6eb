"""Base models by name: the bundled one, a folder, or a model of others by its hub name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import TrainingError

if TYPE_CHECKING:
    import torch

    from finetune.training.hardware import Precision

MODELS = Path(__file__).parents[2] / "data" / "models"
BUNDLED = "caizhi-lm-base"
# The names of papers and of the specification, and where these weights lie.
_HUB: Mapping[str, str] = {
    "deepseek-7b": "deepseek-ai/deepseek-llm-7b-base",
    "deepseek-7b-chat": "deepseek-ai/deepseek-llm-7b-chat",
    "deepseek-67b": "deepseek-ai/deepseek-llm-67b-base",
    "deepseek-67b-chat": "deepseek-ai/deepseek-llm-67b-chat",
}
# Conversations are rendered so where a base model brings no template of its own.
PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ': ' + (message['content'] or '') + '\\n' }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


def resolve_base(name: str) -> str:
    """Where a base model lies: a folder that exists, or a hub name ("DeepSeek-7B-Chat" → "deepseek-ai/deepseek-llm-7b-chat").

    Raises:
        TrainingError: the name is empty, is a path that is not there, or is the bundled model and that has not been made.
    """
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return str(folder)
    if name == BUNDLED:
        if (MODELS / BUNDLED).is_dir():
            return str(MODELS / BUNDLED)
        raise TrainingError(f"内置基座 {BUNDLED} 还没有：{MODELS / BUNDLED} 不存在，先运行 python -m finetune.lm.pretrain")
    if not name or folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise TrainingError(f"基座模型“{name}”不是已有的文件夹")
    known = _HUB.get(name.lower())
    return known or (f"Qwen/{name}" if "/" not in name and name.lower().startswith("qwen") else name)


def load_tokenizer(name: str) -> Any:
    """The tokenizer of a base model, with a padding token and a chat template.

    Raises:
        TrainingError: it cannot be had.
    """
    from transformers import AutoTokenizer

    where = resolve_base(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError) as error:
        raise _missing(name, where, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    return tokenizer


def load_base(name: str, precision: Precision, *, four_bit: bool = False) -> Any:
    """The causal language model of a base, in training precision, without cache.

    Raises:
        TrainingError: it cannot be had (no such model, no network, weights that do not fit).
    """
    from transformers import AutoModelForCausalLM

    where = resolve_base(name)
    options: dict[str, Any] = {"quantization_config": _nf4(precision.dtype)} if four_bit else {}
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(where, dtype=precision.dtype, **options)
    except (OSError, ValueError, ImportError) as error:
        raise _missing(name, where, error) from error
    return model if four_bit else model.to(precision.device)


def _nf4(dtype: torch.dtype) -> Any:
    """Four bits, doubly quantised; the storage type lets FSDP shard the weights."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype, bnb_4bit_quant_storage=dtype
    )  # fmt: skip


def _missing(name: str, where: str, error: Exception) -> TrainingError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return TrainingError(f"基座模型“{name}”（{where}）取不到：{reason}；可给本地文件夹，或 {BUNDLED}")
