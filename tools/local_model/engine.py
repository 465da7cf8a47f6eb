"""A local language model as a service inside the process: requests run together, adapters come and go, answers stream.

    engine = LocalEngine(NumpyBackend.load(folder))
    engine.load_adapter("v1", adapter_folder); engine.use_adapter("v1")
    turn = engine.submit("…")           # turn.result(), await turn, for piece in turn, async for piece in turn, turn.cancel()
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import UsageError
from tools.local_model.backend import Backend
from tools.local_model.cache import AnswerStore
from tools.local_model.requests import BASE, Calculate, EngineLimits, EngineStats, Generation, GenerationOptions
from tools.local_model.running import AdapterUse, Request
from tools.local_model.scheduler import Scheduler, full_version
from tools.local_model.turn import Turn
from tools.local_model.vocabulary import Vocabulary

_DEFAULT_OPTIONS = GenerationOptions()
_DEFAULT_LIMITS = EngineLimits()


class LocalEngine:
    """Requests on one loaded model, with any number of adapters. Safe for use by threads and event loops.

    A request runs to its end on the adapter that it was submitted with, whatever is loaded, chosen or unloaded meanwhile.
    """

    def __init__(self, backend: Backend, limits: EngineLimits = _DEFAULT_LIMITS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._clock = clock
        self._lock = threading.Lock()
        self._adapters: dict[str, AdapterUse] = {}
        self._default = BASE
        self._answers: AnswerStore[Generation] = AnswerStore(limits.answers)
        self._submitted = 0
        self._answer_hits = 0
        self._scheduler = Scheduler(backend, limits, clock, self._remember, self._release)

    @property
    def backend(self) -> Backend:
        return self._backend

    @property
    def vocabulary(self) -> Vocabulary:
        return self._backend.vocabulary

    def submit(
        self,
        prompt: str | NDArray[np.int64],
        options: GenerationOptions = _DEFAULT_OPTIONS,
        *,
        adapter: str | None = None,
        calculate: Calculate | None = None,
        calculator_key: str | None = None,
        client: str = "",
    ) -> Turn:
        """Begins an answer to a prompt (text, or token ids) and returns at once.

        adapter: a loaded one by name, BASE for the bare model, None for the one in use. calculate: writes the results of
        calculator marks; it runs in the engine's thread and should be quick. calculator_key: what its results depend on; without
        it an answer with a calculator is not cached. client: requests of different clients take turns in the queue.

        Raises:
            BudgetError: the queue is full.
            UsageError: the prompt is empty or does not fit the context, or no such adapter is loaded.
            ModelUnavailableError: the engine is closed.
        """
        tokens = self.vocabulary.encode(prompt) if isinstance(prompt, str) else np.asarray(prompt, dtype=np.int64)
        if not len(tokens):
            raise UsageError("提示词为空，没有可生成的内容")
        if len(tokens) >= self._backend.context:
            raise UsageError(f"提示词有 {len(tokens)} 个词元，超过模型 {self._backend.name} 的上下文 {self._backend.context}")
        now, turn, use = self._clock(), Turn(), self._hold(adapter)
        cacheable = options.cache and (calculate is None or calculator_key is not None)
        key = (full_version(self._backend, use), tokens.tobytes(), replace(options, time_s=None), calculator_key) if cacheable else None
        deadline = None if options.time_s is None else now + options.time_s
        request = Request(tokens, options, use, calculate, turn, now, deadline, key)
        with self._lock:
            self._submitted += 1
        if key is not None and (known := self._answers.get(key)) is not None:
            self._answer_known(request, known)
            return turn
        try:
            self._scheduler.submit(request, client)
        except BaseException:
            self._release(request)
            raise
        return turn

    def generate(self, prompt: str | NDArray[np.int64], options: GenerationOptions = _DEFAULT_OPTIONS, **more: Any) -> Generation:
        """`submit(…).result()`."""
        return self.submit(prompt, options, **more).result()

    def submit_messages(self, messages: Sequence[Mapping[str, Any]], options: GenerationOptions = _DEFAULT_OPTIONS, **more: Any) -> Turn:
        """`submit` for a conversation ({"role", "content"}), rendered by the model's chat template."""
        return self.submit(self.vocabulary.render(messages), options, **more)

    def load_adapter(self, name: str, folder: Path) -> str:
        """Loads an adapter under a name, replacing the one of that name for new requests; its version.

        Raises:
            ModelUnavailableError: it cannot be read, or was made for another model.
            UsageError: the name is empty (that is the base).
        """
        if name == BASE:
            raise UsageError("适配器要有名字；空名字指不带适配器的基座")
        adapter = self._backend.load_adapter(Path(folder))
        with self._lock:
            old = self._adapters.get(name)
            self._adapters[name] = AdapterUse(name, adapter)
        if old is not None:
            self._retire(old)
        return adapter.version

    def use_adapter(self, name: str) -> None:
        """From now on, requests that name no adapter get this one (BASE: none). Raises UsageError: it is not loaded."""
        with self._lock:
            if name != BASE:
                self._known(name)
            self._default = name

    def unload_adapter(self, name: str) -> None:
        """Forgets an adapter; requests that run on it finish first. Raises UsageError: it is not loaded, or is the one in use."""
        with self._lock:
            use = self._known(name)
            if name == self._default:
                raise UsageError(f"适配器 {name} 正在使用；先用 use_adapter 换成别的")
            del self._adapters[name]
        self._retire(use)

    @property
    def adapters(self) -> dict[str, str]:
        """Versions of the loaded adapters by name."""
        with self._lock:
            return {name: use.adapter.version for name, use in self._adapters.items()}

    @property
    def adapter_in_use(self) -> str:
        """The name that requests get that name none; BASE for the bare model."""
        return self._default

    def version(self, adapter: str | None = None) -> str:
        """Model and adapter by content. Raises UsageError: it is not loaded."""
        with self._lock:
            name = self._default if adapter is None else adapter
            return full_version(self._backend, None if name == BASE else self._known(name))

    def stats(self) -> EngineStats:
        """Counters and the present load."""
        return replace(self._scheduler.stats(), submitted=self._submitted, answer_hits=self._answer_hits)

    def close(self, *, drain: bool = True) -> None:
        """Ends the engine's thread: after all that was submitted (`drain`), or at once, with an error for what is unfinished."""
        self._scheduler.close(drain=drain)

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close(drain=error is None)

    def _known(self, name: str) -> AdapterUse:
        if name not in self._adapters:
            raise UsageError(f"没有加载适配器 {name}；已加载：{'、'.join(self._adapters) or '无'}")
        return self._adapters[name]

    def _hold(self, name: str | None) -> AdapterUse | None:
        with self._lock:
            name = self._default if name is None else name
            if name == BASE:
                return None
            use = self._known(name)
            use.users += 1
            return use

    def _release(self, request: Request) -> None:
        if request.adapter is None:
            return
        with self._lock:
            request.adapter.users -= 1
            idle = request.adapter.retired and not request.adapter.users
        if idle:
            self._drop(request.adapter)

    def _retire(self, use: AdapterUse) -> None:
        with self._lock:
            use.retired = True
            idle = not use.users
        if idle:
            self._drop(use)

    def _drop(self, use: AdapterUse) -> None:
        self._backend.drop_adapter(use.adapter)
        with self._lock:
            still_there = any(other.adapter.version == use.adapter.version for other in self._adapters.values())
        if not still_there:
            self._scheduler.forget_prefixes(use.adapter.version)

    def _remember(self, request: Request, generation: Generation) -> None:
        if request.key is not None:
            self._answers.put(request.key, generation)

    def _answer_known(self, request: Request, known: Generation) -> None:
        with self._lock:
            self._answer_hits += 1
        self._release(request)
        request.turn.add(known.text)
        name = "" if request.adapter is None else request.adapter.name
        request.turn.finish(replace(known, adapter=name, cached=True, seconds=self._clock() - request.submitted))


