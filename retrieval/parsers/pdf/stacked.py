"""Headers whose place on the page is lost: the upper and lower halves of column titles that stand one under another at the margin.

Text that was set again, or copied out of a layout program, keeps the words of a header in order but not where they stood:
    2019年 / 2018年 / 12月31日 / 12月31日          →  2019年12月31日 · 2018年12月31日
    办公设备 / 房屋 运输设备 / 及其他 合计         →  房屋 · 运输设备 · 办公设备及其他 · 合计
The lower line breaks before each column that has an upper half; so the last lines with as many words as there are columns are the
lower halves, and upper halves belong to the first word of a line. Among the ways that are left, the one with the most known names wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from data.indicators import indicator_catalogue
from retrieval.parsers.pdf.chars import Word
from retrieval.tables.text import is_month_day, is_note_header, is_period, is_scope, is_year, tidy

# Further up than this the upper halves are never.
MAX_SKIPPED = 4
MAX_WIDTH = 14
_COMMON = frozenset(
    "合计 总计 小计 金额 占比 年初余额 年末余额 本年增加 本年减少 本年变动 税前金额 所得税 税后净额 "
    "土地使用权 软件及其他 在建工程 运输设备 电子设备 房屋和建筑物 房屋及建筑物 12个月预期信用损失 整个存续期预期信用损失 "
    "其他权益工具-优先股 其他权益工具-永续债 一般风险准备 其他综合收益 未分配利润 少数股东权益 盈余公积 资本公积 股本 减：库存股 "
    "表决权比例 持股比例 基本每股收益 稀释每股收益 会计政策变更的影响 交易性金融资产 债权投资 其他债权投资 其他权益工具投资 "
    "交易性金融负债 发放贷款和垫款 "
    "第一阶段 第二阶段 第三阶段 第1阶段 第2阶段 第3阶段 长江三角洲 珠江三角洲 环渤海地区 中部地区 西部地区 东北地区 总行 抵销".split()
)


@dataclass(frozen=True, slots=True)
class Stack:
    """One text per column, how many of the lines (from the last) it takes, which of them are left over, how many names are known."""

    texts: tuple[str, ...]
    taken: int
    rest: tuple[int, ...]
    known: int


def stacked(lines: Sequence[Sequence[Word]], width: int) -> Stack | None:
    """The titles of `width` columns out of header lines, the last line the lowest; None where the words do not come out even."""
    start, total = len(lines), 0
    while start and total < width:
        start -= 1
        total += len(lines[start])
    if total != width or not 1 < width <= MAX_WIDTH:
        return None
    chunks = [[word.text for word in line] for line in lines[start:]]
    best = _plain(chunks, len(lines) - start)
    best_score = _score(best.texts, 0, len(chunks), 0, False)
    upper = _upper(lines, start)
    for count in range(1, min(len(chunks), len(upper)) + 1):
        for skipped in range(min(MAX_SKIPPED, len(upper) - count) + 1):
            tops = upper[skipped : skipped + count][::-1]
            for places in combinations(range(len(chunks)), count):
                texts = _merged(chunks, places, [lines[index][0].text for index in tops])
                if texts is None:
                    continue
                score = _score(texts, count, len(chunks), skipped, places == tuple(range(len(chunks) - count, len(chunks))))
                if score > best_score:
                    rest = tuple(index for index in range(tops[0], start) if index not in tops)
                    best, best_score = Stack(texts, len(lines) - tops[0], rest, _known(texts)), score
    return best


def _plain(chunks: Sequence[Sequence[str]], taken: int) -> Stack:
    texts = tuple(text for chunk in chunks for text in chunk)
    return Stack(texts, taken, (), _known(texts))


def _upper(lines: Sequence[Sequence[Word]], start: int) -> list[int]:
    """Lines of one word above `start` that may be upper halves, nearest first."""
    found: list[int] = []
    for index in range(start - 1, -1, -1):
        line = lines[index]
        if len(line) == 1 and is_note_header(line[0].text):
            continue
        if len(line) == 1 and is_scope(line[0].text) and not found:
            continue
        if len(line) != 1 or is_scope(line[0].text) or (is_period(line[0].text) and not is_year(line[0].text) and len(line[0].text) > 3):
            break
        found.append(index)
    return found


def _merged(chunks: Sequence[Sequence[str]], places: Sequence[int], tops: Sequence[str]) -> tuple[str, ...] | None:
    """The texts with the upper halves put before the first word of their lines; None where a half of a date would meet no other."""
    texts: list[str] = []
    for index, chunk in enumerate(chunks):
        first = chunk[0]
        if index in places:
            top = tops[places.index(index)]
            if is_year(top) != is_month_day(first):
                return None
            first = tidy(f"{top} {first}") if top[-1:].isascii() and first[:1].isascii() and first[:1].isalpha() else top + first
        texts.extend((first, *chunk[1:]))
    return tuple(texts)


def _score(texts: Sequence[str], count: int, lines: int, skipped: int, trailing: bool) -> float:
    halves = sum(1 for text in texts if is_month_day(text))
    even = 1.0 if count and trailing and count >= lines - 1 else 0.0
    longer = 0.05 * sum(len(text) for text in texts if is_known(text))
    return 3 * _known(texts) + longer - 2 * halves + even - 0.5 * count - 0.6 * skipped + (0.6 * count if even else 0.0)


def _known(texts: Sequence[str]) -> int:
    return sum(1 for text in texts if is_known(text))


@lru_cache(maxsize=8192)
def is_known(text: str) -> bool:
    """A whole title: a full period, a name of the catalogue, or one of the common column titles."""
    if is_period(text):
        return not is_month_day(text)
    plain = tidy(text)
    return plain in _COMMON or indicator_catalogue().by_name(plain) is not None
