"""`caizhi train estimate` and `caizhi train config convert`: what a training will take, and our configuration for other trainers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.render import show_table
from data.errors import UsageError

if TYPE_CHECKING:
    from finetune.estimate.memory import Memory
    from finetune.estimate.plans import Gpu, Job, Plan
    from finetune.training.config import TrainConfig

config = typer.Typer(help="训练配置", rich_markup_mode=None, no_args_is_help=True)
_PARTS = {"state": "权重与训练状态", "gather": "聚合的分片", "checkpoints": "激活检查点", "live": "活动层", "logits": "输出", "overhead": "固定开销"}


def estimate(
    base: Annotated[str | None, typer.Option(help="模型：deepseek-7b、deepseek-67b、caizhi-lm-base、文件夹或 config.json")] = None,
    config_file: Annotated[Path | None, typer.Option("--config", help="训练配置 YAML；命令行选项优先于它")] = None,
    preset: Annotated[str | None, typer.Option(help="预设：qv、all-linear、qlora、rslora、dora、full")] = None,
    r: Annotated[int | None, typer.Option(min=1, help="LoRA 的秩")] = None,
    rows: Annotated[int, typer.Option(min=1, help="训练行数")] = 170_000,
    epochs: Annotated[float | None, typer.Option(min=0.0, help="轮数")] = None,
    tokens: Annotated[int, typer.Option(min=1, help="每行平均词元数（紧排）")] = 549,
    max_length: Annotated[int | None, typer.Option(min=1, help="最大长度，决定显存")] = None,
    padded: Annotated[bool, typer.Option("--padded", help="每行补到最大长度，而不是紧排")] = False,
    gpu: Annotated[str, typer.Option(help="显卡；all 为全部")] = "RTX 4090",
    cards: Annotated[int, typer.Option(min=1, help="张数")] = 8,
    method: Annotated[str | None, typer.Option(help="lora、qlora、lora-fsdp、lora-zero3、qlora-fsdp；不给则按预设")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="每卡微批的行数")] = None,
    whole_loss: Annotated[bool, typer.Option("--whole-loss", help="损失一次算完全部位置，不分块")] = False,
    keep_activations: Annotated[bool, typer.Option("--keep-activations", help="不用激活检查点")] = False,
    price: Annotated[list[str] | None, typer.Option(help="每卡时单价，可重复：数字，或 显卡=数字")] = None,
    gpus: Annotated[Path | None, typer.Option(help="显卡表 YAML")] = None,
    within: Annotated[float | None, typer.Option(min=0.0, help="最多多少小时")] = None,
    claims: Annotated[bool, typer.Option("--claims", help="只列出说明书的数字与核算结果")] = False,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="在本机实测一步，与预测对照")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> int:
    """估算训练：参数、显存、小时、费用、最便宜的可行方案（不加载模型）"""
    from finetune.estimate.from_config import job_of
    from finetune.estimate.plans import GPUS, cheapest_first, find_gpu, plans, read_gpus, reckon
    from finetune.training.base_models import BUNDLED

    if claims:
        return _claims(as_json=as_json)
    flags = {"base": base, "preset": preset, "r": r, "epochs": epochs, "max_length": max_length, "batch_size": batch}
    chosen = _chosen(config_file, flags, keep_activations=keep_activations)
    if calibrate:
        return _calibrate(chosen if base or config_file else replace(chosen, base=BUNDLED), as_json=as_json)
    job = job_of(chosen, rows, chosen.max_length if padded else tokens)
    job = replace(job, chunked_loss=not whole_loss)
    table = read_gpus(gpus or GPUS, _prices(price or [], gpu))
    wanted = list(table.values()) if gpu == "all" else [find_gpu(table, gpu)]
    plan = reckon(job, wanted[0], cards, _method(method or ("qlora" if job.way.four_bit else "lora")), chosen.batch_size) if gpu != "all" else None
    best = cheapest_first(list(plans(job, wanted)), within)[:5]
    if as_json:
        print(json.dumps(_record(job, plan, best), ensure_ascii=False))
        return 0
    _show(job, plan, best)
    return 0


@config.command("convert")
def convert(
    file: Annotated[Path, typer.Argument(help="本项目的训练配置 YAML")],
    to: Annotated[str, typer.Option(help="llamafactory、ms-swift 或 axolotl")],
    out: Annotated[Path, typer.Option("-o", "--out", help="写到哪个文件")],
) -> int:
    """把训练配置转换给其他训练框架"""
    from finetune.training.config import read_config
    from finetune.training.convert import convert as converted
    from finetune.training.convert import write

    made = converted(read_config(file), to, out)
    print("已写入 " + "、".join(str(path) for path in write(made, out)))
    print(f"转换了 {len(made.taken)} 项，没有对应项的 {len(made.left)} 项：")
    for name, why in made.left.items():
        print(f"  {name}：{why}")
    print("须知：")
    for note in made.notes:
        print(f"  {note}")
    print(f"运行：{made.command}")
    return 0


def _chosen(path: Path | None, flags: dict[str, Any], *, keep_activations: bool) -> TrainConfig:
    """The configuration. Without a file: the specification's (DeepSeek-7B), with activation checkpointing."""
    from finetune.training.config import read_config

    if path is None:
        return replace(read_config(None, {"base": "deepseek-7b", **_given(flags)}), activation_checkpointing=not keep_activations)
    read = read_config(path, flags)
    return replace(read, activation_checkpointing=False) if keep_activations else read


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}


def _method(name: str) -> Any:
    from finetune.estimate.plans import METHODS

    if name not in METHODS:
        raise UsageError(f"没有名为“{name}”的方法；可用：{'、'.join(METHODS)}")
    return METHODS[name]


def _prices(texts: Sequence[str], gpu: str) -> dict[str, Decimal]:
    """Prices by card; a plain number is for the card that was asked for.

    Raises:
        UsageError: a price is not a positive number, or it is not told for which card.
    """
    prices = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals and gpu == "all":
            raise UsageError(f"--price 应写明是哪种显卡：RTX 4090={text}")
        try:
            prices[name or gpu] = Decimal(value)
        except InvalidOperation:
            raise UsageError(f"--price 应是数字，或 显卡=数字，不是“{text}”") from None
        if not prices[name or gpu].is_finite() or prices[name or gpu] < 0:
            raise UsageError(f"--price 应是不小于 0 的数：“{text}”")
    return prices


def _show(job: Job, plan: Plan | None, best: Sequence[Plan]) -> None:
    from finetune.estimate.memory import GB, cache_bytes, weight_bytes

    shape, trained = job.shape, job.shape.trainable(job.way)
    print(f"{shape.name}：{shape.parameters / 1e9:.2f} B 参数；{job.way.name} 训练 {trained:,} 个（{100 * trained / shape.parameters:.3f}%）")
    print(f"数据：{job.work.rows:,} 行 × {job.work.epochs:g} 轮 × 平均 {job.work.mean_tokens} 词元 = {job.work.tokens / 1e9:.2f} G 词元")
    print(f"推理：权重 {weight_bytes(shape) / GB:.1f} GB，每 4,096 词元的 KV 缓存 {cache_bytes(shape) / GB:.1f} GB")
    if plan is not None:
        verdict = "放得下" if plan.fits else "放不下"
        print(f"\n{plan.cards} × {plan.gpu.name}，{plan.method.about}，微批 {plan.batch} × {job.sequence}：{verdict}")
        show_table(("显存（每卡）", "GB"), [*_memory_rows(plan.memory), ("合计", f"{plan.memory.total / GB:.1f}")])
        print(f"时间：{_range(plan)} 小时（MFU 35%–15%）；{_money(plan)}")
        if plan.link:
            print(f"分片要求每卡收数据 {plan.link / GB:.1f} GB/s，网络慢于此则时间由网络决定")
    print("\n最便宜的可行方案：" if best else "\n没有可行的方案")
    if best:
        show_table(("显卡", "张数", "方法", "微批", "GB/卡", "小时", "卡时", "费用（元）"), [_plan_row(each) for each in best])


def _memory_rows(memory: Memory) -> list[tuple[str, str]]:
    return [(label, f"{getattr(memory, name) / 1e9:.2f}") for name, label in _PARTS.items()]


def _range(plan: Plan) -> str:
    return f"{plan.hours[0]:.1f}–{plan.hours[1]:.1f}"


def _money(plan: Plan) -> str:
    return f"费用 {plan.cost[0]:,}–{plan.cost[1]:,} 元" if plan.cost else "费用：请用 --price 给出每卡时单价"


def _plan_row(plan: Plan) -> tuple[str, ...]:
    spent = f"{plan.cost[0]:,}–{plan.cost[1]:,}" if plan.cost else "未给单价"
    size, taken = f"{plan.memory.total / 1e9:.1f}", f"{plan.card_hours:.0f}"
    return (plan.gpu.name, str(plan.cards), plan.method.name, str(plan.batch), size, _range(plan), taken, spent)


def _record(job: Job, plan: Plan | None, best: Sequence[Plan]) -> dict[str, Any]:
    from finetune.estimate.memory import cache_bytes, weight_bytes

    return {
        "model": job.shape.name, "parameters": job.shape.parameters, "trained": job.shape.trainable(job.way), "tokens": job.work.tokens,
        "inference": {"weights": weight_bytes(job.shape), "cache_4096": cache_bytes(job.shape)},
        "plan": _plan_record(plan) if plan else None, "best": [_plan_record(each) for each in best],
    }  # fmt: skip


def _plan_record(plan: Plan) -> dict[str, Any]:
    gpu: Gpu = plan.gpu
    return {
        "gpu": gpu.name, "cards": plan.cards, "method": plan.method.name, "batch": plan.batch, "fits": plan.fits, "hours": list(plan.hours),
        "memory": {**{name: getattr(plan.memory, name) for name in _PARTS}, "total": plan.memory.total}, "link": plan.link,
        "cost": [str(part) for part in plan.cost] if plan.cost else None,
    }  # fmt: skip


def _claims(*, as_json: bool) -> int:
    from finetune.estimate.claims import checked_claims

    found = checked_claims()
    if as_json:
        rows = [{"where": each.where, "claim": each.claim, "computed": each.computed, "verdict": each.verdict} for each in found]
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    show_table(("说明书", "所述", "核算", "结论"), [(each.where, each.claim, each.computed, each.verdict) for each in found])
    return 0


def _calibrate(chosen: TrainConfig, *, as_json: bool) -> int:
    from finetune.estimate.calibrate import measured_here
    from finetune.estimate.shapes import find_shape

    seen = measured_here(chosen.base, find_shape(chosen.base), chosen.adaptation)
    record = {
        "rate": seen.calibration.rate, "fixed": seen.calibration.fixed, "batch": seen.step.batch, "sequence": seen.step.sequence,
        "predicted": seen.predicted, "measured": seen.measured, "error": seen.error,
        "predicted_bytes": seen.predicted_bytes, "measured_bytes": seen.measured_bytes,
    }  # fmt: skip
    if as_json:
        print(json.dumps(record))
        return 0
    print(f"本机（单线程或一张 GPU）：{seen.calibration.rate / 1e9:.1f} GFLOP/s，每步固定 {seen.calibration.fixed * 1e3:.1f} 毫秒")
    rows = [("一步的毫秒数", f"{seen.predicted * 1e3:.1f}", f"{seen.measured * 1e3:.1f}", f"{seen.error:+.1%}")]
    if seen.memory_error is not None and seen.predicted_bytes and seen.measured_bytes:
        rows.append(("激活的 MB", f"{seen.predicted_bytes / 1e6:.1f}", f"{seen.measured_bytes / 1e6:.1f}", f"{seen.memory_error:+.1%}"))
    show_table((f"{seen.step.batch} 行 × {seen.step.sequence} 词元", "预测", "实测", "误差"), rows)
    return 0
