"""What one cell text is: a value, a period, a scope, a reference to the notes, a total, or plain words."""

from __future__ import annotations

import re
from functools import lru_cache

from data.period_text import find_periods
from data.text import normalise

_CJK_GAP = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_MARKED_DATE = re.compile(r"(?<=\d年)\s*[(（]\d{1,2}[)）]\s*(?=\d{1,2}月)")
_SUFFIX = r"(?:%|‰|倍|次|个?百分点|个?基点|BP|bps?|[万千百十]*亿?万?(?:元|股|户|人|个|笔|张|家|美元|港元)|x)?"
_NUMBER = re.compile(rf"[(\-+−–△▲]*(?:人民币|RMB|US\$|HK\$|[¥$€£])?\(?-?(?:\d[\d,]*(?:\.\d+)?|\.\d+)\)?{_SUFFIX}\)?(?:\(\d{{1,2}}\)|[*#†])?")
_NIL = frozenset({"-", "--", "---", "—", "——", "–", "−", "─", "不适用", "N/A", "n/a", "NA", "n.a.", "无", "/", "*", "NM", "不适用)"})
_YEAR = re.compile(r"(?:19|20)\d{2}(?:年度?|年末|[AEF])?")
_MONTH_DAY = re.compile(r"\d{1,2}月(?:\d{1,2}日|末|底)(?:止年度)?|\d{1,2}-\d{1,2}月|(?:上|下)半年|第?[一二三四1-4]季度|全年|年度")
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_ENGLISH_DAY = re.compile(rf"(?:as (?:of|at) )?{_MONTHS} \d{{1,2}},?", re.IGNORECASE)
_ENGLISH_DATE = re.compile(rf"(?:as (?:of|at) )?(?:{_MONTHS} \d{{1,2}},? ?\d{{4}}|\d{{1,2}} {_MONTHS},? ?\d{{4}}|{_MONTHS} \d{{4}})", re.IGNORECASE)
_PERIOD_TRIM = re.compile(r"^(?:截至|截止|于|在)|(?:止?年度|止|为止|之?财政年度)$|\((?:已?经?重述|经审计|未经审计|调整[后前]|重述[后前]?)\)|经重述")
_RELATIVE = frozenset(
    "本年 上年 本期 上期 本年度 上年度 本期末 上期末 本年末 上年末 年初 年末 期初 期末 本年数 上年数 本期数 上期数 报告期末 报告期 上年同期".split()
)
_SCOPES = frozenset(
    "合并 集团 本集团 银行 本行 母公司 本公司 合并及银行 合并及本行 集团及本行 本集团及本行 本集团及银行 合并与银行 合并和银行 母公司及合并".split()
)
_ENGLISH_SCOPES = frozenset({"group", "bank", "the group", "the bank", "consolidated", "company", "the company", "parent company"})
_NOTE_HEADERS = frozenset({"附注", "注释", "附注号", "附注编号", "附注序号", "注", "note", "notes"})
_TENS = "[一二三四五六七八九十]{1,3}"
_NOTE_REF = re.compile(
    rf"(?:附注|注)?{_TENS}[、.(](?:\d{{1,2}}|{_TENS})?(?:[.\-(、,]\w{{1,3}}\)?)*\)?|(?:\(\w{{1,2}}\)){{1,3}}|\d{{1,2}}(?:\.\d{{1,2}})?(?:\(\w{{1,3}}\))*"
)
_SURE_NOTE_REF = re.compile(rf"(?:附注|注)?{_TENS}[、(]\s*\(?(?:\d{{1,2}}|{_TENS})\)?(?:[.\-(、,/]\w{{1,3}}\)?)*")
_FOOTNOTE = re.compile(r"(?:\(\d{1,2}\)|[*#†])+$")
_TOTAL = re.compile(r"(?:小计|合计|总计|总额|总和|合共)|.{1,24}(?:小计|合计|总计)|(?:sub-?)?total", re.IGNORECASE)
_RANKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"第[一二三四五六七八九十]+[章节部分]",
        r"[一二三四五六七八九十]{1,3}[、.]|[IVX]{1,4}[.、]",
        r"\([一二三四五六七八九十]{1,3}\)",
        r"\d{1,2}[.、](?!\d)",
        r"\(\d{1,2}\)(?=\S)",
        r"[①②③④⑤⑥⑦⑧⑨]",
    )
)
_ORDINAL = re.compile(r"\d{1,3}[a-z]?|[一二三四五六七八九十]{1,3}[、.]?|\(?\d{1,2}\)|\d{1,2}[.、]|[A-Z]\.?")


def tidy(text: str) -> str:
    """A text on one line, without the blanks that a line break or the setting of Chinese leaves beside Chinese characters."""
    return _CJK_GAP.sub("", " ".join(text.split()))


def tidy_header(text: str) -> str:
    """A header on one line, without the footnote mark that splits a date: 2019年(4) 12月31日 → 2019年12月31日."""
    return _MARKED_DATE.sub("", tidy(text))


@lru_cache(maxsize=65536)
def bare(text: str) -> str:
    """A text in compatible forms without any blank: what the tests below look at."""
    return "".join(normalise(text).split())


@lru_cache(maxsize=65536)
def is_value(text: str) -> bool:
    """A number as printed (1,234 · (56) · 7.8% · 0.9 倍), or a mark for none (- · 不适用). A bare year counts: see is_year."""
    plain = bare(text)
    return plain in _NIL or bool(_NUMBER.fullmatch(plain))


def is_nil(text: str) -> bool:
    """A printed mark for none."""
    return bare(text) in _NIL


def is_year(text: str) -> bool:
    """A bare year: 2019, 2019年, 2019年度, 2019E."""
    return bool(_YEAR.fullmatch(bare(text)))


def is_month_day(text: str) -> bool:
    """The half of a date that a year above or below completes: 12月31日, 上半年, December 31,"""
    return bool(_MONTH_DAY.fullmatch(bare(text))) or bool(_ENGLISH_DAY.fullmatch(" ".join(normalise(text).split())))


@lru_cache(maxsize=65536)
def is_period(text: str) -> bool:
    """Nothing but one period: 2019年12月31日, 截至2019年12月31日止年度, 2019年1-6月, 本年, December 31, 2019."""
    if is_year(text) or is_month_day(text) or bare(text) in _RELATIVE:
        return True
    line = " ".join(normalise(text).split())
    if _ENGLISH_DATE.fullmatch(line):
        return True
    plain = _PERIOD_TRIM.sub("", _PERIOD_TRIM.sub("", _FOOTNOTE.sub("", bare(text))))
    if not 4 <= len(plain) <= 26 or not any(char.isdigit() or char in "〇零○" for char in plain):
        return False
    found = [mention for mention in find_periods(plain) if mention.periods]
    return len(found) == 1 and len(plain) - (found[0].end - found[0].start) <= (1 if plain[-1:] in "止末度" else 0)


def split_period(text: str) -> tuple[str, str]:
    """The period that a header starts with and the rest: 2019年平均余额 → (2019年, 平均余额); ("", text) where there is none."""
    plain = tidy(text)
    flat = normalise(plain)
    found = [mention for mention in find_periods(flat) if mention.periods]
    if len(found) != 1 or found[0].start > 2 or flat[: found[0].start] not in ("", "于", "截至"):
        return "", plain
    rest = plain[found[0].end :].strip("的 ")
    joined = re.match(r"[比与较和至对/\-—~.,、止度初]|同[比期]|\(", normalise(rest))
    return ("", plain) if not rest or joined else (plain[: found[0].end], rest)


def undated(text: str) -> str:
    """A header in bare form without the period that it starts with: how headers of different years are compared."""
    period, rest = split_period(text)
    return bare(rest) if period else bare(text)


def is_scope(text: str) -> bool:
    """Nothing but a scope: 合并, 本行, 集团及本行, The Group."""
    plain = bare(text).strip("():：")
    return plain in _SCOPES or " ".join(normalise(text).lower().split()) in _ENGLISH_SCOPES


def frame_parts(text: str) -> tuple[str, ...]:
    """The parts of a line that says only for which scope and period it all is: "合并 2019年度" → both; () for any other line."""
    line = " ".join(text.replace("：", " ").replace(":", " ").split()).strip("()（）")
    if not line:
        return ()
    if is_scope(line) or is_period(line):
        return (tidy(line),)
    for cut in range(1, min(len(line), 8)):
        head, rest = line[:cut].strip(" -—－"), line[cut:].strip(" -—－（()）")
        if is_scope(head) and rest and is_period(rest):
            return (tidy(head), tidy(rest))
    for cut in range(max(1, len(line) - 8), len(line)):
        head, rest = line[:cut].strip(" -—－（()）"), line[cut:].strip(" -—－（()）")
        if rest and is_scope(rest) and is_period(head):
            return (tidy(rest), tidy(head))
    return ()


def is_note_header(text: str) -> bool:
    """The header of a column of references: 附注, 注释, Notes."""
    return bare(text).strip("():：").lower() in _NOTE_HEADERS


def is_note_ref(text: str) -> bool:
    """Could be a reference to a note: 八、33 · 33 · (1)(a) · 12.3. Needs a header that says so, as a number looks the same."""
    return bool(_NOTE_REF.fullmatch(bare(text)))


def is_sure_note_ref(text: str) -> bool:
    """A reference that no number looks like: 八、33 · 附注五(1)."""
    return bool(_SURE_NOTE_REF.fullmatch(bare(text)))


@lru_cache(maxsize=16384)
def is_total(label: str) -> bool:
    """A row that closes its group: 小计, 合计, 负债合计. 客户贷款总额 is a line of its own."""
    return bool(_TOTAL.fullmatch(bare(label).split("(")[0]))


@lru_cache(maxsize=16384)
def rank(label: str) -> int:
    """How deep the numbering of a label is: 1 for 第一章, 2 for 一、, 3 for (一), 4 for 1., 5 for (1), 6 for ①; 0 without."""
    plain = bare(label)
    return next((depth for depth, pattern in enumerate(_RANKS, start=1) if pattern.match(plain)), 0)


def is_ordinal(text: str) -> bool:
    """A running number or numbering on its own: 1, 12, 一、, (3)."""
    return bool(_ORDINAL.fullmatch(bare(text)))


def is_dashed(label: str) -> bool:
    """An item under the row above: "-个人贷款", "• 其他"."""
    return bool(re.match(r"[-–—•·●○▪■]\s*[^\d\s\-–—]", normalise(label).strip()))
