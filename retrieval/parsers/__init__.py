"""Readers of files: one function a format, all of them `(path) -> Document`; `reading.read_document` picks by content."""
