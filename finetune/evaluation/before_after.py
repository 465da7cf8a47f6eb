"""The specification's table of section 8.1 (before and after fine-tuning), filled from measurements, with what each is measured by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from finetune.evaluation.report import EvaluationReport
from finetune.evaluation.statistics import Mean, Rate

NEEDS_HUMANS = "待人工评分"
NO_ROWS = "本数据集没有这类题"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the table. claimed: what the specification states, beside what was measured. human: it takes people to fill it."""

    scenario: str
    before: str
    after: str
    gain: str
    measured_by: str
    claimed: str
    human: bool = False

    def cells(self) -> tuple[str, ...]:
        """In the order of HEADER."""
        return self.scenario, self.before, self.after, self.gain, self.claimed, self.measured_by


HEADER = ("场景", "微调前", "微调后", "变化", "规格书的说法", "用什么测得")


@dataclass(frozen=True, slots=True)
class _Measure:
    scenario: str
    claimed: str
    measured_by: str
    rate: Callable[[EvaluationReport], Rate]


_MEASURES = (
    _Measure(
        "财务术语理解", "70% → 95%",
        "自动：答案用目录中的指标名称或别名称呼所问指标、不混入无关指标、单位用词正确的占比；是否真正理解仍需人工抽查", EvaluationReport.terms,
    ),
    _Measure(
        "指标计算准确率", "75% → 92%", "自动：计算类与方法类题目的重算准确率（取数、算式、计算、单位、结果、银行、期间全部正确）",
        lambda report: report.part("right", ("calculation", "method")),
    ),
    _Measure(
        "金融领域问答", "68% → 91%", "自动：财报问答题的重算准确率；只覆盖有数字答案的问题，开放式问答需人工",
        lambda report: report.part("right", ("qa",)),
    ),
)  # fmt: skip


def before_after(before: EvaluationReport, after: EvaluationReport, human: tuple[Mean, Mean] | None = None) -> list[TableRow]:
    """The four lines. human: means of 专业性 (0-5) of both versions, as people scored them; without it the line says what it waits for."""
    rows = [_row(measure, before, after) for measure in _MEASURES]
    return [*rows[:2], _professional(before, after, human), *rows[2:]]


def _row(measure: _Measure, before: EvaluationReport, after: EvaluationReport) -> TableRow:
    one, two = measure.rate(before), measure.rate(after)
    if not one.total or not two.total:
        return TableRow(measure.scenario, "—", "—", "—", f"{measure.measured_by}；{NO_ROWS}", measure.claimed)
    gain = f"{(two.value - one.value) * 100:+.1f} 个百分点"
    return TableRow(measure.scenario, percent(one), percent(two), gain, measure.measured_by, measure.claimed)


def _professional(before: EvaluationReport, after: EvaluationReport, human: tuple[Mean, Mean] | None) -> TableRow:
    one, two = before.narration(), after.narration()
    proxy = f"；自动代理：叙述一次通过数字审计 {percent(one)} → {percent(two)}" if one.total and two.total else ""
    claimed = "3.2/5 → 4.6/5"
    if human is None:
        how = f"人工：盲评 0-5 分（evaluate human export 导出评分表）{proxy}"
        return TableRow("财报分析专业度", NEEDS_HUMANS, NEEDS_HUMANS, "—", how, claimed, human=True)
    first, second = human
    shown = [f"{mean.value:.2f}/5（{mean.low:.2f}–{mean.high:.2f}，{mean.count} 份）" for mean in human]
    return TableRow("财报分析专业度", shown[0], shown[1], f"{second.value - first.value:+.2f}", f"人工：盲评的专业性均分{proxy}", claimed, human=True)


def percent(rate: Rate) -> str:
    """A rate with its interval: 87.5%（80.1–92.4，112 题)."""
    return f"{rate.value * 100:.1f}%（{rate.low * 100:.1f}–{rate.high * 100:.1f}，{rate.total} 题）"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
