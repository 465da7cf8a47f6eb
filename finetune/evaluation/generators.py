"""Where an evaluated model comes from: a name or a path made a function from prompts to answers. Tests give functions of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.errors import TrainingError
from finetune.evaluation.cases import Generator

REFERENCE = "reference"
MOST_TOKENS = 160


def load_generator(name: str, *, max_new_tokens: int = MOST_TOKENS, batch_size: int = 16) -> Generator:
    """A base model by name or path, or an adapter by its folder or release name, answering greedily.

    Raises:
        TrainingError: there is no such model.
    """
    from finetune.lora_trainer import LoRATrainer
    from finetune.training.generation import answers

    folder = adapter_folder(name)
    trainer = LoRATrainer(base_model_name=name) if folder is None else LoRATrainer()
    if folder is None:
        trainer.load_base_model()
    else:
        trainer.load_finetuned_model(folder)

    def generate(prompts: Sequence[str]) -> list[str]:
        chats = [[{"role": "user", "content": prompt}] for prompt in prompts]
        return answers(trainer.model, trainer.tokenizer, chats, max_new_tokens=max_new_tokens, batch_size=batch_size)

    return generate


def adapter_folder(name: str) -> Path | None:
    """The folder of an adapter, by path or by the name of a bundled release; None where the name is of a base model."""
    from finetune.training.base_models import MODELS

    if not name.strip():
        raise TrainingError("没有给出模型名称")
    for folder in (Path(name).expanduser(), MODELS / name):
        if (folder / "adapter_config.json").is_file():
            return folder
    return None
