"""A question that states its own formula (业务及管理费除以网点数): the formula as it stands, over indicators of the catalogue and rows of the documents.

It is computed as stated, whatever the catalogue understands by the name that the question gives its result. A formula whose plain
quotient or sum another operation already tells (占比, 比值, 合计) is left to that one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.plan import Op, Operation, Term
from agents.understanding.horizon import Horizon
from agents.understanding.mentions import Mentions
from agents.understanding.worded_operands import Operands, outside_ops, quotient_of
from agents.understanding.worded_stretches import Stretch, blanked, stretches_of
from agents.understanding.worded_terms import in_words, term_of
from agents.understanding.worded_tokens import ASKING, BINARY, BOTH_ENDS, Part, Token, tokens_of
from data.indicators import IndicatorCatalogue
from data.period_text import Relative
from data.refusals import Refusal, RefusalCode
from data.units import Dimension
from tools.name_scanner import NameKind, NameSpan
from tools.row_index import ROW_PREFIX

Span = tuple[int, int]
_SOFT = (Relative.YEAR_START, Relative.LATEST, Relative.PART_ONLY)
_CHANGES = {Op.YOY, Op.DIFFERENCE}
_OTHER = {Op.REPORT, Op.WALK, Op.DUPONT, Op.WHY, Op.ANALYSIS, Op.COVERAGE, Op.RANK, Op.CAGR, Op.PARTS, Op.QOQ, Op.LINE, Op.DEFINITION}
_ASKED_UNIT = re.compile(r"(?:多少|几)个?(?P<unit>万亿元?|亿元?|百万元|万元?|千元|元)(?![人户个])")
_TIMES = re.compile(r"(?:几|多少)倍|倍数|乘数|杠杆")
_ONLY = re.compile(
    r"(?:只|仅)(?:用|算|取|含|看|按|包括|计)(?P<what>[^,，。()]{2,20}?)(?:$|(?:的?[那这]?一?(?:部分|块)|口径|的)的?(?P<of>[^,，。()的]{2,8})?$)"
)
_WITH = re.compile(r"(?P<less>不|剔除|扣除|除去|减去)?(?:含|包含|包括|计入|加上|加|算上)?(?P<what>[^,，。()]{3,30})$")
_WITH_HEAD = re.compile(r"不?(?:含|包含|包括|计入)|加上|算上|剔除|扣除|除去")
_SUMMED = re.compile(r"之和|合计|相加|总和|等于|[+＋]")
_TOTAL, _LISTED = re.compile(r"(?:合计|总计)$"), re.compile(r"[和与及、]\s*$")
_FIRM = re.compile(r"除以|[÷×*]|乘以")


@dataclass(frozen=True, slots=True)
class Worded:
    """A stated formula as an operation over the mentions that remain; `refusal` where an operand is not to be found."""

    mentions: Mentions
    operation: Operation
    refusal: Refusal | None = None


def worded_formula(raw: Mentions, usual: Mentions, horizon: Horizon, catalogue: IndicatorCatalogue) -> Worded | None:
    """The formula that a question states, or None. raw: as read; usual: with rows and compounds, as every other operation takes them."""
    if raw.not_applicable or raw.unknown_banks:
        return None
    return _Question(raw, usual, Operands(raw, horizon, catalogue), catalogue).read()


@dataclass(frozen=True)
class _Question:
    raw: Mentions
    usual: Mentions
    operands: Operands
    catalogue: IndicatorCatalogue

    def read(self) -> Worded | None:
        names = [(s.start, self._end(s)) for s in [*self.raw.indicators, *self.raw.ambiguous]]
        stretches = stretches_of(self.raw.text, self._blank(), names)
        told = [(stretch, tokens) for stretch in stretches if _states(tokens := tokens_of(stretch.text, *stretch.span, names))]
        if len(told) == 1:
            return self._formula(*told[0], stretches)
        return self._adjusted(stretches) if not told else None

    def _end(self, span: NameSpan) -> int:
        """Where a name ends: before the 合计 that sums up the list it stands in (定期存款和活期存款合计)."""
        total = _TOTAL.search(self.raw.text[span.start : span.end])
        listed = _LISTED.search(self.raw.text[: span.start])
        return span.start + total.start() if total and total.start() and listed else span.end

    def _formula(self, stretch: Stretch, tokens: list[Token], stretches: Sequence[Stretch]) -> Worded | None:
        found: list[tuple[Term, Token]] = []
        term = term_of(tokens, lambda token, own: self._leaf(token, stretch, found, own=own))
        if term is None or self._busy(stretch.span):
            return None
        if len({leaf.period for leaf, _ in found} - {""}) < 2:
            term = _undated(term)
        missing = [leaf.said for leaf, _ in found if not leaf.indicator]
        if missing:
            stated = bool(_FIRM.search(self.raw.text[slice(*stretch.span)])) or stretch.named
            return self._refused(stretch, found, missing[0]) if stated and len(missing) < len(found) else None
        if not term.sign and self.catalogue.get(term.indicator).unit.dimension is Dimension.RATIO:
            return None
        name, named = self._name(stretch, stretches)
        term, narrowed = self._narrowed(term, stretch, stretches)
        if narrowed is None or self._told_otherwise(term, name, named, stretch):
            return self._refused(stretch, found, next(s.words for s in stretches if _ONLY.search(s.words))) if narrowed is None else None
        spans = [NameSpan(token.start, token.end, NameKind.INDICATOR, leaf.indicator) for leaf, token in found]
        return self._worded(term, name, named, self._left(stretch.span, [*narrowed, *self._name_spans(stretch, stretches)], spans, term))

    def _leaf(self, token: Token, stretch: Stretch, found: list[tuple[Term, Token]], *, own: bool) -> Term | None:
        text = stretch.text[token.start : token.end]
        name = self.operands.indicator(text, (token.start, token.end)) if not own else self.operands.average(text)
        if own and name is None:
            return None
        before = max((t.end for _, t in found), default=stretch.span[0])
        dated = [m for m in self.raw.periods if before <= m.start < token.end and len(m.periods) == 1 and not m.is_range]
        leaf = Term(indicator=name or "", said=self.operands.words(text), period=str(dated[-1].periods[0]) if dated else "")
        found.append((leaf, token))
        return leaf

    def _blank(self) -> list[Span]:
        """Spans that are no part of a formula: banks, scopes, and periods (期初 and 期末 are, and stay)."""
        timed = [(m.start, m.end) for m in [*self.raw.periods, *self.raw.base_periods] if m.periods or m.relative not in _SOFT]
        return [*timed, *[(s.start, s.end) for s in self.raw.banks], *self.raw.settings]

    def _busy(self, region: Span) -> bool:
        """Whether something else is asked besides the formula."""
        return bool(outside_ops(self.raw, region) & _OTHER)

    def _told_otherwise(self, term: Term, name: str, named: str, stretch: Stretch) -> bool:
        """Whether another operation tells just this: a plain quotient or total of two names, or the usual formula recomputed."""
        leaves, cues = term.leaves(), {hit.cue.op for hit in self.usual.cues}
        if term.sign in ("+", "-") and self._loose(term, stretch):
            return True
        if any(leaf.when or leaf.period for leaf in leaves) or len(leaves) != 2 or term.terms[0].sign or term.terms[1].sign:
            return False
        if named and term.sign == "÷" and Op.RECOMPUTE in cues and quotient_of(self.catalogue.get(named)) == (leaves[0].indicator, leaves[1].indicator):
            return True
        ids = [leaf.indicator for leaf in leaves]
        if not stretch.named and not _FIRM.search(self.raw.text[slice(*stretch.span)]):
            known = all(self.operands.held(name) and not name.startswith(ROW_PREFIX) for name in ids)
            rates = {self.catalogue.get(name).unit.dimension is Dimension.RATIO for name in ids}
            if len(rates) > 1 or (not known and len(self.usual.indicators) == 1):
                return True  # 最大十家客户贷款占资本净额的比例 is a figure of its own
        alike = {span.ref for span in self.usual.indicators} == set(ids) and not name
        return alike and bool(cues & ({Op.RATIO, Op.SHARE} if term.sign == "÷" else {Op.TOTAL} if term.sign == "+" else set()))

    def _loose(self, term: Term, stretch: Stretch) -> bool:
        """Whether + only lists figures (不良率加上拨备覆盖率都给我), or - asks how one figure moved between two dates."""
        leaves = term.leaves()
        rates = all(self.catalogue.get(leaf.indicator).unit.dimension is Dimension.RATIO for leaf in leaves)
        if term.sign == "+":
            return rates and not _SUMMED.search(self.raw.text[slice(*stretch.span)])
        return len(leaves) == 2 and leaves[0].indicator == leaves[1].indicator and bool({hit.cue.op for hit in self.usual.cues} & _CHANGES)

    def _name(self, stretch: Stretch, stretches: Sequence[Stretch]) -> tuple[str, str]:
        """What the question calls the result, and the indicator of that name ("" for none)."""
        for low, high in [*([stretch.lead] if stretch.lead else []), *(other.span for other in _beside(stretch, stretches))]:
            inside = [s for s in self.raw.indicators if low <= s.start and s.end <= high]
            unknown = any(low <= s[0] and s[1] <= high for s in self.raw.unexplained)
            if (low, high) == stretch.lead:
                words = self.operands.words(blanked(self.raw.text, self._blank())[low:high])
                whole = bool(inside) and not unknown and len(words) <= inside[-1].end - inside[-1].start + 2
                if words and not whole:
                    return words, ""
            if inside:
                start = inside[-1].start - 2 if self.raw.text[: inside[-1].start].endswith("平均") else inside[-1].start
                return self.raw.text[start : inside[-1].end], inside[-1].ref
        return "", ""

    def _name_spans(self, stretch: Stretch, stretches: Sequence[Stretch]) -> list[Span]:
        return [other.span for other in _beside(stretch, stretches)[:1]] + ([stretch.lead] if stretch.lead else [])

    def _narrowed(self, term: Term, stretch: Stretch, stretches: Sequence[Stretch]) -> tuple[Term, list[Span] | None]:
        """The term with an operand narrowed by "只算集团外的那部分", and the spans of such words; None where no figure is that narrow."""
        spans = list[Span]()
        for other in stretches:
            if other.span == stretch.span or not (only := _ONLY.search(other.words)):
                continue
            fitting = [leaf for leaf in term.leaves() if not only["of"] or only["of"] in leaf.said]
            rows = [(leaf, self._narrow(leaf, only["what"])) for leaf in fitting]
            hits = [(leaf, row) for leaf, row in rows if row is not None]
            if not hits:
                return term, None
            term = _swapped(term, *hits[0])
            spans.append(other.span)
        return term, spans

    def _narrow(self, leaf: Term, what: str) -> str | None:
        named = next((i for text in (what + leaf.said, f"以{what}计量的{leaf.said}") if (i := self.catalogue.by_name(text))), None)
        return named.id if named else self.operands.row([what, leaf.said])

    def _adjusted(self, stretches: Sequence[Stretch]) -> Worded | None:
        """拨备覆盖率（含…的减值准备）: the usual quotient with something more, or less, above or below the line; its own inputs named (用员工数)."""
        if len(self.usual.indicators) > 2 or not self.raw.indicators:
            return None
        base = self.raw.indicators[0]
        quotient = quotient_of(self.catalogue.get(base.ref))
        others = [s for s in stretches if s.span[0] >= base.end and s.words]
        if quotient is None or not others or self._busy((base.start, max(s.span[1] for s in others))):
            return None
        top, bottom = (Term(indicator=name) for name in quotient)
        name = self.raw.text[base.start : base.end]
        for other in others:
            if used := re.fullmatch(r"(?:用|按|以|拿)(?P<what>.{2,16})", other.words):
                if self.operands.indicator(used["what"], other.span) in quotient:
                    spans = [NameSpan(base.start, base.end, NameKind.INDICATOR, quotient[0]), NameSpan(*other.span, NameKind.INDICATOR, quotient[1])]
                    term = Term("÷", [top, bottom])
                    return self._worded(term, name, base.ref, self._left((base.start, base.end), [other.span], spans, term))
                continue
            more = _WITH.match(other.words) if _WITH_HEAD.match(other.words) else None
            extra = self.operands.indicator(more["what"], other.span) if more else None
            if more is None or extra is None or extra in quotient:
                continue
            parents, sign = self.catalogue.get(extra).parents, "-" if more["less"] else "+"
            if quotient[0] in parents:
                term = Term("÷", [Term(sign, [top, Term(indicator=extra)]), bottom])
            elif quotient[1] in parents:
                term = Term("÷", [top, Term(sign, [bottom, Term(indicator=extra)])])
            else:
                continue
            spans = [NameSpan(base.start, base.end, NameKind.INDICATOR, base.ref), NameSpan(*other.span, NameKind.INDICATOR, extra)]
            return self._worded(term, name, base.ref, self._left((base.start, base.end), [other.span], spans, term))
        return None

    def _left(self, region: Span, more: Sequence[Span], spans: list[NameSpan], term: Term) -> Mentions:
        """The mentions without what the formula, its name and its qualifiers say; of figures each dated, the latest date."""
        gone = [region, *more]
        def outside(start: int, end: int) -> bool:
            return not any(low <= start and end <= high for low, high in gone)

        periods = [m for m in self.raw.periods if not (region[0] <= m.start < region[1] and not m.periods and m.relative in _SOFT)]
        dated = sorted({leaf.period for leaf in term.leaves() if leaf.period})
        if len(dated) > 1:
            periods = [m for m in periods if [str(p) for p in m.periods] == dated[-1:]][:1]
        return replace(
            self.raw, indicators=spans, ambiguous=[], periods=periods, cues=[h for h in self.raw.cues if outside(h.start, h.end)],
            unexplained=[s for s in self.raw.unexplained if outside(*s) and not ASKING.fullmatch(self.raw.text, *s)],
        )

    def _worded(self, term: Term, name: str, named: str, left: Mentions) -> Worded:
        moved = left.base_periods or any(hit.cue.op in _CHANGES for hit in left.cues)
        words = in_words(term, lambda key: self.catalogue.get(key).name)
        operation = Operation(
            Op.FORMULA, base="" if moved else None, against=named or None, expression=words, term=term, name=name, unit=self._unit(name, named),
        )
        asked = _ASKED_UNIT.search(self.raw.text)
        unit = left.unit or ({"亿": "亿元", "万": "万元", "万亿": "万亿元"}.get(asked["unit"], asked["unit"]) if asked else "")
        return Worded(replace(left, unit=unit), operation)

    def _unit(self, name: str, named: str) -> str:
        """The unit of a quotient of like figures: that of the indicator of its name, 倍 for a multiple, else the figures decide (%)."""
        own = self.catalogue.get(named).unit if named else None
        if own is not None and own.dimension is Dimension.RATIO and own.symbol:
            return own.symbol
        return "倍" if _TIMES.search(name or self.raw.text) else ""

    def _refused(self, stretch: Stretch, found: Sequence[tuple[Term, Token]], word: str) -> Worded:
        known = [leaf.indicator for leaf, _ in found if leaf.indicator]
        spans = [NameSpan(t.start, t.end, NameKind.INDICATOR, leaf.indicator) for leaf, t in found if leaf.indicator]
        left = self._left(stretch.span, [], spans, Term())
        names = "、".join(dict.fromkeys(self.catalogue.get(key).name for key in known))
        refusal = Refusal(RefusalCode.NOT_DISCLOSED, f"算式里的“{word}”没有披露，无法按所给公式计算。", f"可改问{names}，或换用报告里的项目名称。")
        return Worded(left, Operation(Op.FORMULA), refusal)


def _states(tokens: Sequence[Token]) -> bool:
    """Whether tokens state a formula: a sign with something on either side, or the mean of both ends of one figure."""
    operands = sum(token.part is Part.OPERAND for token in tokens)
    joined = any(token.part in BINARY for token in tokens) and operands + sum(token.part is Part.NUMBER for token in tokens) > 1
    mean = operands == 1 and any(token.part is Part.MEAN and BOTH_ENDS.fullmatch(token.text) for token in tokens)
    return bool(operands) and (joined or mean)


def _beside(stretch: Stretch, stretches: Sequence[Stretch]) -> list[Stretch]:
    """Other stretches that may name the result: the one that leads to the formula, then those before it, nearest first, then those behind."""
    others = [other for other in stretches if other.span != stretch.span]
    before = sorted((s for s in others if s.span[1] <= stretch.span[0]), key=lambda s: -s.span[1])
    return [*before, *(s for s in others if s.span[0] >= stretch.span[1])]


def _swapped(term: Term, leaf: Term, indicator: str) -> Term:
    if term.sign:
        return replace(term, terms=[_swapped(each, leaf, indicator) for each in term.terms])
    return replace(term, indicator=indicator) if term == leaf else term


def _undated(term: Term) -> Term:
    return replace(term, period="", terms=[_undated(each) for each in term.terms])
