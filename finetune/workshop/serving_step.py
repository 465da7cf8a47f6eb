"""Serving: questions that bring their own numbers, through the LangChain chat model, computed in Decimal and audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finetune.release.registry import Registry
from finetune.workshop.plan import MODEL, Plan
from finetune.workshop.service import name_of

if TYPE_CHECKING:
    from tools.local_model.engine import LocalEngine

QUESTIONS = (
    "某银行2023年净利润125亿元，2022年净利润100亿元，净利润同比增长多少？",
    "某银行2023年末不良贷款余额50亿元，贷款总额5000亿元，不良贷款率是多少？",
    "某银行2023年末不良贷款率0.95%，2022年末不良贷款率0.96%，变动了多少个百分点？",
    "某银行2023年营业收入800亿元，其中利息净收入600亿元，利息净收入占营业收入的比重是多少？",
    "某银行2023年营业收入1000亿元，业务及管理费300亿元，成本收入比是多少？",
    "某银行2023年资产总额26000亿元，2022年资产总额20000亿元，资产总额增加了多少？",
)
_CALL = "[Calculator("


@dataclass(frozen=True, slots=True)
class Answered:
    """One question. calculated: the draft called the calculator. audited: the answer passed and left; else `text` says why there is none."""

    question: str
    draft: str
    text: str
    calculated: bool
    audited: bool


@dataclass(frozen=True, slots=True)
class ServeOutcome:
    """version: of model and adapter by content. least: answers that there must be."""

    champion: str
    version: str
    answers: tuple[Answered, ...]
    least: int

    @property
    def passed(self) -> list[Answered]:
        """Those that were calculated and passed the audit."""
        return [one for one in self.answers if one.audited and one.calculated]

    @property
    def line(self) -> str:
        """The step in one sentence."""
        shown = next(iter(self.passed), None)
        example = f"；例：{shown.question}→ {shown.draft} → {shown.text}" if shown else ""
        return f"{self.champion} 在服务：{len(self.answers)} 个问题，调用计算器并通过审计 {len(self.passed)} 个，其余如实说明没有答案{example}"

    @property
    def problems(self) -> list[str]:
        """Too few answers."""
        return [] if len(self.passed) >= self.least else ["没有一个问题用计算器答出并通过审计"]


def serve(plan: Plan, registry: Registry, engine: LocalEngine) -> ServeOutcome:
    """Put the champion to work in the engine and ask it.

    Raises:
        ReleaseError: there is no champion.
        ModelUnavailableError: the engine fails.
    """
    from langchain_core.messages import HumanMessage

    from tools.local_model.chat_model import LocalChatModel
    from tools.local_model.reference_chat import ReferenceChatModel

    champion = registry.get("champion", MODEL)
    registry.verify(champion)
    engine.use_adapter(name_of(champion.version))
    chat = ReferenceChatModel(inner=LocalChatModel.over(engine, model_name=champion.full_name, max_tokens=plan.most_tokens))
    answers = []
    for question in QUESTIONS:
        said = chat.invoke([HumanMessage(question)])
        told = said.response_metadata
        draft = str(told.get("draft", ""))
        answers.append(Answered(question, draft, str(said.text), _CALL in draft, not told.get("refused", True)))
    return ServeOutcome(champion.full_name, engine.version(), tuple(answers), int(plan.must_learn))
