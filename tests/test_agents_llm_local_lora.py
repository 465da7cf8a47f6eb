"""The fine-tuned role served inside the process: from folders to LLMService, swaps while it runs, and what is missing."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from agents.llm.exchange import Completion, CompletionRequest, TokenChunk
from agents.llm.local_lora import ADAPTER, BASE_MODEL, bundled_source, finetuned_slot, local_source, running_engine, swap_adapter
from agents.llm.service import LLMService
from data.errors import ModelUnavailableError
from tests.fakes import ScriptedChatModel
from tests.llm_models import receipt_of, scripted
from tests.local_models import make_adapter, make_lively_lm
from tools.local_model.loading import ENGINES, ModelSource
from tools.local_model.requests import GenerationOptions


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a base and two adapters, under the product's names."""
    home = tmp_path_factory.mktemp("models")
    make_lively_lm(home / BASE_MODEL)
    make_adapter(home / BASE_MODEL, home / ADAPTER, seed=1)
    make_adapter(home / BASE_MODEL, home / "financial_llm_lora_v1.1.0", seed=2)
    return home


@pytest.fixture
def source(models: Path) -> Iterator[ModelSource]:
    found = bundled_source(models)
    assert found is not None
    yield found
    ENGINES.close()


def service(source: ModelSource, **more: ScriptedChatModel) -> LLMService:
    slot = finetuned_slot(source)
    assert slot is not None
    return LLMService([slot, *(scripted("general", model) for model in more.values())])


def test_the_bundled_models_are_found(models: Path, tmp_path: Path) -> None:
    found = bundled_source(models)
    assert found is not None and found.label == ADAPTER and found.adapter == ADAPTER
    assert bundled_source(tmp_path) is None
    shutil.copytree(models / BASE_MODEL, tmp_path / BASE_MODEL)
    alone = bundled_source(tmp_path)
    assert alone is not None and alone.label == BASE_MODEL and not alone.adapters


@pytest.mark.asyncio
async def test_generate_is_served_by_the_fine_tuned_model(source: ModelSource) -> None:
    general = ScriptedChatModel().enqueue("通用回答")
    models = service(source, general=general)
    assert [status.loaded for status in models.status()] == [False, False]
    text = await models.generate("净利润同比增长多少", use_finetuned=True)
    engine = running_engine(source)
    prompt = engine.vocabulary.render([{"role": "user", "content": "净利润同比增长多少"}])
    assert text == engine.generate(prompt, GenerationOptions(max_tokens=1024)).text != ""
    assert await models.generate("净利润同比增长多少") == "通用回答"
    general.assert_complete()
    models.close()


@pytest.mark.asyncio
async def test_receipts_name_the_model_and_count_tokens(source: ModelSource) -> None:
    models = service(source)
    request = CompletionRequest(prefer="finetuned", private=True, max_tokens=9)
    done = await models.complete([HumanMessage("净利润")], request=request)
    assert (done.receipt.served_by, done.receipt.model, done.receipt.prompt_tokens, done.receipt.completion_tokens) == ("finetuned", ADAPTER, 5, 9)
    assert done.truncated
    pieces = [piece async for piece in models.stream([HumanMessage("净利润")], request=request)]
    assert isinstance(pieces[-1], Completion) and pieces[-1].text == done.text == "".join(piece.text for piece in pieces if isinstance(piece, TokenChunk))
    models.close()


@pytest.mark.asyncio
async def test_a_swap_reaches_the_service_without_a_break(source: ModelSource, models: Path) -> None:
    served = service(source)
    request = CompletionRequest(prefer="finetuned", max_tokens=60)
    engine = running_engine(source)
    asked = [asyncio.create_task(served.complete([HumanMessage(f"净利润{number}")], request=request)) for number in range(4)]
    while not engine.stats().submitted:
        await asyncio.sleep(0)
    version = await asyncio.to_thread(swap_adapter, models / "financial_llm_lora_v1.1.0", source)
    assert all(done.text for done in await asyncio.gather(*asked))
    assert engine.adapters == {"financial_llm_lora_v1.1.0": version} and engine.adapter_in_use == "financial_llm_lora_v1.1.0"
    assert engine.stats().failed == 0 and (await served.complete([HumanMessage("净利润")], request=request)).text
    with pytest.raises(ModelUnavailableError):
        swap_adapter(models / BASE_MODEL, source)
    assert engine.adapter_in_use == "financial_llm_lora_v1.1.0"
    served.close()


@pytest.mark.asyncio
async def test_what_the_model_cannot_take_falls_to_the_next_role(source: ModelSource) -> None:
    general = ScriptedChatModel().enqueue("长文回答")
    models = service(source, general=general)
    done = await models.complete([HumanMessage("1 2 " * 1000)], request=CompletionRequest(prefer="finetuned"))
    assert done.text == "长文回答" and [attempt.outcome for attempt in done.receipt.attempts] == ["rejected", "ok"]
    models.close()


@pytest.mark.asyncio
async def test_a_model_that_is_not_there_is_a_load_failure(models: Path, tmp_path: Path) -> None:
    slot = finetuned_slot(local_source(str(models / BASE_MODEL), tmp_path / "nowhere"))
    assert slot is not None
    served = LLMService([slot])
    with pytest.raises(ModelUnavailableError) as caught:
        await served.generate("净利润", use_finetuned=True)
    assert receipt_of(caught.value).attempts[0].outcome == "load_failed"
    served.close()


def test_other_bases_are_named(models: Path) -> None:
    source = local_source("Qwen/Qwen3-0.6B", models / ADAPTER, backend="transformers", int8=True)
    slot = finetuned_slot(source)
    assert slot is not None and slot.config.model == ADAPTER and slot.config.local and slot.config.role == "finetuned"
    assert local_source("DeepSeek-7B-Chat").label == "DeepSeek-7B-Chat"
