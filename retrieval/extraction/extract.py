"""A parsed document to figures: tables first, then sentences, disagreeing readings settled, what gave nothing counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from data.banks import BankRegistry
from data.figures import Figure
from data.indicators import IndicatorCatalogue
from data.units import Unit
from retrieval.documents import Document, TableLayout
from retrieval.extraction.accrued import split_accrued
from retrieval.extraction.context import Subject, read_subject
from retrieval.extraction.distinct import over, tell_apart
from retrieval.extraction.labels import clean_label
from retrieval.extraction.making import ROW_PREFIX, FigureMaker
from retrieval.extraction.movements import restarts
from retrieval.extraction.name_index import name_index
from retrieval.extraction.openings import settle_openings
from retrieval.extraction.page_heads import page_heads, page_scopes
from retrieval.extraction.printed_units import declared_unit, running_unit
from retrieval.extraction.records import RecordReader
from retrieval.extraction.sentences import SentenceReader, read_sentences
from retrieval.extraction.settle import settle
from retrieval.extraction.tables import TableReader


@dataclass(frozen=True, slots=True)
class Extraction:
    """The figures of a document, what it is about, and what was noticed. skipped: cells that gave no figure, by reason."""

    figures: list[Figure]
    subject: Subject
    remarks: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)


def extract_figures(
    document: Document, *, catalogue: IndicatorCatalogue, banks: BankRegistry, collection: str, sentences: SentenceReader | None = None
) -> Extraction:
    """Every figure of a document with its evidence.

    sentences: reads the facts of a sentence (injected by the caller); without it the module's own clause grammar reads alone.
    """
    subject = read_subject(document, banks)
    names = name_index(catalogue)
    maker = FigureMaker(document, subject, collection)
    reader = TableReader(maker, subject, names, _page_units(document), page_heads(document), page_scopes(document), restarts(document))
    records = RecordReader(maker, subject, names, banks)
    figures: list[Figure] = []
    headings: dict[int, str] = {}
    skipped: Counter[str] = Counter()
    for index, table in enumerate(document.tables):
        if table.layout is TableLayout.RECORDS:
            figures += records.read(table, skipped)
            continue
        read = reader.read(table, _beside(document, index))
        figures += read.figures
        heading = over(table)
        headings |= {id(figure.evidence[0]): heading for figure in read.figures if heading}
        skipped += read.skipped
    figures += list(read_sentences(document, subject, maker, names, sentences, tuple(figures)))
    settled = tell_apart(settle(split_accrued(settle_openings(figures))), headings)
    return Extraction(settled, subject, _remarks(subject, settled, skipped), dict(skipped))


def _beside(document: Document, index: int) -> frozenset[str]:
    """The labels of the parts of a table that lie on the pages before and after."""
    table, labels = document.tables[index], set[str]()
    for other in document.tables[max(0, index - 1) : index + 2]:
        if other is not table and (other.continued or table.continued or other.title == table.title):
            labels |= {clean_label(row.label) for row in other.rows}
    return frozenset(labels)


def _page_units(document: Document) -> dict[int, Unit]:
    """Page number → the unit of tables that name none: of the running head, else as declared on this or an earlier page."""
    units: dict[int, Unit] = {}
    declared: Unit | None = None
    for page in document.pages:
        declared = declared_unit(page.text) or declared
        if (unit := running_unit(page.text) or declared) is not None:
            units[page.number] = unit
    return units


def _remarks(subject: Subject, figures: list[Figure], skipped: Counter[str]) -> list[str]:
    remarks = []
    if not subject.entity:
        remarks.append("没有认出这是哪家银行的文件，数值没有归属")
    if subject.period is None:
        remarks.append("没有认出报告期，只记下写明期间的数值")
    known = sum(1 for figure in figures if not figure.indicator_id.startswith(ROW_PREFIX))
    remarks.append(f"读出 {len(figures)} 个数值，其中 {known} 个对应指标目录，{len(figures) - known} 个按表内行记")
    if skipped:
        remarks.append("未记为数值的单元格：" + "，".join(f"{reason} {count} 个" for reason, count in skipped.most_common()))
    return remarks
