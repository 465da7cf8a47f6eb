"""Documents in, ranked evidence and figures out: the ledger of figures, the bundled facts seeded into it, and search.

Importing this package, or any module of it, opens no file and loads no model; SQLAlchemy is imported when a ledger is
opened, bm25s at the first search, LangChain when its retriever is asked for.
"""
