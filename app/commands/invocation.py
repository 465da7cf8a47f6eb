"""What one run of the command line shares: the debug flag, the settings, and how an assistant is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.settings import Settings


@dataclass
class Invocation:
    """One run. `debug_flag`: --debug was given; the environment can ask for it too (see `debug`)."""

    debug_flag: bool = False

    @classmethod
    def of(cls, context: typer.Context) -> Invocation:
        """The invocation that the command line put into the context."""
        return context.ensure_object(cls)

    @cached_property
    def settings(self) -> Settings:
        """The settings, read once; --debug wins over the environment.

        Raises:
            SettingsError: a setting is missing or contradicts another.
        """
        from app.settings import Settings

        explicit: dict[str, Any] = {"debug": True} if self.debug_flag else {}
        return Settings.load(**explicit)

    @property
    def debug(self) -> bool:
        """Whether failures show their traceback. Loads nothing: before the settings are read only the flag counts."""
        return self.debug_flag or ("settings" in self.__dict__ and bool(self.settings.debug))

    @contextmanager
    def assistant(self) -> Iterator[Assistant]:
        """An assistant over the configured stores and models, closed at the end."""
        from app.wiring import open_assistant

        with open_assistant(self.settings) as assistant:
            yield assistant
