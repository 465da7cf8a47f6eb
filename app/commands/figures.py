"""`caizhi figures`: what the ledger holds of an indicator, or one figure for each line of a file."""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.batch import Batch, Row, batch_files, optional_text_of, text_of
from app.commands.invocation import Invocation
from data.errors import UsageError

if TYPE_CHECKING:
    from app.assistant import Assistant
    from data.figures import Figure, Scope
    from data.ports import FigureQuery


def figures(
    context: typer.Context,
    indicators: Annotated[list[str] | None, typer.Argument(help="指标名称，可以多个，例如：不良贷款率 拨备覆盖率")] = None,
    bank: Annotated[list[str] | None, typer.Option(help="银行名称或代码，可重复")] = None,
    period: Annotated[list[str] | None, typer.Option(help="期间，可重复：2023、2023H1、2023年末")] = None,
    scope: Annotated[str | None, typer.Option(help="口径：集团、本行、行业")] = None,
    collection: Annotated[str | None, typer.Option(help="只用这个资料集")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    batch: Annotated[Path | None, typer.Option(help='批量输入，每行 {"id","indicator","period","scope"}，可加 "bank"')] = None,
    out: Annotated[Path | None, typer.Option(help='批量输出，每行 {"id","figure"}')] = None,
) -> int:
    """列出账本中的数据"""
    invocation = Invocation.of(context)
    files = batch_files(batch, out, alone=not (indicators or bank or period or scope))
    with invocation.assistant() as assistant:
        if files:
            return Batch(*files, debug=invocation.debug).run(lambda row: {"figure": _one(assistant, row, collection)})
        query = _query(assistant, indicators or [], bank or [], period or [], scope, collection)
        _show(assistant.store.find(query), as_json=as_json)
    return 0


def _one(assistant: Assistant, row: Row, collection: str | None) -> dict[str, Any] | None:
    """The figure of one record, of the group's books unless it says otherwise; None, with a word on why, for a name that is not known."""
    wanted = text_of(row, "indicator"), text_of(row, "period"), optional_text_of(row, "scope") or "集团", optional_text_of(row, "bank")
    try:
        return assistant.find_figure(*wanted, collection)
    except UsageError as error:
        print(f"caizhi: {row['id']} 没有结果：{error}", file=sys.stderr)
        return None


def _query(
    assistant: Assistant, indicators: list[str], banks: list[str], periods: list[str], scope: str | None, collection: str | None
) -> FigureQuery:
    """The query of these names.

    Raises:
        UsageError: a name is not known, or a text is no period.
    """
    from data.period_text import parse_period
    from data.ports import FigureQuery

    return FigureQuery(
        entity_ids=[_bank_id(assistant, name) for name in banks], indicator_ids=[_indicator_id(assistant, name) for name in indicators],
        periods=[parse_period(text) for text in periods], scope=_scope(scope), collections=[collection] if collection else [],
    )  # fmt: skip


def _indicator_id(assistant: Assistant, name: str) -> str:
    indicator = assistant.catalogue.by_name(name)
    if indicator is None:
        near = get_close_matches(name, [other.name for other in assistant.catalogue], n=3, cutoff=0.4)
        raise UsageError(f"目录中没有指标“{name}”" + (f"；是否要找：{'、'.join(near)}" if near else ""))
    return indicator.id


def _bank_id(assistant: Assistant, name: str) -> str:
    bank = assistant.banks.by_name(name)
    if bank is None:
        near = get_close_matches(name, [other.name for other in assistant.banks], n=3, cutoff=0.4)
        raise UsageError(f"银行名录中没有“{name}”" + (f"；是否要找：{'、'.join(near)}" if near else ""))
    return bank.id


def _scope(text: str | None) -> Scope | None:
    from data.figures import Scope

    if text is None:
        return None
    try:
        return Scope(text)
    except ValueError:
        raise UsageError(f"口径“{text}”不认识；可用：{'、'.join(Scope)}") from None


def _show(found: list[Figure], *, as_json: bool) -> None:
    records = [figure.to_dict() for figure in found]
    if as_json:
        print(json.dumps(records, ensure_ascii=False))
        return
    if not records:
        print("账本里没有符合条件的数据；`caizhi docs list` 列出有哪些资料")
        return
    from app.render import show_table, value_of

    rows = [
        (figure.entity, figure.indicator, figure.period_label, figure.scope.value, value_of(record), _place(figure))
        for figure, record in zip(found, records, strict=True)
    ]
    show_table(("银行", "指标", "期间", "口径", "数值", "出处"), rows)


def _place(figure: Figure) -> str:
    return figure.evidence[0].place() if figure.evidence else ""
