"""The fact sheet: ids, sources and marks, and how its figures are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import UnknownReferenceError
from data.evidence import Evidence
from data.facts_table import load_facts
from data.figures import Figure
from tests.figure_factory import figure
from tools.calculator import difference, growth, versus
from tools.factsheet import FactSheet, is_amount_change

FACTS = load_facts().figures


def _npl(period: str, value: str, entity: str = "招商银行", page: int = 16) -> Figure:
    plain = figure(value, "%", indicator="不良贷款率", indicator_id="npl_ratio", period=period, entity=entity, point=True, id="")
    return replace(plain, evidence=[Evidence(f"{entity}2024年年度报告", page, quote=value)])


def test_an_equal_figure_is_added_once() -> None:
    sheet = FactSheet()
    first = sheet.add(_npl("2023", "0.95"))
    assert sheet.add(_npl("2023", "0.950"), answer=True) is first
    assert len(sheet) == 1 and sheet.answers == ["f1"] and "f1" in sheet and "f2" not in sheet


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(FACTS), max_size=25), st.lists(st.integers(0, 24), max_size=10))
def test_ids_stay_unique_also_in_a_sheet_rebuilt_from_some_figures(drawn: list[Figure], dropped: list[int]) -> None:
    whole = FactSheet()
    whole.extend(drawn)
    part = FactSheet([item for place, item in enumerate(whole) if place not in dropped])
    part.extend(drawn)
    ids = [item.id for item in part]
    assert len(ids) == len(set(ids))
    assert {item.key for item in part} == {item.key for item in whole}


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(FACTS), min_size=1, max_size=25))
def test_every_mark_leads_to_the_figures_own_evidence(drawn: list[Figure]) -> None:
    sheet = FactSheet()
    for item in sheet.extend(drawn):
        marked = [sheet.sources()[number - 1] for number in sheet.marks(item)]
        assert {(e.document, e.page, e.source) for e in marked} == {(e.document, e.page, e.source) for e in item.evidence[:1]}


def test_a_computed_figure_is_marked_with_the_sources_of_its_inputs() -> None:
    sheet = FactSheet()
    now, before = sheet.add(_npl("2023", "0.95")), sheet.add(_npl("2022", "0.96", page=20))
    change = sheet.add(difference(now, before))
    assert sheet.marks(change) == [1, 2]
    assert [leaf.id for leaf in sheet.leaves(change)] == ["f1", "f2"]
    assert [item.page for item in sheet.sources()] == [16, 20]


def test_changes_are_shown_with_their_verb() -> None:
    sheet = FactSheet()
    now, before = sheet.add(_npl("2023", "0.95")), sheet.add(_npl("2022", "0.96"))
    other = sheet.add(_npl("2023", "1.36", entity="工商银行"))
    profit, last = sheet.add(figure("146602", period="2023", id="")), sheet.add(figure("138012", period="2022", id=""))
    assert sheet.show(now) == "0.95%"
    assert sheet.show(sheet.add(difference(now, before))) == "下降0.01个百分点"
    assert sheet.show(sheet.add(versus(now, other))) == "低0.41个百分点"
    assert sheet.show(sheet.add(growth(profit, last))) == "增长6.22%"
    amount = sheet.add(difference(profit, last))
    assert sheet.show(amount) == "增加85.90亿元" and is_amount_change(amount)


def test_siblings_that_differ_late_are_printed_with_more_places() -> None:
    sheet = FactSheet()
    rows = [(figure(value, period=period, id="")) for value, period in (("300000", "2021"), ("300006", "2022"), ("300013", "2023"))]
    first, second, third = sheet.extend(rows)
    one, two = sheet.add(growth(second, first)), sheet.add(growth(third, second))
    assert sheet.show(one) != sheet.show(two)


def test_an_unknown_id_is_named_with_those_there_are() -> None:
    sheet = FactSheet()
    sheet.add(_npl("2023", "0.95"))
    with pytest.raises(UnknownReferenceError, match="f7.*f1"):
        sheet.get("f7")
    with pytest.raises(UnknownReferenceError, match="无"):
        FactSheet().get("f1")


def test_a_copy_is_independent() -> None:
    sheet = FactSheet()
    sheet.add(_npl("2023", "0.95"), answer=True)
    other = sheet.copy()
    other.add(_npl("2022", "0.96"), answer=True)
    assert len(sheet) == 1 and sheet.answers == ["f1"]
    assert [item.id for item in other.answer_figures()] == ["f1", "f2"]
