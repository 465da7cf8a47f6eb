"""The bundled knowledge: every packaged entry holds the house rules, and a malformed file says where it is malformed."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from data.catalogue_files import FOLDER as CATALOGUE_FOLDER
from data.catalogue_files import read_yaml_list
from data.errors import CatalogueError
from data.knowledge_base import FOLDER, KnowledgeEntry, KnowledgeKind, knowledge_entries, load_knowledge
from data.text import normalise_name

ENTRIES = knowledge_entries()
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BANK_STATISTIC = re.compile(r"[0-9０-９]\s*[十百千万]*\s*亿元?")

GOOD = """# 主题

读者看的说明。

## 净息差
- id: nim
- kind: definition
- aliases: NIM, 净利息收益率，息差
- indicators: net_interest_margin
- formula: 利息净收入 ÷ 生息资产平均余额 × 100%
- source: 通行做法

第一段。

第二段。

## 环比
- id: qoq
- kind: method
- source: 通行做法

与上一期相比。
"""


def names(entry: KnowledgeEntry) -> set[str]:
    return {normalise_name(name) for name in entry.names}


def catalogue_entries() -> list[dict[str, Any]]:
    files = sorted((CATALOGUE_FOLDER / "indicators").glob("*.yaml"))
    return [row for path in files for row in read_yaml_list(path)]


def written(folder: Path, text: str) -> Path:
    (folder / "theme.md").write_text(text, encoding="utf-8")
    return folder


# --- the packaged entries ---------------------------------------------------------------------------------------------


def test_packaged_knowledge_is_broad() -> None:
    assert len(ENTRIES) >= 300
    assert {entry.file for entry in ENTRIES} == {path.name for path in FOLDER.glob("*.md")}
    per_kind = Counter(entry.kind for entry in ENTRIES)
    assert all(per_kind[kind] >= 10 for kind in KnowledgeKind), per_kind


def test_packaged_knowledge_is_read_once() -> None:
    assert knowledge_entries() is ENTRIES
    assert list(ENTRIES) == load_knowledge()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_entry_holds_the_house_rules(entry: KnowledgeEntry) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.id)
    assert 80 <= len(CHINESE.findall(entry.body)) <= 250
    assert not BANK_STATISTIC.search(entry.body), "an amount in 亿元 would be some bank's statistic"
    assert len(entry.source) >= 4
    assert all(name == name.strip() and len(name) >= 1 for name in entry.names)


def test_heading_lines_point_into_the_files() -> None:
    for entry in ENTRIES:
        lines = (FOLDER / entry.file).read_text(encoding="utf-8").split("\n")
        assert lines[entry.line - 1] == f"## {entry.title}"


def test_regulation_entries_cite_a_dated_text() -> None:
    undated = [e.id for e in ENTRIES if e.kind is KnowledgeKind.REGULATION and not re.search(r"20\d\d|第[三四]十", e.source)]
    assert undated == []


def test_indicators_exist_in_the_catalogue() -> None:
    known = {entry["id"] for entry in catalogue_entries()}
    unknown = {(entry.id, indicator) for entry in ENTRIES for indicator in entry.indicators if indicator not in known}
    assert known
    assert unknown == set()


def test_a_name_shared_with_the_catalogue_means_the_same_indicator() -> None:
    meant = {
        normalise_name(name): row["id"]
        for row in catalogue_entries()
        for name in (row["name"], *(row.get("aliases") or ()), *(row.get("english") or ()))
    }
    # A unit may share its letters with an indicator (bps: basis points, book value per share); no other entry may.
    others = [entry for entry in ENTRIES if entry.kind is not KnowledgeKind.UNIT]
    shared = [(entry, name) for entry in others for name in names(entry) & meant.keys()]
    astray = [(entry.id, name, meant[name]) for entry, name in shared if meant[name] not in entry.indicators]
    assert shared
    assert astray == []


def test_no_name_stands_for_two_entries() -> None:
    seen = Counter(normalise_name(name) for entry in ENTRIES for name in entry.names)
    assert [name for name, count in seen.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "entry_id", "says"),
    [
        ("ROA", "roa_definition", ("净利润", "期初", "期末", "资产总额", "平均")),
        ("成本收入比", "cost_income_ratio_definition", ("业务及管理费", "营业收入")),
        ("BP", "basis_point", ("0.01%", "个百分点")),
        ("拨贷比", "loan_provision_ratio_definition", ("不良贷款率", "拨备覆盖率")),
        ("杜邦分析", "dupont_three_factor_method", ("净利率", "权益乘数")),
        ("流动比率", "current_ratio_not_applicable", ("净稳定资金比例", "流动性覆盖率")),
        ("TLAC", "tlac_requirement", ("16%", "18%")),
    ],
)
def test_what_analysts_ask_is_answered(name: str, entry_id: str, says: tuple[str, ...]) -> None:
    (entry,) = [entry for entry in ENTRIES if normalise_name(name) in names(entry)]
    assert entry.id == entry_id
    assert all(word in f"{entry.formula} {entry.body}" for word in says)


def test_no_body_is_written_twice() -> None:
    bodies = sorted(entry.body for entry in ENTRIES)
    assert all(first[:40] != second[:40] for first, second in pairwise(bodies))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_reads_fields_body_and_place(tmp_path: Path) -> None:
    margin, change = load_knowledge(written(tmp_path, GOOD))
    assert margin == KnowledgeEntry(
        id="nim",
        title="净息差",
        kind=KnowledgeKind.DEFINITION,
        aliases=("NIM", "净利息收益率", "息差"),
        indicators=("net_interest_margin",),
        formula="利息净收入 ÷ 生息资产平均余额 × 100%",
        source="通行做法",
        body="第一段。\n\n第二段。",
        file="theme.md",
        line=5,
    )
    assert (change.aliases, change.indicators, change.formula, change.line) == ((), (), None, 17)


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    (tmp_path / "a.md").write_text("## 同比\n- id: yoy\n- kind: method\n- source: 通行做法\n\n正文。\n", encoding="utf-8")
    assert [entry.id for entry in load_knowledge(tmp_path)] == ["yoy", "nim", "qoq"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("- id: qoq\n", "", 17, "缺少字段 id"),
        ("- id: qoq\n", "- id:\n", 17, "缺少字段 id"),
        ("- kind: method\n", "", 17, "缺少字段 kind"),
        ("- source: 通行做法\n\n与", "\n与", 17, "缺少字段 source"),
        ("- kind: method", "- kind: opinion", 17, "kind 未知：opinion"),
        ("与上一期相比。\n", "", 17, "缺少正文"),
        ("- source: 通行做法\n\n与上一期相比。\n", "- source: 通行做法", 17, "缺少正文"),
        ("## 环比", "## ", 17, "缺少标题"),
        ("- id: qoq", "- id: nim", 17, "标识“nim”重复，已用于 theme.md 第 5 行"),
        ("## 环比", "## 净息差", 17, "名称“净息差”重复"),
        ("- id: qoq", "- id: qoq\n- aliases: ｎｉｍ", 17, "名称“nim”重复"),
        ("- id: qoq", "- id: qoq\n- id: other", 19, "重复：- id: other"),
        ("- id: qoq", "- id: qoq\n- unit: %", 19, "未知或重复：- unit: %"),
        ("- id: qoq", "id: qoq", 18, "元数据行有误"),
        ("- id: qoq", "- id qoq", 18, "元数据行有误"),
    ],
)
def test_malformed_entry_is_refused_with_its_place(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CatalogueError) as caught:
        load_knowledge(written(tmp_path, GOOD.replace(old, new)))
    assert str(caught.value).startswith(f"theme.md 第 {line} 行：")
    assert message in str(caught.value)


def test_clash_between_files_names_both(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    (tmp_path / "z.md").write_text("## 息差\n- id: spread\n- kind: trap\n- source: 通行做法\n\n正文。\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"^z\.md 第 1 行：名称“息差”重复，已用于 theme\.md 第 5 行$"):
        load_knowledge(tmp_path)


def test_unreadable_bytes_and_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="没有 Markdown 文件"):
        load_knowledge(tmp_path)
    (tmp_path / "theme.md").write_bytes("## 净息差".encode("gb18030"))
    with pytest.raises(CatalogueError, match=r"无法读取知识文件 theme\.md"):
        load_knowledge(tmp_path)
