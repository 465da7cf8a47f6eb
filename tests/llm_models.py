"""What the tests of the language-model service share: models over HTTP and in process, and short questions."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import SecretStr

from agents.llm.exchange import Role
from agents.llm.providers import ModelConfig
from agents.llm.receipts import Receipt
from agents.llm.service import LLMService, ModelSlot, ServicePolicy
from data.errors import ModelUnavailableError
from tests.fakes import FixedClock, ScriptedChatModel
from tests.openai_server import OpenAIServer

KEY = "sk-very-secret-0123456789"
FINANCE = "招商银行2023年不良贷款率是多少"
CHAT = "今天北京天气怎么样"


def http(server: OpenAIServer, role: Role = "general", **changes: Any) -> ModelSlot:
    """A slot for a role behind the loopback server."""
    values: dict[str, Any] = {"model": f"{role}-model", "api_key": SecretStr(KEY), "timeout_s": 5.0, **changes}
    return ModelSlot(ModelConfig(role, base_url=server.base_url, **values))


def scripted(role: Role, model: ScriptedChatModel, **changes: Any) -> ModelSlot:
    """A slot for a scripted model, counted as local."""
    return ModelSlot(ModelConfig(role, f"{role}-scripted", local=True, **changes), build=lambda config: model)


def service(*slots: ModelSlot, clock: FixedClock | None = None, **changes: Any) -> LLMService:
    """A service with short waits, or with the given clock for both time and sleep."""
    if clock is None:
        return LLMService(slots, policy=ServicePolicy(backoff_s=0.001), **changes)
    return LLMService(slots, clock=clock, sleep=clock.sleep, **changes)


def ask(text: str = CHAT) -> list[BaseMessage]:
    """A system message and the question."""
    return [SystemMessage("你是分析助手"), HumanMessage(text)]


def receipt_of(error: ModelUnavailableError) -> Receipt:
    """The receipt that the error carries."""
    assert isinstance(error.receipt, Receipt)
    return error.receipt
