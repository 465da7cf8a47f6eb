"""BLEU, ROUGE-L and BERTScore over characters, each with the signature that says how it was computed.

They tell how alike two texts are, not whether a number is right: a wrong digit costs them next to nothing. Recompute accuracy stands
before them in every report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finetune.evaluation.statistics import Mean, bootstrap_mean
from finetune.evaluation.token_vectors import TokenEncoder, TokenVectors

TARGETS = {"BLEU": 0.6, "ROUGE-L": 0.7, "BERTScore": 0.85}


@dataclass(frozen=True)
class TextScore:
    """One metric, 0-1. corpus: over all texts at once (BLEU), else the mean. items: one score for each pair, in order."""

    name: str
    corpus: float
    mean: Mean
    signature: str
    items: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain values without the single scores."""
        return {"score": round(self.corpus, 5), "mean": self.mean.to_dict(), "signature": self.signature}


def text_scores(outputs: Sequence[str], references: Sequence[str], encoder: TokenEncoder | None = None) -> dict[str, TextScore]:
    """All three metrics by name; BERTScore only where an encoder is given.

    Raises:
        ValueError: there are not as many outputs as references.
    """
    if len(outputs) != len(references):
        raise ValueError("text scores need one reference for every output")
    if not outputs:
        return {}
    scores = {"BLEU": bleu(outputs, references), "ROUGE-L": rouge_l(outputs, references)}
    return scores | ({"BERTScore": bert_score(outputs, references, encoder)} if encoder is not None else {})


def bleu(outputs: Sequence[str], references: Sequence[str]) -> TextScore:
    """Corpus BLEU-4 over characters by sacreBLEU (Post 2018); single pairs with the effective order, as sacreBLEU advises."""
    from sacrebleu.metrics import BLEU

    whole, single = BLEU(tokenize="char"), BLEU(tokenize="char", effective_order=True)
    corpus = whole.corpus_score(list(outputs), [list(references)]).score / 100
    items = tuple(single.sentence_score(output, [reference]).score / 100 for output, reference in zip(outputs, references, strict=True))
    version = str(whole.get_signature()).rpartition("version:")[2]
    return TextScore("BLEU", corpus, bootstrap_mean(items), f"BLEU|tok:char|scale:0-1|order:4|smooth:exp|sacrebleu:{version}", items)


class _Characters:
    """A tokenizer of rouge-score that keeps every character but blanks; its own keeps only Latin letters and digits."""

    def tokenize(self, text: str) -> list[str]:
        return [character for character in text if not character.isspace()]


def rouge_l(outputs: Sequence[str], references: Sequence[str]) -> TextScore:
    """Mean ROUGE-L F1 over characters (Lin 2004), by the rouge-score package."""
    from importlib.metadata import version

    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], tokenizer=_Characters())
    items = tuple(float(scorer.score(reference, output)["rougeL"].fmeasure) for output, reference in zip(outputs, references, strict=True))
    mean = bootstrap_mean(items)
    return TextScore("ROUGE-L", mean.value, mean, f"ROUGE-L|tok:char|scale:0-1|f1|rouge-score:{version('rouge-score')}", items)


def bert_score(outputs: Sequence[str], references: Sequence[str], encoder: TokenEncoder) -> TextScore:
    """Mean BERTScore F1 (Zhang et al. 2020): each token matched greedily to its most similar one on the other side; no idf, no rescaling."""
    encoded = encoder.encode([*outputs, *references])
    pairs = zip(encoded[: len(outputs)], encoded[len(outputs) :], strict=True)
    items = tuple(_greedy_f1(one, other) for one, other in pairs)
    mean = bootstrap_mean(items)
    return TextScore("BERTScore", mean.value, mean, f"BERTScore|encoder:{encoder.name}|scale:0-1|f1|no-idf|no-rescale", items)


def _greedy_f1(output: TokenVectors, reference: TokenVectors) -> float:
    """2PR/(P+R) of mean best cosines; 0 where either side has no token."""
    if not len(output) or not len(reference):
        return 0.0
    similar = output @ reference.T
    precision, recall = float(similar.max(axis=1).mean()), float(similar.max(axis=0).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
