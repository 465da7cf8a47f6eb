"""Makes the golden report and its truth: `python -m tests.golden_report.make [folder]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.golden_report import asked, truth
from tests.golden_report.layout import laid_out
from tests.golden_report.pdf import write_pdf

FOLDER = Path(__file__).resolve().parents[1] / "golden"


def truth_files() -> dict[str, list[truth.Record]]:
    """The records of each truth file, by file name."""
    flow = laid_out()
    return {"cells.jsonl": truth.cells(flow), "figures.jsonl": truth.figures(flow), "retrieval.jsonl": asked.queries(flow), "questions.jsonl": asked.questions(flow)}


def make(folder: Path) -> dict[str, int]:
    """Write the PDF and the truth files into a folder; returns how many records each holds."""
    folder.mkdir(parents=True, exist_ok=True)
    files = truth_files()
    for name, records in files.items():
        truth.write_lines(records, folder / name)
    flow = laid_out()
    write_pdf(flow.sheets, flow.outlines, folder / "report.pdf")
    return {"pages": len(flow.sheets), **{name: len(records) for name, records in files.items()}}


if __name__ == "__main__":
    for name, count in make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER).items():
        sys.stdout.write(f"{name} {count}\n")
