"""What can go wrong with one model call: a named outcome for every exception, and text without secrets.

The exceptions of HTTP clients are recognised by the names in their class tree, so that classifying a
failure never imports a client library that the failing model did not use itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from data.errors import CaizhiError

Outcome = Literal[
    "ok", "timeout", "rate_limited", "server_error", "connection", "cut_stream", "unauthorized", "unpaid", "not_found",
    "rejected", "empty", "malformed", "invalid_structure", "filtered", "load_failed", "failed",
    "skipped_private", "skipped_length", "skipped_unhealthy", "skipped_deadline",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """How the service treats an outcome: `retryable` on the same role; `unhealthy` counts against the role."""

    outcome: Outcome
    label: str
    retryable: bool = False
    unhealthy: bool = False


OUTCOME_RULES: dict[Outcome, OutcomeRule] = {
    rule.outcome: rule
    for rule in (
        OutcomeRule("ok", "成功"),
        OutcomeRule("timeout", "超时", unhealthy=True),
        OutcomeRule("rate_limited", "被限流", retryable=True, unhealthy=True),
        OutcomeRule("server_error", "服务端错误", retryable=True, unhealthy=True),
        OutcomeRule("connection", "连接失败", retryable=True, unhealthy=True),
        OutcomeRule("cut_stream", "输出中断", retryable=True, unhealthy=True),
        OutcomeRule("unauthorized", "密钥被拒", unhealthy=True),
        OutcomeRule("unpaid", "余额不足", unhealthy=True),
        OutcomeRule("not_found", "模型或地址不存在", unhealthy=True),
        # A request that one model rejects or filters says nothing about the health of that model.
        OutcomeRule("rejected", "请求被拒"),
        OutcomeRule("filtered", "内容被过滤"),
        OutcomeRule("invalid_structure", "结构不合格"),
        OutcomeRule("empty", "空回答", unhealthy=True),
        OutcomeRule("malformed", "回答格式损坏", unhealthy=True),
        OutcomeRule("load_failed", "加载失败", unhealthy=True),
        OutcomeRule("failed", "运行出错", unhealthy=True),
        OutcomeRule("skipped_private", "不在本机，内部资料不可外传"),
        OutcomeRule("skipped_length", "上下文放不下"),
        OutcomeRule("skipped_unhealthy", "近期故障，暂停使用"),
        OutcomeRule("skipped_deadline", "总时限已到"),
    )
}

_STATUS_OUTCOMES: dict[int, Outcome] = {
    401: "unauthorized",
    402: "unpaid",
    403: "unauthorized",
    404: "not_found",
    408: "timeout",
    429: "rate_limited",
}
# Nearest class first: a client's timeout is also a connection error in its tree.
_CLASS_OUTCOMES: tuple[tuple[str, Outcome], ...] = (
    ("TimeoutError", "timeout"),
    ("APITimeoutError", "timeout"),
    ("TimeoutException", "timeout"),
    ("APIConnectionError", "connection"),
    ("TransportError", "connection"),
    ("StreamError", "connection"),
    ("ConnectionError", "connection"),
    ("OutputParserException", "invalid_structure"),
    ("ValidationError", "invalid_structure"),
    ("ContentFilterFinishReasonError", "filtered"),
    ("LengthFinishReasonError", "invalid_structure"),
    ("NotImplementedError", "invalid_structure"),
    ("APIResponseValidationError", "malformed"),
    ("JSONDecodeError", "malformed"),
    # Our own local engine: its queue is full, or the request could never be served.
    ("BudgetError", "rate_limited"),
    ("UsageError", "rejected"),
    ("APIError", "server_error"),
)
_CLIENT_ERRORS = (
    ("openai", "OpenAIError"),
    ("httpx", "HTTPError"),
    ("httpx", "StreamError"),
    ("httpx2", "HTTPError"),
    ("httpx2", "StreamError"),
    ("langchain_core.exceptions", "LangChainException"),
)
_SECRET_SHAPES = re.compile(
    r"\bsk-[\w*\-]{4,}|\bBearer\s+[^\s'\",]+|(?<=//)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?<=api_key=)[^\s&'\"]+|(?<=api-key: )[^\s'\"]+",
    re.IGNORECASE,
)
_MAX_ERROR_CHARS = 300


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call: its outcome, a redacted one-line text, and the wait the server asked for, in seconds."""

    outcome: Outcome
    error: str
    retry_after_s: float | None = None

    @property
    def rule(self) -> OutcomeRule:
        return OUTCOME_RULES[self.outcome]


def model_errors() -> tuple[type[BaseException], ...]:
    """The exception classes a model call may raise, for an except clause; cancellation is not among them.

    Third-party models raise plain Python errors on answers they cannot read, hence the built-in ones.
    """
    known: list[type[BaseException]] = [
        CaizhiError, OSError, ValueError, RuntimeError, TypeError, LookupError, AttributeError, ImportError,
    ]  # fmt: skip
    known.extend(getattr(sys.modules[module], name) for module, name in _CLIENT_ERRORS if module in sys.modules)
    return tuple(known)


def classify(error: BaseException, *, over_http: bool) -> Outcome:
    """Names what happened. A plain Python error from an HTTP model means a body that could not be read."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        if status in _STATUS_OUTCOMES:
            return _STATUS_OUTCOMES[status]
        return "server_error" if status >= 500 else "rejected"
    names = {cls.__name__ for cls in type(error).__mro__}
    for name, outcome in _CLASS_OUTCOMES:
        if name in names:
            return outcome
    unreadable = isinstance(error, (ValueError, TypeError, LookupError, AttributeError))
    return "malformed" if over_http and unreadable else "failed"


def describe(error: BaseException, *, over_http: bool, secrets: Iterable[str] = ()) -> Failure:
    """The failure that stands for an exception: outcome, redacted text, the server's Retry-After if it gave one."""
    text = " ".join(str(error).split()) or type(error).__name__
    return Failure(classify(error, over_http=over_http), redact(text, secrets), _retry_after(error))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the given secrets and without anything shaped like a key, at most 300 characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[redacted]")
    return _SECRET_SHAPES.sub("[redacted]", text)[:_MAX_ERROR_CHARS]


def _retry_after(error: BaseException) -> float | None:
    """Retry-After in seconds; the date form is ignored, the usual backoff serves there."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    value = headers.get("retry-after") if headers is not None else None
    try:
        seconds = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return seconds if seconds >= 0 else None
