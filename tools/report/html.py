"""A document as one HTML file: no script, no outside address, source marks linked to the list of sources."""

from __future__ import annotations

import re
from html import escape

from tools.report.document import Block, Bullets, Document, Paragraph

_MARK = re.compile(r"\[(\d{1,3})\]")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_SOURCE = re.compile(r"^\[(\d{1,3})\]\s*")
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.75 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;
max-width:52rem;margin:2.5rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;border-bottom:2px solid #2b5c8a;padding-bottom:.5rem}
h2{font-size:1.2rem;margin-top:2rem;color:#2b5c8a}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid #8884;padding:.4rem .7rem;text-align:right}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid #8888}
sup a{text-decoration:none;color:#2b5c8a}
ol.sources{list-style:none;padding:0;font-size:.9rem}
footer,.notes{font-size:.9rem;opacity:.85}
@media(prefers-color-scheme:dark){h1,h2,sup a{color:#8fbce6;border-color:#8fbce6}}
@media print{body{margin:0;max-width:none}}
"""


def to_html(document: Document) -> str:
    """The document as a single, self-contained HTML page."""
    parts = [f"<h1>{escape(document.title)}</h1>"]
    for section in document.sections:
        parts += [f"<h2>{escape(section.title)}</h2>"] if section.title else []
        parts += [_block(block) for block in section.blocks]
    if document.notes:
        parts.append('<h2>说明</h2><ul class="notes">' + "".join(f"<li>{_inline(note)}</li>" for note in document.notes) + "</ul>")
    if document.sources:
        parts.append('<h2>来源</h2><ol class="sources">' + "".join(_source(item) for item in document.sources) + "</ol>")
    if document.generated:
        parts.append(f"<footer>{escape(document.generated)}</footer>")
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(document.title)}</title>'
    return f'<!doctype html>\n<html lang="zh-CN">\n<head>{head}<style>{_STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n'


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_inline(block.text)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in block.items) + "</ul>"
    head = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in block.header)
    rows = "".join("<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _inline(text: str) -> str:
    """Escaped text with source marks as links and ** as strong."""
    linked = _MARK.sub(r'<sup><a href="#source-\1">[\1]</a></sup>', escape(text))
    return _BOLD.sub(r"<strong>\1</strong>", linked)


def _source(line: str) -> str:
    match = _SOURCE.match(line)
    anchor = f' id="source-{match[1]}"' if match else ""
    return f"<li{anchor}>{escape(line)}</li>"
