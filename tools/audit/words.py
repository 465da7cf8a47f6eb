"""Words of direction in Chinese financial prose: 下降, 降幅, 高于, 持平, and the single characters that act alone before a number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """A word of direction. sign: +1, -1, or 0 for 变动 and 相差. kind: move (下降), noun (降幅), compare (高于), flat (持平)."""

    start: int
    end: int
    sign: int
    kind: str


_FALLS = (
    "下降 下滑 减少 收窄 回落 降低 下行 走低 下跌 缩减 缩小 压降 微降 略降 少增 萎缩 下调 缩水 拉低 拖累 负增长 "
    "下探 走窄 下挫 骤降 大降 锐减 净减少 调降 净减 净下降 少计 滑落 走弱"
)
_RISES = (
    "上升 增长 增加 提升 扩大 提高 上行 走高 上涨 微升 略升 微增 略增 回升 反弹 扩张 走阔 攀升 抬升 上调 "
    "多增 拉动 贡献 增厚 推高 净增 净增加 新增 多计 抬高 走强 提振"
)
_TABLE: tuple[tuple[str, int, str], ...] = (
    (_FALLS, -1, "move"),
    (_RISES, 1, "move"),
    ("降幅 跌幅 减幅 负增速 ↓ ▼", -1, "noun"),
    ("增幅 涨幅 升幅 增速 增长率 增长速度 涨跌幅 ↑ ▲", 1, "noun"),
    ("变动 变化 波动 差距 差额 差异 相差 幅度 改善 优化 恶化 劣化 价差 偏离", 0, "noun"),
    ("高于 高出 多于 大于 超过 超出 多出 领先 领先于 强于", 1, "compare"),
    ("低于 低出 少于 小于 不及 少出 落后 落后于 弱于", -1, "compare"),
    ("持平", 0, "flat"),
)
_WORDS: Mapping[str, tuple[int, str]] = {word: (sign, kind) for words, sign, kind in _TABLE for word in words.split()}
# One character counts only right before a number: 同比降1.64%, 低0.41个百分点.
_SINGLE_TABLE = (("升增涨", 1, "move"), ("降减跌", -1, "move"), ("高多", 1, "compare"), ("低少", -1, "compare"))
_SINGLE: Mapping[str, tuple[int, str]] = {char: (sign, kind) for chars, sign, kind in _SINGLE_TABLE for char in chars}
_BEFORE_NUMBER = (
    r"(?=(?:了|出|约|至|到|为|近|超|逾|于|大约|超过|将近|接近){0,2}\s*(?:人民币)?[-+]?"
    r"(?:\d|百分之|[一二两三四五六七八九十]个?(?:百分点|基点)))"
)
_CUE = re.compile("|".join(sorted(map(re.escape, _WORDS), key=lambda word: -len(word))) + rf"|(?P<one>[{''.join(_SINGLE)}]){_BEFORE_NUMBER}")
_NAME_ENDS = re.compile(r"(?:率|额)?(?:\(.*)?$")
_DENIED = re.compile(r"(?:不|未|没有|并未|无)$")


def find_cues(text: str, names: Sequence[tuple[int, int]]) -> list[Cue]:
    """Words of direction in order; inside an indicator's name only a noun at its end counts (营业收入增速, not 公允价值变动损益)."""
    cues = []
    for match in _CUE.finditer(text):
        sign, kind = _SINGLE[match[0]] if match["one"] else _WORDS[match[0]]
        name_end = next((end for start, end in names if start <= match.start() < end), None)
        if name_end is not None and (kind != "noun" or not _NAME_ENDS.match(text[match.end() : name_end])):
            continue
        denied = kind == "compare" and _DENIED.search(text, max(0, match.start() - 2), match.start())
        cues.append(Cue(*match.span(), -sign if denied else sign, kind))
    return cues
