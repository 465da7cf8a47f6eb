"""The LangChain model over the engine: messages, streams, counts, stops, tool calls by mark and by JSON, pickling, cheap import."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool

from tests.conftest import ROOT
from tests.local_models import make_adapter, make_lively_lm
from tools.local_model.chat_model import LocalChatModel
from tools.local_model.conversation import prompt_of
from tools.local_model.engine import LocalEngine
from tools.local_model.loading import ENGINES, EnginePool, ModelSource, hub_name, model_folder
from tools.local_model.numpy_backend import NumpyBackend
from tools.local_model.tool_calls import Calculator, calculator_among, find_tool_calls
from tools.local_model.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_lively_lm(tmp_path_factory.mktemp("lm"))


@pytest.fixture(scope="module")
def source(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelSource:
    adapter = make_adapter(folder, tmp_path_factory.mktemp("adapters") / "fin_v1")
    return ModelSource(str(folder), (("fin_v1", str(adapter)),), "fin_v1")


@pytest.fixture(autouse=True)
def engines_closed() -> Iterator[None]:
    yield
    ENGINES.close()


@tool
def calculate(expression: str) -> str:
    """Arithmetic."""
    return expression


@tool
def lookup(bank: str, year: int) -> str:
    """A figure."""
    return f"{bank}{year}"


CALCULATE, LOOKUP = convert_to_openai_tool(calculate), convert_to_openai_tool(lookup)


# The model


def test_an_answer_carries_counts_reason_and_version(source: ModelSource) -> None:
    model = LocalChatModel(source=source, max_tokens=6)
    message = model.invoke([SystemMessage("你是助手"), HumanMessage("净利润")])
    assert message.usage_metadata is not None
    assert (message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"], message.usage_metadata["total_tokens"]) == (10, 6, 16)
    metadata = message.response_metadata
    assert metadata["finish_reason"] == "length" and metadata["model_name"] == "fin_v1" == metadata["adapter"] and "+" in metadata["model_version"]
    assert model.invoke("净利润", adapter="").response_metadata["adapter"] == ""


async def _collected(model: LocalChatModel, text: str) -> list[AIMessageChunk]:
    return [chunk async for chunk in model.astream(text)]


@pytest.mark.asyncio
async def test_streams_and_whole_answers_agree(source: ModelSource) -> None:
    model = LocalChatModel(source=source, max_tokens=25)
    whole = await model.ainvoke("净利润")
    for chunks in (list(model.stream("净利润")), await _collected(model, "净利润")):
        assert "".join(str(chunk.text) for chunk in chunks) == whole.text
        joined = chunks[0]
        for chunk in chunks[1:]:
            joined = joined + chunk
        assert joined.usage_metadata is not None and joined.usage_metadata["output_tokens"] == 25
        assert joined.response_metadata["finish_reason"] == "length"
    assert len(list(LocalChatModel(source=source, max_tokens=24).stream("净利润"))) > 10


def test_options_of_a_call_win(source: ModelSource) -> None:
    model = LocalChatModel(source=source, max_tokens=30)
    whole = str(model.invoke("净利润").text)
    assert str(model.invoke("净利润", stop=[whole[4:6]]).text) == whole[: whole.index(whole[4:6])]
    assert len(str(model.invoke("净利润", max_tokens=3).text)) <= len(whole)
    assert model.invoke("净利润", temperature=2.0, seed=1).text != model.invoke("净利润", temperature=2.0, seed=2).text


def test_a_model_pickles_as_its_configuration(source: ModelSource) -> None:
    model = LocalChatModel(source=source, max_tokens=5)
    text = model.invoke("净利润").text
    again = pickle.loads(pickle.dumps(model))
    assert again.source == source and again.invoke("净利润").text == text
    assert again.engine is model.engine  # one engine for a source in a process


def test_a_running_engine_can_be_given(folder: Path) -> None:
    with LocalEngine(NumpyBackend.load(folder)) as engine:
        model = LocalChatModel.over(engine, model_name="own", max_tokens=4)
        assert model.engine is engine and model.invoke("净").response_metadata["model_name"] == "own"


def test_a_pool_opens_each_source_once(source: ModelSource) -> None:
    pool = EnginePool()
    engine = pool.get(source)
    assert pool.get(ModelSource(source.base, source.adapters, source.adapter)) is engine and engine.adapter_in_use == "fin_v1"
    pool.close()
    assert pool.get(source) is not engine
    pool.close()


def test_names_of_bases(folder: Path) -> None:
    assert model_folder(str(folder)) == folder
    assert model_folder("caizhi-embedding") is not None
    assert model_folder("Qwen/Qwen3-0.6B") is None
    assert hub_name("DeepSeek-7B-Chat") == "deepseek-ai/deepseek-llm-7b-chat"
    assert hub_name("Qwen3-0.6B") == "Qwen/Qwen3-0.6B" and hub_name("Qwen/Qwen3-0.6B") == "Qwen/Qwen3-0.6B"


def test_importing_it_loads_no_model_library() -> None:
    code = "import sys, tools.local_model.chat_model; print([name for name in ('torch', 'transformers', 'peft', 'tokenizers', 'jinja2') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=ROOT, timeout=120, check=True)
    assert run.stdout.strip() == "[]"


# Tool calls


@pytest.mark.parametrize(
    ("text", "rest", "calls"),
    [
        ("不良率为[Calculator(f1/f2*100)→", "不良率为", [("calculate", {"expression": "f1/f2*100"})]),
        ("[Calculator(1+2)→3]。", "[Calculator(1+2)→3]。", []),
        ('<tool_call>\n{"name": "lookup", "arguments": {"bank": "工行", "year": 2023}}\n</tool_call>', "", [("lookup", {"bank": "工行", "year": 2023})]),
        ('```json\n{"name": "lookup", "parameters": {"bank": "工行"}}\n```', "", [("lookup", {"bank": "工行"})]),
        (
            '[{"name": "calculate", "args": {"expression": "1"}}, {"name": "lookup", "arguments": "{\\"bank\\": \\"农行\\"}"}]', "",
            [("calculate", {"expression": "1"}), ("lookup", {"bank": "农行"})],
        ),
        ('{"name": "delete", "arguments": {}}', '{"name": "delete", "arguments": {}}', []),
        ('{"name": "lookup", "arguments": "no json"}', '{"name": "lookup", "arguments": "no json"}', []),
        ('{"value": 3}', '{"value": 3}', []),
        ("{坏", "{坏", []),
        ("净利润增长。", "净利润增长。", []),
    ],
)  # fmt: skip
def test_calls_are_found_in_texts(text: str, rest: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    found = find_tool_calls(text, [CALCULATE, LOOKUP])
    assert found[0] == rest and [(call.name, dict(call.arguments)) for call in found[1]] == calls


def test_a_mark_is_text_where_no_calculator_is_bound() -> None:
    assert find_tool_calls("[Calculator(1)→", [LOOKUP]) == ("[Calculator(1)→", [])
    assert calculator_among([LOOKUP, CALCULATE]) == Calculator("calculate", "expression")


def test_a_calculator_call_goes_round(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark ends the answer as a call; its result comes back inside the same answer, which the model then continues."""
    with LocalEngine(NumpyBackend.load(folder)) as engine:
        model = LocalChatModel.over(engine, max_tokens=40)
        spoken = engine.vocabulary.encode("得[Calculator(1+2)→").tolist()
        forward = engine.backend.advance

        def scripted(work: Any) -> Any:
            logits = forward(work)
            if spoken:
                logits[:] = -1e9
                logits[:, spoken.pop(0)] = 0
            return logits

        monkeypatch.setattr(engine.backend, "advance", scripted)
        message = model.bind_tools([calculate]).invoke("问题")
        assert message.text == "得" and message.response_metadata["finish_reason"] == "tool_calls"
        (call,) = message.tool_calls
        assert call["name"] == "calculate" and call["args"] == {"expression": "1+2"}
        history = [HumanMessage("问题"), message, ToolMessage("3", tool_call_id=call["id"])]
        assert prompt_of(history, [CALCULATE], engine.vocabulary) == "<|user|>问题<|assistant|>得[Calculator(1+2)→3]"
        assert not model.bind_tools([calculate]).invoke(history).tool_calls
        spoken += engine.vocabulary.encode("[Calculator(2)→").tolist()
        (chunk,) = [piece for piece in model.bind_tools([calculate]).stream("问") if piece.usage_metadata]
        assert chunk.tool_calls[0]["args"] == {"expression": "2"}


def test_other_tools_are_described_to_a_model_without_a_tool_template(folder: Path) -> None:
    vocabulary = Vocabulary.load(folder)
    call = AIMessage("", tool_calls=[{"name": "lookup", "args": {"bank": "工行"}, "id": "a", "type": "tool_call"}])
    text = prompt_of([HumanMessage("问题"), call, ToolMessage("5", tool_call_id="a")], [LOOKUP], vocabulary)
    assert text.startswith("<|system|>可用工具") and '"lookup"' in text and text.endswith("<|user|>工具结果：5<|assistant|>")


# Templates


def _vocabulary(folder: Path, template: str) -> Vocabulary:
    from tokenizers import Tokenizer

    return Vocabulary(Tokenizer.from_file(str(folder / "tokenizer.json")), template, {"bos_token": "<s>"})


def test_a_template_that_knows_tools_gets_them(folder: Path) -> None:
    template = (
        "{{ bos_token }}{% if tools %}{{ tools | tojson }}{% endif %}{% for message in messages %}{% if message.role == 'system' %}{% continue %}{% endif %}"
        "<{{ message.role }}>{{ message.content }}{% for call in message.tool_calls %}!{{ call.function.name }}{% endfor %}{% endfor %}"
    )
    call = AIMessage("", tool_calls=[{"name": "lookup", "args": {"bank": "工行"}, "id": "a", "type": "tool_call"}])
    text = prompt_of([SystemMessage("s"), HumanMessage("问"), call, ToolMessage("5", tool_call_id="a")], [LOOKUP], _vocabulary(folder, template))
    assert text.startswith("<s>[{") and text.endswith("<user>问<assistant>!lookup<tool>5")


@pytest.mark.parametrize("template", ["{% for %}", "{{ raise_exception('no') }}", "{{ messages.append(1) }}", "{{ ''.__class__.__mro__ }}x{{ nothing.at.all }}"])
def test_a_template_that_fails_or_reaches_out_is_refused(folder: Path, template: str) -> None:
    from data.errors import ModelUnavailableError

    with pytest.raises(ModelUnavailableError, match="对话模板"):
        _vocabulary(folder, template).render([{"role": "user", "content": "x"}])


def test_prompts_are_those_of_transformers(folder: Path) -> None:
    from transformers import AutoTokenizer

    turns = [{"role": "system", "content": "你是助手"}, {"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}, {"role": "user", "content": "再问"}]
    theirs = AutoTokenizer.from_pretrained(folder)
    ours = Vocabulary.load(folder)
    assert ours.render(turns) == theirs.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert ours.encode("净利润 {f1}<|eos|>").tolist() == theirs("净利润 {f1}<|eos|>", add_special_tokens=False)["input_ids"]
