"""The `ask --json` contract: real answers satisfy it, spoiled ones do not, and the committed schema is the generated one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from pydantic import ValidationError

from app.assistant import Assistant
from app.contract import Answer, answer_schema
from tests.conftest import ROOT

SCHEMA = json.loads((ROOT / "docs" / "ask.schema.json").read_text(encoding="utf-8"))
QUESTIONS = {
    "lookup": "招商银行2023年不良率是多少？",
    "change": "招商银行2024年净利润同比变化多少？",
    "trend": "招商银行2022到2024年净息差趋势",
    "comparison": "比较招商银行和工商银行2023年末不良贷款率",
    "decomposition": "招商银行2024年ROE杜邦分解",
    "attribution": "招商银行2024年净利润为什么变化？",
    "definition": "什么是拨备覆盖率？",
    "refusal": "招商银行2023年的存货周转率是多少？",
    "general": "你好",
    "empty words": "？？？",
}


@pytest.fixture(scope="module")
def answers(assistant: Assistant) -> dict[str, dict[str, Any]]:
    return {name: assistant.ask(question) for name, question in QUESTIONS.items()}


def test_the_committed_schema_is_the_generated_one() -> None:
    assert answer_schema() == SCHEMA, "run: python -m app schema > docs/ask.schema.json"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", QUESTIONS)
def test_real_answers_satisfy_the_contract(answers: dict[str, dict[str, Any]], name: str) -> None:
    result = json.loads(json.dumps(answers[name]))
    Draft202012Validator(SCHEMA).validate(result)
    assert Answer.model_validate(result).model_dump(mode="json", exclude_unset=True) == result


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_reference_leads_to_a_figure_and_every_figure_to_a_source(answers: dict[str, dict[str, Any]], name: str) -> None:
    result = answers[name]
    figures = {figure["id"]: figure for figure in result["figures"]}
    assert len(figures) == len(result["figures"])
    assert set(result["answers"]) <= set(figures)
    for figure in figures.values():
        if figure["kind"] == "reported":
            assert figure["evidence"] and all(item["document"] or item["source"] for item in figure["evidence"])
        else:
            assert figure["formula"] and figure["inputs"]
        assert set(figure["inputs"]) <= set(figures) - {figure["id"]}
    assert (result["refusal"] is None) or not result["answers"]


def test_an_answer_has_figures_and_a_refusal_says_what_would_help(answers: dict[str, dict[str, Any]]) -> None:
    for name in ("lookup", "change", "trend", "comparison", "decomposition", "attribution"):
        assert answers[name]["answers"], name
    refusal = answers["refusal"]["refusal"]
    assert refusal["code"] == "not_applicable" and refusal["message"] and refusal["suggestion"]


def _without(key: str) -> Any:
    return lambda result: result.pop(key)


def _figure(**changes: Any) -> Any:
    return lambda result: result["figures"][0].update(changes)


SPOILED = {
    "a missing key": _without("answers"),
    "an unknown key": lambda result: result.update(extra=1),
    "a number as a float": _figure(value=0.95),
    "a number with an exponent": _figure(value="9.5E-1"),
    "a number with commas": _figure(value="1,234"),
    "an unknown kind": _figure(kind="guessed"),
    "an unknown scope": _figure(scope="全行"),
    "an id of another shape": _figure(id="x1"),
    "a period in words": _figure(period="2023年末"),
    "page zero": lambda result: result["figures"][0]["evidence"][0].update(page=0),
    "an unknown refusal": lambda result: result.update(refusal={"code": "tired", "message": "", "suggestion": ""}),
    "an unknown model role": lambda result: result["model"].update(served_by="oracle"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_spoiled_answers_are_refused_by_schema_and_types_alike(answers: dict[str, dict[str, Any]], name: str) -> None:
    result = copy.deepcopy(answers["lookup"])
    SPOILED[name](result)
    with pytest.raises(SchemaError):
        Draft202012Validator(SCHEMA).validate(result)
    with pytest.raises(ValidationError):
        Answer.model_validate(result)
