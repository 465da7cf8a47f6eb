"""LoRA fine-tuning with the specification's signature. Importing this costs nothing; torch comes with the first method.

    trainer = LoRATrainer(base_model_name="DeepSeek-7B-Chat", output_dir="./models/financial_llm_lora")
    trainer.load_base_model()
    dataset = trainer.prepare_training_data("data/training_data.json")
    trainer.train(dataset=dataset, num_epochs=3, batch_size=4, learning_rate=2e-4)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.training.config import BASE, OUT, TrainConfig

if TYPE_CHECKING:
    from finetune.training.evaluation_hook import Evaluation, Progress
    from finetune.training.rendering import TrainingSet


class LoRATrainer:
    """Trains an adapter over a base model, keeps it in a folder, and answers with it.

    base_model_name: see finetune.training.base_models. output_dir: where the adapter goes. config: everything else, with the
    specification's defaults (r=16, alpha=32, dropout 0.1, q_proj and v_proj, max_length 2048).
    """

    def __init__(self, base_model_name: str = BASE, output_dir: str | Path = OUT, config: TrainConfig | None = None) -> None:
        self.config = replace(config or TrainConfig(), base=base_model_name, out=str(output_dir))
        self.model: Any = None
        self.tokenizer: Any = None
        self.metrics: Mapping[str, Any] = {}

    @property
    def base_model_name(self) -> str:
        """The base model's name, as given."""
        return self.config.base

    @property
    def output_dir(self) -> Path:
        """Where the adapter is written."""
        return Path(self.config.out)

    def load_base_model(self) -> None:
        """Load base model and tokenizer.

        Raises:
            TrainingError: they cannot be had.
        """
        from finetune.training.base_models import load_base, load_tokenizer
        from finetune.training.hardware import precision
        from finetune.training.library_noise import quiet

        quiet()
        self.tokenizer = load_tokenizer(self.config.base)
        self.model = load_base(self.config.base, precision(self.config.precision), four_bit=self.config.adaptation.four_bit)

    def prepare_training_data(self, data_path: str | Path) -> TrainingSet:
        """The rows of a file, rendered and tokenized. An alpaca JSON array, or messages JSON lines.

        Raises:
            TrainingError: the file or a row of it cannot be taken; the line is named.
        """
        from finetune.training.rendering import training_set
        from finetune.training.training_rows import read_rows

        return training_set(self._tokenizer(), read_rows(Path(data_path)), self.config.max_length, str(data_path))

    def train(
        self,
        dataset: TrainingSet,
        num_epochs: float = 3,
        batch_size: int = 4,
        learning_rate: float = 2e-4,
        *,
        validation: TrainingSet | None = None,
        evaluation: Evaluation | None = None,
        progress: Callable[[Progress], None] | None = None,
        tracking: Path | None = None,
        command: str = "",
    ) -> Mapping[str, Any]:
        """Train the adapter and write it to output_dir with its manifest, card and run record; what was measured.

        validation: rows for the validation loss. evaluation: measures that generate (see evaluation_hook). tracking: the folder
        of an MLflow store.

        Raises:
            TrainingError: the training failed; output_dir then holds the run record only.
        """
        from finetune.training.training_run import run_training

        self.config = replace(self.config, epochs=num_epochs, batch_size=batch_size, learning_rate=learning_rate)
        if self.model is None:
            self.load_base_model()
        self.model, self.metrics = run_training(
            self.config, self.model, self.tokenizer, dataset, validation, evaluation=evaluation, progress=progress, tracking=tracking,
            command=command or "LoRATrainer.train",
        )  # fmt: skip
        return self.metrics

    def load_finetuned_model(self, path: str | Path) -> None:
        """Load an adapter that was written before, with the base that it names.

        Raises:
            TrainingError: there is none, its base cannot be had, or the base's chat template has changed.
        """
        from finetune.training.adapter_folder import load_trained
        from finetune.training.hardware import precision
        from finetune.training.library_noise import quiet

        quiet()
        self.model, self.tokenizer, base = load_trained(Path(path), precision(self.config.precision))
        self.config = replace(self.config, base=base)

    def generate(self, prompt: str, max_new_tokens: int = 256) -> str:
        """The model's greedy answer to one question."""
        from finetune.training.generation import answers

        if self.model is None:
            self.load_base_model()
        return answers(self.model, self.tokenizer, [[{"role": "user", "content": prompt}]], max_new_tokens=max_new_tokens)[0]

    def _tokenizer(self) -> Any:
        if self.tokenizer is None:
            from finetune.training.base_models import load_tokenizer

            self.tokenizer = load_tokenizer(self.config.base)
        return self.tokenizer
