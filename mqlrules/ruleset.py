"""Rule sets: loading them, and everything that can be asked of them. The public API stands on this."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Literal, overload

import attrs

from mqlrules.check.program import Condition, Program
from mqlrules.check.resolve import check, check_condition
from mqlrules.events.model import Event, Lead
from mqlrules.language.calendar import closing_instant, opening_instant
from mqlrules.language.instants import Time
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.read import parse_file
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.error import Error
from mqlrules.text.render import render_all
from mqlrules.text.source import Source

# What evaluates is loaded when something is evaluated: `mqlrules check` must not wait for it.
if TYPE_CHECKING:
    import polars

    from mqlrules.durable.address import Address
    from mqlrules.durable.async_engine import AsyncEngine
    from mqlrules.durable.engine import DurableEngine
    from mqlrules.durable.migration import Migration
    from mqlrules.durable.telemetry import Meter
    from mqlrules.engine.incremental import Engine, LeadEngine
    from mqlrules.events.durations import Duration
    from mqlrules.events.traits import LeadTable
    from mqlrules.explain.pages import Explanation
    from mqlrules.outcomes.backtest import Backtest
    from mqlrules.outcomes.diff import Diff
    from mqlrules.outcomes.report import Period, Report
    from mqlrules.outcomes.study import Study
    from mqlrules.outcomes.tune import Tuning
    from mqlrules.plan.nodes import Node, Plan
    from mqlrules.plan.projection import Needs
    from mqlrules.run.result import Result
    from mqlrules.run.running import EngineChoice
    from mqlrules.testing.results import TestResult

Events = Iterable[Event | Mapping[str, Any]]
"""Events in any order: ``Event`` objects, or mappings with ``lead``, ``time``, ``event``, optional ``id``, and
properties.
"""

EngineName = Literal["incremental", "reference"]


class RuleError(Error, ValueError):
    """Rules that can't be used. ``diagnostics`` lists all that was found, warnings too; the text shows it."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(render_all(self.diagnostics))


@attrs.frozen(eq=False)
class Checked:
    """Rule files as they were read and checked: what ``load`` makes a rule set of, or raises for."""

    files: tuple[Parsed, ...]
    program: Program
    diagnostics: tuple[Diagnostic, ...]

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return not any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


def load(*paths: str | Path | Iterable[str | Path]) -> "RuleSet":
    """A rule set from files, from folders (every ``.mql`` file in them), or both, as one name space.

    Several paths may come as arguments or as a list. Raises ``RuleError`` with every diagnostic, ``FileNotFoundError``
    for a path that is not there, ``ValueError`` for no path at all.
    """
    given = [path for some in paths for path in ([some] if isinstance(some, (str, Path)) else some)]
    if not given:
        raise ValueError("load needs the path of a rule file or of a folder")
    return _rule_set(check_paths(given))


def loads(text: str) -> "RuleSet":
    """A rule set from text. Lists can't be loaded: there is no folder. Raises ``RuleError`` with every diagnostic."""
    return _rule_set(check_text(text))


def check_paths(paths: Sequence[str | Path]) -> Checked:
    """Reads and checks rule files without raising for what is in them, or for one that can't be read.

    Raises ``FileNotFoundError`` for a path that is not there.
    """
    files = tuple(parse_file(path, shown) for path, shown in rule_files(paths))
    program, diagnostics = check(files, folder_of(paths))
    return Checked(files, program, diagnostics)


def check_again(checked: Checked, paths: Sequence[str | Path], texts: Mapping[str, str]) -> Checked:
    """What was read from ``paths`` with other texts for some of its files, by the names of their sources."""
    files = tuple(
        parse(attrs.evolve(file.source, text=texts[file.source.name])) if file.source.name in texts else file
        for file in checked.files
    )
    from_input = any(file.source.path is None for file in files)
    program, diagnostics = check(files, None if from_input else folder_of(paths))
    return Checked(files, program, diagnostics)


def check_text(text: str, name: str = "<rules>") -> Checked:
    """Checks the text of one rule file that has no folder."""
    files = (parse(Source(name, text)),)
    program, diagnostics = check(files, None)
    return Checked(files, program, diagnostics)


def rule_files(paths: Sequence[str | Path]) -> list[tuple[Path, str]]:
    """The rule files that paths name, each once, in sorted order, with the name under which they are shown.

    Raises ``FileNotFoundError`` for a path that is not there.
    """
    found: dict[Path, tuple[str, Path]] = {}
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise FileNotFoundError(2, "there is no such file or folder", str(path))
        for file in rule_files_in(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), (file.as_posix(), file))
    return [(file, shown) for shown, file in sorted(found.values(), key=lambda item: item[0])]


def rule_files_in(folder: Path) -> Iterator[Path]:
    """Every ``.mql`` file in a folder and in those inside it, but for hidden ones: ``.venv``, ``.git``."""
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            file = Path(here, name)
            if file.suffix == ".mql" and file.is_file():
                yield file


def folder_of(paths: Sequence[str | Path]) -> Path | None:
    """The rule set's folder: the one that was given, or the one that holds all that was given; None for no path."""
    folders = [path.resolve() if path.is_dir() else path.resolve().parent for path in map(Path, paths)]
    if not folders:
        return None
    shared = folders[0]
    for folder in folders[1:]:
        while not folder.is_relative_to(shared):
            shared = shared.parent
    return shared


def _rule_set(checked: Checked) -> "RuleSet":
    if not checked.sound:
        raise RuleError(checked.diagnostics)
    return RuleSet(checked.program, checked.files, checked.diagnostics)


class RuleSet:
    """Checked rules. Made by ``load`` and ``loads``.

    ``diagnostics`` are the warnings and hints that they were loaded with.
    """

    def __init__(self, program: Program, files: tuple[Parsed, ...], diagnostics: tuple[Diagnostic, ...]) -> None:
        self.program = program
        self.files = files
        self.diagnostics = diagnostics

    def __repr__(self) -> str:
        files, rules = len(self.files), len(self.program.rules)
        return (
            f"RuleSet({files} {'file' if files == 1 else 'files'}, {rules} {'rule' if rules == 1 else 'rules'}, "
            f"fingerprint {self.fingerprint})"
        )

    @cached_property
    def plan(self) -> "Plan":
        """The evaluation tree."""
        from mqlrules.plan.lower import lower

        return lower(self.program)

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same meaning: layout, comments and the order of definitions don't count; the order of rules
        does.
        """
        from mqlrules.plan.fingerprint import fingerprint

        return fingerprint(self.plan)

    def evaluate(
        self,
        events: Events,
        as_of: Time | None = None,
        leads: "LeadTable | None" = None,
        engine: EngineName = "incremental",
    ) -> "Result":
        """Evaluates events of any number of leads, in any order.

        ``as_of`` is when evaluation ends, inclusive: by default the time of the last event of all. ``leads`` gives
        traits that hold from before the first event: ``{lead: {trait: value}}``, or rows with ``lead``. Every
        ``engine`` gives the same; ``reference`` is slow. Raises ``EventError`` for an event that can't be read.
        """
        from mqlrules.run.evaluation import evaluate

        end = self._closing(as_of)
        return evaluate(self.plan, self.fingerprint, events, end, leads, engine)

    def holds(
        self,
        condition: str,
        events: Events,
        lead: Lead,
        at: Time | None = None,
        leads: "LeadTable | None" = None,
    ) -> bool:
        """Whether a condition holds of a lead after everything at an instant (by default the last of all events).

        The condition may use the rules' definitions; the lifecycle is ignored. Raises ``RuleError`` if it is wrong.
        """
        from mqlrules.engine.histories import gather
        from mqlrules.engine.incremental import condition_holds
        from mqlrules.events.traits import as_traits

        node = self._condition(condition)
        histories, end = gather(events, self._closing(at))
        traits = as_traits(leads).get(lead, {})
        return condition_holds(self.program, node, histories.get(lead, []), end or 0, traits)

    def first_true(
        self,
        condition: str,
        events: Events,
        as_of: Time | None = None,
        leads: "LeadTable | None" = None,
    ) -> dict[Lead, Any]:
        """When a condition first held of each lead, as an aware datetime; None where it never did. The lifecycle is
        ignored.

        Raises ``RuleError`` if the condition is wrong.
        """
        from mqlrules.engine.histories import gather
        from mqlrules.engine.incremental import Probe, entries_of
        from mqlrules.events.traits import as_traits
        from mqlrules.language.instants import moment
        from mqlrules.plan.dependencies import RISES

        probe = Probe([self._condition(condition)], self.program.timezone, (RISES,))
        histories, end = gather(events, self._closing(as_of))
        traits = as_traits(leads)
        found: dict[Lead, Any] = dict.fromkeys(traits)
        for lead, history in histories.items():
            first = probe.first_times(entries_of(history), traits.get(lead, {}), end or 0)[0]
            found[lead] = None if first is None else moment(first)
        return found

    @overload
    def engine(
        self,
        leads: "LeadTable | None" = None,
        *,
        snapshot: bytes | str | None = None,
        migrate: bool = False,
        lateness: "Duration | None" = None,
        max_ahead: "Duration | None" = "3650d",
    ) -> "Engine": ...

    @overload
    def engine(
        self,
        leads: "LeadTable | None" = None,
        *,
        store: "Address",
        lateness: "Duration | None" = None,
        history: int | None = None,
        max_ahead: "Duration | None" = "1h",
        dead_letters: bool = False,
        meter: "Meter | None" = None,
    ) -> "DurableEngine": ...

    def engine(
        self,
        leads: "LeadTable | None" = None,
        *,
        snapshot: bytes | str | None = None,
        migrate: bool = False,
        store: "Address | None" = None,
        lateness: "Duration | None" = None,
        history: int | None = None,
        max_ahead: "Duration | EllipsisType | None" = ...,
        dead_letters: bool = False,
        meter: "Meter | None" = None,
    ) -> "Engine | DurableEngine":
        """An engine that takes one event at a time; ``leads`` gives traits that hold from before the first event.

        ``lateness`` (``"1h"``) is how long events may be on their way. They are held back that long, and count in order
        of time. ``max_ahead`` limits how far into the future time may pass; None allows any time.

        Without a store the leads are in memory:

        - ``snapshot`` is what ``Engine.snapshot`` gave; the engine goes on from there. With ``migrate`` it may come
          from other rules: then leads keep their stages and traits, and what they did before no longer counts.
        - Ids of events are remembered for ever, about 80 bytes each. With a lateness an id is forgotten once its event
          is that much older than the lead's latest one.
        - ``max_ahead`` counts from the latest event or ``advance``: ten years (``"3650d"``).

        With a ``store`` (``"sqlite:///leads.db"``, a ``Path``, or ``"postgresql://user@host/database"``) each call is
        one transaction:

        - Events that are later than the lateness become dead letters.
        - ``history`` is the most events kept per lead (100,000). Of older ones only the effect is kept. The store
          remembers this and the lateness.
        - ``max_ahead`` counts from the wall clock: ``"1h"``.
        - With ``dead_letters``, events that are invalid, late or too far ahead become dead letters instead of raising.
        - ``meter`` is an OpenTelemetry meter for metrics.

        Raises ``StoreError`` for a store that can't be opened, ``SnapshotError`` for a snapshot that can't be read,
        ``OtherRules`` for either if it was written under rules with another meaning, and ``ValueError`` for an invalid
        setting.
        """
        from mqlrules.engine.incremental import Engine
        from mqlrules.events.durations import in_microseconds
        from mqlrules.events.traits import as_traits

        if store is not None:
            from mqlrules.durable.opening import MAX_AHEAD, open_engine

            if snapshot is not None or migrate:
                raise ValueError("snapshot and migrate are for an engine in memory; a store keeps its own states")
            ahead = MAX_AHEAD if isinstance(max_ahead, EllipsisType) else max_ahead
            return open_engine(self.plan, self.fingerprint, store, leads, lateness, history, ahead, dead_letters, meter)
        if history is not None or dead_letters or meter is not None:
            raise ValueError("history, dead_letters and meter need an engine with a store")
        return Engine(
            self.plan,
            as_traits(leads),
            self.fingerprint,
            lateness=None if lateness is None else in_microseconds(lateness, "lateness"),
            max_ahead=self._ahead(max_ahead),
            snapshot=snapshot,
            migrate=migrate,
        )

    async def aengine(
        self,
        leads: "LeadTable | None" = None,
        *,
        store: "Address",
        lateness: "Duration | None" = None,
        history: int | None = None,
        max_ahead: "Duration | EllipsisType | None" = ...,
        dead_letters: bool = False,
        meter: "Meter | None" = None,
    ) -> "AsyncEngine":
        """The engine of a store for asyncio: every method of ``engine(store=...)`` as a coroutine.

        ``async with await rules.aengine(store=...) as engine:``. The event loop never waits for the store, and single
        feeds that wait at the same time share a transaction. The settings are those of ``engine``.
        """
        import asyncio

        def opened() -> "AsyncEngine":
            from mqlrules.durable.async_engine import STATES_KEPT, AsyncEngine
            from mqlrules.durable.opening import MAX_AHEAD, open_engine

            ahead = MAX_AHEAD if isinstance(max_ahead, EllipsisType) else max_ahead
            engine = open_engine(
                self.plan, self.fingerprint, store, leads, lateness, history, ahead, dead_letters, meter,
                states_kept=STATES_KEPT,
            )  # fmt: skip
            return AsyncEngine(engine)

        return await asyncio.to_thread(opened)

    def lead(
        self,
        lead: Lead,
        traits: Mapping[str, Any] | None = None,
        snapshot: bytes | str | None = None,
        *,
        migrate: bool = False,
        lateness: "Duration | None" = None,
        max_ahead: "Duration | EllipsisType | None" = ...,
    ) -> "LeadEngine":
        """The state of one lead, for a caller that keeps it elsewhere: in a cache, a stream's state, a table.

        ``traits`` hold from before its first event. ``snapshot`` is what ``LeadEngine.snapshot`` gave, as bytes or
        text; the lead goes on from there. ``migrate`` and ``max_ahead`` are as for ``engine``. Ids of events are
        remembered in the state; with a ``lateness`` an id is forgotten once its event is that much older than the
        latest one.

        Raises ``SnapshotError`` for a snapshot that can't be read, ``OtherRules`` for one that was written under rules
        with another meaning.
        """
        settings: dict[str, int | None] = {}
        if lateness is not None:
            from mqlrules.events.durations import in_microseconds

            settings["lateness"] = in_microseconds(lateness, "lateness")
        if max_ahead is not ...:
            settings["max_ahead"] = self._ahead(max_ahead)
        return self._lead_engine(lead, traits, snapshot, migrate=migrate, **settings)

    @cached_property
    def _lead_engine(self) -> "Callable[..., LeadEngine]":
        # Made once: a caller may ask for a lead with every event.
        from mqlrules.engine.incremental import LeadEngine, Runner
        from mqlrules.engine.incremental.snapshot import Snapshots

        return partial(LeadEngine, Snapshots(Runner(self.plan, self.fingerprint, scores=True)))

    @staticmethod
    def _ahead(max_ahead: "Duration | EllipsisType | None") -> int | None:
        from mqlrules.engine.incremental.engine import AHEAD
        from mqlrules.events.durations import in_microseconds

        if max_ahead is None:
            return None
        return AHEAD if isinstance(max_ahead, EllipsisType) else in_microseconds(max_ahead, "max_ahead")

    @property
    def needs(self) -> "Needs":
        """What the rules, segments and scores look at: names of events, properties and traits, and whether every row of
        an input matters.
        """
        from mqlrules.plan.projection import needs

        return needs(self.plan)

    def migrate(self, store: "Address", dry_run: bool = False) -> "Migration":
        """Migrates a store that was filled under other rules: every lead is rebuilt from its history.

        The result lists the leads whose stage differs now. With ``dry_run`` nothing is changed. Transitions of the past
        aren't put into the outbox. Raises ``StoreError``.
        """
        from mqlrules.durable.opening import migrate_store

        return migrate_store(self.plan, self.fingerprint, store, dry_run)

    def explain(
        self,
        events: Events,
        lead: Lead,
        rule: str | None = None,
        at: Time | None = None,
        leads: "LeadTable | None" = None,
    ) -> "Explanation":
        """Why a lead qualified, why not, and what is still missing, after everything at an instant (by default the last
        of all events).

        With ``rule`` of that rule (names are compared normalised), else of all that lead to the next stage. ``print``
        shows it; its parts are plain values. Raises ``LookupError`` for a lead or a rule that there is not, with a
        close name, ``EventError`` for an event that can't be read.
        """
        from mqlrules.explain.explanation import explain

        end = self._closing(at)
        return explain(self.plan, self.fingerprint, events, lead, rule, end, leads)

    def draw_timeline(
        self,
        events: Events,
        lead: Lead,
        form: Literal["svg", "html", "text"] = "svg",
        as_of: Time | None = None,
        leads: "LeadTable | None" = None,
    ) -> str:
        """A lead's stages, scores, segments, events and windows over time: the text of an SVG file, of an HTML file, or
        plain text of 100 columns.

        The files need nothing else and show themselves on light or dark, as their viewer likes. ``as_of`` is when
        evaluation ends: by default the time of the last event of all. Plain text needs the extra ``terminal``. Raises
        ``EventError`` for an event that can't be read.
        """
        from mqlrules.explain.timeline.layout import timeline_of

        timeline = timeline_of(self.plan, events, lead, leads, as_of)
        match form:
            case "svg":
                from mqlrules.explain.timeline.svg import draw_svg

                return draw_svg(timeline)
            case "html":
                from mqlrules.explain.timeline.html import draw_html

                return draw_html(timeline)
            case "text":
                from mqlrules.explain.timeline.terminal import draw_terminal

                return draw_terminal(timeline, 100, colour=False)
            case _:
                raise ValueError(f"there is no form {form!r}; there are 'svg', 'html' and 'text'")

    def test(self, named: str | None = None, engine: EngineName = "incremental") -> "list[TestResult]":
        """Runs the ``test`` blocks of the rule files (section 9), in their order; with ``named`` those whose names
        contain it. Every ``engine`` gives the same.
        """
        from mqlrules.testing.run import run
        from mqlrules.testing.scenarios import scenarios

        return run(self.plan, scenarios(self.program, named), engine)

    def run(
        self,
        inputs: Any,
        as_of: Time | None = None,
        leads: Any = None,
        *,
        each_rule: bool = False,
        format: str | None = None,
        columns: Mapping[str, str] | None = None,
        engine: "EngineChoice" = "auto",
        memory: int | str | None = None,
    ) -> "polars.DataFrame":
        """Evaluates files, folders, globs, or polars, pandas and Arrow tables of any size; needs the extra ``files``.

        The columns are lead, from_stage, to_stage, at, rule, also, fingerprint; with ``each_rule`` lead, rule, at: the
        first time that each rule held, the lifecycle ignored. ``leads`` is a file or table of traits. ``format`` and
        ``columns`` (``{"lead": "user_id"}``; of lead, time, event, id, and leads for the column in ``leads``) say how
        to read what does not say so itself. Rows that can't be read are left out and warned of.

        ``engine``: large inputs are evaluated by the columnar engine (it needs the extra ``columnar``), small ones by
        the incremental one; ``"columnar"`` or ``"incremental"`` says which. The result is the same. ``memory`` is what
        the columnar engine may take: bytes or ``"1GB"``, by default half of what is free.

        Raises ``DataError`` for an input that can't be read at all, ``MissingExtra`` for an engine that is not
        installed.
        """
        from mqlrules.run.running import Request, in_words, start, whole

        request = Request(
            self.plan,
            self.fingerprint,
            inputs,
            leads,
            self._closing(as_of),
            each_rule=each_rule,
            engine=engine,
            memory=memory,
            format=format,
            columns=columns,
        )
        with start(request, lambda line: warnings.warn(line, stacklevel=3)) as running:
            if lines := in_words(running.remarks, running.rejects):
                warnings.warn("\n".join(lines), stacklevel=2)
            return whole(running.outcome())

    def report(
        self,
        events: Any,
        *,
        by: "Period" = "month",
        from_stage: str | None = None,
        to_stage: str | None = None,
        within: "Duration" = "90d",
        split: str | None = None,
        value: str | None = None,
        touch: str | None = None,
        benchmark: Sequence[str] = (),
        as_of: Time | None = None,
        leads: Any = None,
        **reading: Any,
    ) -> "Report":
        """Funnel, conversion, time in stage and rules over events (what ``run`` takes); needs the extra ``outcomes``.

        ``from_stage`` and ``to_stage`` are the pair whose conversion ``within`` a duration is looked at, by default the
        last step that leads have made. ``split`` compares groups (``lead.industry``), ``value`` adds up a measure
        (``sum(amount of bought)``), ``touch`` counts the last of some events before the entry, ``benchmark`` has shares
        to compare with (``"MQL>SQL=13%"``). ``reading``: format, columns, engine, memory, as ``run`` takes them.
        Definitions: docs/outcomes.md. Raises ``ValueError`` for what can't be read, ``DataError`` for unreadable input.
        """
        from mqlrules.outcomes.questions import report_of

        study = self._study(events, leads, as_of, reading)
        return report_of(study, by, from_stage, to_stage, within, split, value, touch, benchmark)

    def backtest(
        self,
        events: Any,
        outcome: str,
        *,
        within: "Duration" = "30d",
        lead_time: "Duration | None" = None,
        among: str | None = None,
        exits: str | None = None,
        landmarks: Sequence["Duration"] = (),
        naive: bool = False,
        as_of: Time | None = None,
        leads: Any = None,
        **reading: Any,
    ) -> "Backtest":
        """How well each rule, and at ``landmarks`` each score, went together with an outcome that came later.

        ``outcome`` is a stage or a condition. ``among`` is the stage or condition from which leads are looked at,
        ``exits`` a condition that ends a lead without the outcome. Definitions: docs/outcomes.md. Needs the extra
        ``outcomes``. Raises ``DataError`` where no lead has the outcome.
        """
        from mqlrules.outcomes.questions import backtest_of

        study = self._study(events, leads, as_of, reading)
        return backtest_of(study, outcome, within, lead_time, among, exits, landmarks, naive)

    def tune(
        self,
        events: Any,
        rule: str,
        outcome: str,
        goal: str,
        *,
        within: "Duration" = "30d",
        split_at: Time | None = None,
        counts: Sequence[int] | None = None,
        windows: Sequence[str] | None = None,
        as_of: Time | None = None,
        leads: Any = None,
        **reading: Any,
    ) -> "Tuning":
        """Which counts, thresholds and windows of a rule would have gone together best with an outcome.

        ``goal`` is ``"precision >= 40%"``, ``"recall >= 80%"``, ``"200 a month"`` or ``"f1"``. Leads that began
        before ``split_at`` (a date: its first instant) train, the others test. Needs the extra ``outcomes``.
        Raises ``LookupError`` for a rule that doesn't exist, ``DataError`` where there is nothing to tune.
        """
        from mqlrules.outcomes.questions import tuning_of

        study = self._study(events, leads, as_of, reading)
        split = None if split_at is None else opening_instant(split_at, self.program.timezone)
        return tuning_of(study, self.files, rule, outcome, goal, within, split, counts, windows)

    def diff(
        self,
        new: "RuleSet",
        events: Any,
        *,
        outcome: str | None = None,
        anonymous: bool = False,
        as_of: Time | None = None,
        leads: Any = None,
        **reading: Any,
    ) -> "Diff":
        """What changes for the leads of an input if ``new`` takes the place of these rules.

        Rule sets with the same meaning are recognised before any event is read. ``outcome`` is a condition that is
        asked of the leads that differ. Needs the extra ``outcomes``.
        """
        from mqlrules.outcomes.diff import Diff, changed_definitions, diff

        changes = changed_definitions(self.program, new.program)
        if self.fingerprint == new.fingerprint:
            return Diff(True, changes)
        old = self._study(events, leads, as_of, reading)
        return diff(old, new._study(events, leads, as_of, reading), changes, outcome, anonymous)

    def _study(self, events: Any, leads: Any, as_of: Time | None, reading: Mapping[str, Any]) -> "Study":
        from mqlrules.outcomes.study import Input, Study

        unknown = set(reading) - {"format", "columns", "engine", "memory"}
        if unknown:
            raise TypeError(f"unknown argument {sorted(unknown)[0]!r}")
        return Study(self.program, Input(events, leads, self._closing(as_of), **reading), self.condition)

    def describe(self, markdown: bool = False, rule: str | None = None) -> str:
        """Each rule, segment and score in plain English, as text or as Markdown.

        With ``rule`` the one of that name alone, with what it is built on; raises ``KeyError`` if there is none.
        """
        from mqlrules.explain.describe import describe

        return describe(self.program, "markdown" if markdown else "text", rule)

    def _closing(self, time: Time | None) -> int | None:
        """The instant that ``as_of`` or ``at`` names; a date alone is its end in the rules' zone."""
        return None if time is None else closing_instant(time, self.program.timezone)

    def _condition(self, text: str) -> "Node":
        from mqlrules.plan.lower import lower_condition

        return lower_condition(self.program, self.condition(text))

    def condition(self, text: str) -> Condition:
        """A condition that uses the rules' definitions, checked. Raises ``RuleError``."""
        source = Source("<condition>", text)
        parsed, diagnostics = parse_condition(source)
        condition = None
        if parsed is not None:
            condition, more = check_condition(parsed, source, self.program)
            diagnostics = (*diagnostics, *more)
        if condition is None or any(diagnostic.severity == "error" for diagnostic in diagnostics):
            raise RuleError(diagnostics)
        return condition
