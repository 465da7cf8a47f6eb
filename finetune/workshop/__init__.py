"""The workshop: the whole loop from rows to rollback, small enough to be run in minutes, as a demonstration and as a test."""
