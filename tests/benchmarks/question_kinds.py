"""The kinds of generated questions: each draws facts for a wording and says what the right answer is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from data.banks import bank_registry
from data.indicators import indicator_catalogue
from tests.benchmarks.question_gold import Expected, Gold, Key
from tests.benchmarks.question_maker import STEPS, Drawn, Maker, Slots, Unsuitable, reads, wording_file, wordings

AMOUNT_PAIRS = (
    ("net_fee_income", "operating_income"), ("net_interest_income", "operating_income"), ("non_interest_income", "operating_income"),
    ("total_loans", "total_assets"), ("total_deposits", "total_assets"), ("operating_expenses", "operating_income"),
    ("net_profit_attributable", "net_profit"), ("equity_attributable", "total_assets"), ("other_non_interest_income", "operating_income"),
    ("net_profit", "operating_income"), ("net_fee_income", "non_interest_income"),
)  # fmt: skip
RATIO_PAIRS = (
    ("npl_balance", "total_loans"), ("loan_allowance", "npl_balance"), ("loan_allowance", "total_loans"),
    ("operating_expenses", "operating_income"), ("total_loans", "total_deposits"), ("net_interest_income", "operating_income"),
)  # fmt: skip
_UPWARD = re.compile(r"增加|新增|净增|增量|多了|多多少|涨了|增长了")
# "还有X" adds X to the list: showing what was asked before in front of it is right as well.
_ADDS = re.compile(r"还|再[看查]|顺便|另外|接着")
_OF_AMOUNTS = re.compile(r"增|百分之|YoY|亿")


def _one(expected: Expected) -> Gold:
    return Gold(alternatives=((expected,),))


def _all(expected: Sequence[Expected]) -> Gold:
    return Gold(alternatives=(tuple(expected),), every=True)


def _pick(rng: random.Random, items: Sequence[str], count: int) -> list[str]:
    if len(items) < count:
        raise Unsuitable
    return rng.sample(list(items), count)


# ---- one question -------------------------------------------------------------------------------------------------------


def _lookup(maker: Maker) -> Drawn:
    short, english = wording_file()["short_banks"], wording_file()["english_banks"]
    terms = wording_file()["english_names"]
    key = maker.draw(lambda key: (
        (not maker.has("s") or key.bank in short) and (not maker.has("en") or key.bank in english) and (not maker.has("eni") or key.indicator in terms)
    ))  # fmt: skip
    slots = maker.slots(key)
    slots |= {"s": maker.rng.choice(short.get(key.bank, [""])), "en": maker.rng.choice(english.get(key.bank, [""]))}
    slots |= {"eni": maker.rng.choice(terms.get(key.indicator, [""])), "code": maker.rng.choice(_codes(key.bank, glued="{code}{y}" in maker.wording))}
    return slots, _one(maker.facts.expected(key)), ()


def _codes(bank: str, glued: bool) -> list[str]:
    """Exchange codes as they are written; `glued`: a year follows at once, so the code must end in letters."""
    found = bank_registry().by_name(bank)
    codes: list[str] = []
    if found and found.a_share:
        digits, _, market = found.a_share.partition(".")
        codes += [digits, digits, found.a_share, market + digits]
    if found and found.h_share:
        codes.append(found.h_share)
    return [code for code in codes if not glued or not code[-1].isdigit()]


def _half(maker: Maker) -> Drawn:
    keys = [key for key in maker.facts.values if key.period.endswith("H1") and key.indicator in maker.names and reads(maker.wording, key.indicator)]
    key = maker.rng.choice(sorted(keys, key=str))
    return maker.slots(key), _one(maker.facts.expected(key)), ()


def _lay(maker: Maker) -> Drawn:
    meant = maker.about.split(",")
    key = maker.draw(lambda key: key.indicator in meant)
    same = [Key(key.bank, indicator, key.period) for indicator in meant]
    right = [(maker.facts.expected(item),) for item in same if item in maker.facts.values]
    # A lay word for the ratio may as well be answered by the two amounts divided.
    bad, loans = Key(key.bank, "npl_balance", key.period), Key(key.bank, "total_loans", key.period)
    if meant == ["npl_ratio"] and bad in maker.facts.values and loans in maker.facts.values:
        right.append((maker.facts.quotient(bad, loans),))
    return maker.slots(key), Gold(alternatives=tuple(right)), ()


def _bank_scope(maker: Maker) -> Drawn:
    key = maker.rng.choice(maker.facts.annual("本行"))
    return maker.slots(key), _one(maker.facts.expected(key)), ()


def _several(maker: Maker) -> Drawn:
    key = maker.draw()
    same = sorted({other.indicator for other in maker.facts.annual() if (other.bank, other.period) == (key.bank, key.period)} & set(maker.names) - {key.indicator})
    extra = _pick(maker.rng, same, 2 if maker.has("i3") else 1)
    slots = maker.slots(key) | {f"i{number}": maker.name(indicator) for number, indicator in enumerate(extra, start=2)}
    return slots, _all([maker.facts.expected(item) for item in (key, *(Key(key.bank, other, key.period) for other in extra))]), ()


# ---- change -------------------------------------------------------------------------------------------------------------


def _changing(maker: Maker, ratio: bool | None, gap: tuple[int, ...]) -> tuple[Key, Key]:
    """A key and an earlier one, both originally stated under one standard, changing the way the wording says."""
    def suits(key: Key) -> bool:
        bases = [key.at(key.year - years) for years in gap]
        return (ratio is None or maker.is_ratio(key) == ratio) and any(maker.facts.comparable((key, base)) for base in bases)
    key = maker.draw(suits)
    base = maker.rng.choice([key.at(key.year - years) for years in gap if maker.facts.comparable((key, key.at(key.year - years)))])
    step = maker.facts.values[key].value - maker.facts.values[base].value
    if not step or (step < 0 and _UPWARD.search(maker.wording)):
        raise Unsuitable
    if "新增" in maker.wording and not indicator_catalogue().get(key.indicator).point:
        raise Unsuitable
    return key, base


def _direction(maker: Maker, key: Key, base: Key) -> Slots:
    up = maker.facts.values[key].value > maker.facts.values[base].value
    words = ("上升", "下降") if maker.is_ratio(key) else ("增加", "减少")
    return {"dir": words[not up], "y1": str(base.year), "yn": str(key.year)}


def _difference(ratio: bool, gap: tuple[int, ...]) -> Callable[[Maker], Drawn]:
    def make(maker: Maker) -> Drawn:
        key, base = _changing(maker, ratio, gap)
        return maker.slots(key) | _direction(maker, key, base), _one(maker.facts.difference(key, base)), ()
    return make


def _growth(maker: Maker) -> Drawn:
    key, base = _changing(maker, False, (1,))
    return maker.slots(key), _one(maker.facts.growth(key, base)), ()


def _cagr(maker: Maker) -> Drawn:
    key, base = _changing(maker, False, (2, 3, 4))
    return maker.slots(key) | _direction(maker, key, base), _one(maker.facts.cagr(key, base)), ()


def _trend_keys(maker: Maker, latest: bool) -> list[Key]:
    """Consecutive clean years; `latest`: the three last ones that the table holds for the bank and indicator."""
    length = 3 if latest else maker.rng.choice((3, 4, 5))
    def suits(key: Key) -> bool:
        newest = not latest or not any(key.at(year) in maker.facts.values for year in range(key.year + 1, key.year + 9))
        return newest and maker.facts.comparable([key.at(key.year - back) for back in range(length)])
    key = maker.draw(suits)
    return [key.at(key.year - back) for back in reversed(range(length))]


def _trend(latest: bool) -> Callable[[Maker], Drawn]:
    def make(maker: Maker) -> Drawn:
        keys = _trend_keys(maker, latest)
        slots = maker.slots(keys[-1]) | {"y1": str(keys[0].year), "yn": str(keys[-1].year)}
        return slots, _all([maker.facts.expected(key) for key in keys]), ()
    return make


# ---- several banks, shares ----------------------------------------------------------------------------------------------


def _banks(number: int) -> Callable[[Maker], Drawn]:
    def make(maker: Maker) -> Drawn:
        key = maker.draw()
        others = _pick(maker.rng, maker.others(key), number - 1)
        slots = maker.slots(key) | {f"b{index}": maker.bank(bank) for index, bank in enumerate(others, start=2)}
        return slots, _all([maker.facts.expected(Key(bank, key.indicator, key.period)) for bank in (key.bank, *others)]), ()
    return make


def _extreme(maker: Maker, keys: Sequence[Key]) -> tuple[str, Expected]:
    """A superlative and the one figure that it names."""
    ratio, point = maker.is_ratio(keys[0]), indicator_catalogue().get(keys[0].indicator).point
    high, low = ("最高", "最低") if ratio else ("最大", "最小") if point else ("最多", "最少")
    top = maker.rng.random() < 0.5
    ordered = sorted(keys, key=lambda key: maker.facts.values[key].value, reverse=top)
    if maker.facts.values[ordered[0]].value == maker.facts.values[ordered[1]].value:
        raise Unsuitable
    return (high if top else low), maker.facts.expected(ordered[0])


def _rank_named(maker: Maker) -> Drawn:
    key = maker.draw()
    banks = [key.bank, *_pick(maker.rng, maker.others(key), 2)]
    word, first = _extreme(maker, [Key(bank, key.indicator, key.period) for bank in banks])
    return maker.slots(key) | {"b2": maker.bank(banks[1]), "b3": maker.bank(banks[2]), "sup": word}, _one(first), ()


def _rank_all(maker: Maker) -> Drawn:
    key = maker.draw(lambda key: key.indicator != "operating_income_ifrs")
    banks = [key.bank, *maker.others(key)]
    absent = [Key(bank, key.indicator, key.period) for bank in maker.facts.banks - set(banks)]
    if len(banks) < 4 or any(item in maker.facts.disputed or maker.facts.computable(item) for item in absent):
        raise Unsuitable
    word, first = _extreme(maker, [Key(bank, key.indicator, key.period) for bank in banks])
    return maker.slots(key) | {"sup": word}, _one(first), ()


def _quotient(pairs: Sequence[tuple[str, str]]) -> Callable[[Maker], Drawn]:
    def make(maker: Maker) -> Drawn:
        part, whole = maker.rng.choice(pairs)
        key = maker.draw(lambda key: key.indicator == part and maker.facts.comparable((key, Key(key.bank, whole, key.period))))
        other = Key(key.bank, whole, key.period)
        return maker.slots(key) | {"i2": maker.name(whole)}, _one(maker.facts.quotient(key, other)), ()
    return make


# ---- conversations ------------------------------------------------------------------------------------------------------


def _step(maker: Maker, key: Key, wording: str) -> tuple[Key, Slots]:
    """The fact that a follow-up leads to, by the slots that its wording replaces."""
    bank, indicator, period = (("{" + slot + "}") in wording for slot in ("b2", "i2", "y2"))
    def suits(new: Key) -> bool:
        return (new.bank != key.bank) == bank and (new.indicator != key.indicator) == indicator and (new.period != key.period) == period
    new = maker.draw(suits, wording)
    return new, {"b2": maker.bank(new.bank), "i2": maker.name(new.indicator), "y2": str(new.year)}


def _follow(maker: Maker) -> Drawn:
    key = maker.draw(wording="")
    opening, slots = maker.first_turn(key)
    new, changed = _step(maker, key, maker.wording)
    return slots | changed, _last(maker, new), (opening,)


def _long(maker: Maker) -> Drawn:
    """Two or three follow-ups on one opening question; the last one is graded."""
    key = maker.draw(wording="")
    opening, slots = maker.first_turn(key)
    turns = [opening]
    for kind in _pick(maker.rng, [kind for kind in STEPS if maker.wording not in wordings(kind, maker.split)], maker.rng.choice((1, 2))):
        text = maker.rng.choice([line for line in wordings(kind, maker.split) if not _ADDS.search(line)])
        key, changed = _step(maker, key, text)
        turns.append(maker.fill(text, slots | changed))
    new, changed = _step(maker, key, maker.wording)
    return slots | changed, _last(maker, new), tuple(turns)


def _last(maker: Maker, key: Key) -> Gold:
    answer = maker.facts.expected(key)
    return _all([answer]) if _ADDS.search(maker.wording) else _one(answer)


def _prior(maker: Maker) -> Drawn:
    key = maker.draw(lambda key: key.at(key.year - 1) in maker.facts.values)
    opening, slots = maker.first_turn(key)
    return slots, _one(maker.facts.expected(key.at(key.year - 1))), (opening,)


def _add_bank(maker: Maker) -> Drawn:
    key = maker.draw()
    opening, slots = maker.first_turn(key)
    other = Key(_pick(maker.rng, maker.others(key), 1)[0], key.indicator, key.period)
    return slots | {"b2": maker.bank(other.bank)}, _all([maker.facts.expected(key), maker.facts.expected(other)]), (opening,)


def _then_change(maker: Maker) -> Drawn:
    key, base = _changing(maker, False if _OF_AMOUNTS.search(maker.wording) else None, (1,))
    opening, slots = maker.first_turn(key)
    return slots | _direction(maker, key, base), _one(maker.facts.difference(key, base)), (opening,)


def _then_growth(maker: Maker) -> Drawn:
    key, base = _changing(maker, False if _OF_AMOUNTS.search(maker.wording) else None, (1,))
    opening, slots = maker.first_turn(key)
    answer = maker.facts.difference(key, base) if maker.is_ratio(key) else maker.facts.growth(key, base)
    return slots, _one(answer), (opening,)


def _then_trend(maker: Maker) -> Drawn:
    keys = _trend_keys(maker, latest=True)
    opening, slots = maker.first_turn(keys[-1])
    return slots, _all([maker.facts.expected(key) for key in keys]), (opening,)


# ---- refusals -----------------------------------------------------------------------------------------------------------


def _refusal(code: str, words: str = "") -> Callable[[Maker], Drawn]:
    """A question about a fact's bank, indicator and year in which one word stands for what cannot be answered."""
    def make(maker: Maker) -> Drawn:
        word = maker.rng.choice(wording_file()[words]) if words else ""
        return maker.slots(maker.draw()) | {"w": word}, Gold(code), ()
    return make


def _no_facts_bank(maker: Maker) -> Drawn:
    silent = sorted(bank.name for bank in bank_registry() if bank.listed and bank.name not in maker.facts.banks)
    return maker.slots(maker.draw()) | {"w": maker.rng.choice(silent)}, Gold("missing_document"), ()


def _no_period(maker: Maker) -> Drawn:
    key = maker.draw()
    absent = [year for year in range(2010, 2031) if year not in maker.facts.years_of[key.bank]]
    return maker.slots(key.at(maker.rng.choice(absent))), Gold("missing_period"), ()


def _not_disclosed(maker: Maker) -> Drawn:
    catalogue = indicator_catalogue()
    unstated = [item for item in wording_file()["not_disclosed"] if catalogue.get(item).formula is None]
    name = catalogue.get(maker.rng.choice(unstated)).name
    return maker.slots(maker.draw(wording="")) | {"w": name}, Gold("not_disclosed"), ()


KINDS: Mapping[str, Callable[[Maker], Drawn]] = {
    "lookup": _lookup, "lookup_year": _lookup, "lookup_half": _half, "lookup_code": _lookup, "lookup_short": _lookup,
    "lookup_english": _lookup, "lookup_lay": _lay, "change_ratio": _difference(True, (1,)), "change_amount": _difference(False, (1,)),
    "growth": _growth, "two_years_ratio": _difference(True, (2, 3)), "two_years_amount": _difference(False, (2, 3)),
    "two_banks": _banks(2), "three_banks": _banks(3), "rank_named": _rank_named, "rank_all": _rank_all, "trend_range": _trend(False),
    "trend_recent": _trend(True), "cagr": _cagr, "share": _quotient(AMOUNT_PAIRS), "several": _several,
    "recompute": _quotient(RATIO_PAIRS), "bank_scope": _bank_scope, "chain_indicator": _follow, "chain_year": _follow,
    "chain_prior": _prior, "chain_add_bank": _add_bank, "chain_swap_bank": _follow, "chain_change": _then_change,
    "chain_growth": _then_growth, "chain_trend": _then_trend, "chain_correct": _follow, "chain_long": _long,
    "refuse_unknown_bank": _refusal("missing_document", "unknown_banks"), "refuse_no_facts_bank": _no_facts_bank,
    "refuse_period": _no_period, "refuse_not_disclosed": _not_disclosed, "refuse_not_applicable": _refusal("not_applicable", "not_applicable"),
    "refuse_ambiguous": _refusal("ambiguous", "ambiguous"), "refuse_no_bank": _refusal("ambiguous"),
}  # fmt: skip
