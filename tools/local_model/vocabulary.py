"""Texts to tokens and back, and conversations to prompts: tokenizer.json and the chat template of a model folder.

The template is the one that training rendered with, run in jinja's sandbox; the {% generation %} marks that trainers put around
answers are read and mean nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelUnavailableError
from tools.local_model.weights import read_json

if TYPE_CHECKING:
    from jinja2 import Template
    from tokenizers import Tokenizer

_SPECIALS = ("bos_token", "eos_token", "pad_token", "unk_token")
_PLAIN = "{% for message in messages %}{{ message['content'] or '' }}{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}"


class Vocabulary:
    """A tokenizer with its chat template; "" as template joins the contents by lines. specials: bos_token, eos_token … by name."""

    def __init__(self, tokenizer: Tokenizer, template: str = "", specials: Mapping[str, str] | None = None) -> None:
        self._tokenizer = tokenizer
        self._source = template or _PLAIN
        self._specials = dict(specials or {})
        self._template: Template | None = None

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """The tokenizer of a model folder.

        Raises:
            ModelUnavailableError: it cannot be read.
        """
        from tokenizers import Tokenizer

        path = folder / "tokenizer.json"
        try:
            # The library raises plain Exception on damage, so its parser is only given what is JSON.
            tokenizer = Tokenizer.from_str(json.dumps(read_json(path)))
        except ValueError as error:
            raise ModelUnavailableError(f"分词器损坏：{path}（{error}）") from error
        config = read_json(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").exists() else {}
        return cls(tokenizer, _template_of(folder, config), {name: _content(config[name]) for name in _SPECIALS if config.get(name)})

    @property
    def knows_tools(self) -> bool:
        """Whether the template prints tool definitions, tool calls and their results by itself."""
        return "tools" in self._source and "tool_calls" in self._source

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def encode(self, text: str) -> NDArray[np.int64]:
        """Token ids; special tokens are those written in the text, none is added."""
        return np.array(self._tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.int64)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, without the special ones."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=True))

    def special_id(self, text: str) -> int | None:
        """The id of a token by its text, None when the vocabulary lacks it."""
        number = self._tokenizer.token_to_id(text)
        return None if number is None else int(number)

    def stream(self) -> TextStream:
        """A decoder for tokens that come one by one."""
        return TextStream(self._tokenizer)

    def render(self, messages: Sequence[Mapping[str, Any]], *, tools: Sequence[Mapping[str, Any]] = (), answer_begun: str = "") -> str:
        """The prompt of a conversation, up to where the assistant's answer begins; `answer_begun` is what it has said already.

        Raises:
            ModelUnavailableError: the model's template cannot take these messages.
        """
        from jinja2.exceptions import TemplateError

        if self._template is None:
            self._template = _compiled(self._source)
        try:
            text = self._template.render(messages=list(messages), tools=list(tools) or None, add_generation_prompt=True, **self._specials)
        except (TemplateError, TypeError) as error:
            raise ModelUnavailableError(f"模型的对话模板用不了：{error}") from error
        return text + answer_begun


class TextStream:
    """Joins tokens to text as they come; characters that span tokens appear with their last one."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)

    def step(self, token: int) -> str:
        """The text that this token completes."""
        return self._stream.step(self._tokenizer, token) or ""


def _template_of(folder: Path, config: Mapping[str, Any]) -> str:
    path = folder / "chat_template.jinja"
    if path.exists():
        return path.read_text(encoding="utf-8")
    template = config.get("chat_template") or ""
    if isinstance(template, list):
        named = {str(item["name"]): str(item["template"]) for item in template}
        return named.get("default", next(iter(named.values()), ""))
    return str(template)


def _content(token: object) -> str:
    return str(token["content"]) if isinstance(token, dict) else str(token)


def _compiled(source: str) -> Template:
    """The template in a sandbox with what transformers offers it: tojson, raise_exception, loop controls."""
    from jinja2 import nodes
    from jinja2.exceptions import TemplateError
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class GenerationMark(Extension):
        """{% generation %} … {% endgeneration %}: its body."""

        tags = {"generation"}  # noqa: RUF012 - jinja's own type

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value: object, indent: int | None = None, **_: object) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[GenerationMark, loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    try:
        return environment.from_string(source)
    except TemplateError as error:
        raise ModelUnavailableError(f"模型的对话模板写错了：{error}") from error
