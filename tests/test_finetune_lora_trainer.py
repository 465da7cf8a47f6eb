"""The specification's snippets, as written, with the small model's name; and what the trainer leaves behind."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import TrainingError
from finetune.lora_trainer import LoRATrainer
from tests.conftest import ROOT
from tests.training_data import alpaca_file, small_base


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the base, the data and, after the first test that asks, a trained adapter."""
    folder = tmp_path_factory.mktemp("lora")
    small_base(folder)
    (folder / "data").mkdir()
    alpaca_file(folder / "data" / "training_data.json")
    return folder


@pytest.fixture(scope="module")
def adapter(place: Path) -> Path:
    """The adapter that snippet 2.5 trains."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        # 1. 初始化训练器
        trainer = LoRATrainer(
            base_model_name="base",
            output_dir="./models/financial_llm_lora"
        )  # fmt: skip

        # 2. 加载基础模型
        trainer.load_base_model()

        # 3. 准备训练数据
        dataset = trainer.prepare_training_data("data/training_data.json")

        # 4. 开始训练
        trainer.train(
            dataset=dataset,
            num_epochs=3,
            batch_size=4,
            learning_rate=2e-4
        )  # fmt: skip
    return place / "models" / "financial_llm_lora"


def test_snippet_2_5_trains_an_adapter_with_the_specified_shape(adapter: Path) -> None:
    shape = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    wanted = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.1, "bias": "none", "task_type": "CAUSAL_LM"}
    assert {name: shape[name] for name in wanted} == wanted
    assert sorted(shape["target_modules"]) == ["q_proj", "v_proj"]
    assert shape["base_model_name_or_path"] == "base"


def test_the_folder_holds_safetensors_manifest_card_and_record_and_no_pickle(adapter: Path) -> None:
    assert {path.name for path in adapter.iterdir()} == {"adapter_config.json", "adapter_model.safetensors", "manifest.json", "CARD.md", "run_record.json"}
    record = json.loads((adapter / "run_record.json").read_text(encoding="utf-8"))
    assert (record["kind"], record["status"], record["data"]["rows"], record["metrics"]["steps"]) == ("lora", "finished", 12, 9)
    assert record["config"]["learning_rate"] == 2e-4 and record["config"]["max_length"] == 2048
    assert len(record["template_sha256"]) == 64 and record["packages"]["peft"]
    manifest = json.loads((adapter / "manifest.json").read_text(encoding="utf-8"))
    assert "adapter_model.safetensors" in manifest["files"] and manifest["data"]["template_sha256"] == record["template_sha256"]
    assert "LoRA r=16" in (adapter / "CARD.md").read_text(encoding="utf-8")


def test_snippet_5_1_serves_the_adapter(adapter: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    logger = logging.getLogger("snippet")

    class LLMService:
        def __init__(self) -> None:
            # 加载LoRA微调模型
            try:
                self.lora_trainer = LoRATrainer()
                self.lora_trainer.load_finetuned_model(
                    "./models/financial_llm_lora"
                )  # fmt: skip
                self.finetuned_model = self.lora_trainer
            except Exception as e:  # noqa: BLE001 - the specification's snippet, as written
                logger.warning(f"LoRA模型加载失败: {e}")

        async def generate(self, prompt: str, use_finetuned: bool = False) -> str:
            """生成文本，优先使用微调模型"""
            if use_finetuned and self.finetuned_model:
                # 使用LoRA微调模型
                return await self._generate_with_finetuned(prompt)
            else:
                # 使用API模型
                return await self._generate_with_api(prompt)

        async def _generate_with_finetuned(self, prompt: str) -> str:
            return await asyncio.to_thread(self.finetuned_model.generate, prompt, 8)

        async def _generate_with_api(self, prompt: str) -> str:
            raise AssertionError("not asked for")

    service = LLMService()
    assert service.finetuned_model.base_model_name == "base"
    assert isinstance(asyncio.run(service.generate("计算不良率", use_finetuned=True)), str)


def test_a_loaded_adapter_answers_as_the_trained_one(adapter: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter that has learnt the rows by heart gives back their answer, after loading too."""
    monkeypatch.chdir(place)
    trainer = LoRATrainer("base", place / "heart")
    trainer.load_base_model()
    before = trainer.generate("计算不良率", 12)
    trainer.train(trainer.prepare_training_data("data/training_data.json"), num_epochs=6, batch_size=4, learning_rate=5e-2)
    loaded = LoRATrainer()
    loaded.load_finetuned_model(place / "heart")
    assert trainer.generate("计算不良率", 12) == loaded.generate("计算不良率", 12) != before


def test_a_changed_chat_template_is_refused(adapter: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    template = place / "base" / "chat_template.jinja"
    kept = template.read_text(encoding="utf-8")
    template.write_text(kept.replace("<|assistant|>", "<|user|>"), encoding="utf-8")
    try:
        with pytest.raises(TrainingError, match="对话模板"):
            LoRATrainer().load_finetuned_model(adapter)
    finally:
        template.write_text(kept, encoding="utf-8")


def test_a_missing_base_or_adapter_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="不是已有的文件夹"):
        LoRATrainer(str(tmp_path / "nowhere")).load_base_model()
    with pytest.raises(TrainingError, match="没有模型"):
        LoRATrainer().load_finetuned_model(tmp_path)


def test_importing_the_trainer_is_cheap() -> None:
    code = "import sys, finetune.lora_trainer; print([name for name in ('torch', 'transformers', 'peft', 'trl', 'datasets') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, timeout=60, check=True)
    assert run.stdout.strip() == "[]"
