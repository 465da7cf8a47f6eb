"""The engine's thread: gathers requests, runs them together step by step, lets new ones join between steps and finished ones leave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.errors import BudgetError, CaizhiError, ModelUnavailableError
from tools.local_model.backend import Backend
from tools.local_model.cache import PrefixStore, Snapshot, common_prefix
from tools.local_model.queueing import FairQueue
from tools.local_model.requests import EngineLimits, EngineStats, FinishReason, Generation
from tools.local_model.running import AdapterUse, Request, Running

# What a model or a caller's calculator may raise; the requests concerned end with it, the engine goes on.
_FAILURES = (CaizhiError, ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
Tokens = NDArray[np.int64]
_WORTH_SHARING = 32


@dataclass(slots=True)
class _Counters:
    finished: int = 0
    cancelled: int = 0
    failed: int = 0
    steps: int = 0
    rows: int = 0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0
    prefix_hits: int = 0
    busy_seconds: float = 0.0


class Scheduler:
    """Runs requests on one backend in one thread, begun with the first request.

    finished: called in that thread with each request and its answer; released: when an adapter lost its last user.
    """

    def __init__(
        self,
        backend: Backend,
        limits: EngineLimits,
        clock: Callable[[], float],
        finished: Callable[[Request, Generation], None],
        released: Callable[[Request], None],
    ) -> None:
        self._backend = backend
        self._limits = limits
        self._clock = clock
        self._finished = finished
        self._released = released
        self._wake = threading.Condition()
        self._waiting: FairQueue[Request] = FairQueue(limits.max_waiting)
        self._running: list[Running] = []
        self._prefixes: PrefixStore[Snapshot] = PrefixStore(limits.prefix_bytes)
        self._sharing = limits.prefix_bytes > 0
        self._count = _Counters()
        self._thread: threading.Thread | None = None
        self._closing: bool = False
        self._drain = True

    def submit(self, request: Request, client: str) -> None:
        """Puts a request into the queue.

        Raises:
            BudgetError: the queue is full.
            ModelUnavailableError: the engine is closed.
        """
        with self._wake:
            if self._closing:
                raise ModelUnavailableError("本机模型已关闭")
            self._waiting.put(client, request)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="local-model", daemon=True)
                self._thread.start()
            self._wake.notify()

    def close(self, *, drain: bool = True, timeout_s: float = 30.0) -> None:
        """Takes no more requests; those waiting and running are finished first (`drain`) or ended with an error."""
        with self._wake:
            self._closing, self._drain = True, drain
            self._wake.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)

    def forget_prefixes(self, version: str) -> None:
        """Drops the prompts kept under an adapter's version."""
        self._prefixes.forget(version)

    def stats(self) -> EngineStats:
        """Counters and the present load."""
        with self._wake:
            count, waiting, running = replace(self._count), len(self._waiting), len(self._running)
        return EngineStats(
            finished=count.finished, cancelled=count.cancelled, failed=count.failed, waiting=waiting, running=running, steps=count.steps,
            prompt_tokens=count.prompt_tokens, reused_tokens=count.reused_tokens, generated_tokens=count.generated_tokens,
            prefix_hits=count.prefix_hits, busy_seconds=count.busy_seconds,
            tokens_per_second=count.generated_tokens / count.busy_seconds if count.busy_seconds else 0.0,
            mean_batch=count.rows / count.steps if count.steps else 0.0,
        )  # fmt: skip

    def _run(self) -> None:
        try:
            while self._admit():
                started = self._clock()
                self._step()
                self._count.busy_seconds += self._clock() - started
        finally:
            # Whatever ended the thread: nobody may be left waiting.
            with self._wake:
                self._closing = True
                left = [running.request for running in self._running] + list(self._waiting)
            for request in left:
                self._fail(request, ModelUnavailableError("本机模型已关闭，请求没有完成"))

    def _admit(self) -> bool:
        """Waits for work and moves waiting requests into the batch; False when the engine is to end."""
        with self._wake:
            self._wake.wait_for(lambda: self._running or len(self._waiting) or self._closing)
            if not self._running and not self._closing and len(self._waiting) < self._limits.max_batch and self._limits.gather_s:
                # Requests that come together run together: a short wait costs less than a step that one runs alone.
                self._wake.wait_for(lambda: self._closing or len(self._waiting) >= self._limits.max_batch, self._limits.gather_s)
            if self._closing and not self._drain:
                return False
            while len(self._running) < self._limits.max_batch and (request := self._waiting.take()) is not None:
                self._running.append(Running(request, self._backend))
            return bool(self._running) or not self._closing

    def _step(self) -> None:
        """One step of every sequence that is ready; requests that end leave the batch."""
        self._sweep()
        try:
            self._begin()
            work = self._work()
            if not work:
                return
            logits = self._backend.advance([(running.sequence, tokens) for running, tokens in work])
        except _FAILURES as error:
            # The step belonged to all: each ends with the reason, and the next requests begin afresh.
            for running in list(self._running):
                self._leave(running, error)
            return
        self._count.steps += 1
        self._count.rows += len(work)
        for (running, _), row in zip(work, logits, strict=True):
            if len(running.pending):
                continue
            self._keep_prefix(running)
            try:
                before = running.generated
                running.accept(row)
                self._count.generated_tokens += running.generated - before
            except _FAILURES as error:
                self._leave(running, error)
                continue
            if running.finished is not None:
                self._leave(running, self._generation(running, running.finished))

    def _sweep(self) -> None:
        """Ends what was cancelled or is out of time, running or waiting."""
        now = self._clock()
        for running in list(self._running):
            if running.request.turn.cancelled:
                self._leave(running, self._generation(running, "cancelled"))
            elif _overdue(running.request, now):
                self._leave(running, _too_late(running.request))
        with self._wake:
            gone = [request for request in self._waiting if request.turn.cancelled or _overdue(request, now)]
            for request in gone:
                self._waiting.remove(request)
        for request in gone:
            if request.turn.cancelled:
                self._settle(request, self._generation(Running(request, self._backend), "cancelled"))
            else:
                self._fail(request, _too_late(request))

    def _begin(self) -> None:
        """Opens the sequences of new requests on the longest prefix known; one whose prefix is being computed waits for it."""
        for running in self._running:
            if running.sequence is not None:
                continue
            request = running.request
            found = self._prefixes.find(request.version, request.prompt)
            if self._has_twin(running, 0 if found is None else found[1]):
                continue
            running.sequence = self._backend.open(None if request.adapter is None else request.adapter.adapter)
            running.pending = request.prompt
            if found is not None:
                self._backend.resume(running.sequence, *found)
                running.reused = running.length = found[1]
                running.pending = request.prompt[found[1] :]
                self._count.prefix_hits += 1
                self._count.reused_tokens += found[1]
            self._count.prompt_tokens += len(request.prompt)

    def _has_twin(self, new: Running, known: int) -> bool:
        """Whether a prompt that is being computed now shares a good part with this one, beyond the `known` tokens."""
        if not self._sharing:
            return False
        return any(
            other.sequence is not None and not other.begun and other.request.version == new.request.version
            and common_prefix(other.request.prompt, new.request.prompt) >= known + _WORTH_SHARING
            for other in self._running
        )  # fmt: skip

    def _work(self) -> list[tuple[Running, Tokens]]:
        """The tokens of this step: one for each running answer, and prompts up to the bound."""
        work, room = [], self._limits.prefill_tokens
        for running in self._running:
            if running.sequence is None:
                continue
            if len(running.pending) == 1:
                work.append((running, running.take(1)))
            elif room:
                part = running.take(room)
                room -= len(part)
                work.append((running, part))
        return work

    def _keep_prefix(self, running: Running) -> None:
        if running.begun:
            return
        running.begun = True
        if self._limits.prefix_bytes and len(running.request.prompt) - running.reused >= _WORTH_SHARING // 2:
            snapshot = self._backend.snapshot(running.sequence)
            self._sharing = snapshot is not None and self._prefixes.put(running.request.version, running.request.prompt, snapshot)

    def _leave(self, running: Running, outcome: Generation | BaseException) -> None:
        with self._wake:
            self._running.remove(running)
        if running.sequence is not None:
            self._backend.close(running.sequence)
        if isinstance(outcome, Generation):
            self._settle(running.request, outcome)
        else:
            self._fail(running.request, outcome)

    def _settle(self, request: Request, generation: Generation) -> None:
        if generation.finish_reason == "cancelled":
            self._count.cancelled += 1
        else:
            self._count.finished += 1
            self._finished(request, generation)
        self._released(request)
        request.turn.finish(generation)

    def _fail(self, request: Request, error: BaseException) -> None:
        self._count.failed += 1
        self._released(request)
        request.turn.finish(error)

    def _generation(self, running: Running, reason: FinishReason) -> Generation:
        request = running.request
        return Generation(
            text=running.output.text, finish_reason=reason, prompt_tokens=len(request.prompt), completion_tokens=running.generated,
            reused_tokens=running.reused, adapter="" if request.adapter is None else request.adapter.name,
            version=full_version(self._backend, request.adapter), seconds=self._clock() - request.submitted,
        )  # fmt: skip


def full_version(backend: Backend, adapter: AdapterUse | None) -> str:
    """Model and adapter by content."""
    return backend.version if adapter is None else f"{backend.version}+{adapter.adapter.version}"


def _overdue(request: Request, now: float) -> bool:
    return request.deadline is not None and now >= request.deadline


def _too_late(request: Request) -> BudgetError:
    return BudgetError(f"本机模型在 {request.options.time_s:g} 秒的时限内没有生成完")
