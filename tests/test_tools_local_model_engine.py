"""The engine: batches equal single runs, streams, stops, calculator marks, budgets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.errors import BudgetError, UsageError
from tests.local_models import make_adapter, make_lively_lm
from tests.watched_backend import watched
from tools.local_model.engine import LocalEngine
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.requests import BASE, EngineLimits, GenerationOptions

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

        def watch(mark: str) -> None:
            seen.append(mark)

        done = engine.submit("问", calculate=watch).result(WAIT)
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
