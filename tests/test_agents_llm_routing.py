"""Routing: the domain classifier against the baseline, and the order of roles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agents.llm.domain_lexicon import CUES
from agents.llm.exchange import CompletionRequest, Role
from agents.llm.providers import ModelConfig
from agents.llm.routing import FinancialDomainClassifier, Route, choose_route, estimate_tokens, is_financial_domain
from agents.llm.service import is_financial_domain as service_door
from tests.benchmarks import domain_bench

FINANCE, CHAT = "招商银行2023年不良贷款率是多少", "今天北京天气怎么样"


@pytest.fixture(scope="module")
def classifier() -> FinancialDomainClassifier:
    return FinancialDomainClassifier(domain_bench.TERMS)


@pytest.mark.parametrize("keyword", ["财报", "指标", "不良率", "ROE", "净利润", "银行", "信贷", "风险", "分析"])
def test_the_baseline_is_the_specified_keyword_rule(keyword: str) -> None:
    assert is_financial_domain(f"关于{keyword}的问题")
    assert service_door is is_financial_domain


def test_the_baseline_is_exact_about_case_and_absence() -> None:
    assert not is_financial_domain("roe 是什么")
    assert not is_financial_domain("招行去年赚了多少")


def test_the_committed_set_is_large_balanced_and_without_repeats() -> None:
    questions = domain_bench.load()
    assert len(questions) >= 160
    assert sum(q.financial for q in questions) * 2 == len(questions)
    assert len({q.question for q in questions}) == len({q.id for q in questions}) == len(questions)
    for written in ("before", "after"):
        test = [q for q in questions if q.split == "test" and q.written == written]
        assert 20 <= sum(q.financial for q in test) <= len(test) - 20


def test_the_classifier_beats_the_baseline_on_the_test_split(classifier: FinancialDomainClassifier) -> None:
    for written in ({"before", "after"}, {"after"}):
        test = [q for q in domain_bench.load() if q.split == "test" and q.written in written]
        baseline = domain_bench.score(is_financial_domain, test)
        better = domain_bench.score(classifier.is_financial, test)
        assert better.accuracy > baseline.accuracy + 0.2
        assert better.precision > baseline.precision and better.recall > baseline.recall


def test_the_report_prints_both_judges() -> None:
    lines = domain_bench.report().splitlines()
    assert len(lines) == 7
    assert [line.split()[-5] for line in lines[1:]] == ["baseline", "classifier"] * 3


def test_a_score_of_known_answers() -> None:
    rows = [domain_bench.Question(str(n), text, label, "before") for n, (text, label) in enumerate(
        [("银行", True), ("息差", True), ("银行卡", False), ("诗", False)])]  # fmt: skip
    score = domain_bench.score(is_financial_domain, rows)
    assert (score.accuracy, score.precision, score.recall) == (0.5, 0.5, 0.5)
    assert score.wrong == ("息差", "银行卡")


def test_a_verdict_shows_its_evidence(classifier: FinancialDomainClassifier) -> None:
    verdict = classifier.classify("招行的净息差同比")
    assert verdict.label == "financial"
    assert [(cue.word, cue.kind) for cue in verdict.evidence] == [
        ("招行", "银行名"),
        ("净息差", "指标"),
        ("同比", "变化"),
    ]
    assert verdict.score == pytest.approx(sum(cue.weight for cue in verdict.evidence))
    assert verdict.summary() == "净息差、招行、同比"


def test_a_longer_word_uses_up_its_characters(classifier: FinancialDomainClassifier) -> None:
    verdict = classifier.classify("银行家舍入")
    assert [cue.word for cue in verdict.evidence] == ["银行家舍入"] and verdict.label == "general"


def test_latin_words_match_whole_in_any_width_and_case(classifier: FinancialDomainClassifier) -> None:
    assert classifier.classify("ｎｉｍ怎么样").evidence[0].word == "NIM"
    assert [cue.word for cue in classifier.classify("2023H1 roe2024 降50bp").evidence] == ["H1", "ROE", "bp"]
    assert not classifier.classify("open a bicarbonate").evidence


def test_a_bank_alone_is_not_yet_a_financial_question(classifier: FinancialDomainClassifier) -> None:
    assert classifier.classify("招行").label == "general"
    assert classifier.classify("招行招行招行").score == classifier.classify("招行").score


def test_catalogue_terms_extend_the_lexicon() -> None:
    assert not FinancialDomainClassifier().is_financial("户均存款怎么算的")
    assert FinancialDomainClassifier(["户均存款"]).is_financial("户均存款怎么算的")
    assert FinancialDomainClassifier(["X", ""]).classify("X").evidence == ()


def test_no_cue_stands_in_two_groups() -> None:
    words = [word.lower() for group in CUES for word in group.words]
    assert {word for word in words if words.count(word) > 1} == set()


@given(st.text(max_size=60))
def test_any_text_gets_a_consistent_verdict(text: str) -> None:
    verdict = FinancialDomainClassifier(("招行",)).classify(text)
    assert (verdict.label == "financial") == (verdict.score >= 1.5)
    assert verdict.score == pytest.approx(sum(cue.weight for cue in verdict.evidence))


def test_token_estimates_are_cautious() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("不良贷款率") == 5
    assert estimate_tokens("abcdefg") == 3


def route(messages: list[BaseMessage], configs: dict[Role, dict[str, Any]] | None = None, **request: Any) -> Route:
    given_configs = configs or {"finetuned": {"local": True}, "general": {}, "long_context": {}}
    built = {
        role: ModelConfig(role, role, **{"context_tokens": 100_000, **values}) for role, values in given_configs.items()
    }
    return choose_route(messages, CompletionRequest(**request), built, FinancialDomainClassifier(), 6000)


def test_financial_questions_prefer_the_finetuned_model() -> None:
    chosen = route([HumanMessage(FINANCE)])
    assert chosen.roles == ("finetuned", "general", "long_context")
    assert "金融领域问题" in chosen.reason and "不良" in chosen.reason


def test_general_questions_prefer_the_api_model() -> None:
    assert route([HumanMessage(CHAT)]).roles == ("general", "long_context", "finetuned")


def test_the_last_human_message_or_the_given_text_decides() -> None:
    messages = [
        SystemMessage(FINANCE),
        HumanMessage(FINANCE),
        AIMessage(FINANCE),
        HumanMessage(CHAT),
        AIMessage(FINANCE),
    ]
    assert route(messages).roles[0] == "general"
    assert route(messages, domain_text=FINANCE).roles[0] == "finetuned"
    assert route([SystemMessage(FINANCE)]).roles[0] == "general"


def test_long_prompts_go_to_the_long_context_model() -> None:
    chosen = route([HumanMessage(FINANCE * 600)])
    assert chosen.roles[0] == "long_context" and "长文本" in chosen.reason


def test_private_requests_stay_on_local_models() -> None:
    chosen = route([HumanMessage(CHAT)], private=True)
    assert chosen.roles == ("finetuned",)
    assert chosen.skipped == (("general", "skipped_private"), ("long_context", "skipped_private"))
    assert chosen.reason.startswith("内部资料只用本机模型")


def test_private_beats_length_and_preference() -> None:
    assert route([HumanMessage(FINANCE * 600)], private=True, prefer="general").roles == ("finetuned",)


def test_a_prompt_that_does_not_fit_is_skipped() -> None:
    configs: dict[Role, dict[str, Any]] = {"finetuned": {"context_tokens": 1000}, "general": {}}
    chosen = route([HumanMessage(FINANCE)], configs, max_tokens=990)
    assert chosen.roles == ("general",) and chosen.skipped == (("finetuned", "skipped_length"),)
    assert route([HumanMessage(FINANCE)], configs, max_tokens=900).roles == ("finetuned", "general")


def test_a_preferred_role_comes_first() -> None:
    chosen = route([HumanMessage(FINANCE)], prefer="long_context")
    assert chosen.roles == ("long_context", "general", "finetuned") and chosen.reason == "指定 long_context"


def test_absent_roles_are_left_out() -> None:
    assert route([HumanMessage(FINANCE)], {"general": {}}).roles == ("general",)
