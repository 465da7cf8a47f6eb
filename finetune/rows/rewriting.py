"""The question of a row said another way - typed differently, or by a language model - and taken only if it still says the same.

A rewriting is verified before it counts: numbers, units, references, banks, periods, indicators, values and changes must be equal
(finetune.rows.meaning), and the answer stays as it is. Rejected ones are counted by reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from finetune.rows.configuration import configured
from finetune.rows.meaning import differences, names_in
from finetune.rows.quality import fault
from finetune.rows.record import Row
from finetune.rows.text_keys import canonical, digest

Model = Callable[[str], str]
_HAN = "〇一二三四五六七八九"
_YEAR = re.compile(r"(?<![\d\-–~至.])((?:19|20)\d{2})(?=年)")
_WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789%+-"} | {ord("."): "．"}
_DIGITS = re.compile(r"\d[\d,.]*%?")
_SAID_BEFORE = re.compile(r"^(?:改写后?的?问题|改写|译文|问题|答案|Question|Translation)\s*[:：]\s*", re.IGNORECASE)
_QUOTES = {"“": "”", '"': '"', "「": "」", "'": "'"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
SHORTEST, LONGEST = 0.4, 2.5


@dataclass(slots=True)
class RewriteReport:
    """How many rewritings each method gave, and why others were not taken."""

    made: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)


def rewritten(
    rows: Iterable[Row], methods: Iterable[str], model: Model | None = None, *, report: RewriteReport | None = None
) -> Iterator[Row]:
    """A new row for each row and method whose question could be said another way. Methods: typing (`TYPING`) or models' (`MODELLED`).

    model: a text in, a text out; needed by paraphrase and back_translation, which are counted as no_model without one. New rows have
    ids of their own, the group of the old one, and name in `augmented` how they were made.
    """
    report = RewriteReport() if report is None else report
    wanted = list(methods)
    for row in rows:
        for method in wanted:
            found = _one(row, method, model)
            if isinstance(found, Row):
                report.made[method] += 1
                yield found
            else:
                report.rejected[method, found] += 1


def fault_of(before: str, after: str) -> str | None:
    """Why a wording cannot stand for another; None when it can."""
    if not after.strip():
        return "empty"
    if canonical(before) == canonical(after) and before == after:
        return "unchanged"
    if not SHORTEST * len(before) <= len(after) <= LONGEST * len(before) + 20:
        return "length"
    if _CHINESE.search(before) and len(_CHINESE.findall(after)) * 3 < len(_CHINESE.findall(before)):
        return "language"
    different = differences(before, after)
    return f"meaning:{'、'.join(different)}" if different else None


def full_width(text: str) -> str:
    """Every number of a text as it is typed with a Chinese keyboard: ６１５．７９亿元, ２０２３年, １５％."""
    return _DIGITS.sub(lambda match: match[0].translate(_WIDE).replace(",", "，"), text)


def chinese_years(text: str) -> str:
    """Years before 年 in Chinese digits: 二〇二三年末; ranges and codes (2021-2023年, 2023Q1) stay."""
    return _YEAR.sub(lambda match: "".join(_HAN[int(digit)] for digit in match[1]), text)


def paraphrase(text: str, model: Model) -> str:
    """The text as a model says it otherwise."""
    return _tidy(model(_prompt("paraphrase", text=text)))


def back_translation(text: str, model: Model) -> str:
    """The text through English and back; the proper names of the text go along, because a translation would make others of them."""
    english = _tidy(model(_prompt("to_english", text=text)))
    return _tidy(model(_prompt("to_chinese", text=english, names="、".join(names_in(text)) or "无")))


TYPING: Mapping[str, Callable[[str], str]] = {"full_width": full_width, "chinese_years": chinese_years}
MODELLED: Mapping[str, Callable[[str, Model], str]] = {"paraphrase": paraphrase, "back_translation": back_translation}


def _one(row: Row, method: str, model: Model | None) -> Row | str:
    at = next((at for at, message in enumerate(row.messages) if message["role"] == "user"), None)
    if at is None or row.meta.get("rendering") == "references":
        return "not_applicable"
    if method in MODELLED and model is None:
        return "no_model"
    instruction = str(row.meta.get("instruction") or "")
    whole = str(row.messages[at].get("content") or "")
    # The instruction is no part of the question: it stays, and the alpaca form can still tell the two apart.
    head = f"{instruction}\n" if instruction and whole.startswith(f"{instruction}\n") else ""
    before = whole.removeprefix(head)
    after = TYPING[method](before) if method in TYPING else MODELLED[method](before, model or str)
    if (why := fault_of(before, after)) is not None:
        return why
    messages = [dict(message) for message in row.messages]
    messages[at]["content"] = head + after
    child = Row(messages, {**row.meta, "id": f"{row.id}-{digest(method, after)[:8]}", "augmented": method}, row.tools)
    found = fault(child)
    return f"quality:{found[0]}" if found is not None else child


def _prompt(name: str, **words: str) -> str:
    text = str(configured("rewriting")[name])
    for key, value in words.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _tidy(answer: str) -> str:
    """What a model said, without the quotes, fences and headings that models put around it."""
    text = answer.strip().removeprefix("```text").strip("`").strip()
    text = _SAID_BEFORE.sub("", text).strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text
