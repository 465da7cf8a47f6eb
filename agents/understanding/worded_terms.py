"""From the tokens of a stated formula to its term: the words 除以, 占 and 对 bind last, brackets and signs as in arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.plan import Term
from agents.understanding.worded_tokens import Part, Token
from data.periods import Period

Resolve = Callable[[Token], Term]
_SIGNS = {Part.PLUS: "+", Part.MINUS: "-", Part.TIMES: "×", Part.DIVIDE: "÷", Part.OVER: "÷"}


class _NoFormulaError(Exception):
    """The tokens are no formula."""


def term_of(tokens: Sequence[Token], resolve: Resolve) -> Term | None:
    """The term of a formula's tokens, `resolve` giving that of an operand; None where they make no formula."""
    reader = _Reader([token for token in tokens if token.part is not Part.TAIL], resolve)
    try:
        term = reader.quotient()
    except _NoFormulaError:
        return None
    return term if not reader.rest else None


@dataclass
class _Reader:
    rest: list[Token]
    resolve: Resolve

    def quotient(self) -> Term:
        return self._chain((Part.OVER,), self._sum)

    def _sum(self) -> Term:
        return self._chain((Part.PLUS, Part.MINUS), self._product)

    def _product(self) -> Term:
        return self._chain((Part.TIMES, Part.DIVIDE), self._factor)

    def _chain(self, signs: tuple[Part, ...], below: Callable[[], Term]) -> Term:
        term = below()
        while (sign := self._next(*signs)) is not None:
            term = _joined(_SIGNS[sign.part], term, below())
        return term

    def _factor(self) -> Term:
        when = self._next(Part.MEAN, Part.OPENING, Part.CLOSING)
        if self._next(Part.OPEN):
            term = self.quotient()
            if not self._next(Part.CLOSE):
                raise _NoFormulaError
        elif (number := self._next(Part.NUMBER)) is not None:
            term = Term(number=number.text.replace(" ", ""))
        elif (operand := self._next(Part.OPERAND)) is not None:
            term = self.resolve(operand)
        else:
            raise _NoFormulaError
        when = self._next(Part.MEAN, Part.OPENING, Part.CLOSING) or when
        return _at(term, when.part) if when is not None else term

    def _next(self, *parts: Part) -> Token | None:
        return self.rest.pop(0) if self.rest and self.rest[0].part in parts else None


def _joined(sign: str, left: Term, right: Term) -> Term:
    """Two terms under a sign; × 100% says nothing."""
    return left if sign == "×" and right.number == "100%" else Term(sign, [left, right])


def _at(term: Term, when: Part) -> Term:
    """A term at the opening date or as the mean of both ends; the mean of a sum is the sum of the means."""
    if when is Part.CLOSING:
        return term
    if term.sign in ("+", "-"):
        return replace(term, terms=[_at(each, when) for each in term.terms])
    if term.sign or term.number:
        raise _NoFormulaError
    return replace(term, when="average" if when is Part.MEAN else "opening")


def in_words(term: Term, name: Callable[[str], str]) -> str:
    """A term as it is written: (不良贷款余额 - 期初不良贷款余额) ÷ 平均贷款总额."""
    if not term.sign:
        when = {"average": "平均", "opening": "期初"}.get(term.when, "")
        return term.number or f"{f'{Period.parse(term.period).label(point=False)}' if term.period else ''}{when}{name(term.indicator)}"
    left, right = term.terms
    first = _wrapped(left, name, loose=term.sign in ("×", "÷"), equal=False)
    return f"{first} {term.sign.replace('-', '−')} {_wrapped(right, name, loose=term.sign in ('×', '÷', '-'), equal=term.sign == '÷')}"


def _wrapped(term: Term, name: Callable[[str], str], *, loose: bool, equal: bool) -> str:
    words = in_words(term, name)
    return f"({words})" if (loose and term.sign in ("+", "-")) or (equal and term.sign in ("×", "÷")) else words
