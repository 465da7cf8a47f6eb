"""Putting another adapter to work in a running service: loaded beside the old one, tried, switched to, and only then the old one let go.

No turn is dropped: turns that began under the old adapter end under it, turns that begin after the switch use the new one, and a
new adapter that fails to load or to answer leaves the service as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from data.errors import CaizhiError, ReleaseError


class AdapterEngine(Protocol):
    """What a serving engine offers for a swap. All of it may be called while turns are being answered, from any thread."""

    @property
    def adapters(self) -> Mapping[str, str]:
        """Versions of the loaded adapters by name."""

    @property
    def adapter_in_use(self) -> str:
        """Name of the adapter that new turns use, "" for the base alone."""

    def load_adapter(self, name: str, folder: Path) -> object:
        """Load an adapter beside those in use, without using it.

        Raises:
            CaizhiError: it cannot be read, or does not fit the base.
        """

    def use_adapter(self, name: str) -> None:
        """Let turns that begin from now on use this adapter ("" for the base); turns under way keep theirs.

        Raises:
            CaizhiError: no such adapter is loaded.
        """

    def unload_adapter(self, name: str) -> None:
        """Forget an adapter as soon as the last turn that uses it has ended; never cuts one short.

        Raises:
            CaizhiError: no such adapter is loaded, or new turns use it.
        """


_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Swapped:
    """What a swap did. previous: the adapter before, "" for the base alone."""

    name: str
    previous: str


def swap(engine: AdapterEngine, name: str, folder: Path, check: Callable[[str], None] | None = None) -> Swapped:
    """Let a running engine use the adapter in `folder` under `name`.

    check: called with the name after loading and before any turn uses it (a golden prompt, say); it raises a CaizhiError to refuse.

    Raises:
        ReleaseError: the name is empty or taken, or loading or checking failed; the engine then answers as before.
    """
    if not name:
        raise ReleaseError("适配器要有名字")
    with _ONE_AT_A_TIME:
        before = engine.adapter_in_use
        if name in engine.adapters:
            raise ReleaseError(f"适配器“{name}”已经加载；换上的适配器要用新的名字（通常带版本号）")
        kept = f"服务仍用 {before or '基座'}"
        try:
            engine.load_adapter(name, folder)
        except CaizhiError as error:
            raise ReleaseError(f"适配器 {name} 没有换上：{error}；{kept}") from error
        try:
            if check is not None:
                check(name)
            engine.use_adapter(name)
        except CaizhiError as error:
            engine.unload_adapter(name)
            raise ReleaseError(f"适配器 {name} 没有换上：{error}；{kept}") from error
        if before:
            engine.unload_adapter(before)
        return Swapped(name, before)
