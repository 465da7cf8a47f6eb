"""The fine-tuned role from folders: our own base model with its adapter, or any other base by name, served inside the process.

    slot = finetuned_slot()                                   # the bundled models; None when they are not there
    service = LLMService([slot, …]);  await service.generate("…", use_finetuned=True)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.llm.chain import ModelSlot
from agents.llm.exchange import CompletionRequest
from agents.llm.providers import ModelConfig
from data.errors import ModelUnavailableError
from tools.local_model.loading import ENGINES, MODELS, BackendKind, ModelSource, model_folder

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from tools.local_model.engine import LocalEngine

BASE_MODEL = "caizhi-lm-base"
ADAPTER = "financial_llm_lora_v1.0.0"
_MOST_TOKENS = 512
_DEFAULT_CONTEXT = 4096


def bundled_source(models: Path = MODELS) -> ModelSource | None:
    """Base and adapter of the product in the models folder; the base alone where there is no adapter, None without a base."""
    base, adapter = models / BASE_MODEL, models / ADAPTER
    if not (base / "config.json").is_file():
        return None
    if not (adapter / "adapter_config.json").is_file():
        return ModelSource(str(base))
    return ModelSource(str(base), ((ADAPTER, str(adapter)),), ADAPTER)


def local_source(base: str = BASE_MODEL, adapter: Path | str | None = None, *, backend: BackendKind = "auto", int8: bool = False) -> ModelSource:
    """A base (folder, bundled name, or name of the transformers hub) with the adapter in a folder, named as that folder is."""
    if adapter is None:
        return ModelSource(base, backend=backend, int8=int8)
    name = Path(adapter).name
    return ModelSource(base, ((name, str(adapter)),), name, backend, int8)


def source_named(name: str, models: Path = MODELS) -> ModelSource | None:
    """What a setting names: the bundled adapter or base, the folder of an adapter (its base is written in it) or of a model."""
    if name in (ADAPTER, BASE_MODEL):
        found = bundled_source(models)
        return found if found is None or name == ADAPTER else ModelSource(found.base)
    folder = Path(name)
    if (folder / "adapter_config.json").is_file():
        return local_source(str(_adapter_config(folder).get("base_model_name_or_path") or BASE_MODEL), folder)
    return ModelSource(name) if (folder / "config.json").is_file() else None


def _adapter_config(folder: Path) -> Mapping[str, Any]:
    from tools.local_model.weights import read_json

    return read_json(folder / "adapter_config.json")


def finetuned_slot(source: ModelSource | None = None, *, timeout_s: float = 60.0) -> ModelSlot | None:
    """The slot of role "finetuned" for a source, by default the bundled one; None when that is not there. Loads nothing.

    Raises:
        ModelUnavailableError: the source names a folder with an unreadable config.json.
    """
    source = bundled_source() if source is None else source
    if source is None:
        return None
    # The engine ends an answer at the context's edge and refuses a prompt that is too long, so that an answer's full length need not fit.
    context_tokens = _context(source) + CompletionRequest().max_tokens
    config = ModelConfig("finetuned", source.label, local=True, context_tokens=context_tokens, timeout_s=timeout_s)
    return ModelSlot(config, partial(build_local_model, source=source))


def build_local_model(config: ModelConfig, *, source: ModelSource) -> BaseChatModel:
    """The chat model of a slot, with its engine running: a model that cannot be loaded is known now, not at the first answer.

    Raises:
        ModelUnavailableError: model or adapter cannot be had.
    """
    from tools.local_model.chat_model import LocalChatModel
    from tools.local_model.reference_chat import ReferenceChatModel

    model = LocalChatModel(source=source, model_name=config.model, temperature=config.temperature, max_tokens=_MOST_TOKENS)
    _ = model.engine
    return ReferenceChatModel(inner=model) if writes_references(source) else model


def writes_references(source: ModelSource) -> bool:
    """Whether a model was trained on fact sheets and references: its folder says so."""
    folder = model_folder(source.base)
    return folder is not None and _config(folder).get("prompt_form") == "references"


def running_engine(source: ModelSource | None = None) -> LocalEngine:
    """The engine that serves a source in this process (opened now if need be): to load, switch and unload adapters while it runs.

    Raises:
        ModelUnavailableError: there is no such model.
    """
    source = bundled_source() if source is None else source
    if source is None:
        raise ModelUnavailableError(f"没有内置的微调模型：{MODELS / BASE_MODEL} 不存在")
    return ENGINES.get(source)


def swap_adapter(folder: Path, source: ModelSource | None = None) -> str:
    """Loads the adapter in a folder under the folder's name and uses it from the next request on; its version.

    Answers under way finish on the adapter that they began with; the one replaced is unloaded when its last answer is out.

    Raises:
        ModelUnavailableError: it cannot be read or does not fit; the old one stays in use.
    """
    engine = running_engine(source)
    before = engine.adapter_in_use
    version = engine.load_adapter(folder.name, folder)
    engine.use_adapter(folder.name)
    if before not in ("", folder.name):
        engine.unload_adapter(before)
    return version


def _context(source: ModelSource) -> int:
    """Tokens of the model's context, where its folder tells; a usual one for a model of the hub."""
    folder = model_folder(source.base)
    if folder is None:
        return _DEFAULT_CONTEXT
    return int(_config(folder).get("max_position_embeddings") or _DEFAULT_CONTEXT)


def _config(folder: Path) -> Mapping[str, Any]:
    from tools.local_model.weights import read_json

    return read_json(folder / "config.json")
