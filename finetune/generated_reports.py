"""Annual reports of banks that do not exist, with a record of what stands on which page.

A report has what a real one has: contents, letters, highlights, management's discussion with tables and reasons, business and
risk chapters, governance, statements with 集团 and 本行 columns, accounting policies that name everything and state nothing,
notes with the year before on the next page, segment tables, values of the industry. One seed gives one report. The record says
for every indicator on which pages its value stands for the whole bank, where it is broken down, split by segment, given for the
bank alone, for the year before, or defined - the labels of retrieval training.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from data.indicators import Indicator, Kind, indicator_catalogue
from finetune.report_layout import Layout
from finetune.report_plan import (
    CAPTIONS,
    CATEGORIES,
    CHAPTERS,
    OTHERS_VALUES,
    PASSING,
    POLICY,
    REASONS,
    SECTIONS,
    SHORT,
    TOPICS,
    families,
    headline_indicators,
)
from finetune.report_words import Topic, amount, bank_name, filled, narrative, report_name, topics
from retrieval.documents import Document, Page

_LINES = ("个人银行业务", "公司银行业务", "资金业务", "其他业务")


class Role(StrEnum):
    """In what way a page is about an indicator."""

    STATED = "stated"
    BROKEN_DOWN = "broken_down"
    SEGMENT = "segment"
    BANK_ONLY = "bank_only"
    LAST_YEAR = "last_year"
    DEFINED = "defined"


@dataclass(frozen=True, slots=True)
class GeneratedReport:
    """The document, its bank and year, the printed name of each indicator in it, and the pages by (role, indicator id) and by topic."""

    document: Document
    bank: str
    year: int
    printed: dict[str, str]
    pages: dict[tuple[Role, str], tuple[int, ...]]
    topics: dict[str, tuple[int, ...]]


def generate_report(seed: int, richness: float = 0.6) -> GeneratedReport:
    """The report of a seed; `richness` is the share of topics and families of indicators that it holds (1: some 300 pages)."""
    return _Author(random.Random(seed), richness, f"{seed:016x}").write()


class _Author(Layout):
    """Writes one report from front to back, chapter by chapter."""

    def __init__(self, rng: random.Random, richness: float, key: str) -> None:
        super().__init__(rng)
        self.richness, self.key = richness, key
        self.bank, self.year = bank_name(rng), rng.randint(2015, 2025)
        self.printed = {indicator.id: report_name(indicator, rng) for indicator in indicator_catalogue()}
        self.roles: defaultdict[tuple[Role, str], set[int]] = defaultdict(set)
        self.seen: defaultdict[str, set[int]] = defaultdict(set)

    def write(self) -> GeneratedReport:
        """All chapters, one after another."""
        for chapter, title in CHAPTERS:
            self.turn()
            self.section = (title,) if title else ()
            for item in self._plan(chapter):
                if isinstance(item, Topic):
                    self._topic(item)
                elif not item:
                    self._filler()
                elif chapter == "front":
                    self._values_table(item, "主要会计数据和财务指标", notes=False)
                elif chapter == "statements":
                    self._statement(item)
                elif chapter == "policies":
                    self._policy(item[0])
                else:
                    self._family(item, notes=chapter in ("notes", "risk_notes"))
                self.turn(chance=0.2)
        return self._bound()

    def _plan(self, chapter: str) -> list[Topic | list[Indicator]]:
        wanted = TOPICS.get(chapter, "").split()
        chosen: list[Topic | list[Indicator]] = [topic for topic in topics() if topic.name in wanted and self.rng.random() < self.richness + 0.2]
        by_category = families()
        found = [family for name in CATEGORIES.get(chapter, "").split() for family in by_category[name] if self.rng.random() < self.richness]
        if chapter == "front":
            return [*chosen, *(self.rng.sample(headline_indicators(), 14) for _ in range(2))]
        if chapter == "policies":
            found = [[indicator] for indicator in self.rng.sample(list(indicator_catalogue()), int(40 * self.richness))]
        if chapter == "statements":
            return [*found]
        mixed = [*chosen, *found, *([] for _ in range(int(14 * self.richness)))]
        return self.rng.sample(mixed, len(mixed))

    def _mark(self, role: Role, members: Sequence[Indicator], pages: Sequence[int]) -> None:
        for member, page in zip(members, pages, strict=True):
            self.roles[role, member.id].add(page)

    def _topic(self, topic: Topic) -> None:
        """A section of sentences, and its table where it has one; what stands in it is known by the topic's name only."""
        self.heading(self.rng.choice(topic.headings))
        self.seen[topic.name].add(self.page)
        wanted = [*topic.text, *self.rng.sample(topic.text, min(len(topic.text), self.rng.randint(0, 2)))]
        for sentence in self.rng.sample(wanted, len(wanted)):
            self.paragraph(filled(sentence, self.bank, self.year, self.rng) + self._aside())
            self.seen[topic.name].add(self.page)
        if topic.rows:
            numbers = [[f"{self.rng.randint(10, 99999):,}" for _ in topic.columns[1:]] for _ in topic.rows]
            rows = list(zip((filled(row, self.bank, self.year, self.rng) for row in topic.rows), numbers, strict=True))
            self.seen[topic.name].update(self.table(self.rng.choice(topic.headings), topic.columns[1:], rows))

    def _aside(self) -> str:
        """Now and then an indicator in passing, without a value, or with that of somebody else."""
        if self.rng.random() > 0.35:
            return ""
        a, b = (self.printed[identity] for identity in self.rng.sample(sorted(self.printed), 2))
        template = self.rng.choice(OTHERS_VALUES if self.rng.random() < 0.3 else PASSING)
        named = template.replace("{a}", a).replace("{b}", b).replace("{v}", f"{self.rng.uniform(0.1, 90):.2f}%")
        return filled(named, self.bank, self.year, self.rng)

    def _filler(self) -> None:
        """A section that says much and states nothing."""
        self.heading(self.rng.choice(SECTIONS))
        for _ in range(self.rng.randint(1, 5)):
            self.paragraph(narrative(self.rng) + self._aside())

    def _policy(self, indicator: Indicator) -> None:
        """A heading with an indicator's name over sentences that say how it is treated and not what it is."""
        name = self.printed[indicator.id]
        self.heading(name)
        for sentence in self.rng.sample(POLICY, self.rng.randint(2, 5)):
            self.paragraph(sentence.format(a=name))
        if self.rng.random() < 0.5:
            self.paragraph(f"{name}是指{indicator.caliber}")
        self.roles[Role.DEFINED, indicator.id].add(self.page)

    def _family(self, family: list[Indicator], notes: bool) -> None:
        """A heading, sentences with values, the table, sentences on some members; in notes also last year's table and segments."""
        head = family[0]
        self.heading(self.rng.choice(("{}", "{}", "{}分析", "{}情况", "{}及其变动")).format(self.printed[head.id]))
        if self.rng.random() < (0.3 if notes else 0.7):
            self._sentences(family[:1])
        self._values_table(family, self.rng.choice(CAPTIONS).format(name=self.printed[head.id]), notes)
        if not notes:
            self._sentences(self.rng.sample(family, min(len(family), self.rng.randint(1, 4))))
        if self.rng.random() < 0.15:
            chosen = self.rng.choice(family)
            self.paragraph(f"{self.printed[chosen.id]}是指{chosen.caliber}")
            self._mark(Role.DEFINED, [chosen], [self.page])
        if notes and self.rng.random() < 0.2:
            self._segments(family)

    def _sentences(self, members: Sequence[Indicator]) -> None:
        for member in members:
            name, value, change = self.printed[member.id], amount(member, self.rng).strip("()"), f"{self.rng.uniform(0.1, 30):.2f}"
            when = self.rng.choice(("截至报告期末，", f"{self.year}年末，", f"{self.year}年，", "报告期内，", ""))
            unit = member.unit.symbol if member.kind is Kind.RATIO else self.rng.choice(("百万元", "亿元"))
            move = self.rng.choice((f"较上年末增长{change}%", f"同比增加{change}个百分点", f"比上年减少{change}%", "与上年基本持平"))
            reason = self.rng.choice(REASONS).replace("{other}", self.printed[self.rng.choice(sorted(self.printed))])
            self.paragraph(f"{when}本行{name}{self.rng.choice(('为', '达', ''))}{value}{unit}，{move}，{reason}。")
            self._mark(Role.STATED, [member], [self.page])

    def _values_table(self, family: Sequence[Indicator], caption: str, notes: bool) -> None:
        """The members in rows and years in columns; in notes sometimes one table a year, and columns for the group and the bank."""
        head, years = family[0], [self.year, self.year - 1] + [self.year - 2] * (self.rng.random() < 0.3)
        members = [*family[1:], head] if self.rng.random() < 0.5 else list(family)
        scopes, short = ("本集团 ", "本行 ") if notes and self.rng.random() < 0.4 else ("",), self.rng.random() < 0.5
        apart = notes and self.rng.random() < 0.4
        for tabled in ([[year] for year in years[:2]] if apart else [years]):
            columns = [f"{scope}{year}年{'12月31日' if head.point else '度'}" for scope in scopes for year in tabled]
            rows = [(self._label(member, short), [amount(member, self.rng) for _ in columns]) for member in members]
            pages = self.table(caption, columns, rows)
            current = self.year in tabled
            self._mark(Role.STATED if current else Role.LAST_YEAR, members, pages)
            if len(scopes) > 1 and current:
                self._mark(Role.BANK_ONLY, members, pages)
            if current:
                self.roles[Role.BROKEN_DOWN, head.id].update(pages)
            if apart:
                self.turn(chance=0.7)

    def _label(self, member: Indicator, short: bool) -> str:
        name = self.printed[member.id]
        cut = next((name.removesuffix(end) for end in SHORT if name.endswith(end) and len(name) > len(end) + 1), name) if short else name
        return self.rng.choice(("", "", "", "其中：")) + cut

    def _statement(self, family: list[Indicator]) -> None:
        """Rows of a statement with the group and the bank side by side."""
        name = self.rng.choice(("合并及银行资产负债表", "合并及银行利润表", "合并及公司财务报表"))
        columns = [f"{scope} {year}年" for scope in ("本集团", "本行") for year in (self.year, self.year - 1)]
        pages = self.table(f"{self.year}年{name}", columns, [(self.printed[i.id], [amount(i, self.rng) for _ in columns]) for i in family])
        self._mark(Role.STATED, family, pages)
        self._mark(Role.BANK_ONLY, family, pages)

    def _segments(self, family: Sequence[Indicator]) -> None:
        """The same names by line of business: not the bank's own values."""
        self.heading("分部报告")
        rows = [(self.printed[member.id], [amount(member, self.rng) for _ in _LINES]) for member in family]
        self._mark(Role.SEGMENT, family, self.table(f"{self.year}年度经营分部", _LINES, rows))

    def _bound(self) -> GeneratedReport:
        texts: defaultdict[int, list[str]] = defaultdict(list)
        for block in self.blocks:
            texts[block.page].append(block.text)
        pages = tuple(Page(number, "\n".join(texts[number])) for number in range(1, self.page + 1))
        title = f"{self.bank}{self.year}年年度报告"
        document = Document(self.key, f"{title}.pdf", title, "generated", pages, tuple(self.blocks), tuple(self.tables))
        roles = {key: tuple(sorted(found)) for key, found in self.roles.items()}
        return GeneratedReport(document, self.bank, self.year, self.printed, roles, {name: tuple(sorted(found)) for name, found in self.seen.items()})
