"""Differences: what a changed rule set does to the leads of an input.

Leads are compared stage by stage, by the instant at which each first reached it under the old rules and the new ones.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import attrs
import polars as pl

from mqlrules.check.program import Program
from mqlrules.language.instants import moment
from mqlrules.language.names import normalise
from mqlrules.outcomes.document import Column, Document, Section, Table, rows
from mqlrules.outcomes.funnel import shares
from mqlrules.outcomes.journeys import DAY, Journeys, local
from mqlrules.outcomes.rendering import Shown
from mqlrules.outcomes.statistics import Share
from mqlrules.outcomes.study import Study
from mqlrules.plan.lower import lower
from mqlrules.proof.implication import Implication

CHANGES = ("only_old", "only_new", "earlier", "later", "same", "neither")
MARKER = "<!-- mqlrules diff -->"
"""The first line of the Markdown, by which a comment of a pull request is found again."""
LEADS_SHOWN = 20
LONGEST = 65_000
"""A comment on GitHub has at most 65,536 characters."""


@attrs.frozen
class DefinitionChange:
    """A rule, segment, score, event or list that differs: ``added``, ``removed``, ``changed`` or ``renamed``."""

    kind: str
    name: str
    change: Literal["added", "removed", "changed", "renamed"]
    proven: str | None = None
    """What is proven about a rule's new condition: ``stricter``, ``looser`` or ``equivalent``; None if nothing is."""


@attrs.frozen(eq=False)
class Diff(Shown):
    """How two rule sets differ on one input.

    ``leads`` has a row for each lead and stage that differ: lead, stage, change, old_at, new_at, old_rule, new_rule.
    ``stages`` counts all leads by stage and change. ``matrix`` counts leads by their stage at the end under both.
    """

    same_meaning: bool
    definitions: Sequence[DefinitionChange]
    as_of: int | None = None
    timezone: str = "UTC"
    leads: pl.DataFrame = attrs.field(factory=pl.DataFrame, repr=False)
    stages: pl.DataFrame = attrs.field(factory=pl.DataFrame, repr=False)
    matrix: pl.DataFrame = attrs.field(factory=pl.DataFrame, repr=False)
    outcomes: pl.DataFrame | None = attrs.field(default=None, repr=False)
    outcome: str | None = None
    total: int = 0
    anonymous: bool = False
    remarks: Sequence[str] = ()

    @property
    def moved(self) -> int:
        """How many leads are in another stage at the end."""
        if self.same_meaning:
            return 0
        return int(self.matrix.filter(pl.col("old") != pl.col("new"))["leads"].sum())

    def shift(self, stage: str) -> float | None:
        """By how many days leads reach a stage later (negative: earlier): the median of those that move in time."""
        of = self.leads.filter((pl.col("stage") == stage) & pl.col("change").is_in(["earlier", "later"]))
        middle = (of["new_at"] - of["old_at"]).median()
        return None if middle is None else float(middle) / DAY  # type: ignore[arg-type]

    def by_month(self, stage: str) -> pl.DataFrame:
        """Leads that only one rule set brings to a stage, by the month of the move: month, change, leads."""
        of = self.leads.filter((pl.col("stage") == stage) & pl.col("change").is_in(["only_old", "only_new"]))
        at = of.with_columns(at=pl.coalesce("old_at", "new_at"))
        month = local("at", self.timezone).dt.truncate("1mo").dt.date()
        counted = at.with_columns(month=month).group_by("month", "change").agg(leads=pl.len().cast(pl.Int64))
        return counted.sort("month", "change")

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self.remarks)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, as JSON can say them."""
        found: dict[str, Any] = {
            "same_meaning": self.same_meaning,
            "definitions": [attrs.asdict(change) for change in self.definitions],
        }
        if self.same_meaning:
            return found
        found |= {
            "as_of": None if self.as_of is None else moment(self.as_of).isoformat(),
            "leads": self.total,
            "moved": self.moved,
            "stages": rows(self.stages),
            "matrix": rows(self.matrix),
            "changes": rows(_instants(self._shown_leads)),
        }
        if self.outcomes is not None:
            found |= {"outcome": self.outcome, "outcomes": rows(self.outcomes)}
        return found

    @property
    def _shown_leads(self) -> pl.DataFrame:
        if not self.anonymous:
            return self.leads
        numbers = {
            lead: f"lead {number}" for number, lead in enumerate(self.leads["lead"].unique(maintain_order=True), 1)
        }
        return self.leads.with_columns(
            pl.Series("lead", [numbers[lead] for lead in self.leads["lead"]], dtype=pl.String)
        )

    def markdown(self) -> str:
        """Markdown that fits into a comment of a pull request."""
        text = f"{MARKER}\n{super().markdown()}"
        if len(text) <= LONGEST:
            return text
        return text[: text.rindex("\n", 0, LONGEST)] + "\n\n… cut here: the whole result is in the job's output.\n"

    @cached_property
    def document(self) -> Document:
        """The difference as sections of text and tables."""
        if self.same_meaning:
            return Document("Rule changes", ["Both rule sets mean the same: no lead can move."], [])
        kinds = [Column("kind", "what"), Column("name", "name"), Column("change", "change"), Column("proven", "proven")]
        definitions = pl.DataFrame(
            [attrs.asdict(change) for change in self.definitions],
            schema={"kind": pl.String, "name": pl.String, "change": pl.String, "proven": pl.String},
        )
        proven = any(change.proven for change in self.definitions)
        if not proven:
            kinds.pop()
        stage_columns = [Column("stage", "stage"), *(Column(c, c.replace("_", " "), "count") for c in CHANGES)]
        moved = self.matrix.filter(pl.col("old") != pl.col("new")).sort("leads", descending=True)
        share = f" ({100 * self.moved / self.total:.1f} %)" if self.total else ""
        summary = [f"{self.moved:,} of {self.total:,} leads{share} are in another stage at the end."]
        summary += [
            f"{row['leads']:,} leads move from {row['old']} to {row['new']}."
            for row in moved.head(3).iter_rows(named=True)
        ]
        summary += [_proof(c) for c in self.definitions if c.proven]
        matrix = Table(
            moved,
            [Column("old", "under the old rules"), Column("new", "under the new"), Column("leads", "leads", "count")],
        )
        sections = [
            Section("Definitions that changed", [], [Table(definitions, kinds, empty="Only names and order changed.")]),
            Section("Who reaches each stage", [], [Table(self.stages, stage_columns)]),
            Section("Stage at the end", [], [matrix]),
        ]
        if self.outcomes is not None:
            columns = [
                Column("stage", "stage"),
                Column("change", "leads", "words"),
                Column("share", f"had {self.outcome}", "share"),
            ]
            sections.append(Section(f"Outcome {self.outcome}", [], [Table(self.outcomes, columns)]))
        first = _instants(self._shown_leads).head(LEADS_SHOWN)
        lead_columns = [
            Column("lead", "lead"),
            Column("stage", "stage"),
            Column("change", "change", "words"),
            Column("old_at", "old (UTC)", "instant"),
            Column("new_at", "new (UTC)", "instant"),
            Column("old_rule", "old rule"),
            Column("new_rule", "new rule"),
        ]
        caption = f"The first {first.height:,} of {self.leads.height:,} differences."
        sections.append(Section("Leads", [], [Table(first, lead_columns, caption, "No lead differs.")]))
        return Document("Rule changes", summary, sections, self.warnings)


def _proof(change: DefinitionChange) -> str:
    match change.proven:
        case "stricter":
            return f"Proven: the condition of rule {change.name} is stricter. Every lead that meets it met the old one."
        case "looser":
            return f"Proven: the condition of rule {change.name} is looser. Every lead that met the old one meets it."
        case _:
            return f"Proven: the condition of rule {change.name} holds for the same leads at the same times as before."


def _instants(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("old_at", "new_at").cast(pl.Datetime("us", "UTC")))


def diff(
    old: Study, new: Study, definitions: Sequence[DefinitionChange], outcome: str | None = None, anonymous: bool = False
) -> Diff:
    """Compares two rule sets on one input. ``outcome``, a condition, is asked of the leads that differ."""
    before, after = old.journeys, new.journeys
    joined = _by_stage(before).join(_by_stage(after), on=["lead", "stage"], how="full", coalesce=True, suffix="_new")
    compared = joined.select(
        "lead",
        "stage",
        change=_change(),
        old_at="at",
        new_at="at_new",
        old_rule="rule",
        new_rule="rule_new",
    )
    stages = [s for s in _stages(before, after) if s != before.lifecycle.ladder[0]]
    counted = compared.group_by("stage", "change").agg(leads=pl.len().cast(pl.Int64))
    total = before.spans.height
    table = []
    for stage in stages:
        of = dict(counted.filter(pl.col("stage") == stage).select("change", "leads").iter_rows())
        row = {change: of.get(change, 0) for change in CHANGES}
        table.append({"stage": stage, **row, "neither": total - sum(of.values())})
    differing = compared.filter((pl.col("change") != "same") & pl.col("stage").is_in(stages))
    order = {stage: number for number, stage in enumerate(stages)}
    rank = pl.col("stage").replace_strict(order, return_dtype=pl.Int64)
    differing = differing.sort(rank, pl.coalesce("old_at", "new_at"), "lead")
    ends = before.last_stages.select("lead", old="stage").join(after.last_stages.select("lead", new="stage"), on="lead")
    matrix = ends.group_by("old", "new").agg(leads=pl.len().cast(pl.Int64)).sort("old", "new")
    found = None
    if outcome is not None:
        had = old.first_times({"outcome": old.condition(outcome)})["lead"]
        found = _outcomes(differing, had.cast(differing.schema["lead"]))
    return Diff(
        same_meaning=False,
        definitions=definitions,
        as_of=before.as_of,
        timezone=before.timezone,
        leads=differing,
        stages=pl.DataFrame(table, schema={"stage": pl.String, **dict.fromkeys(CHANGES, pl.Int64)}),
        matrix=matrix,
        outcomes=found,
        outcome=outcome,
        total=total,
        anonymous=anonymous,
        remarks=old.remarks,
    )


def _by_stage(journeys: Journeys) -> pl.DataFrame:
    """When each lead first reached each stage, and by which rule: lead, stage, at, rule."""
    by = journeys.moves.group_by("lead", "at", maintain_order=True).agg(pl.col("rule").last())
    return journeys.reached.join(by, on=["lead", "at"], how="left").select("lead", "stage", "at", "rule")


def _change() -> pl.Expr:
    return (
        pl.when(pl.col("at_new").is_null())
        .then(pl.lit("only_old"))
        .when(pl.col("at").is_null())
        .then(pl.lit("only_new"))
        .when(pl.col("at_new") < pl.col("at"))
        .then(pl.lit("earlier"))
        .when(pl.col("at_new") > pl.col("at"))
        .then(pl.lit("later"))
        .otherwise(pl.lit("same"))
    )


def _outcomes(differing: pl.DataFrame, had: pl.Series) -> pl.DataFrame:
    """How many of the leads that differ had the outcome at some time, by stage and change."""
    marked = differing.with_columns(had=pl.col("lead").is_in(had.implode()))
    counted = marked.group_by("stage", "change", maintain_order=True).agg(k=pl.col("had").sum(), n=pl.len())
    found = [{"stage": s, "change": c, "share": Share(int(k), int(n))} for s, c, k, n in counted.iter_rows()]
    return shares(found, {"stage": pl.String, "change": pl.String})


def _stages(*journeys: Journeys) -> list[str]:
    found: dict[str, None] = {}
    for each in journeys:
        found |= dict.fromkeys((*each.lifecycle.ladder, *each.lifecycle.outside))
    return list(found)


def changed_definitions(old: Program, new: Program) -> list[DefinitionChange]:
    """The definitions that differ, paired by name and then by equal meaning: a rename changes no meaning."""
    found: list[DefinitionChange] = []
    for kind, before, after in (
        ("rule", {normalise(r.name): r for r in old.rules}, {normalise(r.name): r for r in new.rules}),
        ("segment", old.segments, new.segments),
        ("score", old.scores, new.scores),
        ("event", old.events, new.events),
        ("list", old.lists, new.lists),
    ):
        found += _paired(kind, before, after)
    found = _with_proofs(found, old, new)
    if old.lifecycle != new.lifecycle:
        found.append(DefinitionChange("lifecycle", "lifecycle", "changed"))
    if old.timezone != new.timezone:
        found.append(DefinitionChange("timezone", new.timezone, "changed"))
    return found


def _with_proofs(changes: list[DefinitionChange], old: Program, new: Program) -> list[DefinitionChange]:
    """What is proven about the conditions of changed rules. Where dates are of another zone, nothing is."""
    if old.timezone != new.timezone:
        return changes
    before, after = ({planned.rule.name: planned.condition for planned in lower(of).rules} for of in (old, new))
    implication = Implication()
    found = []
    for change in changes:
        one, other = before.get(change.name), after.get(change.name)
        if change.kind == "rule" and change.change == "changed" and one is not None and other is not None:
            stricter, looser = implication.implies(other, one), implication.implies(one, other)
            if stricter or looser:
                said = "equivalent" if stricter and looser else "stricter" if stricter else "looser"
                change = attrs.evolve(change, proven=said)
        found.append(change)
    return found


def _paired(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[DefinitionChange]:
    found = []
    gone = {name: one for name, one in before.items() if name not in after}
    come = {name: one for name, one in after.items() if name not in before}
    for name, one in list(come.items()):
        twin = next((other for other, definition in gone.items() if _nameless(definition) == _nameless(one)), None)
        if twin is not None:
            found.append(DefinitionChange(kind, f"{_name(gone.pop(twin), twin)} → {_name(one, name)}", "renamed"))
            del come[name]
    found += [DefinitionChange(kind, _name(one, name), "removed") for name, one in gone.items()]
    found += [DefinitionChange(kind, _name(one, name), "added") for name, one in come.items()]
    found += [
        DefinitionChange(kind, _name(after[name], name), "changed")
        for name, one in before.items()
        if name in after and one != after[name]
    ]
    return found


def _name(definition: Any, name: str) -> str:
    return str(getattr(definition, "name", name))


def _nameless(definition: Any) -> Any:
    return attrs.evolve(definition, name="") if hasattr(definition, "name") else definition
