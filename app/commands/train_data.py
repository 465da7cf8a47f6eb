"""`caizhi train data`: build the training set, check and take in files of rows, have them reviewed, count them, certify them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from finetune.rows.annotate import Imported
    from finetune.rows.formats import Form
    from finetune.rows.record import Row

train_data = typer.Typer(help="训练数据：生成、校验、导入、标注、统计、污染检查", rich_markup_mode=None, no_args_is_help=True)
annotate = typer.Typer(help="人工标注与审核：导出到 Label Studio 或 doccano，取回，或在终端里审核", rich_markup_mode=None, no_args_is_help=True)
train_data.add_typer(annotate, name="annotate")

_SHOWN = 20
Source = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="数据文件：JSON Lines 或 JSON 数组（messages、alpaca、sharegpt）")]
Out = Annotated[Path, typer.Option("--out", "-o", help="写到哪里")]
Tool = Annotated[str, typer.Option(help="label-studio 或 doccano")]


@train_data.command("build")
def build_rows(
    out: Annotated[Path, typer.Option("--out", "-o", help="输出文件夹")],
    size: Annotated[str, typer.Option(help="行数，或 tiny、small、medium、full（170000）")] = "full",
    narration: Annotated[int, typer.Option(min=0, help="另加多少条叙述（从事实表写段落）")] = 0,
    seed: Annotated[int, typer.Option(help="随机种子；同一种子得到同一批数据")] = 1,
    rendering: Annotated[str, typer.Option(help="plain、calculator、tool_calls、references 或 mixed")] = "mixed",
    workers: Annotated[int, typer.Option(min=1, max=64, help="进程数，不影响结果")] = 2,
    held_out: Annotated[int | None, typer.Option("--held-out", min=1, help="留出集行数（未见过的句式、银行、公式、数量级）；默认为行数的 2%")] = None,
    most_rejects: Annotated[float, typer.Option("--most-rejects", help="不合格率超过它就停止")] = 0.01,
) -> int:
    """生成训练数据：逐条重算核对、去重、按组切分、查重叠，写出清单、证书与数据卡；中断后再运行会接着做"""
    from finetune.rows.build import SIZES, BuildOptions, build

    rows = SIZES.get(size) or (int(size) if size.isdigit() else 0)
    if not rows:
        raise UsageError(f"--size 应为行数或 {'、'.join(SIZES)}，收到 {size}")
    options = BuildOptions(
        size=rows, narration=narration, seed=seed, rendering=rendering, workers=workers, held_out=held_out, most_rejects=most_rejects
    )
    report = build(out, options, _progress())
    told = report.to_dict()
    print(f"{sum(report.rows.values())} 行写入 {out}：" + "，".join(f"{split} {count}" for split, count in report.rows.items()))
    print(f"种类：{_counts(report.kinds)}；写法：{_counts(report.renderings)}")
    dropped = {"不合格": sum(report.rejects.values()), "完全重复": report.exact_duplicates, "近似重复": report.near_duplicates}
    dropped["与评测重叠"] = report.contaminated
    print(f"剔除：{_counts(dropped)}；污染检查：{report.certificate}；用时 {told['seconds']} 秒，每秒 {told['rows_per_second']} 行")
    return 0


@train_data.command("validate")
def validate(
    source: Source,
    form: Annotated[str, typer.Option(help="auto、messages、alpaca 或 sharegpt")] = "auto",
    rejects: Annotated[Path | None, typer.Option(help="把有问题的行连同原因写到这里（JSON Lines）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="每个有问题的行输出一行 JSON")] = False,
) -> int:
    """逐条重算：算式、操作数、单位、百分点、合理范围；有问题时退出码为 1"""
    from finetune.rows.formats import read_rows
    from finetune.rows.validate import check_row

    reasons: Counter[str] = Counter()
    wrong, number = [], 0
    for number, row in enumerate(read_rows(source, _form(form)), start=1):
        if problems := check_row(row):
            reasons.update({problem.code for problem in problems})
            found = {"row": number, "id": row.id, "problems": [[problem.code, problem.message] for problem in problems]}
            wrong.append({**found, **row.to_dict()} if rejects else found)
            if as_json:
                print(json.dumps(found, ensure_ascii=False))
            elif len(wrong) <= _SHOWN:
                print(f"第 {number} 条 {row.id}：" + "；".join(f"[{problem.code}] {problem.message}" for problem in problems))
    if rejects is not None:
        _write_lines(rejects, wrong)
    if not as_json:
        print(f"{number} 条，有问题 {len(wrong)} 条" + (f"：{_counts(dict(reasons.most_common()))}" if reasons else ""))
    return 1 if wrong else 0


@train_data.command("import")
def import_rows(
    source: Source,
    out: Out,
    form: Annotated[str, typer.Option(help="auto、messages、alpaca 或 sharegpt")] = "auto",
    keep_wrong: Annotated[bool, typer.Option("--keep-wrong", help="校验有问题的行也留下，原因记在 meta.problems")] = False,
) -> int:
    """导入别人的数据：统一写法、剔除不合格、逐条校验，写成 messages"""
    from finetune.rows.clean import CleanReport, clean
    from finetune.rows.formats import read_rows, write_rows
    from finetune.rows.record import Row
    from finetune.rows.validate import check_row

    report, wrong = CleanReport(), Counter[str]()

    def checked() -> Iterable[Row]:
        for number, row in enumerate(clean(read_rows(source, _form(form)), report), start=1):
            problems = check_row(row)
            wrong.update({problem.code for problem in problems})
            meta = {"id": f"{source.stem}-{number:06d}", "source": source.name, "license": "unknown", "split": "", **row.meta}
            if problems:
                meta["problems"] = [[problem.code, problem.message] for problem in problems]
            if not problems or keep_wrong:
                yield Row(row.messages, meta, row.tools)

    written = write_rows(out, checked())
    print(f"读入 {report.seen} 条，写出 {written} 条到 {out}；不合格 {report.rejected} 条，校验问题：{_counts(wrong) if wrong else '无'}")
    return 0


@train_data.command("stats")
def stats(source: Source, as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> int:
    """数一数：种类、题型、写法、长度、数量级、句式"""
    from finetune.rows.formats import read_rows
    from finetune.rows.stats import stats_of

    found = stats_of(read_rows(source))
    print(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else found.markdown())
    return 0


@train_data.command("certificate")
def certify(
    train: Source,
    evaluation: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="评测集")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="把证书（JSON 与 Markdown）写到这个文件夹")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="句式相同也算污染（评测集自称句式未见过时用）")] = False,
) -> int:
    """训练集与评测集有没有重叠；有阻断性的重叠时退出码为 1"""
    from finetune.rows.contamination import HELD_OUT, POLICY, certificate
    from finetune.rows.formats import read_rows

    proof = certificate(read_rows(train), read_rows(evaluation), policy=HELD_OUT if strict else POLICY, name=evaluation.name)
    if out is not None:
        proof.write(out)
    print(proof.markdown())
    return 0 if proof.clean else 1


@annotate.command("export")
def export(
    source: Source, out: Out, tool: Tool = "label-studio", limit: Annotated[int, typer.Option(min=0, help="最多多少条；0 为全部")] = 0
) -> int:
    """导出给标注工具：问题、回答与预标注"""
    from itertools import islice

    from finetune.rows import doccano, label_studio
    from finetune.rows.formats import read_rows

    rows = islice(read_rows(source), limit or None)
    _known_tool(tool)
    if tool == "doccano":
        count = _write_lines(out, doccano.answer_lines(rows))
    else:
        tasks = list(label_studio.review_tasks(rows))
        _write_text(out, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
        _write_text(out.with_suffix(".config.xml"), label_studio.review_config())
        count = len(tasks)
    print(f"{count} 条写到 {out}" + ("" if tool == "doccano" else f"，界面配置 {out.with_suffix('.config.xml')}"))
    return 0


@annotate.command("import")
def take_back(
    source: Source, reviewed: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="标注工具导出的文件")], out: Out,
    tool: Tool = "label-studio",
) -> int:
    """取回审核结果：通过的留下，修改的照改（改后重新校验），拒绝的剔除"""
    from finetune.rows import doccano, label_studio
    from finetune.rows.annotate import applied
    from finetune.rows.formats import read_all, write_rows

    _known_tool(tool)
    rows = read_all(source)
    imported: Imported = doccano.read_answers(reviewed, rows) if tool == "doccano" else label_studio.read_reviews(reviewed)
    result = applied(rows, imported.decisions)
    sound, wrong = _sound(result.rows)
    written = write_rows(out, sound)
    print(f"写出 {written} 条到 {out}；拒绝 {len(result.rejected)}，未做 {len(imported.undone)}，意见不一 {len(imported.disputed)}")
    if wrong:
        print(f"改后校验不过 {len(wrong)} 条：")
    for line in wrong[:_SHOWN]:
        print(f"  {line}")
    return 0


@annotate.command("review")
def review_rows(
    source: Source, out: Out, decisions: Annotated[Path | None, typer.Option(help="审核记录；下次从这里接着做")] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多审核多少条")] = 200,
) -> int:
    """在终端里逐条审核（小批量）"""
    from itertools import islice

    from finetune.rows.formats import read_rows, write_rows
    from finetune.rows.review import review

    report = review(islice(read_rows(source), limit), _asker(), print, decisions=decisions or out.with_suffix(".decisions.jsonl"))
    written = write_rows(out, report.rows)
    counts = {"修改": report.edited, "拒绝": len(report.rejected), "跳过": report.skipped, "沿用以前的决定": report.resumed, "未审": report.left}
    print(f"写出 {written} 条；{_counts(counts)}")
    return 0


def _sound(rows: Iterable[Row]) -> tuple[list[Row], list[str]]:
    """Reviewed rows that still hold after their edit, and a line for each that does not."""
    from finetune.rows.validate import check_row

    sound: list[Row] = []
    wrong: list[str] = []
    for row in rows:
        problems = check_row(row) if row.meta.get("reviewed") == "edit" else []
        if problems:
            wrong.append(f"{row.id}：" + "；".join(problem.message for problem in problems))
        else:
            sound.append(row)
    return sound, wrong


def _form(name: str) -> Form | Any:
    from finetune.rows.formats import FORMS

    if name not in (*FORMS, "auto"):
        raise UsageError(f"--form 应为 auto、{'、'.join(FORMS)}，收到 {name}")
    return name


def _known_tool(tool: str) -> None:
    if tool not in ("label-studio", "doccano"):
        raise UsageError(f"--tool 应为 label-studio 或 doccano，收到 {tool}")


def _counts(counts: Mapping[str, int]) -> str:
    return "，".join(f"{name} {count}" for name, count in counts.items())


def _write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    _write_text(path, "".join(line + "\n" for line in lines))
    return len(lines)


def _write_text(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"无法写入 {path}：{error.strerror or error}") from error


def _asker() -> Callable[[str], str]:
    return input


def _progress() -> Callable[[str, int, int], None]:
    """A line on a terminal that is written over; silent elsewhere."""
    if not sys.stderr.isatty():
        return lambda *_: None

    def show(stage: str, done: int, total: int) -> None:
        sys.stderr.write(f"\r{stage} {done}/{total}   " + ("\n" if done >= total else ""))
        sys.stderr.flush()

    return show
