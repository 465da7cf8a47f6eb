"""Tests: one flat file per module, whole-product runs, golden pages, and benchmarks that print their figures."""
