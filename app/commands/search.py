"""`caizhi search`: ranked passages for a query, or for a file of queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.batch import Batch, batch_files, text_of
from app.commands.invocation import Invocation
from data.errors import UsageError

if TYPE_CHECKING:
    from app.assistant import Assistant
    from data.ports import Passage, PassageFilter

_EXCERPT = 120


def search(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument(help="要找的内容")] = None,
    top_k: Annotated[int, typer.Option(min=1, max=1000, help="返回几条")] = 10,
    no_rerank: Annotated[bool, typer.Option("--no-rerank", help="只用首轮检索的次序，不重排")] = False,
    collection: Annotated[str | None, typer.Option(help="只在这个资料集里找；knowledge 为内置知识。不给则找全部文件，没有文件时找内置知识")] = None,
    bank: Annotated[str | None, typer.Option(help="只找这家银行的文件")] = None,
    period: Annotated[str | None, typer.Option(help="只找这一期的报告，如 2023 或 2023年上半年")] = None,
    document: Annotated[str | None, typer.Option(help="只在这个文件里找（标题或文件名）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    batch: Annotated[Path | None, typer.Option(help='批量输入，每行 {"id","query"}')] = None,
    out: Annotated[Path | None, typer.Option(help='批量输出，每行 {"id","hits":[{"document","page","score"}]}')] = None,
) -> int:
    """检索资料段落"""
    invocation = Invocation.of(context)
    files = batch_files(batch, out, alone=query is None)
    with invocation.assistant() as assistant:
        collections = [collection] if collection is not None else assistant.searcher.collections()
        filters = _filters(assistant, bank, period, document)

        def find(text: str) -> Sequence[Passage]:
            return assistant.searcher.search(text, top_k, collections, rerank=not no_rerank, filters=filters)

        if files:
            return Batch(*files, debug=invocation.debug).run(lambda row: {"hits": _hits(find(text_of(row, "query")))})
        _show(find(str(query)), as_json=as_json)
    return 0


def _filters(assistant: Assistant, bank: str | None, period: str | None, document: str | None) -> PassageFilter:
    """Which documents are searched.

    Raises:
        UsageError: the registry does not know the bank, or the text names no period.
    """
    from data.period_text import parse_period
    from data.ports import PassageFilter

    known = assistant.banks.by_name(bank) if bank else None
    if bank and known is None:
        raise UsageError(f"银行名录中没有“{bank}”")
    return PassageFilter(
        entity_ids=[known.id] if known else [], periods=[parse_period(period)] if period else [], documents=[document] if document else [],
    )


def _hits(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    return [{"document": passage.document, "page": passage.page, "score": passage.score} for passage in passages]


def _show(passages: Sequence[Passage], *, as_json: bool) -> None:
    if as_json:
        told = [{"title": passage.title, "text": passage.text, "source": passage.source} for passage in passages]
        print(json.dumps([{**hit, **more} for hit, more in zip(_hits(passages), told, strict=True)], ensure_ascii=False))
        return
    if not passages:
        print("没有找到相关内容")
    for rank, passage in enumerate(passages, start=1):
        page = f"，第{passage.page}页" if passage.page else ""
        text = " ".join(passage.text.split())
        print(f"{rank}. {passage.title}（{passage.document}{page}，得分 {passage.score:.3f}）")
        print(f"   {text[:_EXCERPT]}{'…' if len(text) > _EXCERPT else ''}")
