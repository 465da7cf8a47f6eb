"""`caizhi ingest` and `caizhi docs` as users meet them: one line per file, exit codes, records, and answers from what came in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.commands.ingest import DEFAULT_COLLECTION
from app.ingesting import identity_checks
from app.settings import Settings
from app.wiring import open_assistant
from data.figures import Figure, Scope
from data.ports import FigureQuery
from retrieval.ledger import Ledger
from retrieval.library import Library
from tests.figure_factory import figure
from tests.small_files import report_file, workbook

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process, without search models: they are tested elsewhere."""
    monkeypatch.setenv("CAIZHI_EMBEDDING", "none")
    monkeypatch.setenv("CAIZHI_RERANKER", "none")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(word) for word in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def held(collection: str = DEFAULT_COLLECTION) -> tuple[int, int]:
    """Figures and documents of a collection."""
    url = Settings.load().ledger_url
    with Ledger.open(url) as ledger, Library.open(url) as library:
        return len(ledger.find(FigureQuery(collections=[collection]))), len(library.documents([collection]))


# ingest


def test_a_file_is_told_in_a_line_of_counts(run: Run, tmp_path: Path) -> None:
    code, out, err = run("ingest", report_file(tmp_path / "a.md"))
    first, checks, *_ = out.splitlines()
    assert (code, err) == (0, "")
    assert first.startswith("青禾银行股份有限公司2023年年度报告：青禾银行 2023，1 页，2 张表，14 个数据") and "勾稽：" in checks and "0 项不符" in checks
    code, out, _ = run("ingest", tmp_path / "a.md")
    assert (code, out) == (0, "青禾银行股份有限公司2023年年度报告：内容没有变化，未重新导入\n")
    assert held() == (14, 1)


def test_json_is_one_object_a_line(run: Run, tmp_path: Path) -> None:
    files = [report_file(tmp_path / "a.md"), report_file(tmp_path / "b.csv", "白桦银行")]
    _, out, err = run("ingest", *files, "--json", "--collection", "mine", "--workers", "2")
    lines = [json.loads(line) for line in out.splitlines()]
    assert err == "" and [(line["status"], line["bank"], line["path"]) for line in lines] == [("added", "青禾银行", str(files[0])), ("added", "白桦银行", str(files[1]))]
    assert set(lines[0]) >= {"title", "key", "pages", "tables", "figures", "named", "passages", "period", "passed", "failed", "warnings", "remarks", "seconds"}
    assert sum(line["figures"] for line in lines) == held("mine")[0]
    again = [json.loads(line) for line in run("ingest", *files, "--json", "--collection", "mine")[1].splitlines()]
    assert [line["status"] for line in again] == ["unchanged", "unchanged"] and [line["figures"] for line in again] == [line["figures"] for line in lines]


def test_a_folder_is_its_files_and_those_below(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    report_file(folder / "b.md")
    workbook(folder / "deep" / "a.xlsx", "红松银行")
    (folder / ".hidden").write_bytes(b"\0")
    _, out, _ = run("ingest", folder, folder / "b.md", "--json", "--workers", "1")
    assert [Path(json.loads(line)["path"]).name for line in out.splitlines()] == ["b.md", "a.xlsx"]
    (tmp_path / "nothing").mkdir()
    code, out, err = run("ingest", tmp_path / "nothing")
    assert (code, out) == (2, "") and "没有文件" in err


def test_force_reads_again(run: Run, tmp_path: Path) -> None:
    run("ingest", report_file(tmp_path / "a.md"))
    before = held()
    _, out, _ = run("ingest", tmp_path / "a.md", "--force", "--json")
    assert json.loads(out)["status"] == "added" and held() == before


@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\r\n\x1a\n" + bytes(40), b"%PDF-1.4\nnothing", b"PK\x03\x04" + bytes(40)])
def test_a_bad_file_is_one_clear_line_and_those_before_it_stay(run: Run, tmp_path: Path, content: bytes | None) -> None:
    bad = tmp_path / "bad.file"
    if content is not None:
        bad.write_bytes(content)
    code, out, err = run("ingest", report_file(tmp_path / "a.md"), bad, report_file(tmp_path / "z.md", "白桦银行"), "--json", "--workers", "1")
    assert (code, err.count("\n")) == (1, 1) and "bad.file" in err
    assert [json.loads(line)["bank"] for line in out.splitlines()] == ["青禾银行"] and held()[1] == 1


def test_the_bundled_name_is_taken(run: Run, tmp_path: Path) -> None:
    file = report_file(tmp_path / "a.md")
    for words in (("ingest", file, "--collection", "bundled"), ("docs", "remove", "bundled")):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (2, "", 1) and "内置资料集" in err


def test_a_failed_check_is_shown(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("ingest", report_file(tmp_path / "a.md", liabilities="840,000"))
    assert code == 0 and "1 项不符" in out and "  不符：2023" in out and "总资产 = 总负债 + 股东权益" in out
    assert "  不符：2023" in run("docs", "show", DEFAULT_COLLECTION)[1]


# docs


def test_what_ingestion_said_is_kept(run: Run, tmp_path: Path) -> None:
    run("ingest", report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", "白桦银行"))
    code, out, _ = run("docs", "show", DEFAULT_COLLECTION)
    assert code == 0 and out.count("已导入") == 2 and "1 页，2 张表，14 个数据" in out
    title = "白桦银行股份有限公司2023年年度报告"
    for name in (title, "b.md"):
        (record,) = [json.loads(line) for line in run("docs", "show", DEFAULT_COLLECTION, "--document", name, "--json")[1].splitlines()]
        assert (record["title"], record["bank"], record["pages"]) == (title, "白桦银行", 1)
    for words in ((DEFAULT_COLLECTION, "--document", "没有"), ("absent",)):
        code, out, err = run("docs", "show", *words)
        assert (code, out) == (2, "") and "没有导入的文件" in err


@pytest.mark.parametrize("by", ["title", "key", "name"])
def test_a_document_is_removed_with_all_that_came_from_it(run: Run, tmp_path: Path, by: str) -> None:
    lines = run("ingest", report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", "白桦银行"), "--json", "--workers", "1")[1].splitlines()
    kept, gone = (json.loads(line) for line in lines)
    code, out, err = run("docs", "remove", DEFAULT_COLLECTION, "--document", {**gone, "name": "b.md"}[by])
    assert (code, out, err) == (0, f"已删除 {gone['figures']} 个数据\n", "") and held() == (kept["figures"], 1)
    assert hits(run, "白桦银行") == set() != hits(run, "青禾银行")


def hits(run: Run, query: str) -> set[str]:
    """Titles of the documents found whose text holds the query."""
    found = json.loads(run("search", query, "--collection", DEFAULT_COLLECTION, "--json")[1])
    return {hit["document"] for hit in found if query in hit["document"]}


def test_a_collection_is_removed_whole(run: Run, tmp_path: Path) -> None:
    run("ingest", report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", "白桦银行"))
    assert run("docs", "remove", DEFAULT_COLLECTION)[:2] == (0, "已删除 28 个数据\n")
    assert held() == (0, 0) and DEFAULT_COLLECTION not in run("docs", "list")[1]
    assert run("docs", "remove", DEFAULT_COLLECTION)[0] == 2


def test_a_document_without_figures_is_shown_and_removed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# 制度汇编\n\n本制度由风险管理部负责解释。\n", encoding="utf-8")
    assert run("ingest", tmp_path / "notes.md")[0] == 0 and held() == (0, 1)
    assert run("docs", "show", DEFAULT_COLLECTION)[0] == 0
    assert run("docs", "remove", DEFAULT_COLLECTION, "--document", "notes.md")[0] == 0 and held() == (0, 0)


def test_one_title_of_two_documents_is_asked_about(run: Run, tmp_path: Path) -> None:
    run("ingest", report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", income="12,999"))
    code, _, err = run("docs", "remove", DEFAULT_COLLECTION, "--document", "青禾银行股份有限公司2023年年度报告")
    assert code == 2 and "有 2 个文件" in err and held()[1] == 2


# answers from what came in


def first_figure(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["refusal"] is None, answer["refusal"]
    found: dict[str, Any] = next(item for item in answer["figures"] if item["id"] == answer["answers"][0])
    return found


def test_a_bank_outside_the_registry_can_be_asked_about_after_a_restart(run: Run, tmp_path: Path) -> None:
    run("ingest", report_file(tmp_path / "a.md"), report_file(tmp_path / "b.md", "白桦银行", income="9,876"))
    for _ in range(2):
        with open_assistant(Settings.load()) as assistant:
            for bank, value in (("青禾银行", "12345"), ("白桦银行", "9876")):
                answer = assistant.ask(f"{bank}2023年营业收入", collection=DEFAULT_COLLECTION)
                found = first_figure(answer)
                assert (found["value"], found["unit"], found["entity"], answer["slots"]["banks"]) == (value, "百万元", bank, [bank])
                assert found["evidence"][0]["page"] == 1 and bank in found["evidence"][0]["document"] and found["evidence"][0]["quote"].replace(",", "") == value
            deep = first_figure(assistant.ask("青禾银行2023年末珠三角贷款", collection=DEFAULT_COLLECTION))
            assert (deep["value"], deep["evidence"][0]["row"]) == ("800", "珠三角地区")
            assert assistant.ask("红松银行2023年营业收入", collection=DEFAULT_COLLECTION)["refusal"]


def test_an_open_assistant_sees_what_comes_in(run: Run, tmp_path: Path) -> None:
    with open_assistant(Settings.load()) as assistant:
        run("ingest", report_file(tmp_path / "a.md"))
        assert first_figure(assistant.ask("2023年营业收入", collection=DEFAULT_COLLECTION))["value"] == "12345"
        run("docs", "remove", DEFAULT_COLLECTION)
        assert assistant.ask("青禾银行2023年营业收入", collection=DEFAULT_COLLECTION)["refusal"]


# identity checks over figures


def sheet(**values: str) -> list[Figure]:
    return [figure(value, indicator=name, indicator_id=name, point=True) for name, value in values.items()]


BALANCE = {"total_assets": "900", "total_liabilities": "830", "total_equity": "70"}


def test_only_what_could_be_checked_is_told() -> None:
    (check,) = identity_checks(sheet(**BALANCE))
    assert check.ok and check.name == "总资产 = 总负债 + 股东权益" and {item.indicator_id for item in check.figures} == set(BALANCE)
    assert identity_checks([]) == identity_checks(sheet(total_assets="900")) == []
    (wrong,) = identity_checks(sheet(**{**BALANCE, "total_equity": "75"}))
    assert wrong.ok is False and wrong.message.startswith("2023（集团）")


def test_banks_periods_and_scopes_are_not_mixed() -> None:
    assets, *rest = sheet(**BALANCE)
    for other in (replace(assets, entity_id="b"), replace(assets, scope=Scope.BANK), replace(assets, period=assets.period.year_ago())):
        assert identity_checks([other, *rest]) == []


def test_the_best_figure_of_each_is_checked() -> None:
    worse, restated = replace(sheet(total_assets="1000")[0], rank=3), replace(sheet(total_assets="1000")[0], restated=True)
    for order in ([worse, restated, *sheet(**BALANCE)], [*sheet(**BALANCE), restated, worse]):
        assert [check.ok for check in identity_checks(order)] == [True]
