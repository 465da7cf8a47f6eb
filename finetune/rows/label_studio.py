"""Label Studio: tasks with predictions out, exported annotations in, and the two labelling configurations.

Spans are code points, as current versions write them; what an old version wrote in UTF-16 units is recognised by the marked words
and mended. Export as JSON (not JSON-MIN, which drops who said what).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from data.errors import TrainingError
from finetune.rows.annotate import LABELS, Decision, Entity, Imported, Labelled, Verdict, asked_of, checked, fingerprint
from finetune.rows.json_stream import read_objects
from finetune.rows.record import Row

_COLOURS = ("#4C78A8", "#F58518", "#54A24B", "#B279A2", "#E45756")
_CHOICES: Mapping[str, Verdict] = {"通过": "accept", "修改": "edit", "拒绝": "reject"}


def entity_config() -> str:
    """The labelling configuration (XML) for entities."""
    view = ElementTree.Element("View")
    labels = ElementTree.SubElement(view, "Labels", name="label", toName="text")
    for label, colour in zip(LABELS, _COLOURS, strict=True):
        ElementTree.SubElement(labels, "Label", value=label, background=colour)
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    return _printed(view)


def review_config() -> str:
    """The labelling configuration (XML) for reviewing questions and answers."""
    view = ElementTree.Element("View")
    for name, title in (("question", "问题"), ("answer", "回答")):
        ElementTree.SubElement(view, "Header", value=title)
        ElementTree.SubElement(view, "Text", name=f"{name}_text", value=f"${name}")
    verdict = ElementTree.SubElement(view, "Choices", name="verdict", toName="answer_text", choice="single", required="true", showInline="true")
    for value in _CHOICES:
        ElementTree.SubElement(verdict, "Choice", value=value)
    for name, title, needed in (("question", "改后的问题", "修改"), ("answer", "改后的回答", "修改"), ("note", "拒绝的理由", "拒绝")):
        box = ElementTree.SubElement(view, "View", visibleWhen="choice-selected", whenTagName="verdict", whenChoiceValue=needed)
        ElementTree.SubElement(box, "Header", value=title)
        told = "question_text" if name == "question" else "answer_text"
        ElementTree.SubElement(box, "TextArea", name=name, toName=told, rows="4", maxSubmissions="1", editable="true")
    return _printed(view)


def entity_tasks(items: Iterable[Labelled], model_version: str = "caizhi-ner") -> Iterator[dict[str, Any]]:
    """A task for each text, with its entities as prediction."""
    for item in items:
        result = [
            {
                "id": f"{item.id}-{number}", "from_name": "label", "to_name": "text", "type": "labels",
                "value": {"start": entity.start, "end": entity.end, "text": item.text[entity.start : entity.end], "labels": [entity.label]},
            }
            for number, entity in enumerate(item.entities)
        ]  # fmt: skip
        yield {"data": {"text": item.text, "row_id": item.id}, "predictions": [{"model_version": model_version, "result": result}]}


def review_tasks(rows: Iterable[Row], model_version: str = "caizhi-rows") -> Iterator[dict[str, Any]]:
    """A task for each row: accepted by prediction, with question and answer ready to be edited."""
    for row in rows:
        question, answer = asked_of(row), row.completion
        result = [
            {"id": f"{row.id}-verdict", "from_name": "verdict", "to_name": "answer_text", "type": "choices", "value": {"choices": ["通过"]}},
            {"id": f"{row.id}-question", "from_name": "question", "to_name": "question_text", "type": "textarea", "value": {"text": [question]}},
            {"id": f"{row.id}-answer", "from_name": "answer", "to_name": "answer_text", "type": "textarea", "value": {"text": [answer]}},
        ]
        data = {"question": question, "answer": answer, "row_id": row.id, "fingerprint": fingerprint(row)}
        yield {"data": data, "predictions": [{"model_version": model_version, "result": result}]}


def read_entities(path: Path) -> Imported:
    """The entities of an exported project, each checked against its text.

    Raises:
        TrainingError: the file is no such export, or a span does not give its words; the message names line and item.
    """
    imported = Imported()
    for key, data, answers in _tasks(path, ("text",)):
        _settled(imported, key, [_labelled(key, data["text"], result) for result in answers], imported.labelled.append)
    return imported


def read_reviews(path: Path) -> Imported:
    """The decisions of an exported project.

    Raises:
        TrainingError: the file is no such export, or an annotation has no verdict.
    """
    imported = Imported()
    for key, data, answers in _tasks(path, ("question", "answer")):
        _settled(imported, key, [_decision(key, data, result) for result in answers], imported.decisions.append)
    return imported


def code_points(text: str, start: int, end: int, said: str | None) -> tuple[int, int] | None:
    """Offsets of a span in code points: as given where they give the words, else read as UTF-16 units; None where neither does."""
    if 0 <= start < end <= len(text) and said in (None, text[start:end]):
        return start, end
    units = text.encode("utf-16-le")
    try:
        low, high = (len(units[: 2 * offset].decode("utf-16-le")) for offset in (start, end))
    except UnicodeDecodeError:
        return None
    return (low, high) if low < high and said == text[low:high] else None


def _tasks(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any], list[Sequence[Mapping[str, Any]]]]]:
    """Row id, data and the results of the annotations that were not cancelled, task by task."""
    for line, task in read_objects(path):
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict) or not isinstance(task.get("annotations"), list):
            raise TrainingError(f"{path.name} 第 {line} 行：不是 Label Studio 的任务；请用 JSON 格式导出（不是 JSON-MIN）")
        data = task["data"]
        if lacking := [key for key in (*needed, "row_id") if not isinstance(data.get(key), str)]:
            raise TrainingError(f"{path.name} 第 {line} 行：data 里没有 {'、'.join(lacking)}；这个项目不是由本程序导出的任务建立的")
        done = [item for item in task["annotations"] if isinstance(item, dict) and not item.get("was_cancelled")]
        yield data["row_id"], data, [item.get("result") or [] for item in done]


def _settled(imported: Imported, key: str, answers: Sequence[Any], keep: Callable[[Any], None]) -> None:
    """One answer is kept; none is undone; several must agree."""
    if not answers:
        imported.undone.append(key)
    elif any(answer != answers[0] for answer in answers[1:]):
        imported.disputed.append(key)
    else:
        keep(answers[0])


def _labelled(key: str, text: str, result: Sequence[Mapping[str, Any]]) -> Labelled:
    entities = []
    for item in result:
        if item.get("type") != "labels":
            continue
        value = item["value"]
        said = value.get("text")
        place = code_points(text, int(value["start"]), int(value["end"]), said)
        if place is None:
            raise TrainingError(f"{key}：位置 {value['start']}-{value['end']} 处不是“{said}”")
        entities.append(Entity(*place, str(value["labels"][0])))
    return checked(Labelled(key, text, tuple(entities)))


def _decision(key: str, data: Mapping[str, Any], result: Sequence[Mapping[str, Any]]) -> Decision:
    values = {item.get("from_name"): item.get("value") or {} for item in result}
    choice = (values.get("verdict", {}).get("choices") or [""])[0]
    if choice not in _CHOICES:
        raise TrainingError(f"{key}：没有选择 {'、'.join(_CHOICES)}")
    verdict = _CHOICES[choice]
    question, answer, note = ("\n".join(values.get(name, {}).get("text") or []) for name in ("question", "answer", "note"))
    edited = verdict == "edit" and (question or data["question"], answer or data["answer"]) != (data["question"], data["answer"])
    if verdict == "edit" and not edited:
        verdict = "accept"  # the box was ticked and nothing changed
    return Decision(
        key, verdict, str(data.get("fingerprint") or ""), (question or data["question"]) if edited else "",
        (answer or data["answer"]) if edited else "", note if verdict == "reject" else "",
    )  # fmt: skip


def _printed(view: ElementTree.Element) -> str:
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"
