"""The engine over time: answers and prefixes kept, adapters that come and go, failures, closing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import ModelUnavailableError, UsageError
from tests.local_models import make_adapter, make_lively_lm
from tests.watched_backend import Watched, watched, watched_as
from tools.local_model.engine import LocalEngine
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.requests import BASE, EngineLimits, GenerationOptions
from tools.local_model.weights import Floats

WAIT = 30.0
TWENTY = GenerationOptions(max_tokens=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm"))


@pytest.fixture(scope="module")
def adapters(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("adapters")
    return {name: make_adapter(folder, home / name, seed=seed) for seed, name in enumerate(("one", "two"), 1)}


@pytest.fixture
def engine(folder: Path, adapters: dict[str, Path]) -> Iterator[LocalEngine]:
    with LocalEngine(NumpyBackend.load(folder)) as opened:
        for name, path in adapters.items():
            opened.load_adapter(name, path)
        yield opened


def plain(folder: Path, **more: Any) -> LocalEngine:
    return LocalEngine(NumpyBackend.load(folder), EngineLimits(prefix_bytes=0, answers=0), **more)


# Caches


def test_answers_are_remembered_by_model_adapter_prompt_and_options(engine: LocalEngine) -> None:
    first = engine.generate("净利润", TWENTY)
    again = engine.submit("净利润", TWENTY)
    assert again.result().cached and again.result().text == first.text == "".join(again)
    assert not engine.generate("净利润", GenerationOptions(max_tokens=21)).cached
    assert not engine.generate("净利润。", TWENTY).cached
    assert not engine.generate("净利润", TWENTY, adapter="one").cached
    assert not engine.generate("净利润", GenerationOptions(max_tokens=20, cache=False)).cached
    assert not engine.generate("净利润", TWENTY, calculate=lambda mark: None).cached
    assert not engine.generate("净利润", TWENTY, calculate=lambda mark: None, calculator_key="sheet 1").cached
    assert engine.generate("净利润", TWENTY, calculate=lambda mark: None, calculator_key="sheet 1").cached
    assert engine.stats().answer_hits == 2


def test_prompts_with_a_common_beginning_share_its_computation(folder: Path) -> None:
    backend, alone = watched(folder), plain(folder)
    begin = "根据银行报告中的数据回答问题" * 5
    prompts = [begin + text for text in ("净利润", "净利润多少", "资本充足率")]
    with LocalEngine(backend, EngineLimits(gather_s=5.0, max_batch=3)) as engine:
        together = [turn.result(WAIT) for turn in [engine.submit(prompt, TWENTY) for prompt in prompts]]
        later = engine.generate(begin + "息差", TWENTY)
    assert [each.reused_tokens for each in together] == [0, 73, 70] and later.reused_tokens == 70
    assert backend.steps[:2] == [[73], [1, 2, 5]]  # the others wait a step for the first, then compute only what is their own
    assert [each.text for each in (*together, later)] == [alone.generate(prompt, TWENTY).text for prompt in (*prompts, begin + "息差")]
    alone.close()


def test_prefixes_of_one_adapter_are_not_used_by_another(engine: LocalEngine) -> None:
    prompt = "根据银行报告中的数据回答问题" * 5
    engine.generate(prompt, TWENTY, adapter="one")
    assert engine.generate(prompt + "净", TWENTY, adapter="one").reused_tokens == len(prompt)
    assert engine.generate(prompt + "净", TWENTY, adapter="two").reused_tokens == 0


# Adapters


def test_a_swap_in_a_running_service_drops_no_turn(folder: Path, adapters: dict[str, Path]) -> None:
    """Turns that began on the first adapter end on it; the ones after the swap run on the second, in the same batch."""
    backend, alone = watched(folder), plain(folder)
    for name, path in adapters.items():
        alone.load_adapter(name, path)
    expected = {name: alone.generate("净利润", GenerationOptions(max_tokens=60), adapter=name).text for name in adapters}
    with LocalEngine(backend, EngineLimits(gather_s=0)) as engine:
        engine.load_adapter("live", adapters["one"])
        engine.use_adapter("live")
        options = GenerationOptions(max_tokens=60, cache=False)
        backend.door.clear()
        before = [engine.submit("净利润", options) for _ in range(3)]
        assert backend.arrived.wait(WAIT)
        engine.load_adapter("live", adapters["two"])
        after = [engine.submit("净利润", options) for _ in range(3)]
        backend.door.set()
        assert {turn.result(WAIT).text for turn in before} == {expected["one"]}
        assert {turn.result(WAIT).text for turn in after} == {expected["two"]}
        assert [1] * 6 in backend.steps
        assert engine.adapters == {"live": after[0].result().version.partition("+")[2]}
    alone.close()


def test_an_adapter_is_freed_when_its_last_turn_ends(folder: Path, adapters: dict[str, Path]) -> None:
    class Counting(Watched):
        dropped: list[str]

        def drop_adapter(self, adapter: Any) -> None:
            self.dropped.append(adapter.version)
            super().drop_adapter(adapter)

    backend = watched_as(Counting, folder)
    backend.dropped = []
    backend.door.clear()
    with LocalEngine(backend, EngineLimits(gather_s=0)) as engine:
        version = engine.load_adapter("one", adapters["one"])
        turn = engine.submit("净利润", TWENTY, adapter="one")
        engine.unload_adapter("one")
        assert backend.dropped == [] and engine.adapters == {}
        with pytest.raises(UsageError, match="没有加载"):
            engine.submit("净利润", adapter="one")
        backend.door.set()
        assert turn.result(WAIT).adapter == "one"
    assert backend.dropped == [version]


def test_the_adapter_in_use_stays(engine: LocalEngine, folder: Path) -> None:
    engine.use_adapter("one")
    assert engine.generate("净利润", TWENTY).adapter == "one" and engine.adapter_in_use == "one"
    with pytest.raises(UsageError, match="正在使用"):
        engine.unload_adapter("one")
    with pytest.raises(UsageError, match="没有加载"):
        engine.use_adapter("three")
    with pytest.raises(ModelUnavailableError):
        engine.load_adapter("one", folder)  # no adapter: the one in use is untouched
    assert engine.version().endswith(engine.adapters["one"]) and engine.version(BASE) == engine.backend.version
    engine.use_adapter(BASE)
    engine.unload_adapter("one")
    assert engine.generate("净利润", TWENTY).adapter == ""


# Ends


def test_a_closed_engine_finishes_what_it_has_and_takes_no_more(folder: Path) -> None:
    engine = plain(folder)
    turns = [engine.submit("净利润", TWENTY) for _ in range(40)]
    engine.close()
    assert all(turn.done and turn.result().completion_tokens == 20 for turn in turns)
    with pytest.raises(ModelUnavailableError, match="已关闭"):
        engine.submit("净利润")


def test_closing_at_once_leaves_nobody_waiting(folder: Path) -> None:
    backend = watched(folder)
    backend.door.clear()
    engine = LocalEngine(backend, EngineLimits(max_batch=1, gather_s=0))
    turns = [engine.submit("净利润", TWENTY) for _ in range(3)]
    assert backend.arrived.wait(WAIT)
    closing = threading.Thread(target=engine.close, kwargs={"drain": False})
    closing.start()
    backend.door.set()
    closing.join(WAIT)
    for turn in turns:
        with pytest.raises(ModelUnavailableError, match="没有完成"):
            turn.result(WAIT)


def test_a_step_that_fails_ends_its_requests_and_the_engine_goes_on(folder: Path) -> None:
    class Breaking(Watched):
        broken = False

        def advance(self, work: Sequence[tuple[Any, NDArray[np.int64]]]) -> Floats:
            if self.broken:
                raise MemoryError("no room")
            return super().advance(work)

    backend = watched_as(Breaking, folder)
    backend.broken = True
    with LocalEngine(backend) as engine:
        for turn in [engine.submit("净利润", TWENTY), engine.submit("净", TWENTY)]:
            with pytest.raises(MemoryError, match="no room"):
                turn.result(WAIT)
        backend.broken = False
        assert engine.generate("净利润", TWENTY).completion_tokens == 20


def test_many_threads_and_loops_share_an_engine(engine: LocalEngine) -> None:
    expected = [engine.generate(f"净利润{number}", TWENTY).text for number in range(6)]
    found: dict[tuple[int, int], str] = {}

    def thread(which: int) -> None:
        async def ask() -> list[str]:
            options = GenerationOptions(max_tokens=20, cache=False)
            turns = [engine.submit(f"净利润{number}", options, client=str(which)) for number in range(6)]
            return [(await turn).text for turn in turns]

        for number, text in enumerate(asyncio.run(ask())):
            found[which, number] = text

    threads = [threading.Thread(target=thread, args=(which,)) for which in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(WAIT)
    assert found == {(which, number): expected[number] for which in range(5) for number in range(6)}
    stats = engine.stats()
    assert stats.waiting == stats.running == 0 and stats.finished == 36 and stats.tokens_per_second > 0
