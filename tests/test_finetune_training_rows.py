"""Reading rows, and turning them into ids that are scored on the answers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import TrainingError
from finetune.rows.record import Row
from finetune.training.base_models import load_tokenizer
from finetune.training.rendering import IGNORED, encode, template_hash, training_set
from finetune.training.training_rows import read_rows, rows_digest, split_rows
from tests.training_data import alpaca_file, lines_file, reference_rows, small_base


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_tokenizer(str(small_base(tmp_path_factory.mktemp("tokenizer"))))


def test_the_specification_s_array_becomes_turns(tmp_path: Path) -> None:
    rows = list(read_rows(alpaca_file(tmp_path / "a.json", 3)))
    assert [turn["role"] for turn in rows[0].messages] == ["user", "assistant"] and len(rows) == 3
    assert rows[0].prompt == "分析以下财报数据，计算不良率\n某银行2023年不良贷款余额100亿元，各项贷款总额5000亿元"
    assert rows[0].completion.endswith("= 2.0%")


def test_lines_of_either_form_are_read_with_their_meta(tmp_path: Path) -> None:
    mixed: list[dict[str, object]] = [*reference_rows(2), {"instruction": "什么是净息差", "input": "", "output": "净利息收入除以生息资产。", "source": "own"}]
    rows = list(read_rows(lines_file(tmp_path / "a.jsonl", mixed)))
    assert rows[0].id == "r1" and rows[2].prompt == "什么是净息差" and rows[2].meta == {"source": "own"}


@pytest.mark.parametrize(
    "line, words",
    [
        ("{", "第 2 行不是 JSON"), ("3", "第 2 行不是 JSON 对象"), ('{"instruction": "a"}', "第 2 行缺少"), ('{"instruction": "a", "output": " "}', "空的"),
        ('{"instruction": "a", "output": 3}', "output 应是文本"), ('{"messages": [{"role": "robot", "content": "x"}]}', "role"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "assistant 的回答结尾"), ('{"messages": [{"role": "user", "content": 3}]}', "content"),
        ('{"messages": []}', "结尾"), ('{"messages": {"role": "user"}}', "messages"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(reference_rows(1)[0], ensure_ascii=False) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=words) as error:
        list(read_rows(path))
    assert "\n" not in str(error.value) and "第 2 行" in str(error.value)


def test_a_broken_array_a_missing_file_and_bytes_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"instruction": "a",\n "output": }]', encoding="utf-8")
    with pytest.raises(TrainingError, match="第 2 行不是 JSON"):
        list(read_rows(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingError, match="UTF-8"):
        list(read_rows(path))
    with pytest.raises(TrainingError, match="读不了"):
        list(read_rows(tmp_path / "none.json"))


def test_only_the_answer_is_scored(tokenizer: Any) -> None:
    row = Row.of_dict(reference_rows(1)[0])
    encoded = encode(tokenizer, row, 2048)
    assert encoded is not None and len(encoded.ids) == len(encoded.labels)
    scored = [token for token, label in zip(encoded.ids, encoded.labels, strict=True) if label != IGNORED]
    assert tokenizer.decode(scored) == row.completion + tokenizer.eos_token


def test_every_answer_of_a_conversation_is_scored(tokenizer: Any) -> None:
    turns = [("user", "不良率？"), ("assistant", "2%"), ("user", "同比？"), ("assistant", "下降")]
    encoded = encode(tokenizer, Row([{"role": role, "content": text} for role, text in turns]), 2048)
    assert encoded is not None
    scored = [token for token, label in zip(encoded.ids, encoded.labels, strict=True) if label != IGNORED]
    assert tokenizer.decode(scored) == f"2%{tokenizer.eos_token}下降{tokenizer.eos_token}"


def test_a_row_whose_answer_is_cut_off_is_left_out_and_counted(tokenizer: Any) -> None:
    rows = [Row.of_dict(row) for row in reference_rows(3)]
    long = Row([{"role": "user", "content": "年" * 90}, {"role": "assistant", "content": "2%"}])
    made = training_set(tokenizer, [*rows, long], 80)
    assert len(made) == 3 and made.left_out == 1 and max(made.dataset["length"]) <= 80 and made.rows == rows
    with pytest.raises(TrainingError, match="没有一条可用"):
        training_set(tokenizer, [long], 80)


def test_the_template_s_hash_follows_its_rendering_not_its_source(tokenizer: Any) -> None:
    kept, before = tokenizer.chat_template, template_hash(tokenizer)
    try:
        tokenizer.chat_template = "{# a remark #}" + kept
        assert template_hash(tokenizer) == before
        tokenizer.chat_template = kept.replace("<|user|>", "<|assistant|>").replace("'<|' + message['role'] + '|>'", "'<|user|>x'")
        assert template_hash(tokenizer) != before
    finally:
        tokenizer.chat_template = kept


def test_validation_rows_are_the_marked_ones_or_whole_groups_by_seed() -> None:
    rows = [Row.of_dict(row) for row in reference_rows(16)]
    train, aside = split_rows(rows, 0.25, 3)
    assert (train, aside) == split_rows(rows, 0.25, 3) and len(train) + len(aside) == 16
    assert {row.meta["group"] for row in train}.isdisjoint(row.meta["group"] for row in aside) and len(aside) == 4
    marked = [Row(row.messages, {**row.meta, "split": split}) for row, split in zip(rows, ["train", "validation", "test", "train"] * 4, strict=True)]
    train, aside = split_rows(marked, 0.5, 3)
    assert (len(train), len(aside)) == (8, 4) and all(row.meta["split"] == "validation" for row in aside)


def test_the_digest_is_of_the_turns_and_their_order() -> None:
    rows = [Row.of_dict(row) for row in reference_rows(3)]
    assert rows_digest(rows) == rows_digest([Row(row.messages) for row in rows]) != rows_digest(rows[::-1])
