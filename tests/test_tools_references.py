"""Drafts in references: what is printed where, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import UnknownReferenceError
from data.evidence import Evidence
from tests.figure_factory import figure
from tools.calculator import difference, growth
from tools.factsheet import FactSheet
from tools.references import UNIT_FIELDS, fill, literal_text, references_of

SLOTS = {"bank": "招商银行", "period": "2023年末"}


def _sheet() -> FactSheet:
    """f1, f2: 不良贷款率 2023 and 2022; f3 their change; f4, f5: 净利润; f6 its growth."""
    sheet = FactSheet()
    for period, value, profit in (("2023", "0.95", "148006"), ("2022", "0.96", "139294")):
        ratio = figure(value, "%", indicator="不良贷款率", indicator_id="npl_ratio", period=period, point=True, id="")
        sheet.add(replace(ratio, evidence=[Evidence("招商银行2024年年度报告", 16)]))
        sheet.add(figure(profit, period=period, id=""))
    sheet = FactSheet([replace(item, id=f"f{number}") for number, item in zip((1, 4, 2, 5), sheet, strict=True)])
    sheet.figures.sort(key=lambda item: item.id)
    sheet.figures.insert(2, difference(sheet.get("f1"), sheet.get("f2")).numbered("f3"))
    sheet.figures.append(growth(sheet.get("f4"), sheet.get("f5")).numbered("f6"))
    return sheet


SHEET = _sheet()
_FIELDS = ["", "name", "bank", "scope", "period", "mark", "value", "change", "formula"]


@pytest.mark.parametrize(
    ("draft", "printed"),
    [
        ("{f1.bank}{f1.period}{f1.name}为{f1}（{f1.scope}口径）{f1.mark}", "招商银行2023年末不良贷款率为0.95%（集团口径）[1]"),
        ("较{f3.base}{f3}", "较2022年末下降0.01个百分点"), ("{f3.word}了{f3.abs}", "下降了0.01个百分点"), ("变动{f3.value}", "变动-0.01个百分点"),
        ("{bank}{period}", "招商银行2023年末"), ("{f6.change}", "增长6.25%"), ("{f4.mn}，{f4.yi}，{f4.wanyi}", "148,006.00百万元，1,480.06亿元，0.15万亿元"),
        ("[Calculator(f1-f2)→{f3}]", "下降0.01个百分点"), ("[Calculator((f4-f5)/f5*100)→{f6}]", "增长6.25%"), ("没有引用。", "没有引用。"),
    ],
)  # fmt: skip
def test_references_are_printed(draft: str, printed: str) -> None:
    assert fill(draft, SHEET, SLOTS).text == printed


@pytest.mark.parametrize(
    "draft",
    [
        "{f9}", "{f1.nothing}", "{name}", "{f1", "f1}", "{F1}", "{f1.base}", "{f1.yi}", "{}", "[Calculator(f1-f2)→{f1}]", "[Calculator(f1+f2)→{f3}]",
        "[Calculator(f1/0)→{f3}]", "[Calculator(f1-f99)→{f3}]", "[Calculator(__import__)→{f3}]", "[Calculator(f1-f2)→{f99}]", "[Calculator((f1-)→{f3}]",
    ],
)
def test_what_cannot_be_printed_is_refused(draft: str) -> None:
    with pytest.raises(UnknownReferenceError):
        fill(draft, SHEET, SLOTS)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(st.text("银行率为，。年0 \n", max_size=6), st.tuples(st.sampled_from([f.id for f in SHEET]), st.sampled_from(_FIELDS))), max_size=12))
def test_each_binding_prints_its_figure_and_the_rest_is_the_writers(parts: list[str | tuple[str, str]]) -> None:
    draft = "".join(part if isinstance(part, str) else "{" + part[0] + ("." + part[1] if part[1] else "") + "}" for part in parts)
    filled = fill(draft, SHEET, SLOTS)
    named = [part for part in parts if not isinstance(part, str)]
    assert [(b.figure_id, b.field) for b in filled.bindings] == named
    for binding in filled.bindings:
        alone = "{" + binding.figure_id + ("." + binding.field if binding.field else "") + "}"
        assert filled.text[binding.start : binding.end] == fill(alone, SHEET, SLOTS).text
    rest = filled.text
    for binding in reversed(filled.bindings):
        rest = rest[: binding.start] + rest[binding.end :]
    assert rest == literal_text(draft) == "".join(part for part in parts if isinstance(part, str))
    assert references_of(draft) == list(dict.fromkeys(key for key, _ in named))


def test_no_digit_survives_in_the_literal_text_of_a_clean_draft() -> None:
    draft = "{f1.bank}{f1.period}不良率{f1}，[Calculator(f1-f2)→{f3}]，{f4.yi}。"
    assert not re.search(r"\d", literal_text(draft))


def test_every_unit_field_is_printed_in_its_unit() -> None:
    for symbol, field in UNIT_FIELDS.items():
        assert fill("{f4." + field + "}", SHEET, {}).text.endswith(symbol)
    tiny = FactSheet([figure("3", "百万元", id="f1")])
    assert fill("{f1.wanyi}", tiny, {}).text == "0.000003万亿元"


def test_a_slot_value_is_not_read_as_a_reference() -> None:
    with pytest.raises(UnknownReferenceError, match="引用"):
        fill("{bank}", SHEET, {"bank": "{f1}"})
