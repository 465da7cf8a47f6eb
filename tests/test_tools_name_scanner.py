"""The shared scanner: longest name first, offsets of the text as given, Latin names as words of their own, and fast."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from data.banks import bank_registry
from data.indicators import indicator_catalogue
from tools.name_scanner import NameKind, NameScanner, find_names, name_scanner


def told(text: str) -> list[tuple[str, str, str]]:
    return [(text[span.start : span.end], span.kind.value, span.ref) for span in find_names(text)]


def refs(text: str) -> list[str]:
    return [span.ref for span in find_names(text)]


def test_bank_and_indicator_with_offsets_of_the_text() -> None:
    text = "请问 招商银行 2023年不良贷款率"
    bank, indicator = find_names(text)
    assert (text[bank.start : bank.end], bank.kind, bank.ref) == ("招商银行", NameKind.BANK, "cmb")
    assert text[indicator.start : indicator.end] == "不良贷款率"
    found = indicator_catalogue().by_name("不良贷款率")
    assert found is not None
    assert indicator.ref == found.id


def test_the_longer_name_wins() -> None:
    assert [text for text, _, _ in told("加权平均净资产收益率")] == ["加权平均净资产收益率"]
    assert [text for text, _, _ in told("净利润率和净利润")] == ["净利润率", "净利润"]


@pytest.mark.parametrize("text", ["ROA", "roa", "ＲＯＡ", "2023ROA", "看ROA。", "ROA2023"])
def test_latin_names_in_any_width_and_case(text: str) -> None:
    assert refs(text) == ["roa"]


@pytest.mark.parametrize("text", ["road", "proactive ROAD", "XROA", "ROAX"])
def test_latin_names_need_word_bounds(text: str) -> None:
    assert refs(text) == []


def test_traditional_characters_and_blanks_inside_names() -> None:
    text = "比較招商銀行和Bank of  China的淨息差"
    assert [word for word, _, _ in told(text)] == ["招商銀行", "Bank of  China", "淨息差"]
    assert refs(text)[:2] == ["cmb", "boc"]


def test_a_bank_name_inside_another_word_is_no_bank() -> None:
    assert "icbc" not in refs("其中行业贷款")
    assert refs("上海银行间同业拆放") == []


def test_ambiguous_and_not_applicable_words() -> None:
    catalogue = indicator_catalogue()
    ambiguous = next(entry.word for key, entry in catalogue.ambiguous.items() if key not in catalogue.names())
    foreign = next(entry.name for key, entry in catalogue.not_applicable.items() if key not in catalogue.names())
    assert (ambiguous, "ambiguous", ambiguous) in told(f"那么{ambiguous}呢")
    assert (foreign, "not_applicable", foreign) in told(f"那么{foreign}呢")


def test_groups_of_banks() -> None:
    assert ("六大行", "bank_group", "六大行") in told("六大行的净息差")


def test_spans_never_overlap_and_rise() -> None:
    text = "招商银行、工行和建行的ROE、ROA、净息差、不良率、拨备覆盖率与资本充足率，" * 3
    spans = find_names(text)
    assert len(spans) == 27
    assert all(left.end <= right.start for left, right in pairwise(spans))


def test_empty_text_and_odd_characters() -> None:
    assert find_names("") == []
    assert find_names("İ\u3000\n") == []


def test_scanner_is_built_once() -> None:
    assert name_scanner() is name_scanner()


def test_speed_of_building_and_scanning() -> None:
    """Budgets with room for a busy machine: 20 ms to build, 1 ms for a hundred characters; the best of a few tries."""
    banks, catalogue = bank_registry(), indicator_catalogue()
    find_names("不良")
    built, scanned, question = 1.0, 1.0, ("比较招商银行和工商银行2021年至2023年的不良贷款率、拨备覆盖率与净息差" * 3)[:100]
    for _ in range(5):
        start = time.perf_counter()
        scanner = NameScanner(banks, catalogue)
        built, start = min(built, time.perf_counter() - start), time.perf_counter()
        scanner.scan(question)
        scanned = min(scanned, time.perf_counter() - start)
    assert built < 0.1
    assert scanned < 0.005
