"""Opening a model folder with torch: plain, or with an adapter on its base; and the logits by which two forms of it are compared."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ReleaseError

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_WIDENED = 1_000_000_000
_DIAGNOSTICS = ("torch.utils._pytree", "torch.onnx._internal.exporter._registration", "torchao")


@contextmanager
def quietly() -> Iterator[None]:
    """Hold back the progress bars and deprecation notes of transformers, peft, torch and torchao; errors come through."""
    of_transformers: Any = import_module("transformers.utils.logging")
    bars = of_transformers.is_progress_bar_enabled()
    levels = {name: logging.getLogger(name).level for name in _DIAGNOSTICS}
    of_transformers.disable_progress_bar()
    for name in levels:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if bars:
            of_transformers.enable_progress_bar()


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a PEFT adapter rather than a whole model."""
    return (folder / ADAPTER_CONFIG).is_file()


def adapter_config(adapter: Path) -> Mapping[str, Any]:
    """The adapter's configuration.

    Raises:
        ReleaseError: the folder holds no readable adapter_config.json.
    """
    try:
        return dict(json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{adapter} 不是适配器目录：{ADAPTER_CONFIG} 读不出来（{error}）") from error


def base_of(adapter: Path, base: Path | str | None = None) -> str:
    """Path or hub name of the adapter's base: as given, else as its configuration says.

    Raises:
        ReleaseError: neither names one.
        TrainingError: the name is not known.
    """
    from finetune.training.base_models import resolve_base

    named = str(base or adapter_config(adapter).get("base_model_name_or_path") or "")
    if not named:
        raise ReleaseError(f"{adapter} 没有写明基座模型；请用 --base 给出")
    return str(resolve_base(named))


def load_model(source: Path | str) -> Any:
    """The causal language model of a folder or hub name, in evaluation mode.

    Up to a milliard parameters it is widened to float32, in which adapter and merged model agree to rounding; a larger one stays in
    the type it is stored in.

    Raises:
        ReleaseError: transformers cannot load it, or it is stored quantised.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        with quietly():
            config = AutoConfig.from_pretrained(str(source))
            if getattr(config, "quantization_config", None):
                raise ReleaseError(f"{source} 是量化过的模型；合并和导出要从未量化的基座开始")
            model: Any = AutoModelForCausalLM.from_pretrained(str(source), dtype="auto")
            return (model.float() if sum(weight.numel() for weight in model.parameters()) <= _WIDENED else model).eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise ReleaseError(f"模型 {source} 打不开：{_first_line(error)}") from error


def load_with_adapter(adapter: Path, base: Path | str | None = None) -> Any:
    """The PeftModel of an adapter on its unquantised base, in evaluation mode.

    Raises:
        ReleaseError: base or adapter cannot be loaded, or they do not fit together.
    """
    from peft import PeftModel

    model = load_model(base_of(adapter, base))
    try:
        with quietly():
            adapted: Any = PeftModel.from_pretrained(model, str(adapter))
            return adapted.eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ReleaseError(f"适配器 {adapter} 与基座不合：{_first_line(error)}") from error


def load_tokenizer(source: Path | str) -> Any:
    """The tokenizer of a folder or hub name.

    Raises:
        ReleaseError: there is none.
    """
    from transformers import AutoTokenizer

    try:
        with quietly():
            return AutoTokenizer.from_pretrained(str(source))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{source} 没有可用的分词器：{_first_line(error)}") from error


def logits_of(model: Any, ids: Sequence[int]) -> NDArray[np.float32]:
    """Logits [tokens, vocabulary] of one sequence of token ids."""
    import torch

    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0]
    return np.asarray(logits.float().numpy(), dtype=np.float32)


def probe_ids(vocabulary: int, length: int = 24) -> list[int]:
    """Token ids spread over the vocabulary: any two forms of one model must give them the same logits."""
    return [int(number) for number in np.random.default_rng(0).integers(0, vocabulary, length)]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
