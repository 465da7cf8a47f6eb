"""How large a run of the workshop is, and where in its folder everything lies."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from data.errors import TrainingError, UsageError
from finetune.release.versions import Version, full_name
from finetune.training.base_models import BUNDLED
from finetune.training.config import TrainConfig, read_config

MODEL = "financial_llm_lora"
FIRST, SECOND, UNTRAINED = Version(0, 0, 1), Version(0, 0, 2), Version(0, 0, 3)
CONFIG = Path(__file__).parents[1] / "configs" / "training" / "financial_llm_lora.yaml"
_MARK = ".workshop"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run; everything in it is decided by these values and the code.

    base: see finetune.training.base_models. rows, narrations: built, before the split. questions, told_questions: held-out
    calculations and narrations to evaluate on. golden: prompts of the parity check. most_tokens: of one answer. first_share: of the
    training rows that the first version learns from; the second continues it on the rest. conversations, turns: of the simulated A/B
    test. least_rows, least_accuracy: the gate's. must_learn: whether it is a fault that the second version is not clearly better than
    the base, or that no question was answered with a calculation in service. seed: of rows, training and simulation. threads: of
    torch. workers: processes that make rows.
    """

    base: str = BUNDLED
    rows: int = 2_720
    narrations: int = 680
    questions: int = 110
    told_questions: int = 40
    golden: int = 50
    most_tokens: int = 160
    first_share: float = 0.4
    conversations: int = 240
    turns: int = 2
    least_rows: int = 30
    least_accuracy: float = 0.05
    must_learn: bool = True
    seed: int = 1
    threads: int = 2
    workers: int = 2

    def __post_init__(self) -> None:
        counts = (self.rows, self.questions, self.golden, self.most_tokens, self.conversations, self.turns, self.threads, self.workers)
        if min(counts) < 1 or min(self.narrations, self.told_questions) < 0 or not 0 < self.first_share < 1:
            raise UsageError("工坊的行数、题数、会话数、线程数应为正数，first_share 在 0 与 1 之间")

    def training(self, out: Path, version: Version, data: Path) -> TrainConfig:
        """The shipped adapter's settings, with this run's base, seed, data and folder."""
        flags = {
            "base": self.base, "seed": self.seed, "threads": self.threads, "release": str(version), "data": data, "out": out,
            "certificate": data.parent / "certificate.json",
        }  # fmt: skip
        return read_config(CONFIG, flags)


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one run. run: how often the workshop has been run in it."""

    root: Path
    run: int = 1

    @property
    def rows(self) -> Path:
        """What `train data build` makes."""
        return self.root / "rows"

    @property
    def training(self) -> Path:
        """first.jsonl, second.jsonl, leaked.json and the certificate of both against the questions."""
        return self.root / "training"

    @property
    def questions(self) -> Path:
        """The frozen held-out questions."""
        return self.root / "evaluation" / "questions.jsonl"

    @property
    def golden(self) -> Path:
        """The frozen golden prompts."""
        return self.root / "evaluation" / "golden.jsonl"

    @property
    def comparison(self) -> Path:
        """comparison.html and comparison.json."""
        return self.root / "comparison"

    @property
    def registry(self) -> Path:
        """The MLflow store of this run: runs and versions. Of another name each time: MLflow keeps the database of a path open."""
        return self.root / f"registry-{self.run}"

    @property
    def trials(self) -> Path:
        """The A/B tests."""
        return self.root / "ab.db"

    def adapter(self, version: Version) -> Path:
        """A version's adapter, as it left the training."""
        return self.root / "models" / full_name(MODEL, version)

    def merged(self, version: Version) -> Path:
        """The version merged into its base."""
        return self.root / "models" / f"{full_name(MODEL, version)}-merged"

    def int8(self, version: Version) -> Path:
        """The merged version in int8."""
        return self.root / "models" / f"{full_name(MODEL, version)}-int8"

    def evidence(self, version: Version) -> Path:
        """What is known of a version, as finetune.release.evidence reads it."""
        return self.root / "evidence" / f"v{version}"


def prepared(folder: Path) -> Place:
    """The folder, empty but for its mark; what an earlier run of the workshop left in it is removed.

    Raises:
        TrainingError: it holds something else, or cannot be written.
    """
    mark = folder / _MARK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not mark.is_file():
            raise TrainingError(f"{folder} 不是空目录，也不是工坊留下的目录；请换一个 --out，以免覆盖别的文件")
        before = mark.read_text(encoding="utf-8") if mark.is_file() else ""
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path != mark:
                path.unlink()
        run = int(before) + 1 if before.isdecimal() else 1
        mark.write_text(str(run), encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"不能写入 {folder}：{error.strerror or error}") from error
    return Place(folder, run)
