"""Questions widened by the catalogue and the dictionary."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import CatalogueError
from data.indicators import indicator_catalogue
from data.text import normalise_name
from retrieval.search.expansion import QueryExpander, query_expander, read_words

EXPANDER = query_expander()


def said(query: str) -> set[str]:
    return {wording for wording, _ in EXPANDER.expand(query).terms}


@pytest.mark.parametrize(("query", "wording"), [
    ("坏账有多少", "不良贷款"), ("烂账", "不良贷款余额"), ("安全垫厚不厚", "拨备覆盖率"), ("中收下滑", "手续费及佣金净收入"), ("派息", "现金分红"),
    ("十大股东是谁", "前十名股东"), ("雇员人数变化", "员工总数"), ("高管工资", "薪酬"), ("官司", "诉讼"), ("罚单", "处罚"), ("审计师是谁", "会计师事务所"),
    ("揽储成本", "平均付息率"), ("按揭", "个人住房贷款"), ("小微", "普惠型小微企业贷款"), ("LCR", "流动性覆盖率"), ("nsfr达标吗", "净稳定资金比例"),
    ("取款机数量", "自助设备"), ("APP好用吗", "手机银行"), ("表外", "信贷承诺"), ("贷款投向", "按行业划分"), ("股东户数", "普通股股东总数"),
    ("ROE", "加权平均净资产收益率"), ("净息差", "净利息收益率"),
])
def test_what_analysts_say(query: str, wording: str) -> None:
    assert wording in said(query)


def test_the_longest_name_counts() -> None:
    groups = [group.name for group in EXPANDER.expand("核心一级资本充足率").groups]
    assert groups == ["核心一级资本充足率"]


def test_asking_words_and_banks_are_no_topic() -> None:
    expansion = EXPANDER.expand("请问招商银行2023年不良率是多少？")
    assert expansion.core == "2023年不良率" and expansion.banks == ("cmb",) and expansion.indicators == {"npl_ratio"}
    assert EXPANDER.expand("CMB的不良率").banks == ("cmb",)
    assert EXPANDER.expand("多少").core == "多少", "a question is never emptied"
    assert EXPANDER.expand("上海银行间同业拆放利率").banks == ()


def test_latin_names_must_be_words() -> None:
    assert not any(group.name == "lcr" for group in EXPANDER.expand("xlcry").groups)


def test_weights_fall_and_each_wording_stands_once() -> None:
    terms = EXPANDER.expand("坏账率和拨备").terms
    assert len({wording for wording, _ in terms}) == len(terms) and all(0 < weight <= 1 for _, weight in terms)


def test_the_dictionary_is_wide_and_sound() -> None:
    entries = read_words()
    keys = [normalise_name(key) for entry in entries for key in entry["keys"]]
    assert len(keys) >= 1500 and len(entries) >= 250
    for entry in entries:
        assert not {normalise_name(key) for key in entry["keys"]} <= {normalise_name(word) for word in entry["say"]}, entry
    names = indicator_catalogue().names()
    known = sum(any(normalise_name(word) in names for word in entry["say"]) for entry in entries)
    assert known > 100, "most topics of figures are tied to the catalogue"


@pytest.mark.parametrize("text", ["- {say: [甲乙]}", "- {say: [], keys: [丙丁]}", "- {say: [甲乙], keys: [丙丁], more: 1}", "- {say: [甲乙], keys: [丙]}",
                                  "- {say: [甲乙], keys: [丙丁]}\n- {say: [戊己], keys: [丙丁]}", "甲: 乙", "- {say: 甲乙, keys: [丙丁]}"])
def test_a_malformed_dictionary_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "words.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError):
        read_words(tmp_path / "words.yaml")


def test_another_dictionary_may_be_used() -> None:
    expander = QueryExpander(indicator_catalogue(), [{"say": ["甲项目"], "keys": ["某某话"]}])
    assert [group.say for group in expander.expand("某某话呢").groups] == [("甲项目",)]
