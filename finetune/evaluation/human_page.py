"""The scoring form as one HTML file: works offline, keeps what was entered in the browser, gives the CSV sheet back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.evaluation.human import BlindPair

_CONFIGS = Path(__file__).parents[1] / "configs" / "evaluation"


def form_html(pairs: Sequence[BlindPair]) -> str:
    """The form over blind pairs; what it downloads is the sheet that `read_scores` takes."""
    from finetune.evaluation.human import DIMENSIONS, GUIDE, RATER, columns

    guide = "；".join(f"{name}：{GUIDE[name]}" for name in DIMENSIONS)
    data = [[pair.id, pair.question, pair.reference, pair.first, pair.second] for pair in pairs]
    sections = "".join(_section(pair) for pair in pairs)
    how = "每题有甲、乙两个回答，请分别按五个维度打 0–5 分（0 最差，5 最好），再选出更好的一个。"
    style, script = ((_CONFIGS / name).read_text(encoding="utf-8") for name in ("human.css", "human.js"))
    top = f'<h1>盲评评分表</h1><p>{how}</p><p class="soft">{escape(guide)}</p>'
    form = f'<form><p><label>{RATER}：<input name="rater" required></label></p>{sections}</form>'
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>盲评评分表</title><style>{style}</style></head><body data-set="{escape(_set_name(data))}"><main>{top}{form}</main>'
        f'<footer><button id="give" type="button">下载评分结果（CSV）</button><span id="left" class="soft"></span></footer>'
        f'<script type="application/json" id="pairs">{_json(data)}</script><script type="application/json" id="head">{_json(columns())}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _section(pair: BlindPair) -> str:
    from finetune.evaluation.human import DIMENSIONS, NOTE, PREFERENCE, PREFERENCES, SIDES

    answers = ""
    for side, text in zip(SIDES, (pair.first, pair.second), strict=True):
        scales = "".join(_scale(f"{pair.id}|{side}_{dimension}", dimension, [str(score) for score in range(6)]) for dimension in DIMENSIONS)
        answers += f'<div><p><b>回答{side}</b></p><div class="answer">{escape(text)}</div>{scales}</div>'
    better = _scale(f"{pair.id}|{PREFERENCE}", PREFERENCE, list(PREFERENCES))
    return (
        f'<section><p><b>{escape(pair.id)}</b>　{escape(pair.question)}</p><p class="soft">参考答案：{escape(pair.reference)}</p>'
        f'<div class="two">{answers}</div>{better}'
        f'<textarea name="{escape(pair.id)}|{NOTE}" placeholder="备注（可不填）"></textarea></section>'
    )


def _scale(name: str, legend: str, choices: Sequence[str]) -> str:
    options = "".join(f'<label><input type="radio" name="{escape(name)}" value="{choice}">{choice}</label>' for choice in choices)
    return f"<fieldset data-needed><legend>{legend}</legend>{options}</fieldset>"


def _set_name(data: object) -> str:
    """What tells one set of pairs from another in the browser's store."""
    from hashlib import sha256

    return sha256(json.dumps(data, ensure_ascii=False).encode()).hexdigest()[:12]


def _json(value: object) -> str:
    """JSON that cannot end its script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
