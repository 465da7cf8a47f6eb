"""What people see on a terminal: answers, steps as they happen, the card of a figure. Plain text wherever that is no terminal.

Everything here reads the contract's objects (`ask --json`) and typed events, never the state behind them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from agents.events import Event

Record = Mapping[str, Any]
_KINDS = {"reported": "披露", "computed": "计算", "change": "变动"}
_CELL = {"table": "表", "row": "行", "column": "列", "quote": "原文", "source": "来源"}
_SOURCES = "\n\n来源：\n"


def show_answer(result: Record, *, steps_shown: bool = False) -> None:
    """Print one turn: the question as understood (unless the steps have told it), the answer, what could be asked next."""
    if not steps_shown and result["resolved_question"] not in ("", result["question"]):
        show_dim(f"理解为：{result['resolved_question']}")
    show_markdown(result["answer"])
    if suggestions := result.get("suggestions"):
        show_dim("\n还可以问：" + " ".join(suggestions))


def show_markdown(text: str) -> None:
    """Print Markdown: laid out on a terminal, as it is elsewhere. The list of sources keeps its lines."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    body, mark, sources = text.partition(_SOURCES)
    console = Console(highlight=False)
    console.print(Markdown(body))
    if mark:
        console.print(f"\n来源：\n{sources}", markup=False, style="dim")


def show_dim(text: str, stream: TextIO | None = None) -> None:
    """Print a side remark, dimmed on a terminal."""
    stream = stream or sys.stdout
    print(f"\x1b[2m{text}\x1b[0m" if stream.isatty() else text, file=stream, flush=True)


def step_printer(stream: TextIO) -> Callable[[Event], None] | None:
    """What prints the steps of a run as they happen to a terminal; None where nobody watches."""
    return partial(show_step, stream=stream) if stream.isatty() else None


def show_step(event: Event, stream: TextIO | None = None) -> None:
    """Print one step."""
    if line := step(event):
        show_dim(line, stream)


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: as a table on a terminal, tab-separated elsewhere, so that `cut` and a spreadsheet can read them."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            print("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*header)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def step(event: Event) -> str | None:
    """One line on what happened, or None for what is not worth one."""
    record = event.to_dict()
    words = _STEPS.get(event.kind)
    line = words.format(**record, **_details(record)) if words else None
    return f"· {line}（{event.elapsed_ms} ms）" if line else None


_STEPS: Mapping[str, str] = {
    "planned": "理解：{resolved}{assumed}",
    "searched": "检索：{figures} 个数据，{passages} 段资料",
    "computed": "计算：事实表 {figures} 个数据，{findings} 项结果",
    "decomposed": "归因：分解为 {parts} 项",
    "tool": "工具：{name} → {result}",
    "written": "撰写：{writer}",
    "audited": "审计：{verdict}",
    "refused": "拒答：{code}",
}


def _details(record: Record) -> dict[str, str]:
    """The words that a step derives from its fields."""
    return {
        "assumed": f"（假设：{'；'.join(record['assumptions'])}）" if record.get("assumptions") else "",
        "writer": "模板（无模型）" if record.get("by") == "template" else str(record.get("by", "")),
        "verdict": "通过" if record.get("ok") else "未通过，" + "；".join(record.get("problems", [])),
    }


def figure_line(figure: Record) -> str:
    """招商银行 不良贷款率 2023 集团：0.95%."""
    return f"{figure['entity']} {figure['indicator']} {figure['period']} {figure['scope']}：{value_of(figure)}"


def value_of(figure: Record) -> str:
    """The value with thousands separators and its unit, digits as they stand in the contract."""
    return f"{Decimal(figure['value']):,}{figure['unit']}"


def figure_card(figure: Record, figures: Sequence[Record]) -> str:
    """Everything known about a figure, its inputs and its places included; one fact a line."""
    by_id = {other["id"]: other for other in figures}
    lines = [f"{figure['id'] or '数据'}｜{figure_line(figure)}"]
    lines += [f"  {label}：{value}" for label, value in _facts(figure) if value]
    lines += [f"  由 {key}：{figure_line(by_id[key])}" for key in figure["inputs"] if key in by_id]
    for item in figure["evidence"]:
        lines.append(f"  出处：{place(item)}")
        lines += [f"    {label}：{item[key]}" for key, label in _CELL.items() if item.get(key)]
    return "\n".join(lines)


def _facts(figure: Record) -> list[tuple[str, str]]:
    return [
        ("类型", _KINDS[figure["kind"]]),
        ("公式", figure["formula"] or ""),
        ("对比期", figure["base_period"] or ""),
        ("准则", figure["gaap"]),
        ("审计", "" if figure["audited"] else "未经审计"),
        ("重述", "是" if figure["restated"] else ""),
        ("注", figure["note"]),
    ]


def place(evidence: Record) -> str:
    """Document and page; the address where there is no document."""
    page = f"，第{evidence['page']}页" if evidence.get("page") else ""
    return f"{evidence.get('document') or evidence.get('source', '')}{page}"


def sources_of(figures: Sequence[Record]) -> list[tuple[Record, list[Record]]]:
    """Distinct places in the order of the figures, each with the figures read there; position + 1 is the printed mark [1]."""
    found: dict[tuple[Any, ...], tuple[Record, list[Record]]] = {}
    for figure in figures:
        for item in figure["evidence"]:
            key = (item["document"], item["page"], item["source"])
            found.setdefault(key, (item, []))[1].append(figure)
    return list(found.values())


def source_card(number: int, figures: Sequence[Record]) -> str | None:
    """The place behind a printed mark with the figures read there; None for a mark that there is not."""
    sources = sources_of(figures)
    if not 1 <= number <= len(sources):
        return None
    evidence, read = sources[number - 1]
    address = f"\n  来源：{evidence['source']}" if evidence.get("source") else ""
    return f"[{number}] {place(evidence)}{address}\n" + "\n".join(f"  {figure['id']}｜{figure_line(figure)}" for figure in read)
