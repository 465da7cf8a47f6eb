"""Rows and a tiny base for the tests of training: small enough for seconds, learnable enough to see a loss fall."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch

from tests.small_lm import make_small_lm

torch.set_num_threads(1)


def alpaca_file(path: Path, count: int = 12) -> Path:
    """The specification's form: a JSON array of instruction, input, output."""
    rows = [
        {
            "instruction": "分析以下财报数据，计算不良率",
            "input": f"某银行2023年不良贷款余额{number}亿元，各项贷款总额5000亿元",
            "output": f"不良率 = 不良贷款余额 / 各项贷款总额 = {number} / 5000 = {number / 50}%",
        }
        for number in range(100, 100 + count)
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def reference_rows(count: int = 12, first: int = 1) -> list[dict[str, object]]:
    """Rows of the record in references: a ratio of two figures, the question worded in turns."""
    made: list[dict[str, object]] = []
    for number in range(first, first + count):
        asked = f"f1 b1 t0 不良贷款 额\nf2 b1 t0 贷款总额 额\n?{'请问' * (number % 3)}不良贷款率是多少{number}\n="
        told = "{bank}不良贷款率为[Calculator(f1/f2*100)→{f3}]。"
        meta = {"id": f"r{number}", "group": f"g{number % 4}", "split": "", "program": "f1/f2*100"}
        made.append({"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": told}], "meta": meta})
    return made


def lines_file(path: Path, rows: list[dict[str, object]]) -> Path:
    """JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


Maker = Callable[..., Path]


def small_base(folder: Path) -> Path:
    """The tiny base model."""
    return make_small_lm(folder / "base")
