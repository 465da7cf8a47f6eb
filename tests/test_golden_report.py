"""The fictional annual report: its figures are consistent, its truth files are what the generator makes, its PDF says what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from data.banks import bank_registry
from tests.golden_report import fonts, truth
from tests.golden_report.bank.draws import split
from tests.golden_report.bank.interest import ASSETS, LIABILITIES
from tests.golden_report.bank.loans import GUARANTEE, INDUSTRY, REGION
from tests.golden_report.bank.model import bank_book
from tests.golden_report.book import BANK, GROUP, Book, UnknownFigure
from tests.golden_report.layout import laid_out
from tests.golden_report.make import FOLDER, truth_files
from tests.golden_report.metrics import width, wrap
from tests.golden_report.wording import bracketed, sentence

YEARS = ("21", "22", "23")
BOOK = bank_book()


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def page_texts() -> list[str]:
    """The committed PDF's pages without white space."""
    with pypdfium2.PdfDocument(FOLDER / "report.pdf") as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def total(names: list[str], year: str, scope: str = GROUP) -> Decimal:
    return sum((BOOK.number(name, year, scope) for name in names), start=Decimal(0))


@pytest.mark.parametrize("year", YEARS)
def test_statements_hold_together(year: str) -> None:
    for scope in (GROUP, BANK):
        assert BOOK.number("资产总额", year, scope) == total(["负债总额", "股东权益合计"], year, scope)
        assert BOOK.number("利息净收入", year, scope) == BOOK.number("利息收入", year, scope) - BOOK.number("利息支出", year, scope)
        assert BOOK.number("净利润", year, scope) == BOOK.number("利润总额", year, scope) - BOOK.number("所得税费用", year, scope)
        assert BOOK.number("资本净额", year, scope) == total(["核心一级资本净额", "其他一级资本净额", "二级资本净额"], year, scope)
        assert BOOK.number("风险加权资产", year, scope) == total(["信用风险加权资产", "市场风险加权资产", "操作风险加权资产"], year, scope)
        assert BOOK.number("同业及其他金融机构存放款项", year, scope) > 0
    assert BOOK.number("归母净利润", year) + BOOK.number("少数股东损益", year) == BOOK.number("净利润", year)


@pytest.mark.parametrize("year", YEARS)
def test_loans_add_up_in_every_breakdown(year: str) -> None:
    loans, bad = BOOK.number("贷款总额", year), BOOK.number("不良贷款余额", year)
    assert total(["次级类贷款", "可疑类贷款", "损失类贷款"], year) == bad
    assert total(["正常类贷款", "关注类贷款"], year) + bad == loans
    assert total(["公司贷款", "个人贷款", "票据贴现"], year) == loans
    assert total([f"{name}贷款" for name in REGION], year) == loans
    assert total([f"{name}不良贷款余额" for name in REGION], year) == bad
    assert total(list(GUARANTEE), year) == loans
    assert total([f"{name}贷款" for name in INDUSTRY], year) == BOOK.number("公司贷款", year)
    assert total([f"{name}贷款不良贷款余额" for name in INDUSTRY], year) == BOOK.number("公司贷款不良贷款余额", year)
    assert total(["第一阶段贷款", "第二阶段贷款", "第三阶段贷款"], year) == BOOK.number("以摊余成本计量的贷款", year)
    product = BOOK.number("不良贷款率", year) * BOOK.number("拨备覆盖率", year) / 100
    assert abs(product - BOOK.number("拨贷比", year)) < Decimal("0.02")


def test_interest_quarters_segments_and_gaps_add_up() -> None:
    for year in YEARS:
        assert total([f"{name}利息" for name in ASSETS], year) == BOOK.number("利息收入", year)
        assert total([f"{name}利息" for name in LIABILITIES], year) == BOOK.number("利息支出", year)
    for year in ("22", "23"):
        for name in ("营业收入", "归母净利润", "扣非归母净利润", "经营活动产生的现金流量净额"):
            assert sum(BOOK.number(name, f"{year}Q{quarter}") for quarter in range(1, 5)) == BOOK.number(name, year)
        segments = [f"{name}分部：利润总额" for name in ("公司银行业务", "个人银行业务", "资金业务", "其他业务")]
        assert total(segments, year) == BOOK.number("利润总额", year)
        assert BOOK.number("流动性净额合计", year) == BOOK.number("到期分析：资产合计（合计）", year) - BOOK.number("到期分析：负债合计（合计）", year)
        assert BOOK.number("贷款损失准备", year) == total(["以摊余成本计量的贷款减值准备", "以公允价值计量且其变动计入其他综合收益的贷款减值准备"], year)
        assert BOOK.number("减值准备变动：年末余额（合计）", year) == BOOK.number("以摊余成本计量的贷款减值准备", year)
    change = BOOK.number("利息净收入", "23") - BOOK.number("利息净收入", "22")
    assert total(["利息净收入变动：规模因素", "利息净收入变动：利率因素"], "23") == change


def test_bank_is_in_no_registry() -> None:
    assert bank_registry().by_name("云岭银行") is None


def test_truth_files_are_what_the_generator_makes() -> None:
    for name, made in truth_files().items():
        assert records(name) == json.loads(json.dumps(made)), f"{name} is stale: run python -m tests.golden_report.make"


def test_another_process_lays_out_the_same() -> None:
    code = "import hashlib; from tests.golden_report.make import truth_files; print(hashlib.sha256(repr(truth_files()).encode()).hexdigest())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    root = Path(__file__).resolve().parents[1]
    first, second = (
        subprocess.run([sys.executable, "-c", code], env=env, cwd=root, capture_output=True, text=True, check=True).stdout for env in (environment, {**environment, "PYTHONHASHSEED": "8"})
    )
    assert first == second


def test_pdf_pages_hold_the_text_that_was_laid_out(page_texts: list[str]) -> None:
    flow = laid_out()
    assert len(page_texts) == len(flow.sheets) >= 60
    for sheet, text in zip(flow.sheets, page_texts, strict=True):
        laid = Counter("".join("".join(piece.text.split()) for piece in sheet.texts))
        assert not laid - Counter(text), f"page {sheet.number} lacks characters"


def test_every_figure_stands_on_its_pages(page_texts: list[str]) -> None:
    for record in records("figures.jsonl"):
        assert any("".join(record["printed"].split()) in page_texts[page - 1] for page in record["pages"]), record["id"]


def test_truth_is_large_and_its_figures_are_told_apart() -> None:
    figures, queries, questions, cells = (records(f"{name}.jsonl") for name in ("figures", "retrieval", "questions", "cells"))
    keys = Counter((record["indicator"] or record["key"], record["period"], record["scope"]) for record in figures)
    assert max(keys.values()) == 1
    assert sum(bool(record["indicator"]) for record in figures) >= 300
    assert len({cell["page"] for cell in cells}) >= 15
    assert len(queries) >= 120 and len(questions) >= 120
    assert {record["kind"] for record in questions} == {"lookup", "deep", "growth", "ratio", "trend", "multi_turn", "refusal", "definition"}
    assert all(query["relevant_pages"] for query in queries)
    for group in (figures, queries, questions):
        assert len({record["id"] for record in group}) == len(group)


def test_printed_numbers_differ_from_pages_and_restart() -> None:
    printed = [sheet.printed for sheet in laid_out().sheets]
    assert printed[:5] == ["", "i", "ii", "iii", "1"]
    assert "－1－" in printed and printed[-1].startswith("附")


def test_pdf_is_small_has_bookmarks_and_embeds_its_fonts() -> None:
    path = FOLDER / "report.pdf"
    assert path.stat().st_size < 1_500_000
    with pypdfium2.PdfDocument(path) as document:
        titles = [entry.get_title() for entry in document.get_toc()]
    assert "财务报表" in titles and len(titles) > 60


def test_sentences_name_their_figures() -> None:
    text, printed = sentence("营业收入{营业收入.23|亿元}，同比{营业收入.23^22|增长}，本行净利润{净利润.23.本行|百万元}。", BOOK)
    assert text == "营业收入324.22亿元，同比增长3.21%，本行净利润9,815百万元。"
    assert [(figure.ref.key, figure.ref.scope, text[figure.offset :][: len(figure.text)]) for figure in printed] == [
        ("营业收入", GROUP, "324.22亿元"), ("净利润", BANK, "9,815百万元"),
    ]  # fmt: skip
    with pytest.raises(UnknownFigure):
        sentence("{没有的.23|亿元}", BOOK)


def test_numbers_split_and_print_exactly() -> None:
    assert split(10, {"a": 1.0, "b": 1.0, "c": 1.0}) == {"a": 4, "b": 3, "c": 3}
    assert sum(split(-7, {"a": 0.3, "b": 0.7}).values()) == -7
    assert [bracketed(Decimal(number), 2) for number in ("0", "-1234.5", "0.004")] == ["-", "(1,234.50)", "0.00"]


def test_book_refuses_a_second_value() -> None:
    book = Book()
    book.put("存款总额", "23", 5, stock=True)
    book.put("存款总额", "23", "5")
    assert book.ref("存款总额", "23Q2").period == "2023-06-30"
    with pytest.raises(ValueError, match="two values"):
        book.put("存款总额", "23", 6)


def test_lines_keep_numbers_whole_and_start_with_no_comma() -> None:
    text = "净利润为10,382百万元，较上年末略有下降。"
    lines = wrap(text, 10, 62)
    assert "".join(line for _, line in lines) == text
    assert any("10,382" in line for _, line in lines)
    assert all(line[0] not in "，。" for _, line in lines)
    assert [text[offset:].startswith(line) for offset, line in lines] == [True] * len(lines)
    assert width("中1", 10) == pytest.approx(15.55)


def test_fonts_are_found_where_the_variable_says(tmp_path: Path) -> None:
    (tmp_path / "NotoSansCJK-Bold.ttc").touch()
    assert fonts.font_file(True, {fonts.VARIABLE: str(tmp_path)}) == tmp_path / "NotoSansCJK-Bold.ttc"


def test_missing_fonts_are_said_with_what_would_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path),))
    with pytest.raises(fonts.FontMissing, match="GOLDEN_REPORT_FONTS"):
        fonts.font_file(False, {})


def test_catalogue_names_are_used_where_they_exist() -> None:
    assert truth.catalogue_name("公司贷款利息") == "公司贷款利息收入"
    assert truth.catalogue_name("成渝地区贷款") == ""
