"""doccano: JSON lines with `label` spans (sequence labelling) and with question and answers (sequence to sequence), out and in.

doccano counts in UTF-16 units, as its browser does. For all characters of common use that is the same as code points; rarer ones
are converted on both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from data.errors import TrainingError
from finetune.rows.annotate import Decision, Entity, Imported, Labelled, asked_of, checked, fingerprint
from finetune.rows.json_stream import read_objects
from finetune.rows.record import Row


def entity_lines(items: Iterable[Labelled]) -> Iterator[dict[str, Any]]:
    """An object for each text: text, label spans, row_id."""
    for item in items:
        spans = [[_units(item.text, entity.start), _units(item.text, entity.end), entity.label] for entity in item.entities]
        yield {"text": item.text, "label": spans, "row_id": item.id}


def answer_lines(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """An object for each row: the question as text, the answer as the one label, row_id and fingerprint."""
    for row in rows:
        yield {"text": asked_of(row), "label": [row.completion], "row_id": row.id, "fingerprint": fingerprint(row)}


def read_entities(path: Path) -> Imported:
    """The entities of an exported project (JSONL), each checked against its text.

    Raises:
        TrainingError: a line is none of such a project; the message names it.
    """
    imported = Imported()
    for line, record in read_objects(path):
        text, key = _text(record, path, line), _row_id(record)
        spans = record.get("label", record.get("labels", record.get("entities")))
        if not isinstance(spans, list):
            raise TrainingError(f"{path.name} 第 {line} 行：没有 label")
        try:
            entities = [_entity(text, span) for span in spans]
        except (KeyError, TypeError, ValueError) as error:
            raise TrainingError(f"{path.name} 第 {line} 行：label 的一项应为 [起, 止, 类型]（{error}）") from error
        imported.labelled.append(checked(Labelled(key or f"{path.name}:{line}", text, tuple(entities))))
    return imported


def read_answers(path: Path, rows: Iterable[Row]) -> Imported:
    """The decisions of an exported project (JSONL): an answer that is the row's accepts it, another edits it, none is undone.

    Several different answers are a dispute.

    Raises:
        TrainingError: a line is none of such a project, or about a row that is not among `rows`.
    """
    known = {row.id: row for row in rows}
    imported = Imported()
    for line, record in read_objects(path):
        _text(record, path, line)
        key, said = _row_id(record), record.get("label", record.get("labels"))
        if key not in known:
            raise TrainingError(f"{path.name} 第 {line} 行：数据里没有 row_id {key or '（缺少）'}")
        if not isinstance(said, list) or not all(isinstance(answer, str) for answer in said):
            raise TrainingError(f"{path.name} 第 {line} 行：label 应为回答的列表")
        answers = list(dict.fromkeys(answer.strip() for answer in said if answer.strip()))
        row = known[key]
        mark = str(record.get("fingerprint") or fingerprint(row))
        if not answers:
            imported.undone.append(key)
        elif len(answers) > 1:
            imported.disputed.append(key)
        elif answers[0] == row.completion.strip():
            imported.decisions.append(Decision(key, "accept", mark))
        else:
            imported.decisions.append(Decision(key, "edit", mark, asked_of(row), answers[0]))
    return imported


def _text(record: Any, path: Path, line: int) -> str:
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise TrainingError(f"{path.name} 第 {line} 行：没有 text；请用 JSONL 格式导出")
    return str(record["text"])


def _row_id(record: Any) -> str:
    """doccano keeps the columns that it does not know beside the text, in older versions under meta."""
    meta = record.get("meta")
    return str(record.get("row_id") or (meta.get("row_id") if isinstance(meta, dict) else "") or "")


def _entity(text: str, span: Any) -> Entity:
    start, end, label = (span["start_offset"], span["end_offset"], span["label"]) if isinstance(span, dict) else span
    return Entity(_points(text, int(start)), _points(text, int(end)), str(label))


def _units(text: str, offset: int) -> int:
    """A code point offset in UTF-16 units."""
    return len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2


def _points(text: str, units: int) -> int:
    """A UTF-16 offset in code points; past the end stays past the end."""
    whole = text.encode("utf-16-le", "surrogatepass")
    return len(whole[: 2 * units].decode("utf-16-le", "replace")) + max(0, units - len(whole) // 2)
