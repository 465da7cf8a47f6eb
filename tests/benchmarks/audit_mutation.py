"""How often the auditor catches a wrong number, and how often it cries wolf.

Right answers are written from the bundled facts by templates; one piece of each copy is changed (a digit, a unit, a word of
direction, a year, a bank), or two pieces change places. A changed answer that is still true of its sheet, as its own claims are recomputed, is left out.

    python -m tests.benchmarks.audit_mutation [--answers 2000] [--seed 7] [--from ANSWERS.jsonl] [--show 20]

A JSONL file holds answers of the product itself, one object a line: {"text", "figures": [figure dicts of ask --json], "question", "quotable": [passages, optional]}.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.banks import bank_registry
from data.periods import Period
from data.units import unit
from tests.benchmarks.audit_claims import OPPOSITES, Answer, Piece
from tests.benchmarks.audit_draws import Draw, usable_facts
from tests.benchmarks.audit_heldout import HELDOUT
from tests.benchmarks.audit_product import answers_from_product, mutations_of_text
from tests.benchmarks.audit_prose import PROSE, headed_report
from tests.benchmarks.audit_templates import PLAIN, Template
from tools.audit.check import AuditContext, audit_text
from tools.factsheet import FactSheet

KINDS = ("digit", "unit", "sign", "year", "bank", "swap")
TEMPLATES: tuple[Template, ...] = (*PLAIN, *PROSE, *HELDOUT)
HELD_OUT = frozenset(template.__name__ for template in HELDOUT)
_UNITS = {"亿元": "万元", "万元": "亿元", "百万元": "亿元", "万亿元": "亿元", "%": "个百分点", "个百分点": "%", "BP": "%"}


@dataclass
class Score:
    """Counts of one run; `missed` and `alarms` keep examples."""

    answers: Counter[str] = field(default_factory=Counter)
    false_alarms: Counter[str] = field(default_factory=Counter)
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    caught: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def share_caught(self, kind: str | None = None, templates: Iterable[str] | None = None) -> float:
        """Caught share of the changed answers, of one kind or all, of some templates or all."""
        names = None if templates is None else set(templates)
        keys = [key for key in self.tried if kind in (None, key[1]) and (names is None or key[0] in names)]
        tried = sum(self.tried[key] for key in keys)
        return sum(self.caught[key] for key in keys) / tried if tried else 1.0

    def share_alarms(self, templates: Iterable[str] | None = None) -> float:
        """Share of right answers that were stopped."""
        names = set(self.answers) if templates is None else set(templates)
        total = sum(self.answers[name] for name in names)
        return sum(self.false_alarms[name] for name in names) / total if total else 0.0


def write_answers(count: int, seed: int) -> Iterator[Answer]:
    """Right answers, the templates in turn."""
    figures, by_key = usable_facts()
    for number in range(count):
        template = TEMPLATES[number % len(TEMPLATES)]
        draw = Draw(random.Random(seed * 1_000_003 + number), figures, by_key, template=template.__name__)
        answer = template(draw)
        draw.noise()
        yield answer


def mutants(answer: Answer, rng: random.Random) -> Iterator[tuple[str, Answer]]:
    """One changed copy a kind, where the answer has a piece of that kind and a change of it is false."""
    for kind in KINDS[:-1]:
        places = [index for index, piece in enumerate(answer.pieces) if piece.kind == ("number" if kind in ("digit", "unit") else _PIECE[kind])]
        rng.shuffle(places)
        for index in places:
            changed = _changed(kind, answer.pieces[index], answer, rng)
            if changed is None:
                continue
            mutant = answer.with_piece(index, changed)
            if not mutant.holds():
                yield kind, mutant
                break
    pieces = answer.pieces
    pairs = [(i, j) for i, one in enumerate(pieces) for j in range(i + 1, len(pieces)) if _swappable(one, pieces[j])]
    rng.shuffle(pairs)
    swapped = (answer.with_piece(i, pieces[j]).with_piece(j, pieces[i]) for i, j in pairs)
    if (false := next((mutant for mutant in swapped if not mutant.holds()), None)) is not None:
        yield "swap", false


def _swappable(one: Piece, other: Piece) -> bool:
    """Two numbers of one unit, two banks or two periods that differ."""
    if one.kind != other.kind or one.kind not in ("number", "bank", "period"):
        return False
    return (one.value, one.bank, one.period) != (other.value, other.bank, other.period) and one.unit == other.unit


_PIECE = {"sign": "sign", "year": "period", "bank": "bank"}


def _changed(kind: str, piece: Piece, answer: Answer, rng: random.Random) -> Piece | None:
    if kind == "digit":
        return _other_digit(piece, rng)
    if kind == "unit":
        return _other_unit(piece)
    if kind == "sign":
        return replace(piece, text=OPPOSITES[piece.text], sign=-piece.sign) if piece.text in OPPOSITES else None
    if kind == "year":
        return _other_year(piece, rng)
    return _other_bank(piece, answer, rng)


def _other_digit(piece: Piece, rng: random.Random) -> Piece:
    places = [index for index, char in enumerate(piece.text) if char.isdigit()]
    index = rng.choice(places)
    old = int(piece.text[index])
    new = rng.choice([digit for digit in range(10) if digit != old and (digit or index != places[0] or len(places) == 1)])
    char = str(new) if piece.text[index].isascii() else chr(ord("０") + new)
    text = piece.text[:index] + char + piece.text[index + 1 :]
    digits = "".join(str(int(c)) if c.isdigit() else c for c in text if c.isdigit() or c in ".．")
    return replace(piece, text=text, value=piece.value.__class__(digits.replace("．", ".")))


def _other_unit(piece: Piece) -> Piece | None:
    if piece.unit is None or (other := _UNITS.get(piece.unit.symbol)) is None:
        return None
    printed = re.sub(r"^[\d,.０-９．]+", "", piece.text)
    return replace(piece, text=piece.text[: len(piece.text) - len(printed)] + other, unit=unit(other))


def _other_year(piece: Piece, rng: random.Random) -> Piece | None:
    if piece.period is None:
        return None
    year = piece.period.year + rng.choice((-3, -2, -1, 1, 2, 3))
    text = piece.text.replace(str(piece.period.year), str(year), 1)
    return replace(piece, text=text, period=Period(year, piece.period.part)) if text != piece.text else None


def _other_bank(piece: Piece, answer: Answer, rng: random.Random) -> Piece:
    inside = sorted({figure.entity_id for figure in answer.sheet} - {piece.bank, "industry"})
    outside = sorted(bank.id for bank in bank_registry() if bank.listed and bank.id != piece.bank)
    chosen = rng.choice(inside if inside and rng.random() < 0.6 else outside)
    bank = bank_registry().get(chosen)
    return replace(piece, text=bank.name if bank is not None else piece.text, bank=chosen)


def run(count: int, seed: int) -> Score:
    """Audit so many right answers and their mutants."""
    score, rng = Score(), random.Random(seed)
    for answer in write_answers(count, seed):
        context = AuditContext(banks=answer.banks, periods=answer.periods, question=answer.question)
        score.answers[answer.template] += 1
        began = time.perf_counter()
        report = audit_text(answer.text, answer.sheet, context)
        score.seconds += time.perf_counter() - began
        if not report.ok:
            score.false_alarms[answer.template] += 1
            score.alarms.append((answer.template, answer.text, "；".join(report.problems)))
        for kind, mutant in mutants(answer, rng):
            score.tried[answer.template, kind] += 1
            if not audit_text(mutant.text, mutant.sheet, context).ok:
                score.caught[answer.template, kind] += 1
            else:
                score.missed.append((f"{answer.template}/{kind}", mutant.text, answer.text))
    return score


def run_product(path: Path, seed: int) -> Score:
    """Audit answers of the product, then copies with one thing changed; what the sheet still supports is left out."""
    score, rng = Score(), random.Random(seed)
    for number, (text, sheet, context) in enumerate(answers_from_product(path)):
        score.answers["product"] += 1
        report = audit_text(text, sheet, context)
        if not report.ok:
            score.false_alarms["product"] += 1
            score.alarms.append((f"line {number + 1}", text, "；".join(report.problems)))
            continue
        for kind, changed in mutations_of_text(text, report, sheet, rng):
            score.tried["product", kind] += 1
            if not audit_text(changed, sheet, context).ok:
                score.caught["product", kind] += 1
            else:
                score.missed.append((f"line {number + 1}/{kind}", changed, text))
    return score


def table(score: Score) -> str:
    """The result as a table and one JSON line."""
    kinds = [kind for kind in KINDS if any(key[1] == kind for key in score.tried)]
    splits: dict[str, set[str] | None] = {"all": None}
    if set(score.answers) & HELD_OUT:
        splits |= {"tuned": set(score.answers) - HELD_OUT, "held out": set(score.answers) & HELD_OUT}
    lines = ["split      " + "".join(f"{kind:>9}" for kind in (*kinds, "overall", "alarms"))]
    result: dict[str, dict[str, float]] = defaultdict(dict)
    for split, names in splits.items():
        cells = [score.share_caught(kind, names) for kind in kinds] + [score.share_caught(None, names), score.share_alarms(names)]
        lines.append(f"{split:<11}" + "".join(f"{cell:>9.2%}" for cell in cells))
        result[split] = {key: round(cell, 5) for key, cell in zip((*kinds, "overall", "alarms"), cells, strict=True)}
    counts = {kind: sum(count for key, count in score.tried.items() if key[1] == kind) for kind in KINDS}
    total = sum(score.answers.values())
    lines.append(json.dumps({"answers": total, "mutants": counts, "ms_per_audit": round(score.seconds / max(total, 1) * 1000, 2), "ms_2000_characters": long_answer_ms(), **result}))
    return "\n".join(lines)


def long_answer_ms(length: int = 2000) -> float:
    """Milliseconds to audit a right answer of so many characters, best of five: reports with headings, one after another."""
    figures, by_key = usable_facts()
    sheet, text, number = FactSheet(), "", 0
    while len(text) < length:
        answer = headed_report(Draw(random.Random(number), figures, by_key, template="long"))
        sheet.extend(answer.sheet)
        text += answer.text + "以上分析基于公开披露的定期报告，口径为集团，仅供内部参考。\n\n"
        number += 1
    times = []
    for _ in range(5):
        began = time.perf_counter()
        audit_text(text[:length], sheet, AuditContext())
        times.append(time.perf_counter() - began)
    return round(min(times) * 1000, 1)


def main(arguments: list[str]) -> str:
    """The command line; returns what it prints."""
    parser = argparse.ArgumentParser(description="catch rate and false alarms of the auditor")
    parser.add_argument("--answers", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--from", dest="path", type=Path)
    parser.add_argument("--show", type=int, default=0)
    chosen = parser.parse_args(arguments)
    score = run_product(chosen.path, chosen.seed) if chosen.path else run(chosen.answers, chosen.seed)
    tuned = [one for one in score.missed if one[0].split("/")[0] not in HELD_OUT], [one for one in score.alarms if one[0] not in HELD_OUT]
    examples = [f"MISSED {name}\n  now {text!r}\n  was {other!r}" for name, text, other in tuned[0][: chosen.show]]
    examples += [f"ALARM {name}\n  {text!r}\n  {why}" for name, text, why in tuned[1][: chosen.show]]
    return "\n".join([*examples, table(score)])


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
