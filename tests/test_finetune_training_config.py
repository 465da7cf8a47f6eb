"""Configurations: YAML with flags over it, presets, and where base models lie."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from data.errors import TrainingError, UsageError
from finetune.training.base_models import resolve_base
from finetune.training.config import TrainConfig, read_config
from finetune.training.presets import PRESETS
from finetune.training.sweep import plain
from tests.conftest import ROOT

SHIPPED = sorted((ROOT / "finetune" / "configs" / "training").glob("*.yaml"))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    config = read_config(written(tmp_path / "c.yaml", "learning_rate: 1e-3\nepochs: 2\npreset: all-linear\n"), {"epochs": 5.0, "seed": None})
    assert (config.learning_rate, config.epochs, config.preset, config.seed, config.batch_size) == (1e-3, 5.0, "all-linear", 0, 4)


def test_the_defaults_are_the_specification_s() -> None:
    config = TrainConfig()
    way = config.adaptation
    assert (way.r, way.alpha, way.dropout, way.modules) == (16, 32, 0.1, ("q_proj", "v_proj"))
    assert (config.epochs, config.batch_size, config.learning_rate, config.max_length) == (3, 4, 2e-4, 2048)


@pytest.mark.parametrize(
    "text, words",
    [
        ("leaning_rate: 1e-3", ["leaning_rate", "是否要写 learning_rate", "c.yaml"]), ("epochs: many", ["epochs", "many"]),
        ("batch_size: 2.5", ["batch_size"]), ("batch_size: true", ["batch_size"]), ("epochs: 0", ["epochs", "大于 0"]), ("preset: lora", ["预设", "qlora"]),
        ("precision: int3", ["precision", "bf16"]), ("- epochs", ["键: 值"]), ("a: [", ["读不了"]), ("validation_share: 1.5", ["validation_share"]),
        ("data: [a, b]", ["data"]), ("activation_checkpointing: 1", ["activation_checkpointing"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_in_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        read_config(written(tmp_path / "c.yaml", text))
    assert all(word in str(error.value) for word in words) and "\n" not in str(error.value)


def test_an_unknown_flag_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rank"):
        read_config(None, {"rank": 8})
    with pytest.raises(UsageError, match="读不了"):
        read_config(tmp_path / "none.yaml")


@given(
    r=st.integers(1, 256), learning_rate=st.floats(1e-6, 1e-1), preset=st.sampled_from(sorted(PRESETS)), seed=st.integers(0, 1 << 30),
    modules=st.sampled_from([None, "all-linear", ("q_proj", "o_proj")]), packing=st.sampled_from(["auto", "none"]),
)  # fmt: skip
def test_a_configuration_survives_yaml(tmp_path_factory: pytest.TempPathFactory, **values: object) -> None:
    config = TrainConfig(**values)  # type: ignore[arg-type]
    path = written(tmp_path_factory.mktemp("config") / "c.yaml", yaml.safe_dump(dict(plain(config))) if plain(config) else "{}")
    assert read_config(path) == config


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_configuration_of_one_machine_is_read(path: Path) -> None:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not {"base", "preset"} <= set(loaded):
        pytest.skip("a launcher's own file")
    config = read_config(path)
    assert config.adaptation.name == loaded["preset"] and resolve_base_or_bundled(config.base)


def resolve_base_or_bundled(name: str) -> str:
    return name if name == "caizhi-lm-base" else resolve_base(name)


@pytest.mark.parametrize(
    "name, where",
    [
        ("DeepSeek-7B-Chat", "deepseek-ai/deepseek-llm-7b-chat"), ("deepseek-67b-chat", "deepseek-ai/deepseek-llm-67b-chat"),
        ("Qwen3-8B", "Qwen/Qwen3-8B"), ("org/model", "org/model"), ("internlm", "internlm"),
    ],
)
def test_names_of_models_of_others(name: str, where: str) -> None:
    assert resolve_base(name) == where


def test_a_folder_is_itself_and_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert resolve_base(str(tmp_path)) == str(tmp_path)
    for name in (str(tmp_path / "none"), "./none", "", "a/b/c"):
        with pytest.raises(TrainingError, match="不是已有的文件夹"):
            resolve_base(name)


def test_presets_become_the_libraries_configuration() -> None:
    dora, rslora = PRESETS["dora"].lora_config(), PRESETS["rslora"].lora_config()
    assert dora.use_dora and not dora.use_rslora and rslora.use_rslora and rslora.target_modules == "all-linear"
    assert PRESETS["qlora"].four_bit and PRESETS["qv"].with_values(r=8, modules=["k_proj"]).lora_config().target_modules == {"k_proj"}  # type: ignore[comparison-overlap]
    with pytest.raises(UsageError, match="全量"):
        PRESETS["full"].lora_config()
