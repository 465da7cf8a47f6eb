"""Names made of a row and what stands around it: 利息支出 > 吸收存款, 按行业划分的不良贷款 > 制造业, 个人存款 > 定期."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.extraction.labels import TOTALS
from retrieval.extraction.measures import stage_of
from retrieval.extraction.places import CellPlace
from retrieval.extraction.special import CLASSES
from retrieval.extraction.topics import Topic

_DEPOSITORS = (("公司", "公司"), ("企业", "公司"), ("对公", "公司"), ("单位", "公司"), ("个人", "个人"), ("储蓄", "个人"), ("零售", "个人"))
_TERMS = ("活期", "定期")
MINIMUM = re.compile(r"最低.{0,6}要求")
_REGION = re.compile(r"[一-鿿]{0,8}(?:地区|三角洲|环渤海|京津冀|湾区|东北部?|西部|中部|境外|海外)|总行(?:本部|及其他)?|环渤海.{0,4}")


def composed(place: CellPlace, label: str) -> Iterator[str]:
    """Names made of the row and what stands around it, the nearest context first."""
    parents, topic = place.path[:-1], place.topic
    if label in TOTALS:
        return
    if "五级" in topic.title or "贷款质量" in topic.title:
        if label in CLASSES:
            yield f"{label}类贷款"
    yield from _principal(label, topic)
    yield from _deposits(parents, label, topic)
    if label in ("少数股东", "归属于少数股东", "少数股东享有") and any("净利润" in parent for parent in parents):
        yield "少数股东损益"
    yield from _by_measurement(parents, label, topic)
    for context in (*reversed(parents), topic.noun):
        yield from _in_context(context, label, topic)


def _principal(label: str, topic: Topic) -> Iterator[str]:
    """本金 and 应计利息 in a note on deposits or loans, and deposits by region."""
    if topic.balance == "存款" and re.fullmatch(r"本金(?:合计|小计|总额)?|合计本金", label):
        yield "吸收存款本金"
    if topic.balance == "存款" and re.search(r"地[区域]", topic.title) and _REGION.fullmatch(label):
        yield f"{label}存款"
    if topic.balance and re.fullmatch(r"(?:加:)?应计利息(?:合计|小计)?", label):
        yield f"{topic.balance}应计利息"


def _by_measurement(parents: tuple[str, ...], label: str, topic: Topic) -> Iterator[str]:
    """以摊余成本计量 > 贷款和垫款本金, 以摊余成本计量 > 减：减值准备."""
    basis = parents[-1] if parents else ""
    about = f"{topic.title}{basis}{topic.balance}"
    if not re.fullmatch(r"以(?:摊余成本|公允价值计量且其变动计入其他综合收益)计?量?(?:的贷款)?", basis) or "贷款" not in about:
        return
    if re.fullmatch(r"(?:发放)?贷款(?:和垫款)?(?:本金)?|减值准备|损失准备", label):
        yield f"{basis.removesuffix('的贷款')}的贷款{'减值准备' if '准备' in label else ''}"


def _in_context(context: str, label: str, topic: Topic) -> Iterator[str]:
    if MINIMUM.search(context) and label.endswith("率"):
        yield from (f"{label}最低要求", f"{label}要求", f"{label}监管要求")
    elif re.search(r"^利息收入", context):
        yield f"{label}利息收入"
    elif re.search(r"^利息支出", context):
        yield f"{label}利息支出"
    elif re.search(r"减值损失$", context) and "减值" not in label:
        yield from (f"{label}减值损失", f"{label}信用减值损失", f"{label.removeprefix('表外')}减值损失")
    elif re.search(r"手续费(?:及佣金|和佣金)?(?:净)?收入$", context) and "收入" not in label:
        yield from (f"{label}手续费收入", f"{label}业务手续费收入")
    elif re.search(r"不良贷款|不良额", context) or (context == topic.noun and re.search(r"不良", context)):
        if "不良" not in label:
            yield from (f"{label}不良贷款余额", f"{label}贷款不良贷款余额")
    elif re.search(r"逾期", context) and label not in TOTALS and "逾期" not in label:
        yield f"逾期{label}贷款"
    elif re.search(r"减值准备|损失准备", context) and re.search(r"贷款|垫款", f"{context}{topic.title}"):
        if stage := stage_of(label):
            yield f"第{stage}阶段贷款减值准备"
    elif re.search(r"(?:客户|公司|公司类|企业|个人|零售|发放)?贷款(?:[和及]垫款)?$", context) and "贷款" not in label and splits_loans(topic):
        yield f"{label}贷款"


def splits_loans(topic: Topic) -> bool:
    """Whether a table splits the bank's loans by region, industry, security, term or product - and nothing narrower."""
    return bool(re.search(r"按.*(?:地[区域]|行业|担保|期限|产品|业务|类型|客户)|分布|构成|结构|投向", topic.title)) and not re.search(
        r"不良|逾期|减值|重组|利息|收益率|平均|新发放|关联|最大|十大|前十", topic.title
    )


def _deposits(parents: tuple[str, ...], label: str, topic: Topic) -> Iterator[str]:
    """个人存款 > 定期, or 定期存款 > 个人客户: whose deposits and of which term, wherever each is said."""
    around = (*parents, topic.noun)
    if not any("存款" in text for text in (label, *around)):
        return
    if re.search(r"平均|成本|利息|到期|期限|币种|存放中央|同业|准备金|大额", f"{label}{topic.title}"):
        return
    whose = next((name for word, name in _DEPOSITORS if any(word in text for text in (label, *parents))), "")
    term = next((term for term in _TERMS if any(term in text for text in (label, *parents))), "")
    if whose and term and re.fullmatch(r"[-–]?(?:其中:)?(?:公司|企业|对公|单位|个人|储蓄|零售)?(?:活期|定期)?(?:存款|储蓄|客户|储蓄存款)*", label):
        yield f"{whose}{term}存款"
