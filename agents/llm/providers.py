"""Which models there are: one frozen config per model, presets by name, and the LangChain model built from one.

List prices are per million tokens as the providers published them on `priced_on`; settings may override them.
Sources: developers.openai.com/api/docs/models, api-docs.deepseek.com/quick_start/pricing (cache miss),
Alibaba Model Studio's list for mainland China (up to 128k tokens of input, no thinking).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr

from agents.llm.exchange import MODEL_ROLES, Role
from data.errors import SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

StructuredMethod = Literal["json_schema", "function_calling", "json_mode"]
TokenLimitField = Literal["max_tokens", "max_completion_tokens"]
_NO_EXTRA: Mapping[str, Any] = MappingProxyType({})
# Servers without keys still expect a header; an explicit value keeps OPENAI_API_KEY from reaching another host.
_NO_KEY = SecretStr("none")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """One chat model. `base_url` None means a model in this process, which brings its own builder.

    local: runs on this machine or this institution's network, so internal documents may be sent to it.
    context_tokens: prompt and answer together. price_in, price_out: Decimal per million tokens of `currency`.
    timeout_s: longest wait for one try, in seconds. extra_body: further fields of the request body (vLLM switches).
    """

    role: Role
    model: str
    base_url: str | None = None
    api_key: SecretStr | None = None
    local: bool = False
    temperature: float = 0.0
    structured_method: StructuredMethod = "function_calling"
    context_tokens: int = 32_768
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    currency: str | None = None
    priced_on: str | None = None
    timeout_s: float = 60.0
    max_tokens_field: TokenLimitField = "max_tokens"
    extra_body: Mapping[str, Any] = field(default_factory=lambda: _NO_EXTRA)

    def __post_init__(self) -> None:
        if self.role not in MODEL_ROLES:
            raise SettingsError(f"模型 {self.model!r} 的角色 {self.role!r} 无效，应为 {', '.join(MODEL_ROLES)} 之一")
        if not all(price is None or isinstance(price, Decimal) for price in (self.price_in, self.price_out)):
            raise SettingsError(f"模型 {self.model!r} 的价格必须是 Decimal")
        if self.timeout_s <= 0 or self.context_tokens < 1:
            raise SettingsError(f"模型 {self.model!r} 的 timeout_s 和 context_tokens 必须为正")
        if self.base_url is not None and not self.base_url.startswith(("http://", "https://")):
            raise SettingsError(f"模型 {self.model!r} 的地址应以 http:// 或 https:// 开头")

    @property
    def over_http(self) -> bool:
        return self.base_url is not None

    def secrets(self) -> tuple[str, ...]:
        """The values that must never show in an error text."""
        return () if self.api_key is None else (self.api_key.get_secret_value(),)

    def call_options(self, max_tokens: int) -> dict[str, Any]:
        """Keyword arguments of one call. ChatOpenAI renames max_tokens, which older servers then ignore."""
        if not self.over_http:
            return {"max_tokens": max_tokens}
        return {"extra_body": {**self.extra_body, self.max_tokens_field: max_tokens}}


_OPENAI = "https://api.openai.com/v1"
_DEEPSEEK = "https://api.deepseek.com/v1"
_DASHSCOPE = "https://dashscope.aliyuncs.com/compatible-mode/v1"

PRESETS: Mapping[str, ModelConfig] = MappingProxyType(
    {
        "deepseek-chat": ModelConfig(
            "long_context", "deepseek-chat", _DEEPSEEK, context_tokens=128_000,
            price_in=Decimal("0.56"), price_out=Decimal("1.68"), currency="USD", priced_on="2025-09-05",
        ),
        # The server silently swaps in deepseek-chat when a reasoner request carries tools: hence JSON mode.
        "deepseek-reasoner": ModelConfig(
            "long_context", "deepseek-reasoner", _DEEPSEEK, structured_method="json_mode", context_tokens=128_000,
            price_in=Decimal("0.56"), price_out=Decimal("1.68"), currency="USD", priced_on="2025-09-05",
            timeout_s=180.0,
        ),
        "gpt-4-turbo": ModelConfig(
            "general", "gpt-4-turbo", _OPENAI, context_tokens=128_000,
            price_in=Decimal("10"), price_out=Decimal("30"), currency="USD", priced_on="2024-04-09",
        ),
        "gpt-4o": ModelConfig(
            "general", "gpt-4o", _OPENAI, structured_method="json_schema", context_tokens=128_000,
            price_in=Decimal("2.50"), price_out=Decimal("10"), currency="USD", priced_on="2024-10-02",
        ),
        "qwen-plus": ModelConfig(
            "general", "qwen-plus", _DASHSCOPE, context_tokens=131_072,
            price_in=Decimal("0.8"), price_out=Decimal("2"), currency="CNY", priced_on="2025-07-28",
        ),
        "vllm": ModelConfig(
            "finetuned", "financial_llm_lora_v1.0.0", "http://127.0.0.1:8000/v1", local=True,
            structured_method="json_schema", context_tokens=8_192,
        ),
    }
)  # fmt: skip


def preset(name: str, **changes: Any) -> ModelConfig:
    """The preset of that name with fields replaced (api_key, role, base_url, …). SettingsError on an unknown name."""
    if name not in PRESETS:
        raise SettingsError(f"没有名为 {name!r} 的模型预设；可用：{', '.join(PRESETS)}")
    return replace(PRESETS[name], **changes)


def build_chat_model(config: ModelConfig) -> BaseChatModel:
    """A LangChain chat model for any OpenAI-compatible server; needs langchain-openai, imported here.

    The service retries and times out by itself, so the client does neither beyond `timeout_s`.
    Raises SettingsError when the config has no base_url.
    """
    if config.base_url is None:
        raise SettingsError(f"模型 {config.model!r} 没有服务地址；本机模型请自带构建函数")
    import openai
    from langchain_openai import ChatOpenAI

    tls = _tls()
    return ChatOpenAI(
        model=config.model,
        base_url=config.base_url,
        api_key=config.api_key or _NO_KEY,
        temperature=config.temperature,
        timeout=config.timeout_s,
        max_retries=0,
        stream_usage=True,
        stream_chunk_timeout=None,
        use_responses_api=False,
        http_socket_options=(),
        http_client=openai.DefaultHttpxClient(verify=tls, timeout=config.timeout_s),
        # A kept connection belongs to one event loop; closing each lets the model serve any loop.
        http_async_client=openai.DefaultAsyncHttpxClient(
            verify=tls, timeout=config.timeout_s, headers={"Connection": "close"}
        ),
    )


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One TLS context for all clients (25 ms each otherwise); SSL_CERT_FILE may name an institution's own roots."""
    import certifi

    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
