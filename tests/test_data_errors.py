"""The error tree and its table: every class has its row, and the drawing in the docstring is the tree that there is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import agents
import app
import data
import data.errors
import finetune
import retrieval
import tools
from data.errors import ERROR_TABLE, CaizhiError, UsageError, mapping_for

ROOMS = (app, agents, finetune, tools, retrieval, data)


def import_everything() -> None:
    """Import every module of the product, so that an error class hidden in any of them counts."""
    for room in ROOMS:
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def tree(root: type[CaizhiError]) -> Iterator[type[CaizhiError]]:
    """A class and everything below it, as far as the product defines it (tests may define others)."""
    if root.__module__.partition(".")[0] in {room.__name__ for room in ROOMS}:
        yield root
    for child in root.__subclasses__():
        yield from tree(child)


def drawn() -> dict[str, str | None]:
    """The classes of the drawing with the class that each hangs from."""
    parents: dict[str, str | None] = {}
    path: list[tuple[int, str]] = []
    for line in (data.errors.__doc__ or "").splitlines():
        words = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ").split()
        if not words or not words[0].endswith("Error"):
            continue
        depth = line.index(words[0])
        while path and path[-1][0] >= depth:
            path.pop()
        parents[words[0]] = path[-1][1] if path else None
        path.append((depth, words[0]))
    return parents


def test_every_error_of_the_product_has_exactly_one_row() -> None:
    import_everything()
    rows = [row.error for row in ERROR_TABLE]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(tree(CaizhiError))


def test_the_drawing_is_the_tree() -> None:
    import_everything()
    real = {error.__name__: error.__bases__[0].__name__ if error is not CaizhiError else None for error in tree(CaizhiError)}
    assert drawn() == real


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: row.error.__name__)
def test_each_row_leaves_by_its_own_codes(row: data.errors.ErrorMapping) -> None:
    assert mapping_for(row.error("这句话只有一行")) is row
    assert row.exit_code in (1, 2) and 400 <= row.http_status <= 599
    assert (row.exit_code == 2) == (issubclass(row.error, UsageError) or row.error is data.errors.SettingsError)


def test_an_unlisted_error_takes_the_row_of_its_nearest_base() -> None:
    class StrangeUnitError(data.errors.UnitError):
        """Not in the table."""

    assert mapping_for(StrangeUnitError()).error is data.errors.UnitError
