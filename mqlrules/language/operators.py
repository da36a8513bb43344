"""The comparison operators (section 4)."""

from typing import Literal

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

OPPOSITE: dict[Operator, Operator] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""The operator that holds of two known values exactly where the other doesn't."""
