"""Duplicates: exact, near, of one template; numbers make another exercise."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.rows.dedup import NearIndex, deduplicate, exact_duplicates, near_duplicates, rows_per_band, template_hash
from finetune.rows.grams import grams, jaccard
from finetune.rows.record import Row
from finetune.rows.text_keys import canonical, digest, facts_of, masked

TEXT = "招商银行2023年末不良贷款余额615.79亿元，各项贷款总额65,088.65亿元，请计算不良贷款率，并写出计算过程。"


def row(number: int, question: str, answer: str) -> Row:
    return Row([{"role": "user", "content": question}, {"role": "assistant", "content": answer}], {"id": f"r{number}"})


def test_a_text_is_its_own_whatever_its_typography() -> None:
    typed = "招商银行２０２３年末不良贷款余额 615.79 亿元,各项贷款总额 65088.65 亿元,请计算不良贷款率,并写出计算过程."
    assert canonical(TEXT) == canonical(typed) == canonical(TEXT.replace("2023", "二〇二三"))
    assert exact_duplicates([("a", TEXT), ("b", typed), ("c", TEXT.replace("615.79", "61.579"))]) == [("a", "b")]
    assert canonical("-1.5") != canonical("15") != canonical("1.5")


def test_masking_leaves_the_template_and_keeps_names() -> None:
    assert masked("2023年净利润1,466.02亿元") == masked("2021年净利润9亿元") == "#年净利润#亿元"
    assert masked("2023Q1营收") == masked("2022H1营收")
    assert masked("CET1为13.7%") == "cet1为#%"
    assert masked("{f1}/{f2}") != masked("{f2}/{f1}"), "references are the program, not its numbers"
    assert template_hash(TEXT) == template_hash(TEXT.replace("615.79", "1.2"))


def test_facts_are_numbers_in_any_order_and_references_in_theirs() -> None:
    assert facts_of("100亿元，80.50亿元").numbers == facts_of("80.5亿元与１００亿元").numbers == ("100", "80.5")
    assert facts_of("[Calculator((f1-f2)/f2*100)→{f3}]，{f1}") != facts_of("{f1}，[Calculator((f1-f2)/f2*100)→{f3}]")


def test_codes_of_a_prompt_are_facts_too() -> None:
    prompt = "f1 b1 t0 净利润 额\nf2 b1 t1 净利润 额\n?b1t0净利润f1，t1f2，同比增长多少\n=\n同比[Calculator((f1-f2)/f2*100)→{f3}]"
    assert facts_of(prompt).numbers == () and "t1" in facts_of(prompt).references
    assert near_duplicates([("a", prompt), ("b", prompt.replace("t1", "t2")), ("c", prompt.replace("多少", "多少呢"))]) == [("a", "c")]


def test_another_number_is_another_exercise_and_another_wording_is_not() -> None:
    reworded = TEXT.replace("并写出计算过程", "并写出计算的过程")
    other = TEXT.replace("615.79", "615.97")
    assert near_duplicates([("a", TEXT), ("b", other), ("c", reworded)]) == [("a", "c")]
    assert near_duplicates([("a", TEXT), ("b", other), ("c", reworded)], same_facts=False, threshold=0.7) == [("a", "b"), ("a", "c")]
    assert near_duplicates([("a", TEXT), ("c", reworded)], threshold=0.99) == []


def test_the_kept_one_comes_first_and_chains_do_not_swallow() -> None:
    found = near_duplicates([(str(number), TEXT + "请" * number) for number in range(4)])
    assert {kept for kept, _ in found} == {"0"}


def plain_near(texts: list[str], threshold: float) -> list[tuple[int, int]]:
    """The same by comparing all with all, on sets of strings."""
    def shingles(text: str) -> set[str]:
        plain = canonical(text)
        return {plain[at : at + 5] for at in range(max(1, len(plain) - 4))} if plain else set()

    kept: list[int] = []
    dropped: list[tuple[int, int]] = []
    for number, text in enumerate(texts):
        own = shingles(text)
        alike = [(at, shingles(texts[at])) for at in kept if facts_of(texts[at]) == facts_of(text)]
        near = [(len(own & other) / len(own | other) if own | other else 1.0, -at) for at, other in alike]
        best = max(near, default=(0.0, 0))
        if best[0] >= threshold:
            dropped.append((-best[1], number))
        else:
            kept.append(number)
    return dropped


def test_bands_find_what_comparing_everything_finds() -> None:
    rng = random.Random(3)
    words = "不良贷款率 拨备覆盖率 净息差 成本收入比 资本充足率 反映了 银行的 资产质量 盈利能力 应当 结合 同业 比较 口径 与 监管 要求 一并 说明".split()
    texts: list[str] = []
    for _ in range(150):
        base = [rng.choice(words) for _ in range(30)]
        texts.append("".join(base))
        for _ in range(rng.randint(0, 2)):
            base[rng.randrange(30)] = rng.choice(words)
            texts.append("".join(base))
    rng.shuffle(texts)
    found = near_duplicates([(str(number), text) for number, text in enumerate(texts)])
    expected = [(str(kept), str(gone)) for kept, gone in plain_near(texts, 0.85)]
    assert len(expected) > 60
    assert len(set(found) ^ set(expected)) <= 4, "recall by the bands is 0.99 at the threshold, never a false pair"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab,1 2", max_size=14), max_size=14))
def test_small_sets_are_compared_exactly(texts: list[str]) -> None:
    found = near_duplicates([(str(number), text) for number, text in enumerate(texts)])
    assert found == [(str(kept), str(gone)) for kept, gone in plain_near(texts, 0.85)]


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_hashed_grams_measure_what_the_grams_do(one: str, other: str) -> None:
    def plain(text: str) -> set[str]:
        return {text[at : at + 5] for at in range(max(1, len(text) - 4))} if text else set()

    whole = plain(one) | plain(other)
    assert jaccard(grams(one, 5), grams(other, 5)) == pytest.approx(len(plain(one) & plain(other)) / len(whole) if whole else 1.0)


@settings(deadline=None)
@given(st.floats(0.5, 0.99))
def test_bands_are_as_long_as_recall_allows(threshold: float) -> None:
    rows = rows_per_band(threshold)
    assert 1 - (1 - threshold**rows) ** (64 // rows) >= 0.99
    assert rows == 64 or 1 - (1 - threshold ** (rows + 1)) ** (64 // (rows + 1)) < 0.99


def test_rows_are_deduplicated_in_one_pass_and_conflicts_told() -> None:
    rows = [
        row(1, TEXT, "不良贷款率 = 615.79 / 65,088.65 × 100% = 0.95%。"), row(2, TEXT + " ", "不良贷款率＝615.79 / 65088.65 × 100%＝0.95%。"),
        row(3, TEXT, "不良贷款率 = 615.79 / 65,088.65 × 100% = 9.5%。"), row(4, TEXT.replace("请", "请你"), "不良贷款率 = 615.79 / 65,088.65 × 100% = 0.95%。"),
        row(5, TEXT.replace("615.79", "600.00"), "不良贷款率 = 600.00 / 65,088.65 × 100% = 0.92%。"),
    ]
    report = deduplicate(iter(rows))
    assert report.kept == ["r1", "r3", "r5"]
    assert report.exact == [("r1", "r2")] and report.near == [("r1", "r4")] and report.conflicts == [("r1", "r3")]
    assert report.dropped == {"exact_duplicate": 1, "near_duplicate": 1}
    assert sorted(report.templates.values()) == [3]


def test_an_index_names_every_text_that_is_near() -> None:
    index = NearIndex(threshold=0.8)
    assert index.find(TEXT) is None
    index.add("a", TEXT)
    index.add("b", re.sub("请", "请您", TEXT))
    assert index.find(TEXT) == "a" and [key for key, _ in index.matches(TEXT)] == ["a", "b"]
    index.add("empty", "")
    assert index.find("，。") == "empty"


def test_digests_know_where_a_part_ends() -> None:
    assert digest("ab", "c") != digest("a", "bc") and len(digest("")) == 32
