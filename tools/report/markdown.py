"""A document as Markdown."""

from __future__ import annotations

from tools.report.document import Block, Bullets, Document, Paragraph


def to_markdown(document: Document) -> str:
    """The document as one Markdown text, ending in a newline."""
    parts = [f"# {document.title}"]
    for section in document.sections:
        parts += [f"## {section.title}"] if section.title else []
        parts += [_block(block) for block in section.blocks]
    if document.notes:
        parts.append("## 说明\n\n" + "\n".join(f"- {note}" for note in document.notes))
    if document.sources:
        parts.append("## 来源\n\n" + "\n".join(f"- {source}" for source in document.sources))
    if document.generated:
        parts.append(f"*{document.generated}*")
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return block.text
    if isinstance(block, Bullets):
        return "\n".join(f"- {item}" for item in block.items)
    return "\n".join([_row(block.header), "|" + "---|" * len(block.header), *[_row(row) for row in block.rows]])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


