"""Measuring a model: recompute accuracy first, text scores beside it, per slice, against another version, and by people."""
