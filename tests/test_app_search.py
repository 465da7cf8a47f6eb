"""`caizhi search` over documents: pages, filters, batch, and what happens without any."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from app.settings import Settings
from retrieval.library import Library
from tests.small_library import bank_report, shelve

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("CAIZHI_HOME", str(tmp_path / "home"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def shelved(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with Library.open(Settings.load().ledger_url) as library:
        shelve(library, bank_report("招商银行2023年年度报告"), "mine", entity_id="cmb", period="2023")
        shelve(library, bank_report("中信银行2022年年度报告", "1.27"), "mine", entity_id="citic", period="2022")


def hits(output: str) -> list[tuple[str, int | None]]:
    return [(hit["document"], hit["page"]) for hit in json.loads(output)]


def test_documents_are_searched_where_there_are_any(run: Run) -> None:
    _, before, _ = run("search", "不良贷款率", "--json")
    assert hits(before)[0][0].startswith("知识库")


@pytest.mark.usefixtures("shelved")
@pytest.mark.parametrize(("options", "documents"), [
    ([], {"招商银行2023年年度报告", "中信银行2022年年度报告"}),
    (["--collection", "mine"], {"招商银行2023年年度报告", "中信银行2022年年度报告"}),
    (["--bank", "招行"], {"招商银行2023年年度报告"}),
    (["--period", "2022年"], {"中信银行2022年年度报告"}),
    (["--document", "招商银行2023年年度报告.pdf"], {"招商银行2023年年度报告"}),
    (["--bank", "中信银行", "--period", "2022", "--no-rerank"], {"中信银行2022年年度报告"}),
    (["--collection", "absent"], set()),
])
def test_filters(run: Run, options: list[str], documents: set[str]) -> None:
    code, output, _ = run("search", "坏账率", "--json", *options)
    assert code == 0 and {document for document, _ in hits(output)} == documents


@pytest.mark.usefixtures("shelved")
def test_a_person_reads_page_and_passage(run: Run) -> None:
    _, output, _ = run("search", "坏账率", "--bank", "中信银行", "--top-k", "1")
    assert "（中信银行2022年年度报告，第2页，得分" in output and "不良贷款率" in output
    assert run("search", "🙂")[1].strip() == "没有找到相关内容"
    assert hits(run("search", "净息差", "--json", "--collection", "knowledge")[1])[0][1] is None


@pytest.mark.usefixtures("shelved")
@pytest.mark.parametrize("options", [["--bank", "不是银行"], ["--period", "不是时间"]])
def test_unknown_filters_are_wrong_usage(run: Run, options: list[str]) -> None:
    code, output, error = run("search", "坏账率", *options)
    assert code == 2 and not output and "不是" in error


@pytest.mark.usefixtures("shelved")
def test_the_batch_door_gives_distinct_pages(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "a", "query": "坏账率"}\n{"id": "b", "query": "门店数量"}\n', encoding="utf-8")
    code, _, _ = run("search", "--batch", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--collection", "mine", "--bank", "招行")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert code == 0 and [row["id"] for row in rows] == ["a", "b"] and [row["hits"][0]["page"] for row in rows] == [2, 4]
    for row in rows:
        pages, scores = [hit["page"] for hit in row["hits"]], [hit["score"] for hit in row["hits"]]
        assert len(set(pages)) == len(pages) and scores == sorted(scores, reverse=True)


@pytest.mark.usefixtures("shelved")
def test_doctor_tells_what_is_searched(run: Run) -> None:
    code, output, _ = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(output) if check["section"] == "检索"}
    assert code == 0 and checks["mine"]["detail"].startswith("2 个文件，10 页")
    assert {"同义说法", "向量模型", "重排模型"} <= checks.keys()
