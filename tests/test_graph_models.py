"""The whole graph with a language model behind a real HTTP server on loopback: what it may write, and what happens when it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from agents.analyst import WITHOUT_MODEL
from agents.context import Limits
from agents.events import Audited, Event, ToolCalled, Written
from agents.llm.cache import AnswerCache
from app.assistant import Assistant
from tests.llm_models import KEY, http, service
from tests.openai_server import OpenAIServer, Reply, cut, malformed, stall, status, text, tool_calls
from tests.small_ledger import small_assistant

CHANGE = "招商银行2024年不良贷款率比2023年变化多少"
GOOD = "招商银行{f1.period}{f1.name}为{f1}{f1.mark}，较{f2.period}的{f2}{f2.mark}{f3}。"
PRINTED = "招商银行2024年末不良贷款率为0.90%[1]，较2023年末的0.95%[2]下降0.05个百分点。"
INVENTED = "招商银行{f1.period}{f1.name}为{f1}{f1.mark}，预计明年降到0.85%。"
BY_TEMPLATE = "招商银行2024年末不良贷款率为0.90%[1]（集团口径），较2023年末的0.95%[2]下降0.05个百分点。"
OPEN = "招行的息差压力从哪里来，后面怎么看？"
VAGUE = "招行今年以来那个啥覆盖程度咋样2024"
TALK = "你觉得写代码难吗"
FOUND = "已经查到净息差的走势和营业收入的构成。"
NIM = {"bank": "招商银行", "indicator": "净息差", "periods": ["2022", "2023", "2024"]}
NIM_DRAFT = "招商银行{f3.name}由{f1.period}的{f1}降到{f3.period}的{f3}{f3.mark}。"
NIM_PRINTED = "招商银行净息差由2022年的2.40%降到2024年的1.98%[3]。"


@contextmanager
def asked(home: Path, server: OpenAIServer, *, collection: str = "", cache: AnswerCache | None = None, **config: Any) -> Iterator[Assistant]:
    """An assistant whose general model is behind the server."""
    with small_assistant(home, models=service(http(server, **config), cache=cache), collection=collection) as assistant:
        yield assistant


def answered(home: Path, question: str, *replies: Reply, **config: Any) -> tuple[dict[str, Any], list[str]]:
    """The answer to a question with these replies scripted, all of which must be used, and the prompts that were sent."""
    with OpenAIServer() as server, asked(home, server.enqueue(*replies), **config) as assistant:
        answer = assistant.ask(question)
        server.assert_complete()
        return answer, prompts(server)


def prompts(server: OpenAIServer) -> list[str]:
    """The user's message of every request."""
    return [str(request.body["messages"][0]["content"]) for request in server.requests]


def outcomes(answer: dict[str, Any]) -> list[str]:
    """How the attempts of the receipt went."""
    return [attempt["outcome"] for attempt in answer["model"]["attempts"]]


def tool_results(server: OpenAIServer) -> list[str]:
    """What the tools told the model, as the last request with tools holds it."""
    last = [request.body for request in server.requests if "tools" in request.body][-1]
    return [str(message["content"]) for message in last["messages"] if message["role"] == "tool"]


class TestWriting:
    def test_a_draft_in_references_is_printed_audited_and_accounted_for(self, tmp_path: Path) -> None:
        answer, sent = answered(tmp_path, CHANGE, text(GOOD, prompt_tokens=321, completion_tokens=45))
        assert answer["answer"].startswith(PRINTED + "\n\n来源：\n[1] 招商银行2024年测试报告")
        receipt = answer["model"]
        assert (receipt["served_by"], receipt["model"], outcomes(answer)) == ("general", "general-model", ["ok"])
        assert (receipt["prompt_tokens"], receipt["completion_tokens"]) == (321, 45)
        assert answer["refusal"] is None and answer["cached"] is False
        assert "f3｜招商银行｜2024年末｜集团｜不良贷款率变动｜下降0.05个百分点｜对比期 2023年末" in sent[0] and "没有通过审计" not in sent[0]

    def test_the_key_reaches_the_server_and_no_answer(self, tmp_path: Path) -> None:
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(text(GOOD))) as assistant:
            answer = assistant.ask(CHANGE)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in json.dumps(answer, ensure_ascii=False)

    def test_an_invented_number_is_sent_back_with_the_problem_and_the_next_draft_passes(self, tmp_path: Path) -> None:
        answer, sent = answered(tmp_path, CHANGE, text(INVENTED), text(GOOD))
        assert answer["answer"].startswith(PRINTED) and answer["model"]["served_by"] == "general"
        assert "上一稿没有通过审计，请改正：\n“0.85%”是直接写出的数字" in sent[1]

    def test_after_two_inventions_the_template_answers_and_the_receipt_says_why(self, tmp_path: Path) -> None:
        answer, sent = answered(tmp_path, CHANGE, text(INVENTED), text(INVENTED))
        assert answer["answer"].startswith(BY_TEMPLATE) and "0.85" not in answer["answer"]
        assert answer["model"]["served_by"] == "template" and len(sent) == 2
        assert outcomes(answer) == ["ok", "ok"]
        assert "未通过数字审计" in answer["model"]["reason"]

    def test_the_events_tell_the_way_of_the_draft(self, tmp_path: Path) -> None:
        events: list[Event] = []
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(text(INVENTED), text(INVENTED))) as assistant:
            assistant.ask(CHANGE, on_event=events.append)
        assert [event.by for event in events if isinstance(event, Written)] == ["general", "general", "template"]
        assert [event.ok for event in events if isinstance(event, Audited)] == [False, False, True]

    @pytest.mark.parametrize("draft", [
        "兴业银行2024年末不良贷款率为{f1}{f1.mark}。",
        "招商银行2024年末拨备覆盖率为{f1}{f1.mark}。",
        "招商银行2023年末不良贷款率为{f1}{f1.mark}。",
        "招商银行{f1.period}{f1.name}为{f1}{f1.mark}，较{f2.period}的{f2}上升{f3.abs}。",
        "招商银行{f1.period}{f1.name}为{f99}。",
        "招商银行{f1.period}{f1.name}为{f1。",
        "招商银行{f1.period}{f1.name}约为百分之一。",
    ], ids=["bank", "indicator", "period", "direction", "no such figure", "broken reference", "number in words"])
    def test_a_reference_in_the_wrong_sentence_never_leaves(self, tmp_path: Path, draft: str) -> None:
        answer, sent = answered(tmp_path, CHANGE, text(draft), text(draft))
        assert answer["answer"].startswith(BY_TEMPLATE) and answer["model"]["served_by"] == "template"
        assert "上一稿没有通过审计" in sent[1]

    def test_a_failure_while_revising_leaves_the_template(self, tmp_path: Path) -> None:
        answer, _ = answered(tmp_path, CHANGE, text(INVENTED), status(401))
        assert answer["answer"].startswith(BY_TEMPLATE)
        assert answer["model"]["served_by"] == "template" and outcomes(answer)[-1] == "unauthorized"


class TestFailures:
    @pytest.mark.parametrize(("replies", "outcome", "retries"), [
        ([status(500)] * 3, "server_error", 2),
        ([status(401)], "unauthorized", 0),
        ([malformed()], "malformed", 0),
        ([malformed("<html>登录</html>", content_type="text/html")], "malformed", 0),
        ([cut('{"choices": [')] * 3, "connection", 2),
        ([text("")], "empty", 0),
    ], ids=["500", "401", "half a body", "a login page", "cut", "empty"])
    def test_the_template_answers_and_the_receipt_names_the_failure(self, tmp_path: Path, replies: list[Reply], outcome: str, retries: int) -> None:
        answer, _ = answered(tmp_path, CHANGE, *replies)
        assert answer["answer"].startswith(BY_TEMPLATE) and answer["refusal"] is None
        assert answer["model"]["served_by"] == "template" and outcomes(answer) == [outcome]
        assert answer["model"]["attempts"][0]["retries"] == retries and answer["model"]["completion_tokens"] is None

    def test_a_passing_fault_is_retried(self, tmp_path: Path) -> None:
        answer, _ = answered(tmp_path, CHANGE, status(503), text(GOOD))
        assert answer["answer"].startswith(PRINTED) and answer["model"]["attempts"][0]["retries"] == 1

    def test_a_stall_is_cut_by_the_time_limit(self, tmp_path: Path) -> None:
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(stall(30)), timeout_s=0.4) as assistant:
            started = perf_counter()
            answer = assistant.ask(CHANGE)
            assert perf_counter() - started < 3
        assert answer["answer"].startswith(BY_TEMPLATE)
        assert (answer["model"]["served_by"], outcomes(answer)) == ("template", ["timeout"])


class TestRephrasing:
    def test_a_rewording_in_catalogue_names_is_understood_and_shown(self, tmp_path: Path) -> None:
        written = "招商银行{f1.period}{f1.name}为{f1}{f1.mark}。"
        answer, sent = answered(tmp_path, VAGUE, text("招商银行2024年拨备覆盖率是多少"), text(written))
        assert answer["answer"].startswith("招商银行2024年末拨备覆盖率为450.00%[1]。")
        assert (answer["slots"]["indicators"], answer["question"]) == (["拨备覆盖率"], VAGUE)
        assert "由模型把问题理解为：招商银行2024年拨备覆盖率是多少" in answer["caveats"]
        assert VAGUE in sent[0]

    @pytest.mark.parametrize("wording", [
        "兴业银行2024年拨备覆盖率是多少", "招商银行和兴业银行2024年拨备覆盖率比较", "招商银行2023年拨备覆盖率是多少", "招商银行2024年幸福指数是多少",
        "无", "招商银行2024年拨备覆盖率是450%吗",
    ])
    def test_a_rewording_that_brings_something_in_is_ignored(self, tmp_path: Path, wording: str) -> None:
        answer, _ = answered(tmp_path, VAGUE, text(wording))
        assert answer["refusal"]["code"] == "not_disclosed" and answer["figures"] == []
        assert not any("由模型" in caveat for caveat in answer["caveats"])
        assert answer["model"]["served_by"] == "template"

    def test_no_rewording_is_asked_for_where_the_grammar_understands(self, tmp_path: Path) -> None:
        _, sent = answered(tmp_path, CHANGE, text(GOOD))
        assert len(sent) == 1 and "改写器" not in sent[0]


class TestTalk:
    def test_general_talk_is_answered_by_the_model(self, tmp_path: Path) -> None:
        answer, _ = answered(tmp_path, TALK, text("无"), text("多练就不难，遇到财报问题可以问我。"))
        assert answer["answer"] == "多练就不难，遇到财报问题可以问我。"
        assert (answer["intent"], answer["refusal"], answer["model"]["served_by"]) == ("general", None, "general")

    @pytest.mark.parametrize("reply", ["大约有80%的人觉得难。", "有七成的人觉得难。", "百分之八十的人觉得难。", "招行不良率是０．９。"])
    def test_talk_with_a_number_never_leaves(self, tmp_path: Path, reply: str) -> None:
        answer, _ = answered(tmp_path, TALK, text("无"), text(reply))
        assert answer["refusal"]["code"] == "out_of_scope" and reply not in answer["answer"]
        assert answer["model"]["served_by"] == "template"

    def test_without_an_answer_from_the_model_it_is_out_of_scope(self, tmp_path: Path) -> None:
        answer, _ = answered(tmp_path, TALK, status(401), status(401))
        assert answer["refusal"]["code"] == "out_of_scope" and outcomes(answer) == ["unauthorized"]


class TestOpenQuestions:
    def test_what_the_tools_found_becomes_the_fact_sheet(self, tmp_path: Path) -> None:
        change = {"bank": "招商银行", "indicator": "营业收入", "period": "2024"}
        replies = tool_calls("lookup_figures", NIM), tool_calls("decompose_change", change), text(FOUND), text(NIM_DRAFT)
        events: list[Event] = []
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(*replies)) as assistant:
            answer = assistant.ask(OPEN, on_event=events.append)
            server.assert_complete()
        assert answer["answer"].startswith(NIM_PRINTED) and answer["model"]["served_by"] == "general"
        assert [event.name for event in events if isinstance(event, ToolCalled)] == ["lookup_figures", "decompose_change"]
        offered = {tool["function"]["name"] for tool in server.requests[0].body["tools"]}
        assert {"lookup_figures", "compare_banks", "decompose_change", "search_knowledge", "calculate", "find_entities"} == offered
        assert "f1｜招商银行｜2022年｜净息差｜2.40%" in tool_results(server)[0]
        assert "营业收入" in tool_results(server)[1] and "增加200.00亿元" in tool_results(server)[1]
        assert "decomposition" in prompts(server)[-1] and FOUND not in prompts(server)[-1]
        assert {"净息差", "营业收入", "非利息净收入"} <= {figure["indicator"] for figure in answer["figures"]}

    def test_the_models_own_calculation_is_done_by_the_host(self, tmp_path: Path) -> None:
        sums = {"expression": "f3-f1", "name": "净息差收窄", "unit_symbol": "%"}
        with OpenAIServer() as server, asked(
            tmp_path, server.enqueue(tool_calls("lookup_figures", NIM), tool_calls("calculate", sums), text(FOUND), text(NIM_DRAFT))
        ) as assistant:
            answer = assistant.ask(OPEN)
        assert tool_results(server)[1].endswith("净息差收窄｜-0.42%")
        assert answer["answer"].startswith(NIM_PRINTED)

    def test_a_model_that_calls_tools_forever_is_stopped(self, tmp_path: Path) -> None:
        forever = [tool_calls("lookup_figures", NIM)] * (Limits().tool_calls + 1)
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(*forever, text(NIM_DRAFT))) as assistant:
            answer = assistant.ask(OPEN)
            server.assert_complete()
        assert answer["answer"].startswith(NIM_PRINTED)
        assert len(server.requests) == len(forever) + 1 and "tools" not in server.requests[-1].body
        assert not any("步数" in caveat for caveat in answer["caveats"])

    def test_a_loop_that_eats_too_many_tokens_is_stopped(self, tmp_path: Path) -> None:
        dear = replace(tool_calls("lookup_figures", NIM), prompt_tokens=Limits().tokens // 2)
        answer, sent = answered(tmp_path, OPEN, dear, dear, text(NIM_DRAFT))
        assert answer["answer"].startswith(NIM_PRINTED) and len(sent) == 3
        assert "模型查证未完成（超出词元预算），按已查到的事实作答" in answer["caveats"]

    @pytest.mark.parametrize(("name", "arguments", "told"), [
        ("lookup_figures", {**NIM, "bank": "火星银行"}, "不认识：火星银行"),
        ("lookup_figures", {**NIM, "periods": ["老早以前"]}, "没有结果"),
        ("lookup_figures", {**NIM, "periods": []}, "没有"),
        ("lookup_figures", {**NIM, "periods": ["1999"]}, "没有"),
        ("lookup_figures", {"bank": "招商银行"}, "indicator"),
        ("compare_banks", {"banks": [], "indicator": "净息差", "period": "2024"}, "没有"),
        ("decompose_change", {"bank": "招商银行", "indicator": "净息差", "period": "2022"}, "没有"),
        ("calculate", {"expression": "0.9*2.5", "name": "编造"}, "不能自带数字"),
        ("calculate", {"expression": "f77+1", "name": "没有的数"}, "只能引用事实编号"),
        ("no_such_tool", {}, "no_such_tool"),
    ])
    def test_a_tools_complaint_goes_to_the_model(self, tmp_path: Path, name: str, arguments: dict[str, Any], told: str) -> None:
        replies = tool_calls(name, arguments), tool_calls("lookup_figures", NIM), text(FOUND), text(NIM_DRAFT)
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(*replies)) as assistant:
            answer = assistant.ask(OPEN)
            server.assert_complete()
        assert told in tool_results(server)[0]
        assert answer["refusal"] is None and "1.98%" in answer["answer"]

    @pytest.mark.parametrize("expression", ["f1/(f2-f2)", "f1**f2", "f1+", "__import__('os')+f1", "f1.real"])
    def test_a_calculation_that_cannot_be_done_goes_to_the_model(self, tmp_path: Path, expression: str) -> None:
        sums = {"expression": expression, "name": "结果"}
        replies = tool_calls("lookup_figures", NIM), tool_calls("calculate", sums), text(FOUND), text(NIM_DRAFT)
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(*replies)) as assistant:
            answer = assistant.ask(OPEN)
        assert tool_results(server)[1].startswith("没有结果")
        assert answer["answer"].startswith(NIM_PRINTED)

    def test_a_model_that_fails_at_once_leaves_the_fixed_analysis(self, tmp_path: Path) -> None:
        answer, _ = answered(tmp_path, OPEN, status(500), text(NIM_DRAFT))
        assert answer["answer"].startswith(NIM_PRINTED)
        assert "模型查证未完成（服务端错误），按已查到的事实作答" in answer["caveats"]

    def test_a_model_that_fails_half_way_leaves_what_was_found(self, tmp_path: Path) -> None:
        replies = tool_calls("lookup_figures", NIM), status(500), status(401)
        answer, _ = answered(tmp_path, OPEN, *replies)
        assert "2.40%" in answer["answer"] and "1.98%" in answer["answer"] and answer["model"]["served_by"] == "template"
        assert {figure["indicator"] for figure in answer["figures"]} == {"净息差", "净息差变动"}

    def test_without_a_model_the_fixed_analysis_says_what_one_would_add(self, tmp_path: Path) -> None:
        with small_assistant(tmp_path) as assistant:
            answer = assistant.ask(OPEN)
        assert answer["refusal"] is None and answer["answer"].startswith("招商银行净息差（集团口径）逐期下降：从2022年的2.40%到2024年的1.98%")
        assert WITHOUT_MODEL in answer["caveats"] and WITHOUT_MODEL in answer["answer"]
        assert answer["model"]["served_by"] == "template"


class TestPrivacy:
    @pytest.mark.parametrize("question", [CHANGE, OPEN, VAGUE, TALK])
    def test_nothing_of_a_private_collection_goes_to_a_model_elsewhere(self, tmp_path: Path, question: str) -> None:
        with OpenAIServer() as server, asked(tmp_path, server, collection="small") as assistant:
            answer = assistant.ask(question)
        assert server.requests == [] and answer["model"]["served_by"] == "template"
        assert set(outcomes(answer)) == {"skipped_private"}

    def test_a_model_on_this_machine_may_see_it(self, tmp_path: Path) -> None:
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(text(GOOD)), collection="small", local=True) as assistant:
            answer = assistant.ask(CHANGE)
        assert answer["answer"].startswith(PRINTED) and len(server.requests) == 1


class TestCache:
    def test_the_same_question_twice_makes_one_call(self, tmp_path: Path) -> None:
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(text(GOOD)), cache=AnswerCache(tmp_path / "answers.db")) as assistant:
            first, second = assistant.ask(CHANGE), assistant.ask(CHANGE)
        assert len(server.requests) == 1
        assert (first["cached"], second["cached"]) == (False, True) and first["answer"] == second["answer"]

    def test_another_question_and_a_template_answer_are_not_taken_from_it(self, tmp_path: Path) -> None:
        other = "招商银行2024年拨备覆盖率比2023年变化多少"
        replies = status(401), text(GOOD), text(GOOD)
        with OpenAIServer() as server, asked(tmp_path, server.enqueue(*replies), cache=AnswerCache(tmp_path / "answers.db")) as assistant:
            answers = [assistant.ask(question) for question in (CHANGE, CHANGE, other)]
        assert [answer["model"]["served_by"] for answer in answers] == ["template", "general", "general"]
        assert not any(answer["cached"] for answer in answers) and "拨备覆盖率为450.00%" in answers[2]["answer"]
