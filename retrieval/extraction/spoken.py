"""A general noun as the words before mean it: 公司贷款余额…，不良贷款率… is the rate of those loans; 信用卡…，交易额… what the card was used for."""

from __future__ import annotations

import re
from dataclasses import replace

from retrieval.extraction.nouns import Noun

_GENERAL = re.compile(r"不良(?:贷款)?(?:率|余额)|(?:当年)?新发放贷款(?:年)?(?:加权)?(?:平均)?利率|户均(?:贷款)?(?:余额)?|逾期率")
_BORROWERS = re.compile(r"有?贷款余额的(?:小微|小微企业)?(?:客户|户数)(?:数)?|(?:贷款)?结余户数")
_LOANS = re.compile(r"(?P<whose>.{2,}?贷款)(?:的)?(?:不良(?:贷款)?)?(?:余额|额|总额|规模)?|(?P<card>.{2,}?)不良(?:贷款)?余额")
_ALL_LOANS = frozenset(("客户贷款", "发放贷款和垫款", "各项贷款", "贷款", "全行贷款", "贷款和垫款", "不良贷款", "关注类贷款", "逾期贷款"))
_USE = re.compile(r"(?:交易|消费)(?:额|金额|笔数)|发卡量|结存卡量|客户数?|户数|余额")
_USED = re.compile(r"(?:业务|累计|新增|注册|结存|签约|活跃|发卡|客户|用户|商户|交易|消费|笔数|余额|规模|户数|数量|卡量|数|量)*")


def narrowed(noun: Noun, spoken: str, about: str) -> Noun:
    """A noun as narrowed by the last one spoken of, or by what the clause before a semicolon was about."""
    if _USE.fullmatch(noun.text):
        spoken = spoken.removeprefix("新增").removeprefix("累计")
        heads = [spoken[:size] for size in range(len(spoken), 1, -1) if _USED.fullmatch(spoken[size:])]
        return replace(noun, forms=(*noun.forms, *(f"{head}{noun.text}" for head in heads)))
    borrowers = _BORROWERS.fullmatch(noun.text) is not None
    if not borrowers and not _GENERAL.fullmatch(noun.text):
        return noun
    whose = next((match["whose"] or match["card"] for text in (spoken, about) if (match := _LOANS.fullmatch(text))), "")
    name = f"{whose}{'客户数' if borrowers else noun.text}"
    return replace(noun, text=name, forms=(name,)) if whose and whose not in _ALL_LOANS else noun
