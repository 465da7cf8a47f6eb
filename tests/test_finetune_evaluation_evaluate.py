"""One model over one data set: everything measured, saved and printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from finetune.evaluation.cases import Generator, cases_of
from finetune.evaluation.evaluate import Plan, evaluate, training_measures
from finetune.evaluation.markdown import report_markdown
from finetune.evaluation.report import EvaluationReport
from finetune.evaluation.token_vectors import token_encoder
from finetune.rows.narration import narrations
from tests.evaluation_exercises import all_exercises, growth_exercise

WORDS = ("请问", "麻烦", "帮我看看", "劳驾", "想知道", "请计算")
ITEMS = [*all_exercises(), *(growth_exercise(str(150 + step), said=word) for step, word in enumerate(WORDS)), *narrations(4, 4)]


def scripted(wrong: Callable[[int], bool] = lambda number: False) -> Generator:
    """A model that answers with the reference drafts, but for the numbers that are to be wrong."""
    cases = cases_of(ITEMS)
    told = {case.prompt: "{f1}" if wrong(number) else case.exercise.tell for number, case in enumerate(cases) if case.exercise}

    def generate(prompts: Sequence[str]) -> list[str]:
        return [told.get(prompt, "不知道") for prompt in prompts]

    return generate


@pytest.fixture(scope="module")
def report() -> EvaluationReport:
    ticks = iter(range(100))
    return evaluate("scripted", ITEMS, scripted(lambda number: number in (1, 2)), Plan(encoder=token_encoder()), data_name="held_out.jsonl", clock=lambda: float(next(ticks)))


def test_everything_is_measured(report: EvaluationReport) -> None:
    assert (report.accuracy.right, report.accuracy.total) == (14, 16) and report.data["count"] == 16 and report.seconds == 1.0
    assert report.narration().value == 1 and report.narration().total == 5 and report.terms().value > 0.8
    assert set(report.text) == {"BLEU", "ROUGE-L", "BERTScore"} and 0.5 < report.text["BLEU"].score < 1
    assert report.regression is not None and report.regression.passed.right == 0 and report.flips["overall"]["rate"] == 1
    assert report.slices()["family"]["growth"].to_dict()["right"] == 7 and set(report.slices()["held_out"])
    assert report.part("right", ("qa",)).total == 1 and report.part("final", ("nothing",)).total == 0


def test_a_report_is_read_back_as_it_was(report: EvaluationReport) -> None:
    saved = json.loads(json.dumps(report.to_dict(), ensure_ascii=False))
    assert EvaluationReport.of_dict(saved).to_dict() == report.to_dict()


def test_the_markdown_tells_accuracy_first_and_signatures(report: EvaluationReport) -> None:
    text = report_markdown(report)
    assert text.index("重算准确率") < text.index("BLEU") and "87.5%" in text and r"BLEU\|tok:char\|scale:0-1" in text
    assert "| 增长率 |" in text and "改动检出" in text and "通用能力回归集" in text and "None" not in text


def test_a_prompt_that_stands_twice_is_asked_and_counted_once() -> None:
    """Prompts in references carry no values: two of one wording are one question to the model, and no two observations."""
    twice = [growth_exercise("150"), growth_exercise("180"), all_exercises()[1]]
    asked: list[str] = []

    def generate(prompts: Sequence[str]) -> list[str]:
        asked.extend(prompts)
        return ["{f1}"] * len(prompts)

    found = evaluate("twice", twice, generate, Plan(regression=(), flips=False))
    assert len(asked) == len(found.records) == found.data["count"] == 2 and found.data["repeated"] == 1


def test_what_is_not_wanted_is_not_run() -> None:
    short = evaluate("scripted", ITEMS[:2], scripted(), Plan(regression=(), flips=False))
    assert short.regression is None and short.flips == {} and "BERTScore" not in short.text and "回归集" not in report_markdown(short)


def test_a_worked_answer_in_digits_is_compared_with_the_worked_reference() -> None:
    case = cases_of(ITEMS[:1])[0]
    found = evaluate("digits", ITEMS[:1], lambda prompts: [case.worked] * len(prompts), Plan(regression=(), flips=False))
    assert case.worked != case.reference and found.text["ROUGE-L"].score == 1 and found.accuracy.value == 1


def test_the_measure_of_a_training_run_takes_conversations() -> None:
    seen: list[str] = []
    told = {case.prompt: case.exercise.tell for case in cases_of(ITEMS) if case.exercise}

    def answer(chats: Sequence[Sequence[dict[str, str]]]) -> list[str]:
        seen.extend(chat[-1]["content"] for chat in chats)
        return [told[chat[-1]["content"]] if "净利润" in chat[-1]["content"] else "" for chat in chats]

    found = training_measures(ITEMS)(answer)  # type: ignore[arg-type]
    assert set(seen) == set(told) and found["recompute_growth"] == 1 and found["recompute_ratio"] == 0 and 0 < found["recompute"] < 1
