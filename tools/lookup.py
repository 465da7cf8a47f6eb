"""Finding the one figure that a question means: best source first, conflicts shown, gaps explained, ratios computed if need be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from data.banks import BankRegistry
from data.errors import FormulaError, PeriodError, UnitError
from data.figures import Figure, FigureKind, Gaap, Scope
from data.indicators import IndicatorCatalogue, Kind
from data.periods import Part, Period
from data.ports import FigureQuery, FigureStore
from data.refusals import Refusal, RefusalCode
from tools.derivation import derived
from tools.factsheet import FactSheet
from tools.formulas import apply, formulas_for, gather

_CUMULATIVE: Mapping[Part, tuple[Part, Part]] = {
    Part.Q2: (Part.H1, Part.Q1), Part.Q3: (Part.NINE_MONTHS, Part.H1), Part.Q4: (Part.YEAR, Part.NINE_MONTHS), Part.H2: (Part.YEAR, Part.H1),
}

_SIBLINGS: Mapping[str, str] = {
    "net_profit": "net_profit_attributable", "net_profit_attributable": "net_profit", "operating_income": "operating_income_ifrs",
    "operating_income_ifrs": "operating_income", "total_equity": "equity_attributable", "equity_attributable": "total_equity",
    "credit_impairment_loss": "asset_impairment_loss", "cost_income_ratio": "cost_income_ratio_ifrs",
}


@dataclass(frozen=True)
class Wanted:
    """What is looked for. gaap None takes the best source of any; `as_base` prefers restated comparatives (for growth)."""

    entity_id: str
    indicator_id: str
    period: Period
    scope: Scope = Scope.GROUP
    gaap: Gaap | None = None
    as_base: bool = False


class FigureFinder:
    """Finds figures in a store and adds them to one fact sheet."""

    def __init__(self, store: FigureStore, catalogue: IndicatorCatalogue, banks: BankRegistry, sheet: FactSheet, collections: Sequence[str] = ()) -> None:
        self._store = store
        self._catalogue = catalogue
        self._banks = banks
        self._collections = tuple(collections)
        self.sheet = sheet

    def find(self, wanted: Wanted, *, answer: bool = False, compute: bool = True) -> Figure | None:
        """The reported figure, else the one computed by a formula of the registry, in the sheet; None where neither is there."""
        figure = self.reported(wanted)
        if figure is not None:
            return self.sheet.add(figure, answer=answer)
        if not compute:
            return None
        computed = self._single_quarter(wanted) or self._by_formula(wanted)
        return self.sheet.add(computed, answer=answer) if computed is not None else None

    def reported(self, wanted: Wanted) -> Figure | None:
        """The best reported figure, not yet in the sheet."""
        candidates = self.candidates(wanted)
        return candidates[0] if candidates else None

    def candidates(self, wanted: Wanted) -> list[Figure]:
        """Every reported figure for the key, best first: rank, then 中国准则, then original before restated (or the reverse)."""
        period = self._period(wanted)
        query = FigureQuery((wanted.entity_id,), (wanted.indicator_id,), (period,), wanted.scope, wanted.gaap, self._collections)
        found = self._store.find(query)
        return sorted(found, key=lambda figure: (figure.restated is not wanted.as_base, figure.rank, figure.gaap is not Gaap.PRC))

    def rivals(self, figure: Figure) -> list[Figure]:
        """Figures for the same key, of the same 准则, that do not agree with this one at the coarser precision of the two."""
        others = self.candidates(Wanted(figure.entity_id, figure.indicator_id, figure.period, figure.scope))
        return [other for other in others if other.gaap is figure.gaap and not agree(other, figure)]

    def periods(self, wanted: Wanted) -> list[Period]:
        """Periods in which the ledger holds this bank's indicator, oldest first."""
        query = FigureQuery((wanted.entity_id,), (wanted.indicator_id,), (), wanted.scope, wanted.gaap, self._collections)
        return self._store.periods_of(query)

    def held(self, entity_id: str) -> list[Period]:
        """Periods in which the ledger holds anything of a bank, oldest first."""
        return self._store.periods_of(FigureQuery((entity_id,), collections=self._collections))

    def recomputed(self, wanted: Wanted) -> Figure | None:
        """The figure by formula alone, whether or not it is reported; in the sheet."""
        computed = self._by_formula(wanted)
        return self.sheet.add(computed) if computed is not None else None

    def gap(self, wanted: Wanted) -> Refusal:
        """Why a figure cannot be given, and what would help."""
        name = self._catalogue.get(wanted.indicator_id).name
        bank = self._banks.get(wanted.entity_id)
        who = bank.name if bank else wanted.entity_id
        of_bank = FigureQuery((wanted.entity_id,), collections=self._collections)
        held = self._store.periods_of(of_bank)
        if not held:
            have = [b.name for key in self._store.entities_of(FigureQuery(collections=self._collections)) if (b := self._banks.get(key))]
            return Refusal(RefusalCode.MISSING_DOCUMENT, f"库中没有{who}的报告，无法回答其{name}。", f"请导入{who}的报告；现有：{'、'.join(have[:12])}等{len(have)}家。")
        point = self._catalogue.get(wanted.indicator_id).point
        label = wanted.period.label(point=point)
        own = self.periods(wanted)
        if own:
            known = "、".join(period.label(point=point) for period in own[-6:])
            return Refusal(RefusalCode.MISSING_PERIOD, f"库中没有{who}{label}的{name}（{wanted.scope.value}口径）。", f"该指标现有期间：{known}；补充{label}的报告后可答。")
        if wanted.gaap is not None and self.periods(replace(wanted, gaap=None)):
            return Refusal(RefusalCode.NOT_DISCLOSED, f"库中的{who}{name}没有{wanted.gaap.value}口径的数。", "可不限定准则再问，答案会注明所取的准则。")
        if wanted.scope is not Scope.GROUP and self.periods(replace(wanted, scope=Scope.GROUP)):
            return Refusal(RefusalCode.NOT_DISCLOSED, f"库中的{who}资料没有{wanted.scope.value}口径的{name}。", "可改问集团口径，或导入含母公司报表的年度报告。")
        if self._period(wanted) not in held:
            known = "、".join(str(period) for period in held[-6:])
            return Refusal(RefusalCode.MISSING_PERIOD, f"库中没有{who}{label}的资料。", f"现有期间：{known}；补充{label}的报告后可答。")
        return Refusal(RefusalCode.NOT_DISCLOSED, f"库中的{who}资料没有披露{name}，也缺少计算它的分子或分母。", f"{self._nearest(wanted)}或导入披露{name}的报告。")

    def _nearest(self, wanted: Wanted) -> str:
        """What can be asked instead: the disclosed sibling of an indicator, where there is one."""
        sibling = _SIBLINGS.get(wanted.indicator_id)
        if sibling is not None and self.periods(replace(wanted, indicator_id=sibling)):
            return f"该行披露了{self._catalogue.get(sibling).name}，可改问它；"
        return "可改问该行已有的指标，"

    def _period(self, wanted: Wanted) -> Period:
        return wanted.period.same_date() if self._catalogue.get(wanted.indicator_id).point else wanted.period

    def _by_formula(self, wanted: Wanted) -> Figure | None:
        period = self._period(wanted)
        for rule in formulas_for(wanted.indicator_id):
            try:
                inputs, missing = gather(rule.id, period, lambda ids, when: self._first(wanted, ids, when))
                if missing:
                    continue
                return apply(rule.id, {key: self.sheet.add(figure) for key, figure in inputs.items()})
            except (FormulaError, UnitError, PeriodError):
                continue
        return None

    def _first(self, wanted: Wanted, indicator_ids: Sequence[str], period: Period) -> Figure | None:
        for indicator_id in indicator_ids:
            if indicator_id != wanted.indicator_id and indicator_id in self._catalogue:
                figure = self.reported(replace(wanted, indicator_id=indicator_id, period=period))
                if figure is not None:
                    return figure
        return None

    def _single_quarter(self, wanted: Wanted) -> Figure | None:
        """A single quarter of a flow as the difference of two cumulative spans (单季 = 本期累计 − 上期累计)."""
        indicator = self._catalogue.get(wanted.indicator_id)
        if indicator.kind is not Kind.FLOW or wanted.period.part not in _CUMULATIVE:
            return None
        longer, shorter = (Period(wanted.period.year, part) for part in _CUMULATIVE[wanted.period.part])
        through, before = (self.reported(replace(wanted, period=period)) for period in (longer, shorter))
        if through is None or before is None:
            return None
        total, first = self.sheet.add(through), self.sheet.add(before)
        figure = derived(
            [total, first], total.quantity - first.quantity, indicator=indicator.name, indicator_id=indicator.id, kind=FigureKind.COMPUTED,
            formula=f"单季（期）= {longer.label(point=False)}累计 − {shorter.label(point=False)}累计", operation="single_quarter",
        )
        return replace(figure, period=wanted.period)


def agree(one: Figure, other: Figure) -> bool:
    """Whether two printed values say the same at the coarser of their precisions."""
    try:
        converted = other.quantity.to(one.quantity.unit)
    except UnitError:
        return False
    step = max(_step(one), _step(other) * other.quantity.unit.factor / one.quantity.unit.factor)
    return abs(one.quantity.value - converted.value) <= step / 2 or one.quantity.value == converted.value


def _step(figure: Figure) -> Decimal:
    exponent = figure.quantity.value.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
