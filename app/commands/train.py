"""`caizhi train`: train the language model's adapters and the helper models; every run leaves a record."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import UsageError

if TYPE_CHECKING:
    from finetune.training.config import TrainConfig
    from finetune.training.evaluation_hook import Progress
    from finetune.training.run_record import Kind, Run

train = typer.Typer(help="训练：语言模型的 LoRA、全量、增量、超参搜索、强化，以及重排、实体、向量模型", rich_markup_mode=None, no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", help="YAML 配置；命令行选项优先于它")]
Data = Annotated[Path | None, typer.Option("--data", help="训练数据：alpaca 的 JSON 数组，或每行一条 messages 的 JSON Lines")]
Base = Annotated[str | None, typer.Option("--base", help="基座：caizhi-lm-base、文件夹，或 DeepSeek-7B-Chat 一类的名称")]
Out = Annotated[Path | None, typer.Option("--out", help="结果文件夹")]
Validation = Annotated[Path | None, typer.Option("--validation", help="验证数据")]
Preset = Annotated[str | None, typer.Option("--preset", help="预设：qv、all-linear、qlora、rslora、dora、full")]
Epochs = Annotated[float | None, typer.Option("--epochs", help="轮数")]
Steps = Annotated[int | None, typer.Option("--max-steps", help="最多多少步，-1 为全部")]
Batch = Annotated[int | None, typer.Option("--batch-size", help="每批几行")]
Rate = Annotated[float | None, typer.Option("--learning-rate", help="学习率")]
Seed = Annotated[int | None, typer.Option("--seed", help="随机种子")]
Threads = Annotated[int | None, typer.Option("--threads", help="线程数")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="其他配置项，名称=值，可重复，例如 --set max_length=512")]
Tracking = Annotated[Path | None, typer.Option("--tracking", help="MLflow 存储所在的文件夹；不给则不记入 MLflow")]


@train.command("lora")
def lora(
    config: Config = None, data: Data = None, base: Base = None, out: Out = None, validation: Validation = None, preset: Preset = None,
    epochs: Epochs = None, max_steps: Steps = None, batch_size: Batch = None, learning_rate: Rate = None, seed: Seed = None, threads: Threads = None,
    settings: Settings = None, resume: Annotated[bool, typer.Option("--resume", help="从上次的检查点接着训练")] = False,
    sweep_trials: Annotated[int, typer.Option("--sweep", help="先搜索超参，给出试验次数")] = 0, tracking: Tracking = None,
) -> int:
    """训练 LoRA 适配器"""
    flags = {
        "data": data, "base": base, "out": out, "validation": validation, "preset": preset, "epochs": epochs, "max_steps": max_steps,
        "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed, "threads": threads, "resume": "last" if resume else None,
    }  # fmt: skip
    chosen = _config(config, flags, settings)
    if not chosen.adaptation.lora:
        raise UsageError("train lora 不做全量微调；请用 train full")
    return _swept(chosen, sweep_trials, tracking) if sweep_trials else _supervised(chosen, tracking)


@train.command("full")
def full(
    config: Config = None, data: Data = None, base: Base = None, out: Out = None, validation: Validation = None, epochs: Epochs = None,
    max_steps: Steps = None, batch_size: Batch = None, learning_rate: Rate = None, seed: Seed = None, threads: Threads = None,
    settings: Settings = None, tracking: Tracking = None,
) -> int:
    """全量微调：训练所有参数"""
    flags = {
        "data": data, "base": base, "out": out, "validation": validation, "preset": "full", "epochs": epochs, "max_steps": max_steps,
        "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed, "threads": threads,
    }  # fmt: skip
    return _supervised(_config(config, flags, settings), tracking)


@train.command("sweep")
def sweep(
    trials: Annotated[int, typer.Option("--trials", help="试验次数；中断后再运行会接着做")] = 12, config: Config = None, data: Data = None,
    base: Base = None, out: Out = None, validation: Validation = None, preset: Preset = None, epochs: Epochs = None, max_steps: Steps = None,
    batch_size: Batch = None, seed: Seed = None, threads: Threads = None, settings: Settings = None, tracking: Tracking = None,
) -> int:
    """用 Optuna 搜索学习率、秩、alpha、dropout"""
    flags = {
        "data": data, "base": base, "out": out, "validation": validation, "preset": preset, "epochs": epochs, "max_steps": max_steps,
        "batch_size": batch_size, "seed": seed, "threads": threads,
    }  # fmt: skip
    return _swept(_config(config, flags, settings), trials, tracking)


@train.command("grpo")
def grpo(
    start: Annotated[Path | None, typer.Option("--start", help="从哪个适配器开始；不给则从基座开始")] = None,
    config: Config = None, data: Data = None, base: Base = None, out: Out = None, preset: Preset = None, epochs: Epochs = None,
    max_steps: Steps = None, batch_size: Batch = None, learning_rate: Rate = None, seed: Seed = None, threads: Threads = None,
    settings: Settings = None,
    generations: Annotated[int, typer.Option("--generations", help="每个问题生成几个回答")] = 8,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="回答的最大长度")] = 128,
    temperature: Annotated[float, typer.Option("--temperature", help="采样温度")] = 1.0, tracking: Tracking = None,
) -> int:
    """用可验证的奖励做强化（GRPO）：算式、单位、调用、引用"""
    from finetune.training.grpo import Sampling, run_grpo

    flags = {
        "data": data, "base": base, "out": out, "preset": preset, "epochs": epochs, "max_steps": max_steps, "batch_size": batch_size,
        "learning_rate": learning_rate, "seed": seed, "threads": threads,
    }  # fmt: skip
    chosen = _with_data(_config(config, flags, settings))
    drawn = Sampling(generations, max_new_tokens, temperature)
    return _done(chosen.out, run_grpo(chosen, start, drawn, progress=_show, tracking=tracking, command=_command()))


@train.command("incremental")
def incremental(
    adapter: Annotated[Path, typer.Option("--adapter", help="接着训练的适配器")], config: Config = None, data: Data = None, out: Out = None,
    old_data: Annotated[Path | None, typer.Option("--old-data", help="旧的训练数据，从中回放")] = None,
    replay: Annotated[float, typer.Option("--replay", help="旧数据在其中的比例")] = 0.2, validation: Validation = None, epochs: Epochs = None,
    max_steps: Steps = None, batch_size: Batch = None, learning_rate: Rate = None, seed: Seed = None, threads: Threads = None,
    settings: Settings = None, tracking: Tracking = None,
) -> int:
    """在新数据上接着训练一个适配器，并回放一部分旧数据"""
    from finetune.training.incremental import continue_training

    flags = {
        "data": data, "out": out, "validation": validation, "epochs": epochs, "max_steps": max_steps, "batch_size": batch_size,
        "learning_rate": learning_rate, "seed": seed, "threads": threads,
    }  # fmt: skip
    chosen = _with_data(_config(config, flags, settings))
    made = continue_training(chosen, adapter, old_data, replay=replay, progress=_show, tracking=tracking, command=_command())
    return _done(chosen.out, made)


@train.command("reranker")
def reranker(
    out: Annotated[Path, typer.Option("--out", help="结果文件夹")] = Path("models/caizhi-reranker"),
    reports: Annotated[int | None, typer.Option("--reports", help="生成多少份报告来训练")] = None, steps: Steps = None, seed: Seed = None,
    threads: Threads = None, tracking: Tracking = None,
) -> int:
    """训练重排模型（小型交叉编码器）"""
    from finetune import reranker as trainer

    plan = _planned(trainer.Plan(), reports=reports, steps=steps, seed=seed, threads=threads)
    return _helper("reranker", plan, out, tracking, lambda: trainer.train(plan, out, _command()))


@train.command("embedding")
def embedding(
    out: Annotated[Path, typer.Option("--out", help="结果文件夹")] = Path("models/caizhi-embedding"),
    reports: Annotated[int | None, typer.Option("--reports", help="生成多少份报告来训练")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="轮数")] = None, seed: Seed = None, threads: Threads = None,
    tracking: Tracking = None,
) -> int:
    """训练向量模型（静态词向量）"""
    from finetune import embedding as trainer

    plan = _planned(trainer.Plan(), reports=reports, epochs=epochs, seed=seed, threads=threads)
    return _helper("embedding", plan, out, tracking, lambda: trainer.train(plan, out, _command()))


@train.command("ner")
def ner(
    out: Annotated[Path, typer.Option("--out", help="结果文件夹")] = Path("models/caizhi-ner"),
    sentences: Annotated[int | None, typer.Option("--sentences", help="生成多少个句子来训练")] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="轮数")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="最多多少分钟处理器时间")] = None, seed: Seed = None, threads: Threads = None,
    tracking: Tracking = None,
) -> int:
    """训练实体标注模型（公司、指标、数值、时间）"""
    from finetune import ner as trainer

    settings = _planned(trainer.Settings(), sentences=sentences, epochs=epochs, minutes=minutes, seed=seed, threads=threads)
    return _helper("ner", settings, out, tracking, lambda: {"metrics": trainer.train(settings, out)})


def _planned(plan: Any, **values: Any) -> Any:
    """A trainer's own settings with the flags that were given."""
    return replace(plan, **{name: value for name, value in values.items() if value is not None})


def _helper(kind: Kind, plan: Any, out: Path, tracking: Path | None, run: Callable[[], Mapping[str, Any]]) -> int:
    """One of the helper models, recorded like every other training."""
    from finetune.model_folder import MANIFEST
    from finetune.training.run_record import data_of_manifest

    record: AbstractContextManager[Run] = _recorded(kind, asdict(plan), out, tracking)
    print(f"开始训练 {out}，这要一些时间")
    with record as under_way:
        made = run()
        under_way.metrics.update(made.get("metrics", {}))
        under_way.data = data_of_manifest(out / MANIFEST)
    return _done(str(out), under_way.metrics)


def _recorded(kind: Kind, plan: Mapping[str, Any], out: Path, tracking: Path | None) -> AbstractContextManager[Run]:
    from finetune.training.run_record import recorded

    return recorded(kind, plan, {}, out, tracking, _command())


def _config(path: Path | None, flags: Mapping[str, Any], settings: list[str] | None) -> TrainConfig:
    """The configuration of the file, the --set items and the flags, the later over the earlier."""
    from finetune.training.config import read_config

    further: dict[str, str] = {}
    for item in settings or ():
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"--set 应写作 名称=值，不是“{item}”")
        further[name.strip()] = value.strip()
    return read_config(path, {**further, **{name: value for name, value in flags.items() if value is not None}})


def _with_data(config: TrainConfig) -> TrainConfig:
    if not config.data:
        raise UsageError("没有训练数据；请用 --data 给出文件，或在 --config 里写 data")
    return config


def _supervised(config: TrainConfig, tracking: Path | None) -> int:
    from finetune.training.training_run import supervised

    return _done(config.out, supervised(_with_data(config), progress=_show, tracking=tracking, command=_command()))


def _swept(config: TrainConfig, trials: int, tracking: Path | None) -> int:
    from finetune.training.sweep import BEST, sweep

    found = sweep(_with_data(config), trials, progress=print, tracking=tracking, command=_command())
    print(f"{found.trials} 次试验（{found.pruned} 次提前结束），最好的 {config.metric} 为 {found.value:.5f}；配置写入 {Path(config.out) / BEST}")
    return 0


def _show(step: Progress) -> None:
    """One line of progress."""
    values = "  ".join(f"{name}={value:.4g}" for name, value in step.values.items() if name in ("loss", "learning_rate", "reward") or "eval_" in name)
    if values:
        print(f"第 {step.step}/{step.steps} 步  {values}", flush=True)


def _done(out: str, metrics: Mapping[str, Any]) -> int:
    from finetune.training.hardware import is_main_process

    if not is_main_process():
        return 0
    print(f"已写入 {out}")
    for name, value in metrics.items():
        print(f"  {name}: {value:.5g}" if isinstance(value, float) else f"  {name}: {value}")
    return 0


def _command() -> str:
    """The words of this run, for its record."""
    return f"python -m app {shlex.join(sys.argv[1:])}".strip()
