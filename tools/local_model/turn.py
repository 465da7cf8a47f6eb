"""The caller's side of one request: wait, stream, cancel, from threads or from event loops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

from tools.local_model.requests import Generation


class Turn:
    """One answer under way. Iterate (`for`, `async for`) for pieces of text; `result()` or `await` for the whole.

    Any number of threads and event loops may look at the same turn, each sees all of it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pieces: list[str] = []
        self._outcome: Generation | BaseException | None = None
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._cancelled = False

    @property
    def done(self) -> bool:
        return self._outcome is not None

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for it to end; it ends at the next step."""
        return self._cancelled

    def cancel(self) -> None:
        """Ends the answer at the next step: its result is what there is by then, with finish_reason "cancelled"."""
        self._cancelled = True

    def result(self, timeout_s: float | None = None) -> Generation:
        """Waits for the whole answer.

        Raises:
            TimeoutError: it is not there after `timeout_s` seconds (the turn goes on).
            BudgetError: the time allowed for it is over.
            ModelUnavailableError: the engine was closed or failed.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.done, timeout_s):
                raise TimeoutError(f"{timeout_s:g} 秒内没有生成完")
        return self._value()

    def __iter__(self) -> Iterator[str]:
        seen = 0
        while True:
            with self._changed:
                while not self.done and len(self._pieces) == seen:
                    self._changed.wait()
                fresh, ended = self._pieces[seen:], self.done
            yield from fresh
            seen += len(fresh)
            if ended:
                self._value()
                return

    def __await__(self) -> Generator[Any, None, Generation]:
        return self._awaited().__await__()

    async def __aiter__(self) -> AsyncIterator[str]:
        seen = 0
        try:
            while True:
                await self._change(seen)
                ended, fresh = self.done, self._pieces[seen:]
                for piece in fresh:
                    yield piece
                seen += len(fresh)
                if ended and seen == len(self._pieces):
                    self._value()
                    return
        finally:
            if not self.done:
                self.cancel()

    async def _awaited(self) -> Generation:
        try:
            while not self.done:
                await self._change(len(self._pieces))
        except asyncio.CancelledError:
            self.cancel()
            raise
        return self._value()

    async def _change(self, seen: int) -> None:
        """Returns once there are more pieces than `seen`, or the turn is over."""
        loop = asyncio.get_running_loop()
        with self._changed:
            if self.done or len(self._pieces) > seen:
                return
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append((loop, waiter))
        await waiter

    def _value(self) -> Generation:
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        assert self._outcome is not None
        return self._outcome

    # The engine's side.

    def add(self, piece: str) -> None:
        """Hands over a piece of text."""
        if piece:
            with self._changed:
                self._pieces.append(piece)
                self._wake()

    def finish(self, outcome: Generation | BaseException) -> None:
        """Ends the turn; only the first call counts."""
        with self._changed:
            if self._outcome is None:
                self._outcome = outcome
            self._wake()

    def _wake(self) -> None:
        self._changed.notify_all()
        waiters, self._waiters = self._waiters, []
        for loop, waiter in waiters:
            try:
                loop.call_soon_threadsafe(_release, waiter)
            except RuntimeError:  # that event loop has been closed: nobody waits there any more
                self._cancelled = self._cancelled or not self.done


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


