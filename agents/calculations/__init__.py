"""One function per operation: each reads the desk, adds figures to the fact sheet and lays down findings."""
