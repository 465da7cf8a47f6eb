"""Scoring an answer in digits: its numbers against the exact result, its equations recomputed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from data.units import Dimension, Quantity
from finetune.evaluation.cases import REFUSAL, Answer, Case
from finetune.evaluation.naming import bank_right, explains, period_right
from finetune.evaluation.parts import RecomputeScore
from finetune.evaluation.written import Equation, Written, read
from tools.audit.numbers import NumberToken
from tools.exact import exact

_DOWN = re.compile(r"(?:下降|减少|降低|回落|收窄|下滑|缩减|负增长|降|减|低|少|亏损)了?(?:约)?$")
_POINTS = Decimal("0.01")
_LIKE = Decimal("1e-15")
# A calculation over rounded results of earlier steps gives a rounded result.
_ROUNDED = Decimal("0.002")
_CONSTANTS = frozenset(map(Decimal, (1, 2, 3, 4, 5, 12, 100)))


def score_written(case: Case, output: str) -> RecomputeScore:
    """The parts of an answer in digits."""
    given = {abs(quantity.value) for quantity in case.operands} | _numbers_of(case.question)
    written = read(output, given)
    told = [_telling(answer, written, single=len(case.answers) == 1) for answer in case.answers]
    verdicts = [equation.holds for equation in written.equations]
    final = _refused(case, written) if case.refuses else all(one is True for one in told) if told else explains(case, output)
    contradicted = bool(told) and any(_contradicts(token, case, written) for token in written.numbers)
    return RecomputeScore(
        # A right answer without its workings took the right figures; which ones a wrong one took is seen in its text.
        operands=_operands_right(case, written, silent=final and not verdicts),
        expression=_expression_right(case, written.equations, final=final),
        arithmetic=all(verdicts) if verdicts else None,
        unit=all(one in (True, "digits") for one in told) and not (final and contradicted) if told else None,
        final=final and not contradicted, bank=bank_right(case, output), period=period_right(case, output), text=output,
        problems=tuple(f"“{equation.text}”两边不相等" for equation in written.equations if not equation.holds),
    )  # fmt: skip


def _refused(case: Case, written: Written) -> bool:
    """Whether a text says that something is missing and tells no number that the question has not given."""
    asked = _numbers_of(case.question)
    return bool(REFUSAL.search(written.text)) and all(abs(token.value) in asked for token in written.numbers)


def _numbers_of(text: str) -> set[Decimal]:
    return {abs(token.value) for token in read(text).numbers}


def _stands(quantity: Quantity, written: Written) -> bool:
    """Whether an operand stands in the text: with its unit, or bare inside a calculation."""
    for token in (*written.numbers, *(token for equation in written.equations for token in equation.numbers)):
        if token.unit is None and abs(token.value) == abs(quantity.value):
            return True
        if token.unit is not None and token.unit.dimension is quantity.unit.dimension and abs(token.value * token.factor) == abs(quantity.base):
            return True
    return False


def _expression_right(case: Case, equations: Sequence[Equation], *, final: bool) -> bool | None:
    """Whether some calculation shown has the exact result (as a percentage or a plain ratio).

    Without a calculation it is not known for a right result, and wrong for a wrong one that had to be computed.
    """
    if not equations:
        return False if case.computes and not final else None
    wanted = {case.result} if case.result is not None else {answer.quantity.value for answer in case.answers}
    if not wanted:
        return None
    given = {abs(quantity.value) for quantity in case.operands} | _numbers_of(case.question)
    return any(
        _alike(side, value, _LIKE if all(abs(token.value) in given | _CONSTANTS for token in equation.numbers) else _ROUNDED)
        for equation in equations for side in (equation.value, equation.bare) for value in wanted if value is not None
    )


def _alike(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    """Equal but for a power of ten and the sign; scale and sign are told apart from the expression."""
    if not one or not other:
        return one == other
    with exact():
        quotient = abs(one / other)
        size = Decimal(1).scaleb(round(float(quotient.log10())))
        return abs(quotient / size - 1) <= tolerance


def _telling(answer: Answer, written: Written, *, single: bool) -> bool | str | None:
    """True where the answer is told; "digits" where another value is told with the right unit, sign and order; else None.

    A single answer must be the last number of its kind; several may stand anywhere.
    """
    alike = [token for token in written.numbers if _same_measure(token, answer.quantity)]
    if single:
        alike = alike[-1:]
    if any(_tells(token, answer, written.text) for token in alike):
        return True
    if not alike or not answer.quantity.value:
        return None
    token = alike[-1]
    size = abs(token.value * _factor(token)) / abs(_base(answer.quantity))
    return "digits" if Decimal("0.1") < size < 10 and _negative(token, answer, written.text) == (answer.quantity.value < 0) else None


def _tells(token: NumberToken, answer: Answer, text: str) -> bool:
    """Right at the printed precision, which is that of the reference (idle zeros aside) or finer unless the value is exact, sign included."""
    with exact():
        exact_size = abs(_base(answer.quantity)) / _factor(token)
        shown = _rounded(exact_size, token.quantum)
        place = _printed_place(answer)
        as_printed = _rounded(abs(_base(answer.quantity)), place)
        coarse = token.quantum * _factor(token) > place and abs(token.value) * _factor(token) != as_printed
    if abs(token.value) != shown or (coarse and shown != exact_size):
        return False
    return not answer.quantity.value or _negative(token, answer, text) == (answer.quantity.value < 0)


def _rounded(size: Decimal, place: Decimal) -> Decimal:
    """A size rounded half up at a place (0.01 …)."""
    return (size / place).quantize(Decimal(1), rounding=ROUND_HALF_UP) * place


def _printed_place(answer: Answer) -> Decimal:
    """The last printed place of the reference, in the answer's base unit."""
    from tools.formatting import display_quantity

    shown = display_quantity(answer.quantity).unit
    return Decimal(1).scaleb(-answer.places) * (_POINTS if shown.dimension is Dimension.POINTS else shown.factor)


def _contradicts(token: NumberToken, case: Case, written: Written) -> bool:
    """Whether a number of an answer's kind, or with its digits, is neither an answer nor given nor part of a calculation that holds."""
    alike = any(_same_measure(token, answer.quantity) or _same_digits(token, answer) for answer in case.answers)
    if not alike or token.unit is None or (token.value == 100 and token.unit.symbol == "%"):
        return False
    if any(_same_measure(token, answer.quantity) and _tells(token, answer, written.text) for answer in case.answers):
        return False
    return not _known(token, case, written)


def _known(token: NumberToken, case: Case, written: Written) -> bool:
    """Whether a number is given, in the reference, of the sheet, or part of a calculation that holds."""
    if any(token in equation.inside for equation in written.equations if equation.holds):
        return True
    return any(_same_size(token, other) for text in (case.question, case.reference) for other in read(text).numbers) or _of_sheet(token, case)


def _operands_right(case: Case, written: Written, *, silent: bool) -> bool | None:
    """Whether the operands stand in the text and no number of their kind is another one, sums and differences of two aside.

    silent: a right answer that shows no calculation; which operands it took is known only where it tells one wrong.
    """
    if not case.operands:
        return None
    for token in written.numbers:
        alike = token.unit is not None and any(_same_measure(token, quantity) for quantity in case.operands)
        answers = any(_same_measure(token, answer.quantity) and _tells(token, answer, written.text) for answer in case.answers)
        if alike and not answers and token.value != 100 and not _known(token, case, written) and not _of_pair(token, case):
            return False
    return None if silent else all(_stands(quantity, written) for quantity in case.operands)


def _of_pair(token: NumberToken, case: Case) -> bool:
    """Whether a number is the sum or difference of two operands, as printed."""
    with exact():
        sizes = [_base(quantity) for quantity in case.operands if _same_measure(token, quantity)]
        pairs = {abs(one + sign * other) for index, one in enumerate(sizes) for other in sizes[index + 1 :] for sign in (1, -1)}
        return any(_rounded(pair / _factor(token), token.quantum) == abs(token.value) for pair in pairs)


def _same_digits(token: NumberToken, answer: Answer) -> bool:
    places = answer.places
    return abs(token.value) == abs(round(_shown(answer), places))


def _shown(answer: Answer) -> Decimal:
    from tools.formatting import display_quantity

    return display_quantity(answer.quantity).value


def _same_size(one: NumberToken, other: NumberToken) -> bool:
    if one.unit is None or other.unit is None:
        return one.unit is other.unit and one.value == other.value
    return one.unit.dimension is other.unit.dimension and abs(one.value * one.factor) == abs(other.value * other.factor)


def _of_sheet(token: NumberToken, case: Case) -> bool:
    """Whether some figure of the sheet prints so."""
    for figure in case.exercise.sheet if case.exercise else ():
        if _same_measure(token, figure.quantity):
            with exact():
                if _rounded(abs(_base(figure.quantity)) / _factor(token), token.quantum) == abs(token.value):
                    return True
    return False


def _negative(token: NumberToken, answer: Answer, text: str) -> bool:
    if token.value < 0:
        return True
    return answer.change and bool(_DOWN.search(text[max(0, token.start - 6) : token.start].rstrip()))


def _same_measure(token: NumberToken, quantity: Quantity) -> bool:
    """One dimension; a percentage is no multiple (倍), and a percentage point is no per cent."""
    if token.unit is None:
        return quantity.unit.dimension is Dimension.RATIO and quantity.unit.symbol in ("", "倍", "次") and not token.noun
    same_form = (token.unit.symbol in ("%", "‰")) == (quantity.unit.symbol in ("%", "‰"))
    return token.unit.dimension is quantity.unit.dimension and token.unit.noun == quantity.unit.noun and same_form


def _factor(token: NumberToken) -> Decimal:
    return token.factor * (_POINTS if token.unit is not None and token.unit.dimension is Dimension.POINTS else 1)


def _base(quantity: Quantity) -> Decimal:
    return quantity.base * (_POINTS if quantity.unit.dimension is Dimension.POINTS else 1)
