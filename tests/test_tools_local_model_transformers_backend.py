"""transformers behind the engine says what the built-in decoder says: batches, adapters, prefixes, swaps; and its own merged and int8 forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import ModelUnavailableError
from tests.local_models import make_adapter, make_lively_lm, peft_as_it_is
from tools.local_model.engine import LocalEngine
from tools.local_model.loading import ModelSource, open_backend
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.requests import EngineLimits, GenerationOptions
from tools.local_model.transformers_backend import TransformersBackend


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm"))


@pytest.fixture(scope="module")
def adapters(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("adapters")
    kinds: dict[str, dict[str, Any]] = {"one": {}, "two": {"use_rslora": True}, "dora": {"use_dora": True}}
    return {name: make_adapter(folder, home / name, seed=seed, **kinds[name]) for seed, name in enumerate(kinds, 1)}


def answers(backend: Any, adapters: dict[str, Path]) -> list[tuple[str, str, int]]:
    """Texts, endings and reused tokens of requests of several lengths and adapters that run together."""
    names = ["", *adapters]
    begin = "根据银行报告中的数据回答问题" * 3
    with LocalEngine(backend, EngineLimits(max_batch=6)) as engine:
        for name, path in adapters.items():
            engine.load_adapter(name, path)
        turns = [
            engine.submit(
                begin + "净利润" * (number % 4),
                GenerationOptions(max_tokens=3 + 2 * (number % 5), temperature=number % 2, seed=number, cache=False),
                adapter=names[number % len(names)],
            )
            for number in range(16)
        ]
        return [(turn.result(120).text, turn.result().finish_reason, turn.result().reused_tokens) for turn in turns]


def test_both_backends_answer_alike(folder: Path, adapters: dict[str, Path]) -> None:
    with peft_as_it_is():
        theirs = answers(TransformersBackend.load(str(folder), local_only=True), adapters)
    ours = answers(NumpyBackend.load(folder), adapters)
    assert [each[:2] for each in theirs] == [each[:2] for each in ours]
    assert any(reused for *_, reused in theirs)


def test_logits_are_those_of_the_built_in_decoder_after_others_left(folder: Path) -> None:
    results = []
    for backend in (TransformersBackend.load(str(folder), local_only=True), NumpyBackend.load(folder)):
        tokens = backend.vocabulary.encode("净利润同比增长")
        sequences: list[Any] = [backend.open(None) for _ in range(3)]
        backend.advance([(each, tokens[: 3 + place]) for place, each in enumerate(sequences)])
        backend.advance([(each, tokens[:1]) for each in sequences])
        backend.close(sequences[0])
        backend.advance([(each, tokens[1:2]) for each in reversed(sequences[1:])])
        results.append(backend.advance([(sequences[1], tokens[2:5]), (sequences[2], tokens[2:3])]))
    assert np.abs(results[0] - results[1]).max() < 1e-3


def test_a_swap_reaches_the_next_request(folder: Path, adapters: dict[str, Path]) -> None:
    with peft_as_it_is(), LocalEngine(TransformersBackend.load(str(folder), local_only=True)) as engine:
        options = GenerationOptions(max_tokens=8)
        bare = engine.generate("净利润", options).text
        engine.load_adapter("live", adapters["one"])
        engine.use_adapter("live")
        first = engine.generate("净利润", options)
        engine.load_adapter("live", adapters["two"])
        second = engine.generate("净利润", options)
        engine.use_adapter("")
        engine.unload_adapter("live")
        assert engine.generate("净利润", options).text == bare
        assert len({bare, first.text, second.text}) == 3 and first.version != second.version


def test_a_merged_model_answers_like_its_adapter(folder: Path, adapters: dict[str, Path]) -> None:
    options = GenerationOptions(max_tokens=12)
    with LocalEngine(TransformersBackend.load(str(folder), merge=adapters["one"], local_only=True)) as merged, LocalEngine(NumpyBackend.load(folder)) as ours:
        ours.load_adapter("one", adapters["one"])
        assert merged.generate("净利润", options).text == ours.generate("净利润", options, adapter="one").text
        assert merged.backend.version != ours.backend.version


def test_int8_stays_near_the_model_it_was_made_from(folder: Path, adapters: dict[str, Path]) -> None:
    source = ModelSource(str(folder), (("one", str(adapters["one"])),), "one", int8=True)
    quantised, whole = open_backend(source), TransformersBackend.load(str(folder), merge=adapters["one"], local_only=True)
    tokens = whole.vocabulary.encode("净利润同比增长")
    rows = [backend.advance([(backend.open(None), tokens)])[0] for backend in (quantised, whole)]
    assert 0 < np.abs(rows[0] - rows[1]).max() and np.corrcoef(rows[0], rows[1])[0, 1] > 0.95
    assert quantised.version.endswith("-int8")


def test_a_model_that_cannot_be_had_is_one_clear_error(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailableError, match="加载不了"):
        TransformersBackend.load("nobody/no-such-model", local_only=True)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelUnavailableError, match="加载不了"):
        TransformersBackend.load(str(tmp_path), local_only=True)
    backend = TransformersBackend.load(str(folder), local_only=True)
    with pytest.raises(ModelUnavailableError):
        backend.load_adapter(folder)
