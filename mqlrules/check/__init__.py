"""Check: names, types and literals. Gives a program and diagnostics; never raises for what an author wrote."""

from mqlrules.check.resolve import check, check_condition

__all__ = ["check", "check_condition"]
