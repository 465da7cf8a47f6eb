"""Any Chinese BERT token classifier of the transformers library as a proposer; torch and transformers are imported on first use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import SettingsError
from tools.entities.features import LABELS, TYPES
from tools.entities.spans import EntitySpan, EntityType
from tools.entities.tagger import Proposal, proposals

# How published models call the types; a label that is none of these is not an entity.
_CALLED: dict[EntityType, frozenset[str]] = {
    EntityType.COMPANY: frozenset("公司 机构 org organization company comp nt bank".split()),
    EntityType.TIME: frozenset("时间 日期 time date t period".split()),
    EntityType.INDICATOR: frozenset("指标 indicator metric ind kpi account".split()),
    EntityType.VALUE: frozenset("数值 金额 value money percent number num quantity".split()),
    EntityType.CHANGE: frozenset("变动 change movement".split()),
}


class TransformersTagger:
    """A token classification model by name or path, read character by character.

    Only names that the grammar left open are taken from it (see `tools.entities.merging`), whatever else it labels.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._columns = [_column(str(label)) for _, label in sorted(model.config.id2label.items())]

    @classmethod
    def load(cls, name: str) -> TransformersTagger:
        """The model of a name or folder.

        Raises:
            SettingsError: transformers or torch is not installed, or there is no such model.
        """
        try:
            import transformers
        except ImportError as error:
            raise SettingsError(f"用 {name} 识别实体需要 transformers 和 torch：pip install transformers torch") from error
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(name, use_fast=True)
            model = transformers.AutoModelForTokenClassification.from_pretrained(name)
        except (OSError, ValueError, ImportError) as error:
            raise SettingsError(f"实体识别模型 {Path(name).name} 加载不了：{' '.join(str(error).split())[:200]}") from error
        return cls(model.eval(), tokenizer)

    def propose(self, plain: str, spans: Sequence[EntitySpan]) -> list[Proposal]:
        """See `tools.entities.tagger.Proposer`; what the grammar found is not shown to the model."""
        import numpy
        import torch

        if not plain.strip():
            return []
        encoded = self._tokenizer(list(plain), is_split_into_words=True, truncation=True, return_tensors="pt")
        with torch.no_grad():
            logits = self._model(**encoded).logits[0].double().numpy()
        scores = numpy.full((len(plain), len(LABELS)), -1e4)
        scores[:, 0] = 0.0
        for token, at in reversed(list(enumerate(encoded.word_ids()))):
            if at is not None:
                for column in range(len(LABELS)):
                    same = [logits[token, number] for number, mine in enumerate(self._columns) if mine == column]
                    scores[at, column] = max(same, default=-1e4)
        return proposals(scores)


def _column(label: str) -> int:
    """Our label's number for a model's: B-ORG, S-公司 and E-date are B-公司, B-公司 and I-时间."""
    edge, _, name = label.rpartition("-")
    kind = next((kind for kind, names in _CALLED.items() if name.lower() in names), None)
    if kind is None or (not edge and label in ("O", "o")):
        return 0
    return 2 * TYPES.index(kind) + (1 if edge[:1].upper() in ("B", "S", "U") else 2)
