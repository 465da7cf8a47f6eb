"""The fallback chain over real HTTP: stalls, retries, deadlines, the breaker, and models in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatResult

from agents.llm.exchange import Completion, CompletionRequest, TokenChunk
from agents.llm.providers import ModelConfig
from agents.llm.service import LLMService, ModelSlot, ServicePolicy
from data.errors import ModelUnavailableError
from tests import openai_server as srv
from tests.fakes import FixedClock, ScriptedChatModel
from tests.llm_models import FINANCE, ask, http, receipt_of, scripted, service


@pytest.fixture
def server() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.mark.asyncio
async def test_a_stall_is_cut_and_the_next_role_serves(server: srv.OpenAIServer, other: srv.OpenAIServer) -> None:
    server.enqueue(srv.stall(30))
    other.enqueue(srv.text("好"))
    llm = service(http(server, "general"), http(other, "long_context"))
    started = time.monotonic()
    completion = await llm.complete(ask(), request=CompletionRequest(timeout_s=0.2))
    assert time.monotonic() - started < 15
    assert completion.receipt.served_by == "long_context"
    first, second = completion.receipt.attempts
    assert (first.role, first.outcome, first.retries, second.outcome) == ("general", "timeout", 0, "ok")
    assert first.latency_ms >= 190
    assert "general 超时，改用 long_context" in completion.receipt.reason


@pytest.mark.asyncio
async def test_a_stall_amid_a_stream_is_cut_and_the_text_begins_anew(
    server: srv.OpenAIServer, other: srv.OpenAIServer
) -> None:
    server.enqueue(srv.stall(30, after="半句"))
    other.enqueue(srv.text("全文"))
    llm = service(http(server, "general"), http(other, "long_context"))
    items = [item async for item in llm.stream(ask(), request=CompletionRequest(timeout_s=0.2))]
    assert items[:2] == [TokenChunk("半句", "general"), TokenChunk("全文", "long_context", restart=True)]
    assert isinstance(items[-1], Completion) and items[-1].text == "全文"
    assert [a.outcome for a in items[-1].receipt.attempts] == ["timeout", "ok"]


@pytest.mark.asyncio
async def test_server_errors_are_retried_then_the_next_role_serves(
    server: srv.OpenAIServer, other: srv.OpenAIServer
) -> None:
    server.enqueue(srv.status(500), srv.status(503), srv.status(500))
    other.enqueue(srv.text("好"))
    completion = await service(http(server, "general"), http(other, "long_context")).complete(
        ask(), request=CompletionRequest()
    )
    failed, _ = completion.receipt.attempts
    assert (failed.outcome, failed.retries) == ("server_error", 2)
    assert completion.receipt.served_by == "long_context"
    server.assert_complete()


@pytest.mark.asyncio
async def test_429_is_retried_after_the_wait_the_server_asks_for(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.status(429, retry_after=3), srv.status(429), srv.text("好"))
    clock = FixedClock()
    completion = await service(http(server), clock=clock).complete(ask(), request=CompletionRequest())
    assert clock.slept == [3.0, 1.0]
    (attempt,) = completion.receipt.attempts
    assert (attempt.outcome, attempt.retries, attempt.latency_ms) == ("ok", 2, 4000)


@pytest.mark.asyncio
async def test_a_wait_too_long_moves_on_instead(server: srv.OpenAIServer, other: srv.OpenAIServer) -> None:
    server.enqueue(srv.status(429, retry_after=60))
    other.enqueue(srv.text("好"))
    clock = FixedClock()
    llm = service(http(server, "general"), http(other, "long_context"), clock=clock)
    completion = await llm.complete(ask(), request=CompletionRequest())
    assert clock.slept == [] and completion.receipt.attempts[0].outcome == "rate_limited"


@pytest.mark.asyncio
async def test_a_cut_stream_is_retried_and_marks_the_restart(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.cut("半句"), srv.text("全文"))
    items = [item async for item in service(http(server)).stream(ask(), request=CompletionRequest())]
    assert items[:-1] == [TokenChunk("半句", "general"), TokenChunk("全文", "general", restart=True)]
    last = items[-1]
    assert isinstance(last, Completion) and last.receipt.attempts[0].retries == 1


@pytest.mark.asyncio
async def test_a_refused_connection_falls_through(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.text("好"))
    dead = ModelSlot(ModelConfig("general", "m", "http://127.0.0.1:9/v1"))
    completion = await service(dead, http(server, "long_context")).complete(ask(), request=CompletionRequest())
    assert [(a.outcome, a.retries) for a in completion.receipt.attempts] == [("connection", 2), ("ok", 0)]


@pytest.mark.asyncio
async def test_the_deadline_bounds_all_roles_together() -> None:
    clock = FixedClock()

    class Slow(ScriptedChatModel):
        """Every call takes seven seconds of the clock."""

        async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
            clock.advance(7)
            return await super()._agenerate(*args, **kwargs)

    error = ConnectionError("down")
    slow, spare = Slow().enqueue(error, error), ScriptedChatModel()
    llm = service(scripted("general", slow), scripted("long_context", spare), clock=clock)
    with pytest.raises(ModelUnavailableError) as caught:
        await llm.complete(ask(), request=CompletionRequest(deadline_s=12))
    attempts = receipt_of(caught.value).attempts
    assert [(a.outcome, a.retries) for a in attempts] == [("connection", 1), ("skipped_deadline", 0)]
    assert spare.calls == []
    slow.assert_complete()


@pytest.mark.asyncio
async def test_the_breaker_opens_rests_and_closes(server: srv.OpenAIServer, other: srv.OpenAIServer) -> None:
    clock = FixedClock()
    server.enqueue(srv.text(""), srv.text(""), srv.text(""))
    other.enqueue(*(srv.text("备") for _ in range(5)))
    llm = service(http(server, "general"), http(other, "long_context"), clock=clock)

    async def first_outcome() -> str:
        receipt = (await llm.complete(ask(), request=CompletionRequest())).receipt
        return receipt.attempts[0].outcome

    assert [await first_outcome() for _ in range(4)] == ["empty", "empty", "empty", "skipped_unhealthy"]
    assert len(server.requests) == 3
    assert {s.role: s.breaker for s in llm.status()} == {"general": "open", "long_context": "closed"}
    clock.advance(30)
    server.enqueue(srv.text(""), srv.text("好"))
    assert await first_outcome() == "empty"
    assert llm.status()[0].breaker == "open"
    clock.advance(30)
    assert llm.status()[0].breaker == "half_open"
    assert await first_outcome() == "ok"
    assert llm.status()[0].breaker == "closed"
    server.assert_complete()


@pytest.mark.asyncio
async def test_bad_requests_do_not_open_the_breaker(server: srv.OpenAIServer) -> None:
    server.enqueue(*(srv.status(400) for _ in range(5)))
    llm = service(http(server))
    for _ in range(5):
        with pytest.raises(ModelUnavailableError):
            await llm.complete(ask(), request=CompletionRequest())
    assert llm.status()[0].breaker == "closed"


@pytest.mark.asyncio
async def test_a_caller_who_leaves_does_not_block_the_trial(server: srv.OpenAIServer) -> None:
    clock = FixedClock()
    llm = LLMService(
        [http(server)], clock=clock, sleep=clock.sleep, policy=ServicePolicy(breaker_threshold=1, retries=0)
    )
    server.enqueue(srv.text(""), srv.text("一二三四"), srv.text("好"))
    with pytest.raises(ModelUnavailableError):
        await llm.complete(ask(), request=CompletionRequest())
    clock.advance(30)
    stream = llm.stream(ask(), request=CompletionRequest())
    assert isinstance(await anext(stream), TokenChunk)
    await stream.aclose()
    assert (await llm.complete(ask(), request=CompletionRequest())).text == "好"


@pytest.mark.asyncio
async def test_cancelling_passes_through(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.stall(30))
    llm = service(http(server))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await llm.complete(ask(), request=CompletionRequest())
    assert llm.status()[0].breaker == "closed"


@pytest.mark.asyncio
async def test_a_model_that_cannot_load_is_skipped_and_rests(caplog: pytest.LogCaptureFixture) -> None:
    def broken(config: ModelConfig) -> BaseChatModel:
        raise OSError("no adapter at models/financial_llm_lora")

    spare = ScriptedChatModel().enqueue("甲", "乙")
    llm = service(ModelSlot(ModelConfig("finetuned", "lora", local=True), broken), scripted("general", spare))
    first = await llm.complete(ask(FINANCE), request=CompletionRequest())
    second = await llm.complete(ask(FINANCE), request=CompletionRequest())
    assert [a.outcome for a in first.receipt.attempts] == ["load_failed", "ok"]
    assert [a.outcome for a in second.receipt.attempts] == ["skipped_unhealthy", "ok"]
    assert "no adapter" in caplog.text


@pytest.mark.asyncio
async def test_a_model_is_built_once_however_many_ask_at_once() -> None:
    built: list[int] = []
    model = ScriptedChatModel().enqueue(*"一二三四")

    def build(config: ModelConfig) -> BaseChatModel:
        time.sleep(0.02)
        built.append(1)
        return model

    llm = service(ModelSlot(ModelConfig("general", "m", local=True), build))
    jobs = [llm.complete(ask(), request=CompletionRequest()) for _ in range(4)]
    texts = {completion.text for completion in await asyncio.gather(*jobs)}
    assert texts == set("一二三四") and len(built) == 1
    assert model.calls[0].kwargs["max_tokens"] == 1024


@pytest.mark.asyncio
async def test_a_failing_local_model_is_named_failed() -> None:
    llm = service(scripted("general", ScriptedChatModel().enqueue(RuntimeError("out of memory"))))
    with pytest.raises(ModelUnavailableError) as caught:
        await llm.complete(ask(), request=CompletionRequest())
    assert [a.outcome for a in receipt_of(caught.value).attempts] == ["failed"]
