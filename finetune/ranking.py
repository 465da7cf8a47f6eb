"""Train the learned ranking: `python -m finetune.ranking --out data/models/caizhi-ranking` (after the embedding and the reranker).

Boosted trees (XGBoost, rank:ndcg) over how a candidate matches its question (retrieval.search.match_features), with the small
cross-encoder's score beside it, on groups of the first stage's candidates for questions on generated reports that neither model
has seen. Features that can only speak for a candidate are held monotone: what generated reports get wrong about real ones then
costs less. Written as plain JSON, evaluated with numpy.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.ports import Passage
from finetune.model_folder import write_card, write_manifest
from finetune.retrieval_data import Group, data_hash, groups
from retrieval.bert_reranker import BERT, RANKING_FILE, RERANKER_FEATURES, candidate_features
from retrieval.search.embeddings import MODELS, embedder
from retrieval.search.flagged_bert import FlaggedBert
from retrieval.search.tree_ranking import TreeRanking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RELEASE = "1.0.0"
_ONLY_FOR = frozenset((
    "score reciprocal_rank coverage coverage_label coverage_title characters run run_label term term_label term_title term_is_label term_is_title "
    "groups_hit groups_named weakest_group term_sum term_pairs term_pairs_label label_share title_share valued year scope indicator page_score "
    "page_share page_coverage page_term_is_label page_term_title page_valued page_best current first_of_title bert bert_page"
).split())


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train on and how. forget: the chance that an expansion forgets a wording. missing: that a group has no score of the BERT.

    richness: of the reports, see generate_report."""

    reports: int = 60
    per_report: int = 30
    held: int = 8
    forget: float = 0.3
    richness: float = 0.6
    missing: float = 0.1
    trees: int = 400
    depth: int = 3
    learning_rate: float = 0.08
    seed: int = 5
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Ranked:
    """Groups as arrays: rows of features, grades, and how many rows each group has."""

    groups: tuple[Group, ...]
    rows: NDArray[np.float32]
    grades: NDArray[np.int64]
    sizes: tuple[int, ...]


def train(plan: Plan, models: Path, out: Path, command: str) -> dict[str, Any]:
    """Train, write and measure; the manifest. models: where the embedding and the reranker lie."""
    began = time.monotonic()
    vectors, bert = embedder(), FlaggedBert(models / BERT) if (models / BERT / FlaggedBert.WEIGHTS).is_file() else None
    made, held = (
        ranked(groups(range(seed, seed + reports), plan.per_report, forget=plan.forget, richness=plan.richness, embedder=vectors), bert)
        for seed, reports in ((3000, plan.reports), (920_000, plan.held))
    )
    trees = fit(plan, made)
    out.mkdir(parents=True, exist_ok=True)
    write_trees(out / RANKING_FILE, trees)
    ranking = TreeRanking.read(out / RANKING_FILE)
    metrics = evaluate(ranking, held) | {"train_seconds": round(time.monotonic() - began)}
    data = {
        "groups": len(made.groups), "reports": plan.reports, "seed": plan.seed, "bert": bert is not None,
        "embedding": vectors.name if vectors else "",
        "sha256": data_hash([group.case.query + "".join(map(str, group.grades)) for group in made.groups]),
    }
    manifest = write_manifest(out, command, data, ("xgboost-cpu", "numpy"), metrics, RELEASE)
    rows = [("measure on held generated reports", "value"), *((name, str(value)) for name, value in metrics.items())]
    write_card(out, f"caizhi-ranking {RELEASE}", [__doc__ or "", f"Command: `{command}`"], rows)
    return manifest


def ranked(made: Iterable[Group], bert: FlaggedBert | None) -> Ranked:
    """Features and grades of groups."""
    import numpy as np

    kept = tuple(made)
    rows = np.concatenate([candidate_features(group.question, group.passages, bert) for group in kept])
    return Ranked(kept, rows, np.array([grade for group in kept for grade in group.grades]), tuple(len(group.grades) for group in kept))


def fit(plan: Plan, made: Ranked) -> list[dict[str, Any]]:
    """The trees as dictionaries of arrays."""
    import numpy as np
    import xgboost

    rng = np.random.default_rng(plan.seed)
    rows, owner = made.rows.copy(), np.repeat(np.arange(len(made.sizes)), made.sizes)
    gone = (rng.random(len(made.sizes)) < plan.missing)[owner]
    for name in ("bert", "bert_page"):
        rows[gone, RERANKER_FEATURES.index(name)] = np.nan
    model = xgboost.XGBRanker(
        objective="rank:ndcg", tree_method="hist", n_estimators=plan.trees, max_depth=plan.depth, learning_rate=plan.learning_rate, subsample=0.8,
        colsample_bytree=0.6, min_child_weight=20, reg_lambda=5, lambdarank_pair_method="topk", lambdarank_num_pair_per_sample=8,
        monotone_constraints=tuple(int(name in _ONLY_FOR) for name in RERANKER_FEATURES), random_state=plan.seed, n_jobs=plan.threads,
    )
    model.fit(rows, made.grades, group=made.sizes)
    return trees_of(json.loads(model.get_booster().save_raw("json")))


def trees_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """XGBoost's own JSON, cut down to what evaluation needs."""
    import numpy as np

    return [
        {
            "left": tree["left_children"], "right": tree["right_children"], "feature": tree["split_indices"],
            "value": [float(str(np.float32(value))) for value in tree["split_conditions"]], "missing_left": tree["default_left"],
        }
        for tree in content["learner"]["gradient_booster"]["model"]["trees"]
    ]


def write_trees(path: Path, trees: Sequence[dict[str, Any]]) -> None:
    """The file that retrieval.search.tree_ranking reads."""
    path.write_text(json.dumps({"features": RERANKER_FEATURES, "trees": trees}, separators=(",", ":")) + "\n", encoding="utf-8")


def evaluate(ranking: TreeRanking, held: Ranked) -> dict[str, float]:
    """Page level hit@1, hit@10 and MRR@10 on held groups, of the first stage and of the ranking."""
    import numpy as np

    scores, start, before, after = ranking.scores(held.rows), 0, [], []
    for group, size in zip(held.groups, held.sizes, strict=True):
        order = np.argsort(-scores[start : start + size], kind="stable")
        before.append(page_measures(group.passages, group.case.pages))
        after.append(page_measures([group.passages[place] for place in order], group.case.pages))
        start += size
    names = ("hit@1", "hit@10", "mrr@10")
    found = {"groups": float(len(held.groups))}
    for when, measured in (("first_stage", before), ("ranking", after)):
        found |= {f"{name}_{when}": round(float(value), 3) for name, value in zip(names, np.mean(measured, axis=0), strict=True)}
    return found


def page_measures(passages: Sequence[Passage], wanted: Iterable[int]) -> tuple[float, float, float]:
    """hit@1, hit@10 and reciprocal rank of the first wanted page among the first ten pages."""
    pages, answering = list(dict.fromkeys(passage.page for passage in passages))[:10], set(wanted)
    rank = next((place for place, page in enumerate(pages, 1) if page in answering), 0)
    return float(rank == 1), float(rank > 0), 1 / rank if rank else 0.0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the learned ranking.")
    parser.add_argument("--out", type=Path, default=Path("data/models/caizhi-ranking"))
    parser.add_argument("--models", type=Path, default=MODELS)
    for name in ("reports", "per_report", "trees", "depth"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(Plan(), name))
    given = vars(parser.parse_args())
    out, models = given.pop("out"), given.pop("models")
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items() if value != getattr(Plan(), name))
    train(Plan(**given), models, out, f"python -m finetune.ranking --out {out.name if out.is_absolute() else out} {options}".strip())


if __name__ == "__main__":
    main()
