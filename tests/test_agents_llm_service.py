"""The language-model service: answers, streams, receipts, privacy, cache and the synchronous door."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.llm.cache import AnswerCache, answer_key
from agents.llm.exchange import Completion, CompletionRequest, Purpose, TokenChunk
from agents.llm.receipts import Receipt
from agents.llm.service import LLMService
from data.errors import ModelUnavailableError
from tests import openai_server as srv
from tests.fakes import ScriptedChatModel
from tests.llm_models import CHAT, FINANCE, KEY, ask, http, receipt_of, scripted, service


@pytest.fixture
def server() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.mark.asyncio
async def test_plain_answer_with_its_receipt(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("晴，25度", prompt_tokens=1000, completion_tokens=500))
    slot = http(server, price_in=Decimal("2"), price_out=Decimal("8"), currency="CNY")
    completion = await service(slot).complete(ask(), request=CompletionRequest(purpose="chat", max_tokens=77))
    receipt = completion.receipt
    assert completion.text == "晴，25度" and not completion.truncated
    assert (receipt.served_by, receipt.model, receipt.cached) == ("general", "general-model", False)
    assert (receipt.prompt_tokens, receipt.completion_tokens) == (1000, 500)
    assert receipt.cost == Decimal("0.006") and receipt.currency == "CNY"
    assert [attempt.outcome for attempt in receipt.attempts] == ["ok"]
    sent = server.requests[0].body
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == ("general-model", 77, 0.0)
    assert "max_completion_tokens" not in sent
    assert [message["content"] for message in sent["messages"]] == ["你是分析助手", CHAT]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.asyncio
async def test_receipt_survives_json_and_hashes_the_prompt(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("甲"), srv.text("乙"), srv.text("丙"))
    llm = service(http(server, price_in=Decimal("1"), price_out=Decimal("1")))
    first = (await llm.complete(ask("一"), request=CompletionRequest())).receipt
    second = (await llm.complete(ask("二"), request=CompletionRequest())).receipt
    again = (await llm.complete(ask("一"), request=CompletionRequest())).receipt
    assert Receipt.from_dict(json.loads(json.dumps(first.to_dict()))) == first
    assert len(first.prompt_sha256) == 64
    assert first.prompt_sha256 == again.prompt_sha256 != second.prompt_sha256


@pytest.mark.asyncio
async def test_streaming_brings_tokens_then_the_receipt_with_usage(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("一二三四五", prompt_tokens=21, completion_tokens=5))
    llm = service(http(server))
    items = [item async for item in llm.stream(ask(), request=CompletionRequest())]
    *chunks, last = items
    assert [c.text for c in chunks if isinstance(c, TokenChunk)] == ["一二", "三四", "五"]
    assert isinstance(last, Completion) and last.text == "一二三四五"
    assert (last.receipt.prompt_tokens, last.receipt.completion_tokens) == (21, 5)
    assert last.finish_reason == "stop"
    assert server.requests[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.asyncio
async def test_generate_keeps_the_specified_signature(server: srv.OpenAIServer, other: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("来自微调"))
    other.enqueue(srv.text("来自接口"))
    llm = service(http(server, "finetuned"), http(other, "general"))
    assert await llm.generate("你好", use_finetuned=True) == "来自微调"
    assert await llm.generate(FINANCE) == "来自接口"


@pytest.mark.asyncio
async def test_generate_falls_to_the_api_model_when_no_finetuned_one_is_there(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("来自接口"))
    assert await service(http(server)).generate(FINANCE, use_finetuned=True) == "来自接口"


@pytest.mark.asyncio
async def test_no_model_at_all_says_what_to_do() -> None:
    with pytest.raises(ModelUnavailableError, match="没有配置任何语言模型") as caught:
        await LLMService().generate("你好")
    assert receipt_of(caught.value).served_by == "template"


@pytest.mark.asyncio
async def test_all_failing_raises_with_the_whole_receipt(server: srv.OpenAIServer, other: srv.OpenAIServer) -> None:
    server.enqueue(srv.status(401))
    other.enqueue(srv.text(""))
    llm = service(http(server, "general"), http(other, "long_context"))
    with pytest.raises(ModelUnavailableError, match=r"general.*密钥被拒.*long_context.*空回答") as caught:
        await llm.complete(ask(), request=CompletionRequest())
    receipt = receipt_of(caught.value)
    assert (receipt.served_by, receipt.model, receipt.cost) == ("template", "", None)
    assert [a.outcome for a in receipt.attempts] == ["unauthorized", "empty"]


@pytest.mark.asyncio
async def test_the_api_key_never_shows(server: srv.OpenAIServer, caplog: pytest.LogCaptureFixture) -> None:
    server.enqueue(srv.status(401, f"Incorrect API key provided: {KEY}. Header was Bearer abc.def-ghi"))
    with pytest.raises(ModelUnavailableError) as caught:
        await service(http(server)).complete(ask(), request=CompletionRequest())
    said = f"{caught.value} {json.dumps(receipt_of(caught.value).to_dict())} {caplog.text}"
    assert KEY not in said and "abc.def" not in said
    assert "[redacted]" in said
    assert KEY not in repr(http(server).config)


@pytest.mark.asyncio
async def test_private_documents_reach_local_models_only(server: srv.OpenAIServer, other: srv.OpenAIServer) -> None:
    server.enqueue(srv.status(400))
    llm = service(http(server, "finetuned", local=True), http(other, "general"), http(other, "long_context"))
    with pytest.raises(ModelUnavailableError) as caught:
        await llm.complete(ask(FINANCE), request=CompletionRequest(private=True))
    outcomes = {a.role: a.outcome for a in receipt_of(caught.value).attempts}
    assert outcomes == {"finetuned": "rejected", "general": "skipped_private", "long_context": "skipped_private"}
    assert other.requests == []


@pytest.mark.asyncio
async def test_private_without_a_local_model_says_so(other: srv.OpenAIServer) -> None:
    with pytest.raises(ModelUnavailableError, match="内部资料不得离开本机"):
        await service(http(other)).complete(ask(), request=CompletionRequest(private=True))
    assert other.requests == []


@pytest.mark.asyncio
async def test_preference_does_not_override_privacy(other: srv.OpenAIServer) -> None:
    request = CompletionRequest(private=True, prefer="general")
    with pytest.raises(ModelUnavailableError):
        await service(http(other)).complete(ask(), request=request)
    assert other.requests == []


@pytest.mark.asyncio
async def test_financial_questions_go_to_the_finetuned_model() -> None:
    tuned, general = ScriptedChatModel().enqueue("甲"), ScriptedChatModel().enqueue("乙")
    llm = service(scripted("finetuned", tuned), scripted("general", general))
    financial = await llm.complete(ask(FINANCE), request=CompletionRequest())
    chat = await llm.complete(ask(CHAT), request=CompletionRequest())
    assert (financial.text, chat.text) == ("甲", "乙")
    assert "金融领域问题" in financial.receipt.reason and "通用问题" in chat.receipt.reason
    tuned.assert_complete()
    general.assert_complete()


def test_two_models_for_one_role_are_refused() -> None:
    with pytest.raises(ValueError, match="claim the role"):
        service(scripted("general", ScriptedChatModel()), scripted("general", ScriptedChatModel()))


def test_sync_from_plain_code_from_threads_and_after_close(server: srv.OpenAIServer) -> None:
    server.enqueue(*(srv.text("好") for _ in range(5)))
    llm = service(http(server))
    try:
        assert llm.complete_sync(ask(), request=CompletionRequest()).text == "好"
        texts: list[str] = []

        def work() -> None:
            texts.append(llm.complete_sync(ask(), request=CompletionRequest()).text)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert texts == ["好"] * 3
        llm.close()
        assert llm.complete_sync(ask(), request=CompletionRequest()).text == "好"
    finally:
        llm.close()


def test_one_service_serves_several_event_loops(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("甲"), srv.text("乙"))
    llm = service(http(server))
    first = asyncio.run(llm.complete(ask(), request=CompletionRequest()))
    second = asyncio.run(llm.complete(ask(), request=CompletionRequest()))
    assert (first.text, second.text) == ("甲", "乙")
    # The loopback server closes every connection anyway: what matters is that the client asks for it.
    assert [request.headers["connection"] for request in server.requests] == ["close", "close"]


@pytest.mark.asyncio
async def test_answers_are_cached_by_the_callers_key(server: srv.OpenAIServer, tmp_path: Path) -> None:
    server.enqueue(srv.text("好"))
    llm = service(http(server), cache=AnswerCache(tmp_path / "answers.sqlite"))
    request = CompletionRequest(cache_key=answer_key({"slots": "招行", "ledger": "v1", "model": "m"}))
    fresh = await llm.complete(ask(), request=request)
    hit = await llm.complete(ask(), request=request)
    streamed = [item async for item in llm.stream(ask(), request=request)]
    assert hit.text == "好" and hit.receipt.cached and not fresh.receipt.cached
    assert hit.receipt.prompt_sha256 == fresh.receipt.prompt_sha256
    assert streamed == [TokenChunk("好", "general"), hit]
    assert len(server.requests) == 1


@pytest.mark.asyncio
async def test_neither_fallback_nor_truncated_answers_are_kept(
    server: srv.OpenAIServer, other: srv.OpenAIServer, tmp_path: Path
) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    server.enqueue(srv.status(400), srv.text("半", finish_reason="length"))
    other.enqueue(srv.text("备"))
    llm = service(http(server, "general"), http(other, "long_context"), cache=cache)
    assert (await llm.complete(ask(), request=CompletionRequest(cache_key="k"))).text == "备"
    assert (await llm.complete(ask(), request=CompletionRequest(cache_key="k"))).truncated
    assert len(cache) == 0


@pytest.mark.asyncio
async def test_a_cached_answer_of_another_shape_is_ignored(server: srv.OpenAIServer, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    cache.put("k", {"text": "旧", "receipt": {"served_by": "general"}})
    server.enqueue(srv.text("新"))
    assert (
        await service(http(server), cache=cache).complete(ask(), request=CompletionRequest(cache_key="k"))
    ).text == "新"


def test_importing_the_service_imports_no_client() -> None:
    code = (
        "import sys, time, langchain_core.messages, pydantic; started = time.perf_counter();"
        "import agents.llm.service;"
        "took = time.perf_counter() - started;"
        "heavy = {'langchain_openai', 'openai', 'torch', 'transformers', 'httpx'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else f'slow: {took}' if took > 1.0 else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("changes", [{"purpose": "guess"}, {"max_tokens": 0}, {"timeout_s": 0}, {"deadline_s": -1}])
def test_bad_requests_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        CompletionRequest(**changes)


@pytest.mark.parametrize("purpose", ["write", "plan", "chat", "revise"])
def test_purposes(purpose: Purpose) -> None:
    assert CompletionRequest(purpose=purpose).purpose == purpose
