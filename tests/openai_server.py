"""A small real OpenAI-compatible server on the loopback interface, whose behaviour is scripted per request.

    with OpenAIServer() as server:
        server.enqueue(text("回答"), stall(30), status(500), status(429, retry_after=1))
        ... point a client at server.base_url ...
        assert server.requests[0].body["model"] == "m"

Serves POST /v1/chat/completions (whole and as server-sent events) and GET /v1/models.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

Kind = Literal["text", "stall", "status", "malformed", "cut", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with one request; build it with the functions below."""

    kind: Kind
    text: str = ""
    seconds: float = 0.0
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    tool_calls: tuple[dict[str, Any], ...] = ()
    finish_reason: str | None = "stop"
    prompt_tokens: int = 11
    completion_tokens: int = 7
    piece_chars: int = 2


def text(
    content: str, *, finish_reason: str | None = "stop", prompt_tokens: int = 11, completion_tokens: int = 7
) -> Reply:
    """A plain answer; streamed in pieces of two characters."""
    return Reply(
        "text", content, finish_reason=finish_reason, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
    )


def stall(seconds: float, *, after: str = "") -> Reply:
    """Silence for that long (streaming: after the text `after`), or until the server closes; then nothing."""
    return Reply("stall", after, seconds=seconds)


def status(code: int, message: str = "scripted failure", *, retry_after: float | None = None) -> Reply:
    """An error status with OpenAI's error body."""
    return Reply(
        "status", message, code=code, headers={} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    )


def malformed(body: str = '{"choices": [', *, content_type: str = "application/json") -> Reply:
    """Status 200 with a body that is not what it should be; streamed, as one event."""
    return Reply("malformed", body, headers={"Content-Type": content_type})


def cut(after: str) -> Reply:
    """The text `after` is sent, then the connection breaks without an end."""
    return Reply("cut", after)


def tool_calls(name: str, arguments: Mapping[str, Any]) -> Reply:
    """One tool call, with JSON arguments."""
    call = {"name": name, "arguments": json.dumps(dict(arguments), ensure_ascii=False)}
    return Reply("tool_calls", tool_calls=(call,), finish_reason="tool_calls")


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it arrived; `body` is {} for GET."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class OpenAIServer:
    """Context manager around the server. Replies are served in order; an unscripted request gets status 501."""

    def __init__(self, models: tuple[str, ...] = ("m",)) -> None:
        self.models = models
        self.requests: list[RecordedRequest] = []
        self.closing = threading.Event()
        self._replies: list[Reply] = []
        self._lock = threading.Lock()
        self._http = _Server(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """Ends in /v1."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def enqueue(self, *replies: Reply) -> Self:
        with self._lock:
            self._replies.extend(replies)
        return self

    def assert_complete(self) -> None:
        """Fails when scripted replies were never asked for."""
        assert not self._replies, f"{len(self._replies)} scripted replies were never asked for"

    def record(self, request: RecordedRequest) -> None:
        with self._lock:
            self.requests.append(request)

    def take(self) -> Reply:
        with self._lock:
            return self._replies.pop(0) if self._replies else status(501, "unscripted request")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: OpenAIServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up waiting is part of the script, not an error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._record({})
        known = self.path == "/v1/models"
        models = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.server.owner.models]}
        self._send(200 if known else 404, models if known else _error("no such path"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._record(body)
        if self.path != "/v1/chat/completions":
            self._send(404, _error("no such path"))
            return
        reply = self.server.owner.take()
        if reply.kind == "status":
            self._send(reply.code, _error(reply.text), reply.headers)
        elif body.get("stream"):
            self._stream(reply, body)
        else:
            _WHOLE[reply.kind](self, reply, body)

    def whole(self, reply: Reply, body: dict[str, Any]) -> None:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or (None if reply.tool_calls else "")}
        if reply.tool_calls:
            message["tool_calls"] = [
                {"id": f"call_{n}", "type": "function", "function": call} for n, call in enumerate(reply.tool_calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
        self._send(200, _envelope("chat.completion", body, [choice], _usage(reply)))

    def stall(self, reply: Reply, body: dict[str, Any]) -> None:
        self.server.owner.closing.wait(reply.seconds)
        self.close_connection = True

    def malformed(self, reply: Reply, body: dict[str, Any]) -> None:
        self._send_bytes(200, reply.text.encode(), reply.headers)

    def cut(self, reply: Reply, body: dict[str, Any]) -> None:
        self._start(200, {"Content-Type": "application/json", "Content-Length": "10000"})
        self.wfile.write(reply.text.encode())
        self._hang_up()

    def _stream(self, reply: Reply, body: dict[str, Any]) -> None:
        self._start(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        if reply.kind == "malformed":
            self._event(reply.text)
        else:
            for event in _events(reply, body):
                self._event(json.dumps(event, ensure_ascii=False))
        if reply.kind == "stall":
            self.server.owner.closing.wait(reply.seconds)
        if reply.kind in ("stall", "cut"):
            self._hang_up()
            return
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: str) -> None:
        payload = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _record(self, body: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.owner.record(RecordedRequest(self.command, self.path, headers, body))

    def _start(self, code: int, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True

    def _send(self, code: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self._send_bytes(code, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send_bytes(self, code: int, payload: bytes, headers: Mapping[str, str]) -> None:
        self._start(code, {**headers, "Content-Length": str(len(payload))})
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the requests are recorded."""


_WHOLE: dict[Kind, Callable[[_Handler, Reply, dict[str, Any]], None]] = {
    "text": _Handler.whole,
    "tool_calls": _Handler.whole,
    "stall": _Handler.stall,
    "malformed": _Handler.malformed,
    "cut": _Handler.cut,
}


def _events(reply: Reply, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The chunks of a streamed reply; the broken kinds end without finish reason and usage."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _envelope("chat.completion.chunk", body, [choice], None)

    yield chunk({"role": "assistant", "content": ""})
    for start in range(0, len(reply.text), reply.piece_chars):
        yield chunk({"content": reply.text[start : start + reply.piece_chars]})
    for number, call in enumerate(reply.tool_calls):
        whole = {"index": number, "id": f"call_{number}", "type": "function", "function": call}
        yield chunk({"tool_calls": [whole]})
    if reply.kind in ("text", "tool_calls"):
        if reply.finish_reason is not None:
            yield chunk({}, reply.finish_reason)
        if (body.get("stream_options") or {}).get("include_usage"):
            yield _envelope("chat.completion.chunk", body, [], _usage(reply))


def _envelope(
    kind: str, body: dict[str, Any], choices: list[dict[str, Any]], usage: dict[str, int] | None
) -> dict[str, Any]:
    return {"id": "c1", "object": kind, "created": 0, "model": body.get("model"), "choices": choices, "usage": usage}


def _usage(reply: Reply) -> dict[str, int]:
    prompt, completion = reply.prompt_tokens, reply.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "scripted", "code": None, "param": None}}
