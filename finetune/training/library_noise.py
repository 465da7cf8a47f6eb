"""What the libraries below say unasked: progress bars, telemetry, and warnings to each other."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


def quiet() -> None:
    """No progress bars, and no word of ours to any telemetry."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from transformers.utils import logging

    logging.disable_progress_bar()


@contextmanager
def deprecations_aside() -> Iterator[None]:
    """Inside, the libraries' notes to each other on names that they will drop are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield
