"""What rows are made of, counted in one pass: kinds, families, slices, sources, lengths, ranges of answers, commonest templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from finetune.rows.record import Row
from finetune.rows.text_keys import digest, row_digest

COUNTED = ("kind", "family", "slice", "rendering", "split", "source", "license", "digits", "unit", "augmented", "reviewed")
_MOST_SOURCES = 50
OTHERS = "其他"


@dataclass(slots=True)
class Lengths:
    """How long texts are, as exact counts by length; quantiles are exact."""

    counts: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """The sum of all lengths."""
        return sum(size * count for size, count in self.counts.items())

    @property
    def mean(self) -> float:
        """The mean length, 0.0 without texts."""
        return self.total / self.counts.total() if self.counts else 0.0

    def quantile(self, share: float) -> int:
        """The least length that at least this share of the texts does not exceed; 0 without texts."""
        needed, seen = share * self.counts.total(), 0
        for size in sorted(self.counts):
            seen += self.counts[size]
            if seen >= needed:
                return size
        return 0

    def to_dict(self) -> dict[str, float]:
        """Texts, mean and quantiles."""
        return {
            "texts": self.counts.total(), "total": self.total, "mean": round(self.mean, 1), "p50": self.quantile(0.5), "p95": self.quantile(0.95),
            "p99": self.quantile(0.99), "longest": self.quantile(1.0),
        }  # fmt: skip


@dataclass(slots=True)
class Stats:
    """Counts of rows. by: meta field → value → rows. lengths: "question", "answer", "row" in characters, and "tokens" where a tokenizer
    was given. answers: unit → decade → answers. banks, periods: how many different ones. digest: of the rows in their order.
    """

    rows: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {key: Counter() for key in COUNTED})
    lengths: dict[str, Lengths] = field(default_factory=dict)
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    templates: Counter[str] = field(default_factory=Counter)
    banks: Counter[str] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    groups: int = 0
    internal: int = 0
    digest: str = ""

    def to_dict(self, top: int = 20) -> dict[str, Any]:
        """JSON types; the `top` commonest templates, and the counts of how many there are."""
        return {
            "rows": self.rows, "digest": self.digest, "groups": self.groups, "internal": self.internal, "banks": len(self.banks),
            "by": {key: dict(counts.most_common()) for key, counts in self.by.items() if counts},
            "years": dict(sorted(self.years.items())), "lengths": {name: lengths.to_dict() for name, lengths in self.lengths.items()},
            "answers": {unit: dict(sorted(counts.items(), key=lambda item: _order(item[0]))) for unit, counts in sorted(self.answers.items())},
            "templates": {"different": len(self.templates), "top": dict(self.templates.most_common(top))},
        }  # fmt: skip

    def markdown(self, top: int = 10) -> str:
        """Tables for people."""
        lines = [f"共 {self.rows} 行，{self.groups} 组，{len(self.banks)} 家银行，{len(self.templates)} 种问法模板。"]
        for key in COUNTED:
            if self.by[key] and set(self.by[key]) != {""}:
                lines += ["", f"| {key} | 行数 | 占比 |", "|---|---:|---:|"]
                lines += [f"| {value or '（无）'} | {count} | {count / self.rows:.1%} |" for value, count in self.by[key].most_common(_MOST_SOURCES)]
        lines += ["", "| 长度 | 平均 | 中位 | 95% | 99% | 最长 |", "|---|---:|---:|---:|---:|---:|"]
        lines += [_length_line(name, lengths.to_dict()) for name, lengths in self.lengths.items()]
        for unit, counts in sorted(self.answers.items()):
            told = "，".join(f"{decade}：{counts[decade]}" for decade in sorted(counts, key=_order))
            lines += ["", f"答案（{unit or '无单位'}）：{told}"]
        lines += ["", "| 最多的模板 | 行数 |", "|---|---:|"]
        lines += [f"| {name or '（无）'} | {count} |" for name, count in self.templates.most_common(top)]
        return "\n".join(lines) + "\n"


def stats_of(rows: Iterable[Row], tokenizer: Callable[[str], int] | None = None) -> Stats:
    """The counts of rows, streamed. tokenizer: from a text to its number of tokens (of question and answer together)."""
    stats = Stats(lengths={name: Lengths() for name in ("question", "answer", "row", *(("tokens",) if tokenizer else ()))})
    groups, digests = set[str](), list[str]()
    for row in rows:
        stats.rows += 1
        meta = row.meta
        for key in COUNTED:
            stats.by[key][_value(stats.by[key], key, str(meta.get(key) or ""))] += 1
        whole = sum(len(str(message.get("content") or "")) for message in row.messages)
        sizes = {"question": len(row.prompt), "answer": len(row.completion), "row": whole}
        if tokenizer is not None:
            sizes["tokens"] = tokenizer(f"{row.prompt}{row.completion}")
        for name, size in sizes.items():
            stats.lengths[name].counts[size] += 1
        for answer in filter(None, str(meta.get("answer") or "").split("|")):
            stats.answers.setdefault(str(meta.get("unit") or ""), Counter())[decade(answer)] += 1
        stats.templates[str(meta.get("template") or "")] += 1
        stats.banks[str(meta.get("bank") or "")] += bool(meta.get("bank"))
        stats.years[str(meta.get("as_of") or "")[:4]] += bool(meta.get("as_of"))
        stats.internal += bool(meta.get("internal"))
        groups.add(str(meta.get("group") or ""))
        digests.append(row_digest(row))
    stats.banks, stats.years = +stats.banks, +stats.years
    stats.groups, stats.digest = len(groups), digest(*digests)
    return stats


def decade(answer: str) -> str:
    """The range that a number lies in, by its size: "0", "[1,10)", "-[0.1,1)"; "text" for what is no number."""
    try:
        value = Decimal(answer.replace(",", ""))
    except InvalidOperation:
        return "text"
    if not value.is_finite():
        return "text"
    if not value:
        return "0"
    low = Decimal(1).scaleb(value.adjusted())
    return f"{'-' if value < 0 else ''}[{low:f},{low * 10:f})"


def _value(counts: Mapping[str, int], key: str, value: str) -> str:
    """Pages of documents are many: past so many sources, further ones count together."""
    return value if key != "source" or value in counts or len(counts) < _MOST_SOURCES else OTHERS


def _order(name: str) -> Decimal:
    """Ranges from the most negative to the largest, text last."""
    if name == "text":
        return Decimal("Infinity")
    low = Decimal(name.lstrip("-[").split(",")[0])
    return -low if name.startswith("-") else low


def _length_line(name: str, sizes: Mapping[str, float]) -> str:
    return f"| {name} | {sizes['mean']} | {sizes['p50']} | {sizes['p95']} | {sizes['p99']} | {sizes['longest']} |"
