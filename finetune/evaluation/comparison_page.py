"""The comparison as one HTML file in Chinese: no script, no font and no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from finetune.evaluation.before_after import HEADER, percent
from finetune.evaluation.compare import Comparison, SliceLine
from finetune.evaluation.parts import PART_NAMES
from finetune.evaluation.regression import KIND_NAMES
from finetune.evaluation.report import AnswerRecord, EvaluationReport
from finetune.evaluation.statistics import Rate
from finetune.evaluation.text_scores import TARGETS
from finetune.evaluation.words import AXIS_NAMES, VERDICTS, value_name

MOST_EXAMPLES = 20
_STYLE = Path(__file__).parents[1] / "configs" / "evaluation" / "comparison.css"


def comparison_html(comparison: Comparison, title: str = "模型对比报告") -> str:
    """The whole page."""
    a, b = comparison.a, comparison.b
    body = "".join((
        f"<h1>{escape(title)}</h1>", _meta(comparison), _cards(comparison),
        "<h2>微调前后对照（规格 8.1，按实测填写）</h2>", _before_after(comparison),
        "<h2>重算准确率逐项</h2>", _parts(comparison), "<h2>分组</h2>", _legend(a, b), _slices(comparison.slices),
        "<h2>文本相似度</h2>", _text(comparison), "<h2>通用能力回归集</h2>", _regression(a, b),
        f"<h2>由错变对（{len(comparison.gained)} 题）</h2>", _examples(comparison.gained),
        f"<h2>由对变错（{len(comparison.lost)} 题）</h2>", _examples(comparison.lost),
    ))  # fmt: skip
    return f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">' \
           f"<title>{escape(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head><body><main>{body}</main></body></html>\n"


def _meta(comparison: Comparison) -> str:
    data = comparison.a.data
    name = escape(str(data.get("name") or "未命名数据集"))
    repeated = f"（另有 {data['repeated']} 题提示重复，不计）" if data.get("repeated") else ""
    questions = f"{data['count']} 题{repeated}，SHA-256 {str(data['sha256'])[:16]}"
    return f'<p class="meta">前：{escape(comparison.a.model)}　后：{escape(comparison.b.model)}　数据：{name}，{questions}</p>'


def _cards(comparison: Comparison) -> str:
    paired = comparison.paired
    cards = (
        (f"{comparison.a.accuracy.value * 100:.1f}%", f"前：重算准确率（{_interval(comparison.a.accuracy)}）"),
        (f"{comparison.b.accuracy.value * 100:.1f}%", f"后：重算准确率（{_interval(comparison.b.accuracy)}）"),
        (f"+{paired.gained} / −{paired.lost}", "由错变对 / 由对变错"),
        (VERDICTS[comparison.verdict], f"McNemar 精确检验 p {_p(paired.p) if paired.p < 0.0001 else '= ' + _p(paired.p)}"),
    )
    shown = (f'<div class="card"><b>{escape(big)}</b><span>{escape(small)}</span></div>' for big, small in cards)
    return f'<div class="cards">{"".join(shown)}</div>'


def _before_after(comparison: Comparison) -> str:
    rows = [[escape(cell) for cell in row.cells()] for row in comparison.table]
    note = '<p class="note">“规格书的说法”是规格中的声明，不是测量结果；其余各列由本次评估算出，括号内为 95% 区间与题数。</p>'
    return _table(HEADER, rows) + note


def _parts(comparison: Comparison) -> str:
    rows = []
    for part, paired in comparison.parts.items():
        one, two = comparison.a.part(part), comparison.b.part(part)
        if one.total or two.total:
            rows.append([PART_NAMES[part], *_pair(one, two), _number(f"+{paired.gained} / −{paired.lost}"), _number(_p(paired.p))])
    return _table(("部分", "前", "后", "变化（百分点）", "由错变对 / 由对变错", "p"), rows)


def _slices(lines: Sequence[SliceLine]) -> str:
    blocks = []
    axes = dict.fromkeys(line.axis for line in lines)
    for axis in (one for one in axes if sum(line.axis == one for line in lines) > 1):
        rows = [
            [escape(value_name(axis, line.value)), _bar(line.a, "a") + _bar(line.b, "b"), *_pair(line.a, line.b), _number(_p(line.p))]
            for line in lines if line.axis == axis
        ]
        name = AXIS_NAMES.get(axis, axis)
        blocks.append(f"<h3>按{escape(name)}</h3>" + _table((name, "", "前", "后", "变化（百分点）", "p"), rows))
    return "".join(blocks) or '<p class="note">没有分组信息。</p>'


def _text(comparison: Comparison) -> str:
    rows = []
    for name, difference in comparison.scores.items():
        one, two = comparison.a.text[name], comparison.b.text[name]
        span = f"{difference.value:+.3f}（{difference.low:+.3f} 至 {difference.high:+.3f}）"
        numbers = (f"{one.score:.3f}", f"{two.score:.3f}", span, _p(difference.p), f"≥{TARGETS[name]}")
        rows.append([name, *map(_number, numbers), f"<code>{escape(two.signature)}</code>"])
    note = '<p class="note">相似度看不出数字对错：错一个数字的回答得分仍很高，简短而正确的回答得分很低。判断对错以重算准确率为准。</p>'
    return _table(("指标", "前", "后", "单题均值之差（95% 区间）", "p", "规格目标", "签名"), rows) + note


def _regression(a: EvaluationReport, b: EvaluationReport) -> str:
    if a.regression is None or b.regression is None:
        return '<p class="note">本次没有运行回归集。</p>'
    rows = [
        [escape(KIND_NAMES.get(kind, kind)), *_pair(rate, b.regression.kinds[kind])]
        for kind, rate in a.regression.kinds.items() if kind in b.regression.kinds
    ]
    one, two = a.regression.passed, b.regression.passed
    lost = [key for key, passed in a.regression.verdicts.items() if passed and not b.regression.verdicts.get(key, False)]
    note = f'<p class="note">前能通过、后不能的任务：{escape("、".join(lost)) or "无"}</p>'
    return _table(("类别", "前", "后", "变化（百分点）"), [*rows, ["合计", *_pair(one, two)]]) + note


def _examples(pairs: Sequence[tuple[AnswerRecord, AnswerRecord]]) -> str:
    shown = "".join(_example(one, two) for one, two in pairs[:MOST_EXAMPLES])
    more = f'<p class="note">只列出前 {MOST_EXAMPLES} 题，其余见 JSON。</p>' if len(pairs) > MOST_EXAMPLES else ""
    return (shown or '<p class="note">没有。</p>') + more


def _example(one: AnswerRecord, two: AnswerRecord) -> str:
    wrong = one if two.right else two
    faults = "、".join(PART_NAMES[part] for part, verdict in wrong.parts.items() if verdict is False and part != "right")
    entries = (
        ("问题", one.question), ("参考答案", one.reference), ("前", one.text), ("后", two.text), ("未通过", faults),
        ("说明", "；".join(wrong.problems[:2])),
    )  # fmt: skip
    listed = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in entries if text)
    return f"<details open><summary>{escape(one.question[:60])}</summary><dl>{listed}</dl></details>"


def _legend(a: EvaluationReport, b: EvaluationReport) -> str:
    return (
        f'<p class="note"><span class="key" style="background:var(--a);margin-left:0"></span>前：{escape(a.model)}'
        f'<span class="key" style="background:var(--b)"></span>后：{escape(b.model)}　横条为重算准确率，细线为 95% 区间</p>'
    )


def _bar(rate: Rate, which: str) -> str:
    width = max((rate.high - rate.low) * 100, 0.5)
    interval = f'<u style="left:{rate.low * 100:.1f}%;width:{width:.1f}%"></u>'
    return f'<div class="bar {which}"><i style="width:{rate.value * 100:.1f}%"></i>{interval}</div>'


def _pair(one: Rate, two: Rate) -> tuple[str, str, str]:
    """Both rates and the gain, as cells."""
    return _number(percent(one)), _number(percent(two)), _gain(two.value - one.value)


def _gain(value: float) -> str:
    shade = "up" if value > 0 else "down" if value < 0 else ""
    return f'<span class="{shade}">{value * 100:+.1f}</span>' if value else "0.0"


def _interval(rate: Rate) -> str:
    return f"{rate.low * 100:.1f}–{rate.high * 100:.1f}%"


def _number(text: str) -> str:
    return f'<span class="n">{escape(text)}</span>'


def _p(value: float) -> str:
    return "<0.0001" if value < 0.0001 else f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the header is plain text, cells are HTML already."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
