"""The fakes themselves: they must fail loudly."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from langchain_core.messages import AIMessage

from tests import openai_server as srv
from tests.fakes import ScriptedChatModel


@pytest.fixture
def server() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


def test_the_loopback_server_lists_its_models(server: srv.OpenAIServer) -> None:
    answer = httpx.get(f"{server.base_url}/models", timeout=5)
    assert answer.json()["data"][0]["id"] == "m"
    assert httpx.post(f"{server.base_url}/chat/completions", json={}, timeout=5).status_code == 501
    assert httpx.get(f"{server.base_url}/nothing", timeout=5).status_code == 404


def test_the_scripted_model_fails_loudly() -> None:
    model = ScriptedChatModel().enqueue("甲", AIMessage("乙丙丁戊己"))
    assert model.invoke("问").text == "甲"
    assert "".join(str(chunk.text) for chunk in model.stream("问")) == "乙丙丁戊己"
    model.assert_complete()
    with pytest.raises(AssertionError, match="unexpected call number 3"):
        model.invoke("再问")
    with pytest.raises(AssertionError, match="never asked for"):
        model.enqueue("多余").assert_complete()
