"""The packaged row words: one thing per group, canonical forms that stay, cores that only leave words out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue_files import FOLDER, read_yaml_list
from data.errors import CatalogueError
from data.row_words import RowWords, row_words
from data.text import normalise

WORDS = row_words()
GROUPS: list[list[str]] = [entry["same"] for entry in read_yaml_list(FOLDER / "row_words.yaml") if "same" in entry]
SPOKEN = st.lists(st.sampled_from([word for group in GROUPS for word in group] + sorted(WORDS.plain) + ["贷款", "存款", " ", "甲", "率"]), max_size=6).map("".join)


def test_the_packaged_tables_are_read_whole_and_once() -> None:
    assert len(GROUPS) > 50 and WORDS is row_words()
    assert set(WORDS.same.values()) == {group[0] for group in GROUPS}
    assert {"逾期", "不良"} <= set(WORDS.loud) and {"余额", "本行"} <= WORDS.plain and "合计" in WORDS.generic
    assert "其他" not in WORDS.generic  # a residual row is a row of its own
    assert all(len(char) == 1 for char in WORDS.particles)


def test_every_word_stands_in_one_group_only() -> None:
    count = Counter(normalise(word).lower() for group in GROUPS for word in {normalise(word).lower() for word in group})
    assert [word for word, times in count.items() if times > 1] == []
    assert all(len(group) > 1 for group in GROUPS)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def test_all_words_of_a_group_have_one_form_that_stays(group: list[str]) -> None:
    forms = {WORDS.canonical(word) for word in group}
    assert len(forms) == 1
    assert {WORDS.canonical(form) for form in forms} == forms


@pytest.mark.parametrize(("said", "form"), [
    ("珠三角", "珠江三角洲"),
    ("珠三角地区", "珠江三角洲"),
    ("珠江三角洲地区贷款", "珠江三角洲贷款"),
    ("对公贷款", "公司贷款"),
    ("IT 人员", "信息科技人员"),
    ("ＩＴ人员", "信息科技人员"),
    ("坏账率", "不良贷款率"),
    ("不良余额", "不良贷款余额"),
    ("阶段一", "第一阶段"),
    ("100BP", "100基点"),
    ("房 地 产", "房地产业"),
    ("无关的词", "无关的词"),
    ("", ""),
])  # fmt: skip
def test_what_is_said_gets_the_form_of_reports(said: str, form: str) -> None:
    assert WORDS.canonical(said) == form


@pytest.mark.parametrize(("text", "core"), [("中部地区贷款余额", "中部贷款"), ("贷款总额", "贷款"), ("本集团员工数量", "员工"), ("逾期贷款", "逾期贷款")])
def test_a_core_leaves_out_what_tells_no_row_from_another(text: str, core: str) -> None:
    assert WORDS.core(text) == core


@given(SPOKEN)
def test_a_canonical_text_has_no_blanks_and_no_capitals(text: str) -> None:
    canonical = WORDS.canonical(text)
    assert "".join(canonical.split()) == canonical
    assert canonical == WORDS.canonical(text.replace("", " ")), "blanks tell nothing"


@given(SPOKEN)
def test_a_core_only_leaves_out(text: str) -> None:
    left = iter(text)
    assert all(char in left for char in WORDS.core(text)), "the rest keeps its order"


def test_a_loud_or_generic_word_is_never_lost_to_a_core() -> None:
    assert [word for word in WORDS.loud if WORDS.core(word) != word] == []


@pytest.mark.parametrize("groups", [[["甲", "乙"], ["丙", "乙"]], [["甲", "乙"], ["乙", "丙"]], [["基点", "BP"], ["点", "bp"]], [["甲", "Ａ"], ["乙", "A"]]])
def test_a_word_in_two_groups_is_a_mistake(groups: list[list[str]]) -> None:
    with pytest.raises(CatalogueError, match="出现在两组里"):
        RowWords.build(groups, ["余额"], [], [], [])


def test_a_word_may_stand_twice_in_its_own_group() -> None:
    assert RowWords.build([["基点", "BP", "bp"]], ["余额"], [], [], []).canonical("10Bp") == "10基点"


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    lines = ["- {same: [公司, 对公]}", "- {plain: [余额]}", "- {particles: [的]}", "- {loud: [逾期]}", "- {generic: [其他]}"]
    (tmp_path / "row_words.yaml").write_text("\n".join(lines), encoding="utf-8")
    own = RowWords.load(tmp_path)
    assert (own.canonical("对公存款"), own.core("贷款余额")) == ("公司存款", "贷款")
    assert (own.loud, own.generic) == (("逾期",), frozenset({"其他"}))
    (tmp_path / "row_words.yaml").write_text("\n".join([*lines, "- {same: [法人, 对公]}"]), encoding="utf-8")
    with pytest.raises(CatalogueError, match="对公"):
        RowWords.load(tmp_path)
