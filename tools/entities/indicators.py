"""Indicator names in a sentence: the longest chain of modifiers, accounts and heads, or of catalogue names.

A chain ends in a head (不良贷款率, 利息净收入) or a suffix (贷款余额); it is then an indicator wherever it stands. A chain
that ends in a mere account (贷款, 存款) or a common word (收入) is one only where a figure or a movement is told of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from data.indicators import indicator_catalogue
from data.text import normalise
from data.units import Dimension
from tools.entities.spans import BLOT, EntitySpan, EntityType, EntityWords, entity_words, word_at
from tools.traditional import lower, simplify
from tools.word_index import WordIndex, cuts_a_word


class Link(Enum):
    """What a word may be in a chain."""

    MODIFIER = "modifier"
    ACCOUNT = "account"
    WEAK = "weak head"
    HEAD = "head"
    SUFFIX = "suffix"


START = None
# What may follow what. After a head or a suffix only a suffix may come: two heads side by side are two indicators.
_NEXT: dict[Link | None, frozenset[Link]] = {
    START: frozenset((Link.MODIFIER, Link.ACCOUNT, Link.WEAK, Link.HEAD)),
    Link.MODIFIER: frozenset(Link),
    Link.ACCOUNT: frozenset(Link),
    Link.WEAK: frozenset((Link.SUFFIX,)),
    Link.HEAD: frozenset((Link.SUFFIX,)),
    Link.SUFFIX: frozenset((Link.SUFFIX,)),
}
_OWNERS = re.compile(r"归属于?[^,。;:、的(归]{1,18}?(?:股东|所有者|持有者|持有人|母公司)的?(?:[^,。;:、的]{0,4}扣除非经常性损益后?的)?")
_TERMS = re.compile(
    r"逾期(?:超过)?\d+(?:天|个月|年)(?:以上|以内|及以上)?(?:\(含[^)]*\))?(?:的)?|剩余期限\d+(?:个月|年|天)(?:以内|以上|内|以下)?(?:的)?"
    r"|单户(?:授信)?(?:总额)?\d[\d,]*万元?(?:\(含\))?(?:以下|及以下|\(含\)以下)(?:\(含\))?(?:的)?|\d+年期(?:以上)?|公司(?=类|贷|存款|客户|银行业务|业务|活期|定期|理财|信贷|授信|金融|债|票据|中长期|短期)"
)
_JOIN = re.compile(r"[和及与或]|以及")
_INCOME_OF = ("利息", "佣金", "费", "租金")  # Names that go on into another: 投资证券利息 + 收入.
_NOT_JOINED = ("风险", "利息", "所得税")
_FOOTNOTE = re.compile(r"\(\d\)|\d(?=[一-鿿])")
_BRACKET = re.compile(r"\s?\((?:[A-Za-z][A-Za-z0-9&\-]{1,9}|[^()\x00-\x04]{0,12}(?:准则|口径|摊薄|年化|税后|税前|本外币|并表|非并表|法))\)")
_LATIN_BRACKET = re.compile(r"\(([一-鿿]{2,14})\)")
# A figure, a movement or a comparison right behind a name.
_FOLLOWS = re.compile(
    r"\s?(?:\(\d\))?\s?(?:水平|整体|总体|均|也|则|仍|已|的)?\s?(?:规模|共(?=\s?[\d约计])|[合总共]计(?=\s?[\d约达为])|约|近|超|逾|达|为|是|突破|分别|同比|环比|按年|按季|较|比(?!例|率|重|价)|占(?!用)|增(?![信值])|减(?!值|免)|降|升|下降|下滑|下跌|上升|上涨|提升|提高|回落|"
    r"稳步|稳定增|稳健增|稳中|平稳|快速|持续|止跌|续创|创|双双|站上|优化|改善|保持|实现|净增|净减|多增|少增|扩|收缩|收窄|压降|压缩|大幅|小幅|有所|继续|显著|明显|迅速|增速|增幅|降幅|余额|占比|[-+(]?\d|人民币\s?\d|[:：]\s?\d)"
)
# A head that goes on into another word: 利润表, 收益权, 成本端 - but not 净息差表现.
_CUT_SHORT = re.compile(r"表(?![现明示])|[权端](?![重午])|单(?!季)|书|法(?!定)|户|债(?!务成本)|券|化(?!解)|(?<=中收)[到取]")
# Acts of paying are amounts only where an amount follows (累计分红超过700亿元).
_PAID = ("分红", "派息", "付息")
_FIGURE = re.compile(r"\s?(?:总额|金额|约|近|超过?|逾|达|为|共计?|合计|人民币)*\s?\d")
_FALLS = re.compile(r"(?:减少|增加|增长|下降|压降|上升)(?:了|的是|较[多快]的是|最[多快]的是|主要是)$")
_LIST = re.compile(r"\s?(?:[、和及与,]|以及)\s?")
_LONE_SHARE = re.compile(r"占比(?=\s?(?:分别|约|近|超|达|为|较|比|同比|环比|提升|下降|上升|提高|降至|升至|由|合计|\d))")
_NOT_AFTER = re.compile(r"(?:市场|LPR|基准|政策|国债|挂牌|无风险|Shibor|SHIBOR|拆借|回购|逆回购|MLF|央行|存款准备|法定|经济|GDP|美债|社会)$")
_WITH = re.compile(r"[与和对占]")
_RATIO_WORD = re.compile(r"的?(?:比例|比率|比值|比重|之比)")
_OPENINGS = frozenset("归逾剩单公占0123456789")  # where _OWNERS, _TERMS and _LONE_SHARE may begin
_RATIOS = ("比例", "比率", "之比", "比重", "占比", "比值")
_BLOTTED = re.compile(f"{BLOT}+")
# Aliases that read like part of a sentence: what they say around the indicator is not its name.
_SENTENCE = re.compile(r"^(?:集团|本行|实现|每(?:10|十)股|达到|完成|计提)|派发|个基点|\((?:元|%|倍|[百万亿]+元)[^)]*\)$")
_COUNTS = ("客户规模", "用户规模", "客群规模", "机构规模", "人员规模", "队伍规模")
_TITLES = re.compile(r"《[^》]*》")
_MARKET = ("利率", "收益率", "准备金率", "增加值", "利差")


@lru_cache(maxsize=1)
def vocabulary() -> WordIndex[frozenset[Link]]:
    """Every word with what it may be, catalogue names among the heads; lower case, simplified."""
    words, table = entity_words(), dict[str, set[Link]]()
    for link, group in (
        (Link.MODIFIER, words.modifiers), (Link.ACCOUNT, words.accounts), (Link.WEAK, words.weak_heads),
        (Link.HEAD, words.heads), (Link.SUFFIX, words.suffixes),
    ):  # fmt: skip
        for word in group:
            table.setdefault(word.lower(), set()).add(link)
    accounts, heads = (*words.accounts, "证券"), tuple(words.heads)
    for name in _catalogue_names(words):
        soft = name.endswith(accounts) and not name.endswith(heads)
        table.setdefault(name, set()).update({Link.ACCOUNT} if soft else {Link.HEAD, Link.MODIFIER} if name.endswith(_INCOME_OF) else {Link.HEAD})
    return WordIndex({word: frozenset(links) for word, links in table.items()})


def _catalogue_names(words: EntityWords) -> Iterator[str]:
    """Catalogue names that are heads: all but those that the word lists know as something weaker."""
    weaker = words.modifiers | words.accounts | words.weak_heads
    for name, indicator in indicator_catalogue().names().items():
        plain = simplify(normalise(name)).lower()
        if plain not in weaker and len(plain) > 1 and not _SENTENCE.search(plain) and indicator.unit.dimension is not Dimension.COUNT:
            yield plain


def find_indicators(text: str) -> list[EntitySpan]:
    """Every indicator of a prepared text whose companies and times are masked, left to right, none overlapping."""
    return list(_Chains(lower(text)).found())


class _Chains:
    """One reading of one text; remembers which chain begins where."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = vocabulary()
        self._best: dict[int, int | None] = {}
        self._refused = set[int]()  # Where chains end that are no indicators here: their tails are none either.
        self._titles = [match.span() for match in _TITLES.finditer(text)]

    def found(self) -> Iterator[EntitySpan]:
        at = last = 0
        while at < len(self._text):
            if not self._may_begin(at):
                at += 1
                continue
            start, end = at, self._chain(at)
            if end is None or end in self._refused or any(low <= at < high for low, high in self._titles):
                at += 1
                continue
            end, torn = self._with_bracket(at, end), self._torn_bracket(at, last)
            at, last = end, end
            if not torn:
                yield EntitySpan(start, end, EntityType.INDICATOR)

    def _may_begin(self, at: int) -> bool:
        return self._text[at] in _OPENINGS or self._words.begins(self._text, at)

    def _chain(self, at: int) -> int | None:
        """The end of the longest chain at a place that stands as an indicator there, or None."""
        if at not in self._best:
            self._best[at] = None
            self._best[at] = self._longest(at)
        return self._best[at]

    def _longest(self, at: int) -> int | None:
        if lone := _LONE_SHARE.match(self._text, at):
            return lone.end()
        ends = sorted(self._ends(at), key=lambda end: (-end[0], end[1] is not Link.HEAD))
        end = self._ratio_of_two(ends) or next((end for end, link, alone in ends if self._stands(at, end, link, alone)), None)
        if end is None and ends:
            self._refused.add(ends[0][0])
        return end

    def _ratio_of_two(self, ends: list[tuple[int, Link, bool]]) -> int | None:
        """The end of 甲与乙比例 where the chain from here can be 甲."""
        for end, link, _ in ends:
            if link is Link.ACCOUNT and (pair := _WITH.match(self._text, end)):
                other = self._chain(pair.end())
                if other is not None and self._text[:other].endswith(_RATIOS):
                    return other
                other = max((end for end, last, _ in self._ends(pair.end()) if last is Link.ACCOUNT), default=None)
                if pair[0] in "与和" and other is not None and (ratio := _RATIO_WORD.match(self._text, other)):
                    return ratio.end()
        return None

    def _ends(self, at: int) -> set[tuple[int, Link, bool]]:
        """Every (end, last link, is that the only word) that a chain from here can reach."""
        ends: set[tuple[int, Link, bool]] = set()
        todo: list[tuple[int, Link | None, int]] = [(at, START, 0)]
        seen = set(todo)
        while todo:
            place, link, count = todo.pop()
            for end, new in self._links(place, link):
                step = (end, new, min(count + 1, 2))
                if step not in seen:
                    seen.add(step)
                    todo.append(step)
                    if new is not Link.MODIFIER:
                        ends.add((end, new, count == 0))
        return ends

    def _links(self, place: int, link: Link | None) -> Iterator[tuple[int, Link]]:
        """The words that may come next in a chain that has reached `place`."""
        text, allowed = self._text, _NEXT[link]
        for end, links in self._words.at(text, place):
            if not cuts_a_word(text, place, end):
                yield from ((end, new) for new in links & allowed)
        if link in (START, Link.MODIFIER) and (owners := _OWNERS.match(text, place)):
            yield owners.end(), Link.MODIFIER
        if Link.MODIFIER in allowed and (terms := _TERMS.match(text, place)):
            yield terms.end(), Link.MODIFIER
        if link is Link.MODIFIER and (join := _JOIN.match(text, place)) and not text.endswith(_NOT_JOINED, 0, place):
            yield from ((end, new) for end, new in self._links_of(join.end()) if new is Link.MODIFIER)
        if link not in (START, Link.MODIFIER) and (note := _FOOTNOTE.match(text, place) or _BRACKET.match(text, place)):
            yield from ((end, new) for end, new in self._links_of(note.end()) if new is Link.SUFFIX)

    def _links_of(self, place: int) -> Iterator[tuple[int, Link]]:
        for end, links in self._words.at(self._text, place):
            yield from ((end, new) for new in links)

    def _stands(self, at: int, end: int, link: Link, alone: bool) -> bool:
        """Whether text[at:end] is an indicator here: by its last word, or by what is told of it."""
        text, name = self._text, self._text[at:end]
        if (name[0].isascii() and text[at - 1 : at].isdigit()) or (text[at - 1 : at] == "占" and name.endswith(_RATIOS)):
            return False
        if name.endswith(_COUNTS):
            return False
        if name.endswith(_PAID):
            return _FIGURE.match(text, end) is not None
        if name.endswith(_MARKET) and alone and _NOT_AFTER.search(text, max(0, at - 8), at):
            return False
        if word_at(entity_words().not_before).match(text, end) or _CUT_SHORT.match(text, end):
            return False
        if link is Link.HEAD or (link in (Link.WEAK, Link.SUFFIX) and not alone and not name.endswith("规模")):
            return True
        end = self._with_bracket(at, end)
        if _FOLLOWS.match(text, end) or (not name.endswith("规模") and _FALLS.search(text, max(0, at - 8), at)):
            return True
        if blot := _BLOTTED.match(text, end):
            return bool(_FOLLOWS.match(text, blot.end()))
        gap = _LIST.match(text, end)
        return gap is not None and self._chain(gap.end()) is not None

    def _with_bracket(self, at: int, end: int) -> int:
        """The end with an abbreviation, a caliber or, behind a Latin name, the Chinese name in brackets."""
        if bracket := _BRACKET.match(self._text, end):
            return bracket.end()
        if self._text[at:end].isascii() and (bracket := _LATIN_BRACKET.match(self._text, end)) and self._chain(bracket.start(1)) == bracket.end(1):
            return bracket.end()
        return end

    def _torn_bracket(self, at: int, last: int) -> bool:
        """Whether a Latin name stands behind the last indicator in a bracket that never closes: a misread abbreviation."""
        return bool(last) and self._text[last:at] == "(" and self._text[at].isascii()
