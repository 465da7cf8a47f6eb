"""Checking a training row, ours or anybody's: every calculation redone, its operands found in the question, units, scale, plausibility.

Codes: wrong_result, rounding (cut off instead of rounded), not_arithmetic, operand_missing (a number that
the question does not give), mixed_units (亿元 with 万元 without conversion), points_as_percent and percent_as_points (个百分点 against %),
scale (right digits, wrong unit), answer_missing (meta.answer is not told), implausible (no bank has it), unknown_reference, digits_typed
(a draft in references with digits of its own), empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal

from data.errors import ExpressionError
from finetune.rows.arithmetic import agrees, value_of
from finetune.rows.claims import MONEY, NUMBER, Claim, claims_of, is_number
from finetune.rows.plausibility import implausible
from finetune.rows.record import Row
from tools.exact import exact

CODES = (
    "wrong_result", "rounding", "not_arithmetic", "operand_missing", "mixed_units", "points_as_percent", "percent_as_points", "scale",
    "answer_missing", "implausible", "unknown_reference", "digits_typed", "empty",
)
_CONSTANTS = frozenset(map(Decimal, (1, 2, 3, 4, 5, 10, 12, 100, 360, 365)))
_POINTS = ("个百分点", "百分点")
_CHANGE = re.compile(
    r"(?:上升|下降|提高|降低|回升|回落|增加|减少|上涨|改善|扩大|收窄|变动|变化)了?\s?(?P<digits>\d+(?:\.\d+)?)\s?(?P<unit>%|个百分点|百分点)"
)
_REFERENCE = re.compile(r"\{(f\d+)(?:\.[a-z]+)?\}")
_REFERENCE_MARK = re.compile(r"\[Calculator\(([^\[\]→{}]*)\)→\{(f\d+)\}\]")
_ID = re.compile(r"\bf\d+\b")
_DIGITS = re.compile(r"\d")
# The hundred of a percentage, which is no operand: × 100% at the end, and in marks /100 behind a rate.
_HUNDRED = {"equation": re.compile(r"[*×]\s?100\s?%?\s?$"), "": re.compile(r"[*×]\s?100\s?$|/\s?100(?=\s?[)*])")}
_ROOT = re.compile(r"(?:\^|\*\*)\s?\(?\s?\d+(?:\s?/\s?\d+)?\)?")
_RATE_LESS_RATE = re.compile(r"利差|NIS")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: a code of CODES and a sentence."""

    code: str
    message: str


@dataclass(slots=True)
class _Known:
    """What may be calculated with: numbers of the question and of earlier results, as written and as money in 元."""

    plain: set[Decimal] = field(default_factory=set)
    money: set[Decimal] = field(default_factory=set)
    faces: set[Decimal] = field(default_factory=set)
    percents: list[Decimal] = field(default_factory=list)
    results: set[Decimal] = field(default_factory=set)

    def read(self, text: str) -> None:
        """Take in every number of a text."""
        for match in NUMBER.finditer(text):
            self.add(Decimal(match["digits"].replace(",", "")), match["unit"] or "")

    def add(self, value: Decimal, unit: str) -> None:
        """Take in one number."""
        if unit in MONEY:
            self.money.add((value * MONEY[unit]).normalize())
            self.faces.add(value.normalize())
            return
        self.plain.add(value.normalize())
        if unit == "%":
            self.percents.append(value)
            self.plain.add((value / 100).normalize())

    def covers(self, operands: Sequence[Decimal], scale: Decimal) -> bool:
        """Whether each operand is known, money read in one unit."""
        return all(value.normalize() in self.plain or (value * scale).normalize() in self.money for value in operands)


def check_row(row: Row) -> list[Problem]:
    """What is wrong with a row, in the order of the checks; empty for a good one."""
    if not row.prompt.strip() or not any(str(message.get("content") or "").strip() for message in row.messages if message["role"] == "assistant"):
        return [Problem("empty", "问题或回答是空的")]
    if _REFERENCE.search(row.completion):
        return list(_references(row))
    known = _Known()
    known.read(row.prompt)
    problems: list[Problem] = []
    for claim in claims_of(row):
        problems += _claim(claim, known, rates_may_differ=bool(_RATE_LESS_RATE.search(row.completion)))
    problems += _change_words(row, known)
    problems += _answer(row)
    problems += [Problem("implausible", text) for text in dict.fromkeys([*implausible(row.prompt), *implausible(row.completion)])]
    return list(dict.fromkeys(problems))


def _claim(claim: Claim, known: _Known, *, rates_may_differ: bool) -> Iterator[Problem]:
    shown = f"{claim.left} = {claim.right}{claim.unit}"
    if not is_number(claim.right):
        yield Problem("not_arithmetic", f"算式 {shown[:80]} 没有给出数字结果")
        return
    bare = _ROOT.sub("", _HUNDRED.get(claim.form, _HUNDRED[""]).sub("", claim.left))
    operands = [value for value, _ in replace(claim, left=bare).numbers]
    try:
        yield from _result(claim, known, shown)
        yield from _operands(claim, operands, known, shown)
        yield from () if rates_may_differ else _points(claim, shown)
    except ExpressionError as error:
        yield Problem("not_arithmetic", f"算式 {shown[:80]} 不能计算：{error}")
    finally:
        printed = Decimal(claim.right)
        known.add(printed, claim.unit)
        known.plain |= {printed.normalize(), abs(printed).normalize()}
        known.results.add(abs(printed).normalize())


def _result(claim: Claim, known: _Known, shown: str) -> Iterator[Problem]:
    value = _left_value(claim)
    scaled = _right_scale(claim)
    claimed = claim.right
    target = value / scaled
    if agrees(claimed, target):
        return
    if agrees(claimed, target, _slack(claim, known) / scaled):
        return
    if _cut_off(Decimal(claimed), target):
        yield Problem("rounding", f"算式 {shown} 截去了尾数，应四舍五入为 {_short(target)}{claim.unit}")
    elif Decimal(claimed) and target and _power_of_ten(abs(Decimal(claimed) / target)):
        yield Problem("scale", f"算式 {shown} 数字对、数量级或单位不对，应为 {_short(target)}{claim.unit}")
        yield Problem("wrong_result", f"算式 {shown} 应为 {_short(target)}{claim.unit}")
    else:
        yield Problem("wrong_result", f"算式 {shown} 应为 {_short(target)}{claim.unit}")


def _left_value(claim: Claim) -> Decimal:
    """The value of the expression; money in 元 where its numbers carry units, % a hundredth in an equation."""
    if claim.form != "equation":
        return value_of(claim.left)
    carried = any(unit in MONEY for _, unit in claim.numbers)
    return value_of(NUMBER.sub(lambda match: _in_base(match, carried=carried), claim.left))


def _in_base(match: re.Match[str], *, carried: bool) -> str:
    digits, unit = match["digits"].replace(",", ""), match["unit"] or ""
    if unit == "%":
        return f"({digits}/100)"
    if unit in _POINTS:
        return f"({digits}/100)"
    if unit in MONEY and carried:
        return f"({digits}*{MONEY[unit]:f})"
    return digits


def _right_scale(claim: Claim) -> Decimal:
    """What one of the printed result's unit is worth on the left side."""
    if claim.form != "equation":
        return Decimal(1)
    if claim.unit == "%" or claim.unit in _POINTS:
        return Decimal("0.01")
    carried = any(unit in MONEY for _, unit in claim.numbers)
    return MONEY[claim.unit] if carried and claim.unit in MONEY else Decimal(1)


def _slack(claim: Claim, known: _Known) -> Decimal:
    """How far the value may be off because operands that are earlier results were rounded."""
    value, total = _left_value(claim), Decimal(0)
    for match in NUMBER.finditer(claim.left):
        number = Decimal(match["digits"].replace(",", ""))
        exponent = number.as_tuple().exponent
        if number.normalize() not in known.results or not isinstance(exponent, int) or exponent >= 0:
            continue
        moved = claim.left[: match.start("digits")] + f"{number + Decimal(5).scaleb(exponent - 1):f}" + claim.left[match.end("digits") :]
        with exact():
            total += abs(_left_value(Claim(moved, claim.right, claim.unit, claim.form)) - value)
    return total



def _operands(claim: Claim, operands: Sequence[Decimal], known: _Known, shown: str) -> Iterator[Problem]:
    asked = [value for value in operands if value not in _CONSTANTS or value.normalize() in known.faces]
    if not known.plain and not known.money:
        return
    carried = [value for value, unit in claim.numbers if unit in MONEY]
    if carried:
        missing = [value for value, unit in claim.numbers if value not in _CONSTANTS and not _has(known, value, unit)]
        yield from ([Problem("operand_missing", f"算式 {shown} 里的 {_short(missing[0])} 不在题目中")] if missing else [])
        return
    if any(known.covers(asked, scale) for scale in MONEY.values()):
        return
    bare = [value for value in asked if value.normalize() not in known.plain and value.normalize() not in known.faces]
    if bare and not any(known.covers([value], scale) for value in bare for scale in MONEY.values()):
        yield Problem("operand_missing", f"算式 {shown} 里的 {_short(bare[0])} 不在题目中")
    else:
        yield Problem("mixed_units", f"算式 {shown} 的金额单位不一致，应先换算")


def _has(known: _Known, value: Decimal, unit: str) -> bool:
    if unit in MONEY:
        return (value * MONEY[unit]).normalize() in known.money
    return value.normalize() in known.plain


def _points(claim: Claim, shown: str) -> Iterator[Problem]:
    """A difference of two percentages is told in 个百分点."""
    units = [unit for _, unit in claim.numbers]
    if claim.form == "equation" and claim.unit == "%" and units == ["%", "%"] and re.fullmatch(r"[^*/×÷+^]*-[^*/×÷+^]*", claim.left.strip("( ")):
        yield Problem("points_as_percent", f"算式 {shown}：两个百分比之差应以个百分点表示")


def _change_words(row: Row, known: _Known) -> Iterator[Problem]:
    """Changes told in the wrong unit: the difference of two given percentages in %, a growth rate in 个百分点."""
    if len(known.percents) < 2:
        return
    given = [Decimal(m["digits"].replace(",", "")) for m in NUMBER.finditer(row.prompt) if m["unit"] == "%"]
    gaps = {abs(one - other) for index, one in enumerate(given) for other in given[index + 1 :]}
    rates = {abs(one - other) / other * 100 for one in given for other in given if other and one != other}
    for match in _CHANGE.finditer(row.completion):
        value = Decimal(match["digits"])
        if match["unit"] == "%" and value in gaps and not any(agrees(match["digits"], rate) for rate in rates):
            yield Problem("points_as_percent", f"“{match[0]}”是两个比率之差，应为 {match['digits']} 个百分点")


def _answer(row: Row) -> Iterator[Problem]:
    """The answer that the row's meta states must be told, with its unit."""
    answer, unit = str(row.meta.get("answer") or ""), str(row.meta.get("unit") or "")
    told: dict[Decimal, set[str]] = {}
    for match in NUMBER.finditer(_without_marks(row.completion)) if answer else ():
        told.setdefault(Decimal(match["digits"].replace(",", "")), set()).add(match["unit"] or "")
    for part in answer.split("|") if answer else ():
        if not is_number(part):
            yield Problem("answer_missing", f"meta.answer 不是数字：{part}")
        elif abs(Decimal(part)) not in told:
            yield Problem("answer_missing", f"回答里没有结果 {part}{unit}")
    first = answer.split("|")[0]
    wrong = "%" if unit == "个百分点" else "个百分点"
    if is_number(first) and unit in ("%", "个百分点") and wrong in (units := told.get(abs(Decimal(first)), {unit})) and unit not in units:
        code = "points_as_percent" if unit == "个百分点" else "percent_as_points"
        yield Problem(code, f"结果 {first} 的单位应为{unit}，回答写作{wrong}")


def _without_marks(text: str) -> str:
    return re.sub(r"\[Calculator\(.{1,600}?\)→([^\]]{1,60})\]\s?", r" \1", text)


def _references(row: Row) -> Iterator[Problem]:
    """A draft in references: every id is on the prompt's sheet or computed by a mark, and no digit is typed."""
    shown = set(_ID.findall(row.prompt))
    for match in _REFERENCE_MARK.finditer(row.completion):
        if unknown := [key for key in _ID.findall(match[1]) if key not in shown]:
            yield Problem("unknown_reference", f"算式用了事实表里没有的 {unknown[0]}")
        shown.add(match[2])
    computed = {match[2] for match in _REFERENCE_MARK.finditer(row.completion)}
    if unknown := [key for key in _REFERENCE.findall(row.completion) if key not in shown and key not in computed]:
        yield Problem("unknown_reference", f"引用了事实表里没有的 {unknown[0]}")
    rest = _REFERENCE.sub("", _REFERENCE_MARK.sub("", row.completion)).replace("100%", "")
    if _DIGITS.search(rest) or "{" in rest or "}" in rest:
        yield Problem("digits_typed", f"草稿里有直接写出的数字或多余的括号：{rest.strip()[:40]}")


def _cut_off(printed: Decimal, value: Decimal) -> bool:
    """Whether a printed number is the value with its further digits cut off instead of rounded."""
    with exact():
        return printed == value.quantize(printed, rounding=ROUND_DOWN)


def _power_of_ten(size: Decimal) -> bool:
    """Whether a quotient is 10, 100 … or a tenth, a hundredth …, within a percent."""
    with exact():
        digits = size.log10()
        nearest = digits.to_integral_value()
        return bool(nearest) and abs(digits - nearest) < Decimal("0.004")


def _short(value: Decimal) -> str:
    with exact():
        return f"{value.quantize(Decimal('0.0001')).normalize():f}" if abs(value) < Decimal(10) ** 20 else f"{value:.4e}"
