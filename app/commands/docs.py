"""`caizhi docs`: what the ledger holds, by collection and document, and how to remove it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.invocation import Invocation
from data.errors import UsageError

if TYPE_CHECKING:
    from retrieval.ledger import Ledger

docs = typer.Typer(help="列出或删除账本中的资料", rich_markup_mode=None, no_args_is_help=True)


@docs.command("list")
def list_documents(
    context: typer.Context, collection: Annotated[str | None, typer.Option(help="列出这个资料集里的文件；不给则列出资料集")] = None
) -> None:
    """列出资料集，或一个资料集里的文件"""
    from app.render import show_table

    with _ledger(Invocation.of(context)) as ledger:
        if collection is None:
            rows = [
                (each.name, str(each.documents), str(each.figures), str(len(each.entity_ids)), f"{each.first or ''}–{each.last or ''}")
                for each in ledger.collections()
            ]
            show_table(("资料集", "文件", "数据", "银行", "期间"), rows)
            return
        show_table(("文件", "数据", "来源"), _documents(ledger, collection))


@docs.command("remove")
def remove(
    context: typer.Context,
    collection: Annotated[str, typer.Argument(help="资料集名称")],
    document: Annotated[str | None, typer.Option(help="只删除这个文件（名称或来源，见 docs list --collection）")] = None,
) -> None:
    """删除一个资料集，或其中一个文件"""
    from data.facts_table import COLLECTION

    if collection == COLLECTION:
        raise UsageError(f"内置资料集 {COLLECTION} 不能删除：下次运行会重新载入")
    with _ledger(Invocation.of(context)) as ledger:
        _require(ledger, collection)
        removed = ledger.remove_collection(collection) if document is None else _remove_document(ledger, collection, document)
    print(f"已删除 {removed} 个数据")


@contextmanager
def _ledger(invocation: Invocation) -> Iterator[Ledger]:
    """The ledger with the bundled facts in it; neither agents nor models are needed here."""
    from retrieval.ledger import Ledger
    from retrieval.seed import seed_bundled

    with Ledger.open(invocation.settings.ledger_url) as ledger:
        seed_bundled(ledger)
        yield ledger


def _require(ledger: Ledger, collection: str) -> None:
    names = [each.name for each in ledger.collections()]
    if collection not in names:
        raise UsageError(f"没有名为“{collection}”的资料集；现有：{'、'.join(names)}")


def _documents(ledger: Ledger, collection: str) -> list[tuple[str, str, str]]:
    """(title, figures, key) of every document of a collection, by title."""
    from data.ports import FigureQuery
    from retrieval.ledger_rows import document_key

    _require(ledger, collection)
    held = Counter[tuple[str, str]]()
    for figure in ledger.find(FigureQuery(collections=[collection])):
        held[figure.evidence[0].document if figure.evidence else "", document_key(figure)] += 1
    return [(title, str(count), key) for (title, key), count in sorted(held.items())]


def _remove_document(ledger: Ledger, collection: str, name: str) -> int:
    keys = {key for title, _, key in _documents(ledger, collection) if name in (title, key)}
    if not keys:
        raise UsageError(f"资料集 {collection} 中没有文件“{name}”")
    if len(keys) > 1:
        raise UsageError(f"资料集 {collection} 中有 {len(keys)} 个文件叫“{name}”，请用来源指明：{'、'.join(sorted(keys))}")
    return ledger.remove_document(collection, keys.pop())
