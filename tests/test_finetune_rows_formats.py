"""Files of rows: alpaca, sharegpt, messages; arrays and lines; what is wrong is named by its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import TrainingError
from finetune.rows import json_stream
from finetune.rows.formats import FORMS, Form, form_of, read_all, read_rows, record_of, row_of, write_rows
from finetune.rows.record import Row

# The three examples of the specification (6.1 to 6.3).
QA = {
    "instruction": "分析以下财报数据，回答问题",
    "input": "某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？",
    "output": "净利润同比增长率 = (2023年净利润 - 2022年净利润) / 2022年净利润 × 100% = (100 - 80) / 80 × 100% = 25%。因此，该银行2023年净利润同比增长25%。",
}
CALCULATION = {
    "instruction": "计算财务指标",
    "input": "某银行不良贷款余额50亿元，各项贷款总额5000亿元，计算不良率",
    "output": "不良率 = 不良贷款余额 / 各项贷款总额 × 100% = 50 / 5000 × 100% = 1%。该银行不良率为1%。",
}
METHOD = {
    "instruction": "使用杜邦分析法分析ROE",
    "input": "某银行ROE为15%，净利率为30%，资产周转率为0.5，权益乘数为1.0",
    "output": "根据杜邦分析法：ROE = 净利率 × 资产周转率 × 权益乘数 = 30% × 0.5 × 1.0 = 15%。该银行ROE主要由净利率和资产周转率驱动，权益乘数较低。",
}
CALLS = Row(
    [
        {"role": "system", "content": "只用计算器算数。"},
        {"role": "user", "content": "50除以5000是多少？"},
        {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "calculate", "arguments": {"expression": "50/5000*100"}}}]},
        {"role": "tool", "name": "calculate", "content": "1"},
        {"role": "assistant", "content": "1%。"},
    ],
    {"id": "r1", "kind": "calculation"},
    [{"type": "function", "function": {"name": "calculate", "parameters": {"type": "object"}}}],
)


def file_of(folder: Path, text: str, name: str = "rows.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_examples_of_the_specification_are_read_from_an_array(tmp_path: Path) -> None:
    path = file_of(tmp_path, json.dumps([QA, CALCULATION, METHOD], ensure_ascii=False, indent=4))
    rows = list(read_rows(path))
    assert [row.completion for row in rows] == [QA["output"], CALCULATION["output"], METHOD["output"]]
    assert rows[0].prompt == "分析以下财报数据，回答问题\n某银行2023年净利润100亿元，2022年净利润80亿元，同比增长多少？"
    assert [record_of(row, "alpaca") for row in rows] == [QA, CALCULATION, METHOD]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CALCULATION, ensure_ascii=False, indent=4),
        json.dumps(CALCULATION, ensure_ascii=False),
        "\ufeff" + json.dumps(CALCULATION) + "\r\n\r\n",
        "[" + json.dumps(CALCULATION) + "]",
    ],
)
def test_one_object_lines_and_arrays_are_all_files_of_rows(tmp_path: Path, text: str) -> None:
    assert [row.completion for row in read_rows(file_of(tmp_path, text))] == [CALCULATION["output"]]


def test_each_object_tells_its_own_form(tmp_path: Path) -> None:
    chat = {"conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]}
    ours = {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]}
    path = file_of(tmp_path, "\n".join(json.dumps(record) for record in (chat, ours, {"instruction": "问", "output": "答"})), "rows.jsonl")
    assert [(row.prompt, row.completion) for row in read_rows(path)] == [("问", "答")] * 3
    assert [form_of(record) for record in (chat, ours)] == ["sharegpt", "messages"]


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 18])
def test_reading_does_not_depend_on_where_a_chunk_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    records = [QA, CALCULATION | {"input": "转义 \\u5341 \" {[,]} 1e5"}, METHOD | {"history": [["一", "二"]]}]
    for name, text in (("a.json", json.dumps(records, ensure_ascii=True, indent=1)), ("b.jsonl", "\n".join(json.dumps(r) for r in records))):
        monkeypatch.setattr(json_stream, "_CHUNK", chunk)
        found = list(json_stream.read_objects(file_of(tmp_path, text, name)))
        assert [item.value for item in found] == records
        lines = text.split("\n")
        assert all(lines[item.line - 1].lstrip().startswith("{") for item in found)


GOOD = json.dumps({"instruction": "问", "output": "答"}, ensure_ascii=False)


@pytest.mark.parametrize(
    "text, line, message",
    [
        (f"{GOOD}\n{GOOD}\n{{\"instruction\": \"问\"\n{GOOD}\n", 4, "不是 JSON"),
        (f"{GOOD}\n{{\"instruction\": \"断\n", 2, "不是 JSON"),
        (f"{GOOD}\n{{\"instruction\": \"问\"}}\n", 2, "缺少 output"),
        (f"[\n{GOOD},\n{GOOD}\n{GOOD}\n]", 4, "逗号"),
        (f"[\n{GOOD},\n]", 3, "缺少元素"),
        (f"[\n{GOOD}\n", 3, "没有结束"),
        (f"[\n{GOOD}\n]\n{GOOD}", 4, "还有内容"),
        (f"{GOOD}\n\n[1]\n", 3, "应为 JSON 对象"),
        (f"{GOOD}\n{{\"text\": \"只有正文\"}}\n", 2, "认不出格式"),
        (f"{GOOD}\n{{\"instruction\": \"问\", \"output\": 2}}\n", 2, "output 应为文本"),
        (f"{GOOD}\n{{\"instruction\": \"\", \"output\": \"答\"}}\n", 2, "都是空的"),
        ('{"messages": [{"role": "user", "content": "问"}]}', 1, "没有回答"),
        ('{"messages": [{"role": "bot", "content": "问"}]}', 1, "role"),
        ('{"messages": [{"role": "user", "content": null}]}', 1, "content"),
        ('{"conversations": [{"from": "x", "value": "问"}]}', 1, "第 1 轮"),
        ('{"conversations": [{"from": "human", "value": "问"}, {"from": "function_call", "value": "{"}]}', 1, "第 2 轮的 value"),
        ('{"instruction": "问", "output": "答", "meta": {"x": NaN}}', 1, "NaN"),
        ('{"instruction": "问", "output": "答", "n": ' + "9" * 5000 + "}", 1, "过长"),
        ('{"instruction": "问", "output": "答", "n": ' + "[" * 200_000, 1, ""),
    ],
)
def test_a_fault_is_one_line_with_its_place(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(TrainingError) as caught:
        list(read_rows(file_of(tmp_path, text, "rows.jsonl")))
    told = str(caught.value)
    assert f"rows.jsonl 第 {line} 行" in told and message in told and "\n" not in told


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="无法读取"):
        list(read_rows(tmp_path / "none.json"))
    (tmp_path / "gbk.json").write_bytes(json.dumps(QA, ensure_ascii=False).encode("gbk"))
    with pytest.raises(TrainingError, match="UTF-8"):
        list(read_rows(tmp_path / "gbk.json"))
    with pytest.raises(TrainingError, match="没有训练数据"):
        read_all(file_of(tmp_path, "[]"))


@pytest.mark.parametrize("form", ["sharegpt", "messages"])
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_tool_calls_survive_every_form_that_can_hold_them(tmp_path: Path, form: Form, name: str) -> None:
    assert write_rows(tmp_path / name, [CALLS, CALLS], form) == 2
    assert [row.to_dict() for row in read_rows(tmp_path / name)] == [CALLS.to_dict()] * 2


def test_a_form_that_cannot_hold_a_row_says_so_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="r1：alpaca"):
        write_rows(tmp_path / "rows.json", [row_of(QA), CALLS], "alpaca")
    with pytest.raises(TrainingError, match="UTF-8"):
        write_rows(tmp_path / "rows.json", [Row([{"role": "user", "content": "\ud800"}, {"role": "assistant", "content": "答"}])])
    assert list(tmp_path.iterdir()) == []


def test_keys_of_others_are_kept(tmp_path: Path) -> None:
    record = {**QA, "system": "你是分析师", "history": [["前问", "前答"]], "difficulty": 3, "meta": {"id": "x"}}
    row = row_of(record)
    assert [message["role"] for message in row.messages] == ["system", "user", "assistant", "user", "assistant"]
    assert row.id == "x" and record_of(row, "alpaca") == record


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
said = words.filter(bool)
metas = st.dictionaries(st.sampled_from(["id", "kind", "instruction", "source", "n"]), st.one_of(words, st.integers(), st.none()), max_size=4)


@st.composite
def dialogues(draw: st.DrawFn) -> Row:
    messages: list[dict[str, Any]] = [{"role": "system", "content": draw(words)}] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        messages += [{"role": "user", "content": draw(said)}, {"role": "assistant", "content": draw(words)}]
    return Row(messages, draw(metas))


@settings(deadline=None)
@given(dialogues(), st.sampled_from(FORMS))
def test_rows_survive_every_form(row: Row, form: Form) -> None:
    record = json.loads(json.dumps(record_of(row, form)))
    assert row_of(record).to_dict() == row.to_dict()
    assert record_of(row_of(record), form) == record
