"""`caizhi docs`: what was taken in, by collection and document, what ingestion said of it, and how to remove it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.invocation import Invocation
from data.errors import UsageError

if TYPE_CHECKING:
    from app.settings import Settings
    from retrieval.ledger import Ledger
    from retrieval.library import Library
    from retrieval.library_rows import DocumentRecord

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


@docs.command("show")
def show(
    context: typer.Context,
    collection: Annotated[str, typer.Argument(help="资料集名称")],
    document: Annotated[str | None, typer.Option(help="只看这个文件（标题、文件名或来源）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导入时的记录：页数、数据、勾稽、提示"""
    settings = Invocation.of(context).settings
    with _library(settings) as library:
        held = [each for each in library.documents([collection]) if document is None or document in (each.title, each.name, each.key)]
    if not held:
        raise UsageError(f"资料集 {collection} 中没有导入的文件" + (f"“{document}”" if document else ""))
    for each in held:
        if as_json:
            print(json.dumps({"key": each.key, "title": each.title, "status": each.status, **each.report}, ensure_ascii=False))
        else:
            _print_record(each)


@docs.command("remove")
def remove(
    context: typer.Context,
    collection: Annotated[str, typer.Argument(help="资料集名称")],
    document: Annotated[str | None, typer.Option(help="只删除这个文件（标题、文件名或来源，见 docs list --collection）")] = None,
) -> None:
    """删除一个资料集，或其中一个文件，连同它的数据、段落和索引"""
    from app.ingesting import open_ingestor
    from data.facts_table import COLLECTION

    if collection == COLLECTION:
        raise UsageError(f"内置资料集 {COLLECTION} 不能删除：下次运行会重新载入")
    invocation = Invocation.of(context)
    with _ledger(invocation) as ledger, _library(invocation.settings) as library:
        names = {each.key: {each.key, each.title, each.name} for each in library.documents([collection])}
        _require(ledger, collection, bool(names))
        keys = None if document is None else _keys(ledger, collection, document, names)
    with open_ingestor(invocation.settings) as ingestor:
        removed = ingestor.remove_collection(collection) if keys is None else sum(ingestor.remove(collection, key) for key in keys)
    print(f"已删除 {removed} 个数据")


def _print_record(record: DocumentRecord) -> None:
    report = record.report
    state = "已导入" if record.done else "未完成，请重新导入"
    print(f"{record.title}（{state}，{record.ingested_at}）")
    counts = [f"{record.pages} 页", *(f"{report.get(key, 0)} {word}" for key, word in (("tables", "张表"), ("figures", "个数据")))]
    print(f"  {'，'.join(counts)}，{record.chunks} 个段落，勾稽 {report.get('passed', 0)} 项相符")
    for name, key in (("不符", "failed"), ("提示", "warnings"), ("说明", "remarks")):
        for item in report.get(key, ()):
            print(f"  {name}：{item}")


@contextmanager
def _library(settings: Settings) -> Iterator[Library]:
    """The documents of these settings."""
    from app.wiring import make_home
    from retrieval.library import Library

    make_home(settings)
    with Library.open(settings.ledger_url) as library:
        yield library


@contextmanager
def _ledger(invocation: Invocation) -> Iterator[Ledger]:
    """The ledger with the bundled facts in it; neither agents nor models are needed here."""
    from retrieval.ledger import Ledger
    from retrieval.seed import seed_bundled

    with Ledger.open(invocation.settings.ledger_url) as ledger:
        seed_bundled(ledger)
        yield ledger


def _require(ledger: Ledger, collection: str, in_library: bool = False) -> None:
    names = [each.name for each in ledger.collections()]
    if collection not in names and not in_library:
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


def _keys(ledger: Ledger, collection: str, name: str, names: Mapping[str, set[str]]) -> set[str]:
    """The one document of a title, file name or key.

    Raises:
        UsageError: there is none, or there are several.
    """
    stored = _documents(ledger, collection) if any(each.name == collection for each in ledger.collections()) else []
    known = {**{key: {key, title} for title, _, key in stored}, **names}
    keys = {key for key, called in known.items() if name in called}
    if not keys:
        raise UsageError(f"资料集 {collection} 中没有文件“{name}”")
    if len(keys) > 1:
        raise UsageError(f"资料集 {collection} 中有 {len(keys)} 个文件叫“{name}”，请用来源指明：{'、'.join(sorted(keys))}")
    return keys
