"""The engine: batches equal single runs, streams, stops, calculator marks, budgets, caches, fairness, adapters that come and go, closing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import BudgetError, ModelUnavailableError, UsageError
from tests.local_models import make_adapter, make_lively_lm
from tests.small_lm import EOS
from tools.local_model.cache import PrefixStore, common_prefix
from tools.local_model.engine import LocalEngine
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.queueing import FairQueue
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


class Watched(NumpyBackend):
    """The real backend, with a log of its steps, a door that holds steps up, and words to say in place of the model's own.

    script: texts by the prompt's last character; the logits of a sequence with that prompt spell its text, then the end.
    """

    steps: list[list[int]]
    script: dict[str, list[int]]
    door: threading.Event
    arrived: threading.Event

    def advance(self, work: Sequence[tuple[Any, NDArray[np.int64]]]) -> Floats:
        self.arrived.set()
        assert self.door.wait(WAIT)
        self.steps.append([len(tokens) for _, tokens in work])
        logits = super().advance(work)
        for row, (slot, tokens) in zip(logits, work, strict=True):
            said = self._said.setdefault(id(slot), [])
            if not said and len(tokens) > 0 and (text := self.script.get(self.vocabulary.decode([int(tokens[-1])]))):
                said += text
            if said:
                row[:] = -1e9
                row[said.pop(0)] = 0
        return logits

    _said: dict[int, list[int]]


def watched(folder: Path, **script: str) -> Watched:
    backend = Watched.load(folder)
    assert isinstance(backend, Watched)
    end = backend.vocabulary.special_id(EOS)
    assert end is not None
    backend.steps, backend._said = [], {}
    backend.script = {key: [*backend.vocabulary.encode(text).tolist(), end] for key, text in script.items()}
    backend.door, backend.arrived = threading.Event(), threading.Event()
    backend.door.set()
    return backend


@pytest.fixture
def engine(folder: Path, adapters: dict[str, Path]) -> Iterator[LocalEngine]:
    with LocalEngine(NumpyBackend.load(folder)) as opened:
        for name, path in adapters.items():
            opened.load_adapter(name, path)
        yield opened


def plain(folder: Path, **more: Any) -> LocalEngine:
    return LocalEngine(NumpyBackend.load(folder), EngineLimits(prefix_bytes=0, answers=0), **more)


# Batches


def test_requests_that_run_together_say_what_they_say_alone(folder: Path, engine: LocalEngine) -> None:
    prompts = [f"中国银行202{number}年净利润" * (1 + number % 3) for number in range(10)]
    options = [GenerationOptions(max_tokens=5 + 3 * number, temperature=number % 2, seed=number, cache=False) for number in range(10)]
    names = [BASE, "one", "two"]
    turns = [engine.submit(prompt, option, adapter=names[place % 3]) for place, (prompt, option) in enumerate(zip(prompts, options, strict=True))]
    together = [turn.result(WAIT) for turn in turns]
    alone = [engine.submit(prompt, option, adapter=names[place % 3]).result(WAIT) for place, (prompt, option) in enumerate(zip(prompts, options, strict=True))]
    assert [each.text for each in together] == [each.text for each in alone]
    assert [each.adapter for each in together] == [names[place % 3] for place in range(10)]
    assert engine.stats().mean_batch > 1


def test_idle_engines_gather_requests_into_one_step(folder: Path) -> None:
    backend = watched(folder)
    with LocalEngine(backend, EngineLimits(gather_s=5.0, max_batch=3, prefix_bytes=0)) as engine:
        for turn in [engine.submit(text, TWENTY) for text in ("净利润", "不良贷款", "资本充足率")]:
            turn.result(WAIT)
    assert backend.steps[0] == [3, 4, 5]


def test_a_request_joins_answers_under_way(folder: Path) -> None:
    backend = watched(folder)
    with LocalEngine(backend, EngineLimits(gather_s=0)) as engine:
        first = engine.submit("净利润", GenerationOptions(max_tokens=500))
        next(iter(first))
        engine.submit("资本充足率", GenerationOptions(max_tokens=3)).result(WAIT)
        assert not first.done
        first.cancel()
        assert first.result(WAIT).finish_reason == "cancelled"
    assert [1, 5] in backend.steps and [1, 1] in backend.steps and backend.steps[-1] == [1]


def test_long_prompts_are_computed_in_parts(folder: Path) -> None:
    backend, whole = watched(folder), plain(folder)
    with LocalEngine(backend, EngineLimits(prefill_tokens=10, prefix_bytes=0)) as engine:
        text = engine.generate("净利润同比增长" * 6, TWENTY).text
    assert backend.steps[:6] == [[10], [10], [10], [10], [2], [1]]
    assert text == whole.generate("净利润同比增长" * 6, TWENTY).text
    whole.close()


# Text


def test_pieces_join_to_the_answer_for_every_listener(engine: LocalEngine) -> None:
    async def listen() -> tuple[str, str, str]:
        turn = engine.submit("请说明净利润", GenerationOptions(max_tokens=40))
        one, other = await asyncio.gather(_joined(turn), _joined(turn))
        return one, other, (await turn).text

    async def _joined(turn: Any) -> str:
        return "".join([piece async for piece in turn])

    one, other, whole = asyncio.run(listen())
    assert one == other == whole and len(whole) >= 40
    assert "".join(engine.submit("请说明净利润", GenerationOptions(max_tokens=40, cache=False))) == whole


def test_the_end_token_ends_the_answer(folder: Path) -> None:
    with LocalEngine(watched(folder, 问="净利润增长。")) as engine:
        done = engine.generate("问")
    assert (done.text, done.finish_reason, done.completion_tokens, done.prompt_tokens) == ("净利润增长。", "stop", 6, 1)


@pytest.mark.parametrize(("stop", "text"), [(("利润增",), "净"), (("长。中", "增长中"), "净利润增长。"), (("净",), "")])
def test_a_stop_text_ends_the_answer_and_never_shows(folder: Path, stop: tuple[str, ...], text: str) -> None:
    with LocalEngine(watched(folder, 问="净利润增长。")) as engine:
        turn = engine.submit("问", GenerationOptions(stop=stop))
        assert "".join(turn) == turn.result().text == text
        assert turn.result().finish_reason == "stop"


def test_the_same_seed_gives_the_same_draw(engine: LocalEngine) -> None:
    def draw(seed: int, **changes: Any) -> str:
        return engine.generate("净利润", GenerationOptions(max_tokens=30, temperature=1.5, seed=seed, cache=False, **changes)).text

    assert draw(1) == draw(1) != draw(2)
    assert draw(1, top_p=1e-9) == draw(2, top_k=1) == engine.generate("净利润", GenerationOptions(max_tokens=30)).text


# Calculator marks


def test_a_calculator_writes_its_result_into_the_answer(folder: Path) -> None:
    """The script goes on after the insertion, which proves that the model saw the inserted tokens: its last one cues the rest."""
    seen = []
    backend = watched(folder, 问="得[Calculator(f1/f2*100)→")
    backend.script["问"].pop()  # after the mark the script is silent until the inserted text is read
    backend.script["]"] = [*backend.vocabulary.encode("。").tolist(), backend.script.get("", [3])[-1]]

    def calculate(mark: str) -> str:
        seen.append(mark)
        return "{f3}]"

    with LocalEngine(backend) as engine:
        turn = engine.submit("问", calculate=calculate)
        assert "".join(turn) == turn.result().text == "得[Calculator(f1/f2*100)→{f3}]。"
    assert seen == ["[Calculator(f1/f2*100)→"]
    assert turn.result().completion_tokens == len("得[Calculator(f1/f2*100)→。")


def test_a_calculator_may_leave_the_result_to_the_model(folder: Path) -> None:
    with LocalEngine(watched(folder, 问="[Calculator(1+2)→4]，[Calculator(2)→2]")) as engine:
        seen: list[str] = []
        done = engine.submit("问", calculate=seen.append).result(WAIT)  # type: ignore[arg-type, func-returns-value]
    assert done.text == "[Calculator(1+2)→4]，[Calculator(2)→2]"
    assert seen == ["[Calculator(1+2)→", "[Calculator(2)→"]


def test_generation_can_stop_at_the_mark(folder: Path) -> None:
    with LocalEngine(watched(folder, 问="得[Calculator(f1-f2)→{f9}]")) as engine:
        done = engine.generate("问", GenerationOptions(stop_at_calculator=True))
    assert (done.text, done.finish_reason) == ("得[Calculator(f1-f2)→", "calculator")


def test_a_calculator_that_fails_ends_its_own_request_only(folder: Path) -> None:
    def fail(mark: str) -> str:
        raise UsageError(f"算不了 {mark}")

    with LocalEngine(watched(folder, 问="[Calculator(x)→1]", 说="净利润")) as engine:
        bad, good = engine.submit("问", calculate=fail), engine.submit("说")
        with pytest.raises(UsageError, match="算不了"):
            bad.result(WAIT)
        assert good.result(WAIT).text == "净利润"
        assert engine.stats().failed == 1


# Budgets


def test_max_tokens_and_the_context_end_an_answer(folder: Path, engine: LocalEngine) -> None:
    assert engine.generate("净利润", GenerationOptions(max_tokens=7)).finish_reason == "length"
    room = engine.generate("净" * 2040, GenerationOptions(max_tokens=100))
    assert room.finish_reason == "length" and room.completion_tokens == 8


def test_a_prompt_past_the_context_is_refused(engine: LocalEngine) -> None:
    with pytest.raises(UsageError, match="上下文"):
        engine.submit("净" * 2048)
    with pytest.raises(UsageError, match="为空"):
        engine.submit("")


def test_time_runs_out_for_those_running_and_those_waiting(folder: Path) -> None:
    now = [0.0]
    backend = watched(folder)
    backend.door.clear()
    with LocalEngine(backend, EngineLimits(max_batch=1, gather_s=0), clock=lambda: now[0]) as engine:
        running = engine.submit("净利润", GenerationOptions(max_tokens=900, time_s=5))
        assert backend.arrived.wait(WAIT)
        waiting = engine.submit("净利润", GenerationOptions(time_s=5))
        patient = engine.submit("净利润", GenerationOptions(max_tokens=2, time_s=50))
        now[0] = 6.0
        backend.door.set()
        for late in (running, waiting):
            with pytest.raises(BudgetError, match="5 秒"):
                late.result(WAIT)
        assert patient.result(WAIT).completion_tokens == 2


def test_a_full_queue_refuses(folder: Path) -> None:
    backend = watched(folder)
    backend.door.clear()
    with LocalEngine(backend, EngineLimits(max_batch=1, max_waiting=2, gather_s=0)) as engine:
        turns = [engine.submit("净", TWENTY)]
        assert backend.arrived.wait(WAIT)
        turns += [engine.submit("净", TWENTY) for _ in range(2)]
        with pytest.raises(BudgetError, match="队列已满"):
            engine.submit("净", TWENTY)
        backend.door.set()
        assert all(turn.result(WAIT).completion_tokens for turn in turns)


def test_cancelling_ends_a_turn_with_what_there_is(folder: Path) -> None:
    with LocalEngine(watched(folder), EngineLimits(gather_s=0)) as engine:

        async def leave() -> Any:
            turn = engine.submit("净利润", GenerationOptions(max_tokens=2000))
            async for _ in turn:
                break
            task = asyncio.create_task(_wait(turn))
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return turn

        async def _wait(turn: Any) -> None:
            await turn

        done = asyncio.run(leave()).result(WAIT)
        assert done.finish_reason == "cancelled" and 0 < done.completion_tokens < 2000
        assert engine.stats().cancelled == 1 and engine.stats().running == 0


def test_clients_take_turns() -> None:
    queue: FairQueue[str] = FairQueue(10)
    for client, item in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")]:
        queue.put(client, item)
    queue.remove("c1")
    assert [queue.take() for _ in range(6)] == ["a1", "b1", "a2", "b2", "a3", None]


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


class Lump:
    nbytes = 10


def test_the_prefix_store_is_bounded_and_leaves_a_token_to_compute() -> None:
    store: PrefixStore[Lump] = PrefixStore(25)
    texts = [np.arange(start, start + 20) for start in (0, 100, 200)]
    lumps = [Lump() for _ in texts]
    assert store.put("v", texts[0], lumps[0]) and store.put("v", texts[1], lumps[1])
    assert store.find("v", texts[0]) == (lumps[0], 19)
    assert store.put("v", texts[2], lumps[2]) and len(store) == 2
    assert store.find("v", texts[1]) is None and store.find("w", texts[0]) is None  # the least recently used went
    store.forget("v")
    assert len(store) == 0 and not PrefixStore[Lump](5).put("v", texts[0], lumps[0])
    assert common_prefix(np.array([1, 2, 3]), np.array([1, 2, 4, 5])) == 2


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

    backend = Counting.load(folder)
    assert isinstance(backend, Counting)
    backend.steps, backend._said, backend.script, backend.dropped = [], {}, {}, []
    backend.door, backend.arrived = threading.Event(), threading.Event()
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

    backend = Breaking.load(folder)
    assert isinstance(backend, Breaking)
    backend.steps, backend._said, backend.script, backend.broken = [], {}, {}, True
    backend.door, backend.arrived = threading.Event(), threading.Event()
    backend.door.set()
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
