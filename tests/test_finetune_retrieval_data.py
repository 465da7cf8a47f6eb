"""Generated reports, what their record says, and the groups and triples made of them."""

from __future__ import annotations

import random

import pytest

from data.indicators import indicator_catalogue
from finetune.embedding_pairs import report_triples, vocabulary_triples
from finetune.generated_reports import GeneratedReport, Role, generate_report
from finetune.report_words import analyst_name, report_name, reworded, topics, wordings
from finetune.retrieval_data import Searchable, cases, data_hash, forgetful, groups
from retrieval.chunking import chunk_document
from retrieval.search.expansion import query_expander
from retrieval.search.match_text import compact


@pytest.fixture(scope="module")
def report() -> GeneratedReport:
    return generate_report(17, richness=0.35)


def test_a_seed_gives_one_report_and_another_seed_another(report: GeneratedReport) -> None:
    assert generate_report(17, richness=0.35) == report
    assert generate_report(18, richness=0.35).document.pages != report.document.pages


def test_a_report_of_the_usual_size_has_a_hundred_pages_and_every_chapter() -> None:
    whole = generate_report(1)
    assert len(whole.document.pages) > 100
    headings = {block.section[0] for block in whole.document.blocks if block.section}
    assert {"经营情况讨论与分析", "风险管理", "公司治理", "财务报表", "财务报表项目附注"} <= headings
    assert whole.bank in whole.document.title and str(whole.year) in whole.document.title


def test_a_stated_value_stands_on_its_page(report: GeneratedReport) -> None:
    texts: dict[int, str] = {}
    for chunk in chunk_document(report.document):
        texts[chunk.page] = texts.get(chunk.page, "") + compact(chunk.search_text)
    stated = [(identity, pages) for (role, identity), pages in report.pages.items() if role is Role.STATED]
    assert len(stated) > 100
    for identity, pages in stated:
        name = compact(report.printed[identity])
        # A row under a caption that says the rest may carry a shortened label.
        assert any(name in texts[page] or name[:2] in texts[page] for page in pages), name


def test_last_year_and_segments_are_no_answers_to_the_plain_question(report: GeneratedReport) -> None:
    other = str(report.year - 1)
    only_last = {
        (identity, page) for (role, identity), pages in report.pages.items() if role is Role.LAST_YEAR for page in pages
        if page not in report.pages[Role.STATED, identity]
    }
    segments = {page for (role, _), pages in report.pages.items() if role is Role.SEGMENT for page in pages}
    assert only_last and segments
    asked = {case.query: case.pages for case in cases(report, 400, seed=5) if case.kind == "plain" and other not in case.query}
    stated = {pages for (role, _), pages in report.pages.items() if role is Role.STATED}
    assert all(tuple(sorted(pages)) in stated for pages in asked.values())


def test_cases_are_deterministic_and_worded_unlike_the_report(report: GeneratedReport) -> None:
    made = list(cases(report, 120, seed=3))
    assert made == list(cases(report, 120, seed=3)) != list(cases(report, 120, seed=4))
    assert {"plain", "topic", "breakdown"} <= {case.kind for case in made}
    unlike = sum(case.printed not in case.query for case in made if case.printed)
    assert unlike > 0.6 * sum(bool(case.printed) for case in made)
    assert all(case.pages and max(case.pages) <= len(report.document.pages) for case in made)


def test_groups_hold_right_and_wrong_candidates_in_first_stage_order() -> None:
    made = list(groups([21], 12, richness=0.35))
    assert made
    for group in made:
        assert 0 in group.grades and max(group.grades) > 0
        scores = [passage.score for passage in group.passages]
        assert scores == sorted(scores, reverse=True)
        assert all((passage.page in group.case.pages) == bool(grade) for passage, grade in zip(group.passages, group.grades, strict=True))


def test_search_finds_a_printed_name(report: GeneratedReport) -> None:
    searchable = Searchable(report)
    identity = next(identity for role, identity in report.pages if role is Role.STATED)
    found = searchable.search(query_expander().expand(report.printed[identity]), 30)
    assert {passage.page for passage in found} & set(report.pages[Role.STATED, identity])


def test_forgetting_takes_wordings_away_and_never_adds() -> None:
    whole = query_expander().expand("坏账率和净利润")
    assert forgetful(whole, random.Random(0), 0.0) == whole
    lost = [forgetful(whole, random.Random(seed), 0.6) for seed in range(20)]
    known = {say for group in whole.groups for say in group.say}
    assert all({say for group in one.groups for say in group.say} <= known for one in lost)
    assert any(not one.groups for one in lost)


def test_words_of_analysts_and_reports() -> None:
    ratio, rng = indicator_catalogue().get("npl_ratio"), random.Random(2)
    assert "坏账率" not in {report_name(ratio, rng) for _ in range(200)}, "no report prints slang"
    assert len({analyst_name(ratio, ratio.name, rng) for _ in range(100)}) > 10
    assert reworded("个人住房贷款", random.Random(1), chance=1.0) != "个人住房贷款"
    assert reworded("个人住房贷款", random.Random(1), chance=0.0) == "个人住房贷款"
    assert len(topics()) > 60 and all(topic.headings for topic in topics()) and len(wordings().frames) > 10


def test_triples_pair_what_belongs_together() -> None:
    made = list(report_triples([31], 10))
    assert made and all(triple.positive != triple.negative for triple in made)
    vocabulary = vocabulary_triples(seed=1, rounds=1)
    assert vocabulary == vocabulary_triples(seed=1, rounds=1)
    assert len(vocabulary) > 2000


def test_the_hash_tells_data_apart() -> None:
    assert data_hash(["a", "bc"]) != data_hash(["ab", "c"])
