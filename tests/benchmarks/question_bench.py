"""Asks the generated questions and grades the answers: `python -m tests.benchmarks.question_bench [--split tune|test|all]`.

Strict: the first answer must be the figure asked for - value within the rounding of what is printed, right bank, period and
口径. Failures are shown with their wording for the tune half only (-v, --failures FILE), so that the test half stays unseen.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from app.assistant import Assistant
from app.settings import Settings
from app.wiring import open_assistant
from tests.benchmarks.question_factory import Case, generate
from tests.benchmarks.question_gold import UNITS, Expected
from tests.benchmarks.question_kinds import KINDS
from tests.benchmarks.question_maker import Split

DEFAULT_NUMBER = 320
Reply = Mapping[str, Any]


class Verdict(StrEnum):
    """What an answer was worth."""

    RIGHT = "right"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong number"
    OTHER = "other wrong"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One graded case. seconds: the last turn alone."""

    case: Case
    verdict: Verdict
    reply: Reply
    seconds: float


def grade(case: Case, reply: Reply) -> Verdict:
    """The verdict on the reply to the last turn."""
    figures = {figure["id"]: figure for figure in reply["figures"]}
    answers = [figures[name] for name in reply["answers"]]
    if case.gold.code:
        if answers:
            return Verdict.WRONG_NUMBER
        return Verdict.RIGHT if reply["refusal"] and reply["refusal"]["code"] == case.gold.code else Verdict.OTHER
    if not answers:
        return Verdict.REFUSED if reply["refusal"] else Verdict.OTHER
    if any(_fulfils(case.gold.every, answers, alternative) for alternative in case.gold.alternatives):
        return Verdict.RIGHT
    wanted = [item for alternative in case.gold.alternatives for item in alternative]
    # The right figure behind another one, or an incomplete list, misleads nobody about a value; a foreign first figure does.
    known = answers[:1] if case.gold.every else answers
    return Verdict.OTHER if any(matches(figure, item) for figure in known for item in wanted) else Verdict.WRONG_NUMBER


def _fulfils(every: bool, answers: Sequence[Reply], alternative: Sequence[Expected]) -> bool:
    if not every:
        return matches(answers[0], alternative[0])
    return all(any(matches(figure, item) for figure in answers) for item in alternative)


def matches(figure: Reply, wanted: Expected) -> bool:
    """Whether a printed figure is the expected one."""
    dimension, factor = UNITS.get(figure["unit"], ("", Decimal(1)))
    same = dimension == wanted.dimension and (figure["entity"], figure["period"].rsplit("-", 1)[-1] if figure.get("operation") == "cagr" else figure["period"], figure["scope"]) == (wanted.bank, wanted.period, wanted.scope)
    named = not wanted.indicator or figure["indicator"] == wanted.indicator
    based = not wanted.base_period or figure["base_period"] in (None, wanted.base_period)
    value = Decimal(figure["value"])
    places = value.as_tuple().exponent
    rounding = factor * Decimal(10) ** (places if isinstance(places, int) else 0) / 2
    return same and named and based and abs(value * factor - wanted.value) <= _tolerance(wanted, rounding)


def _tolerance(wanted: Expected, rounding: Decimal) -> Decimal:
    """Half of the last printed place, but never so coarse that the figure would say nothing."""
    if wanted.tolerance is not None:
        return wanted.tolerance
    coarsest = abs(wanted.value) / 2000 if wanted.dimension == "amount" else Decimal("0.005")
    return min(rounding, coarsest) + Decimal("1e-12")


def ask_case(assistant: Assistant, case: Case) -> Outcome:
    """The conversation in a thread of its own, its last reply graded."""
    thread: str | None = None
    for turn in case.turns:
        started = perf_counter()
        reply = assistant.ask(turn, thread_id=thread)
        seconds, thread = perf_counter() - started, reply["thread_id"]
    return Outcome(case, grade(case, reply), reply, seconds)


def run(split: Split, number: int, seed: int) -> list[Outcome]:
    """All cases of one half, on an assistant with the bundled facts and no model."""
    cases = generate(split, number, seed)
    with tempfile.TemporaryDirectory() as home, open_assistant(Settings.load({}, home=Path(home))) as assistant:
        return [ask_case(assistant, case) for case in cases]


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Rates in 0..1, median latency of a turn in milliseconds, and the verdicts by kind."""
    total = Counter(outcome.verdict for outcome in outcomes)
    kinds: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for outcome in outcomes:
        kinds[outcome.case.kind][outcome.verdict.value] += 1
    return {
        "questions": len(outcomes), "accuracy": round(total[Verdict.RIGHT] / len(outcomes), 4),
        "wrong_number_rate": round(total[Verdict.WRONG_NUMBER] / len(outcomes), 4), "refused": total[Verdict.REFUSED],
        "other_wrong": total[Verdict.OTHER], "median_ms": round(median(outcome.seconds for outcome in outcomes) * 1000, 1),
        "by_kind": {kind: dict(counts) for kind, counts in kinds.items() if counts},
    }  # fmt: skip


def table(result: Mapping[str, Any]) -> str:
    """The summary by kind, as text."""
    lines = [f"{'kind':<24}{'right':>7}{'refused':>9}{'wrong number':>14}{'other wrong':>13}"]
    for kind, counts in result["by_kind"].items():
        right, refused, wrong, other = (counts.get(verdict.value, 0) for verdict in Verdict)
        lines.append(f"{kind:<24}{right:>7}{refused:>9}{wrong:>14}{other:>13}")
    return "\n".join(lines)


def failure(outcome: Outcome) -> str:
    """What went wrong, for whoever tunes: the conversation, what was wanted, what came."""
    figures = {figure["id"]: figure for figure in outcome.reply["figures"]}
    got = [
        f"{item['entity']} {item['indicator']} {item['period']}{'/' + item['base_period'] if item['base_period'] else ''} {item['scope']} "
        f"{item['value']}{item['unit']}" for item in (figures[name] for name in outcome.reply["answers"])
    ]  # fmt: skip
    gold = outcome.case.gold
    wanted = gold.code or " | ".join("; ".join(_told(item) for item in items) for items in gold.alternatives)
    refusal = outcome.reply["refusal"]
    return "\n".join((
        f"[{outcome.case.kind}] {outcome.verdict.value}: " + "  ⏎  ".join(outcome.case.turns), f"  wanted:   {wanted}",
        f"  got:      {'; '.join(got) or '-'}", f"  refusal:  {refusal['code'] + ' ' + refusal['message'] if refusal else '-'}",
        f"  resolved: {outcome.reply['resolved_question']}  unexplained: {outcome.reply['unexplained']}",
    ))  # fmt: skip


def _told(item: Expected) -> str:
    unit = {"amount": "亿元", "percent": "%", "points": "个百分点"}[item.dimension]
    value = item.value / Decimal(10) ** 8 if item.dimension == "amount" else item.value
    base = f"/{item.base_period}" if item.base_period else ""
    return f"{item.bank} {item.indicator} {item.period}{base} {item.scope} {value:.4f}{unit}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table by kind and one JSON line for each half."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.question_bench")
    parser.add_argument("--split", choices=("tune", "test", "all"), default="test")
    parser.add_argument("--n", type=int, default=DEFAULT_NUMBER, help="questions in each half")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", action="store_true", help="show the failures of the tune half")
    parser.add_argument("--failures", type=Path, help="write the failures of the tune half to a file")
    options = parser.parse_args(arguments)
    halves: tuple[Split, ...] = ("tune", "test") if options.split == "all" else (options.split,)
    for half in halves:
        outcomes = run(half, options.n, options.seed)
        result = {"split": half, "seed": options.seed, **summary(outcomes)}
        shown = [failure(outcome) for outcome in outcomes if half == "tune" and outcome.verdict is not Verdict.RIGHT]
        if options.v:
            sys.stdout.write("\n\n".join(shown) + "\n\n")
        if options.failures and half == "tune":
            options.failures.write_text("\n\n".join(shown) + "\n", encoding="utf-8")
        sys.stdout.write(f"{half}\n{table(result)}\n{json.dumps(result, ensure_ascii=False)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
