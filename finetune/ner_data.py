"""Generated sentences with exact entity spans, for training the tagger: frames, catalogue and registry names, and invented ones.

A frame is filled by slots that know their type, so that spans are exact by construction. About two indicators in five and
most companies are *invented* (拆箱 + 回款额, 某地 + 某字号 + 证券): what the tagger must learn is what no catalogue can list.
`finetune.ner_noise` then perturbs the sentences; nothing here reads a real report.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from data.banks import bank_registry
from data.catalogue_files import read_yaml_list
from data.indicators import indicator_catalogue
from data.units import Dimension
from finetune.ner_numbers import NUMBERS
from tools.entities.spans import EntityType, entity_words

CONFIGS = Path(__file__).parent / "configs"
_SLOT = re.compile(r"\{(\w+)\}|\(([^()]*(?:\|[^()]*)+)\)|\[([^\[\]]*)\]|([^{}()\[\]]+|[()\[\]])")
_SHARES = (("report", 46), ("table", 9), ("news", 36), ("hongkong", 9))
_TYPES = {
    "who": EntityType.COMPANY, "bank": EntityType.COMPANY, "firm": EntityType.COMPANY, "code": EntityType.COMPANY,
    "time": EntityType.TIME, "rel": EntityType.TIME, "day": EntityType.TIME,
    "ind": EntityType.INDICATOR, "whole": EntityType.INDICATOR,
    "amount": EntityType.VALUE, "percent": EntityType.VALUE, "pershare": EntityType.VALUE, "range": EntityType.VALUE,
    "cell": EntityType.VALUE, "cellp": EntityType.VALUE,
    "xp": EntityType.CHANGE, "xa": EntityType.CHANGE, "xb": EntityType.CHANGE, "xsigned": EntityType.CHANGE,
}  # fmt: skip
# Slots that are frames themselves.
_FRAMES = {
    "period": ("{time}", "{time}", "{rel}"), "scope": ("", "", "", "合并口径", "境内"), "verb": ("{say}", "{say}", ""),
    "level": (
        "{amount}", "{percent}", "为{percent}", "达{amount}", "达到{amount}", "约{amount}", "突破{amount}", "超过{amount}", "为{amount}",
        "仅{percent}", "升至{percent}", "降至{percent}",
    ),
    "than": ("较{rel}", "较{rel}", "比{rel}", "同比", "较{time}", "环比", "按年"),
    "moved": (
        "增加{xa}", "增长{xp}", "减少{xa}", "下降{xp}", "上升{xb}", "下降{xb}", "提升{xb}", "净增{xa}", "多增{xa}", "增长{xp}，增加{xa}",
        "压降{xa}", "有所上升", "基本持平",
    ),
    "movedp": ("上升{xb}", "下降{xb}", "提高{xb}", "回落{xb}", "下行{xb}", "收窄{xb}", "走阔{xb}"),
    "movedn": ("增长{xp}", "下降{xp}", "下滑{xp}", "增{xp}", "降{xp}", "大增{xp}", "跌{xp}", "升{xp}", "增加{xa}"),
    "xlist": ("{bare}、{bare}和{xb}", "{xb}、{xb}和{xb}"), "xp2": ("{xp}和{xp}", "{xp}、{xp}"),
    "count": ("{number}{counted}", "{number}{counted}客户"), "countx": ("{number}{counted}",), "prose_noun": ("{noun}",),
    "ind_hold": ("持股比例为", "持股比例", "持股", "占比"), "ind_mv": ("总市值", "最新市值", "市值", "成交额"),
}  # fmt: skip
# Words of the frames that are entities wherever they stand.
_FIXED = {
    **dict.fromkeys(
        "持股比例 占比 总市值 市值 成交额 目标价 股价 票面利率 末期股息 末期息 现金红利 现金股利 现金股息".split(), EntityType.INDICATOR
    ),
    **dict.fromkeys("期内 年内 去年底 上年 年初".split(), EntityType.TIME),
}
_FIXED_WORDS = re.compile("(" + "|".join(sorted(_FIXED, key=len, reverse=True)) + ")")
_RATIO = re.compile(r"(?:率|占比|比例|比率|比重|度|比)$")


@dataclass(slots=True)
class Sentence:
    """A text and the type of the entity that begins or goes on at each of its characters: ("B"|"I", type) or None."""

    text: str = ""
    tags: list[tuple[str, EntityType] | None] = field(default_factory=list)

    def add(self, words: str, kind: EntityType | None) -> None:
        self.text += words
        self.tags += [(("B", kind) if at == 0 else ("I", kind)) if kind else None for at in range(len(words))]


def sentences(count: int, seed: int) -> Iterator[Sentence]:
    """`count` clean sentences; the same ones for the same seed and catalogue."""
    maker = Maker(random.Random(seed))
    for _ in range(count):
        yield maker.sentence()


@lru_cache(maxsize=1)
def words() -> dict[str, list[str]]:
    """The word lists of the configuration by use, what is listed twice being twice as likely."""
    return {str(entry["use"]): str(entry["words"]).split() for entry in read_yaml_list(CONFIGS / "ner_words.yaml")}


@lru_cache(maxsize=1)
def _frames() -> dict[str, list[str]]:
    return {str(entry["source"]): [str(frame) for frame in entry["frames"]] for entry in read_yaml_list(CONFIGS / "ner_sentences.yaml")}


@lru_cache(maxsize=1)
def _known_indicators() -> tuple[str, ...]:
    return tuple(
        name for indicator in indicator_catalogue() if indicator.unit.dimension is not Dimension.COUNT
        for name in (indicator.name, *indicator.aliases) if re.search(r"[一-鿿]", name) and not re.search(r"^每10|派发", name)
    )  # fmt: skip


@lru_cache(maxsize=1)
def _composed() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    known = entity_words()
    return tuple(sorted(known.modifiers)), tuple(sorted(known.accounts)), tuple(sorted(known.suffixes | {"占比", "不良率", "利息收入"}))


# Common characters that names are made of, for names that mean nothing: only their place in the sentence tells what they are.
_SYLLABLES = (
    "安宝博昌辰诚创达大德鼎东方丰福富港高格冠光广国海航合和恒弘宏华汇慧吉济佳嘉江杰金锦京晶景久凯康科乐丽联良隆龙路美民明南能宁鹏平普启千乾强庆荣瑞润赛三山上申盛世顺泰腾天通万旺威伟文西先祥新信兴雄旭亚扬阳怡亿益银英永优元远云泽展长兆振正之志智中众卓紫"
)


class Maker:
    """Fills frames; one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ratio = False  # Whether the indicator last named is a ratio: it then takes a percentage.
        self._slots: dict[str, Callable[[], str]] = {
            "who": lambda: self._pick("self") if chance.random() < 0.6 else self._bank(), "bank": self._bank, "firm": self._firm,
            "code": self._code,
            "ind": self._indicator, "say": lambda: self._pick("verb"), "bare": lambda: NUMBERS["small"](chance),
            "number": lambda: NUMBERS["number"](chance),
        }  # fmt: skip

    def sentence(self) -> Sentence:
        """One sentence of a frame."""
        source = self._chance.choices([name for name, _ in _SHARES], [share for _, share in _SHARES])[0]
        made = Sentence()
        self._fill(self._chance.choice(_frames()[source]), made)
        return made

    def _fill(self, frame: str, made: Sentence) -> None:
        for match in _SLOT.finditer(frame):
            slot, either, maybe, plain = match.groups()
            if slot:
                self._slot(slot, made)
            elif either is not None:
                self._fill(self._chance.choice(either.split("|")), made)
            elif maybe is not None:
                if self._chance.random() < 0.4:
                    self._fill(maybe, made)
            else:
                self._plain(plain, made)

    def _slot(self, slot: str, made: Sentence) -> None:
        if slot in _FRAMES:
            frames = [frame for frame in _FRAMES[slot] if "amount" not in frame] if slot == "level" and self._ratio else _FRAMES[slot]
            self._fill(self._chance.choice(frames), made)
            return
        if slot == "ind" and self._chance.random() < 0.12:
            made.add(self._pick("lead"), None)
        if slot == "bare":
            made.add(self._slots[slot](), EntityType.CHANGE)
            return
        maker = self._slots.get(slot)
        text = maker() if maker else NUMBERS[slot](self._chance) if slot in NUMBERS else self._pick(slot)
        made.add(text, _TYPES.get(slot))
        if slot == "ind":
            self._ratio = _RATIO.search(text) is not None

    def _plain(self, text: str, made: Sentence) -> None:
        """Words of the frame itself, among them indicators that every reader knows."""
        for part in _FIXED_WORDS.split(text):
            made.add(part, _FIXED.get(part))

    def _pick(self, use: str) -> str:
        return self._chance.choice(words()[use])

    def _bank(self) -> str:
        if self._chance.random() < 0.55:
            banks = list(bank_registry())
            bank = self._chance.choice(banks)
            return self._chance.choice((bank.name, bank.name, bank.legal_name, *bank.short_names))
        return self._pick("place") + self._chance.choice(("银行", "银行", "农商银行", "农商行", "农村商业银行", "商业银行", "村镇银行"))

    def _code(self) -> str:
        form = self._chance.choice(("{:06d}", "{:06d}.SH", "{:06d}.SZ", "0{:04d}", "0{:04d}.HK"))
        return form.format(self._chance.randrange(300000, 699999) if form.startswith("{:06d}") else self._chance.randrange(1000, 9999))

    def _firm(self) -> str:
        draw = self._chance.random()
        if draw < 0.2:
            return self._pick("known_firm")
        brand = self._pick("brand") if self._chance.random() < 0.5 else self._syllables(2)
        if draw < 0.35:
            return brand + self._pick("line")
        if draw < 0.42:
            return brand
        place = self._pick("place") + self._chance.choice(("", "", "市", "省")) if self._chance.random() < 0.6 else ""
        legal = self._pick("legal") if draw < 0.85 else "集团" if draw < 0.92 else ""
        return place + (brand if self._chance.random() < 0.8 or not place else "") + self._pick("line") + legal

    def _indicator(self) -> str:
        draw = self._chance.random()
        if draw < 0.4:
            return self._chance.choice(_known_indicators())
        modifiers, accounts, suffixes = _composed()
        if draw < 0.58:
            return self._chance.choice(modifiers) + self._chance.choice(accounts) + self._chance.choice((*suffixes, "余额", "总额", ""))
        if draw < 0.78:
            return "".join(self._pick("modifier") for _ in range(self._chance.choice((1, 1, 2)))) + self._pick("tail")
        if draw < 0.9:
            return self._chance.choice(("", self._pick("modifier"), self._chance.choice(modifiers))) + self._pick("act") + self._pick("tail")
        return self._syllables(self._chance.choice((2, 2, 3, 4))) + self._pick("tail")

    def _syllables(self, count: int) -> str:
        return "".join(self._chance.choice(_SYLLABLES) for _ in range(count))
