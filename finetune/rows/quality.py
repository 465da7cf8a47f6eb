"""What makes a row unfit to train on, each as one rule with a name that the reports count by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from finetune.rows.personal_data import personal_data
from finetune.rows.record import Row
from finetune.rows.text_keys import canonical, question_text, row_text

_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_LOOP = re.compile(r"((?=[^\n]*?[^\W\d_])[^\n]{2,20}?)\1{4,}")
_BROKEN_END = re.compile(r"(?:[，、：；,;:（(\[【《“=＝+×÷/]|因此|所以|其中|以及|并且|但是|由于|为了|等于|例如)$")
# UTF-8 read as Latin-1 or as GBK, GBK read as UTF-8, and what cannot be written at all.
_MOJIBAKE = re.compile(
    r"\ufffd|锟斤拷|烫烫|屯屯|锘[\u4e00-\u9fff]|[ÃÂ][\u0080-\u00bf]|â€|ï¼|[ã-é][\u0080-\u00bf]{2}|[\ud800-\udfff]|[鐨勫湪浠鍜屾槸閾惰]{4,}"
)
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|td|tr|th|table|tbody|a|b|i|li|ul|ol|font|script|style|img|html|body|h[1-6])(?:\s[^<>]*)?/?>|&(?:nbsp|lt|gt|amp|quot|#\d+);"
    r"|<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:bos|eos|pad|unk)>|(?:^|\n)#{1,4}\s*(?:Human|Assistant|Instruction|Response)\b",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"作为(?:一个|一名)?(?:人工智能|AI|大?语言模型)|我是(?:一个)?(?:AI|大?语言模型)|as an ai (?:language )?model", re.IGNORECASE
)
_REFERENCE = re.compile(r"\{f\d+[^{}]*\}|\{(?:bank|period|scope|name)\}|→\{")
_OPENING, _CLOSING = "（([【《“{", "）)]】》”}"
_LIST_NUMBER = re.compile(r"(?:^|[\s，。；：])\w{1,3}$")


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths in characters (blanks and idle punctuation aside for the shortest), and how often one sentence may stand in an answer."""

    shortest_question: int = 4
    shortest_answer: int = 1
    longest: int = 8000
    repeats: int = 3


LIMITS = Limits()


def fault(row: Row, limits: Limits = LIMITS) -> tuple[str, str] | None:
    """The first rule that a row breaks, as (reason, detail for people); None for a row that is fit."""
    for reason, rule in RULES.items():
        if (detail := rule(row, limits)) is not None:
            return reason, detail
    return None


def _empty(row: Row, _: Limits) -> str | None:
    if not question_text(row).strip():
        return "没有问题"
    last = row.messages[-1]
    if last["role"] != "assistant" or not (str(last.get("content") or "").strip() or last.get("tool_calls")):
        return "没有回答"
    return None


def _too_short(row: Row, limits: Limits) -> str | None:
    asked, told = len(canonical(question_text(row))), len(canonical(_answer(row)))
    if asked < limits.shortest_question or told < limits.shortest_answer:
        return f"问题 {asked} 字，回答 {told} 字"
    return None


def _too_long(row: Row, limits: Limits) -> str | None:
    size = len(row_text(row))
    return f"{size} 字" if size > limits.longest else None


def _truncated(row: Row, _: Limits) -> str | None:
    text = _answer(row).rstrip()
    if match := _BROKEN_END.search(text):
        return f"回答止于“{match[0]}”"
    left = _left_open(text)
    return f"回答里的“{left}”没有配对" if left else None


def _repeated(row: Row, limits: Limits) -> str | None:
    text = _answer(row)
    sentences = Counter(plain for found in _SENTENCE.findall(text) if len(plain := canonical(found)) >= 6)
    often = next((f"“{sentence[:20]}”出现 {count} 次" for sentence, count in sentences.most_common(1) if count >= limits.repeats), None)
    if often:
        return often
    if loop := _LOOP.search(text):
        return f"“{loop[1]}”循环"
    asked = canonical(question_text(row))
    return "回答照抄问题" if len(asked) >= 8 and asked == canonical(text) else None


def _mojibake(row: Row, _: Limits) -> str | None:
    match = _MOJIBAKE.search(row_text(row))
    return f"乱码 {match[0]!a}" if match else None


def _markup(row: Row, _: Limits) -> str | None:
    match = _MARKUP.search(row_text(row))
    if match is None and row_text(row).count("```") % 2:
        return "代码块没有结束"
    return f"残留标记 {match[0].strip()}" if match else None


def _boilerplate(row: Row, _: Limits) -> str | None:
    match = _BOILERPLATE.search(_answer(row))
    return f"“{match[0]}”" if match else None


def _unfilled(row: Row, _: Limits) -> str | None:
    if row.meta.get("rendering") == "references":
        return None
    match = _REFERENCE.search(row_text(row))
    return f"没有填入的引用 {match[0]}" if match else None


def _personal(row: Row, _: Limits) -> str | None:
    # The report names the kind only: it must not carry further what is dropped for being personal.
    kinds = dict.fromkeys(item.kind for message in row.messages for item in personal_data(str(message.get("content") or "")))
    return "、".join(kinds) if kinds else None


RULES: Mapping[str, Callable[[Row, Limits], str | None]] = {
    "empty": _empty, "personal_data": _personal, "mojibake": _mojibake, "markup": _markup, "unfilled_reference": _unfilled, "too_short": _too_short,
    "too_long": _too_long, "truncated": _truncated, "repeated": _repeated, "model_boilerplate": _boilerplate,
}  # fmt: skip


def _answer(row: Row) -> str:
    last = row.messages[-1]
    calls = "".join(str(call) for call in last.get("tool_calls") or ())
    return str(last.get("content") or "") or calls


def _left_open(text: str) -> str:
    """A bracket that is opened and never closed, or closed and never opened; "" where they balance.

    Which one closes which is not asked: [10%, 20%) is an interval and （a) is careless typing, neither is a cut text. A list
    number such as 1) opens nothing.
    """
    opened: list[str] = []
    for at, char in enumerate(text):
        if char in _OPENING:
            opened.append(char)
        elif char in _CLOSING:
            if opened:
                opened.pop()
            elif not (char in "）)" and _LIST_NUMBER.search(text[:at])):
                return char
    return opened[-1] if opened else ""
