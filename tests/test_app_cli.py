"""The command line as its users and other programs meet it: real processes, real facts, exit codes, one clear line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app import __version__
from app.assistant import REPORT_FORMATS
from app.cli import main
from app.commands.report import FORMATS
from app.contract import answer_schema
from data.errors import LedgerError
from data.evidence import Evidence
from retrieval.ledger import Ledger
from tests.conftest import ROOT, CommandLine
from tests.figure_factory import figure

NPL = "招商银行2023年不良率是多少？"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, *records: object) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_ask_json_prints_the_contract_and_nothing_else(command_line: CommandLine) -> None:
    run = command_line("ask", NPL, "--json")
    assert (run.returncode, run.stderr, run.stdout.count("\n")) == (0, "", 1)
    result = json.loads(run.stdout)
    Draft202012Validator(answer_schema()).validate(result)
    best = next(item for item in result["figures"] if item["id"] == result["answers"][0])
    wanted = {"entity": "招商银行", "indicator": "不良贷款率", "period": "2023", "scope": "集团", "value": "0.95", "unit": "%", "kind": "reported"}
    assert best | wanted == best
    assert best["evidence"][0]["page"] == 16 and "2024年年度报告" in best["evidence"][0]["document"]
    assert result["question"] == NPL and result["intent"] == "lookup" and result["refusal"] is None
    assert result["model"]["served_by"] == "template"


def test_people_get_plain_text_with_sources(command_line: CommandLine) -> None:
    run = command_line("ask", NPL)
    assert run.returncode == 0 and run.stderr == ""
    assert "0.95%" in run.stdout and "来源" in run.stdout and "第16页" in run.stdout
    assert "\x1b" not in run.stdout


def test_a_refusal_is_an_answer_and_leaves_by_zero(command_line: CommandLine) -> None:
    run = command_line("ask", "招商银行2023年的存货周转率是多少？", "--json")
    assert run.returncode == 0
    assert json.loads(run.stdout)["refusal"]["code"] == "not_applicable"


def test_a_thread_goes_on_in_the_next_process(command_line: CommandLine) -> None:
    first = json.loads(command_line("ask", NPL, "--json", "--thread", "t-process").stdout)
    second = json.loads(command_line("ask", "2022年呢？", "--json", "--thread", "t-process").stdout)
    assert first["thread_id"] == second["thread_id"] == "t-process"
    assert second["slots"]["banks"] == ["招商银行"] and second["slots"]["periods"] == ["2022"]
    assert second["figures"][0]["value"] == "0.96"


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"caizhi {__version__}\n"
    assert main(["--help"]) == 0
    helped = capsys.readouterr().out
    assert all(name in helped for name in ("ask", "chat", "report", "figures", "search", "entities", "docs", "doctor")) and "schema" not in helped
    assert main([]) == 2
    assert capsys.readouterr().out == helped


WRONG_USAGE = {
    "an unknown command": ["nope"],
    "an unknown option": ["ask", NPL, "--colour"],
    "no question": ["ask"],
    "an empty question": ["ask", "  "],
    "a question that is no text": ["ask", "招行\udce5"],
    "a question beside a batch": ["ask", NPL, "--batch", "in", "--out", "out"],
    "a batch without an output": ["ask", "--batch", "in"],
    "an output without a batch": ["search", "--out", "out"],
    "a thread beside a batch": ["ask", "--batch", "in", "--out", "out", "--thread", "t"],
    "a batch file that is not there": ["ask", "--batch", "/nowhere/in", "--out", "out"],
    "an output that cannot be written": ["entities", "--batch", str(ROOT / "LICENSE"), "--out", "/nowhere/out"],
    "a batch onto itself": ["entities", "--batch", str(ROOT / "LICENSE"), "--out", str(ROOT / "LICENSE")],
    "an unknown indicator": ["figures", "不良货款率"],
    "an unknown bank": ["figures", "不良贷款率", "--bank", "月球银行"],
    "an unknown period": ["figures", "不良贷款率", "--period", "去年"],
    "an unknown scope": ["figures", "不良贷款率", "--scope", "全行"],
    "no indicator": ["figures"],
    "nothing to search": ["search"],
    "no hits wanted": ["search", "净息差", "--top-k", "0"],
    "a report in another format": ["report", "招商银行2023年报告", "--format", "pdf"],
    "a report file of another format": ["report", "招商银行2023年报告", "-o", "out.docx"],
    "a report into nowhere": ["report", "招商银行2023年报告", "-o", "/nowhere/out.md"],
    "a collection that is not there": ["docs", "remove", "nope"],
    "the bundled collection": ["docs", "remove", "bundled"],
}


@pytest.mark.parametrize("name", WRONG_USAGE)
def test_wrong_usage_is_one_line_and_leaves_by_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(WRONG_USAGE[name]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("caizhi: ") and told.err.count("\n") == 1, told.err


def test_a_damaged_ledger_is_one_line_and_leaves_by_one(tmp_path: Path) -> None:
    (tmp_path / "caizhi.db").write_bytes(b"no database at all" * 100)
    run = CommandLine(tmp_path)("ask", NPL, "--json")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.count("\n") == 1 and "caizhi.db" in run.stderr and "Traceback" not in run.stderr
    shown = CommandLine(tmp_path)("ask", NPL, "--debug")
    assert shown.returncode == 1 and "Traceback" in shown.stderr and shown.stderr.splitlines()[-1] == run.stderr.strip()


def test_an_unforeseen_failure_is_one_line_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("some\nlines")

    monkeypatch.setattr("app.settings.Settings.load", broken)
    assert main(["ask", NPL]) == 1
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "ZeroDivisionError" in told.err and "Traceback" not in told.err
    assert main(["ask", NPL, "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_wrong_setting_leaves_by_two(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CAIZHI_CACHE", "perhaps")
    assert main(["ask", NPL]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_failure_to_tell(command_line: CommandLine) -> None:
    command = [sys.executable, "-m", "app", "figures", "不良贷款率"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=command_line.environment(), cwd=ROOT) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1


def test_batch_of_conversations(command_line: CommandLine, tmp_path: Path) -> None:
    asked = write(
        tmp_path / "in.jsonl", {"id": "a", "turns": [NPL, "2022年呢？"]}, "", "{broken", {"id": "b", "turns": []}, ["a", "list"],
        {"id": 7, "turns": ["2022年呢？"]},
    )  # fmt: skip
    run = command_line("ask", "--batch", str(asked), "--out", str(tmp_path / "out.jsonl"))
    assert run.returncode == 1 and run.stdout == ""
    assert [line.partition("：")[0].rsplit(" ", 3)[1:] for line in run.stderr.splitlines()[:-1]] == [["第", "3", "行"], ["第", "4", "行"], ["第", "5", "行"]]
    assert "3 行失败" in run.stderr.splitlines()[-1]
    done = rows(tmp_path / "out.jsonl")
    assert [row["id"] for row in done] == ["a", 7]
    first, second = done[0]["results"]
    assert first["thread_id"] == second["thread_id"] != done[1]["results"][0]["thread_id"]
    assert second["figures"][0]["value"] == "0.96"
    assert done[1]["results"][0]["slots"]["banks"] == [], "a conversation of its own inherits nothing"
    for row in done:
        for result in row["results"]:
            Draft202012Validator(answer_schema()).validate(result)


def test_batch_of_figures(command_line: CommandLine, tmp_path: Path) -> None:
    asked = write(
        tmp_path / "in.jsonl",
        {"id": "group", "indicator": "不良贷款率", "period": "2023", "scope": "集团", "bank": "招商银行"},
        {"id": "bank", "indicator": "不良贷款率", "period": "2023", "scope": "本行", "bank": "招商银行"},
        {"id": "none", "indicator": "不良贷款率", "period": "1999", "scope": "集团", "bank": "招商银行"},
        {"id": "which", "indicator": "不良货款率", "period": "2023", "scope": "集团", "bank": "招商银行"},
        {"id": "bad", "period": "2023"},
    )
    run = command_line("figures", "--batch", str(asked), "--out", str(tmp_path / "out.jsonl"))
    assert run.returncode == 1 and "which 没有结果" in run.stderr and "第 5 行" in run.stderr and "第 4 行" not in run.stderr
    group, bank, none, which = rows(tmp_path / "out.jsonl")
    assert which == {"id": "which", "figure": None}
    assert (group["figure"]["value"], group["figure"]["scope"], group["figure"]["evidence"][0]["page"]) == ("0.95", "集团", 16)
    assert (bank["figure"]["value"], bank["figure"]["scope"]) == ("0.93", "本行")
    assert none == {"id": "none", "figure": None}


def test_batch_of_searches(command_line: CommandLine, tmp_path: Path) -> None:
    asked = write(tmp_path / "in.jsonl", {"id": "q1", "query": "拨备覆盖率是怎么算的"}, {"query": "ZZZ"})
    run = command_line("search", "--batch", str(asked), "--out", str(tmp_path / "out.jsonl"), "--top-k", "3")
    assert (run.returncode, run.stderr) == (0, "")
    found, nothing = rows(tmp_path / "out.jsonl")
    assert found["id"] == "q1" and nothing == {"id": "1", "hits": []}
    assert 1 <= len(found["hits"]) <= 3 and all(set(hit) == {"document", "page", "score"} for hit in found["hits"])
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True)
    command_line("search", "--batch", str(asked), "--out", str(tmp_path / "base.jsonl"), "--top-k", "3", "--no-rerank")
    assert rows(tmp_path / "base.jsonl") == [found, nothing]


def test_batch_of_entities(command_line: CommandLine, tmp_path: Path) -> None:
    text = "招商银行2023年不良率1.5%，同比下降0.2个百分点"
    asked = write(tmp_path / "in.jsonl", {"id": "n1", "text": text}, {"id": "n2", "txt": text})
    run = command_line("entities", "--batch", str(asked), "--out", str(tmp_path / "out.jsonl"))
    assert run.returncode == 1 and "第 2 行" in run.stderr
    (row,) = rows(tmp_path / "out.jsonl")
    assert row["id"] == "n1"
    assert row["entities"] == [
        {"type": "公司", "text": "招商银行", "start": 0, "end": 4}, {"type": "时间", "text": "2023年", "start": 4, "end": 9},
        {"type": "指标", "text": "不良率", "start": 9, "end": 12}, {"type": "数值", "text": "1.5%", "start": 12, "end": 16},
    ]  # fmt: skip
    assert [change["text"] for change in row["changes"]] == ["0.2个百分点"]


def test_figures_are_listed_with_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", "不良贷款率", "--bank", "招行", "--period", "2023年末"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t") == ["银行", "指标", "期间", "口径", "数值", "出处"]
    assert ["招商银行", "不良贷款率", "2023年末", "集团", "0.95%", "招商银行2024年年度报告，第16页"] in [line.split("\t") for line in lines]
    assert main(["figures", "不良贷款率", "--bank", "招行", "--period", "2023", "--scope", "本行", "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["value"], record["scope"]) == ("0.93", "本行")
    assert main(["figures", "不良贷款率", "--bank", "招行", "--period", "1999"]) == 0
    assert "没有符合条件" in capsys.readouterr().out


def test_entities_and_search_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["entities", "招行2023年不良率下降0.2个百分点"]) == 0
    assert "变动\t0.2个百分点" in capsys.readouterr().out
    assert main(["entities", "今天天气好"]) == 0
    assert "没有" in capsys.readouterr().out
    assert main(["search", "拨备覆盖率", "--top-k", "2"]) == 0
    assert capsys.readouterr().out.startswith("1. ")
    assert main(["search", "拨备覆盖率", "--json"]) == 0
    assert {"document", "page", "score", "title", "text", "source"} == set(json.loads(capsys.readouterr().out)[0])


def test_a_report_is_written_whole(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = "写一份招商银行2024年的分析报告"
    assert main(["report", request, "--format", "md"]) == 0
    told = capsys.readouterr()
    assert told.err == "" and told.out.startswith("# ") and "来源" in told.out
    assert main(["report", request, "-o", str(tmp_path / "out.HTML")]) == 0
    assert "已写入" in capsys.readouterr().out
    page = (tmp_path / "out.HTML").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>") and "招商银行" in page
    assert [path.name for path in tmp_path.iterdir() if path != home] == ["out.HTML"]
    assert FORMATS == tuple(REPORT_FORMATS)


def test_a_report_that_is_refused_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "招商银行2023年的存货周转率是多少？", "-o", str(tmp_path / "out.md")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "out.md").exists()


def test_documents_are_listed_and_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger.open(f"sqlite:///{home / 'caizhi.db'}") as ledger:
        for number in (1, 2):
            for value in ("1", "2"):
                evidence = [Evidence(f"报告{number}", 3, source=f"sha-{number}", row=value)]
                ledger.add([figure_of(value, evidence)])
    assert main(["docs", "list"]) == 0
    listed = [line.split("\t")[:3] for line in capsys.readouterr().out.splitlines()]
    assert ["own", "2", "4"] in listed and any(row[0] == "bundled" for row in listed)
    assert main(["docs", "list", "--collection", "own"]) == 0
    assert "报告1\t2\tsha-1" in capsys.readouterr().out
    assert main(["docs", "remove", "own", "--document", "报告1"]) == 0
    assert "已删除 2 个" in capsys.readouterr().out
    assert main(["docs", "remove", "own", "--document", "报告1"]) == 2
    assert "没有文件" in capsys.readouterr().err
    assert main(["docs", "remove", "own"]) == 0
    assert main(["docs", "list"]) == 0
    assert "own" not in capsys.readouterr().out


def figure_of(value: str, evidence: list[Evidence]) -> Any:
    from dataclasses import replace

    return replace(figure(value, id=""), collection="own", evidence=evidence)


def test_doctor_says_what_is_there_and_what_is_left_out(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "bundled" in told and str(home) in told and "未收录" in told and "CAIZHI_GENERAL_MODEL" in told
    assert main(["doctor", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert {check["state"] for check in checks} <= {"ok", "absent"}
    assert {check["section"] for check in checks} >= {"环境", "组件", "状态", "数据", "账本", "模型"}


def test_doctor_goes_on_past_a_broken_ledger(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()
    (home / "caizhi.db").write_bytes(b"no database at all" * 100)
    assert main(["doctor", "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)
    assert {check["name"] for check in checks if check["state"] == "failed"} == {LedgerError.__name__}


def test_doctor_never_shows_a_password_or_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CAIZHI_GENERAL_MODEL", "gpt-4o")
    monkeypatch.setenv("CAIZHI_GENERAL_API_KEY", "sk-very-secret")
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "gpt-4o" in told and "very-secret" not in told
    monkeypatch.setenv("CAIZHI_DATABASE_URL", "postgresql+psycopg://me:very-secret@127.0.0.1:9/caizhi")
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "127.0.0.1:9" in told and "very-secret" not in told
