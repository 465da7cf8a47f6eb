"""From the tokens of a stated formula to its term: the words 除以, 占 and 对 bind last, brackets and signs as in arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agents.plan import Term
from agents.understanding.worded_tokens import BOTH_ENDS, Part, Token
from data.periods import Period

Resolve = Callable[[Token, bool], Term | None]
_SIGNS = {Part.PLUS: "+", Part.MINUS: "-", Part.TIMES: "×", Part.DIVIDE: "÷", Part.OVER: "÷"}


class _NoFormulaError(Exception):
    """The tokens are no formula."""


def term_of(tokens: Sequence[Token], resolve: Resolve) -> Term | None:
    """The term of a formula's tokens; None where they make no formula.

    resolve: the term of an operand; where its second argument says so, None for one that has no name of its own (存款平均余额 may have one).
    """
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
            mean = when if when is not None and when.part is Part.MEAN else self.rest[0] if self.rest and self.rest[0].part is Part.MEAN else None
            if mean is not None and not BOTH_ENDS.fullmatch(mean.text) and (own := self._own(operand, mean)) is not None:
                if mean is not when:
                    self.rest.pop(0)
                return own
            found = self.resolve(operand, False)
            if found is None:
                raise _NoFormulaError
            term = found
        else:
            raise _NoFormulaError
        when = self._next(Part.MEAN, Part.OPENING, Part.CLOSING) or when
        return _at(term, when.part) if when is not None else term

    def _own(self, operand: Token, mean: Token) -> Term | None:
        """The average as an indicator that the documents hold by itself."""
        return self.resolve(Token(Part.OPERAND, min(operand.start, mean.start), max(operand.end, mean.end)), True)

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
