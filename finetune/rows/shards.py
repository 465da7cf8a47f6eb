"""One shard of a build: a slice of the plan, made, checked and written by one process, the same whoever makes it.

A shard is three files: shard-0007.jsonl (good rows), rejects-0007.jsonl (rows kept aside, with their reasons) and shard-0007.json (its
counts), written last: a shard without it is made again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from data.errors import CaizhiError
from finetune.rows.factory import exercises
from finetune.rows.plausibility import implausible_figure
from finetune.rows.record import Exercise, Kind, Rendering, Row
from finetune.rows.renderings import render
from finetune.rows.validate import Problem, check_row
from tools.references import fill

MIX: Mapping[Rendering, int] = {"plain": 35, "calculator": 20, "tool_calls": 15, "references": 30}


@dataclass(frozen=True, slots=True)
class Shard:
    """What to make: `counts` exercises by kind from `seed`; rendering: one of the four, or "mixed". held: as for `exercises`."""

    number: int
    name: str
    seed: int
    counts: Mapping[Kind, int]
    rendering: str
    held: bool

    @property
    def rows(self) -> int:
        """How many exercises it makes."""
        return sum(self.counts.values())


@dataclass(slots=True)
class ShardReport:
    """What came of a shard: good rows, and rejected ones by reason."""

    number: int
    rows: int = 0
    rejects: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the shard's counts."""
        return {"number": self.number, "rows": self.rows, "rejects": dict(self.rejects)}


def make_shard(folder: Path, shard: Shard) -> ShardReport:
    """Make a shard and write its files; the counts file says that it is whole."""
    report = ShardReport(shard.number)
    good, bad, counts = shard_files(folder, shard)
    with good.open("w", encoding="utf-8") as rows, bad.open("w", encoding="utf-8") as rejects:
        for row, problems in checked_rows(shard):
            if problems:
                report.rejects.update(dict.fromkeys((problem.code for problem in problems), 1))
                rejects.write(json.dumps({"problems": [[p.code, p.message] for p in problems], **row.to_dict()}, ensure_ascii=False) + "\n")
            else:
                report.rows += 1
                rows.write(json.dumps(row.to_dict(), ensure_ascii=False) + "\n")
    counts.write_text(json.dumps(report.to_dict()), encoding="utf-8")
    return report


def made_before(folder: Path, shard: Shard) -> ShardReport | None:
    """The report of a shard that an earlier run finished."""
    good, _, counts = shard_files(folder, shard)
    if not (good.exists() and counts.exists()):
        return None
    try:
        read = json.loads(counts.read_text(encoding="utf-8"))
        return ShardReport(read["number"], read["rows"], Counter(read["rejects"]))
    except (ValueError, KeyError):
        return None


def shard_files(folder: Path, shard: Shard) -> tuple[Path, Path, Path]:
    """Rows, rejects and counts."""
    stem = f"{shard.name}-{shard.number:04d}"
    return folder / f"{stem}.jsonl", folder / f"rejects-{stem}.jsonl", folder / f"{stem}.json"


def checked_rows(shard: Shard) -> Iterator[tuple[Row, list[Problem]]]:
    """Every row of a shard with what is wrong with it."""
    rng = Random(f"{shard.seed}:rendering")
    for number, exercise in enumerate(_exercises(shard)):
        rendering = _rendering(shard.rendering, exercise, rng)
        row_id = f"{shard.name[0]}{shard.number:04d}-{number:05d}"
        try:
            row = render(exercise, rendering, row_id)
            if rendering == "references":
                fill(exercise.tell, exercise.sheet, _slots(exercise))
        except CaizhiError as error:
            drafts = [{"role": "user", "content": exercise.ask}, {"role": "assistant", "content": exercise.tell}]
            yield Row(drafts, {"id": row_id, "kind": exercise.kind}), [Problem("not_fillable", str(error))]
            continue
        yield row, [*check_row(row), *_odd_figures(exercise)]


def shard_seed(seed: int, name: str, number: int) -> int:
    """The seed of one shard, far from its neighbours'."""
    return int.from_bytes(blake2b(f"{seed}/{name}/{number}".encode(), digest_size=7).digest(), "big")


def _exercises(shard: Shard) -> Iterator[Exercise]:
    counted = {kind: count for kind, count in shard.counts.items() if kind != "narration"}
    yield from exercises(shard.seed, counted, held=shard.held)
    if told := shard.counts.get("narration", 0):
        from finetune.rows.narration import narrations

        yield from narrations(shard.seed, told, held=shard.held)


def _rendering(wanted: str, exercise: Exercise, rng: Random) -> Rendering:
    """The rendering of one exercise; a narration is told from its sheet, which only the references rendering shows."""
    drawn = rng.choices(list(MIX), list(MIX.values()))[0]
    if exercise.kind == "narration":
        return "references"
    return next((name for name in MIX if name == wanted), drawn)


def _slots(exercise: Exercise) -> dict[str, str]:
    """{bank}, {period}, {scope} and {name} where the sheet has exactly one."""
    found = {
        "bank": {figure.entity for figure in exercise.sheet}, "period": {figure.period_label for figure in exercise.sheet},
        "scope": {figure.scope.value for figure in exercise.sheet}, "name": {figure.indicator for figure in exercise.sheet},
    }
    return {slot: next(iter(values)) for slot, values in found.items() if len(values) == 1}


def _odd_figures(exercise: Exercise) -> Iterator[Problem]:
    """Figures of the sheet that no bank has."""
    for figure in exercise.sheet:
        if implausible_figure(figure):
            yield Problem("implausible", f"{figure.indicator} {figure.quantity} 对银行不可信")
