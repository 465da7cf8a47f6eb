"""Reading a report and answering on it: figures and questions of the golden report, and the seconds that it took.

    python -m tests.benchmarks.document_bench [--pdf FILE] [--questions FILE] [--figures FILE] [--failures]

The figures and questions were written with the report (tests/golden), before anything read it; the wordings of the questions
have since been used to find what was not understood, so that their score says what has been learnt, not what is new.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.ingesting import open_ingestor
from app.settings import Settings
from app.wiring import open_assistant
from data.errors import UsageError
from tests.benchmarks.grading import Verdict, grade_extraction, grade_questions

GOLDEN = Path(__file__).parents[1] / "golden"
COLLECTION = "bench"
Record = dict[str, Any]


def records(path: Path) -> list[Record]:
    """The lines of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def answers(assistant: Assistant, items: Sequence[Record]) -> dict[str, Record]:
    """The last turn's result of every question, each in a thread of its own."""
    found = {}
    for item in items:
        for turn in item["turns"]:
            found[item["id"]] = assistant.ask(turn, thread_id=item["id"], collection=COLLECTION)
    return found


def figures(assistant: Assistant, items: Sequence[Record]) -> dict[str, Record | None]:
    """The figure found for every item, by name, period and scope."""
    found: dict[str, Record | None] = {}
    for item in items:
        try:
            found[item["id"]] = assistant.find_figure(item["indicator"], item["period"], item["scope"], collection=COLLECTION)
        except UsageError:
            found[item["id"]] = None
    return found


def main() -> None:
    """Print what was read, found and answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pdf", type=Path, default=GOLDEN / "report.pdf")
    parser.add_argument("--questions", type=Path, default=GOLDEN / "questions.jsonl")
    parser.add_argument("--figures", type=Path, default=GOLDEN / "figures.jsonl")
    parser.add_argument("--failures", action="store_true", help="list what was not right")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.load({}, home=Path(home))
        with open_ingestor(settings) as ingestor:
            report = next(iter(ingestor.ingest([options.pdf], COLLECTION)))
        print(
            f"{report.title}: {report.pages} pages, {report.tables} tables, {report.figures} figures ({report.named} named), "
            f"{report.passed} identities hold, {len(report.failed)} fail; {report.seconds} s"
        )
        with open_assistant(settings) as assistant:
            items = [item for item in records(options.figures) if item["indicator"]]
            read = grade_extraction(items, figures(assistant, items))
            print(f"figures by name (n={len(items)}): precision {read.precision:.3f}, recall {read.recall:.3f}, F1 {read.f1:.3f}, page right {read.pages:.3f}")
            questions = records(options.questions)
            started = time.perf_counter()
            results = answers(assistant, questions)
            seconds = time.perf_counter() - started
    score = grade_questions(questions, results)
    turns = sum(len(item["turns"]) for item in questions)
    print(f"questions (n={len(questions)}): accuracy {score.accuracy:.3f}, " + ", ".join(f"{v.value} {score.share(v):.3f}" for v in Verdict)
          + f", cited {score.cited:.3f}, refusal code {score.coded:.3f}; {1000 * seconds / turns:.0f} ms a turn")
    for kind, counts in sorted(score.kinds.items()):
        print(f"  {kind:14}" + " ".join(f"{name.value} {count}" for name, count in counts.items()))
    if options.failures:
        for item in questions:
            if score.verdicts[item["id"]] is not Verdict.RIGHT:
                print(f"  {score.verdicts[item['id']].value:8} {item['id']} {' / '.join(item['turns'])}")


if __name__ == "__main__":
    main()
