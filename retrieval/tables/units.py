"""The unit that a caption, a header or a line above a table gives."""

from __future__ import annotations

import re

from data.text import normalise

_CURRENCIES = r"(?:人民币|美元|港元|港币|欧元|RMB|CNY)"
_SCALES = r"(?:万亿|十亿|千万|百万|亿|万|千)"
_AMOUNT = re.compile(
    rf"(?:人民币|折合人民币)?\s*{_SCALES}?(?:美元|港元|港币|欧元|元)(?:/股)?|人民币\s*{_SCALES}|{_SCALES}(?:股|户|笔|张|人|个|家|平方米)"
)
_COUNT = re.compile(r"(?:股|户|人|个|家|笔|张|次|天|倍|平方米)")
_RATIO = re.compile(r"%|‰|个?百分点|个?基点|百分比|BP|bps")
_LED = re.compile(r"(?:金额|货币|数量|除.{1,12}外[,，]?)?\s*(?:单位|货币单位|计量单位)\s*(?:均为|均以|为|以|:)?\s*(?P<rest>[^()。;；]{1,40})")
_ALL_IN = re.compile(r"(?:均以|以|按|均为)\s*(?P<rest>人民币\s*(?:万亿|十亿|百万|亿|万|千)?元?)\s*(?:为单位|列示|表示|计)?")
_EXCEPT = re.compile(
    r"[,，;；、]?\s*(?:除(?:非)?特别注明外?|除另有(?:说明|注明|标注)外?"
    r"|(?:(?:百分比|比率|比例|每股(?:数据|收益)?|另有(?:标注|注明|说明)|特别注明|人数|户数)(?:和|及|或|、)?)+除外)\s*[,，]?"
)
_FOREIGN = r"RMB|CNY|Renminbi|Yuan|US\$|USD|U\.?S\.? dollars?|HK\$|HKD|\$|dollars?"
_ENGLISH = re.compile(
    rf"(?:(?P<c1>{_FOREIGN})\s*(?:in\s+)?)?(?:in\s+)?(?P<scale>thousand|million|billion)s?(?:\s+of\s+|\s+)?(?P<c2>{_FOREIGN})?", re.IGNORECASE
)
_ENGLISH_FRAME = re.compile(
    r"\b(?:expressed|amounts?|stated|except|unless|otherwise|per|share|data|for|and|percentages?|the|are|all|shares?|where|as|indicated"
    r"|ratios?|noted|unaudited)\b",
    re.IGNORECASE,
)
_ENGLISH_SCALES = {"thousand": ("千", "thousand"), "million": ("百万", "million"), "billion": ("十亿", "billion")}
_SEPARATE = re.compile(r"[/／]|(?<=元)[,，、]|(?<=%)[,，、]")


def unit_in(line: str) -> str:
    """The unit that a whole line gives, as printed without its frame; "" where the line is about something else.

    "单位：人民币百万元" → "人民币百万元"; "人民币百万元，百分比除外" → "人民币百万元"; "(%)" → "%"; "(in millions of RMB)" → "RMB million".
    """
    plain = " ".join(normalise(line).split()).strip()
    inner = _unframed(plain)
    if not inner or len(inner) > 60:
        return ""
    if english := _english(inner):
        return english
    if led := _LED.search(inner):
        return _core(_EXCEPT.sub("", led["rest"])) or _english(led["rest"])
    rest = _EXCEPT.sub("", inner).strip(" ,，;；")
    if all_in := _ALL_IN.fullmatch(rest) or _ALL_IN.search(inner if "除" in inner else ""):
        return _core(all_in["rest"])
    return _core(rest)


def unit_within(text: str) -> str:
    """The unit that closes a header or a title in brackets: 占比（%） → "%", 金额(百万元) → "百万元"; "" without one."""
    plain = normalise(text).strip()
    brackets = re.findall(r"\(([^()]{1,24})\)", plain)
    found = [unit for unit in (unit_in(part) for part in brackets) if unit]
    return found[-1] if found else ""


def without_unit(text: str) -> str:
    """A title without the bracket at its end that gives the unit."""
    cut = re.sub(r"[\s]*[(（][^()（）]{1,40}[)）]\s*$", "", text)
    tail = text[len(cut) :]
    return cut.strip() if tail and unit_in(tail) else text.strip()


def _unframed(text: str) -> str:
    while text[:1] in "([【" and text[-1:] in ")]】" and text:
        text = text[1:-1].strip()
    return text


def _core(text: str) -> str:
    """A unit that fills the text, the parts of a mixed one joined by "/"."""
    text = text.strip(" :,，;；。")
    parts = [part.strip() for part in _SEPARATE.split(text) if part.strip()]
    if _AMOUNT.fullmatch(text) or _COUNT.fullmatch(text) or _RATIO.fullmatch(text):
        return re.sub(r"\s+", "", text)
    if 1 < len(parts) <= 3 and all(_AMOUNT.fullmatch(part) or _RATIO.fullmatch(part) or _COUNT.fullmatch(part) for part in parts):
        return "/".join(re.sub(r"\s+", "", part) for part in parts)
    return ""


def _english(text: str) -> str:
    match = _ENGLISH.search(text)
    framed = _ENGLISH_FRAME.sub("", text)
    if not match or len(re.sub(r"[\s,;:.()%\-]", "", framed.replace(match[0], ""))) > 4:
        return ""
    currency = (match["c1"] or match["c2"] or "").lower()
    chinese, english = _ENGLISH_SCALES[match["scale"].lower()]
    if currency in ("rmb", "cny", "renminbi", "yuan"):
        return f"RMB {english}"
    if currency.startswith("hk"):
        return f"{chinese}港元"
    return f"{chinese}美元" if currency else english
