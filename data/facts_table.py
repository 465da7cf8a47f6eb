"""The bundled facts: published figures of Chinese banks, each row validated, each left-out row reported with its reason.

Row sources are ranked by how close they stand to the issuer; of two rows for one key the better class is kept in front and
the other stays beside it in the ledger, so that a disagreement can be shown and never averaged.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from data.banks import BankRegistry, bank_registry
from data.errors import CaizhiError, FactError
from data.evidence import Evidence
from data.figures import Figure, Gaap, Scope
from data.indicators import Indicator, IndicatorCatalogue, indicator_catalogue
from data.periods import Period
from data.units import Quantity

BUNDLED = Path(__file__).parent / "facts" / "bank_facts.csv"
COLLECTION = "bundled"
INDUSTRY = "商业银行"
INDUSTRY_ID = "industry"
_E = TypeVar("_E", Scope, Gaap)


@dataclass(frozen=True)
class SourceClass:
    """How close a source stands to the issuer: rank 0 is best; `primary` are the issuer's own words."""

    rank: int
    label: str
    primary: bool


SOURCE_CLASSES: Mapping[str, SourceClass] = {
    "issuer": SourceClass(0, "发行人披露", True),
    "issuer_filing": SourceClass(0, "发行人公告", True),
    "issuer_filing_ocr": SourceClass(1, "发行人年度报告", True),
    "issuer_flash": SourceClass(2, "业绩快报", True),
    "issuer_parent": SourceClass(3, "发行人母公司年报", True),
    "issuer_presentation": SourceClass(4, "发行人演示材料（镜像）", True),
    "regulator_release": SourceClass(5, "监管发布（转载）", False),
    "digest": SourceClass(6, "发行人公告摘要（第三方整理）", False),
    "release": SourceClass(7, "发行人新闻稿（媒体转载）", False),
}
COLUMNS = (
    "bank", "period", "indicator", "value", "unit", "scope", "gaap", "source_class", "document", "page", "printed_page", "source",
    "audited", "restated", "derived", "note",
)


@dataclass(frozen=True)
class LeftOut:
    """A row that was not loaded: its line in the file (the header is line 1), what it said, and why."""

    line: int
    row: str
    reason: str


@dataclass(frozen=True)
class FactsReport:
    """What a load kept and what it left out."""

    figures: list[Figure]
    left_out: list[LeftOut] = field(default_factory=list)
    sha256: str = ""


def load_facts(path: Path = BUNDLED, banks: BankRegistry | None = None, catalogue: IndicatorCatalogue | None = None) -> FactsReport:
    """Every valid row of a facts table as a figure, and every other row with its reason.

    Raises:
        FactError: the file is missing, not UTF-8, or lacks a column.
    """
    banks, catalogue = banks or bank_registry(), catalogue or indicator_catalogue()
    figures: list[Figure] = []
    left_out: list[LeftOut] = []
    seen: set[tuple[str, ...]] = set()
    for line, row in enumerate(_rows(path), start=2):
        try:
            figure = _figure(row, banks, catalogue)
            identity = (*figure.key, figure.gaap.value, row["source"], row["value"])
            if identity in seen:
                raise FactError("与前面一行完全重复")
        except CaizhiError as error:
            left_out.append(LeftOut(line, f"{row['bank']} {row['period']} {row['indicator']}", str(error)))
            continue
        seen.add(identity)
        figures.append(figure)
    return FactsReport(figures, left_out, facts_digest(path))


def facts_digest(path: Path = BUNDLED) -> str:
    """SHA-256 of the table, the version of what was seeded."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise FactError(f"读不到事实表 {path}：{error}") from error


def _rows(path: Path) -> Iterable[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise FactError(f"事实表 {path.name} 缺少列：{'、'.join(missing)}")
            return [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise FactError(f"读不到事实表 {path}：{error}") from error


def _figure(row: Mapping[str, str], banks: BankRegistry, catalogue: IndicatorCatalogue) -> Figure:
    if row["derived"] == "yes":
        raise FactError("由两个印出数推算，非披露数：计算器会用分子分母重算")
    if row["source_class"] not in SOURCE_CLASSES:
        raise FactError(f"来源级别“{row['source_class']}”不在收录范围")
    if not row["source"]:
        raise FactError("没有来源")
    indicator = catalogue.get(row["indicator"])
    scope = _member(Scope, row["scope"], "口径")
    entity, entity_id = _entity(row["bank"], scope, banks)
    return Figure(
        entity=entity, entity_id=entity_id, indicator=indicator.name, indicator_id=indicator.id, period=Period.parse(row["period"]),
        quantity=_quantity(row, indicator), scope=scope, gaap=_member(Gaap, row["gaap"], "准则"), point=indicator.point,
        audited=row["audited"] == "yes", restated=row["restated"] == "yes", rank=SOURCE_CLASSES[row["source_class"]].rank,
        note=row["note"], evidence=[_evidence(row)], collection=COLLECTION,
    )


def _entity(name: str, scope: Scope, banks: BankRegistry) -> tuple[str, str]:
    if scope is Scope.INDUSTRY:
        return INDUSTRY, INDUSTRY_ID
    bank = banks.by_name(name)
    if bank is None:
        raise FactError(f"银行名录中没有“{name}”")
    return bank.name, bank.id


def _quantity(row: Mapping[str, str], indicator: Indicator) -> Quantity:
    quantity = Quantity.of(row["value"], row["unit"])
    value = quantity.to(indicator.unit).value
    if not indicator.plausible(value):
        raise FactError(f"{indicator.name} {quantity} 超出合理范围 {indicator.low}~{indicator.high}{indicator.unit}")
    return quantity


def _evidence(row: Mapping[str, str]) -> Evidence:
    return Evidence(
        document=row["document"], page=int(row["page"]) if row["page"] else None, printed_page=row["printed_page"],
        quote=_printed(row), source=row["source"], source_class=row["source_class"],
    )


def _printed(row: Mapping[str, str]) -> str:
    """The value as a report prints it: thousands separated, ratios with two decimals."""
    value = Decimal(row["value"])
    return f"{value:,}" if row["unit"] != "%" else f"{value:.{max(2, len(row['value'].partition('.')[2]))}f}"


def _member(kind: type[_E], text: str, what: str) -> _E:
    try:
        return kind(text)
    except ValueError:
        raise FactError(f"{what}“{text}”不认识") from None
