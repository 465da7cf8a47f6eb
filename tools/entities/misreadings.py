"""Misreadings of optical recognition, mended character for character, so that offsets survive.

Two ways: rules for short words and for numbers, which need their neighbours; and every name of three characters or more
with one character replaced by one that looks like it (营业收人, 拨备覆盍率), where that is no word of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache

from data.indicators import indicator_catalogue
from data.text import normalise
from tools.traditional import simplify
from tools.word_index import WordIndex

# Short words and numbers need their neighbours to tell a misreading from another word; each is as long as what it replaces.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), right)
    for pattern, right in (
        (r"(?<![接验回招])收[人八](?!员)", "收入"),
        (r"其它", "其他"),
        (r"支[岀山凵]", "支出"),
        (r"[个平木术丕禾否杏才下](?:良|艮)(?=贷|率|资产|余额|生成)", "不良"),
        (r"不[艮娘](?=贷|率|资产|余额|生成)", "不良"),
        (r"贷[欲歇歌歁欵软]", "贷款"),
        (r"货款(?=余额|总额|率|和垫|及垫|损失|减值|占比|利率|平均)", "贷款"),
        (r"存[歇歌欲歁欵软]", "存款"),
        (r"垫[歇欲歁欵教]", "垫款"),
        (r"[援拔泼扳]备", "拨备"),
        (r"覆[益荐蓝孟]率", "覆盖率"),
        (r"(?<=[款盖足益息良])[卒牢]", "率"),
        (r"净[利禾][闰涧调洞](?!期)", "净利润"),
        (r"净[息思恩患怠][差羞羌]", "净息差"),
        (r"利[思恩患](?=净|收|支|率)", "利息"),
        (r"资[木夲](?=充|净|总|公)", "资本"),
        (r"资[户广](?=总|负|质)", "资产"),
        (r"第([一二三四])[李孝]度", r"第\1季度"),
        (r"([一二三四])[李孝]度", r"\1季度"),
        (r"涉[衣衷]", "涉农"),
        (r"金融[相祖]赁", "金融租赁"),
        (r"总[颔颌]", "总额"),
        (r"[佘佥](?=额)", "余"),
        (r"亿[兀几冗儿]", "亿元"),
        (r"百万[兀几冗儿]", "百万元"),
        (r"人民[帀巾]", "人民币"),
        (r"[个亇]白分点", "个百分点"),
        (r"百[分份][占卢]", "百分点"),
        (r"本集[困因囚]", "本集团"),
        (r"(?<![一-鿿])集[困因囚]", "集团"),
        (r"(?<=个)(?:基[占卢]|墓点)", "基点"),
        (r"本公[同]", "本公司"),
        (r"(?:(?<=\d年)|(?<=报告期)|(?<=[上去]年))[未木](?![能来有经曾尽必])", "末"),
        (r"(?<![一-鿿])年[未木](?=[一-鿿])", "年末"),
        (r"归[毋每]", "归母"),
        (r"(?<=\d月\d)曰|(?<=\d月\d\d)曰", "日"),
        (r"有[眼跟很]公司", "有限公司"),
        (r"(?<=年)[lI](?=\d月)|(?<=月[123])[lI](?=日)|(?<=[\d.])[lI](?=[\d.%亿万个])", "1"),
        (r"(?<=[\d.])[oO](?=[\d.%亿万])|(?<![A-Za-z\d])[oO](?=\.\d)", "0"),
    )
)
# A character and those that are read for it: 入 is read as 人 or 八.
LOOKALIKES: dict[str, str] = {pair[0]: pair[1:] for pair in (
    "入人八 不个平木术丕禾否杏才下 良艮娘 款歇歌歁欵软欲教 贷货贪 拨援拔泼扳 备各 覆履 盖益荐蓝孟盍 率卒牢 利刮 润闰涧调洞 息思恩患怠 差羞羌 本木夲 资咨贫 产户广严 "
    "季李孝 农衣衷 租相祖 额颔颌颇 余佘佥 元兀几冗儿 币帀巾 白自 分份 点占卢 团困因囚 司同 末未木 母毋每 益盆溢 股服肱 净诤静 营菅管 支攴 出岀凵 总怠 核该 心必 充允兖 足定 "
    "级圾极 收牧攻 东车 手于 续绩 费贵 佣拥俑 金全佥 普晋 惠患 型刑 微徽 企仓 住往 房旁 按桉 揭竭 信倌 卡下 逾愈 期斯 关夫 注汪 类娄 损捐 失夭矢 准淮 减碱 值植 存在 拆折 债偾 "
    "成戍 比匕 负贞 杠杜 权杈 业亚 务夯 均圴 流硫 动劝 性牲 覆复 缺决 集隼 回囬 报扳 归妇 属厲 者考 投没 证征 券卷 理埋 财则 管营 规观 模摸 合台 计汁 税悦 折拆 旧日 摊滩"
).split()}  # fmt: skip


def mended(text: str) -> str:
    """Folded text with the misreadings that are sure put right; the length is the text's own."""
    for pattern, right in _RULES:
        text = pattern.sub(right, text)
    found = [(start, end, right) for start, end, right in _variants().spans(text) if right]
    for start, end, right in found:
        text = f"{text[:start]}{right}{text[end:]}"
    return text


@lru_cache(maxsize=1)
def _variants() -> WordIndex[str]:
    """Every misread form of a long catalogue name → the name; the names themselves → "" so that they win where they stand."""
    names = {plain for name in indicator_catalogue().names() if len(plain := simplify(normalise(name))) >= 2 and re.fullmatch(r"[一-鿿]+", plain)}
    table = {
        f"{name[:at]}{wrong}{name[at + 1 :]}": name
        for name in names if 3 <= len(name) <= _LONGEST
        for at, char in enumerate(name) for wrong in LOOKALIKES.get(char, "")
    }  # fmt: skip
    return WordIndex({variant: right for variant, right in table.items() if variant not in names} | dict.fromkeys(names, ""))


_LONGEST = 6  # A longer name holds shorter ones, which are mended on their own.
