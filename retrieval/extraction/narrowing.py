"""Statements of a part: which of them need another place of the report to bear them out before they may be the bank's figure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from data.figures import Figure, Scope
from data.indicators import Indicator
from data.periods import Period
from data.units import Quantity
from retrieval.extraction.clauses import Statement
from retrieval.extraction.making import ROW_PREFIX

# Names that every business, region or subsidiary has a value of its own for.
_GENERAL = frozenset(
    "total_loans total_deposits total_assets total_liabilities total_equity npl_ratio npl_balance provision_coverage loan_allowance overdue_loans "
    "overdue_ratio net_profit net_profit_attributable operating_income total_profit operating_profit net_interest_income interest_income "
    "interest_expense net_interest_margin net_interest_spread fee_income net_fee_income operating_expenses credit_impairment_loss staff "
    "outlets personal_customers corporate_customers loan_yield new_loan_rate deposit_cost "
    "non_interest_income cost_income_ratio special_mention_loans credit_cost".split()
)
_BUSINESS = re.compile(
    r"业务|金融|信用卡|理财|托管|普惠|小微|三农|县域|乡村|农村|绿色|科技|养老|供应链|渠道|条线|板块|分行|地区|消费|住房|贷款$|存款$"
)
_WHOLE = re.compile(
    r"业务及管理费|业务概[要述]|业务综述|业务回顾|经营|财务|主要|总体|金融投资|金融资产|金融负债|手续费|利息|收入|支出|资产负债|客户(?:贷|存)款"
)
_TOPIC = re.compile(r"^(?:一是|二是|三是|[(（]?[一二三四五六七八九十\d][)）]?[、.]?)?(?P<topic>[一-鿿]{2,12}?)(?:方面|领域|板块|条线)[,，:：]")


class Confirmed:
    """What the tables of a report say, to check sentences against."""

    def __init__(self, figures: Iterable[Figure] = ()) -> None:
        self._told: dict[tuple[str, object, Scope], list[Quantity]] = defaultdict(list)
        for figure in figures:
            self.add(figure)

    def add(self, figure: Figure) -> None:
        """One more figure that is told."""
        if not figure.indicator_id.startswith(ROW_PREFIX):
            self._told[(figure.indicator_id, figure.period.end, figure.scope)].append(figure.quantity)

    def bears_out(self, indicator: Indicator, period: Period, scope: Scope, quantity: Quantity) -> bool:
        """Whether a table states the same value for the indicator."""
        return any(same(quantity, other) for other in self.told(indicator.id, period, scope))

    def told(self, indicator_id: str, period: Period, scope: Scope) -> Sequence[Quantity]:
        """The values that are told of an indicator."""
        return self._told.get((indicator_id, period.end, scope), ())


def business_of(heading: str, sentence: str) -> str:
    """The line of business that a heading or the opening of a sentence speaks of; "" where it is the bank as a whole."""
    if match := _TOPIC.match(sentence):
        return match["topic"] if _BUSINESS.search(match["topic"]) else ""
    return heading if _BUSINESS.search(heading) and not _WHOLE.search(heading) else ""


def is_of_a_part(statement: Statement, indicator: Indicator, whole: Indicator | None, business: str) -> bool:
    """Whether a statement may be of a part only: of a place or a business, after 其中, or under a heading of one business."""
    if statement.whose:
        return True
    if statement.part and whole is not None and indicator.parents and whole.id not in indicator.parents:
        return True
    return indicator.id in _GENERAL and (statement.part or (bool(business) and statement.subject[:2] not in business))


def same(left: Quantity, right: Quantity) -> bool:
    """Equal within the rounding of the coarser of the two."""
    if left == right:
        return True
    if left.unit.dimension is not right.unit.dimension or left.unit.noun != right.unit.noun:
        return False
    return abs(left.base - right.base) <= max(_step(left), _step(right)) * Decimal("0.51")


def _step(quantity: Quantity) -> Decimal:
    exponent = quantity.value.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * quantity.unit.factor
