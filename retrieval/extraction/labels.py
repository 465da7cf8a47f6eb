"""Row labels as printed made into names that can be looked up: numbering, marks, note references and units taken off."""

from __future__ import annotations

import re
from functools import lru_cache

from data.text import normalise

_SPACES = re.compile(r"\s+")
_LATIN_GAP = re.compile(r"(?<=[A-Za-z0-9])\s+(?=[A-Za-z])")
_NUMBERING = re.compile(
    r"^(?:第[一二三四五六七八九十]+[节章部分、.]+|[一二三四五六七八九十]{1,3}[、.](?=\D)|\([一二三四五六七八九十]{1,3}\)|\d{1,2}(?:\.\d{1,2}){1,3}\.?(?=[^\d.%])"
    r"|\d{1,2}[、.](?=\D)|\(\d{1,2}\)(?=\D)|\([a-zA-Z]\)|\((?:i|ii|iii|iv|v|vi)\)|[①-⑳]|[-–—·•●]+(?=\D))"
)
_SIGN_WORDS = re.compile(r"^(?:减|加|其中|包括|扣除|另)[:：]")
_MARKS = re.compile(r"(?:\(注?\d{1,2}\)|\[注?\d{1,2}\]|\(注[一二三四五六七八九十]?\)|注\d{1,2}|\((?:i{1,3}|iv|vi{0,3})\)|[*#†‡]+|[①-⑳⁰¹²³⁴-⁹]+)+$")
_NOTE_REFERENCE = re.compile(
    r"(?:\(?附注[一二三四五六七八九十]+(?:[、.]\d+)*(?:\(\d+\))*\)?|[一二三四五六七八九十]{1,3}[、.]\d{1,2}(?:\.\d{1,2})*(?:\(\d+\))*)$"
)
_NOTE_BRACKET = re.compile(r"\((?:附注|详见|参见)[^()]*(?:\([^()]*\)[^()]*)*\)")
_CONTINUED = re.compile(r"\(?续\)?(?:表)?[:：]?$|\(续(?:上表)?\)")
_TAIL = re.compile(r"[:：;；,，、]+$")
_TRAILING_BRACKET = re.compile(r"\([^()]*\)$")

TOTALS = frozenset(("合计", "总计", "小计", "总额", "合计金额", "总计金额", "合计数", "总和", "Total", "total"))


@lru_cache(maxsize=16384)
def squeeze(text: str) -> str:
    """Compatible forms without blanks (blanks between Latin words stay): how labels and headers are compared."""
    plain = _LATIN_GAP.sub("\x00", normalise(text).strip())
    return _SPACES.sub("", plain).replace("\x00", " ")


@lru_cache(maxsize=16384)
def clean_label(text: str) -> str:
    """减：一、 其中：发放贷款和垫款(1) 八、6 → 发放贷款和垫款. Brackets that say what is meant stay."""
    label = re.sub(r"^\(?续(?:上)?表\)?[:：]?", "", _NOTE_BRACKET.sub("", squeeze(text)))
    while True:
        shorter = _SIGN_WORDS.sub("", _NUMBERING.sub("", label))
        shorter = _TAIL.sub("", _CONTINUED.sub("", shorter))
        shorter = _NOTE_REFERENCE.sub("", shorter) or shorter
        shorter = _MARKS.sub("", shorter) or shorter
        if shorter in (label, ""):
            return label
        label = shorter


def heading_text(text: str) -> str:
    """A heading without its numbering, also where only a blank parts it from the words: 12 固定资产 → 固定资产."""
    return clean_label(re.sub(r"^\s*\d{1,2}(?:\.\d{1,2})*\s+(?=[一-鿿])", "", text))


def without_bracket(label: str) -> str:
    """A label without the bracket it ends with: 拨备率（拨贷比） → 拨备率; the label itself where nothing else is left."""
    return _TRAILING_BRACKET.sub("", label) or label


def without_marks(text: str) -> str:
    """A header without footnote marks anywhere: 2019年(4)12月31日 → 2019年12月31日."""
    return re.sub(r"\((?:注?\d{1,2}|注[一二三四五六七八九十]?|i{1,3}|iv)\)|\[\d{1,2}\]|注\d{1,2}(?!\d|月)|[*#†‡⁰¹²³⁴-⁹①-⑳]", "", squeeze(text))


@lru_cache(maxsize=16384)
def name_key(text: str) -> str:
    """A name as a lookup key that forgives 和/及/与, 的 and whose shareholders are meant."""
    key = squeeze(text).lower().replace(" ", "")
    key = re.sub(r"[及与]", "和", key)
    key = re.sub(r"归属于?(?:于)?(?:本银行|本行|银行|本公司|公司|母公司|上市公司|集团)(?=(?:普通股)?(?:股东|所有者))", "归属于母公司", key)
    key = key.replace("同业和其他金融机构", "同业").replace("存放和拆放", "存拆放").replace("存放和拆入", "存拆入")
    key = re.sub(r"(占.{2,24}?)的?(?:比重|比例|比率|百分比|之比)$", r"\1比", key)
    return re.sub(r"[的“”\"']|款项(?=平均|利息|收益|成本|付息|日均)", "", key)
