"""The scoring form as one HTML file: works offline, keeps what was entered in the browser, gives the CSV sheet back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finetune.evaluation.human import BlindPair

_STYLE = """
body{margin:0;background:#f4f6f9;color:#1c2733;font:15px/1.65 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}main{max-width:1080px;margin:0 auto;padding:28px 20px 90px}
h1{font-size:24px;margin:0}p{margin:6px 0}.soft{color:#5d6b7a;font-size:13px}section{background:#fff;border:1px solid #dfe5ec;border-radius:8px;padding:14px 18px;margin:16px 0}
.two{display:grid;grid-template-columns:1fr 1fr;gap:16px}.answer{background:#f7f9fb;border:1px solid #e5eaf0;border-radius:6px;padding:9px 12px;white-space:pre-wrap;overflow-wrap:anywhere;min-height:60px}
fieldset{border:0;padding:0;margin:5px 0;display:flex;gap:9px;align-items:center;flex-wrap:wrap}legend{float:left;width:62px}label{cursor:pointer}textarea{width:100%;min-height:34px}
footer{position:fixed;left:0;right:0;bottom:0;background:#fff;border-top:1px solid #dfe5ec;padding:10px 24px;display:flex;gap:14px;align-items:center}button{padding:6px 16px;font-size:15px}
@media(max-width:720px){.two{grid-template-columns:1fr}}
"""
_SCRIPT = """
const form=document.forms[0],store='caizhi-human-'+document.body.dataset.set;
const left=()=>form.querySelectorAll('fieldset[data-needed]').length-form.querySelectorAll('fieldset[data-needed] input:checked').length;
const show=()=>{document.getElementById('left').textContent='还有 '+left()+' 项未评';};
const save=()=>{const kept={};new FormData(form).forEach((v,k)=>{kept[k]=v;});try{localStorage.setItem(store,JSON.stringify(kept));}catch(e){}show();};
try{const kept=JSON.parse(localStorage.getItem(store)||'{}');for(const k in kept){const e=form.elements[k];if(e)e.value=kept[k];}}catch(e){}
form.addEventListener('input',save);show();
const cell=t=>{t=String(t==null?'':t);if(/^[=+\\-@\\t]/.test(t))t="'"+t;return '"'+t.replace(/"/g,'""')+'"';};
document.getElementById('give').addEventListener('click',()=>{
 const rater=form.elements['rater'].value.trim();if(!rater){alert('请先填写评分人');return;}
 const data=JSON.parse(document.getElementById('pairs').textContent),head=JSON.parse(document.getElementById('head').textContent);
 const value=n=>{const e=form.elements[n];return e?e.value:'';};
 const rows=data.map(p=>head.map((h,i)=>i<5?p[i]:h==='评分人'?rater:value(p[0]+'|'+h)));
 const text='\\ufeff'+[head,...rows].map(r=>r.map(cell).join(',')).join('\\r\\n')+'\\r\\n';
 const a=document.createElement('a');a.href=URL.createObjectURL(new Blob([text],{type:'text/csv'}));a.download='评分表_'+rater+'.csv';a.click();
});
"""


def form_html(pairs: Sequence[BlindPair]) -> str:
    """The form over blind pairs; what it downloads is the sheet that `read_scores` takes."""
    from finetune.evaluation.human import DIMENSIONS, GUIDE, RATER, columns

    guide = "；".join(f"{name}：{GUIDE[name]}" for name in DIMENSIONS)
    data = [[pair.id, pair.question, pair.reference, pair.first, pair.second] for pair in pairs]
    sections = "".join(_section(pair) for pair in pairs)
    head = f'<h1>盲评评分表</h1><p>每题有甲、乙两个回答，请分别按五个维度打 0–5 分（0 最差，5 最好），再选出更好的一个。</p><p class="soft">{escape(guide)}</p>'
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>盲评评分表</title>'
        f'<style>{_STYLE}</style></head><body data-set="{escape(_set_name(data))}"><main>{head}<form><p><label>{RATER}：<input name="rater" required></label></p>{sections}</form></main>'
        f'<footer><button id="give" type="button">下载评分结果（CSV）</button><span id="left" class="soft"></span></footer>'
        f'<script type="application/json" id="pairs">{_json(data)}</script><script type="application/json" id="head">{_json(columns())}</script>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _section(pair: BlindPair) -> str:
    from finetune.evaluation.human import DIMENSIONS, NOTE, PREFERENCE, PREFERENCES, SIDES

    answers = ""
    for side, text in zip(SIDES, (pair.first, pair.second), strict=True):
        scales = "".join(_scale(f"{pair.id}|{side}_{dimension}", dimension, [str(score) for score in range(6)]) for dimension in DIMENSIONS)
        answers += f'<div><p><b>回答{side}</b></p><div class="answer">{escape(text)}</div>{scales}</div>'
    better = _scale(f"{pair.id}|{PREFERENCE}", PREFERENCE, list(PREFERENCES))
    return (
        f'<section><p><b>{escape(pair.id)}</b>　{escape(pair.question)}</p><p class="soft">参考答案：{escape(pair.reference)}</p><div class="two">{answers}</div>{better}'
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
