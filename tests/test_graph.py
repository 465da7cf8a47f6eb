"""The graph as a whole: every branch, two turns over a real checkpoint file, the strict serializer, events in order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langgraph.runtime import Runtime

from agents.auditor import unverified, verdict
from agents.checkpoints import allowed_types, sqlite_checkpointer, strict_serializer
from agents.closing import general_talk, refusal
from agents.context import Context
from agents.events import EVENTS, Audited, Event, Planned, Refused, Written, from_dict
from agents.findings import Finding, FindingKind
from agents.graph import build_graph
from agents.plan import Carried, Op, Operation, QueryPlan, Slots
from agents.report_writer import report_writer
from agents.router import route, router
from agents.state import AgentState, new_turn
from app.assistant import Assistant
from app.contract import Answer
from data.evidence import Evidence
from data.figures import Figure
from data.ports import Passage
from data.refusals import Refusal, RefusalCode
from tests.bound_numbers import unbound_numbers
from tests.fakes import FixedClock, ModelCall
from tests.small_ledger import context, made, small_assistant, worked

FIGURES_WAY = ["router", "retriever", "calculator", "attribution", "report_writer", "auditor", "closing"]
GAP_WAY = ["router", "retriever", "calculator", "attribution", "refusal", "closing"]
OPERATIONS = [
    ("招商银行2023年不良率", "lookup", "查询"),
    ("招商银行2024年营业收入同比增长多少", "change", "同比"),
    ("招商银行2024年三季度末不良率环比变化", "change", "环比"),
    ("招商银行2024年不良率比2021年变化多少", "change", "变动"),
    ("招商银行2021年至2024年净利润的复合增长率", "calculation", "复合增速"),
    ("招商银行近三年净利润趋势", "trend", "趋势"),
    ("招商银行和兴业银行2023年不良率对比", "comparison", "比较"),
    ("哪家银行2023年不良率最低", "ranking", "排名"),
    ("招商银行2023年不良率排第几", "ranking", "排名"),
    ("招商银行2024年非息收入占营业收入的比重", "calculation", "占比"),
    ("招商银行2022年、2023年净利润的平均值", "calculation", "平均"),
    ("招商银行、兴业银行2023年营业收入合计", "calculation", "合计"),
    ("兴业银行2023年不良率复核", "calculation", "验算"),
    ("招商银行2023年拨备覆盖率达标吗", "compliance", "监管达标"),
    ("招商银行2023年怎么样", "overview", "概览"),
    ("招商银行2024年ROE杜邦分析", "decomposition", "杜邦分解"),
    ("招商银行2024年利润表逐步还原", "decomposition", "利润分解"),
    ("招商银行2024年非息收入的构成", "decomposition", "构成"),
    ("招商银行2024年净利润为什么增长", "attribution", "归因"),
    ("什么是拨备覆盖率", "definition", "定义"),
    ("有哪些数据", "coverage", "数据范围"),
    ("(1200-1100)/1100*100", "calculation", "算式"),
    ("写一份招商银行2024年的分析报告，和兴业银行对比", "report", "报告"),
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with small_assistant(tmp_path_factory.mktemp("home")) as assistant:
        yield assistant


def way(assistant: Assistant, question: str, thread: str) -> list[str]:
    """The nodes that a question passes, in order."""
    config = {"configurable": {"thread_id": thread}}
    steps = assistant.graph.stream(new_turn(question, "run"), config, context=context(assistant), stream_mode="updates")  # type: ignore[call-overload]
    return [next(iter(step)) for step in steps]


def runtime(assistant: Assistant, events: list[Event] | None = None) -> Runtime[Context]:
    """A runtime as nodes get it; what they emit is kept."""
    kept = [] if events is None else events
    return Runtime(context=context(assistant), stream_writer=lambda record: kept.append(from_dict(record)))


# The ways through the graph


@pytest.mark.parametrize(("question", "nodes"), [
    ("招商银行2023年不良率", FIGURES_WAY),
    ("什么是拨备覆盖率", FIGURES_WAY),
    ("(1+2)*3", FIGURES_WAY),
    ("招商银行净息差还能稳住吗", ["router", "analyst", "report_writer", "auditor", "closing"]),
    ("宁波银行净息差还能稳住吗", ["router", "analyst", "refusal", "closing"]),
    ("不良率是多少", ["router", "refusal", "closing"]),
    ("招商银行2023年流动比率", ["router", "refusal", "closing"]),
    ("招商银行2031年不良率", GAP_WAY),
    ("招商银行2031年净利润为什么增长", GAP_WAY),
    ("讲个笑话", ["router", "general_talk", "closing"]),
])
def test_a_question_takes_its_way(opened: Assistant, question: str, nodes: list[str]) -> None:
    assert way(opened, question, question) == nodes


def test_a_draft_that_fails_the_audit_leaves_as_a_refusal(opened: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The template is not above the auditor: were it to type a number, nothing would leave."""
    monkeypatch.setattr("agents.report_writer.compose", lambda sheet, findings: "招商银行2023年末不良贷款率为3.14%。")
    assert way(opened, "招商银行2023年不良率", "bad template") == [*FIGURES_WAY[:-1], "refusal", "closing"]
    answer = opened.ask("招商银行2023年不良率")
    assert answer["refusal"]["code"] == "unverified" and "3.14" in answer["refusal"]["message"] and answer["answers"] == []


@pytest.mark.parametrize(("plan", "target"), [
    (QueryPlan("", "", "", Slots(), [Operation(Op.VALUE)]), "retriever"),
    (QueryPlan("", "", "", Slots(), [Operation(Op.REPORT)]), "retriever"),
    (QueryPlan("", "", "", Slots(), [Operation(Op.ANALYSIS)]), "analyst"),
    (QueryPlan("", "", "", Slots(), [Operation(Op.GENERAL)]), "general_talk"),
    (QueryPlan("", "", "", Slots(), [Operation(Op.VALUE)], refusal=Refusal(RefusalCode.AMBIGUOUS, "", "")), "clarify"),
    (QueryPlan("", "", "", Slots(), [Operation(Op.VALUE)], refusal=Refusal(RefusalCode.NOT_APPLICABLE, "", "")), "refusal"),
])
def test_the_router_sends_a_plan_on(plan: QueryPlan, target: str) -> None:
    assert route(AgentState(plan=plan)) == target


@pytest.mark.parametrize(("state", "target"), [
    (AgentState(), "answered"),
    (AgentState(problems=["数字没有出处"], written_by="general"), "report_writer"),
    (AgentState(problems=["数字没有出处"], written_by="template"), "unverified"),
])
def test_the_verdict_on_a_draft(opened: Assistant, state: AgentState, target: str) -> None:
    assert verdict(state, runtime(opened)) == target


# Nodes as plain functions


def test_router_plans_and_says_so(opened: Assistant) -> None:
    events: list[Event] = []
    update = router(AgentState(question="招商银行不良率"), runtime(opened, events))
    assert update["plan"].slots.periods == ["2024"] and update["caveats"] == ["未指明期间，取库中最新的2024年"] and update["refusal"] is None
    assert [event.kind for event in events] == ["planned"] and isinstance(events[0], Planned) and events[0].intent == "lookup"


def test_report_writer_without_a_model_is_the_template(opened: Assistant) -> None:
    events: list[Event] = []
    update = report_writer(worked(opened, "招商银行2023年不良率"), runtime(opened, events))
    assert update["written_by"] == "template" and "{f1}" in update["draft"] and "0.95" not in update["draft"]
    assert events == [Written(events[0].elapsed_ms, "template")]


def test_refusal_takes_the_answers_back(opened: Assistant) -> None:
    events: list[Event] = []
    state = AgentState(answers=["f1"], refusal=Refusal(RefusalCode.MISSING_PERIOD, "没有。", "请补充。"))
    assert refusal(state, runtime(opened, events)) == {"refusal": state.refusal, "answer": "没有。请补充。", "answers": []}
    assert isinstance(events[0], Refused) and events[0].code == "missing_period"


def test_a_text_that_fails_without_a_reason_is_refused_with_one(opened: Assistant) -> None:
    assert unverified(AgentState()).message == "答案未通过数字审计：有数字没有出处。"
    assert unverified(AgentState(problems=["“3.14%”没有出处。"])).message == "答案未通过数字审计：“3.14%”没有出处。"


def test_general_talk_without_a_model_says_what_can_be_asked(opened: Assistant) -> None:
    update = general_talk(AgentState(question="讲个笑话"), runtime(opened))
    assert update["refusal"].code is RefusalCode.OUT_OF_SCOPE and "可以这样问" in update["answer"]


# Operations from end to end


@pytest.mark.parametrize(("question", "intent", "operation"), OPERATIONS)
def test_an_operation_from_question_to_audited_answer(opened: Assistant, question: str, intent: str, operation: str) -> None:
    answer = opened.ask(question)
    assert (answer["intent"], answer["slots"]["operations"][0], answer["refusal"]) == (intent, operation, None)
    assert answer["answer"] and answer["model"]["served_by"] == "template" and not answer["cached"]
    assert answer["answers"] or intent in ("definition", "coverage")
    assert unbound_numbers(answer) == []
    Answer.model_validate(answer)


def test_what_could_be_asked_next_is_suggested_and_can_be_asked(opened: Assistant) -> None:
    suggestions = opened.ask("招商银行2023年不良率")["suggestions"]
    assert len(suggestions) == 3
    for question in suggestions:
        assert opened.ask(question)["refusal"] is None
    assert opened.ask("招商银行2031年不良率")["suggestions"] == []


# Threads


def test_the_answer_to_a_question_asked_back_completes_it(opened: Assistant) -> None:
    asked = opened.ask("2023年不良率是多少")
    assert asked["refusal"]["code"] == "ambiguous" and "哪家银行" in asked["answer"]
    answer = opened.ask("招商银行", thread_id=asked["thread_id"])
    assert [figure["value"] for figure in answer["figures"] if figure["id"] in answer["answers"]] == ["0.95"]


def test_a_second_turn_leans_on_the_first_and_leaves_nothing_of_it_behind(opened: Assistant) -> None:
    first = opened.ask("工商银行2024年不良率")
    assert any("1.43" in caveat for caveat in first["caveats"])
    second = opened.ask("2023年呢", thread_id=first["thread_id"])
    assert second["resolved_question"] == "工商银行 2023年末 不良贷款率（集团口径）"
    assert second["caveats"] == [] and [figure["value"] for figure in second["figures"]] == ["1.36"] and "1.43" not in second["answer"]


def test_a_turn_begins_with_every_field_fresh_but_what_is_carried() -> None:
    turn = new_turn("问", "r2")
    assert set(turn) == {field.name for field in dataclasses.fields(AgentState)} - {"carried"}
    assert AgentState(**turn) == AgentState(question="问", run_id="r2")


def test_an_answer_follows_a_refusal_in_one_thread(opened: Assistant) -> None:
    refused = opened.ask("招商银行2031年不良率")
    answer = opened.ask("2023年呢", thread_id=refused["thread_id"])
    assert answer["refusal"] is None and answer["answers"]


def test_threads_do_not_mix(opened: Assistant) -> None:
    one, other = opened.ask("招商银行2023年不良率"), opened.ask("兴业银行2023年不良率")
    assert one["thread_id"] != other["thread_id"]
    assert opened.ask("2022年呢", thread_id=one["thread_id"])["slots"]["banks"] == ["招商银行"]
    assert opened.ask("2022年呢", thread_id=other["thread_id"])["slots"]["banks"] == ["兴业银行"]


def test_a_thread_goes_on_from_its_file_with_a_new_graph_and_a_new_ledger(tmp_path: Path) -> None:
    with small_assistant(tmp_path) as assistant:
        thread = assistant.ask("招商银行2023年不良率")["thread_id"]
        assistant.ask("那拨备覆盖率呢", thread_id=thread)
    with small_assistant(tmp_path) as assistant:
        answer = assistant.ask("2022年呢", thread_id=thread)
    assert answer["resolved_question"] == "招商银行 2022年末 拨备覆盖率（集团口径）" and answer["answers"]


def test_several_threads_of_one_process_ask_at_once(opened: Assistant) -> None:
    questions = {"招商银行2023年不良率": "0.95", "兴业银行2023年不良率": "1.07", "工商银行2023年不良率": "1.36", "宁波银行2023年不良率": "0.76"}

    def talk(question: str) -> tuple[str, str]:
        first = opened.ask(question)
        again = opened.ask("2024年呢", thread_id=first["thread_id"])
        return first["figures"][0]["value"], again["slots"]["banks"][0]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(talk, [*questions, *questions]))
    assert found == [(value, question[:4]) for question, value in questions.items()] * 2


# Checkpoints


def _full_state() -> AgentState:
    figure = dataclasses.replace(made("cmb", "npl_ratio", "2023", "0.95"), id="f1")
    plan = QueryPlan("问", "答", "lookup", Slots(["cmb"], ["npl_ratio"], ["2023"], "本行", "IFRS", "百万元"), [Operation(Op.DIFFERENCE, True, "2022", False, 3, "a", "1+1", "cmb")],
                     ["取最新"], ["词"], Refusal(RefusalCode.CONFLICT, "甲", "乙"), "general", Carried(pending=True), [figure])
    return AgentState(
        question="问", run_id="r1", carried=Carried(plan.slots, plan.operations, Slots(["cib"]), True), plan=plan, figures=[figure], answers=["f1"],
        findings=[Finding(FindingKind.CHANGE, {"value": ["f1"]}, {"told": "yes"}, "章节")],
        passages=[Passage("p1", "题", "文", "书", 3, 0.5, "http://x", "term", ["npl_ratio"])],  # type: ignore[arg-type]
        caveats=["留意"], draft="{f1}", written_by="general", problems=["错"], revisions=1, answer="0.95%", refusal=Refusal(RefusalCode.UNVERIFIED, "丙", "丁"),
        suggestions=["再问"], receipt={"served_by": "general", "attempts": [{"role": "general"}], "cost": None},
    )


def test_every_field_of_the_state_survives_a_checkpoint_file(tmp_path: Path) -> None:
    state = _full_state()
    assert all(getattr(state, field.name) for field in dataclasses.fields(AgentState)), "a new field wants a value here"
    config: Any = {"configurable": {"thread_id": "t"}}
    for write in (True, False):
        saver = sqlite_checkpointer(tmp_path / "threads.db")
        graph = build_graph(saver)
        if write:
            graph.update_state(config, {field.name: getattr(state, field.name) for field in dataclasses.fields(AgentState)}, as_node="closing")
        else:
            assert AgentState(**graph.get_state(config).values) == state
        saver.conn.close()


def test_the_serializer_brings_back_the_listed_types_exactly() -> None:
    serializer = strict_serializer()
    state = _full_state()
    for value in (state, state.plan, state.figures[0], state.findings[0], state.refusal, Op.CAGR, Evidence("甲", box=None), FindingKind.LINE, RefusalCode.CONFLICT):
        assert serializer.loads_typed(serializer.dumps_typed(value)) == value


def test_the_list_is_the_state_and_what_it_is_made_of() -> None:
    listed = allowed_types()
    assert len(set(listed)) == len(listed)
    assert {module.partition(".")[0] for module, _ in listed} == {"agents", "data"}
    names = {name for _, name in listed}
    assert {"AgentState", "QueryPlan", "Carried", "Slots", "Operation", "Op", "Figure", "Finding", "Passage", "Refusal", "Quantity", "Period", "Evidence"} <= names
    assert not {"Context", "LLMService", "Ledger", "BankRegistry", "IndicatorCatalogue"} & names


def test_a_foreign_type_does_not_come_back() -> None:
    """A class of ours that the list does not hold: its fields may, the class must not be built."""
    serializer = strict_serializer()
    assert serializer.loads_typed(serializer.dumps_typed(ModelCall((), {"a": 1}))) == {"messages": [], "kwargs": {"a": 1}}


def test_what_only_pickle_could_store_is_refused() -> None:
    with pytest.raises(TypeError):
        strict_serializer().dumps_typed(FixedClock())


def test_a_pickle_in_the_file_is_not_opened() -> None:
    import pickle

    with pytest.raises(NotImplementedError):
        strict_serializer().loads_typed(("pickle", pickle.dumps({"a": 1})))


# Events


@pytest.mark.parametrize(("question", "kinds"), [
    ("招商银行2023年不良率", ["planned", "searched", "computed", "written", "audited"]),
    ("招商银行2024年净利润为什么增长", ["planned", "searched", "computed", "decomposed", "written", "audited"]),
    ("招商银行净息差还能稳住吗", ["planned", "computed", "written", "audited"]),
    ("招商银行2031年不良率", ["planned", "searched", "computed", "refused"]),
    ("不良率是多少", ["planned", "refused"]),
    ("讲个笑话", ["planned", "refused"]),
])
def test_events_come_in_order_and_time_does_not_run_back(opened: Assistant, question: str, kinds: list[str]) -> None:
    events: list[Event] = []
    opened.ask(question, on_event=events.append)
    assert [event.kind for event in events] == kinds
    times = [event.elapsed_ms for event in events]
    assert times == sorted(times) and times[0] >= 0


def test_events_tell_what_happened(opened: Assistant) -> None:
    events: list[Event] = []
    answer = opened.ask("招商银行2023年不良率", on_event=events.append)
    planned, audited = events[0], events[-1]
    assert isinstance(planned, Planned) and planned.resolved == answer["resolved_question"]
    assert isinstance(audited, Audited) and audited.ok and audited.problems == []


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_every_event_survives_its_json_form(kind: str) -> None:
    event = EVENTS[kind](elapsed_ms=5)
    assert from_dict(event.to_dict()) == event and event.to_dict()["kind"] == kind


def test_figures_in_the_state_are_figures(opened: Assistant) -> None:
    answer = opened.ask("招商银行2023年不良率")
    state = opened.graph.get_state({"configurable": {"thread_id": answer["thread_id"]}}).values
    assert all(isinstance(figure, Figure) for figure in state["figures"]) and isinstance(state["plan"], QueryPlan)
