"""`caizhi entities`: companies, times, indicators, values and changes in a text, or in a file of texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.batch import Batch, batch_files, text_of
from app.commands.invocation import Invocation

if TYPE_CHECKING:
    from tools.financial_ner import FinancialNER


def entities(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="要识别的文字")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    batch: Annotated[Path | None, typer.Option(help='批量输入，每行 {"id","text"}')] = None,
    out: Annotated[Path | None, typer.Option(help='批量输出，每行 {"id","entities","changes"}')] = None,
) -> int:
    """识别文字中的公司、时间、指标、数值和变动"""
    invocation = Invocation.of(context)
    files = batch_files(batch, out, alone=text is None)
    with invocation.assistant() as assistant:
        ner = assistant.ner
        if files:
            return Batch(*files, debug=invocation.debug).run(lambda row: _found(ner, text_of(row, "text")))
        found = _found(ner, str(text))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    from app.render import show_table

    rows = [(span["type"], span["text"], str(span["start"]), str(span["end"])) for span in _all(found)]
    if rows:
        show_table(("类型", "文字", "起", "止"), rows)
    else:
        print("没有识别到实体")
    return 0


def _found(ner: FinancialNER, text: str) -> dict[str, Any]:
    return {"entities": ner.extract_entities(text), "changes": ner.extract_changes(text)}


def _all(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Entities and changes in text order."""
    changes = [{"type": "变动", **change} for change in found["changes"]]
    return sorted([*found["entities"], *changes], key=lambda span: (span["start"], span["end"]))
