"""What the commands of `caizhi models` share: the registry of this home, names made folders, progress on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.invocation import Invocation
from data.errors import ReleaseError

if TYPE_CHECKING:
    from finetune.release.registry import Registry


def registry_of(context: typer.Context) -> Registry:
    """The registry under the home folder."""
    from finetune.release.registry import Registry

    return Registry(Invocation.of(context).settings.home / "registry")


def folder_of(context: typer.Context, model: str) -> str:
    """A folder or a bundled model as it is; a version or alias as the files that were registered; any other name (a hub's) as it is.

    Raises:
        ReleaseError: it reads as a version or alias, and there is none such.
    """
    from finetune.release.versions import Reference
    from finetune.training.base_models import MODELS

    if Path(model).expanduser().is_dir() or (model and (MODELS / model).is_dir()):
        return model
    try:
        Reference.of(model)
    except ReleaseError:
        return model
    registry = registry_of(context)
    release = registry.get(model)
    registry.verify(release)
    return str(release.folder)


def show_progress(done: int, total: int) -> None:
    """A counter on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{done}/{total}", end="" if done < total else "\n", file=sys.stderr, flush=True)
