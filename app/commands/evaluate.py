"""`caizhi evaluate`: measure a model on a data set, alone or against another; hand scoring sheets out to people and take them back."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from data.errors import UsageError

if TYPE_CHECKING:
    from finetune.evaluation.compare import Comparison
    from finetune.evaluation.evaluate import Plan
    from finetune.evaluation.report import EvaluationReport

REPORT, PAGE, SUMMARY = "report.json", "comparison.html", "report.md"

_RUN = "run"


class _ModelFirst(TyperGroup):
    """`evaluate MODEL …` is `evaluate run MODEL …`: what is no command's name is a model's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name before a model's."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [_RUN, *args]
        return super().parse_args(ctx, args)


evaluate = typer.Typer(
    cls=_ModelFirst, help="评估模型：重算准确率为先，另有相似度、用语、改动检出、通用能力与人工评分", rich_markup_mode=None, no_args_is_help=True,
)  # fmt: skip
human = typer.Typer(help="人工盲评：导出评分表、导入评分结果", rich_markup_mode=None, no_args_is_help=True)
evaluate.add_typer(human, name="human")


@evaluate.command(_RUN)
def run(
    model: Annotated[str, typer.Argument(help="模型：caizhi-lm-base、版本名、适配器或模型文件夹、模型库名称")],
    data: Annotated[Path, typer.Option(help="评估数据：题目或训练数据行（JSON 或 JSON 行）")],
    against: Annotated[str | None, typer.Option(help="与另一个模型对比；它在报告里是“前”")] = None,
    out: Annotated[Path | None, typer.Option(help="报告写到哪个文件夹")] = None,
    limit: Annotated[int, typer.Option(min=0, help="最多评估多少题，0 为全部")] = 0,
    encoder: Annotated[str, typer.Option(help="BERTScore 的编码模型：文件夹或名称；不给则用内置词向量，none 为不算")] = "",
    no_regression: Annotated[bool, typer.Option("--no-regression", help="不运行通用能力回归集")] = False,
) -> int:
    """评估一个模型，或与另一个对比"""
    from finetune.evaluation.compare import compare_reports
    from finetune.evaluation.comparison_page import comparison_html
    from finetune.evaluation.markdown import report_markdown

    if limit < 0 or not data.is_file():
        raise UsageError(f"没有评估数据文件 {data}")
    plan = _plan(encoder, regression=not no_regression)
    report = _measured(model, data, limit, plan)
    print(report_markdown(report))
    comparison = compare_reports(_measured(against, data, limit, plan), report) if against else None
    if comparison is not None:
        print(_told(comparison))
    if out is not None:
        _write(out / REPORT, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")
        _write(out / SUMMARY, report_markdown(report))
        if comparison is not None:
            _write(out / "against.json", json.dumps(comparison.a.to_dict(), ensure_ascii=False, indent=1) + "\n")
            _write(out / PAGE, comparison_html(comparison))
        print(f"已写入 {out}")
    return 0


@human.command("export")
def export(
    first: Annotated[Path, typer.Argument(help="一个版本的 report.json")],
    second: Annotated[Path, typer.Argument(help="另一个版本的 report.json")],
    out: Annotated[Path, typer.Option(help="评分表写到哪个文件夹；密钥写到旁边的“<文件夹>_key”")],
    count: Annotated[int, typer.Option(min=1, help="抽多少题")] = 30,
    seed: Annotated[int, typer.Option(help="抽题与排列顺序的随机种子")] = 0,
) -> int:
    """导出盲评评分表（CSV 与网页），密钥另存"""
    from finetune.evaluation.human import blind_pairs, export_forms

    pairs, key = blind_pairs(_saved(first), _saved(second), count, seed)
    sheet, page, apart = export_forms(pairs, key, out)
    print(f"{len(pairs)} 题已导出：{sheet}、{page}\n密钥（不要发给评分人）：{apart}")
    return 0


@human.command("import")
def take_back(
    sheets: Annotated[list[Path], typer.Argument(help="填好的评分表（CSV），每位评分人一份")],
    key: Annotated[Path, typer.Option(help="导出时的 key.json")],
    out: Annotated[Path | None, typer.Option(help="结果（JSON）写到哪个文件")] = None,
) -> int:
    """导入评分表，算均分、一致性与胜率；有错的行逐行说明"""
    from finetune.evaluation.human import Key
    from finetune.evaluation.human_scores import human_report, read_scores

    known = Key.load(key)
    read = read_scores(sheets, known)
    for problem in read.problems:
        print(problem, file=sys.stderr)
    result = human_report(read.rated, known)
    print(result.to_markdown())
    if out is not None:
        _write(out, json.dumps(result.to_dict(), ensure_ascii=False, indent=1) + "\n")
    return 1 if read.problems else 0


def _measured(model: str, data: Path, limit: int, plan: Plan) -> EvaluationReport:
    """The report of a model on a file of exercises or rows."""
    from finetune.evaluation.evaluate import evaluate as measure
    from finetune.evaluation.frozen import read_items
    from finetune.evaluation.generators import load_generator

    items = read_items(data, limit)
    return measure(model, items, load_generator(model), plan, data_name=data.name, progress=_progress(model))


def _plan(encoder: str, *, regression: bool) -> Plan:
    from finetune.evaluation.evaluate import Plan
    from finetune.evaluation.token_vectors import token_encoder

    return Plan(encoder=None if encoder == "none" else token_encoder(encoder), regression=None if regression else ())


def _progress(model: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{model}：{done}/{total}", end="" if done < total else "\n", file=sys.stderr, flush=True)

    return show


def _told(comparison: Comparison) -> str:
    from finetune.evaluation.before_after import HEADER, markdown_table
    from finetune.evaluation.words import VERDICTS

    paired = comparison.paired
    table = markdown_table(HEADER, [row.cells() for row in comparison.table])
    return f"## 对比：{comparison.a.model} → {comparison.b.model}\n\n由错变对 {paired.gained} 题，由对变错 {paired.lost} 题，" \
           f"McNemar 精确检验 p={paired.p:.4f}：{VERDICTS[comparison.verdict]}。\n\n{table}\n"


def _saved(path: Path) -> EvaluationReport:
    """A report that `run --out` wrote.

    Raises:
        UsageError: the file is none.
    """
    from finetune.evaluation.report import EvaluationReport

    try:
        return EvaluationReport.of_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} 不是评估报告（evaluate run --out 写出的 report.json）：{type(error).__name__}") from error


def _write(path: Path, text: str) -> None:
    """Write a file, its folder made if missing.

    Raises:
        UsageError: it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"写不了 {path}：{error.strerror}") from error
