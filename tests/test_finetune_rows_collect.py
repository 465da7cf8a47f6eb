"""Candidates from a ledger and from the bundled knowledge: evidence that gives the value again, source, licence, date."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from data.evidence import Evidence
from data.figures import Figure, FigureKind
from data.knowledge_base import knowledge_entries
from finetune.rows.clean import clean_row
from finetune.rows.collect import Candidate, CollectReport, candidates, knowledge_rows
from finetune.rows.record import Row
from finetune.rows.renderings import render
from retrieval.ledger import Ledger
from tests.small_ledger import made
from tools.expressions import evaluate
from tools.references import literal_text


def document(figure: Figure, quote: str, page: int = 13) -> Figure:
    title = f"{figure.entity}{figure.period.year}年年度报告"
    place = Evidence(title, page=page, table="主要指标", row=figure.indicator, column=f"{figure.period.year}年", quote=quote, source="sha256:x")
    return replace(figure, evidence=[place], collection="我的报告")


def collected(*figures: Figure) -> tuple[list[Candidate], CollectReport]:
    report = CollectReport()
    with Ledger.open("sqlite://") as store:
        store.add(figures)
        return list(candidates(store, ["我的报告"], report)), report


NOW = document(made("cmb", "net_profit", "2024", "166000"), "166,000")
BASE = document(made("cmb", "net_profit", "2023", "148000"), "148,000", page=12)
RATIO_NOW = document(made("cmb", "npl_ratio", "2024", "0.90"), "0.90%")
RATIO_BASE = document(made("cmb", "npl_ratio", "2023", "0.95"), "0.95")


def test_a_figure_is_asked_for_and_answered_with_its_page() -> None:
    found, _ = collected(NOW)
    row = found[0].row()
    assert [candidate.exercise.family for candidate in found] == ["lookup"]
    assert "资料：《招商银行2024年年度报告》第13页，表“主要指标”，行“净利润”，列“2024年”：招商银行2024年净利润 166,000（单位：百万元，口径：集团）" in row.prompt
    assert row.completion.startswith(("招商银行2024年净利润为166,000百万元（《招商银行2024年年度报告》第13页）", "根据资料，招商银行2024年的净利润为166,000百万元（"))
    meta = row.meta
    assert meta["internal"] is True and meta["license"] == "internal-documents" and meta["as_of"] == "2024" and meta["bank"] == "招商银行"
    assert meta["source"] == "《招商银行2024年年度报告》第13页" and meta["evidence"][0]["page"] == 13
    assert (meta["answer"], meta["unit"], meta["group"]) == ("166000", "百万元", found[0].exercise.group)


def test_two_years_make_a_change_that_can_be_recomputed() -> None:
    found, report = collected(NOW, BASE, RATIO_NOW, RATIO_BASE)
    assert report.made == {"lookup": 4, "growth": 1, "percentage_points": 1}
    changes = {candidate.exercise.family: candidate for candidate in found if candidate.exercise.program}
    for family, program in (("growth", "(f1-f2)/f2*100"), ("percentage_points", "f1-f2")):
        sheet = changes[family].exercise.sheet
        values: dict[str, Decimal] = {figure.id: figure.quantity.value for figure in sheet}
        assert changes[family].exercise.program == program and sheet.answers == ["f3"]
        assert round(evaluate(program, values), 20) == round(values["f3"], 20)
    row = changes["growth"].row()
    assert "= (166000 - 148000) / 148000 × 100% = 12.16%" in row.completion
    assert row.completion.endswith("（《招商银行2024年年度报告》第13页；《招商银行2023年年度报告》第12页）。")
    assert "下降0.05个百分点" in changes["percentage_points"].row().completion


@pytest.mark.parametrize("rendering", ["plain", "calculator", "tool_calls", "references"])
def test_candidates_are_exercises_like_any_other(rendering: str) -> None:
    found, _ = collected(NOW, BASE)
    for candidate in found:
        row = render(candidate.exercise, rendering, "x")  # type: ignore[arg-type]
        assert row.completion
        assert rendering != "references" or not any(char.isdigit() for char in literal_text(row.completion).replace("× 100%", ""))


@pytest.mark.parametrize(
    "bad, why",
    [
        (replace(NOW, evidence=[]), "no_evidence"),
        (document(NOW, "166.000"), "cell_reads_otherwise"),
        (document(NOW, "净利润大幅增长"), "cell_reads_otherwise"),
        (replace(NOW, indicator="其他杂项", indicator_id=""), "unknown_indicator"),
        (replace(NOW, kind=FigureKind.COMPUTED), "not_reported"),
    ],
)
def test_what_had_to_be_interpreted_is_not_taught(bad: Figure, why: str) -> None:
    class Store:
        """A ledger keeps reported figures only, so the figure is handed over directly."""

        def find(self, _: object) -> list[Figure]:
            return [bad]

    report = CollectReport()
    assert list(candidates(Store(), report=report)) == []  # type: ignore[arg-type]
    assert report.skipped == {why: 1}


def test_of_two_sources_the_better_one_is_asked() -> None:
    worse = replace(document(made("cmb", "net_profit", "2024", "166002"), "166,002", page=99), rank=3)
    found, report = collected(worse, NOW)
    assert [candidate.figures[0].quantity.value for candidate in found] == [Decimal(166000)] and report.skipped == {"another_source": 1}


def test_no_growth_from_a_loss_and_no_change_of_nothing() -> None:
    loss = document(made("cmb", "net_profit", "2023", "-5"), "(5)")
    same = document(made("cmb", "npl_ratio", "2023", "0.90"), "0.90")
    found, report = collected(NOW, loss, RATIO_NOW, same)
    assert report.made == {"lookup": 4} and len(found) == 4


def test_the_same_ledger_gives_the_same_rows() -> None:
    first, again = (collected(NOW, BASE, RATIO_NOW)[0] for _ in range(2))
    assert [candidate.row().to_dict() for candidate in first] == [candidate.row().to_dict() for candidate in again]
    assert len({candidate.row().id for candidate in first}) == len(first)


@pytest.fixture(scope="module")
def knowledge() -> list[Row]:
    return list(knowledge_rows(as_of="2025"))


def test_the_knowledge_is_asked_for_by_its_names_and_told_in_its_words(knowledge: list[Row]) -> None:
    entry = next(entry for entry in knowledge_entries() if entry.formula and entry.aliases)
    rows = [row for row in knowledge if row.meta["group"].endswith(f"#{entry.id}")]
    assert Counter(row.meta["family"] for row in rows) == {entry.kind.value: 2, "formula": 1}
    assert {row.completion for row in rows} == {entry.body, f"{entry.formula}。"}
    assert any(entry.title in row.prompt for row in rows) and any(entry.aliases[0] in row.prompt for row in rows)


def test_rows_of_knowledge_are_whole_fit_and_named(knowledge: list[Row]) -> None:
    assert len(knowledge) > 1500 and len({row.id for row in knowledge}) == len(knowledge)
    assert {row.meta["license"] for row in knowledge} == {"Apache-2.0"} and {row.meta["as_of"] for row in knowledge} == {"2025"}
    assert all(row.meta["source"] and row.meta["internal"] is False for row in knowledge)
    unfit = [found for row in knowledge if not isinstance(found := clean_row(row), Row)]
    assert unfit == []
    groups = {row.meta["group"] for row in knowledge}
    assert len(groups) > 1000, "an entry's rows stay together, entries do not"
