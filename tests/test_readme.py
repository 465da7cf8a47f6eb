"""The READMEs say what is true: commands run, the transcript is what the product answers, counts are those of the data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import open_assistant
from data.banks import bank_registry
from data.facts_table import INDUSTRY_ID, load_facts
from data.indicators import indicator_catalogue
from data.knowledge_base import knowledge_entries

ROOT = Path(__file__).parents[1]
READMES = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")]


@pytest.mark.parametrize("text", READMES, ids=["en", "zh"])
def test_the_transcript_is_what_the_product_answers(text: str, tmp_path: Path) -> None:
    transcript = re.search(r"```\n(财智> .*?)```", text, re.S)
    assert transcript
    turns = re.split(r"^财智> ", transcript[1], flags=re.M)[1:]
    assert len(turns) == 3
    with open_assistant(Settings.load({}, home=tmp_path)) as assistant:
        for turn in turns:
            question, *shown = turn.strip().splitlines()
            answer = assistant.ask(question, thread_id="readme")["answer"]
            for line in shown:
                assert line.rstrip("…") in answer, line


@pytest.mark.parametrize("text", READMES, ids=["en", "zh"])
def test_the_counts_are_those_of_the_data(text: str) -> None:
    figures = load_facts().figures
    banks = {figure.entity_id for figure in figures} - {INDUSTRY_ID}
    for count in (len(figures), len(banks), len(indicator_catalogue()), len(bank_registry()), len(knowledge_entries())):
        assert re.search(rf"(?<!\d){count}(?!\d)", text), count


@pytest.mark.parametrize("text", READMES, ids=["en", "zh"])
def test_every_path_and_target_exists(text: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z]+)", text, re.M):
        assert f"\n{target}:" in makefile, target
    for path in re.findall(r"\]\((?!http)([^)]+)\)", text) + re.findall(r"`((?:agents|tools|data|tests)/[\w/.-]+)`", text):
        if "<" not in path:
            assert (ROOT / path).exists(), path
