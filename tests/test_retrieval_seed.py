"""Seeding the bundled facts: once, whole, by one of several processes, and again only when they change."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from subprocess import PIPE

import pytest

from data.errors import FactError
from data.facts_table import BUNDLED, COLLECTION, COLUMNS, FactsReport, facts_digest, load_facts
from data.periods import Period
from data.ports import FigureQuery
from retrieval.ledger import Ledger
from retrieval.seed import SeedReport, seed_bundled, seed_version
from tests.store_conformance import figure, values

ROOT = Path(__file__).parents[1]
IN_BUNDLE = FigureQuery(collections=[COLLECTION])

SEED_WHEN_TOLD = """
import sys
from retrieval.ledger import Ledger
from retrieval.seed import seed_bundled
print("ready", flush=True)
sys.stdin.readline()
with Ledger.open(sys.argv[1]) as ledger:
    print(seed_bundled(ledger).figures, flush=True)
"""
ADD_WHEN_TOLD = """
import sys
from retrieval.ledger import Ledger
from tests.store_conformance import many
figures = many(1000)
print("ready", flush=True)
sys.stdin.readline()
with Ledger.open(sys.argv[1]) as ledger:
    print(sum(ledger.add(figures[start:start + 50]) for start in range(0, 1000, 50)), flush=True)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def write_facts(path: Path, *npl_ratios: str) -> Path:
    """A facts table with the 不良贷款率 of 招商银行 in 2023, 2022, …"""
    row = dict.fromkeys(COLUMNS, "") | {
        "bank": "招商银行", "indicator": "npl_ratio", "unit": "%", "scope": "集团", "gaap": "中国准则", "source_class": "issuer",
        "document": "年报", "source": "https://example.org", "audited": "yes", "restated": "no", "derived": "no",
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**row, "period": str(2023 - back), "value": value} for back, value in enumerate(npl_ratios))
    return path


def unexpected(_: Path) -> FactsReport:
    raise AssertionError("the table was read again")


def test_every_valid_row_of_the_bundled_table_arrives(ledger: Ledger) -> None:
    loaded = load_facts()
    report = seed_bundled(ledger)
    assert report == SeedReport(seed_version(), changed=True, figures=len(loaded.figures), left_out=loaded.left_out)
    assert report.figures > 500
    found = ledger.find(IN_BUNDLE)
    assert sorted(map(repr, found)) == sorted(map(repr, loaded.figures))
    shown = ledger.find(FigureQuery(["cmb"], ["npl_ratio"], [Period(2023)]))
    assert shown[0].quantity.value == Decimal("0.95") and shown[0].evidence[0].source


def test_a_second_seeding_reads_and_writes_nothing(ledger: Ledger) -> None:
    first = seed_bundled(ledger)
    version = ledger.version()
    assert seed_bundled(ledger, load=unexpected) == SeedReport(first.version, changed=False)
    assert ledger.version() == version


def test_a_changed_table_replaces_the_bundled_figures_and_no_others(ledger: Ledger, tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts.csv", "0.95", "0.96", "0.91")
    ledger.add([figure("0.5", collection="mine")])
    assert seed_bundled(ledger, facts).figures == 3
    before, mine = ledger.version([COLLECTION]), ledger.version(["mine"])
    write_facts(facts, "0.95", "0.94")
    assert seed_bundled(ledger, facts).changed
    assert values(ledger.find(IN_BUNDLE)) == ["0.94", "0.95"]
    assert values(ledger.find(FigureQuery(collections=["mine"]))) == ["0.5"]
    assert ledger.version([COLLECTION]) != before and ledger.version(["mine"]) == mine


def test_the_version_is_the_digest_and_covers_the_catalogue(tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts.csv", "0.95")
    (tmp_path / "indicators").mkdir()
    catalogue = tmp_path / "indicators" / "loans.yaml"
    versions = set()
    for content in ("- id: a", "- id: b"):
        catalogue.write_text(content)
        versions.add(seed_version(facts, tmp_path))
    assert len(versions) == 2 and all(version.startswith(facts_digest(facts)) for version in versions)
    assert seed_version() == seed_version(BUNDLED)


def test_rows_left_out_are_reported(ledger: Ledger, tmp_path: Path) -> None:
    report = seed_bundled(ledger, write_facts(tmp_path / "facts.csv", "0.95", "950"))
    assert (report.figures, [row.line for row in report.left_out]) == (1, [3])


def test_a_table_that_cannot_be_read_leaves_the_old_figures(ledger: Ledger, tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts.csv", "0.95")
    seed_bundled(ledger, facts)
    facts.write_text("bank,period\n招商银行,2023\n", encoding="utf-8")
    with pytest.raises(FactError, match="缺少列"):
        seed_bundled(ledger, facts)
    assert values(ledger.find(IN_BUNDLE)) == ["0.95"]


def test_a_removed_bundle_is_seeded_again(ledger: Ledger, tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts.csv", "0.95")
    seed_bundled(ledger, facts)
    assert ledger.remove_collection(COLLECTION) == 1
    assert seed_bundled(ledger, facts) == SeedReport(seed_version(facts), changed=True, figures=1)


def test_processes_that_seed_and_add_at_once(tmp_path: Path) -> None:
    """Two seed and one adds its own figures, into a file that none of them finds there."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    children = [
        subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
        for code in (SEED_WHEN_TOLD, SEED_WHEN_TOLD, ADD_WHEN_TOLD)
    ]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    outcomes = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], outcomes
    size = len(load_facts().figures)
    assert sorted(int(out) for out, _ in outcomes[:2]) == [0, size]
    assert int(outcomes[2][0]) == 1000
    with Ledger.open(url) as ledger:
        assert {summary.name: summary.figures for summary in ledger.collections()} == {COLLECTION: size, "many": 1000}
        assert not seed_bundled(ledger).changed
