"""Formats that this product does not read itself, through a loader of langchain-community by name.

The package is in maintenance and warns when it is imported; it is imported here only, when somebody asks for a loader.
"""

from __future__ import annotations

import csv
import importlib
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from data.errors import DocumentError
from retrieval.documents import Document
from retrieval.parsers.archives import check_archive
from retrieval.parsers.assembly import Assembly
from retrieval.parsers.markdown import add_text

PACKAGE = "langchain_community.document_loaders"
_INSTALL = re.compile(r"pip install (?:-\S+ )*[`'\"]?([\w.\-\[\],]+)")
# What third-party loaders raise on a file that is not theirs; there is no common base.
_FAILURES = (
    OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, AssertionError, SyntaxError, EOFError, zipfile.BadZipFile, csv.Error,
)  # fmt: skip


def load_with(name: str, path: Path) -> Document:
    """A file as a document, through the loader class of that name ("Docx2txtLoader", "UnstructuredEPubLoader").

    The texts are read like Markdown or plain text, so that headings and simple tables are found; pages are those that the
    loader gives, else one.

    Raises:
        DocumentError: the loader is unknown (near names are listed), a package that it needs is missing (it is named), it needs
            more than a path, or it fails on the file.
    """
    assembly = Assembly(path, name)
    with path.open("rb") as file:
        zipped = file.read(4) == b"PK\x03\x04"
    if zipped:
        check_archive(path, path.suffix.lstrip("."))
    with _quiet():
        loader = _loader(name, path)
        texts = _load(loader, name, path)
    if not any(text.strip() for text, _ in texts):
        raise DocumentError(f"{name} 没有从“{path.name}”读出文字：请换一个加载器，或另存为 PDF、docx 后再导入")
    for text, page in texts:
        assembly.page = page
        add_text(assembly, text)
    return assembly.finish()


def loader_names() -> tuple[str, ...]:
    """The names of all loaders of the package, sorted.

    Raises:
        DocumentError: langchain-community is not installed.
    """
    with _quiet():
        return tuple(sorted(entry for entry in _package().__all__ if entry.endswith("Loader")))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of the package: it says on every import that it is retired, which the user cannot act on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _package() -> Any:
    try:
        return importlib.import_module(PACKAGE)
    except ImportError as error:
        raise DocumentError(f"缺少 langchain-community，不能用加载器：pip install langchain-community（{error}）") from error


def _loader(name: str, path: Path) -> Any:
    names = loader_names()
    known = {entry.lower(): entry for entry in names}.get(name.lower())
    if known is None:
        raise DocumentError(f"没有名为“{name}”的加载器{_near(name, names)}")
    try:
        return getattr(_package(), known)(str(path))
    except ImportError as error:
        raise DocumentError(_missing(known, error)) from error
    except _FAILURES as error:
        raise DocumentError(f"{known} 不能只凭文件路径使用（{_brief(error)}）：请换一个加载器") from error


def _load(loader: Any, name: str, path: Path) -> list[tuple[str, int]]:
    """The texts with their pages."""
    try:
        found = loader.load()
    except ImportError as error:
        raise DocumentError(_missing(name, error)) from error
    except _FAILURES as error:
        raise DocumentError(f"{name} 读取“{path.name}”失败（{_brief(error)}）：请检查文件是否完好、格式是否相符") from error
    return [(str(part.page_content), _page(part.metadata)) for part in found]


def _page(metadata: dict[str, Any]) -> int:
    """`page` counts from 0 in these loaders, `page_number` from 1."""
    number = metadata.get("page_number")
    if isinstance(number, int) and number > 0:
        return number
    index = metadata.get("page")
    return index + 1 if isinstance(index, int) and index >= 0 else 1


def _near(name: str, names: tuple[str, ...]) -> str:
    """Names that look like it or hold its word."""
    word = name.lower().removesuffix("loader").removeprefix("unstructured")
    inside = [entry for entry in names if len(word) > 2 and word in entry.lower()]
    like = get_close_matches(name, names, n=5, cutoff=0.5)
    near = list(dict.fromkeys([*like, *inside]))[:6]
    return f"；相近的有：{'、'.join(near)}" if near else "；名称见 langchain_community.document_loaders"


def _missing(name: str, error: ImportError) -> str:
    command = _INSTALL.search(str(error))
    package = command[1].rstrip(".,`'\"") if command else (error.name or "").partition(".")[0] or str(error)
    return f"{name} 需要 {package}：请先运行 pip install {package}"


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}" if text else type(error).__name__
