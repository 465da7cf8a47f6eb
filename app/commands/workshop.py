"""`caizhi train workshop`: the whole loop small - rows, training, evaluation, release, service, A/B, swap, rollback - in one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from finetune.workshop.report import Step


def workshop(
    out: Annotated[Path, typer.Option("--out", "-o", help="写到哪个目录：空的，或上一次工坊留下的（会清空重来）")] = Path("var/workshop"),
    base: Annotated[str, typer.Option("--base", help="基座：caizhi-lm-base，或模型文件夹")] = "caizhi-lm-base",
    rows: Annotated[int | None, typer.Option("--rows", min=200, help="生成多少行问答、计算与方法数据")] = None,
    seed: Annotated[int, typer.Option("--seed", help="随机种子；同一种子走出同一圈")] = 1,
    threads: Annotated[int, typer.Option("--threads", min=1, help="线程数")] = 2,
) -> int:
    """一条命令走完整圈：数据 → 训练 → 评估 → 对比 → 量化 → 一致性 → 登记 → 上线 → 服务 → A/B → 热切换 → 回滚；几分钟，不碰已有的模型和登记库"""
    from finetune.workshop.loop import STEPS, run_workshop
    from finetune.workshop.plan import Plan
    from finetune.workshop.report import JSON_FILE, MARKDOWN_FILE

    sizes = Plan(base=base, seed=seed, threads=threads, workers=threads)
    if rows is not None:
        sizes = Plan(base=base, seed=seed, threads=threads, workers=threads, rows=rows, narrations=rows // 4)
    places = {name: number for number, name in enumerate(STEPS, start=1)}

    def tell(step: Step) -> None:
        mark = "✗" if step.outcome.problems else "✓"
        print(f"{mark} {places[step.name]:>2}/{len(places)} {step.title}（{step.seconds:.1f} 秒）{step.outcome.line}", flush=True)

    report = run_workshop(out, sizes, tell)
    for problem in report.problems:
        print(f"不符合预期：{problem}")
    print(f"一圈用时 {report.seconds:.0f} 秒；报告 {out / MARKDOWN_FILE}、{out / JSON_FILE}")
    return 1 if report.problems else 0
