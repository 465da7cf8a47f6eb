"""Loaders by name: read through the real package, unknown names, missing packages, files that are not theirs."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from data.errors import DocumentError
from retrieval.documents import BlockKind
from retrieval.parsers.loaders import load_with, loader_names


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "note.log"
    path.write_text("# 资产质量\n\n不良贷款率为1.12%。\n\n| 项目 | 2023年 |\n|---|---|\n| 净利润 | 10 |\n", encoding="utf-8")
    return path


def test_a_loader_of_the_package_reads_text_headings_and_tables(text_file: Path) -> None:
    document = load_with("TextLoader", text_file)
    assert (document.name, document.format, len(document.tables)) == ("note.log", "TextLoader", 1)
    assert [(block.kind, block.text) for block in document.blocks][:2] == [(BlockKind.HEADING, "资产质量"), (BlockKind.PARAGRAPH, "不良贷款率为1.12%。")]
    assert load_with("textloader", text_file).key == document.key


def test_an_unknown_name_lists_near_ones(text_file: Path) -> None:
    assert len(loader_names()) > 100
    with pytest.raises(DocumentError, match="TextLoader"):
        load_with("TextLoder", text_file)
    with pytest.raises(DocumentError, match="没有名为“os.system”的加载器"):
        load_with("os.system", text_file)


def test_a_missing_package_is_named(text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unstructured", None)
    monkeypatch.setitem(sys.modules, "unstructured.partition", None)
    with pytest.raises(DocumentError, match=r"pip install unstructured"):
        load_with("UnstructuredEPubLoader", text_file)


def test_without_the_package_itself(text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_community.document_loaders", None)
    with pytest.raises(DocumentError, match="langchain-community"):
        load_with("TextLoader", text_file)


def test_a_loader_that_needs_more_or_fails_says_so(text_file: Path, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="请换一个加载器"):
        load_with("S3FileLoader", text_file)
    (tmp_path / "bad.txt").write_bytes("净利润".encode("gb18030"))
    with pytest.raises(DocumentError, match=r"读取“bad.txt”失败"):
        load_with("TextLoader", tmp_path / "bad.txt")
    (tmp_path / "blank.txt").write_text("  \n", encoding="utf-8")
    with pytest.raises(DocumentError, match="没有从“blank.txt”读出文字"):
        load_with("TextLoader", tmp_path / "blank.txt")


def test_pages_that_a_loader_gives(text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Part:
        def __init__(self, text: str, **metadata: Any) -> None:
            self.page_content, self.metadata = text, metadata

    class PagedLoader:
        def __init__(self, path: str) -> None:
            self.path = path

        def load(self) -> list[Part]:
            return [Part("第一页", page=0), Part("第二页", page=1), Part("第四页", page_number=4)]

    package = ModuleType("langchain_community.document_loaders")
    package.__dict__.update(__all__=["PagedLoader"], PagedLoader=PagedLoader)
    monkeypatch.setitem(sys.modules, package.__name__, package)
    document = load_with("PagedLoader", text_file)
    assert [page.text for page in document.pages] == ["第一页", "第二页", "", "第四页"]


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    before = {name for name in sys.modules if name.startswith("langchain_community")}
    importlib.reload(importlib.import_module("retrieval.parsers.loaders"))
    assert {name for name in sys.modules if name.startswith("langchain_community")} == before
