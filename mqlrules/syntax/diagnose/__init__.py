"""Diagnosing parse errors: near-misses in tables and small functions, one module per subject."""
