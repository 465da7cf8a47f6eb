"""PDF pages: characters, ruled and unruled tables, sections."""
