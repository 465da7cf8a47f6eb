"""The bundled knowledge: definitions, methods, regulation, scope notes, traps and units, in the product's own words.

Each Markdown file of data/knowledge holds one theme; each entry of it is a level-2 heading, metadata lines and a body:

    ## 净息差
    - id: net_interest_margin_definition
    - kind: definition
    - aliases: NIM, 净利息收益率
    - indicators: net_interest_margin
    - formula: 利息净收入 ÷ 生息资产平均余额 × 100%
    - source: 通行做法

    正文……

`id`, `kind` and `source` are required; what stands before the first level-2 heading is for the reader of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from data.errors import CatalogueError
from data.text import normalise_name

FOLDER = Path(__file__).parent / "knowledge"

_HEADING = "## "
_REQUIRED = ("id", "kind", "source")
_FIELDS = frozenset({*_REQUIRED, "aliases", "indicators", "formula"})


class KnowledgeKind(StrEnum):
    """What an entry is about."""

    DEFINITION = "definition"
    METHOD = "method"
    REGULATION = "regulation"
    SCOPE = "scope"
    TRAP = "trap"
    UNIT = "unit"


_KINDS = {kind.value: kind for kind in KnowledgeKind}


@dataclass(frozen=True, slots=True)
class KnowledgeEntry:
    """One entry. `indicators`: catalogue ids that it explains; `file` and `line` (from 1): where its heading stands."""

    id: str
    title: str
    kind: KnowledgeKind
    aliases: tuple[str, ...]
    indicators: tuple[str, ...]
    formula: str | None
    source: str
    body: str
    file: str
    line: int

    @property
    def names(self) -> tuple[str, ...]:
        """The title and the aliases: every name that stands for this entry and for no other."""
        return (self.title, *self.aliases)


def load_knowledge(folder: Path | None = None) -> list[KnowledgeEntry]:
    """The entries of all Markdown files of a folder (the packaged one by default), by file name, then as written.

    Raises:
        CatalogueError: a file cannot be read, or an entry lacks a field, has an unknown field or kind, an empty body,
            or an id, title or alias that another entry has; the message names the file and the line.
    """
    folder = FOLDER if folder is None else folder
    paths = sorted(folder.glob("*.md"))
    if not paths:
        raise CatalogueError(f"知识库目录 {folder} 中没有 Markdown 文件")
    entries = [entry for path in paths for entry in _read_file(path)]
    _check_unique(entries)
    return entries


@lru_cache(maxsize=1)
def knowledge_entries() -> tuple[KnowledgeEntry, ...]:
    """The packaged entries, read once."""
    return tuple(load_knowledge())


def _read_file(path: Path) -> Iterator[KnowledgeEntry]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"无法读取知识文件 {path.name}：{error}") from error
    starts = [index for index, line in enumerate(lines) if line.startswith(_HEADING)]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _entry(path.name, start + 1, lines[start:stop])


def _entry(file: str, line: int, block: list[str]) -> KnowledgeEntry:
    title = block[0].removeprefix(_HEADING).strip()
    fields, size = _metadata(file, line + 1, block[1:])
    body = "\n".join(block[1 + size :]).strip()
    if not title or not body:
        raise _error(file, line, f"条目“{title}”缺少{'正文' if title else '标题'}")
    for name in _REQUIRED:
        if not fields.get(name):
            raise _error(file, line, f"条目“{title}”缺少字段 {name}")
    if (kind := _KINDS.get(fields["kind"])) is None:
        raise _error(file, line, f"条目“{title}”的 kind 未知：{fields['kind']}")
    return KnowledgeEntry(
        id=fields["id"],
        title=title,
        kind=kind,
        aliases=_listed(fields, "aliases"),
        indicators=_listed(fields, "indicators"),
        formula=fields.get("formula") or None,
        source=fields["source"],
        body=body,
        file=file,
        line=line,
    )


def _metadata(file: str, first_line: int, block: list[str]) -> tuple[dict[str, str], int]:
    """The metadata under a heading, and how many lines it takes; it ends at the first blank line."""
    fields: dict[str, str] = {}
    for offset, text in enumerate(block):
        if not text.strip():
            return fields, offset
        name, colon, value = text.removeprefix("- ").partition(":")
        if not (text.startswith("- ") and colon and name in _FIELDS) or name in fields:
            raise _error(file, first_line + offset, f"元数据行有误、未知或重复：{text}")
        fields[name] = value.strip()
    return fields, len(block)


def _listed(fields: Mapping[str, str], name: str) -> tuple[str, ...]:
    parts = fields.get(name, "").replace("，", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _check_unique(entries: list[KnowledgeEntry]) -> None:
    ids: dict[str, KnowledgeEntry] = {}
    names: dict[str, KnowledgeEntry] = {}
    for entry in entries:
        _claim(ids, entry.id, entry, "标识")
        for name in entry.names:
            _claim(names, normalise_name(name), entry, "名称")


def _claim(taken: dict[str, KnowledgeEntry], key: str, entry: KnowledgeEntry, what: str) -> None:
    if key in taken:
        other = taken[key]
        raise _error(entry.file, entry.line, f"{what}“{key}”重复，已用于 {other.file} 第 {other.line} 行")
    taken[key] = entry


def _error(file: str, line: int, message: str) -> CatalogueError:
    return CatalogueError(f"{file} 第 {line} 行：{message}")
