"""Putting the bundled facts into a ledger: once, whole, and again only when they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from data.catalogue_files import FOLDER
from data.facts_table import BUNDLED, COLLECTION, FactsReport, LeftOut, facts_digest, load_facts
from retrieval.ledger import Ledger


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What a seeding did. `changed`: this call wrote; `figures`: how many; `left_out`: rows of the table that broke a rule."""

    version: str
    changed: bool
    figures: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


def seed_bundled(ledger: Ledger, path: Path = BUNDLED, load: Callable[[Path], FactsReport] = load_facts) -> SeedReport:
    """Make the bundled collection hold the facts table; where it does already, only the files' digest is computed.

    Processes may seed at once: the one that comes second finds the first one's stamp and writes nothing.

    Raises:
        FactError: the table cannot be read.
        LedgerError: the ledger cannot be written.
    """
    version = seed_version(path)
    if ledger.stamp(COLLECTION) == version:
        return SeedReport(version, changed=False)
    report = load(path)
    added = ledger.replace_collection(COLLECTION, report.figures, version)
    return SeedReport(version, changed=added is not None, figures=added or 0, left_out=report.left_out)


def seed_version(path: Path = BUNDLED, catalogue: Path = FOLDER) -> str:
    """The digest of the facts table and, since names and 时点 come from there, of the catalogue it is read with."""
    digest = sha256()
    for file in sorted(catalogue.rglob("*.yaml")):
        digest.update(file.read_bytes())
    return f"{facts_digest(path)}+{digest.hexdigest()[:16]}"
