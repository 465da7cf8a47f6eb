"""Our training configuration as another trainer reads it: LLaMA-Factory, ms-swift, axolotl.

Every item of ours ends in one of two places: under the target's own key, or in the list of what the target has no word for. Key
names are those of the targets' documentation: LLaMA-Factory `hparams`, ms-swift "Command-line parameters", axolotl "Config reference".
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from data.errors import TrainingError, UsageError
from finetune.rows.formats import form_of
from finetune.rows.json_stream import read_objects
from finetune.training.base_models import resolve_base
from finetune.training.config import TrainConfig
from finetune.training.convert_targets import AXOLOTL, LLAMAFACTORY, SWIFT, Situation, Target

Form = Literal["alpaca", "sharegpt", "messages"]
DATASET, VALIDATION = "caizhi_train", "caizhi_validation"
TARGETS: Mapping[str, Target] = {"llamafactory": LLAMAFACTORY, "ms-swift": SWIFT, "axolotl": AXOLOTL}


@dataclass(frozen=True, slots=True)
class Conversion:
    """A configuration in the target's terms. values: its YAML. taken: each item of ours → the target's keys that carry it.

    left: each item of ours that has no counterpart → why and what it was. notes: what to know before running it. files: further
    files to lie beside the YAML, by name. command: how the target is started.
    """

    target: str
    values: Mapping[str, Any]
    taken: Mapping[str, tuple[str, ...]]
    left: Mapping[str, str]
    notes: tuple[str, ...]
    command: str
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def text(self) -> str:
        """The YAML file: a header of comments with what was left out, then the values."""
        import yaml

        lines = [f"由 caizhi train config convert 生成，供 {self.target} 使用", f"运行：{self.command}", "", "没有对应项、未转换的："]
        lines += [f"  {name}：{why}" for name, why in self.left.items()] or ["  无"]
        lines += ["", "须知：", *(f"  {note}" for note in self.notes)]
        head = "\n".join(f"# {line}".rstrip() for line in lines)
        return f"{head}\n\n{yaml.safe_dump(dict(self.values), allow_unicode=True, sort_keys=False, width=1000)}"


def convert(config: TrainConfig, to: str, out: Path) -> Conversion:
    """The configuration for a target. out: where the YAML will lie; LLaMA-Factory finds its data files from there.

    Raises:
        UsageError: there is no such target.
    """
    if to not in TARGETS:
        raise UsageError(f"没有名为“{to}”的目标；可用：{'、'.join(TARGETS)}")
    target = TARGETS[to]
    notes: list[str] = []
    base, form = _base(config, notes), data_form(config.data, notes)
    situation = Situation(config, config.adaptation, base, form, out.parent)
    values, taken, left = dict(target.fixed), dict[str, tuple[str, ...]](), dict[str, str]()
    for name in (item.name for item in fields(TrainConfig)):
        part = target.items.get(name, _unknown)(situation)
        if isinstance(part, str):
            left[name] = f"{getattr(config, name)!r}，{part}"
        else:
            values |= part.values
            taken[name] = tuple(part.values)
            notes += part.notes
    notes += [*target.notes(situation), _SPLITS]
    values = {key: value for key, value in values.items() if value is not None}
    files = {"dataset_info.json": dataset_info(situation)} if to == "llamafactory" else {}
    return Conversion(to, values, taken, left, tuple(dict.fromkeys(notes)), target.command.format(out=out), files)


_SPLITS = "数据行的 meta.split 只有本项目认识：先把训练、验证、测试拆成各自的文件，测试行不要进训练"


def _unknown(situation: Situation) -> str:
    return "转换表里没有这一项"


def _base(config: TrainConfig, notes: list[str]) -> str:
    try:
        return resolve_base(config.base)
    except TrainingError as error:
        notes.append(f"基座按原名写入：{error}")
        return config.base


def data_form(data: str, notes: list[str]) -> Form:
    """The form of a data file by its first row; messages, with a note, where it cannot be read."""
    if not data:
        notes.append("配置里没有 data，请自行填入数据文件")
        return "messages"
    try:
        return form_of(next(iter(read_objects(Path(data))))[1])
    except (TrainingError, StopIteration):
        notes.append(f"数据文件 {data} 读不到，按 messages 形式转换")
        return "messages"


def dataset_info(situation: Situation) -> Mapping[str, Any]:
    """LLaMA-Factory's dataset_info.json for the data of a configuration."""
    config = situation.config
    files = {DATASET: config.data, **({VALIDATION: config.validation} if config.validation else {})}
    return {name: {"file_name": os.path.relpath(path or "train.json", situation.folder), **_COLUMNS[situation.form]} for name, path in files.items()}


_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "alpaca": {"formatting": "alpaca", "columns": {"prompt": "instruction", "query": "input", "response": "output"}},
    "sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
    "messages": {
        "formatting": "sharegpt", "columns": {"messages": "messages"},
        "tags": {
            "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant", "system_tag": "system",
            "observation_tag": "tool", "function_tag": "function_call",
        },
    },
}  # fmt: skip


def write(conversion: Conversion, out: Path) -> list[Path]:
    """Write the YAML and its further files; the paths. Entries of others in a dataset_info.json that is there are kept.

    Raises:
        TrainingError: a file cannot be written, or the dataset_info.json that is there is not a JSON object.
    """
    written = [out]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for name, content in conversion.files.items():
            path = out.parent / name
            there = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            if not isinstance(there, dict):
                raise TrainingError(f"{path} 已在，但不是 JSON 对象；没有改动它")
            path.write_text(json.dumps({**there, **content}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            written.append(path)
        out.write_text(conversion.text(), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise TrainingError(f"{out} 写不了：{error}") from error
    return written


