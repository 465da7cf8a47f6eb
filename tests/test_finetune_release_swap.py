"""Changing the adapter of a running engine: no turn is lost or cut, and a bad adapter leaves the service as it was."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from data.errors import CaizhiError, ReleaseError
from finetune.release.swap import AdapterEngine, swap
from tests.local_models import make_adapter, make_lively_lm
from tools.local_model.engine import LocalEngine
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.requests import Generation, GenerationOptions

OPTIONS = GenerationOptions(max_tokens=12, cache=False)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """base, and the adapters v1 and v2 on it."""
    folder = tmp_path_factory.mktemp("models")
    make_lively_lm(folder / "base")
    make_adapter(folder / "base", folder / "v1", seed=1)
    make_adapter(folder / "base", folder / "v2", seed=2)
    return folder


@pytest.fixture
def engine(models: Path) -> LocalEngine:
    engine = LocalEngine(NumpyBackend.load(models / "base"))
    engine.load_adapter("v1", models / "v1")
    engine.use_adapter("v1")
    return engine


def test_the_engine_of_the_product_offers_what_a_swap_needs(engine: LocalEngine) -> None:
    offered: AdapterEngine = engine
    assert offered.adapter_in_use == "v1"
    engine.close()


def test_no_turn_is_dropped_while_adapters_come_and_go(engine: LocalEngine, models: Path) -> None:
    with engine:
        prompts = [f"净利润{number}" for number in range(6)]
        wanted = {name: [engine.generate(prompt, OPTIONS, adapter=name).text for prompt in prompts] for name in ("v1",)}
        engine.load_adapter("v2", models / "v2")
        wanted["v2"] = [engine.generate(prompt, OPTIONS, adapter="v2").text for prompt in prompts]
        engine.unload_adapter("v2")
        assert wanted["v1"] != wanted["v2"]
        done, errors, stop = list[tuple[int, Generation]](), list[BaseException](), threading.Event()

        def ask(worker: int) -> None:
            at = worker
            while not stop.is_set():
                try:
                    done.append((at % 6, engine.generate(prompts[at % 6], OPTIONS)))
                except CaizhiError as error:
                    errors.append(error)
                at += 1

        workers = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for worker in workers:
            worker.start()
        names = ["v1"]
        for number in range(8):
            source = "v2" if number % 2 == 0 else "v1"
            names.append(f"{source}-{number}")
            before = len(done)
            assert swap(engine, names[-1], models / source).previous == names[-2]
            while len(done) < before + 8:
                stop.wait(0.005)
        stop.set()
        for worker in workers:
            worker.join()
    assert not errors
    assert {generation.adapter for _, generation in done} == set(names)
    # Each answer is wholly that of the adapter it was begun under.
    assert all(generation.text == wanted[generation.adapter[:2]][number] for number, generation in done)
    assert list(engine.adapters) == [names[-1]]


def test_a_turn_under_way_ends_under_the_adapter_it_began_with(engine: LocalEngine, models: Path) -> None:
    with engine:
        long = GenerationOptions(max_tokens=300, cache=False)
        expected = engine.generate("资产", long).text
        turn = engine.submit("资产", long)
        swap(engine, "v2", models / "v2")
        answer = turn.result()
        assert (answer.adapter, answer.text) == ("v1", expected) and engine.generate("资产", OPTIONS).adapter == "v2"


def test_a_broken_adapter_changes_nothing(engine: LocalEngine, models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "v2", tmp_path / "broken")
    (tmp_path / "broken" / "adapter_model.safetensors").write_bytes(b"\x00" * 20)
    with engine:
        with pytest.raises(ReleaseError, match="没有换上.*服务仍用 v1"):
            swap(engine, "broken", tmp_path / "broken")
        assert engine.adapter_in_use == "v1" and list(engine.adapters) == ["v1"]
        assert engine.generate("资产", OPTIONS).adapter == "v1"


def test_a_refused_check_unloads_the_new_adapter(engine: LocalEngine, models: Path) -> None:
    def refuse(name: str) -> None:
        assert engine.generate("资产", OPTIONS, adapter=name).adapter == name
        raise ReleaseError("金标提示答错")

    with engine:
        with pytest.raises(ReleaseError, match="金标提示答错；服务仍用 v1"):
            swap(engine, "v2", models / "v2", refuse)
        assert engine.adapter_in_use == "v1" and list(engine.adapters) == ["v1"]


def test_a_name_is_not_taken_twice(engine: LocalEngine, models: Path) -> None:
    with engine:
        for name, word in (("v1", "已经加载"), ("", "要有名字")):
            with pytest.raises(ReleaseError, match=word):
                swap(engine, name, models / "v2")


def test_the_first_adapter_goes_onto_the_bare_base(models: Path) -> None:
    with LocalEngine(NumpyBackend.load(models / "base")) as engine:
        assert swap(engine, "v1", models / "v1").previous == "" and engine.adapter_in_use == "v1"
