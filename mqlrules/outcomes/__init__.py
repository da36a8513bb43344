"""Outcomes: conversion, time in stage, and how well rules and scores go together with what happened later.

It needs the extra ``outcomes``.
"""

from importlib.util import find_spec

from mqlrules.events.errors import MissingExtra

# Asked for here, before any event is read, for every module to count on.
if any(find_spec(name) is None for name in ("matplotlib", "numpy", "polars", "scipy")):
    raise MissingExtra("reports, backtests, diffs and tuning need scipy and matplotlib", "outcomes")
