"""Whose figures an exercise tells: banks of the registry and made-up ones, how a question names them, and the reports they publish."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from data.banks import Bank, BankType, bank_registry
from data.evidence import Evidence
from data.periods import Part, Period

_PLACES = (
    "云川 江滨 海宁湾 华岭 南澄 安庐 泰宁湖 远州 青原 临浦 定陵 锦阳 平湖山 瑞河 永昌江 盛泽 长岭 东屏 西泠 北辰 岚山 "
    "沁川 湘原 浔阳江 赣源 黔岭 滇海 陇川 晋源 冀原 鲁滨 "
    "苏源 浙滨 闽海 粤川 桂岭 琼湾 渝川 蜀岭 皖江 豫原 鄂川 辽滨 吉原 松江源 甬海 穗川 榕川 庐江源 汴原"
).split()
_KINDS = ("银行", "银行", "农商银行", "农村商业银行", "商业银行")
_REPORTS = {
    Part.YEAR: "年年度报告", Part.H1: "年半年度报告", Part.H2: "年年度报告", Part.Q1: "年第一季度报告", Part.Q2: "年半年度报告",
    Part.Q3: "年第三季度报告", Part.Q4: "年年度报告", Part.NINE_MONTHS: "年第三季度报告", Part.DAY: "年年度报告",
}
_SIZES = {
    BankType.STATE_LARGE: (12_000_000, 48_000_000), BankType.JOINT_STOCK: (1_500_000, 12_000_000), BankType.CITY: (150_000, 3_500_000),
    BankType.RURAL: (60_000, 1_400_000), BankType.POLICY: (4_000_000, 20_000_000), BankType.PRIVATE: (30_000, 500_000),
    BankType.FOREIGN_OWNED: (80_000, 700_000),
}
_HELD_SHARE = 10


@dataclass(frozen=True, slots=True)
class Issuer:
    """One bank of an exercise. `spoken`: the names a question may use, the usual one first. sizes: range of 资产总额 in 百万元."""

    id: str
    name: str
    spoken: tuple[str, ...]
    sizes: tuple[int, int]
    weight: int


def is_held(*words: str) -> bool:
    """Whether a name falls into the tenth that is kept from training; the same one on every machine."""
    return int(sha256("|".join(words).encode()).hexdigest()[:8], 16) % _HELD_SHARE == 0


@lru_cache(maxsize=4)
def issuers(held: bool | None = None) -> tuple[Issuer, ...]:
    """All banks, or only those kept from training (True) or not kept (False)."""
    known = [Issuer(bank.id, bank.name, _spoken(bank), _SIZES[bank.type], 8 if bank.listed else 1) for bank in bank_registry()]
    made = [Issuer("", f"{place}{kind}", (f"{place}{kind}",), (60_000, 3_000_000), 2) for place in _PLACES for kind in dict.fromkeys(_KINDS)]
    made = [issuer for issuer in made if bank_registry().by_name(issuer.name) is None]
    return tuple(issuer for issuer in (*known, *made) if held is None or is_held("bank", issuer.name) is held)


def _spoken(bank: Bank) -> tuple[str, ...]:
    return (bank.name, *[name for name in bank.short_names if not name.isascii()][:3])


@lru_cache(maxsize=4)
def _weights(held: bool | None) -> list[int]:
    total = 0
    return [total := total + issuer.weight for issuer in issuers(held)]


def draw_issuers(chance: random.Random, count: int, held: bool | None) -> list[Issuer]:
    """`count` different banks; those of the stock exchange most often."""
    found: dict[str, Issuer] = {}
    while len(found) < count:
        issuer = chance.choices(issuers(held), cum_weights=_weights(held))[0]
        found.setdefault(issuer.name, issuer)
    return list(found.values())


def asset_size(chance: random.Random, issuer: Issuer) -> Decimal:
    """资产总额 in 百万元 of a bank of its kind."""
    low, high = issuer.sizes
    return Decimal(chance.randint(low, high))


def spoken_name(chance: random.Random, issuer: Issuer) -> str:
    """The name as typed in a question."""
    return issuer.spoken[0] if len(issuer.spoken) == 1 or chance.random() < 0.55 else chance.choice(issuer.spoken[1:])


def spoken_names(chance: random.Random, those: Sequence[Issuer]) -> str:
    """Several names as typed: 招行、工行和建行."""
    names = [spoken_name(chance, issuer) for issuer in those]
    joint = chance.choice(("和", "、", "与", "跟", "以及" if len(names) > 2 else "和"))
    return "、".join(names[:-1]) + joint + names[-1]


def report_evidence(chance: random.Random, issuer: Issuer, period: Period, page: int) -> Evidence:
    """The place of a figure in the report of its period."""
    return Evidence(document=f"{issuer.name}{period.year}{_REPORTS[period.part]}", page=page, source_class="issuer_report")
