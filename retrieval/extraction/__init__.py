"""From tables and sentences to figures of the ledger."""
