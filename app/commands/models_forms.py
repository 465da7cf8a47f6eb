"""`caizhi models export|quantise|parity`: the forms of a trained model, and whether they say the same."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.models_shared import folder_of, show_progress
from data.errors import UsageError

if TYPE_CHECKING:
    from finetune.release.parity import ParityReport

_KINDS = ("adapter", "merged", "onnx", "gguf")


def export(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="适配器目录、版本或别名；onnx 与 gguf 用合并后的模型目录")],
    to: Annotated[str, typer.Option(help=f"形式：{'、'.join(_KINDS)}")],
    out: Annotated[Path, typer.Option(help="写到哪个目录")],
    base: Annotated[str | None, typer.Option(help="基座：名称或目录；不给则按适配器所写")] = None,
    converter: Annotated[Path | None, typer.Option(help="llama.cpp 的 convert_hf_to_gguf.py")] = None,
    release: Annotated[str, typer.Option(help="写进清单的版本号")] = "",
) -> None:
    """导出：适配器、合并后的模型、ONNX、GGUF，各自与原模型核对"""
    from finetune.release import export as exporting

    folder = Path(folder_of(context, source))
    if to == "adapter":
        exported = exporting.export_adapter(folder, out, release)
    elif to == "merged":
        exported = exporting.export_merged(folder, out, base, release)
    elif to == "onnx":
        exported = exporting.export_onnx(folder, out, release)
    elif to == "gguf":
        exported = exporting.export_gguf(folder, out, converter)
    else:
        raise UsageError(f"没有导出形式“{to}”；可用：{'、'.join(_KINDS)}")
    checks = "，".join(f"{name}={value:.2e}" for name, value in exported.checks.items())
    print(f"已导出 {exported.folder}（{exported.size / 2**20:.1f} MB）{checks}")


def quantise(
    source: Annotated[Path, typer.Argument(help="合并后的模型目录")],
    out: Annotated[Path, typer.Option(help="写到哪个目录")],
    method: Annotated[str, typer.Option(help="int8（内置运行时）、torchao-int8、bnb-int8、bnb-nf4")] = "int8",
) -> None:
    """量化合并后的模型；本机做不到的方法会说明原因"""
    from finetune.release import quantise as quantising
    from finetune.release.folders import folder_size

    written = quantising.quantise(source, out, method)
    print(f"已写入 {written}（{method}，{folder_size(source) / 2**20:.1f} MB → {folder_size(written) / 2**20:.1f} MB）")


def parity(
    adapter: Annotated[Path, typer.Argument(help="适配器目录")],
    data: Annotated[Path, typer.Option(help="题目文件：冻结的题目或训练数据行")],
    base: Annotated[str | None, typer.Option(help="基座：名称或目录；不给则按适配器所写")] = None,
    merged: Annotated[Path | None, typer.Option(help="合并后的模型目录；不给则临时合并")] = None,
    int8: Annotated[Path | None, typer.Option(help="int8 目录；不给则临时量化")] = None,
    out: Annotated[Path | None, typer.Option(help="证据目录：写 parity.json 与 serving.json")] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多多少个提示")] = 50,
) -> int:
    """一致性：适配器 = 合并 = int8 = 服务，逐对列出不同的提示"""
    from finetune.evaluation.frozen import read_items
    from finetune.release.evidence import write_parity, write_serving
    from finetune.release.forms import EngineForm, golden_of, torch_forms
    from finetune.release.loading import base_of
    from finetune.release.parity import parity as compare_forms
    from finetune.release.serving import measure_serving
    from tools.local_model.loading import ModelSource, open_engine

    golden, base = golden_of(read_items(data, limit)), base_of(adapter, base)
    with TemporaryDirectory() as folder:
        merged, int8 = _made(Path(folder), adapter, base, merged, int8)
        with open_engine(ModelSource(str(int8.resolve()))) as engine:
            report = compare_forms([*torch_forms(adapter, merged, int8, base), EngineForm("served-int8", engine)], golden, progress=show_progress)
        serving = measure_serving(int8, [each.prompt for each in golden[:20]])
    _print_parity(report)
    print(f"服务（int8，单条）：P95 {serving.p95_s:.2f} 秒，内存 {serving.memory_mb:.0f} MB，文件 {serving.size_mb:.1f} MB")
    if out is not None:
        print(f"已写入 {write_parity(out, report)}、{write_serving(out, serving)}")
    return 0 if report.passed else 1


def _made(folder: Path, adapter: Path, base: str, merged: Path | None, int8: Path | None) -> tuple[Path, Path]:
    """The merged and the int8 folder, made in a temporary place where they are not given."""
    from finetune.release.export import export_merged
    from finetune.release.quantise import write_int8

    merged = merged or export_merged(adapter, folder / "merged", base).folder
    return merged, int8 or write_int8(merged, folder / "int8").parent


def _print_parity(report: ParityReport) -> None:
    for pair in report.pairs:
        print(f"{'通过' if pair.passed else '不通过'}  {pair.sentence()}")
        for each in pair.differing[:5]:
            print(f"    提示：{each.prompt[-80:]!r}\n      {pair.one}：{each.one!r}\n      {pair.other}：{each.other!r}")
