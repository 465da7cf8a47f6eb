"""Prompts as data: one Markdown file per node, with strict $variables; the hash of a prompt goes into the trace."""
