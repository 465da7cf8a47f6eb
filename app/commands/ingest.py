"""`caizhi ingest`: files into the ledger and the index, with progress and a report of what was understood."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.invocation import Invocation
from data.errors import UsageError

if TYPE_CHECKING:
    from retrieval.ingest import IngestReport, Progress

DEFAULT_COLLECTION = "reports"
_SHOWN = 8


def ingest(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="文件或文件夹：PDF、HTML、DOCX、XLSX、CSV、Markdown、文本、JSON Lines")],
    collection: Annotated[str, typer.Option(help="放进哪个资料集")] = DEFAULT_COLLECTION,
    workers: Annotated[int, typer.Option(min=1, max=64, help="用几个进程；默认全部处理器核")] = os.cpu_count() or 1,
    loader: Annotated[str, typer.Option(help="用 langchain_community 的这个加载器读取其他格式")] = "",
    ocr: Annotated[bool, typer.Option("--ocr", help="识别没有文字层的扫描页（需要安装 ocr 附加包）")] = False,
    force: Annotated[bool, typer.Option("--force", help="即使内容没有变化也重新读取")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每个文件输出一行 JSON")] = False,
) -> int:
    """导入报告：读取、抽取数据、勾稽、建立索引"""
    from app.ingesting import open_ingestor
    from data.facts_table import COLLECTION
    from retrieval.ingest import Options

    if collection == COLLECTION:
        raise UsageError(f"{COLLECTION} 是内置资料集的名称，请另取一个")
    invocation = Invocation.of(context)
    options = Options(loader=loader, ocr=ocr, workers=workers, force=force)
    with open_ingestor(invocation.settings) as ingestor:
        for report in ingestor.ingest(_files(paths), collection, options, _progress()):
            print(json.dumps(report.to_dict(), ensure_ascii=False) if as_json else _told(report), flush=True)
    return 0


def _files(paths: list[Path]) -> list[Path]:
    """The files named, and those of the folders named, without repeats.

    Raises:
        UsageError: a folder holds no file.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(item for item in path.rglob("*") if item.is_file() and not item.name.startswith(".")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"文件夹 {path} 里没有文件")
        found += inside
    return list(dict.fromkeys(found))


def _progress() -> Progress:
    """A line that is written over, on a terminal; nothing elsewhere."""
    shown = sys.stderr.isatty()

    def tell(stage: str, done: int, total: int) -> None:
        if shown:
            sys.stderr.write(f"\r\x1b[K{stage} {done}/{total}" if total > 1 else f"\r\x1b[K{stage}…")
            sys.stderr.write("\r\x1b[K" if stage == "索引" and done else "")
            sys.stderr.flush()

    return tell


def _told(report: IngestReport) -> str:
    """The report for people: one line of counts, then what needs attention."""
    if report.status == "unchanged":
        return f"{report.title}：内容没有变化，未重新导入"
    head = (
        f"{report.title}：{report.bank or '未识别银行'} {report.period}，{report.pages} 页，{report.tables} 张表，{report.figures} 个数据"
        f"（其中 {report.named} 个对应目录指标），{report.passages} 个段落，用时 {report.seconds} 秒"
    )
    lines = [head, f"  勾稽：{report.passed} 项相符，{len(report.failed)} 项不符"]
    for name, items in (("不符", report.failed), ("提示", report.warnings), ("说明", report.remarks)):
        lines += [f"  {name}：{item}" for item in items[:_SHOWN]]
        lines += [f"  {name}：…另有 {len(items) - _SHOWN} 条，见 docs show"] if len(items) > _SHOWN else []
    return "\n".join(lines)
