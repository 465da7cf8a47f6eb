"""The language model of our own: its tokenizer, its text, a tiny pretraining, and what the shipped one does."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.lm.instruction_rows import instruction_rows
from finetune.lm.naming import named
from finetune.lm.pretrain import Plan, corpus, pretrain
from finetune.lm.text import in_codes
from finetune.lm.tokenizer import train_tokenizer
from finetune.rows.factory import exercises
from finetune.rows.renumber import renumbered
from tools.local_model.loading import MODELS
from tools.local_model.prompt import vocabulary_of_codes

TINY = Plan(calculations=80, narrations=20, vocabulary=900, hidden=32, layers=1, heads=2, key_heads=1, wide=64, longest=200, batch_tokens=600, steps=3, threads=1)


def test_codes_are_single_tokens_and_text_comes_back(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    texts = ["f1 b1 t0 净利润 额\n?b1t0净利润f1，同比增长多少\n=", "{f1.name}=[Calculator((f1-f2)/f2*100)→{f3}]。2023年1.23%"] * 20
    train_tokenizer(texts, tmp_path, 700)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for code in vocabulary_of_codes():
        assert len(tokenizer.encode(code).ids) == 1, code
    for text in (*texts[:2], "囍 f12 f41，2024"):
        assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_the_text_is_the_same_each_time_and_is_learned_past_what_is_given() -> None:
    first, second = list(corpus(TINY)), list(corpus(TINY))
    assert first == second and len(first) > 80
    worked = [item for item in first if "\n#" in item.given and item.given.endswith("\n:")]
    assert worked and all("{f" in item.told or "缺" in item.told or "没有" in item.told or "未" in item.told or "无" in item.told for item in worked[:20])


def test_an_exercise_said_in_codes_holds_no_reference_and_no_value() -> None:
    exercise = next(exercises(3, {"calculation": 1}, held=False))
    said = in_codes(exercise.ask, exercise.sheet)
    assert "{" not in said and re.search(r"\bf1\b|f1", said)


def test_answers_name_their_bank_and_period() -> None:
    made = [named(exercise) for exercise in exercises(5, {"qa": 120, "calculation": 80}, held=False)]
    for exercise in filter(None, made):
        if exercise.family in ("ratio", "share", "growth") and exercise.sheet.answers:
            assert ".bank}" in exercise.tell and ".period}" in exercise.tell, exercise.tell


def test_renumbering_keeps_what_is_said() -> None:
    import random

    from finetune.lm.text import slots_of
    from tools.references import fill

    for exercise in exercises(9, {"qa": 20, "calculation": 20}, held=False):
        other = renumbered(exercise, random.Random(1))
        assert fill(other.tell, other.sheet, slots_of(other.sheet)).text == fill(exercise.tell, exercise.sheet, slots_of(exercise.sheet)).text
        assert [figure.quantity for figure in other.sheet.answer_figures()] == [figure.quantity for figure in exercise.sheet.answer_figures()]


def test_rows_show_no_value_and_no_answer_mark_of_a_calculation() -> None:
    for row in instruction_rows(60, 10, 11):
        plain = re.sub("|".join(sorted(map(re.escape, vocabulary_of_codes()), key=len, reverse=True)), "", row.prompt)
        assert row.completion and not re.search(r"\d{4,}", plain), row.prompt
        if row.meta["kind"] != "narration":
            assert " *" not in row.prompt


def test_a_tiny_pretraining_leaves_a_model_that_can_be_run_and_gone_on_from(tmp_path: Path) -> None:
    from tools.local_model.decoder import Decoder

    manifest = pretrain(TINY, tmp_path / "one", "test")
    assert manifest["metrics"]["tokens_read"] > 0
    assert Decoder.load(tmp_path / "one") is not None
    again = pretrain(replace(TINY, seed=8), tmp_path / "two", "test", start=tmp_path / "one")
    assert again["metrics"]["tokens_read_in_all"] > manifest["metrics"]["tokens_read_in_all"]
    assert json.loads((tmp_path / "two" / "config.json").read_text())["prompt_form"] == "references"


@pytest.mark.skipif(not (MODELS / "financial_llm_lora_v1.0.0" / "adapter_config.json").is_file(), reason="no adapter is shipped")
def test_the_shipped_model_answers_questions_with_their_own_numbers() -> None:
    from agents.llm.local_lora import finetuned_slot
    from agents.llm.service import LLMService

    asked = {
        "某银行2023年净利润100亿元，2022年净利润80亿元，净利润同比增长率是多少？": "25.00%",
        "某银行不良贷款余额50亿元，各项贷款总额5000亿元，计算不良率": "1.00%",
        "招商银行2023年不良率0.95%，2022年0.96%，变化了多少个百分点？": "下降0.01个百分点",
        "甲银行2023年末贷款总额5000亿元，存款总额8000亿元，存贷比多少？": "62.50%",
    }
    slot = finetuned_slot()
    assert slot is not None
    service = LLMService([slot])
    answers = [asyncio.run(service.generate(question, use_finetuned=True)) for question in asked]
    service.close()
    assert all(value in answer for value, answer in zip(asked.values(), answers, strict=True)), answers
