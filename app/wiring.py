"""The only place that knows everything: from settings to an assistant that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.llm.cache import AnswerCache
from agents.llm.routing import FinancialDomainClassifier
from agents.llm.service import LLMService, ModelSlot
from agents.understanding.grammar import Understanding
from app.assistant import Assistant
from app.settings import ModelSettings, Settings
from data.banks import bank_registry
from data.errors import SettingsError
from data.indicators import indicator_catalogue
from retrieval.engine import RetrievalEngine
from retrieval.ledger import Ledger
from retrieval.library import Library
from retrieval.seed import seed_bundled
from tools.name_scanner import name_scanner

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

    from agents.graph import Graph
    from agents.llm.providers import ModelConfig

Clock = Callable[[], datetime]


def now() -> datetime:
    """The wall clock, in UTC; tests inject another."""
    return datetime.now(UTC)


@contextmanager
def open_assistant(settings: Settings, *, models: LLMService | None = None, clock: Clock = now) -> Iterator[Assistant]:
    """An assistant over the stores of these settings; closed on the way out.

    Raises:
        LedgerError: the ledger cannot be opened.
        SettingsError: a model is configured wrongly, or the home folder cannot be made.
    """
    make_home(settings)
    banks, catalogue, scanner = bank_registry(), indicator_catalogue(), name_scanner()
    ledger = Ledger.open(settings.ledger_url)
    library = Library.open(settings.ledger_url)
    service = models or _service(settings)
    threads = _Threads(settings.home / "threads.db")
    try:
        seed_bundled(ledger)
        yield Assistant(
            build_graph=threads.open, store=ledger, searcher=retrieval_engine(settings, library), banks=banks, catalogue=catalogue, scanner=scanner,
            understanding=Understanding.build(scanner, banks, catalogue), models=service, clock=clock, settings=settings,
        )
    finally:
        service.close()
        threads.close()
        library.close()
        ledger.close()


class _Threads:
    """The graph over its checkpoint file; nothing of it is imported or opened before the first question."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saver: SqliteSaver | None = None

    def open(self) -> Graph:
        from agents.checkpoints import sqlite_checkpointer
        from agents.graph import build_graph

        self._saver = sqlite_checkpointer(self._path)
        return build_graph(self._saver)

    def close(self) -> None:
        if self._saver is not None:
            self._saver.conn.close()


def retrieval_engine(settings: Settings, library: Library) -> RetrievalEngine:
    """Search over the library with the models of the settings; each is read at its first use.

    Raises:
        SettingsError: a model is named that cannot be had.
    """
    from retrieval.bert_reranker import reranker
    from retrieval.search.embeddings import embedder

    return RetrievalEngine(
        library=library, folder=settings.home / "index", embedder=embedder(settings.embedding), reranker=reranker(settings.reranker)
    )


def make_home(settings: Settings) -> None:
    """The folder of all state, made where it is not there.

    Raises:
        SettingsError: it cannot be made.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"无法建立状态目录 {settings.home}：{error}；请用 CAIZHI_HOME 指定一个可写的目录") from error


def _service(settings: Settings) -> LLMService:
    """The language-model service with its answer cache; it loads nothing before it is asked."""
    slots = [_slot(item) for item in settings.models]
    terms = [*bank_registry().names(), *indicator_catalogue().names()] if slots else []
    cache = AnswerCache(settings.home / "answers.db") if slots and settings.cache else None
    return LLMService(slots, classifier=FinancialDomainClassifier(terms), cache=cache)


def _slot(item: ModelSettings) -> ModelSlot:
    """A model behind an address, or one that runs in this process: a bundled or local folder, or a base by name with its adapter.

    Raises:
        SettingsError: nothing of that name is here.
    """
    from agents.llm.local_lora import finetuned_slot, source_named
    from agents.llm.providers import PRESETS

    if item.role != "finetuned" or item.base_url or item.model in PRESETS:
        return ModelSlot(_model(item))
    source = source_named(item.model)
    slot = finetuned_slot(source, timeout_s=item.timeout_s) if source else None
    if slot is None:
        raise SettingsError(f"本机没有模型 {item.model}：写 financial_llm_lora_v1.0.0（随库）、适配器文件夹，或给出 CAIZHI_FINETUNED_BASE_URL")
    return slot


def _model(item: ModelSettings) -> ModelConfig:
    """A provider configuration from settings: a preset by name, else any OpenAI-compatible server."""
    from pydantic import SecretStr

    from agents.llm.providers import PRESETS, ModelConfig, preset

    changes: dict[str, Any] = {"role": item.role, "timeout_s": item.timeout_s}
    if item.api_key:
        changes["api_key"] = SecretStr(item.api_key)
    if item.base_url:
        changes["base_url"] = item.base_url
    try:
        if item.model in PRESETS:
            return preset(item.model, **changes)
        return ModelConfig(model=item.model, local=item.local, **changes)
    except ValueError as error:
        raise SettingsError(f"{item.role} 模型配置有误：{error}") from error
