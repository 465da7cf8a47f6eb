"""Whose figures a paragraph tells: the company that opens it owns them until another is named, or the bank speaks of itself again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from retrieval.documents import Document
from retrieval.extraction.labels import squeeze

_SUFFIX = r"(?:有限责任公司|股份有限公司|有限公司)"
_LEGAL = re.compile(rf"[一-鿿A-Za-z()]{{2,26}}?{_SUFFIX}")
_TAKEN_OFF = re.compile(
    r"^(?:.*(?:子公司|公司的|本行|本集团|我行|联营企业|合营企业|附属机构|关于核准|全称|包括|名称为|借款人为|收购|认购|持有|设立的?)|.*[日末](?=[一-鿿])|对|向|与|由|给|于|通过|及|和|为|其中|截至|在|年)+"
)
_KIND = (
    r"(?:村镇银行|消费金融|金融租赁|租赁|基金(?:管理)?|理财|保险|人寿|证券|信托|期货|资管|资产管理|金融资产投资|金科|科技|投资|国际|财务|银行|公司)"
)
_OPENS = re.compile(
    rf"^(?:\(?[一二三四五六七八九十\d]{{1,2}}\)?[、.]?)?(?P<name>[一-鿿A-Za-z]{{2,18}}?{_KIND})(?:\([^()]*\))?"
    r"(?=[:：,，]|(?:正式|注册)?成立于|注册资本|总资产|净资产|资产总额|实现|系|为)"
)
_SELF = re.compile(
    r"(?:^|[,，;；。:：])(?:[^,，;；。:：]{0,12}[日末期内,，])?(?:本行|本集团|我行|全行|集团)"
    r"(?!持|出资|控股|全资|占|派|对其|享有|的?控股|的?子公司|直接|间接|及)"
)
# 中国银行 in 中国银行业 and 中国银行保险监督管理委员会 is no bank.
_NO_NAME = r"(?!业|间|保险监|家|协会|监督|卡|承兑)"
_TOWARDS = re.compile(r"(?:对|向|与|给|由|从|通过|经|收购|投资|设立|认购|委托|核准|根据|和|及)$")
_PREAMBLE = re.compile(r"^(?:截至|于|在)?[\d年月日末本报告期内期末]*(?:[,，])?")
COMPANIES = re.compile(r"子公司|附属(?:公司|机构)|控股公司|参股|联营|合营|被投资|控股企业|集团成员")
_SELF_NAMES = frozenset(("本公司", "公司", "母公司", "本银行", "我公司"))


@dataclass(frozen=True, slots=True)
class _Mention:
    """A company in a sentence. stays: it is what the sentence speaks of, not only somebody that the bank deals with."""

    name: str
    start: int
    stays: bool


class Companies:
    """The companies that a document names, other than the bank itself."""

    def __init__(self, document: Document, own: Collection[str]) -> None:
        """own: the bank's names, as the report and the registry have them."""
        self._own = tuple(name for name in own if len(name) >= 3 and not name.isascii())
        texts = [block.text for block in document.blocks if "有限" in block.text]
        texts += [row.label for table in document.tables for row in table.rows if "有限" in row.label]
        shorts = {re.sub(rf"{_SUFFIX}$", "", name) for text in texts for name in _legal(squeeze(text))}
        shorts = {name for name in shorts if len(name) >= 4 and not self._is_own(name)}
        # A match may have begun too early: 同意中国某集团 is 中国某集团 where that stands elsewhere.
        self._cores = {name for name in shorts if not any(len(name) > len(other) >= 4 and name.endswith(other) for other in shorts)}
        known = sorted(self._cores, key=len, reverse=True)
        self._known = re.compile(f"(?:{'|'.join(map(re.escape, known))}){_NO_NAME}") if known else None

    def heading(self, text: str) -> str:
        """The company that a heading is; "" where it is none."""
        return next((mention.name for mention in self.mentions(text, companies=False)), "")

    def mentions(self, sentence: str, *, companies: bool) -> list[_Mention]:
        """The companies that a squeezed sentence names, in order. companies: it stands in a section about companies."""
        found: dict[int, _Mention] = {}
        if companies and (match := _OPENS.match(sentence)) and not self._is_own(match["name"]):
            found[match.start("name")] = _Mention(match["name"], match.start("name"), True)
        found_legal = _LEGAL.finditer(sentence) if "有限" in sentence else ()
        legal = [(match.end(), self._core(_TAKEN_OFF.sub("", match[0]) or match[0])) for match in found_legal]
        spans = [(end - len(name), name) for end, name in legal]
        if self._known is not None:
            spans += [(match.start(), match[0]) for match in self._known.finditer(sentence)]
        for start, name in spans:
            if name and not self._is_own(name) and not any(other.start <= start < other.start + len(other.name) for other in found.values()):
                found[start] = _Mention(name, start, not _TOWARDS.search(sentence[:start]))
        return [found[start] for start in sorted(found)]

    def _core(self, name: str) -> str:
        plain = re.sub(rf"{_SUFFIX}$", "", name)
        core = next((core for core in self._cores if plain.endswith(core)), plain)
        return name[len(plain) - len(core) :]

    def _is_own(self, name: str) -> bool:
        plain = re.sub(rf"{_SUFFIX}$", "", name)
        if name in _SELF_NAMES or not plain:
            return True
        return "村镇" not in name and any(plain.endswith(own) or own.startswith(plain) for own in self._own)


def _legal(text: str) -> Iterator[str]:
    return (_TAKEN_OFF.sub("", match[0]) or match[0] for match in _LEGAL.finditer(text))


class Owner:
    """Follows the owner through the sentences of one section."""

    def __init__(self, companies: Companies, sections: Iterable[str]) -> None:
        headings = [squeeze(text) for text in sections]
        self._companies = companies
        self.about_companies = any(COMPANIES.search(text) for text in headings)
        self._heading = companies.heading(headings[-1]) if headings else ""
        self._current = self._heading

    def of(self, sentence: str, position: int) -> str:
        """The company whose figure stands at a place of a sentence; "" for the bank's own."""
        owner = self._at(sentence, position, passing=True)
        # What a wealth subsidiary manages are the group's wealth products.
        return "" if owner.endswith("理财") and not self.about_companies and "理财产品" in sentence[:position] else owner

    def close(self, sentence: str) -> None:
        """The sentence is over: who opened it owns the next one too."""
        self._current = self._at(sentence, len(sentence), passing=False)

    def end(self) -> None:
        """The paragraph is over: only in a section about companies does an owner outlive it."""
        if not self.about_companies:
            self._current = self._heading

    def _at(self, sentence: str, position: int, *, passing: bool) -> str:
        owner, since = self._current, 0
        for mention in self._companies.mentions(sentence, companies=self.about_companies):
            if mention.start < position and (passing or (mention.stays and not _PREAMBLE.sub("", sentence[: mention.start]))):
                owner, since = mention.name, mention.start + len(mention.name)
        return "" if any(match.end() > since for match in _SELF.finditer(sentence, 0, position)) else owner
