"""The entity grammar, rule by rule: each sentence here was written for its rule."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import CatalogueError
from tools.entities.grammar import read_entities
from tools.entities.spans import entity_words, prepare
from tools.traditional import fold, lower, read_pairs, simplified_characters, simplify


def found(text: str, kind: str) -> list[str]:
    return [text[span.start : span.end] for span in read_entities(text).entities if span.type == kind]


def companies(text: str) -> list[str]:
    return found(text, "公司")


def times(text: str) -> list[str]:
    return found(text, "时间")


def indicators(text: str) -> list[str]:
    return found(text, "指标")


def values(text: str) -> list[str]:
    return found(text, "数值")


def changes(text: str) -> list[str]:
    return found(text, "变动")


class TestCompanies:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("宁波银行与杭州银行", ["宁波银行", "杭州银行"]),
            ("上海甲乙丙商贸（集团）股份有限公司和北京某某科技有限公司", ["上海甲乙丙商贸（集团）股份有限公司", "北京某某科技有限公司"]),
            ("甲乙丙会计师事务所（特殊普通合伙）审计", ["甲乙丙会计师事务所（特殊普通合伙）"]),
            ("由甲乙（上海）科技有限公司提供", ["甲乙（上海）科技有限公司"]),
            ("江苏紫金农村商业银行", ["江苏紫金农村商业银行"]),
            ("在全国城商行和农商行中", []),
            ("香港联合交易所有限公司", []),
            ("其中行业贷款", []),
            ("银行业整体", []),
        ],
    )
    def test_names(self, text: str, expected: list[str]) -> None:
        assert companies(text) == expected

    @pytest.mark.parametrize(
        ("text", "code"),
        [("(600036.SH)", "600036.SH"), ("（01288-HK）", "01288-HK"), ("代码SH:601398;", "SH:601398"), ("（600036）", "600036"), ("交行(03328)", "03328")],
    )
    def test_codes(self, text: str, code: str) -> None:
        assert code in companies(text)

    @pytest.mark.parametrize("text", ["贷款600036万元", "客户600036户", "600036.5亿元"])
    def test_numbers_are_no_codes(self, text: str) -> None:
        assert companies(text) == []

    def test_a_list_of_short_names_needs_a_word_that_closes_it(self) -> None:
        assert companies("工、农、中、建、交通五大国有银行") == ["工", "农", "中", "建", "交通"]
        assert companies("工、农业生产") == []

    def test_short_and_full_name_run_together(self) -> None:
        assert companies("招银国际招银国际某某控股有限公司") == ["招银国际", "招银国际某某控股有限公司"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("本行净利润", ["本行"]), ("该行营收", ["该行"]), ("本集团公司贷款余额", ["本集团"]), ("截至年末，公司资产总额", ["公司"]),
            ("公司贷款余额5亿元", []), ("子公司净利润", []), ("《公司业绩》", []), ("归属于本行股东的净利润", []), ("全行业净息差", []),
        ],
    )  # fmt: skip
    def test_self_references(self, text: str, expected: list[str]) -> None:
        assert companies(text) == expected


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2024年年度报告", ["2024年"]), ("2024年度股东大会", ["2024年度"]), ("2024年末", ["2024年末"]), ("2025年一季度业绩", ["2025年一季度"]),
            ("2021年至2023年", ["2021年至2023年"]), ("2019年-2023年", ["2019年-2023年"]), ("2025年1—9月", ["2025年1—9月"]), ("2021-2023年", ["2021-2023年"]),
            ("2019年12月10日至2020年3月10日期间", ["2019年12月10日至2020年3月10日"]), ("4月8日、5月30日", ["4月8日", "5月30日"]), ("12月31 日", ["12月31 日"]),
            ("去年第四季度", ["去年第四季度"]), ("前三季度", ["前三季度"]), ("Q4末", ["Q4末"]), ("1H24和3Q24", ["1H24", "3Q24"]), ("二〇二三年", ["二〇二三年"]),
            ("较上年末", ["上年末"]), ("截至报告期末", ["报告期末"]), ("上年同期", ["上年同期"]), ("增速26，2024年末", ["2024年末"]), ("2023/2024/2025年", ["2023", "2024", "2025年"]),
        ],
    )  # fmt: skip
    def test_times(self, text: str, expected: list[str]) -> None:
        assert times(text) == expected

    @pytest.mark.parametrize("text", ["同比环比按年", "连续三年", "90天以上", "年度分红率", "增长2019万元", "期限20年", "上一代"])
    def test_no_times(self, text: str) -> None:
        assert times(text) == []


class TestIndicators:
    @pytest.mark.parametrize(
        "name",
        [
            "归属于母公司股东的净利润", "归属于本行普通股股东的加权平均净资产收益率", "个人住房贷款余额", "剩余期限6个月内债券投资余额", "房地产业不良贷款率",
            "银行卡及POS手续费收入", "不良贷款与逾期60天以上贷款比例", "发放贷款和垫款净额", "平均总资产回报率(ROA)", "成本收入比(中国会计准则)", "個人貸款利息收入",
            "个人小额贷款1余额", "零售客户资产(AUM)", "ROE(净资产收益率)",
        ],
    )  # fmt: skip
    def test_the_longest_name(self, name: str) -> None:
        assert indicators(f"其中{name}为5亿元") == [name]

    def test_two_heads_are_two_indicators(self) -> None:
        assert indicators("净利息收益率和净利差分别为2%和1%") == ["净利息收益率", "净利差"]
        assert indicators("营业收入净利润双增") == ["营业收入", "净利润"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("绿色贷款较年初增长", ["绿色贷款"]), ("绿色贷款业务发展", []), ("个人存款、公司存款分别增长", ["个人存款", "公司存款"]), ("创新存款产品", [])],
    )
    def test_an_account_needs_a_figure_or_a_movement(self, text: str, expected: list[str]) -> None:
        assert indicators(text) == expected

    @pytest.mark.parametrize("text", ["利润表", "利润分配方案", "市场利率下行", "收益权", "客户规模突破3亿户", "《商业银行杠杆率管理办法》", "road"])
    def test_no_indicators(self, text: str) -> None:
        assert indicators(text) == []

    def test_growth_words_stay_outside(self) -> None:
        assert indicators("营收增速方面") == ["营收"]
        assert indicators("营收规模前三名") == ["营收"]
        assert indicators("总资产规模达到5万亿元") == ["总资产规模"]

    def test_latin_names_need_word_bounds(self) -> None:
        assert indicators("下降45bps") == []
        assert indicators("ROE为15%") == ["ROE"]


class TestNumbers:
    @pytest.mark.parametrize(
        "number",
        ["5%", "-0.5%", "1,234.5亿元", "7105.55 亿元", "3.2万亿", "8,000余亿元", "11.24元/股", "1%-2%", "十二万亿元", "5．32％", "360億人民幣", "1.5亿美元", "0、83％"],
    )
    def test_levels(self, number: str) -> None:
        assert values(f"不良率{number}") == [number]

    @pytest.mark.parametrize("number", ["6亿户", "3.5万名", "12个", "30笔", "5.5亿股", "7家", "90天", "第3名"])
    def test_counts_are_neither(self, number: str) -> None:
        assert values(f"共有{number}") == changes(f"增加{number}") == []

    @pytest.mark.parametrize("number", ["0.2个百分点", "18个BP", "6bp", "5个基点", "2.8pct", "0.14個百分點", "10点子"])
    def test_points_are_always_changes(self, number: str) -> None:
        assert changes(f"不良率{number}") == [number]

    @pytest.mark.parametrize(
        ("text", "level", "change"),
        [
            ("净利润增长5%", [], ["5%"]), ("净利润同比增长约5%", [], ["5%"]), ("贷款较上年末增加12亿元，增长5%", [], ["12亿元", "5%"]),
            ("不良率下降至1.26%", ["1.26%"], []), ("不良率由0.69%升至5.01%", ["0.69%", "5.01%"], []), ("增幅为8.2%", [], ["8.2%"]), ("降幅收窄至0.5%", [], ["0.5%"]),
            ("不良率下降0.07个百分点至1.29%", ["1.29%"], ["0.07个百分点"]), ("总资产突破9万亿元", ["9万亿元"], []), ("占营业收入的2.96%", ["2.96%"], []),
            ("实现5%的同比增长", [], ["5%"]), ("营收100亿元(+8.5%)", ["100亿元"], ["+8.5%"]), ("营收100亿元 增长5%", ["100亿元"], ["5%"]),
            ("以5%的净利润增速领先，其20%的ROE居首", ["20%"], ["5%"]), ("增速方面，甲行以5.2%领先", [], ["5.2%"]), ("新增贷款中43%为票据", ["43%"], []),
            ("营收同比-3.5%", [], ["-3.5%"]), ("拨备覆盖率跌破150%", ["150%"], []),
        ],
    )  # fmt: skip
    def test_level_or_change(self, text: str, level: list[str], change: list[str]) -> None:
        assert (values(text), changes(text)) == (level, change)

    @pytest.mark.parametrize(
        ("text", "level", "change"),
        [
            ("分别增长11%、9%和8%", [], ["11%", "9%", "8%"]), ("分别下降0.13及0.14个百分点", [], ["0.13", "0.14个百分点"]), ("上升0.26/0.33/0.4个百分点", [], ["0.26", "0.33", "0.4个百分点"]),
            ("净息差分别为1.2%、1.3%", ["1.2%", "1.3%"], []), ("增速分别为8%、7%", [], ["8%", "7%"]),
        ],
    )  # fmt: skip
    def test_lists_inherit(self, text: str, level: list[str], change: list[str]) -> None:
        assert (values(text), changes(text)) == (level, change)

    def test_a_factor_of_a_formula_is_no_value(self) -> None:
        assert values("净利润／营业收入X100%") == []

    def test_a_table_row(self) -> None:
        assert values("净利息收入 12,345 (399,348) 5.06") == ["12,345", "(399,348)", "5.06"]
        assert values("借款净减少额 - (399,348)") == ["(399,348)"]

    def test_a_bare_decimal_right_behind_an_indicator(self) -> None:
        assert values("权益乘数为1.5，编号2.5") == ["1.5"]


class TestTextForms:
    def test_traditional_and_wide_characters(self) -> None:
        text = "農業銀行２０２３年不良貸款率１．５％，較上年末下降０．２個百分點"
        spans = [(str(span.type), text[span.start : span.end]) for span in read_entities(text).entities]
        assert spans == [("公司", "農業銀行"), ("时间", "２０２３年"), ("指标", "不良貸款率"), ("数值", "１．５％"), ("时间", "上年末"), ("变动", "０．２個百分點")]

    @pytest.mark.parametrize("name", ["营业收人", "平良贷款率", "援备覆盖率", "涉衣贷款余额", "净利氵闰", "不艮贷款率"])
    def test_misread_words(self, name: str) -> None:
        assert indicators(f"{name}为5亿元") == [name]

    def test_a_real_word_is_not_mended(self) -> None:
        assert prepare("接收人员") == "接收人员"

    @settings(max_examples=150, deadline=None)
    @given(st.text(alphabet=st.sampled_from("招商银行2023年末不良贷款率净利润、，。和为增长下降至.%亿元（）()\x00ROEİ國１，－-本公司个百分点第一季度"), max_size=50))
    def test_any_text_gives_ordered_spans_that_do_not_overlap(self, text: str) -> None:
        spans = read_entities(text).entities
        assert len(prepare(text)) == len(text)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(left.end <= right.start for left, right in pairwise(spans))

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=40))
    def test_folding_keeps_the_length(self, text: str) -> None:
        assert len(fold(text)) == len(lower(text)) == len(prepare(text)) == len(text)


class TestTables:
    def test_traditional_pairs_are_one_to_one_and_final(self) -> None:
        table = simplified_characters()
        assert len(table) > 500
        assert simplify("貸款餘額與資產負債") == "贷款余额与资产负债"
        assert not {ord(simple) for simple in table.values()} & set(table)

    @pytest.mark.parametrize("content", ["貸贷款", "贷贷", "貸贷 貸代"])
    def test_a_bad_pair_is_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "pairs.txt"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(CatalogueError):
            read_pairs(path)

    def test_a_missing_table_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CatalogueError):
            read_pairs(tmp_path / "none.txt")

    def test_word_lists(self) -> None:
        words = entity_words()
        assert "余额" in words.suffixes
        assert "不良贷款率" in words.heads
        assert not words.suffixes & words.not_before
