"""`caizhi models ab`: start, watch and stop an A/B test between the champion and a challenger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.invocation import Invocation
from app.commands.models_shared import registry_of

if TYPE_CHECKING:
    from finetune.evaluation.statistics import Rate
    from finetune.release.ab_report import ABReport
    from finetune.release.ab_test import ABTest

ab = typer.Typer(help="A/B 试验：按会话分流，序贯检验，审核失败增多时自动停止", rich_markup_mode=None, no_args_is_help=True)


@ab.command("start")
def start(
    context: typer.Context,
    challenger: Annotated[str, typer.Argument(help="候选：版本或别名")] = "challenger",
    champion: Annotated[str, typer.Option(help="现役：版本或别名")] = "champion",
    share: Annotated[float, typer.Option(help="分给候选的会话比例")] = 0.1,
    alpha: Annotated[float, typer.Option(help="误报率（整个试验期间）")] = 0.05,
    horizon: Annotated[int, typer.Option(min=1, help="一个会话满多少轮就计入")] = 3,
    most: Annotated[int, typer.Option(min=1, help="最多计入多少个会话")] = 5000,
) -> None:
    """开始试验"""
    from finetune.release.ab_test import Rules

    registry = registry_of(context)
    first, second = registry.get(champion), registry.get(challenger)
    registry.verify(second)
    trial = _trial(context)
    number = trial.start(first.full_name, second.full_name, Rules(share, alpha, alpha, horizon, most=most))
    trial.close()
    print(f"试验 {number} 已开始：A {first.full_name}，B {second.full_name}，{share:.0%} 的会话用 B")


@ab.command("status")
def status(context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """最近一次试验的结果与结论"""
    trial = _trial(context)
    report = trial.report()
    trial.close()
    _print(report, as_json=as_json)


@ab.command("stop")
def stop(context: typer.Context, reason: Annotated[str, typer.Option(help="理由，记入试验")] = "") -> None:
    """停止试验，全部流量回到现役版本"""
    trial = _trial(context)
    report = trial.stop(reason)
    trial.close()
    _print(report, as_json=False)


def _trial(context: typer.Context) -> ABTest:
    from finetune.release.ab_test import ABTest

    return ABTest(Invocation.of(context).settings.home / "ab.db")


def _print(report: ABReport, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report.to_dict(), ensure_ascii=False))
        return
    from app.render import show_table

    rows = [
        (
            f"{arm.arm} {arm.version}", str(arm.conversations), str(arm.turns), _rate(arm.failed), _rate(arm.good), f"{arm.liked}/{arm.disliked}",
            "—" if arm.p95_s is None else f"{arm.p50_s:.2f}/{arm.p95_s:.2f}",
        )
        for arm in report.arms
    ]  # fmt: skip
    show_table(("组", "会话", "轮次", "审核失败", "无失败且无差评", "好评/差评", "P50/P95 秒"), rows)
    print(f"序贯检验（随时可看）：B 失败更多 p={report.guard_p:.3f}，B 更好 p={report.win_p:.3f}，B 更差 p={report.loss_p:.3f}")
    print(f"试验 {report.experiment}：{report.verdict}")


def _rate(rate: Rate) -> str:
    return f"{rate.value:.1%}（{rate.low:.1%}–{rate.high:.1%}）"
