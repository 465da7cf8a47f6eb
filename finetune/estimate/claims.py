"""The specification's figures on parameters, resources and money, each beside what follows by calculation."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from finetune.estimate.cost import MFU_RANGE, Work, flops_per_token, hours, mfu_of, price_of
from finetune.estimate.memory import GB, Layout, cache_bytes, training_memory, weight_bytes
from finetune.estimate.shapes import DEEPSEEK_7B, DEEPSEEK_67B, Shape
from finetune.training.presets import PRESETS, Preset

Verdict = Literal["成立", "有条件成立", "不成立"]
PEAK_4090 = 165.2e12
MAX_LENGTH = 2048
QV, ALL = PRESETS["qv"], PRESETS["all-linear"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure. where: section of the specification. figures: what was computed, as shown in `computed`."""

    where: str
    claim: str
    computed: str
    verdict: Verdict
    figures: tuple[Decimal, ...]


def checked_claims() -> tuple[Claim, ...]:
    """Every figure of the specification that a formula can check."""
    return (*_parameter_claims(), *_memory_claims(), *_time_claims(), *_money_claims(), *_inference_claims())


def memory_gb(shape: Shape, batch: int, cards: int, *, sharded: bool = False, chunked: bool = False, way: Preset = QV) -> float:
    """GB of one card at 2,048 tokens."""
    return training_memory(shape, way, Layout(batch, MAX_LENGTH, cards, sharded, chunked_loss=chunked)).total / GB


def _parameter_claims() -> tuple[Claim, ...]:
    small, large = DEEPSEEK_7B.trainable(QV), DEEPSEEK_67B.trainable(QV)
    shares = [_share(small, DEEPSEEK_7B), _share(large, DEEPSEEK_67B), _share(DEEPSEEK_7B.trainable(ALL), DEEPSEEK_7B)]
    rank = next(r for r in range(1, 257) if DEEPSEEK_7B.lora_parameters("all-linear", r) >= DEEPSEEK_7B.parameters / 100)
    return (
        Claim("2.1", "约 1%（670亿到 6.7亿）", f"67B、r=16、q/v：{large:,} 个，{shares[1]:.3f}%", "不成立", (Decimal(large), _d(shares[1], 3))),
        Claim("2.3", "r=16，q_proj、v_proj", f"7B：{small:,} 个，{shares[0]:.3f}%", "成立", (Decimal(small), _d(shares[0], 3))),
        Claim("2.1", "训练参数约 1%", f"7B 所有线性层 r=16：{shares[2]:.2f}%；1% 需 r≈{rank}", "有条件成立", (_d(shares[2], 2), Decimal(rank))),
    )


def _memory_claims() -> tuple[Claim, ...]:
    two, four, eight = memory_gb(DEEPSEEK_7B, 2, 8), memory_gb(DEEPSEEK_7B, 4, 8, chunked=True), memory_gb(DEEPSEEK_7B, 8, 8, chunked=True)
    large = memory_gb(DEEPSEEK_67B, 1, 64, sharded=True)
    return (
        Claim("2.6", "7B 每卡约 20GB", f"微批 2：{two:.1f} GB；微批 4、分块损失：{four:.1f} GB", "有条件成立", (_d(two, 1), _d(four, 1))),
        Claim("2.5", "Batch Size 4-8", f"7B 微批 8、分块损失：{eight:.1f} GB，24GB 卡放不下", "不成立", (_d(eight, 1),)),
        Claim("2.6", "67B 每卡约 12GB", f"微批 1、ZeRO-3/FSDP：{large:.1f} GB", "有条件成立", (_d(large, 1),)),
    )


def _time_claims() -> tuple[Claim, ...]:
    small, large = _mfu(DEEPSEEK_7B, 8, 2.5), _mfu(DEEPSEEK_67B, 64, 2.9)
    packed = sum((_hours(DEEPSEEK_7B, 8, checkpointing=plain) for plain in (False, True)), ())
    alone = [_hours(DEEPSEEK_7B, 1, mfu=mfu)[0] / 24 for mfu in (0.35, 0.25)]
    return (
        Claim("2.6", "7B 约 2.5 天", f"每行补到 {MAX_LENGTH} 时即 MFU {small:.1%}", "有条件成立", (_d(100 * small, 1),)),
        Claim("2.6", "67B 约 2.9 天", f"每行补到 {MAX_LENGTH} 时即 MFU {large:.1%}", "有条件成立", (_d(100 * large, 1),)),
        Claim(
            "2.6", "7B 约 2.5 天", f"紧排、平均 549 词元、MFU 15%–35%：八卡 {min(packed):.1f}–{max(packed):.1f} 小时", "不成立",
            (_d(min(packed), 1), _d(max(packed), 1)),
        ),
        Claim("2.6", "7B 约 2.5 天", f"同上，MFU 25%–35%：一张卡 {alone[0]:.1f}–{alone[1]:.1f} 天", "有条件成立", (_d(alone[0], 1), _d(alone[1], 1))),
    )  # fmt: skip


def _money_claims() -> tuple[Claim, ...]:
    small, large = price_of(Decimal(7000), Decimal("2.5"), 8), price_of(Decimal(44000), Decimal("2.9"), 64)
    # Ten thousands of yuan a year: least saved is cheapest API against dearest LoRA.
    least, most = Decimal(120) - Decimal(60), Decimal(240) - Decimal(25)
    year = [Decimal("0.7") + 12 * Decimal(month) for month in (2, 5)]
    return (
        Claim("2.6", "7B 约 7,000 元", f"隐含每卡时 {small:.1f} 元", "有条件成立", (_q(small, 1),)),
        Claim("2.6", "67B 约 44,000 元", f"隐含每卡时 {large:.1f} 元，与上一行不同价", "有条件成立", (_q(large, 1),)),
        Claim("8.2", "LoRA 总成本 25-60 万/年", f"0.7 + 12×(2 至 5) = {year[0]:.1f} 至 {year[1]:.1f} 万", "成立", (year[0], year[1])),
        Claim("8.2", "节省 95-180 万", f"120−60 至 240−25 = {least} 至 {most} 万", "不成立", (least, most)),
    )


def _inference_claims() -> tuple[Claim, ...]:
    rows = []
    for shape, claim in ((DEEPSEEK_7B, "7B 约 14GB"), (DEEPSEEK_67B, "67B 约 134GB")):
        weights, cache = weight_bytes(shape) / GB, cache_bytes(shape) / GB
        told = f"只是权重（{weights:.1f} GB）；每 4,096 词元的 KV 缓存另加 {cache:.1f} GB"
        rows.append(Claim("5.3", claim, told, "有条件成立", (_d(weights, 1), _d(cache, 1))))
    return tuple(rows)


def _share(trained: int, shape: Shape) -> float:
    return 100 * trained / shape.parameters


def _mfu(shape: Shape, cards: int, days: float) -> float:
    """The MFU that the specification's days imply when every row is padded."""
    padded = Work(mean_tokens=MAX_LENGTH)
    return mfu_of(flops_per_token(shape, QV, MAX_LENGTH) * padded.tokens, cards, PEAK_4090, 24 * days)


def _hours(shape: Shape, cards: int, *, checkpointing: bool = True, mfu: float | None = None) -> tuple[float, ...]:
    work = Work()
    flops = flops_per_token(shape, QV, work.mean_tokens, checkpointing=checkpointing) * work.tokens
    return tuple(hours(flops, cards, PEAK_4090, share) for share in ((mfu,) if mfu else MFU_RANGE))


def _d(value: float, places: int) -> Decimal:
    return _q(Decimal(str(value)), places)


def _q(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))
