"""The registry of Chinese banks: every name, short name and code that a report or a question may use for a bank.

Two strengths of name:

- strong (`names()`): the name, the legal name, the short names and the English names. Each stands for its bank
  wherever it is found, so a longest-match scanner may use them as they are - provided it asks `stands_as_name`
  about each hit, since 上海银行 also begins 上海银行间同业拆放利率 and 中行 hides in 其中行业. Latin names want
  word bounds.
- weak (`weak_names()`): a bare place or group (宁波, 平安, 中信), a common word (工商, 成行) or letters that other
  words contain (苏银 in 江苏银行业). They count only where a bank is expected: in a comparison (和宁波比), in a list
  of banks, or as the whole of a slot.

`by_name` is such a place - the caller says that the text is a bank - so it takes both, and every form of a code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from data.catalogue_files import read_yaml_list
from data.errors import CatalogueError

CATALOGUE = Path(__file__).parent / "catalogue"
BANKS_FILE = "banks.yaml"
GROUPS_FILE = "bank_groups.yaml"

_TRADITIONAL = (
    "實國銀農業東發興華廣連長蘭慶貴陽鄭島蘇廈齊魯無陰張紅錦遼瀋滬漢濱濟瀘賓臺進開儲郵"
    "設滙匯豐恆寧內烏龍溫紹贛饒灣煙萊棗莊滄寶營際馬亞嶺蘆爾壽聯眾億網蒼瑪緬齡門鴨濰義豬"
)
_SIMPLIFIED = (
    "实国银农业东发兴华广连长兰庆贵阳郑岛苏厦齐鲁无阴张红锦辽沈沪汉滨济泸宾台进开储邮"
    "设汇汇丰恒宁内乌龙温绍赣饶湾烟莱枣庄沧宝营际马亚岭芦尔寿联众亿网苍玛缅龄门鸭潍义猪"
)
_SIMPLER = str.maketrans(_TRADITIONAL, _SIMPLIFIED)

_CODE = re.compile(
    r"(?:(?P<before>SH|SZ|HK|SSE|SZSE|HKEX|SEHK)[.:\-]?)?(?P<digits>\d{1,6})"
    r"(?:[.:\-]?(?P<after>SH|SS|SZ|HK|XSHG|XSHE|XHKG))?"
)
_EXCHANGES = {
    "SS": "SH", "SSE": "SH", "XSHG": "SH", "SZSE": "SZ", "XSHE": "SZ", "HKEX": "HK", "SEHK": "HK", "XHKG": "HK",
}  # fmt: skip
_A_SHARE = re.compile(r"6\d{5}\.SH|[03]\d{5}\.SZ")
_H_SHARE = re.compile(r"\d{5}\.HK")

_GROUP_KEYS = frozenset(("id", "name", "aliases", "members", "select"))
_SELECT_KEYS = frozenset(("type", "listed", "market"))

# What follows tells that the letters name a trade, a market, an authority or a foreign arm, not the bank itself.
_NOT_AFTER = re.compile(r"[走驶]|业(?![绩务])|间(?!接)|保险监|监督管理|家协会|[(（](?:香港|亚洲|澳门|国际|欧洲)")
# A short name ending in 行 that begins inside another word: the two characters around its start.
_BLENDS = frozenset((
    "其中", "集中", "当中", "之中", "华中", "施工", "加工", "手工", "员工", "职工", "复工", "开工", "竣工", "分工",
    "化工", "军工", "成交", "提交", "递交", "移交", "外交", "上交", "福建", "基建", "扩建", "新建", "改建", "组建",
    "筹建", "构建", "共建", "修建", "兴建", "重建", "创建", "在建", "三农", "惠农", "支农", "涉农", "助农", "黄浦",
    "青浦",
))  # fmt: skip
_ADDING = frozenset(("再加", "外加", "添加", "追加", "也加", "另加", "并加"))


class BankType(StrEnum):
    """The regulator's classes of banks, as analysts group them."""

    STATE_LARGE = "state_large"
    JOINT_STOCK = "joint_stock"
    CITY = "city"
    RURAL = "rural"
    POLICY = "policy"
    PRIVATE = "private"
    FOREIGN_OWNED = "foreign_owned"


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank. Codes are canonical: 600036.SH, 03968.HK; a bank that left the exchange keeps its code, unlisted.

    `peers` are ids of its customary comparison set (an editorial choice), empty for most.
    """

    id: str
    name: str
    legal_name: str
    short_names: tuple[str, ...]
    weak_names: tuple[str, ...]
    english: tuple[str, ...]
    a_share: str | None
    h_share: str | None
    type: BankType
    listed: bool
    headquarters: str = ""
    peers: tuple[str, ...] = ()

    @property
    def strong_names(self) -> tuple[str, ...]:
        """Every name that stands alone, the preferred one first."""
        return (self.name, self.legal_name, *self.short_names, *self.english)

    @property
    def codes(self) -> tuple[str, ...]:
        """The canonical codes that the bank has or had."""
        return tuple(code for code in (self.a_share, self.h_share) if code)


_BANK_KEYS = frozenset(field.name for field in fields(Bank))


def simplify(text: str) -> str:
    """Traditional characters of bank names made simplified, one for one, so that offsets into `text` still hold."""
    return text.translate(_SIMPLER)


@lru_cache(maxsize=4096)
def fold_name(text: str) -> str:
    """The form in which names are compared: NFKC, simplified, case folded, without blanks."""
    return "".join(simplify(unicodedata.normalize("NFKC", text)).casefold().split())


def canonical_code(text: str) -> str | None:
    """A share code in any usual form as 600036.SH or 03968.HK; None when the text is no such code.

    A bare number is a code with six digits (mainland) or with five (Hong Kong): shorter ones may be years or amounts.
    """
    match = _CODE.fullmatch("".join(unicodedata.normalize("NFKC", text).upper().split()))
    if match is None or (match["before"] and match["after"]):
        return None
    digits, named = match["digits"], match["before"] or match["after"]
    exchange = _EXCHANGES.get(named, named) if named else {6: _mainland(digits), 5: "HK"}.get(len(digits))
    if exchange is None:
        return None
    code = f"{digits.zfill(5) if exchange == 'HK' else digits}.{exchange}"
    return code if (_H_SHARE if exchange == "HK" else _A_SHARE).fullmatch(code) else None


def _mainland(digits: str) -> str:
    return "SH" if digits.startswith("6") else "SZ"


def stands_as_name(text: str, start: int, end: int) -> bool:
    """Whether text[start:end], a strong name, is the bank there and not part of another word (银行业, 其中行业)."""
    before, after = simplify(text[max(0, start - 2) : start + 1]), simplify(text[end : end + 4])
    if _NOT_AFTER.match(after) or before.startswith("法国"):
        return False
    # 加工 is a word, but 再加工行 adds a bank.
    return not (end - start == 2 and start > 0 and before[-2:] in _BLENDS and before[:2] not in _ADDING)


class BankRegistry:
    """All banks and the groups analysts speak of; immutable once loaded. Iterates in catalogue order."""

    def __init__(self, banks: Iterable[Bank], groups: Mapping[str, tuple[Bank, ...]]) -> None:
        self._banks = {bank.id: bank for bank in banks}
        self._groups = MappingProxyType(dict(groups))
        printed = {form: bank for bank in self for name in bank.strong_names for form in _printed_forms(name)}
        self._names = MappingProxyType(printed)
        self._weak = MappingProxyType({name: bank for bank in self for name in bank.weak_names})
        self._folded = {fold_name(name): bank for bank in self for name in (*bank.strong_names, *bank.weak_names)}
        self._codes = MappingProxyType({code: bank for bank in self for code in bank.codes})

    @classmethod
    def load(cls, directory: Path | None = None) -> Self:
        """Reads banks.yaml and bank_groups.yaml, the packaged ones unless a directory is given.

        Raises CatalogueError, naming file and entry, for anything malformed or claimed twice.
        """
        folder = directory or CATALOGUE
        banks = tuple(_bank(row, where) for row, where in _rows(folder / BANKS_FILE))
        _check_unique(banks)
        return cls(banks, _groups(folder / GROUPS_FILE, banks))

    def extended(self, extra: Iterable[Bank]) -> BankRegistry:
        """This registry with further banks (of documents whose bank it does not know); an id that it has stays as it is."""
        fresh = [bank for bank in extra if bank.id not in self._banks]
        return BankRegistry([*self, *fresh], self._groups) if fresh else self

    def __iter__(self) -> Iterator[Bank]:
        return iter(self._banks.values())

    def __len__(self) -> int:
        return len(self._banks)

    def get(self, bank_id: str) -> Bank | None:
        """The bank of a canonical id, or None."""
        return self._banks.get(bank_id)

    def by_name(self, text: str) -> Bank | None:
        """The bank that the whole text names, by any name, strong or weak, or a code in any form; else None."""
        code = canonical_code(text)
        return (self._codes.get(code) if code else None) or self._folded.get(fold_name(text))

    def names(self) -> Mapping[str, Bank]:
        """Every strong name as printed (full-width and NFKC form) to its bank, for a longest-match scanner."""
        return self._names

    def weak_names(self) -> Mapping[str, Bank]:
        """The names that count only where a bank is expected."""
        return self._weak

    def codes(self) -> Mapping[str, Bank]:
        """Canonical codes to banks."""
        return self._codes

    def groups(self) -> Mapping[str, tuple[Bank, ...]]:
        """Every group name and alias (六大行, 股份制银行) to its banks, in catalogue order."""
        return self._groups

    def peers(self, bank: Bank) -> tuple[Bank, ...]:
        """The customary comparison set; without one, the other listed banks of the same type."""
        if bank.peers:
            return tuple(self._banks[peer] for peer in bank.peers)
        return tuple(other for other in self if other.listed and other.type == bank.type and other.id != bank.id)


@lru_cache(maxsize=1)
def bank_registry() -> BankRegistry:
    """The packaged registry, read once per process."""
    return BankRegistry.load()


def _printed_forms(name: str) -> set[str]:
    return {name, unicodedata.normalize("NFKC", name)}


def _rows(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """The entries of a catalogue file, each with the words that name it in an error."""
    loaded = read_yaml_list(path)
    if not loaded:
        raise CatalogueError(f"{path.name} must be a list of entries")
    for number, row in enumerate(loaded, start=1):
        yield row, f"{path.name}, entry {number} ({row.get('id', 'no id')})"


def _only(row: dict[str, Any], allowed: frozenset[str], where: str) -> None:
    if unknown := sorted(str(key) for key in row if key not in allowed):
        raise CatalogueError(f"{where}: unknown key {', '.join(unknown)}")


def _text(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CatalogueError(f"{where}: {key} must be a text")
    return value


def _texts(row: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = row.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise CatalogueError(f"{where}: {key} must be a list of texts")
    return tuple(values)


def _code(row: dict[str, Any], key: str, shape: re.Pattern[str], where: str) -> str | None:
    value = row.get(key)
    if value is not None and not (isinstance(value, str) and shape.fullmatch(value)):
        raise CatalogueError(f"{where}: {key} {value!r} is not a code of that exchange")
    return value


def _bank(row: dict[str, Any], where: str) -> Bank:
    _only(row, _BANK_KEYS, where)
    kind, listed = _text(row, "type", where), row.get("listed")
    if kind not in set(BankType):
        raise CatalogueError(f"{where}: type {kind!r} is not one of {', '.join(BankType)}")
    if not isinstance(listed, bool):
        raise CatalogueError(f"{where}: listed must be true or false")
    bank = Bank(
        id=_text(row, "id", where), name=_text(row, "name", where), legal_name=_text(row, "legal_name", where),
        short_names=_texts(row, "short_names", where), weak_names=_texts(row, "weak_names", where),
        english=_texts(row, "english", where), a_share=_code(row, "a_share", _A_SHARE, where),
        h_share=_code(row, "h_share", _H_SHARE, where), type=BankType(kind), listed=listed,
        headquarters=_text(row, "headquarters", where), peers=_texts(row, "peers", where),
    )  # fmt: skip
    if listed and not bank.codes:
        raise CatalogueError(f"{where}: a listed bank needs a code")
    return bank


def _check_unique(banks: tuple[Bank, ...]) -> None:
    """No id, name or code may be claimed twice, by two banks or by one; peers must be other banks of the registry."""
    ids, owners = {bank.id for bank in banks}, dict[str, str]()
    for number, bank in enumerate(banks, start=1):
        where = f"{BANKS_FILE}, entry {number} ({bank.id})"
        # A bank whose legal name is its usual name (国家开发银行) says it in both fields.
        names = dict.fromkeys((*bank.strong_names[:2], f"id {bank.id}"))
        for claim in (*names, *bank.short_names, *bank.english, *bank.weak_names, *bank.codes):
            if (key := fold_name(claim)) in owners:
                raise CatalogueError(f"{where}: {claim} is already taken by {owners[key]}")
            owners[key] = bank.id
        for peer in bank.peers:
            if peer not in ids or peer == bank.id:
                raise CatalogueError(f"{where}: peer {peer} is not another bank of the registry")


def _groups(path: Path, banks: tuple[Bank, ...]) -> dict[str, tuple[Bank, ...]]:
    """Every group name and alias to its banks; names may collide neither with each other nor with a bank's."""
    taken = {fold_name(name) for bank in banks for name in (*bank.strong_names, *bank.weak_names)}
    groups: dict[str, tuple[Bank, ...]] = {}
    for row, where in _rows(path):
        _only(row, _GROUP_KEYS, where)
        members = _selected(row, banks, where) if "select" in row else _listed_members(row, banks, where)
        if not members:
            raise CatalogueError(f"{where}: the group holds no bank")
        for name in (_text(row, "name", where), *_texts(row, "aliases", where)):
            if fold_name(name) in taken:
                raise CatalogueError(f"{where}: {name} is already taken")
            taken.add(fold_name(name))
            groups[name] = members
    return groups


def _listed_members(row: dict[str, Any], banks: tuple[Bank, ...], where: str) -> tuple[Bank, ...]:
    wanted = _texts(row, "members", where)
    if unknown := sorted(set(wanted) - {bank.id for bank in banks}):
        raise CatalogueError(f"{where}: no bank has the id {', '.join(unknown)}")
    return tuple(bank for bank in banks if bank.id in wanted)


def _selected(row: dict[str, Any], banks: tuple[Bank, ...], where: str) -> tuple[Bank, ...]:
    select = row["select"]
    if not isinstance(select, dict) or "members" in row:
        raise CatalogueError(f"{where}: select must be a mapping, and stand without members")
    _only(select, _SELECT_KEYS, f"{where}, select")
    kind, listed, market = select.get("type"), select.get("listed"), select.get("market")
    if (kind is not None and kind not in set(BankType)) or listed not in (None, True, False):
        raise CatalogueError(f"{where}: select names no known type or listing")
    if market not in (None, "a_share", "h_share"):
        raise CatalogueError(f"{where}: market {market!r} is not a_share or h_share")
    return tuple(
        bank for bank in banks
        if kind in (None, bank.type) and listed in (None, bank.listed) and (market is None or getattr(bank, market))
    )  # fmt: skip
