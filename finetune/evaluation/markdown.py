"""An evaluation report in Markdown: recompute accuracy first, then what stands beside it."""

from __future__ import annotations

from finetune.evaluation.before_after import markdown_table, percent
from finetune.evaluation.digit_flip import KIND_NAMES as FLIP_NAMES
from finetune.evaluation.parts import PART_NAMES
from finetune.evaluation.regression import KIND_NAMES as REGRESSION_NAMES
from finetune.evaluation.report import EvaluationReport
from finetune.evaluation.text_scores import TARGETS
from finetune.evaluation.words import AXIS_NAMES, value_name

_AXES = ("kind", "family", "digits", "held_out")


def report_markdown(report: EvaluationReport) -> str:
    """The whole report as one document."""
    data = report.data
    repeated = f"（另有 {data['repeated']} 题提示重复，不计）" if data.get("repeated") else ""
    questions = f"{data['count']} 题{repeated}，SHA-256 `{str(data['sha256'])[:16]}`"
    parts = [
        f"# 评估报告：{report.model}",
        f"数据：{data.get('name') or '（未命名）'}，{questions}；生成用时 {report.seconds:.1f} 秒。",
        "## 重算准确率", _recompute(report), *_slices(report), "## 叙述与用语", _others(report), "## 文本相似度", _text(report),
    ]  # fmt: skip
    if report.regression:
        rows = [[REGRESSION_NAMES.get(kind, kind), percent(rate)] for kind, rate in report.regression.kinds.items()]
        parts += ["## 通用能力回归集", markdown_table(("类别", "通过率"), [*rows, ["合计", percent(report.regression.passed)]])]
    if report.flips:
        parts += ["## 改动检出（数字、单位、期间、银行各改一处）", _flips(report)]
    return "\n\n".join(parts) + "\n"


def _recompute(report: EvaluationReport) -> str:
    rows = [[PART_NAMES[part], percent(rate)] for part in PART_NAMES if (rate := report.part(part)).total]
    return markdown_table(("部分", "比例（95% 区间，题数）"), rows)


def _slices(report: EvaluationReport) -> list[str]:
    tables = []
    for axis, values in report.slices(_AXES).items():
        rows = [[value_name(axis, value), percent(rate)] for value, rate in values.items()]
        tables.append(f"### 按{AXIS_NAMES.get(axis, axis)}\n\n" + markdown_table((AXIS_NAMES.get(axis, axis), "重算准确率"), rows))
    return tables


def _others(report: EvaluationReport) -> str:
    rows = [["用语正确", percent(report.terms())]]
    if report.narration().total:
        rows.insert(0, ["叙述一次通过数字审计且所问均已写出", percent(report.narration())])
    return markdown_table(("项目", "比例"), rows)


def _text(report: EvaluationReport) -> str:
    rows = [
        [name, f"{one.score:.3f}", f"{one.mean.low:.3f}–{one.mean.high:.3f}", f"≥{TARGETS[name]}", f"`{one.signature}`"]
        for name, one in report.text.items()
    ]
    table = markdown_table(("指标", "得分", "单题均值区间", "规格目标", "签名"), rows)
    return f"{table}\n\n相似度看不出数字对错：错一个数字的回答得分仍很高，判断对错以重算准确率为准。"


def _flips(report: EvaluationReport) -> str:
    flips = report.flips
    named = [*((FLIP_NAMES[kind], rate) for kind, rate in flips["caught"].items()), ("合计", flips["overall"])]
    rows = [[name, f"{rate['rate'] * 100:.1f}%", f"{rate['right']}/{rate['total']}"] for name, rate in named if rate["total"]]
    return markdown_table(("改动", "检出率", "检出/改动"), rows)
