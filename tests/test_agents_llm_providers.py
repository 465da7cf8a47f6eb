"""Model configs, presets, and what the built client sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from agents.llm.exchange import CompletionRequest
from agents.llm.providers import PRESETS, ModelConfig, build_chat_model, preset
from data.errors import SettingsError
from tests import openai_server as srv
from tests.llm_models import KEY, ask, http, service


@pytest.fixture
def server() -> Iterator[srv.OpenAIServer]:
    with srv.OpenAIServer() as running:
        yield running


@pytest.mark.asyncio
async def test_another_hosts_key_is_never_taken_from_the_environment(
    server: srv.OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.enqueue(srv.text("好"))
    await service(http(server, api_key=None)).complete(ask(), request=CompletionRequest())
    assert KEY not in json.dumps(dict(server.requests[0].headers))


def test_presets_are_sound() -> None:
    assert set(PRESETS) == {"deepseek-chat", "deepseek-reasoner", "gpt-4-turbo", "gpt-4o", "qwen-plus", "vllm"}
    for config in PRESETS.values():
        assert config.local == (config.base_url == "http://127.0.0.1:8000/v1")
        assert (config.price_in is None) == (config.currency is None) == (config.priced_on is None)
    changed = preset("qwen-plus", role="long_context", api_key=SecretStr(KEY))
    assert (changed.role, changed.secrets()) == ("long_context", (KEY,))
    with pytest.raises(SettingsError, match="可用"):
        preset("gpt-17")


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "template"},
        {"price_in": 0.5},
        {"timeout_s": 0},
        {"context_tokens": 0},
        {"base_url": "localhost:8000"},
    ],
)
def test_bad_configs_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        ModelConfig(**{"role": "general", "model": "m", **changes})


def test_a_model_without_address_needs_its_own_builder() -> None:
    with pytest.raises(SettingsError, match="构建函数"):
        build_chat_model(ModelConfig("general", "m"))
