"""A file into the stores: read, figures, identities, passages - shown as it goes, done once, and resumed after a kill.

A document is known by the hash of its bytes. It is marked as begun before anything of it is stored and as done after the last
write, so that a run that was killed leaves a document that the next run removes and does again; one that is done, by this
version of the pipeline, is left alone. What is not understood is counted and told, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from data.errors import DocumentError
from data.figures import Figure

if TYPE_CHECKING:
    from data.banks import BankRegistry
    from data.indicators import IndicatorCatalogue
    from retrieval.chunking import Chunk
    from retrieval.documents import Document
    from retrieval.engine import RetrievalEngine
    from retrieval.extraction.extract import Extraction
    from retrieval.extraction.sentences import SentenceReader
    from retrieval.ledger import Ledger
    from retrieval.library import Library

# Raise it when parsing or extraction changes: documents that an older version read are then read again.
PIPELINE = "1"
_DONE = f"done:{PIPELINE}"
_BANK, _ROW = "bank:", "row:"
_BLOCK = 1 << 20
_MAX_BYTES = 512 << 20
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Check:
    """One identity over the figures of a bank, period and scope. ok is None where figures were missing."""

    name: str
    ok: bool | None
    message: str
    figures: tuple[Figure, ...] = ()


Checker = Callable[[Sequence[Figure]], Sequence[Check]]


@dataclass(frozen=True)
class Options:
    """How files are read. loader: a langchain loader by name. ocr: recognise pages that have no text. workers: processes."""

    loader: str = ""
    ocr: bool = False
    workers: int = 1
    force: bool = False


@dataclass(frozen=True)
class IngestReport:
    """What became of one file. status: added, unchanged. named: figures whose indicator the catalogue knows."""

    path: str
    title: str
    status: str
    key: str
    pages: int = 0
    tables: int = 0
    figures: int = 0
    named: int = 0
    passages: int = 0
    bank: str = ""
    period: str = ""
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the library and for `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Prepared:
    """One document read and understood, not yet stored."""

    document: Document
    extraction: Extraction
    chunks: list[Chunk]


class Reading(Protocol):
    """The part of the work that needs no store, and so may run in another process."""

    def __call__(self, path: Path, collection: str, options: Options, progress: Progress | None) -> Prepared:
        """Read one file."""


@dataclass(frozen=True)
class Reader:
    """Reads one file into figures and passages, by the packaged catalogues. `sentences` must be importable by name: it travels to pool workers."""

    catalogue: Callable[[], IndicatorCatalogue]
    banks: Callable[[], BankRegistry]
    sentences: Callable[[], SentenceReader] | None = None

    def __call__(self, path: Path, collection: str, options: Options, progress: Progress | None = None) -> Prepared:
        """Parse, extract and cut up one file.

        Raises:
            DocumentError: the file cannot be read, or holds nothing.
        """
        from retrieval.chunking import chunk_document
        from retrieval.extraction.extract import extract_figures
        from retrieval.footnotes import with_footnotes
        from retrieval.parsers.reading import read_document

        tell = progress or _silent
        document = read_document(
            path, loader=options.loader, ocr=options.ocr, workers=options.workers, progress=lambda done, total: tell("读取", done, total)
        )
        if not any(page.text.strip() for page in document.pages):
            raise DocumentError(f"{path.name} 里没有可读的文字；若是扫描件，请加 --ocr")
        tell("抽取", 0, 1)
        reader = self.sentences() if self.sentences is not None else None
        extraction = extract_figures(document, catalogue=self.catalogue(), banks=self.banks(), collection=collection, sentences=reader)
        extraction = replace(extraction, figures=_owned(extraction.figures))
        tell("切分", 0, 1)
        return Prepared(document, extraction, with_footnotes(document, chunk_document(document, extraction.figures)))


class Ingestor:
    """Ingests files into one ledger and library. now: ISO time, for the record of when a file came in."""

    def __init__(self, ledger: Ledger, library: Library, engine: RetrievalEngine, reading: Reading, checker: Checker, now: Callable[[], str]) -> None:
        self._ledger = ledger
        self._library = library
        self._engine = engine
        self._reading = reading
        self._checker = checker
        self._now = now

    def ingest(
        self, paths: Sequence[Path], collection: str, options: Options | None = None, progress: Progress | None = None
    ) -> Iterator[IngestReport]:
        """Every file in turn, its report as soon as it is stored. Several files are read by a pool of processes.

        Raises:
            DocumentError: a file cannot be read; those before it are stored, those after it are not begun.
        """
        options, tell = options or Options(), progress or _silent
        files, failure = _hashed(paths)
        fresh: dict[str, Path] = {}
        for path, key in files:
            if not options.force and self._is_done(collection, key):
                yield self._unchanged(path, key, collection)
            else:
                fresh.setdefault(key, path)
        try:
            for path, key, prepared, seconds in self._prepared([(path, key) for key, path in fresh.items()], collection, options, tell):
                yield self._store(path, key, collection, prepared, seconds, tell)
            # The same bytes under another name.
            for path, key in files:
                if fresh.get(key, path) != path:
                    yield self._unchanged(path, key, collection)
        except DocumentError as error:
            failure = error
        if fresh:
            tell("索引", 0, 1)
            self._engine.index(collection)
            tell("索引", 1, 1)
        if failure is not None:
            raise failure

    def remove(self, collection: str, key: str) -> int:
        """Remove a document with everything that came from it; how many figures there were."""
        # The library first: a run that was killed in between leaves nothing that would pass for done.
        self._library.remove(collection, key)
        removed = self._ledger.remove_document(collection, key)
        self._engine.index(collection)
        return removed

    def remove_collection(self, collection: str) -> int:
        """Remove a whole collection; how many figures there were."""
        self._library.remove_collection(collection)
        removed = self._ledger.remove_collection(collection)
        self._engine.index(collection)
        return removed

    def _prepared(
        self, files: Sequence[tuple[Path, str]], collection: str, options: Options, tell: Progress
    ) -> Iterator[tuple[Path, str, Prepared, float]]:
        if len(files) < 2 or options.workers < 2:
            for path, key in files:
                started = perf_counter()
                yield path, key, self._reading(path, collection, options, tell), perf_counter() - started
            return
        single = replace(options, workers=1)
        with ProcessPoolExecutor(options.workers) as pool:
            started = perf_counter()
            running = [(path, key, pool.submit(self._reading, path, collection, single, None)) for path, key in files]
            for number, (path, key, future) in enumerate(running, start=1):
                prepared = future.result()
                tell("读取", number, len(running))
                yield path, key, prepared, perf_counter() - started

    def _store(self, path: Path, key: str, collection: str, prepared: Prepared, seconds: float, tell: Progress) -> IngestReport:
        started = perf_counter()
        document, extraction = prepared.document, prepared.extraction
        checks = list(self._checker(extraction.figures))
        figures = _marked(extraction.figures, checks)
        tell("入库", 0, len(figures))
        self._library.begin(
            collection, document, pipeline=PIPELINE, entity=extraction.subject.entity, entity_id=_owner(extraction),
            period=str(extraction.subject.period or ""), ingested_at=self._now(),
        )
        self._ledger.remove_document(collection, key)
        added = self._ledger.add(figures)
        self._library.add_chunks(collection, key, prepared.chunks)
        report = _report(path, key, prepared, checks, added, seconds + perf_counter() - started)
        self._library.finish(collection, key, report.to_dict())
        tell("入库", len(figures), len(figures))
        return report

    def _is_done(self, collection: str, key: str) -> bool:
        return self._library.status(collection, key) == _DONE

    def _unchanged(self, path: Path, key: str, collection: str) -> IngestReport:
        return IngestReport(**{**self._library.report(collection, key), "path": str(path), "status": "unchanged", "seconds": 0.0})


def _report(path: Path, key: str, prepared: Prepared, checks: Sequence[Check], added: int, seconds: float) -> IngestReport:
    document, extraction = prepared.document, prepared.extraction
    return IngestReport(
        path=str(path), title=document.title, status="added", key=key, pages=len(document.pages), tables=len(document.tables), figures=added,
        named=sum(bool(figure.indicator_id) and not figure.indicator_id.startswith(_ROW) for figure in extraction.figures),
        passages=len(prepared.chunks), bank=extraction.subject.entity, period=str(extraction.subject.period or ""),
        passed=sum(check.ok is True for check in checks), failed=[check.message for check in checks if check.ok is False],
        warnings=[*document.warnings, *[f"第{page.number}页：{warning}" for page in document.pages for warning in page.warnings]],
        remarks=list(extraction.remarks), seconds=round(seconds, 1),
    )


def _owner(extraction: Extraction) -> str:
    subject = extraction.subject
    return subject.entity_id or (f"{_BANK}{subject.entity}" if subject.entity else "")


def _owned(figures: Iterable[Figure]) -> list[Figure]:
    """Figures of a bank that the registry does not know, under an id made of its name, so that they can be asked for."""
    return [figure if figure.entity_id or not figure.entity else replace(figure, entity_id=f"{_BANK}{figure.entity}") for figure in figures]


def _marked(figures: Sequence[Figure], checks: Sequence[Check]) -> list[Figure]:
    """The figures, those that fail an identity with a note that says so: a failed check is shown, it drops nothing."""
    notes: dict[int, list[str]] = {}
    for check in checks:
        for figure in check.figures if check.ok is False else ():
            notes.setdefault(id(figure), []).append(f"勾稽不符：{check.name}")
    return [replace(f, note="；".join(filter(None, [f.note, *notes[id(f)]]))) if id(f) in notes else f for f in figures]


def _hashed(paths: Iterable[Path]) -> tuple[list[tuple[Path, str]], DocumentError | None]:
    """Paths with their hashes, up to the first that cannot be read, and what is wrong with that one."""
    found: list[tuple[Path, str]] = []
    for path in paths:
        try:
            found.append((path, _hash(path)))
        except DocumentError as error:
            return found, error
    return found, None


def _hash(path: Path) -> str:
    """sha256 of a file.

    Raises:
        DocumentError: it is not there, is no file, is empty, or is larger than what is read.
    """
    try:
        if not path.is_file():
            raise DocumentError(f"没有文件 {path}")
        size = path.stat().st_size
        if not 0 < size <= _MAX_BYTES:
            raise DocumentError(f"{path.name} 是空文件" if not size else f"{path.name} 超过 {_MAX_BYTES >> 20} MB，请拆分后导入")
        digest = sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise DocumentError(f"无法读取 {path}：{error.strerror}") from error
    return digest.hexdigest()


def _silent(_stage: str, _done: int, _total: int) -> None:
    """No progress is shown."""
