"""Annotation: Label Studio and doccano, out and in, with offsets checked; a verdict changes the row that it was given on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import TrainingError
from finetune.rows import doccano, label_studio
from finetune.rows.annotate import LABELS, Decision, Entity, Labelled, applied, asked_of, checked, fingerprint, prelabelled
from finetune.rows.record import Row
from tools.entities.spans import EntityType
from tools.financial_ner import FinancialNER

SENTENCE = "招商银行2023年不良率1.5%，同比下降0.2个百分点"
RARE = "𠮷林银行2023年净利润1.5亿元"  # the first character takes two UTF-16 units


def row(key: str, question: str = "不良率是多少？", answer: str = "不良率为1%。") -> Row:
    return Row([{"role": "user", "content": question}, {"role": "assistant", "content": answer}], {"id": key})


def written(folder: Path, records: Any, name: str = "export.json") -> Path:
    path = folder / name
    lines = name.endswith("l")
    path.write_text("\n".join(json.dumps(item, ensure_ascii=False) for item in records) if lines else json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return path


def annotated(task: dict[str, Any], *results: Any, cancelled: bool = False) -> dict[str, Any]:
    """The task as the tool exports it, once people were there."""
    return {"id": 7, "data": task["data"], "annotations": [{"id": 1, "result": result, "was_cancelled": cancelled} for result in results], "predictions": task["predictions"]}


def predicted(task: dict[str, Any]) -> Any:
    return task["predictions"][0]["result"]


def test_texts_go_out_with_what_the_recogniser_sees() -> None:
    labelled = prelabelled([("s1", SENTENCE)], FinancialNER("rules"))
    assert labelled == [Labelled("s1", SENTENCE, (Entity(0, 4, "公司"), Entity(4, 9, "时间"), Entity(9, 12, "指标"), Entity(12, 16, "数值"), Entity(21, 28, "变动")))]
    assert [span.type for span in labelled[0].spans][-1] is EntityType.CHANGE


def test_the_configurations_are_xml_that_names_what_the_tasks_name() -> None:
    for text, tasks in (
        (label_studio.entity_config(), label_studio.entity_tasks(prelabelled([("s", SENTENCE)], FinancialNER("rules")))),
        (label_studio.review_config(), label_studio.review_tasks([row("r")])),
    ):
        view = ElementTree.fromstring(text)
        names = {element.get("name"): element for element in view.iter() if element.get("name")}
        task = next(iter(tasks))
        for item in predicted(task):
            assert names[item["from_name"]].get("toName") == item["to_name"] and item["to_name"] in names
        assert {element.get("value") for element in view.iter("Text")} <= {f"${key}" for key in task["data"]}
    assert [label.get("value") for label in ElementTree.fromstring(label_studio.entity_config()).iter("Label")] == list(LABELS)


entities = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5), st.sampled_from(LABELS)), max_size=6)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), entities)
def test_entities_survive_both_tools(text: str, drawn: list[tuple[int, int, str]]) -> None:
    kept: list[Entity] = []
    for start, size, label in sorted(drawn):
        if start + size <= len(text) and (not kept or start >= kept[-1].end):
            kept.append(Entity(start, start + size, label))
    item = Labelled("s1", text, tuple(kept))
    task = json.loads(json.dumps(next(label_studio.entity_tasks([item]))))
    assert label_studio._labelled("s1", text, predicted(task)) == item
    line = json.loads(json.dumps(next(doccano.entity_lines([item]))))
    assert tuple(doccano._entity(text, span) for span in line["label"]) == item.entities


def test_an_export_of_label_studio_is_read_and_sorted_out(tmp_path: Path) -> None:
    items = prelabelled([("a", SENTENCE), ("b", "净利润5亿元"), ("c", RARE), ("d", "总资产9亿元")], FinancialNER("rules"))
    first, second, third, fourth = label_studio.entity_tasks(items)
    path = written(tmp_path, [annotated(first, predicted(first), predicted(first)), annotated(second, predicted(second), []), annotated(third, predicted(third), cancelled=True), annotated(fourth, [])])
    imported = label_studio.read_entities(path)
    assert imported.labelled == [items[0], Labelled("d", "总资产9亿元")]
    assert imported.disputed == ["b"] and imported.undone == ["c"]


def test_offsets_of_old_versions_are_mended_and_wrong_ones_refused(tmp_path: Path) -> None:
    task = next(label_studio.entity_tasks([Labelled("c", RARE, (Entity(0, 4, "公司"), Entity(4, 9, "时间")))]))
    shifted = [item | {"value": item["value"] | {"start": item["value"]["start"] + (item["value"]["start"] > 0), "end": item["value"]["end"] + 1}} for item in predicted(task)]
    assert label_studio.read_entities(written(tmp_path, [annotated(task, shifted)])).labelled[0].entities == (Entity(0, 4, "公司"), Entity(4, 9, "时间"))
    wrong = [item | {"value": item["value"] | {"start": 2, "end": 4}} for item in predicted(task)]
    with pytest.raises(TrainingError, match="c：位置 2-4 处不是"):
        label_studio.read_entities(written(tmp_path, [annotated(task, wrong)]))


@pytest.mark.parametrize(
    "spans, message",
    [
        ((Entity(0, 4, "人名"),), "没有实体类型"), ((Entity(5, 5, "公司"),), "超出文本"), ((Entity(0, 99, "公司"),), "超出文本"),
        ((Entity(0, 4, "公司"), Entity(3, 9, "时间")), "重叠"),
    ],
)  # fmt: skip
def test_impossible_entities_are_refused(spans: tuple[Entity, ...], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        checked(Labelled("s1", SENTENCE, spans))


def test_other_exports_are_refused_by_name_and_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="JSON-MIN"):
        label_studio.read_entities(written(tmp_path, [{"id": 1, "text": SENTENCE, "label": []}]))
    with pytest.raises(TrainingError, match=r"export.json 第 1 行：data 里没有 row_id"):
        label_studio.read_entities(written(tmp_path, [{"data": {"text": SENTENCE}, "annotations": []}]))
    with pytest.raises(TrainingError, match="第 1 行：没有 text"):
        doccano.read_entities(written(tmp_path, [{"label": []}], "export.jsonl"))
    with pytest.raises(TrainingError, match="起, 止, 类型"):
        doccano.read_entities(written(tmp_path, [{"text": SENTENCE, "label": [[1, 2]]}], "export.jsonl"))


def test_doccano_is_read_in_its_forms(tmp_path: Path) -> None:
    records = [
        {"id": 1, "text": SENTENCE, "label": [[4, 9, "时间"], [0, 4, "公司"]], "row_id": "a", "Comments": []},
        {"id": 2, "text": SENTENCE, "labels": [[0, 4, "公司"]], "meta": {"row_id": "b"}},
        {"id": 3, "text": RARE, "entities": [{"id": 9, "start_offset": 0, "end_offset": 5, "label": "公司"}]},
    ]
    found = doccano.read_entities(written(tmp_path, records, "export.jsonl")).labelled
    assert [item.id for item in found] == ["a", "b", "export.jsonl:3"]
    assert found[0].entities == (Entity(0, 4, "公司"), Entity(4, 9, "时间")) and found[2].entities == (Entity(0, 4, "公司"),)


def test_reviews_of_label_studio_change_the_rows(tmp_path: Path) -> None:
    rows = [row("a"), row("b"), row("c"), row("d")]
    a, b, c, d = label_studio.review_tasks(rows)

    def result(task: dict[str, Any], verdict: str, answer: str = "", note: str = "") -> list[Any]:
        told = [item for item in predicted(task) if item["from_name"] == "question"]
        told.append({"from_name": "verdict", "to_name": "answer_text", "type": "choices", "value": {"choices": [verdict]}})
        told.append({"from_name": "answer", "to_name": "answer_text", "type": "textarea", "value": {"text": [answer or task["data"]["answer"]]}})
        return [*told, {"from_name": "note", "to_name": "answer_text", "type": "textarea", "value": {"text": [note]}}] if note else told

    path = written(tmp_path, [annotated(a, result(a, "通过")), annotated(b, result(b, "修改", "不良率为1.00%。")), annotated(c, result(c, "拒绝", note="问题含糊")), annotated(d, result(d, "修改"))])
    imported = label_studio.read_reviews(path)
    assert [(item.row_id, item.verdict) for item in imported.decisions] == [("a", "accept"), ("b", "edit"), ("c", "reject"), ("d", "accept")]
    done = applied(rows, imported.decisions)
    assert [(item.id, item.completion, item.meta["reviewed"]) for item in done.rows] == [("a", "不良率为1%。", "accept"), ("b", "不良率为1.00%。", "edit"), ("d", "不良率为1%。", "accept")]
    assert done.rejected == [("c", "问题含糊")]
    with pytest.raises(TrainingError, match="没有选择"):
        label_studio.read_reviews(written(tmp_path, [annotated(a, [])]))


def test_answers_of_doccano_change_the_rows(tmp_path: Path) -> None:
    rows = [row("a"), row("b"), row("c"), row("d")]
    lines = list(doccano.answer_lines(rows))
    lines[1]["label"], lines[2]["label"], lines[3]["label"] = ["不良率为1.00%。"], [], ["甲", "乙"]
    imported = doccano.read_answers(written(tmp_path, lines, "export.jsonl"), rows)
    assert [(item.row_id, item.verdict, item.answer) for item in imported.decisions] == [("a", "accept", ""), ("b", "edit", "不良率为1.00%。")]
    assert imported.undone == ["c"] and imported.disputed == ["d"]
    assert [item.completion for item in applied(rows, imported.decisions).rows][1] == "不良率为1.00%。"
    with pytest.raises(TrainingError, match="没有 row_id x"):
        doccano.read_answers(written(tmp_path, [lines[0] | {"row_id": "x"}], "export.jsonl"), rows)


def test_a_decision_on_another_version_is_refused() -> None:
    decision = Decision("a", "reject", fingerprint(row("a")))
    with pytest.raises(TrainingError, match="a：审核之后"):
        applied([row("a", answer="不良率为2%。")], [decision])
    with pytest.raises(TrainingError, match="不在数据中，例如 a"):
        applied([row("b")], [decision])
    assert applied([row("b")], []).rows == [row("b")]
    assert Decision.of_dict(replace(decision, note="x").to_dict()) == replace(decision, note="x")
    with pytest.raises(TrainingError, match="不是审核记录"):
        Decision.of_dict({"row_id": "a", "verdict": "maybe"})


def test_in_a_dialogue_the_last_question_and_answer_are_reviewed() -> None:
    talk = Row([{"role": "user", "content": "一问"}, {"role": "assistant", "content": "一答"}, {"role": "user", "content": "二问"}, {"role": "assistant", "content": "二答"}], {"id": "t"})
    assert asked_of(talk) == "二问"
    done = applied([talk], [Decision("t", "edit", fingerprint(talk), "新二问", "新二答")]).rows[0]
    assert [message["content"] for message in done.messages] == ["一问", "一答", "新二问", "新二答"]
