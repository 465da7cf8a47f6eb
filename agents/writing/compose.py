"""From findings to a draft: answer first, no finding told twice, then what a reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.findings import Finding, FindingKind
from agents.writing.paragraphs import PARAGRAPHS, check_line
from tools.factsheet import FactSheet


def compose(sheet: FactSheet, findings: Sequence[Finding]) -> str:
    """The draft of an answer in references; "" when there is nothing to tell."""
    headings = list(dict.fromkeys(finding.section for finding in findings if finding.section))
    if headings:
        parts = [(title, [replace(finding, section="") for finding in findings if finding.section == title]) for title in headings]
        return "\n\n".join(f"## {title}\n\n{compose(sheet, found)}" for title, found in parts)
    told_by_change = {key for finding in findings if finding.kind is FindingKind.CHANGE for key in finding.ids["value"]}
    paragraphs = []
    for finding in findings:
        if finding.kind is FindingKind.VALUE and finding.ids["value"][0] in told_by_change and "computed" not in finding.ids:
            continue
        if finding.kind is FindingKind.VALUE and finding.ids["value"][0] in told_by_change:
            paragraphs.append(check_line(sheet.get(finding.ids["computed"][0]), finding.words.get("agrees", "")))
            continue
        lines = [text for text in PARAGRAPHS[finding.kind](sheet, finding) if text is not None]
        paragraphs.append("\n".join(_without_empty_tail(lines)))
    ordered = sorted(paragraphs, key=lambda text: text.startswith("- 复算"))
    return "\n\n".join(text for text in ordered if text)


def _without_empty_tail(lines: list[str]) -> list[str]:
    """Lines without blanks at the end and without two blanks in a row."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept
