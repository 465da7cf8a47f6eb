"""`caizhi search`: ranked passages for a query, or for a file of queries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.batch import Batch, batch_files, text_of
from app.commands.invocation import Invocation

if TYPE_CHECKING:
    from data.ports import Passage

_EXCERPT = 120


def search(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument(help="要找的内容")] = None,
    top_k: Annotated[int, typer.Option(min=1, max=1000, help="返回几条")] = 10,
    no_rerank: Annotated[bool, typer.Option("--no-rerank", help="只用首轮检索的次序（本版没有重排序，结果相同）")] = False,
    collection: Annotated[str | None, typer.Option(help="只在这个资料集里找")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    batch: Annotated[Path | None, typer.Option(help='批量输入，每行 {"id","query"}')] = None,
    out: Annotated[Path | None, typer.Option(help='批量输出，每行 {"id","hits":[{"document","page","score"}]}')] = None,
) -> int:
    """检索资料段落"""
    del no_rerank  # accepted, so that scripts may compare: there is only the first stage yet
    invocation = Invocation.of(context)
    collections = [collection] if collection else []
    files = batch_files(batch, out, alone=query is None)
    with invocation.assistant() as assistant:
        searcher = assistant.searcher
        if files:
            return Batch(*files, debug=invocation.debug).run(lambda row: {"hits": _hits(searcher.search(text_of(row, "query"), top_k, collections))})
        _show(searcher.search(str(query), top_k, collections), as_json=as_json)
    return 0


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
