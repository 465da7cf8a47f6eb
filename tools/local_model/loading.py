"""From names to running engines: which folder, which backend, one engine for each model in a process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from data.errors import ModelUnavailableError

if TYPE_CHECKING:
    from tools.local_model.backend import Backend
    from tools.local_model.engine import LocalEngine

MODELS = Path(__file__).parents[2] / "data" / "models"
# The names of papers and of everyday use, and where the hub keeps these weights.
_HUB: Mapping[str, str] = {
    "deepseek-7b": "deepseek-ai/deepseek-llm-7b-base",
    "deepseek-7b-chat": "deepseek-ai/deepseek-llm-7b-chat",
    "deepseek-67b": "deepseek-ai/deepseek-llm-67b-base",
    "deepseek-67b-chat": "deepseek-ai/deepseek-llm-67b-chat",
}
BackendKind = Literal["auto", "numpy", "transformers"]


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model to be had: plain values, so that it can be pickled, compared and written down.

    base: a folder, the name of one in the product's models, or a name of the transformers hub. adapters: (name, folder) pairs.
    adapter: the one in use, "" for the bare base. backend: "auto" takes the built-in decoder where it knows the architecture.
    int8: with transformers, weights quantised dynamically, the adapter in use merged first; the built-in decoder reads int8 folders by itself.
    """

    base: str
    adapters: tuple[tuple[str, str], ...] = ()
    adapter: str = ""
    backend: BackendKind = "auto"
    int8: bool = False

    @property
    def label(self) -> str:
        """What answers are signed with."""
        return self.adapter or Path(self.base).name


def model_folder(base: str) -> Path | None:
    """The folder of a base: a path as it is, else a bundled one of that name; None for a name of the hub."""
    for folder in (Path(base).expanduser(), MODELS / base):
        if folder.is_dir():
            return folder
    return None


def hub_name(base: str) -> str:
    """A name as the transformers hub knows it: "DeepSeek-7B-Chat" and "Qwen3-0.6B" get their owners, anything else stays."""
    known = _HUB.get(base.lower())
    return known or (f"Qwen/{base}" if "/" not in base and base.lower().startswith("qwen") else base)


def open_engine(source: ModelSource) -> LocalEngine:
    """A new engine on the model, with its adapters.

    Raises:
        ModelUnavailableError: model or adapter cannot be had.
    """
    from tools.local_model.engine import LocalEngine

    adapters = dict(source.adapters)
    if source.adapter and source.adapter not in adapters:
        raise ModelUnavailableError(f"没有给出适配器 {source.adapter} 的目录")
    engine = LocalEngine(open_backend(source))
    if not source.int8:
        for name, folder in source.adapters:
            engine.load_adapter(name, Path(folder))
        engine.use_adapter(source.adapter)
    return engine


def open_backend(source: ModelSource) -> Backend:
    """The backend that the source names, or the built-in one where it can read the folder.

    Raises:
        ModelUnavailableError: the model cannot be had.
    """
    folder = model_folder(source.base)
    if source.backend == "numpy" or (source.backend == "auto" and not source.int8 and folder is not None and _is_native(folder)):
        from tools.local_model.numpy_backend import NumpyBackend

        if folder is None:
            raise ModelUnavailableError(f"没有模型目录 {source.base}")
        return NumpyBackend.load(folder)
    from tools.local_model.transformers_backend import TransformersBackend

    merged = Path(dict(source.adapters)[source.adapter]) if source.int8 and source.adapter else None
    return TransformersBackend.load(hub_name(source.base) if folder is None else str(folder), merge=merged, int8=source.int8)


class EnginePool:
    """The engines of a process by source, each opened at its first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines: dict[ModelSource, LocalEngine] = {}

    def get(self, source: ModelSource) -> LocalEngine:
        """The engine of a source. Raises ModelUnavailableError when it cannot be had."""
        with self._lock:
            if source not in self._engines:
                self._engines[source] = open_engine(source)
            return self._engines[source]

    def close(self) -> None:
        """Closes all of them; a later `get` opens anew."""
        with self._lock:
            engines, self._engines = list(self._engines.values()), {}
        for engine in engines:
            engine.close(drain=False)


ENGINES = EnginePool()


def _is_native(folder: Path) -> bool:
    from tools.local_model.weights import read_shape

    try:
        read_shape(folder)
    except ModelUnavailableError:
        return False
    return True
