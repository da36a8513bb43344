"""The example folders: where their rules and events lie, and how to read them."""

import json
from pathlib import Path
from typing import Any

import attrs

import mqlrules

EXAMPLES = Path(__file__).parents[2] / "examples"


@attrs.frozen
class Example:
    """One folder; the names are those that its README uses."""

    name: str
    rules: str
    events: str
    leads: str | None = None

    @property
    def folder(self) -> Path:
        return EXAMPLES / self.name

    def load(self) -> mqlrules.RuleSet:
        return mqlrules.load(self.folder / self.rules)

    def events_path(self) -> Path:
        return self.folder / self.events

    def leads_path(self) -> Path | None:
        return None if self.leads is None else self.folder / self.leads

    def command(self) -> list[str]:
        """The main job, as its README says it."""
        leads = [] if self.leads is None else ["--leads", self.leads]
        return ["run", self.rules, "--events", self.events, *leads]

    def expected(self) -> list[dict[str, Any]]:
        lines = (self.folder / "expected.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


ALL = [
    Example("b2b_saas", "rules", "events.csv", "leads.csv"),
    Example("ecommerce_cart", "rules", "events.jsonl"),
    Example("lead_scoring", "scoring.mql", "events.csv", "leads.csv"),
    Example("agency_events", "rules", "events.csv", "leads.csv"),
]

APPLICATIONS = ["web_service"]
"""Folders that hold a program instead; each has a test of its own."""
