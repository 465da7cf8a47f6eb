"""The second stage: a closer look at the best candidates of a search.

Ours scores a candidate three ways and lets learned trees weigh them: how it matches (match_features), what a small BERT says
that sees question and passage together with flags on the characters they share (onnxruntime, int8), and where the first stage
put it. The cosine of the embedding is in that first score already; as a feature of its own it lost on real reports.

Any cross-encoder of sentence-transformers takes its place by name or path (BAAI/bge-reranker-base …); its score is then mixed
with the first stage's, since no model has seen every report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import RetrievalError
from data.ports import Passage, Reranker
from retrieval.search.embeddings import MODELS
from retrieval.search.flagged_bert import FlaggedBert
from retrieval.search.match_features import FEATURES, match_features
from retrieval.search.match_text import Question, question_of
from retrieval.search.tree_ranking import TreeRanking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

BERT, RANKING = "caizhi-reranker", "caizhi-ranking"
RANKING_FILE = "ranking.json"
RERANKER_FEATURES = (*FEATURES, "bert", "bert_page")
# The trees learned on generated reports; the first stage's own opinion beside them pays on real ones (docs/LOG.md).
_FIRST_STAGE = 0.5
_BATCH = 32
_MOST_CHARACTERS = 600


class BERTReranker:
    """Our reranker; its files are read at the first use. Safe for any number of threads once they are.

    models: the folder that holds `caizhi-reranker` and `caizhi-ranking`. ask: how a query is expanded. A small BERT
    that is not there is left out; without the ranking the results stay as they are.
    """

    def __init__(self, models: Path = MODELS, ask: Callable[[str], Question] = question_of) -> None:
        self._models = models
        self._ask = ask

    def rerank(self, query: str, results: Sequence[Passage], top_k: int) -> list[Passage]:
        """The best `top_k` of the results, best first, with scores from 0 to 1; results come in first-stage order.

        Raises:
            RetrievalError: a model file is damaged.
        """
        import numpy as np

        if not results or top_k < 1:
            return []
        if self._ranking is None:
            return list(results[:top_k])
        first = np.array([result.score for result in results], dtype=np.float32)
        scores = _standard(self._ranking.scores(self.features(query, results))) + _FIRST_STAGE * _standard(first)
        return _ordered(results, _logistic(scores), top_k)

    def features(self, query: str, results: Sequence[Passage]) -> NDArray[np.float32]:
        """What the trees read, one row of RERANKER_FEATURES per result."""
        return candidate_features(self._ask(query), results, self._bert)

    @cached_property
    def _ranking(self) -> TreeRanking | None:
        path = self._models / RANKING / RANKING_FILE
        if not path.is_file():
            return None
        ranking = TreeRanking.read(path)
        if ranking.features != RERANKER_FEATURES:
            raise RetrievalError(f"排序模型 {path} 的特征与本程序不符；重新训练：python -m finetune.ranking")
        return ranking

    @cached_property
    def _bert(self) -> FlaggedBert | None:
        folder = self._models / BERT
        return FlaggedBert(folder) if (folder / FlaggedBert.WEIGHTS).is_file() else None


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder by name or path, loaded at the first use; that needs torch. weight: its share of the score."""

    def __init__(self, name: str, weight: float = 0.7) -> None:
        self._name = name
        self._weight = weight

    def rerank(self, query: str, results: Sequence[Passage], top_k: int) -> list[Passage]:
        """See BERTReranker.rerank.

        Raises:
            RetrievalError: the model cannot be loaded.
        """
        import numpy as np

        if not results or top_k < 1:
            return []
        texts = [f"{result.title}\n{result.text}"[:_MOST_CHARACTERS] for result in results]
        crossed = np.asarray(self._model.predict([(query, text) for text in texts], batch_size=_BATCH, show_progress_bar=False), dtype=np.float32)
        first = np.array([result.score for result in results], dtype=np.float32)
        return _ordered(results, self._weight * _spread(crossed) + (1 - self._weight) * _spread(first), top_k)

    @cached_property
    def _model(self) -> CrossEncoder:
        try:
            from sentence_transformers import CrossEncoder

            model: CrossEncoder = CrossEncoder(self._name, device="cpu", num_labels=1)
        except (ImportError, OSError, ValueError) as error:
            raise RetrievalError(f"重排模型 {self._name} 加载不了：{' '.join(str(error).split())[:200]}") from error
        return model


def reranker(name: str = "", models: Path = MODELS) -> Reranker | None:
    """The reranker of a setting: "" for ours (None where it is not there), "none" for none, else a cross-encoder's name or path."""
    if name == "none":
        return None
    if name:
        return CrossEncoderReranker(name)
    return BERTReranker(models) if (models / RANKING / RANKING_FILE).is_file() else None


def candidate_features(question: Question, passages: Sequence[Passage], bert: FlaggedBert | None) -> NDArray[np.float32]:
    """RERANKER_FEATURES per passage; NaN for those of a BERT that is not there. bert: against the best of these candidates."""
    import numpy as np

    rows = match_features(question, passages)
    scores = np.full(len(passages), np.nan, dtype=np.float32)
    if bert is not None and len(passages):
        scores = bert.scores(question, passages)
        scores = scores - scores.max()
    best: dict[tuple[str, int | None], float] = {}
    for passage, score in zip(passages, scores, strict=True):
        key = (passage.document, passage.page)
        best[key] = max(best.get(key, float(score)), float(score))
    of_page = [best[passage.document, passage.page] for passage in passages]
    return np.column_stack((rows, scores, of_page)).astype(np.float32)


def _ordered(results: Sequence[Passage], scores: NDArray[np.float32], top_k: int) -> list[Passage]:
    import numpy as np

    order = np.argsort(-scores, kind="stable")[:top_k]
    return [replace(results[place], score=round(float(scores[place]), 6)) for place in order]


def _standard(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores with mean 0 and deviation 1 over these candidates."""
    spread: NDArray[np.float32] = (scores - scores.mean()) / (scores.std() + 1e-6)
    return spread


def _logistic(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    found: NDArray[np.float32] = (1 / (1 + np.exp(-scores.astype(np.float64) / 2))).astype(np.float32)
    return found


def _spread(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores on a scale from 0 to 1 over these candidates."""
    low, high = float(scores.min()), float(scores.max())
    return (scores - low) / (high - low) if high > low else scores * 0
