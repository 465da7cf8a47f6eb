"""The foot of an answer: what a reader must know, and where every number was read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.evidence import Evidence
from tools.factsheet import FactSheet

_MARK = re.compile(r"\[(\d{1,3})\]")


def with_sources(text: str, sheet: FactSheet, caveats: Sequence[str]) -> str:
    """The text with its caveats and with the sources that its marks name."""
    body = text.strip()
    if caveats:
        body += "\n\n说明：\n" + "\n".join(f"- {caveat}" for caveat in caveats)
    used = {int(number) for number in _MARK.findall(body)}
    lines = [f"[{index}] {source_line(item)}" for index, item in enumerate(sheet.sources(), start=1) if index in used]
    return body + ("\n\n来源：\n" + "\n".join(lines) if lines else "")


def source_line(item: Evidence) -> str:
    """招商银行2024年年度报告，第15页; with the address where the source is a web page."""
    address = f" {item.source}" if item.source.startswith("http") else ""
    return item.place() + address
