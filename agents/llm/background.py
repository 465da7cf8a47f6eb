"""An event loop in a thread of its own, so that synchronous callers can use the asynchronous service."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundLoop:
    """Runs coroutines to their end from synchronous code, even inside a running loop. Started on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: weakref.finalize[[asyncio.AbstractEventLoop, threading.Thread], BackgroundLoop] | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result or exception; the caller's context variables are visible to it."""
        future = asyncio.run_coroutine_threadsafe(work, self._running())
        try:
            return future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """Stops the thread; a later `run` starts a new one."""
        with self._lock:
            if self._stop is not None:
                self._stop()
            self._loop = self._stop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                thread = threading.Thread(target=self._loop.run_forever, name="llm-service", daemon=True)
                thread.start()
                self._stop = weakref.finalize(self, _shut_down, self._loop, thread)
            return self._loop


def _shut_down(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=5.0)
    if not thread.is_alive():
        loop.close()
