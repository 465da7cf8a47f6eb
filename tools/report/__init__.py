"""One document model, several renderings."""
