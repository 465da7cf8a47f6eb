"""The words that ask for a table: what its rows are (地区, 行业, 期限), what it is about, and the rows that a question lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.understanding.fillers import leftovers
from agents.understanding.mentions import Mentions
from data.facts_table import INDUSTRY_ID

Span = tuple[int, int]


@dataclass(frozen=True)
class Sort:
    """A sort of rows. asked: words of questions; title: words of titles; rows: what labels look like, which say it without a title.

    only: whether a row that does not look like it is of another sort (个人住房贷款 is no 行业).
    """

    asked: re.Pattern[str]
    title: re.Pattern[str]
    rows: re.Pattern[str]
    only: bool = False


def _sort(asked: str, title: str, rows: str = r"(?!)", *, only: bool = False) -> Sort:
    return Sort(re.compile(rf"(?:{asked})"), re.compile(title), re.compile(rows), only)


_SORTS = (
    _sort(r"地区|地域|区域|大区|省份", r"地区|地域|区域", r"三角洲|环渤海|^(?:西部|中部|东部|东北|华[东南北中]|西[南北])"),
    _sort(r"行业(?:门类)?|产业", r"行业", r"业$", only=True),
    _sort(r"剩余期限|逾期期限|逾期天数|到期期限|到期日|期限", r"期限|到期|天数", r"\d+(?:个月|年|天|日)(?:以[内上下]|至|到)|即期|^短期|^中长期"),
    _sort(r"担保方式|担保类型|担保物?|增信方式", r"担保", r"^(?:信用|保证|抵押|质押)"),
    _sort(r"产品类型|产品|业务类型|业务种类|业务品种|贷款类型|品种", r"产品|业务类型|贷款类型|品种|种类"),
    _sort(r"客户类型|客户类别|客户", r"客户类[型别]|按客户(?!存款|贷款)"),
    _sort(r"币种|货币", r"币种|货币(?!市场)", r"^(?:人民币|美元|港[元币]|外币|本币|欧元)"),
    _sort(r"发行主体|发行人|发行机构|发债主体", r"发行(?:主体|人|机构)", r"政府|公共实体|金融机构|政策性银行|^企业|公司债"),
    _sort(r"信用评级|投资评级|评级", r"评级", r"^A{1,3}"),
    _sort(r"学历|教育程度|文化程度", r"学历|教育程度|文化程度", r"本科|专科|研究生|硕士|博士"),
    _sort(r"年龄段?", r"年龄", r"岁"),
    _sort(r"岗位|职能|专业序列|序列", r"岗位|职能|条线|序列"),
    _sort(r"经营分部|业务分部|业务板块|业务条线|板块|分部", r"分部|板块|条线"),
    _sort(r"阶段", r"阶段", r"阶段"),
    _sort(r"层次|层级", r"层[次级]", r"第.层[次级]"),
    _sort(r"五级分类|风险分类", r"五级分类|风险分类", r"^(?:正常|关注|次级|可疑|损失)"),
    _sort(r"投资工具|工具类型", r"工具"),
    _sort(r"会计计量方式|会计计量|计量方式|计量属性|会计分类", r"计量"),
    _sort(r"机构类型|机构", r"机构"),
    _sort(r"用途", r"用途"),
    _sort(r"性别", r"性别", r"^[男女]"),
    _sort(r"分类|类别|类型", r"分类|类别|类型"),
)
_ANY = "|".join(sort.asked.pattern for sort in _SORTS)
BY = re.compile(
    rf"按(?:照|不同的?)?(?P<by>{_ANY})(?:划分|来看|来分|分类|分布|统计|结构|构成|看|分|拆)?|"
    rf"(?:把)?(?:各个?|分|不同的?|哪一?个?|哪[类些])(?P<each>{_ANY})|(?P<of>{_ANY})(?:的)?(?:分布|结构|构成|集中度)|(?:主要)?(?:集中|分布)(?:在|于)哪(?:里|儿|些)?"
)
PARTS = re.compile(r"明细|分项|细项|细分|拆[开分解]|由哪|哪几[块项部]|哪些(?:部分|项目|内容|成分)|包[括含](?:了)?哪些|(?:构|组)成(?!本)|结构(?!性)|各项|各部分|各是多少")
ASIDE = re.compile(
    r"划分|来看|来分|分布|构成|组成|结构|统计|明细|分项|细项|主要|集中(?:度|在|于)?|哪(?:一?[类个些块项几]|里|家)*|各自?|最[多少大小高低]|谁|[多少大小高低]的?(?:一些|一点|些)?(?=$|[？?。，,])|"
    r"分别|情况|如何|怎么样|怎么|怎样|是多少|多少|占比|比重|给出数值|部分|列出|[这那]?[一二两三四五六七八九十几]个?(?:大|类|项|块|部分|地区|区域|行业|产品|分部|者)|拆[开分解]?(?:来)?(?:看看?|讲讲)?|"
    r"列示?(?:出来|一下)?|排(?:个)?[序名]|从[高大多]到[低小少]|逐[项一]|都|包[括含]|由|按(?:照)?|把|的|是|看|在|有|呢|及|和|与"
)
MOST, LEAST = re.compile(r"最[多大高]|集中|从[高大多]到[低小少]"), re.compile(r"最[少小低]|从[低小少]到[高大多]")
_LISTED = re.compile(r"[、，,和与及]")


def sorts_of(mentions: Mentions) -> tuple[list[Sort], list[Span]]:
    """The sorts of rows that a question names, and where it does."""
    matches = list(BY.finditer(mentions.text))
    named = [word for match in matches for word in (match["by"] or match["each"] or match["of"],) if word]
    return list(dict.fromkeys(next(sort for sort in _SORTS if sort.asked.fullmatch(word)) for word in named)), [match.span() for match in matches]


def other_sorts(title: str, sorts: list[Sort]) -> int:
    """How many sorts of rows a title names besides those asked for."""
    return sum(bool(sort.title.search(title)) for sort in _SORTS[:-1] if sort not in sorts)


def about(mentions: Mentions, taken: list[Span]) -> list[str]:
    """What the question is about: its names and the words that nothing accounts for, without those of the spans taken."""
    names = [piece for span in [*mentions.indicators, *mentions.ambiguous] for piece in _outside(span.start, span.end, taken)]
    asides = [match.span() for match in ASIDE.finditer(_blanked(mentions.text, [*names, *taken]))]
    rest = leftovers(mentions.text, [*said_besides(mentions), *taken, *names, *asides], names)
    return [mentions.text[start:end] for start, end in sorted([*names, *rest])]


def _outside(start: int, end: int, taken: list[Span]) -> list[Span]:
    """What of a name lies outside the spans taken: 不良率 of 哪个行业不良率."""
    kept = [at for at in range(start, end) if not any(low <= at < high for low, high in taken)]
    return [(kept[0], kept[-1] + 1)] if len(kept) > 1 else []


def said_besides(mentions: Mentions) -> list[Span]:
    """Where times, banks, scopes and units stand."""
    banks = [(span.start, span.end) for span in mentions.banks if span.ref != INDUSTRY_ID]
    return [*[(m.start, m.end) for m in [*mentions.periods, *mentions.base_periods]], *banks, *mentions.settings]


def listed(mentions: Mentions) -> tuple[list[str], list[str]]:
    """The items of a question's list (核心一级、其他一级、二级), and the words outside it; empty where it has none."""
    blank = _blanked(mentions.text, said_besides(mentions))
    clauses = [clause for clause in re.split(r"[:：？?。；;\0]+", blank) if clause.strip()]
    best: tuple[list[str], str] = ([], "")
    for clause in clauses:
        items = [item for piece in _LISTED.split(clause) for item in _bare(piece)[:1]]
        if len(items) > len(best[0]):
            best = (items, clause)
    if len(best[0]) < 2:
        return [], []
    # What follows the last item in its clause belongs to all of them: 保证、抵押两类 | 存款.
    *_, tail = _LISTED.split(best[1])
    rest = [*_bare(tail)[1:], *[word for clause in clauses if clause is not best[1] for word in _bare(clause)]]
    return best[0], rest


def _bare(text: str) -> list[str]:
    return [word for word in re.split(r"[\s\0()（）“”\"'「」《》]+", ASIDE.sub(" ", text)) if word]


def _blanked(text: str, spans: list[Span]) -> str:
    masked = list(text)
    for start, end in spans:
        masked[start:end] = "\0" * (end - start)
    return "".join(masked)
