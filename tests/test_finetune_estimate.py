"""The estimator against figures worked out by hand, the published sizes of the models, and a real small model."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest

from data.errors import CatalogueError, TrainingError, UsageError
from finetune.estimate.calibrate import Step, calibrated, compared, kept_bytes, lora_steps, processor_peak, step_bytes, step_flops, timed
from finetune.estimate.claims import PEAK_4090, Claim, checked_claims, memory_gb
from finetune.estimate.cost import Work, flops_per_token, hours, mfu_of, money, price_of
from finetune.estimate.from_config import job_of
from finetune.estimate.memory import GB, Layout, cache_bytes, training_memory, weight_bytes
from finetune.estimate.plans import METHODS, USABLE, Gpu, Job, cheapest_first, find_gpu, plans, read_gpus, reckon
from finetune.estimate.shapes import DEEPSEEK_7B, DEEPSEEK_67B, find_shape, read_shape
from finetune.training.config import TrainConfig, read_config
from finetune.training.presets import PRESETS
from tests.conftest import ROOT
from tests.small_lm import make_small_lm

QV, ALL, QLORA, FULL = PRESETS["qv"], PRESETS["all-linear"], PRESETS["qlora"], PRESETS["full"]
CONFIGS = ROOT / "finetune" / "configs" / "training"
CARD = Gpu("RTX 4090", 24e9, PEAK_4090)
PUBLISHED = {"7b": 6_910_365_696, "67b": 67_425_001_472}


def test_parameters_are_those_of_the_published_models() -> None:
    assert {name: find_shape(name).parameters for name in PUBLISHED} == PUBLISHED
    assert find_shape("DeepSeek-7B-Chat") is DEEPSEEK_7B and find_shape("deepseek-ai/deepseek-llm-67b-chat") is DEEPSEEK_67B


@pytest.mark.parametrize(("shape", "way", "trained", "percent"), [
    (DEEPSEEK_7B, QV, 7_864_320, "0.114"), (DEEPSEEK_67B, QV, 38_912_000, "0.058"), (DEEPSEEK_7B, ALL, 37_478_400, "0.542"),
])  # fmt: skip
def test_an_adapter_is_rank_times_in_plus_out(shape: object, way: object, trained: int, percent: str) -> None:
    assert isinstance(shape, type(DEEPSEEK_7B)) and isinstance(way, type(QV))
    assert shape.trainable(way) == trained
    assert f"{100 * trained / shape.parameters:.3f}" == percent


def test_dora_adds_a_magnitude_for_each_output_and_full_trains_everything() -> None:
    outputs = sum(tall for _, tall in DEEPSEEK_7B.linears.values())
    assert DEEPSEEK_7B.trainable(PRESETS["dora"]) - DEEPSEEK_7B.trainable(ALL) == 30 * outputs
    assert DEEPSEEK_7B.trainable(FULL) == DEEPSEEK_7B.parameters
    with pytest.raises(UsageError, match="lm_head"):
        DEEPSEEK_7B.lora_parameters(("q_proj", "lm_head"), 16)


def test_counts_of_a_real_model_and_its_adapter(tmp_path: Path) -> None:
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    from finetune.training.library_noise import deprecations_aside

    folder = make_small_lm(tmp_path / "lm")
    shape = find_shape(str(folder))
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert shape.parameters == sum(weight.numel() for weight in model.parameters())
    for name in ("qv", "all-linear", "dora"):
        with deprecations_aside():
            adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(folder), PRESETS[name].lora_config())
        assert shape.trainable(PRESETS[name]) == sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad), name


def test_a_real_step_keeps_memory_in_proportion_to_its_tokens(tmp_path: Path) -> None:
    folder = make_small_lm(tmp_path / "lm")
    run, gpu = lora_steps(str(folder), QV)
    if gpu:
        pytest.skip("counts a processor's memory")
    small, large = Step(2, 64), Step(4, 128)
    assert kept_bytes(run, large) > kept_bytes(run, small) > 0
    seen = [processor_peak(run, step) for step in (small, large)]
    assert seen[0] and seen[1]
    shape = read_shape(folder / "config.json")
    wanted = step_bytes(shape, QV, large) / step_bytes(shape, QV, small)
    assert abs(seen[1] / seen[0] / wanted - 1) < 0.15


@pytest.mark.parametrize(("config", "message"), [
    ("{}", "num_hidden_layers"), ("[1]", "JSON"), ("{", "读不了"),
    (json.dumps(dict.fromkeys(("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "vocab_size", "num_experts"), 8)), "混合专家"),
])  # fmt: skip
def test_a_config_that_cannot_be_read_is_named(tmp_path: Path, config: str, message: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(config, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        find_shape(str(path))


def test_an_unknown_model_says_what_to_give() -> None:
    with pytest.raises(UsageError, match=r"config\.json"):
        find_shape("no-such-model")


@pytest.mark.parametrize(("batch", "chunked", "gb"), [(2, False, 21.1), (4, True, 19.6), (8, True, 24.1), (4, False, 27.0)])
def test_memory_of_7b_on_one_card(batch: int, chunked: bool, gb: float) -> None:
    assert round(memory_gb(DEEPSEEK_7B, batch, 8, chunked=chunked), 1) == gb


def test_memory_of_67b_on_64_cards_part_by_part() -> None:
    parts = training_memory(DEEPSEEK_67B, QV, Layout(1, 2048, 64, sharded=True))
    found = {name: round(getattr(parts, name) / GB, 2) for name in ("weights", "adapter", "state", "gather", "checkpoints", "live", "logits", "overhead")}
    wanted = {"weights": 134.85, "adapter": 0.62, "state": 2.12, "gather": 2.77, "checkpoints": 3.19, "live": 0.64, "logits": 2.10, "overhead": 1.2}
    assert found == wanted and round(parts.total / GB, 1) == 12.0


def test_memory_changes_with_the_method() -> None:
    plain, quantised = weight_bytes(DEEPSEEK_7B), weight_bytes(DEEPSEEK_7B, four_bit=True)
    blocks = DEEPSEEK_7B.linear_parameters
    assert plain - quantised == pytest.approx(blocks * (2 - 0.5 - 0.127 / 8))
    kept = training_memory(DEEPSEEK_7B, QV, Layout(1, 2048, checkpointing=False))
    again = training_memory(DEEPSEEK_7B, QV, Layout(1, 2048))
    assert kept.live == 30 * again.live and kept.checkpoints == 0
    assert training_memory(DEEPSEEK_7B, FULL, Layout()).state == pytest.approx(18 * DEEPSEEK_7B.parameters)


def test_inference_is_weights_and_cache() -> None:
    assert [round(weight_bytes(shape) / GB, 1) for shape in (DEEPSEEK_7B, DEEPSEEK_67B)] == [13.8, 134.9]
    assert [round(cache_bytes(shape) / GB, 1) for shape in (DEEPSEEK_7B, DEEPSEEK_67B)] == [2.0, 1.6]


def test_hours_of_the_whole_job() -> None:
    padded = flops_per_token(DEEPSEEK_7B, QV, 2048) * Work(mean_tokens=2048).tokens
    assert round(hours(padded, 8, PEAK_4090, 0.15) / 24, 1) == 2.5
    assert mfu_of(padded, 8, PEAK_4090, hours(padded, 8, PEAK_4090, 0.15)) == pytest.approx(0.15)
    packed = flops_per_token(DEEPSEEK_7B, QV, 549) * Work().tokens
    assert [round(hours(packed, 1, PEAK_4090, mfu) / 24, 1) for mfu in (0.35, 0.25)] == [2.2, 3.1]
    # 4N without recomputing, 6N with it, within the attention's few per cent.
    bare, again = (flops_per_token(DEEPSEEK_7B, QV, 549, checkpointing=flag) / DEEPSEEK_7B.multiplied_parameters for flag in (False, True))
    assert 4 < bare < 4.1 and 6 < again < 6.15
    assert flops_per_token(DEEPSEEK_7B, FULL, 549) > flops_per_token(DEEPSEEK_7B, QV, 549)


def test_money_is_decimal_and_exact() -> None:
    assert price_of(Decimal(7000), Decimal("2.5"), 8).quantize(Decimal("0.1")) == Decimal("14.6")
    assert price_of(Decimal(44000), Decimal("2.9"), 64).quantize(Decimal("0.1")) == Decimal("9.9")
    assert money(2.5, 8, Decimal("14.6")) == Decimal("292.00")


CLAIMS = {
    "38912000": ("2.1", "不成立"), "7864320": ("2.3", "成立"), "0.54": ("2.1", "有条件成立"), "21.1": ("2.6", "有条件成立"), "24.1": ("2.5", "不成立"),
    "12.0": ("2.6", "有条件成立"), "15.0": ("2.6", "有条件成立"), "16.3": ("2.6", "有条件成立"), "4.4": ("2.6", "不成立"), "2.2": ("2.6", "有条件成立"),
    "14.6": ("2.6", "有条件成立"), "9.9": ("2.6", "有条件成立"), "24.7": ("8.2", "成立"), "60": ("8.2", "不成立"), "13.8": ("5.3", "有条件成立"),
    "134.9": ("5.3", "有条件成立"),
}  # fmt: skip
SECOND = {"38912000": "0.058", "7864320": "0.114", "0.54": "30", "21.1": "19.6", "4.4": "15.5", "2.2": "3.1", "24.7": "60.7", "60": "215", "13.8": "2.0", "134.9": "1.6"}


def test_every_claim_of_the_specification_is_checked() -> None:
    found: dict[str, Claim] = {str(claim.figures[0]): claim for claim in checked_claims()}
    assert {first: (claim.where, claim.verdict) for first, claim in found.items()} == CLAIMS
    assert {first: str(claim.figures[1]) for first, claim in found.items() if len(claim.figures) > 1} == SECOND


@pytest.mark.parametrize("claim", checked_claims(), ids=lambda claim: claim.computed[:24])
def test_a_claim_shows_its_figures(claim: Claim) -> None:
    shown = claim.computed.replace(",", "")
    assert all(str(figure) in shown for figure in claim.figures)


def test_the_largest_micro_batch_that_fits_is_taken() -> None:
    job = Job(DEEPSEEK_7B, QV)
    found = {(plan.cards, plan.method.name): plan for plan in plans(job, [CARD], (1, 8))}
    assert (1, "lora-fsdp") not in found and {name for _, name in found} == set(METHODS)
    ddp = found[8, "lora"]
    assert ddp.batch == 4 and ddp.fits and not reckon(job, CARD, 8, METHODS["lora"], 8).fits
    assert found[8, "lora-fsdp"].batch == 8
    assert all(plan.memory.total <= USABLE * CARD.memory for plan in found.values() if plan.fits)


def test_67b_fits_only_where_it_is_divided() -> None:
    found = {(plan.cards, plan.method.name): plan.fits for plan in plans(Job(DEEPSEEK_67B, QV), [CARD], (1, 8, 64))}
    assert {where for where, fits in found.items() if fits} == {(8, "qlora-fsdp"), (64, "lora-fsdp"), (64, "lora-zero3"), (64, "qlora-fsdp")}


def test_the_cheapest_plan_is_first_and_unpriced_cards_are_last() -> None:
    dear, cheap, unpriced = Gpu("A", 80e9, 300e12, Decimal(20)), Gpu("B", 80e9, 300e12, Decimal(5)), Gpu("C", 80e9, 900e12)
    ordered = cheapest_first(list(plans(Job(DEEPSEEK_7B, QV), [dear, unpriced, cheap], (1, 8))))
    assert ordered[0].gpu.name == "B" and ordered[0].cards == 1 and ordered[0].method.name == "lora"
    assert [plan.gpu.name for plan in ordered] == sorted((plan.gpu.name for plan in ordered), key="BAC".index)
    costs = [plan.cost[1] for plan in ordered if plan.cost]
    assert costs == sorted(costs)
    soon = cheapest_first(ordered, within=20)
    assert soon and all(plan.hours[1] <= 20 for plan in soon) and soon[0].cards == 8


def test_sharding_asks_for_a_network() -> None:
    alone, divided = (reckon(Job(DEEPSEEK_67B, QV), CARD, 64, METHODS[name], 1) for name in ("lora", "lora-fsdp"))
    assert alone.link == 0
    # Both gathers of 63/64 of the weights within the seconds of one micro-batch at the better MFU.
    seconds = flops_per_token(DEEPSEEK_67B, QV, 549) * 2048 / (PEAK_4090 * 0.35)
    assert divided.link == pytest.approx(2 * 134.85e9 * 63 / 64 / seconds, rel=1e-3)


def test_full_training_cannot_be_quantised() -> None:
    job = Job(DEEPSEEK_7B, FULL)
    with pytest.raises(UsageError, match="全量"):
        reckon(job, CARD, 8, METHODS["qlora"], 1)
    assert not any(plan.method.four_bit for plan in plans(job, [CARD], (8,)))


def test_the_table_of_cards() -> None:
    cards = read_gpus(prices={"4090": Decimal("2.5")})
    assert cards["RTX 4090"] == replace(CARD, price=Decimal("2.5")) and cards["H200"].memory == 141e9
    assert find_gpu(cards, "a100-80").name == "A100 80"
    with pytest.raises(UsageError, match="RTX 4090"):
        find_gpu(cards, "TPU")


@pytest.mark.parametrize("text", ["- 1\n", "A: {memory_gb: x, tflops: 1}\n", "A: {tflops: 1}\n", "A: [\n"])
def test_a_malformed_table_of_cards_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gpus.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="显卡表"):
        read_gpus(path)


class Machine:
    """A clock that a step moves: so many seconds fixed, so many for each operation; the first rounds, of `turns` steps, are slower."""

    def __init__(self, turns: int, noise: tuple[float, ...] = (1.0,)) -> None:
        self.now, self.steps, self.turns, self.noise = 0.0, 0, turns, noise

    def run(self, step: Step) -> None:
        round_ = self.steps // self.turns
        self.steps += 1
        self.now += (3.0 if round_ < 2 else self.noise[round_ % len(self.noise)]) * (0.01 + step_flops(DEEPSEEK_7B, QV, step) / 1e9)

    def clock(self) -> float:
        return self.now


def test_calibration_finds_rate_and_fixed_part_and_predicts_another_step() -> None:
    machine = Machine(3)
    outcome = compared(DEEPSEEK_7B, QV, machine.run, machine.clock, target=Step(16, 320))
    assert outcome.calibration.rate == pytest.approx(1e9) and outcome.calibration.fixed == pytest.approx(0.01, rel=1e-3)
    assert outcome.error == pytest.approx(0, abs=1e-9) and outcome.measured_bytes is None and outcome.memory_error is None


def test_one_slow_round_does_not_move_the_median() -> None:
    machine = Machine(1, noise=(1.0, 1.0, 1.0, 9.0, 1.0))
    flops = step_flops(DEEPSEEK_7B, QV, Step(1, 8))
    assert timed(machine.run, [Step(1, 8)], machine.clock) == [pytest.approx(0.01 + flops / 1e9)]


def test_a_machine_that_slows_down_slows_prediction_and_measurement_alike() -> None:
    machine = Machine(3, noise=(1.0, 1.5, 2.0, 2.5, 3.0))
    outcome = compared(DEEPSEEK_7B, QV, machine.run, machine.clock)
    assert outcome.error == pytest.approx(0, abs=1e-9)


def test_a_step_that_takes_longer_than_predicted_shows_it() -> None:
    machine = Machine(3)
    outcome = compared(DEEPSEEK_7B, QV, lambda step: machine.run(Step(step.batch + step.batch // 8, step.sequence)), machine.clock)
    assert outcome.error < -0.1


def test_memory_is_scaled_from_the_calibrating_step() -> None:
    machine = Machine(3)
    outcome = compared(
        DEEPSEEK_7B, QV, machine.run, machine.clock, base=Step(2, 128), target=Step(4, 128), peak=lambda run, step: 100.0 * step.batch * step.sequence
    )
    assert outcome.predicted_bytes == pytest.approx(51_200) and outcome.memory_error == pytest.approx(0)


def test_steps_that_tell_nothing_are_an_error() -> None:
    with pytest.raises(TrainingError, match="标定失败"):
        calibrated(lambda step: 1.0, 0.5, 0.5)


PLACED = {
    "gpu8_7b_lora.yaml": (8, ("lora",), "19.6 GB", "6.6-15.5 h"), "gpu8_7b_lora_sharded.yaml": (8, ("lora-fsdp", "lora-zero3"), "12.8 GB", "6.7-15.6 h"),
    "gpu64_67b_lora.yaml": (64, ("lora-fsdp", "lora-zero3"), "14.3 GB", "8.5-19.8 h"),
}  # fmt: skip


def test_every_shipped_configuration_is_placed() -> None:
    assert {path.name for path in CONFIGS.glob("gpu*.yaml")} == set(PLACED)


@pytest.mark.parametrize("name", PLACED)
def test_a_shipped_configuration_fits_as_its_comment_says(name: str) -> None:
    cards, methods, memory, time = PLACED[name]
    config = read_config(CONFIGS / name)
    comment = (CONFIGS / name).read_text(encoding="utf-8")
    for method in methods:
        plan = reckon(job_of(config), CARD, cards, METHODS[method], config.batch_size)
        assert plan.fits
        assert f"{plan.memory.total / GB:.1f} GB" == memory and memory in comment
        assert f"{plan.hours[0]:.1f}-{plan.hours[1]:.1f} h" == time and time in comment
        assert not plan.link or f"{plan.link / GB:.1f} GB/s" in comment


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGS.glob("accelerate_*.yaml")))
def test_accelerate_reads_the_shipped_launch_files(name: str) -> None:
    read = import_module("accelerate.commands.config.config_args").load_config_from_file(str(CONFIGS / name))
    cards = 64 if "64" in name else 8
    assert read.num_processes == cards and read.num_machines == cards // 8 and read.mixed_precision == "bf16"
    used = [path for path in CONFIGS.glob("gpu*.yaml") if name in path.read_text(encoding="utf-8")]
    assert used
    for config in (read_config(path) for path in used):
        if "zero3" in name:
            assert read.deepspeed_config["zero_stage"] == 3 and read.deepspeed_config["gradient_accumulation_steps"] == config.accumulation
            assert read.deepspeed_config["gradient_clipping"] == config.max_grad_norm and not config.adaptation.four_bit
        else:
            # Both at once are refused by the trainer.
            assert not (read.fsdp_config["fsdp_activation_checkpointing"] and config.activation_checkpointing)
            assert read.fsdp_config["fsdp_version"] == 2


def test_a_configuration_becomes_a_job() -> None:
    job = job_of(TrainConfig(base="deepseek-7b", preset="all-linear", r=8, epochs=2, max_length=512), rows=100, mean_tokens=549)
    assert job.shape is DEEPSEEK_7B and job.way.r == 8 and job.sequence == 512 and not job.checkpointing
    assert job.work == Work(100, 2, 512)
