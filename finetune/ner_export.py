"""The trained tagger as ONNX with eight-bit weights, and its characters: what `tools.entities.tagger` reads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.nn import Module


def export(model: Module, characters: dict[str, int], out: Path) -> None:
    """Write tagger.onnx and characters.txt (one character a line, numbered from 2) into a folder."""
    import onnx
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    out.mkdir(parents=True, exist_ok=True)
    model.eval()
    example = tuple(torch.ones((2, 9), dtype=torch.int64) for _ in range(3))
    batch, length = torch.export.Dim("batch", min=1, max=256), torch.export.Dim("length", min=4, max=1024)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        program = torch.onnx.export(
            model, example, input_names=["characters", "tags", "words"], output_names=["scores"], dynamo=True, verbose=False,
            dynamic_shapes=[{0: batch, 1: length}] * 3,
        )  # fmt: skip
        assert program is not None
        program.save(str(plain))
        onnx.checker.check_model(str(plain))
        quantize_dynamic(plain, out / "tagger.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "Gather"])
    (out / "characters.txt").write_text("\n".join(characters) + "\n", encoding="utf-8")
