"""The noun before an amount: dates, 本行 and verbs taken off, and whose part it is told of (县及县以下地区, 个贷业务) kept beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.extraction.period_words import find_header_periods

_LEAD = re.compile(
    r"^(?:截至|截止|于|至|到|自|从)?(?:全年|本?报告期(?:末|内)?|(?:本|上|当)年度?(?:末|内)?(?!轮)|年末|年内|期末|期内|上年同期|去年|今年|目前|当前|末|底|日|,|，|、|的|止|度|同期)+"
    r"|^(?:其中|同时|此外|另外|另|并(?!购)|且|以及|及|和|与|即|而|则|包括|主要是?|总体|全部|合计|共计|共有|共|已(?!发行)|仍|还|均|约|按|由|从|为|是|有(?!限)|:|：|,|，|、|“|”|\"|\)|》)+"
    r"|^(?:本集团|本行|我行|全行|集团|本公司|公司(?!存款|贷款|类|客户|业务|活期|定期|金融|债|银行)|银行(?!卡|承兑|理财|间|业)|母公司|全集团|行内)(?:的|于|已(?!发行)|共)*"
    r"|^(?:该类|该等|上述|前述|有关|相关)"
)
_VERBS = re.compile(
    r"(?:达到?了?|为|是|共计?|合计|总计|约|近|超过?|逾|有|人民币|分别为?|均为?|至|到|增至|升至|降至|提升至|提高至|下降至|上升至|增长至|增加至|回落至|接近|突破|实现|完成|保持在?|维持在|计|的"
    r"|:|：|由|从|了|余|等|仅|累计|共有|高达|净?投放|位列|稳定在|得?以|已|达人民币|报|上年|本年|本期|上期|同期|将近|不足|大约|转为)+$"
)
_PLACE_WORD = r"(?:地区|区域|省份?|自治区|县域|农村|乡镇|城区|境内|境外|海外|分行|支行|省内|市(?![场值民政])|[东中西]部)"
_HAS = r"(?:共?有|拥有|设有|设立|设置|配备|布设|布放|建有|建立|投放|开设|发放|累计发放|服务)"
_PLACE = re.compile(rf"^(?:在|于)(?P<whose>[一-鿿、]{{0,16}}?{_PLACE_WORD})(?:的)?(?:{_HAS})?(?=[一-鿿A-Za-z]{{2,}})")
_ON_PLACE = re.compile(r"^(?:在|于)(?P<whose>[一-鿿、]{2,20}?)(?:共有|拥有|设有|设立|设置|配备|布设|布放|建有|开设)(?=[一-鿿A-Za-z]{2,})")
_OBJECT = re.compile(r"^(?:服务|管理|吸收|拥有|获得|取得)(?=[一-鿿A-Za-z]{2,})")
_TAKES = re.compile(r"^(?P<before>.*?)(?:实现|取得|完成|拥有|共有|设有|累计实现|带动|推动|使得|涉及|获得)(?=[一-鿿A-Za-z]{2,})")
_CUMULATED = re.compile(r"^累计(?:获得|取得|拥有|服务)?(?!发放|投放|发行|处置|核销|办理|收回|新增|实现|带动|支持)(?=[一-鿿A-Za-z]{2,})")
# What a rule or a method makes of a figure does not narrow it: 计算的杠杆率.
_MADE = re.compile(r"^.*?(?:计算|测算|承担费用|披露|口径|编制)的(?=[一-鿿]{2,})")
_TOWARDS = re.compile(r"^(?P<whose>[对向].{2,30}?)的(?P<rest>[一-鿿A-Za-z]{2,})$")
_POSSESSOR = re.compile(
    rf"(?:业务|条线|板块|分部|金融|中心|事业部|公司|银行|贷款|产品|平台|渠道|部门|系统|专营机构|子公司|机构|账户|客户|商户|{_PLACE_WORD})$|^对.{{2,}}"
)
_NOUN = re.compile(r"^[一-鿿A-Za-z0-9“”、/（）()\-—·&+%]{2,44}$")
_NOT_NOUN = re.compile(
    r"[，,。;；]|^(?:上升|下降|增加|减少|增长|同比|环比|较|比|占|其(?!他)|该|这|每|第|不足|前|后|以(?!公允价值|摊余成本)|向|对(?![外公])|将|可|并(?!购)|从|由)"
    r"|的$|^\d+$|按照|根据|通过|如下|情况|以及$|同意|(?<!已)批准|发行了?$|决定|召开|审议"
)
# 为本行提供审计服务的费用: what is left of a long clause is its last noun with what narrows it.
_LAST = re.compile(r"(?P<last>[一-鿿A-Za-z]{2,14}的[一-鿿A-Za-z]{2,12})$")
_SOLD = re.compile(r"^(?:代理)?(?:销售|代销)(?P<what>[一-鿿]{2,})")
_FOOTNOTE = re.compile(r"(?<=[款产额户])\d(?=余额|金额|规模|总额)")
_LIST = re.compile(r"[、和及与]|以及")


@dataclass(frozen=True, slots=True)
class Noun:
    """text: the noun as printed, cleaned. forms: wordings to look it up by, the fullest first. whose: the part that it is told of.

    part: it follows 其中.
    """

    text: str = ""
    forms: tuple[str, ...] = ()
    whose: str = ""
    part: bool = False

    def __bool__(self) -> bool:
        return bool(self.text)


def read_noun(lead: str) -> Noun:
    """The noun that a clause's opening leaves when dates, 本行 and verbs are taken off; an empty one where no plain noun is left."""
    part = "其中" in lead[:8]
    full = _stripped(_without_dates(lead))
    whose, rest = _placed(full)
    forms = [rest]
    if match := _CUMULATED.match(rest):
        forms.append(rest[match.end() :])
    if match := _OBJECT.match(rest):
        forms.append(rest[match.end() :])
        rest = rest if rest.startswith("吸收") else forms[-1]
    elif match := _TAKES.match(rest):
        before = re.sub(r"[于在至]?\d{4}年.*$", "", _stripped(match["before"]))
        whose = whose or (before if _POSSESSOR.search(before) and len(before) <= 20 else "")
        rest = _stripped(rest[match.end() :])
        forms = [rest]
    elif match := _MADE.match(rest):
        rest = _stripped(rest[match.end() :])
        forms = [rest]
    if match := _SOLD.match(rest):
        forms += [f"{match['what']}销售额", f"{rest}销售额"]
    if match := re.search(r"净?投放$", lead):
        forms.append(f"{rest}{match[0]}")
    text = _FOOTNOTE.sub("", rest.strip('“”"、 '))
    if not _NOUN.match(text) or _NOT_NOUN.search(text):
        last = _LAST.search(text)
        text = last["last"] if last and not _NOT_NOUN.search(last["last"]) else ""
        return Noun(text, (text,), whose, part) if text else Noun()
    return Noun(text, tuple(dict.fromkeys(_FOOTNOTE.sub("", form.strip('“”"、 ')) for form in forms)), whose, part)


def noun_of(lead: str) -> str:
    """The text of `read_noun`."""
    return read_noun(lead).text


def split_list(text: str, count: int) -> list[str]:
    """甲、乙及丙 into three nouns when three are wanted; [] where it cannot be told how."""
    parts = [noun_of(part) for part in _LIST.split(text)]
    if len(parts) == count and all(parts):
        return parts
    head, _, tail = text.rpartition("、")
    for mark in "和及与":
        left, found, right = (tail if head else text).rpartition(mark)
        candidate = [*(head.split("、") if head else []), left, right]
        if found and len(candidate) == count and all(noun_of(part) for part in candidate):
            return [noun_of(part) for part in candidate]
    return []


def _without_dates(lead: str) -> str:
    noun = lead
    for reading in reversed(find_header_periods(noun, None)):
        if not noun[: reading.start].strip("截至于在到自,，本集团行"):
            noun = noun[: reading.start].rstrip("截至于在到自") + noun[reading.end :]
        elif re.fullmatch(r"的?(?:末|底)?", noun[reading.end :]):
            noun = noun[: reading.start]
    return noun


def _stripped(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = _VERBS.sub("", _LEAD.sub("", text))
    return text


def _placed(text: str) -> tuple[str, str]:
    """在县及县以下地区共有网点 → 县及县以下地区, 网点; 对某集团的贷款余额 → 对某集团, 贷款余额."""
    if match := _TOWARDS.match(text):
        return match["whose"], _stripped(match["rest"])
    if match := _PLACE.match(text) or _ON_PLACE.match(text):
        return match["whose"], _stripped(text[match.end() :])
    return "", text
