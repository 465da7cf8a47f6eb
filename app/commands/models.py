"""`caizhi models`: versions and aliases, export and quantisation, parity, the promotion gate, rollback, and A/B tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.models_ab import ab
from app.commands.models_forms import export, parity, quantise
from app.commands.models_shared import folder_of, registry_of, show_progress

if TYPE_CHECKING:
    from finetune.release.gate import GateReport, Rules
    from finetune.release.registry import Registry
    from finetune.release.release_record import Release

NAME = "financial_llm_lora"
models = typer.Typer(help="模型版本：登记、比较、上线与回滚，导出与量化，A/B 试验", rich_markup_mode=None, no_args_is_help=True)
models.command("export")(export)
models.command("quantise")(quantise)
models.command("parity")(parity)
models.add_typer(ab, name="ab")

Name = Annotated[str, typer.Option(help="模型名")]
Evidence = Annotated[Path | None, typer.Option(help="证据目录：report.json、against.json、certificate.json、parity.json、serving.json、human.json")]
Reason = Annotated[str, typer.Option(help="理由，记入历史")]


@models.command("list")
def list_versions(
    context: typer.Context, name: Annotated[str, typer.Option(help="只列这个模型")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:  # fmt: skip
    """列出已登记的版本"""
    from app.render import show_table

    releases = registry_of(context).releases(name)
    if as_json:
        print(json.dumps([_plain(release) for release in releases], ensure_ascii=False))
    elif not releases:
        print("还没有登记任何版本；用 models register 登记")
    else:
        rows = [
            (each.full_name, "、".join(each.aliases), _percent(each), _megabytes(each.size), each.registered[:16].replace("T", " "))
            for each in releases
        ]
        show_table(("版本", "别名", "复算准确率", "大小", "登记时间（UTC）"), rows)


@models.command("show")
def show(
    context: typer.Context, version: Annotated[str, typer.Argument(help="版本或别名：1.0.0、champion")], name: Name = NAME,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:  # fmt: skip
    """一个版本的说明、文件与历史"""
    registry = registry_of(context)
    release = registry.get(version, name)
    history = [event for event in registry.history(release.name) if str(release.version) in (event.version, event.previous)]
    if as_json:
        print(json.dumps({**_plain(release), "history": [json.loads(event.to_json()) for event in history]}, ensure_ascii=False))
        return
    notes = release.notes
    print(f"{release.full_name}  {'、'.join(release.aliases)}\n登记：{release.registered}  大小：{_megabytes(release.size)}\n目录：{release.folder}")
    certificate = notes.certificate.get("verdict", "")
    for title, value in (("说明", notes.text), ("基座", notes.origin), ("数据指纹", notes.data_hash), ("污染证书", certificate)):
        print(f"{title}：{value or '—'}")
    print("超参数：" + ("，".join(f"{key}={value}" for key, value in notes.parameters.items()) or "—"))
    print("指标：" + ("，".join(f"{key}={value:.4g}" for key, value in notes.metrics.items()) or "—"))
    for event in history:
        forced = f"（强制，关口未过：{'；'.join(event.gate_reasons)}）" if event.forced else ""
        print(f"{event.at[:19]}  {event.kind} {event.alias} {event.previous or '—'} → {event.version} {event.reason}{forced}")


@models.command("register")
def register(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="适配器或模型目录")],
    version: Annotated[str, typer.Argument(help="版本号，例如 1.0.0")],
    name: Name = NAME,
    evidence: Evidence = None,
    text: Annotated[str, typer.Option(help="发布说明")] = "",
    challenger: Annotated[bool, typer.Option("--challenger", help="同时设为 challenger")] = False,
) -> None:
    """登记一个版本：复制文件，记下数据指纹、超参数与指标"""
    from finetune.release.evidence import read_evidence
    from finetune.release.notes import notes_of

    registry = registry_of(context)
    found = read_evidence(evidence) if evidence else None
    release = registry.register(folder, version, name, notes_of(folder, found, text))
    if challenger:
        release = registry.set_alias("challenger", str(release.version), name)
    print(f"已登记 {release.full_name}{'（challenger）' if challenger else ''}")


@models.command("alias")
def alias(
    context: typer.Context, alias: Annotated[str, typer.Argument(help="别名，例如 challenger")], version: Annotated[str, typer.Argument(help="版本")],
    name: Name = NAME, reason: Reason = "",
) -> None:  # fmt: skip
    """让别名指向一个版本（champion 由 promote 和 rollback 移动）"""
    print(f"{alias} → {registry_of(context).set_alias(alias, version, name, reason).full_name}")


@models.command("download")
def download(
    context: typer.Context, version: Annotated[str, typer.Argument(help="版本或别名")], out: Annotated[Path, typer.Argument(help="空目录")],
    name: Name = NAME,
) -> None:  # fmt: skip
    """把一个版本的文件复制出来，先核对登记时的哈希"""
    print(f"已写入 {registry_of(context).download(version, out, name)}")


@models.command("compare")
def compare(
    context: typer.Context,
    a: Annotated[str, typer.Argument(help="前：版本、别名、基座名或目录")],
    b: Annotated[str, typer.Argument(help="后：版本、别名、基座名或目录")],
    data: Annotated[Path, typer.Option(help="题目文件：冻结的题目或训练数据行")],
    out: Annotated[Path | None, typer.Option(help="报告（HTML 与 JSON）写到哪个目录")] = None,
    limit: Annotated[int, typer.Option(min=0, help="最多多少题，0 为全部")] = 0,
    no_regression: Annotated[bool, typer.Option("--no-regression", help="不运行通用能力回归集")] = False,
) -> None:
    """两个版本在同一套题上的配对比较"""
    from finetune.evaluation import compare as comparing
    from finetune.evaluation.comparison_page import comparison_html
    from finetune.evaluation.evaluate import Plan
    from finetune.evaluation.frozen import read_items
    from finetune.evaluation.generators import load_generator

    items = read_items(data, limit)
    before, after = (comparing.Contestant(model, load_generator(folder_of(context, model))) for model in (a, b))
    plan = Plan(regression=() if no_regression else None)
    result = comparing.compare(before, after, items, plan, data_name=data.name, progress=show_progress)
    verdict = {"better": "后者更好", "worse": "后者更差", "alike": "没有显著差别"}[result.verdict]
    print(f"复算准确率 {result.a.accuracy.value:.1%} → {result.b.accuracy.value:.1%}；"
          f"由错变对 {result.paired.gained} 题，由对变错 {result.paired.lost} 题，p={result.paired.p:.4f}：{verdict}")  # fmt: skip
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "comparison.html").write_text(comparison_html(result), encoding="utf-8")
        for file, report in (("report.json", result.b), ("against.json", result.a)):
            (out / file).write_text(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(f"已写入 {out}")


@models.command("gate")
def show_gate(
    context: typer.Context, version: Annotated[str, typer.Argument(help="版本或别名")], evidence: Evidence = None, name: Name = NAME,
    p95: Annotated[float, typer.Option(help="P95 时延上限（秒）")] = 5.0, memory: Annotated[float, typer.Option(help="内存上限（MB）")] = 2048.0,
    human: Annotated[float, typer.Option(help="人工评分各维度的下限，0 为不要求")] = 0.0,
) -> int:  # fmt: skip
    """上线关口：逐项检查，不改动任何东西"""
    registry = registry_of(context)
    report = _gate(registry, registry.get(version, name), evidence, _rules(p95, memory, human))
    _print_gate(report)
    return 0 if report.passed else 1


@models.command("promote")
def promote(
    context: typer.Context, version: Annotated[str, typer.Argument(help="版本或别名，例如 challenger")], evidence: Evidence = None, name: Name = NAME,
    force: Annotated[bool, typer.Option("--force", help="关口没过也上线，须写 --reason")] = False, reason: Reason = "",
    p95: Annotated[float, typer.Option(help="P95 时延上限（秒）")] = 5.0, memory: Annotated[float, typer.Option(help="内存上限（MB）")] = 2048.0,
    human: Annotated[float, typer.Option(help="人工评分各维度的下限，0 为不要求")] = 0.0,
) -> None:  # fmt: skip
    """过关口后设为 champion；不过则说明理由并拒绝"""
    registry = registry_of(context)
    report = _gate(registry, registry.get(version, name), evidence, _rules(p95, memory, human))
    _print_gate(report)
    release = registry.promote(version, report, name, force=force, reason=reason)
    print(f"{release.full_name} 已是 champion{'（强制上线，已记入历史）' if not report.passed else ''}")


@models.command("rollback")
def rollback(context: typer.Context, name: Name = NAME, reason: Reason = "") -> None:
    """退回上一个 champion"""
    print(f"champion 已退回 {registry_of(context).rollback(name, reason).full_name}")


def _gate(registry: Registry, release: Release, evidence: Path | None, rules: Rules) -> GateReport:
    from finetune.release.evidence import read_evidence
    from finetune.release.gate import Evidence, gate

    champion = registry.aliased("champion", release.name)
    found = read_evidence(evidence, release.full_name) if evidence else None
    name = champion.full_name if champion and champion.version != release.version else ""
    return gate(release.full_name, name, found.evidence if found else Evidence(), found.champion if found else None, rules)


def _rules(p95: float, memory: float, human: float) -> Rules:
    from finetune.release.gate import DIMENSIONS, Rules

    return Rules(p95_s=p95, memory_mb=memory, human_scores=dict.fromkeys(DIMENSIONS, human) if human > 0 else {})


def _print_gate(report: GateReport) -> None:
    for check in report.checks:
        print(f"{'通过' if check.passed else '不通过'}  {check.name}：{check.detail}")


def _plain(release: Release) -> dict[str, object]:
    return {**json.loads(release.to_json()), "full_name": release.full_name, "aliases": list(release.aliases), "folder": str(release.folder)}


def _percent(release: Release) -> str:
    value = release.notes.metrics.get("recompute")
    return "—" if value is None else f"{value:.1%}"


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"
