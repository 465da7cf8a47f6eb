"""One call on one model: answers that are no answers, broken streams, and structured answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from agents.llm.exchange import Completion, CompletionRequest
from data.errors import ModelUnavailableError
from tests import openai_server as srv
from tests.fakes import ScriptedChatModel
from tests.llm_models import ask, http, receipt_of, scripted, service


@pytest.fixture
def server() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (srv.text(""), "empty"),
        (srv.text("  \n"), "empty"),
        (srv.malformed(), "malformed"),
        (srv.malformed("<html>gateway</html>", content_type="text/html"), "malformed"),
        (srv.malformed('{"choices": null}'), "malformed"),
        (srv.malformed("[]"), "malformed"),
        (srv.text("不能说", finish_reason="content_filter"), "filtered"),
        (srv.status(400, "context length exceeded"), "rejected"),
        (srv.status(401, "bad key"), "unauthorized"),
        (srv.status(402, "no money"), "unpaid"),
        (srv.status(404, "no such model"), "not_found"),
    ],
)
async def test_unusable_answers_have_names_and_are_not_retried(
    server: srv.OpenAIServer, reply: srv.Reply, outcome: str
) -> None:
    server.enqueue(reply)
    with pytest.raises(ModelUnavailableError) as caught:
        await service(http(server)).complete(ask(), request=CompletionRequest())
    (attempt,) = receipt_of(caught.value).attempts
    assert (attempt.outcome, attempt.retries) == (outcome, 0)
    assert len(server.requests) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (srv.cut("半句"), "cut_stream"),
        (srv.text("半句", finish_reason=None), "cut_stream"),
        (srv.text(""), "empty"),
        (srv.malformed("{broken"), "malformed"),
        (srv.malformed('{"error": {"message": "overloaded"}}'), "server_error"),
    ],
)
async def test_broken_streams_have_names(
    server: srv.OpenAIServer, other: srv.OpenAIServer, reply: srv.Reply, outcome: str
) -> None:
    server.enqueue(reply, reply, reply)
    other.enqueue(srv.text("全文"))
    llm = service(http(server, "general"), http(other, "long_context"))
    items = [item async for item in llm.stream(ask(), request=CompletionRequest())]
    last = items[-1]
    assert isinstance(last, Completion) and last.text == "全文"
    assert [a.outcome for a in last.receipt.attempts] == [outcome, "ok"]


class Plan(BaseModel):
    """取数计划"""

    intent: str
    steps: int


@pytest.mark.asyncio
async def test_function_calling_structure(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.tool_calls("Plan", {"intent": "lookup", "steps": 2}))
    result = await service(http(server)).complete_structured(ask(), Plan, request=CompletionRequest(purpose="plan"))
    assert result.value == Plan(intent="lookup", steps=2)
    body = server.requests[0].body
    assert body["tools"][0]["function"]["name"] == "Plan" and "response_format" not in body
    assert result.receipt.prompt_tokens == 11


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
async def test_json_structure(server: srv.OpenAIServer, method: str) -> None:
    server.enqueue(srv.text('```json\n{"intent": "lookup", "steps": 2}\n```'))
    slot = http(server, structured_method=method)
    result = await service(slot).complete_structured(ask(), Plan, request=CompletionRequest())
    assert result.value.steps == 2
    body = server.requests[0].body
    assert body["response_format"]["type"] == {"json_schema": "json_schema", "json_mode": "json_object"}[method]
    assert ("JSON Schema" in body["messages"][-1]["content"]) == (method == "json_mode")


@pytest.mark.asyncio
async def test_a_structure_that_does_not_validate_falls_to_the_next_role(server: srv.OpenAIServer) -> None:
    server.enqueue(srv.tool_calls("Plan", {"intent": "lookup", "steps": "many"}))
    local = ScriptedChatModel().enqueue('{"intent": "report", "steps": 1}')
    llm = service(http(server, "general"), scripted("long_context", local))
    result = await llm.complete_structured(ask(), Plan, request=CompletionRequest())
    assert result.value.intent == "report"
    assert [a.outcome for a in result.receipt.attempts] == ["invalid_structure", "ok"]
    assert "JSON Schema" in local.calls[0].prompt
