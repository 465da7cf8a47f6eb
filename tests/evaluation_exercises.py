"""Exercises for the evaluation's tests: a ratio, a growth, percentage points, a look-up, DuPont and a narration, all of made-up figures."""

from __future__ import annotations

from dataclasses import replace

from data.figures import Figure
from data.periods import Period
from finetune.rows.record import Exercise
from tests.figure_factory import figure
from tools.calculator import difference, growth, ratio
from tools.factsheet import FactSheet

BANK = "招商银行"


def _sheet(*given: Figure) -> FactSheet:
    sheet = FactSheet()
    sheet.extend(replace(item, id="") for item in given)
    return sheet


def growth_exercise(now: str = "125", base: str = "100", bank: str = BANK, year: int = 2023, said: str = "") -> Exercise:
    """净利润 of two years; by how much did it grow? said: words before the question, which make its prompt another one."""
    sheet = _sheet(figure(now, "亿元", period=str(year), entity=bank), figure(base, "亿元", period=str(year - 1), entity=bank))
    sheet.add(growth(sheet.get("f1"), sheet.get("f2")), answer=True)
    return Exercise(
        kind="calculation", family="growth", sheet=sheet, ask=said + "{bank}{f1.period}净利润{f1}，{f2.period}净利润{f2}，同比增长多少？",
        tell="{bank}{f1.period}净利润较{f2.period}[Calculator((f1-f2)/f2*100)→{f3}]。", instruction="计算财务指标", template="growth-1", bank=bank,
        as_of=str(year), formula="growth", program="(f1-f2)/f2*100",
    )


def points_exercise() -> Exercise:
    """不良贷款率 of two year ends; by how many percentage points did it change?"""
    sheet = _sheet(
        figure("0.95", "%", indicator="不良贷款率", indicator_id="npl_ratio", point=True),
        figure("0.96", "%", indicator="不良贷款率", indicator_id="npl_ratio", point=True, period="2022"),
    )
    sheet.add(difference(sheet.get("f1"), sheet.get("f2")), answer=True)
    return Exercise(
        kind="calculation", family="percentage_points", sheet=sheet, ask="{bank}{f1.period}不良贷款率{f1}，{f2.period}{f2}，变动了多少个百分点？",
        tell="{bank}{f1.period}不良贷款率较{f2.period}[Calculator(f1-f2)→{f3}]。", instruction="计算财务指标", template="points-1", bank=BANK,
        as_of="2023", formula="difference", program="f1-f2",
    )


def ratio_exercise(bad: str = "50", loans: str = "5000") -> Exercise:
    """不良贷款余额 over 贷款总额."""
    sheet = _sheet(
        figure(bad, "亿元", indicator="不良贷款余额", indicator_id="npl_balance", point=True),
        figure(loans, "亿元", indicator="贷款总额", indicator_id="total_loans", point=True),
    )
    computed = ratio(sheet.get("f1"), sheet.get("f2"))
    sheet.add(replace(computed, indicator="不良贷款率", indicator_id="npl_ratio", point=True), answer=True)
    return Exercise(
        kind="calculation", family="ratio", sheet=sheet, ask="{bank}{f1.period}不良贷款余额{f1}，贷款总额{f2}，不良贷款率是多少？",
        tell="{bank}{f1.period}不良贷款率 = 不良贷款余额 / 贷款总额 = [Calculator(f1/f2*100)→{f3}]。", instruction="计算财务指标", template="ratio-1",
        bank=BANK, as_of="2023", formula="npl_ratio", program="f1/f2*100", digits="small",
    )


def lookup_exercise() -> Exercise:
    """拨备覆盖率 of one year end, beside another figure."""
    sheet = _sheet(
        figure("437.70", "%", indicator="拨备覆盖率", indicator_id="provision_coverage", point=True),
        figure("0.95", "%", indicator="不良贷款率", indicator_id="npl_ratio", point=True),
    )
    sheet.answers.append("f1")
    return Exercise(
        kind="qa", family="lookup", sheet=sheet, ask="{bank}{f1.period}拨备覆盖率是多少？", tell="{bank}{f1.period}拨备覆盖率为{f1}。", instruction="回答问题",
        template="lookup-1", bank=BANK, as_of="2023",
    )


def narration_exercise() -> Exercise:
    """Two levels and the change of one of them, told in a sentence."""
    sheet = _sheet(
        figure("0.95", "%", indicator="不良贷款率", indicator_id="npl_ratio", point=True),
        figure("0.96", "%", indicator="不良贷款率", indicator_id="npl_ratio", point=True, period="2022"),
        figure("437.70", "%", indicator="拨备覆盖率", indicator_id="provision_coverage", point=True),
    )
    sheet.add(difference(sheet.get("f1"), sheet.get("f2")))
    sheet.answers += ["f1", "f3"]
    return Exercise(
        kind="narration", family="quality", sheet=sheet, ask="{bank}{f1.period}资产质量怎么样？",
        tell="{bank}{f1.period}不良贷款率为{f1}，较{f4.base}{f4}；拨备覆盖率为{f3}。", instruction="叙述", template="narration-1", bank=BANK, as_of="2023",
    )


def dupont_exercise() -> Exercise:
    """ROE in two steps: net margin times turnover, times the multiplier."""
    sheet = _sheet(
        figure("30", "%", indicator="净利率", indicator_id=""), figure("0.5", "倍", indicator="资产周转率", indicator_id=""),
        figure("10", "倍", indicator="权益乘数", indicator_id=""),
    )
    first = ratio(figure("15", "元", id="f1"), figure("100", "元", id="f2"))
    sheet.add(replace(first, indicator="总资产收益率", inputs=["f1", "f2"]))
    sheet.add(replace(first, indicator="净资产收益率", inputs=["f4", "f3"], quantity=replace(first.quantity, value=first.quantity.value * 10)), answer=True)
    return Exercise(
        kind="method", family="dupont", sheet=sheet, ask="{bank}{period}净利率{f1}，资产周转率{f2}，权益乘数{f3}，求净资产收益率。",
        tell="{bank}{period}总资产收益率 = [Calculator(f1*f2)→{f4}]，净资产收益率 = [Calculator(f4*f3)→{f5}]。", instruction="使用杜邦分析法分析ROE",
        template="dupont-1", bank=BANK, as_of="2023", formula="dupont", program="f4*f3",
    )


def all_exercises() -> list[Exercise]:
    """One of each."""
    return [growth_exercise(), points_exercise(), ratio_exercise(), lookup_exercise(), narration_exercise(), dupont_exercise()]


LATEST = Period(2023)
