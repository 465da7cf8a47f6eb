"""Words that carry no meaning for the plan: politeness, particles, question words. What remains after them is unexplained."""

from __future__ import annotations

import re

_FILLERS = (
    "请问一下|请问|请教|麻烦|帮忙|帮我|帮|给我|我想知道|我想问|我想看|想知道|想问|想看看|想了解|我问的是|我说的是|我要的是|我要|我是问|问的是|查询一下|查询|查一下|查一查|查下|查查|查|看一下|"
    "看看|看下|看|告诉我|说说|说一下|说下|讲讲|列出|列一下|列示|列举|列|算一下|算算|算出|计算一下|计算|算|求|给出|给一下|给个|给|显示|展示|统计|汇总|总结|对了|"
    "不对|错了|不是这个|不是|搞错了|应该是|应当是|应是|改成|改为|换成|换为|改|换|切换到|按照|按|以|那么|那|这|哦|啊|呀|嘛|吗|么|呢|吧|了|的话|的|地|得|是|在|有|为|个|到底|究竟|大概|大约|约|左右|"
    "多少钱|多少|几个百分点|几个点|几个|百分之几|几何|几|多高|多大|多低|多|是否|是不是|有没有|啥|什么|哪些|哪家银行|哪家|哪个|哪|怎么样|怎样|如何|怎么|谁|"
    "一共|总共|共计|合共|总|一下|一些|一个|一点|以及|和|与|跟|同|及|或者|或|还有|还|也|都|各自|各|分别|分开|再|又|另外|此外|其中|其|它们|他们|它|该行|该银行|这家银行|这家|这两家|两家|三家|几家|两者|二者|两年|两期|两个年度|这两个|他|她|"
    "银行|公司|全行|年度报告|年报|季报|中报|报告里|报告中|报告|财报|披露|公布|公告|数据|数字|数值|指标|数|值|金额|余额|规模|水平|情况|具体|准确|确切|最终|实际|全部|所有|口径|单位|表示|用|亿元|百万元|万元|元|BP|bp|个百分点|百分点|"
    "从|到|至|由|于|对|把|将|对于|关于|针对|根据|请|我们|我|你们|你|您|咱们|咱|主要|现|已经|已|目前|截至|截止|时|时候|期间|年份|年|当时|之间|之|里|中|上|下|内|外|末|底|初|就|只|仅|才|先|后|最后|然后|接着|"
    "相比较|相比|比较|相较|较|比|对比|变化|变动|增长|增加|减少|上升|下降|高|低|大|小|好|差|更|最|很|挺|比较|较为|升|降|涨|跌|持平|增|减|"
    "实现|使用|采用|做到|达成|录得|吸收|放在一起|放一起|一起|一块|各行|各家银行|各家|各银行|以来|想要|哪一家|哪一个|哪一|抱歉|对不起|不好意思|纠正|更正|打错了|说错了|写错了|打错|"
    "一览|结果|得数|即|亦即|也就是|一项|这项|该项|一年|复合|不要|不看|别看|列表|清单|累计|相当于|百分之多少|百分之几|百分之|区间|截止到|截至到|来看|来讲|来说|而言|方面|关系|同一|同期|之中|当中|里面|里头|能否|能不能|可否|可以|能|会|要|需要|需|必须|应|该|"
    "公司的|这个|那个|哪些|左右|附近|整体|总体|最终|到底是|老师|麻烦您|辛苦|急用|快|马上|报告期|报告期内|报|表|页|份|档|题|话|事|个基点|基点|万亿元|万亿|个亿|亿|按年|列出来|靠|总额|总量|总数|主体|对象|几成|添一家|添|加一家|一家|隔年|资产质量|盈利能力|经营状况|资本实力|"
    "成长能力|单季度?|单季|重述之前|重述前|三类|四类|五类|两类|各类|咋样|放进来|加进来|放进去|加进去|拉进来|三者|仨|"
    "OK|ok|好的|好|嗯|谢谢|thanks|please|what|is|the|of|in|for|and|how|much|tell|me|show|was|were|are|did|compare|with|to|vs|a|an|s|年末|by|from|its|it|bank|bank's|do|does|"
    "give|please give|can|could|you|i|want|know|at|end|year|on|over|change|changed|ratio|between"
)
# Words that name a part of a bank, of its customers or its region, though their characters are fillers too (中小, 境外).
PART = re.compile(
    r"分行|支行|营业部|网点|附属(?:公司|机构)?|子公司|孙公司|海外|境外|境内|国外|国内|线上|线下|表内|表外|省内|省外|省会|异地|本地|总行|"
    r"地区|区域|分部|事业部|条线|板块|客群|"
    r"深圳|广州|广东|浙江|江西|江苏|山东|山西|河南|河北|湖南|湖北|四川|安徽|福建|海南|云南|贵州|广西|陕西|甘肃|青海|宁夏|新疆|西藏|内蒙古?|辽宁|吉林|黑龙江|香港|澳门|台湾|港澳|东莞|佛山|温州|无锡|"
    r"华南|华东|华北|华中|西南|西北|东北|东部|西部|中部|长三角|珠三角|环渤海|京津冀|大湾区|"
    r"中小|大中型?|小微|普惠|绿色|高碳|涉农|三农|县域|高净值|"
    r"上限|下限|人均|户均|网均|点均|单户|单笔|月均|季均|日均|每[人户月天网]|新发放|存量|预计|预测|预估|调整后|剔除|扣除|不含|除去|剔掉"
)
_WORDS = dict.fromkeys(_FILLERS.split("|"))
_LONG = re.compile("|".join(sorted((re.escape(word) for word in _WORDS if len(word) > 1), key=len, reverse=True)), re.IGNORECASE)
_SHORT = frozenset(word for word in _WORDS if len(word) == 1)
# Only these may be peeled off the edge of an unknown word; 小, 大, 用 and the like may be part of it (小微, 信用卡).
_PARTICLES = frozenset("的了吗呢吧啊呀哦嘛么是在有为和与跟同及比请我你您他她它看查问那这就也都还再又从到至由于对把将里中上下内外时其后先给个按把算求列多会能要该应报")
# What remains of a word whose other characters are fillers too: 放贷能力, 资产多少户.
_NOUNS = frozenset("力户卡类端群")
_RUN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z][A-Za-z0-9_.-]*")


def leftovers(text: str, explained: list[tuple[int, int]], names: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of words that neither an explained span nor a filler covers: of two characters, or of one that touches a name."""
    masked = list(text)
    for start, end in explained:
        masked[start:end] = "\0" * (end - start)
    parts = [match.span() for match in PART.finditer("".join(masked))]
    kept = list(_LONG.sub(lambda match: "\0" * len(match[0]), "".join(masked)))
    for start, end in parts:
        kept[start:end] = text[start:end]
    locked = {at for start, end in parts for at in range(start, end)}
    remaining = "".join(kept)
    found = [_peeled(remaining, *match.span(), locked) for match in _RUN.finditer(remaining)]
    starts = {start for start, _ in names}
    return [(start, end) for start, end in found if end - start >= 2 or (end > start and (end in starts or text[start] in _NOUNS))]


def _peeled(text: str, start: int, end: int, locked: set[int]) -> tuple[int, int]:
    """A run without the particles at its edges; empty when it holds nothing but fillers. Locked places stay."""
    if all(text[at] in _SHORT and at not in locked for at in range(start, end)):
        return start, start
    while start < end and text[start] in _PARTICLES and start not in locked:
        start += 1
    while start < end and text[end - 1] in _PARTICLES and end - 1 not in locked:
        end -= 1
    return start, end
