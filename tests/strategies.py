"""Random rule sets and random histories for them.

A ``Case`` is the text of a rule file that is well typed by construction, events in their order of arrival, traits, and
an end. A few durations are chosen first; the rules use them, and so do the times of the events, so that events fall on
the very edges of windows and deadlines. Vocabularies are small, so that things really happen; each has a few
values of the far end of its kind. ``cases()`` draws cases for Hypothesis, ``random_case(seed)`` is one by its number.
"""

import datetime
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import attrs
from hypothesis import strategies as st

DAY = 86_400_000_000
START = 1_767_225_600_000_000
"""2026-01-01, the day on which most histories begin, in microseconds."""

_FAR_STARTS = tuple(START + DAY * days for days in (-739_251, -36_525, -1, 136_600, 2_547_400))
"""Midnights in the years 2, 1926, 2025, 2400 and 9000. Numbers just after 1970 would be taken for other units."""

_DURATIONS = {"1d": DAY, "2d": 2 * DAY, "3d": 3 * DAY, "12h": DAY // 2, "1w": 7 * DAY, "1us": 1}
_FAR_DURATIONS = {"1.5h": DAY // 16, "250ms": 250_000, "365d": 365 * DAY, "36500d": 36_500 * DAY}
_ZONES = (
    "America/New_York", "Europe/Berlin", "Europe/Dublin", "Africa/Casablanca", "Africa/Monrovia", "Asia/Kathmandu",
    "America/St_Johns", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia",
    "Pacific/Kiritimati",
)  # fmt: skip
_STAGES = ("cold", "warm", "hot", "ready", "won")
_LIFECYCLE = "lifecycle cold > warm > hot > ready > won, lost, spam"
_NAMES = ("visit", "demo", "mail")
_FAR_NAMES = ('"$view"', "große maß")

LISTS = {"lists/wanted.csv": "sku,note\nx,first\nStraße,\n,none\n1,\n"}
"""The files that lists of rule sets are read from, by their paths."""

T = TypeVar("T")


class Choose(Protocol):
    """Picks one of several: what a random rule set and a random history are made with."""

    def __call__(self, choices: Sequence[T], /) -> T:
        """One of the choices; the first is the simplest."""


def _shuffled(choose: Choose, items: Sequence[T]) -> list[T]:
    left = list(items)
    return [left.pop(choose(range(len(left)))) for _ in items]


@attrs.frozen(repr=False)
class Case:
    """A rule set and an input for it. ``end`` is the instant at which evaluation ends, or None.

    The rules may name a list only where they were asked to: then ``LISTS`` must be written beside them.
    """

    rules: str
    events: tuple[Mapping[str, Any], ...]
    leads: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    end: int | None = None

    def __repr__(self) -> str:
        """The case as one can read it: the rule text, then a line an event."""
        lines = ["", *self.rules.splitlines(), ""]
        for event in self.events:
            rest = {key: event[key] for key in event if key not in ("lead", "time", "event")}
            shown = json.dumps(rest, default=str) if rest else ""
            lines.append(f"  {event['lead']}  {_clock(event['time'])}  {event['event']} {shown}".rstrip())
        lines += [f"  {lead} has {json.dumps(traits)}" for lead, traits in self.leads.items()]
        if self.end is not None:
            lines.append(f"  as of {_clock(self.end)}")
        return "\n".join(lines) + "\n"


def _clock(at: int) -> str:
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=at)
    return moment.isoformat().replace("+00:00", "Z").replace("T00:00:00Z", "")


# -- conditions ----------------------------------------------------------------------------------------------------

_OR, _AND, _NOT, _RESTRICTED, _SEQUENCE, _ATOM = range(6)


@attrs.frozen
class Made:
    """A condition as text, how tightly it binds, and what the language must know before it is put into another one.

    ``events``: it has an event condition, so a restriction or ``with same`` may stand around it. ``split``: it has a
    ``with same`` in it, so no other may stand around it.
    """

    text: str
    binding: int
    events: bool = True
    split: bool = False

    def inside(self, binding: int) -> str:
        """The text as an operand of something that binds this tightly."""
        return self.text if self.binding >= binding else f"({self.text})"


@attrs.define
class Author:
    """Writes rules by choosing.

    ``dates`` says whether dates of the calendar may be spoken of; the history begins at ``start``. With ``lists`` there
    may be a list.
    """

    choose: Choose
    durations: dict[str, int]
    dates: bool = True
    start: int = START
    lists: bool = False
    definitions: list[str] = attrs.field(factory=list)
    segments: dict[str, Made] = attrs.field(factory=dict)
    scores: list[str] = attrs.field(factory=list)

    def pick(self, *choices: T) -> T:
        return self.choose(choices)

    def chance(self, of: int) -> bool:
        """True once in so many times; shrinks to False."""
        return self.choose([*[False] * (of - 1), True])

    def duration(self) -> str:
        return self.pick(*self.durations)

    def date(self, day: int) -> str:
        """The date so many days after the one on which the history begins."""
        return _clock(self.start + day * DAY)[:10]

    # patterns and predicates

    def pattern(self, joined: bool = True) -> str:
        if joined and self.chance(8):
            return f"({self.pattern(joined=False)} or {self.pattern(joined=False)})"
        phrase = self.pick(*_NAMES, *_NAMES, *_NAMES, *self.definitions, "activity", '"Visit"', "identify")
        if self.chance(20):
            phrase = self.pick(*_FAR_NAMES)
        return f"{phrase} where ({self.predicate()})" if self.chance(5) else phrase

    def predicate(self) -> str:
        if self.chance(6):
            joined = self.pick(" and ", " or ")
            return f"({self.test()}){joined}not {self.test()}"
        return self.test()

    def test(self) -> str:
        choices = [
            f"n {self.pick('>=', '=', '!=', '<', '<=', '>')} {self.pick('1', '2', '0', '-1', '0.5')}",
            f"n in ({self.pick('1', '0, 2')})",
            f"n {self.pick('is known', 'is missing')}",
            f'plan {self.pick("=", "!=")} "{self.pick("pro", "basic")}"',
            f'plan {self.pick("=", "contains", "starts with", "ends with")} "PRO" ignoring case',
            'plan matches "p?o*"',
            'tags contains "x"',
            'sku in ("x", "y")',
            "paid",
            "not paid = false",
            "size.w >= 1s",
            self.far_test(),
        ]
        if self.dates:
            choices += [f"due <= {self.date(2)}", f"due > {self.date(1)}T12:00:00Z"]
        if self.lists:
            choices += [f"{self.pick('sku', 'name')} in wanted", "name in wanted ignoring case"]
        return self.pick(*choices)

    def far_test(self) -> str:
        """A test with a quoted path, a duration, letters that fold oddly, or a number of unusual size."""
        return self.pick(
            '"Lead Source" = "web"',
            '"a.b" >= 1',
            'ref."utm.source" != "x"',
            f"spent {self.pick('>=', '<', '=')} {self.pick('1.5h', '250ms', '1us', '36500d')}",
            'name = "STRASSE" ignoring case',
            'name in ("ß", "k") ignoring case',
            'name starts with "s" ignoring case',
            'name matches "?tra*"',
            f"n {self.pick('>=', '<', '=', '!=')} {self.pick(*_FAR_NUMBERS)}",
        )

    def trait(self) -> Made:
        test = self.pick(
            "vip",
            "size >= 2",
            'tier = "gold"',
            "tier is missing",
            "size is known",
            'tier in ("gold", "silver")',
            "size != 1",
            '"Lead Source" = "web"',
        )
        return Made(f"lead.{test}", _ATOM, events=False)

    # conditions

    def condition(self, depth: int = 2) -> Made:
        kinds: list[Callable[[int], Made]] = [self.count, self.sequence, self.sequence, self.restriction_around]
        if depth > 0:
            kinds += [self.restriction_around, self.junction, self.junction, self.negation, self.split]
        kinds += [self.aggregate, self.other, self.waiting]
        return self.pick(*kinds)(depth)

    def count(self, _: int) -> Made:
        pattern = self.pattern()
        form = self.choose(range(10))
        if form < 3:
            return Made(pattern, _ATOM)
        if form < 5:
            return Made(f"no {pattern}", _ATOM)
        if form < 8:
            return Made(f"{pattern} >= {self.pick('2', '1', '3', '0')}", _ATOM)
        operator = self.pick("=", "<", "<=", ">", "!=")
        return Made(f"{pattern} {operator} {self.pick('1', '0', '2')}{self.pick('', ' times')}", _ATOM)

    def aggregate(self, _: int) -> Made:
        pattern, operator = self.pattern(), self.pick(">=", "=", "!=", "<", "<=", ">")
        path = self.pick("sku", "n", "sku", "n", "name", 'ref."utm.source"')
        choices = [
            *(
                f"{name}(n of {pattern}) {operator} {self.number('1', '2', '0', '1.5')}"
                for name in ("sum", "avg", "min", "max")
            ),
            f'{self.pick("first", "last")}(plan of {pattern}) = "pro"',
            f"{self.pick('first', 'last')}(n of {pattern}) {operator} 1",
            f"last(paid of {pattern}) = true",
            f"distinct({path} of {pattern}) {operator} {self.pick('2', '1')}",
        ]
        if self.dates:
            choices.append(f"days({pattern}) {operator} {self.pick('2', '1', '3')}")
            choices.append(f"{self.pick('first', 'last')}(due of {pattern}) {operator} {self.date(2)}")
        return Made(self.pick(*choices), _ATOM)

    def number(self, *usual: str) -> str:
        """A usual number, or now and then one of unusual size."""
        return self.pick(*_FAR_NUMBERS) if self.chance(12) else self.pick(*usual)

    def waiting(self, _: int) -> Made:
        """What becomes true with time alone."""
        pattern = self.choose(_NAMES)
        kind = self.choose(range(3))
        if kind == 0:
            return Made(f"{pattern} then no {self.pattern()} for {self.duration()}", _SEQUENCE)
        if kind == 1:
            return Made(f"no {pattern} within {self.duration()}", _RESTRICTED)
        return Made(f"{pattern} older than {self.duration()}", _RESTRICTED)

    def other(self, depth: int) -> Made:
        """A trait, a segment or a score; what is not there is an occurrence."""
        kinds: list[Callable[[], Made]] = [self.trait]
        if self.segments:
            name = self.pick(*self.segments)
            of = self.segments[name]
            kinds.append(lambda: Made(name, _ATOM, of.events, of.split))
        if self.scores:
            score, operator = self.pick(*self.scores), self.pick(">=", "<", "=", "!=", "<=", ">")
            number = self.number("10", "20", "5", "0", "15", "2.5", "-5")
            kinds += [lambda: Made(f"{score} {operator} {number}", _ATOM, events=False)] * 2
        return self.pick(*kinds)()

    def sequence(self, _: int) -> Made:
        text = self.step()
        for _step in range(self.pick(1, 1, 2, 1, 2, 3, 4)):
            form = self.choose(range(10))
            if form == 8:
                text += f" then no {self.pattern()}"
            elif form == 9:
                text += f" then no {self.pattern()} for {self.duration()}"
            limits = [f"within {self.duration()} "] if self.chance(4) else []
            limits += [f"after {self.duration()} "] if self.chance(6) else []
            text += f" then {''.join(_shuffled(self.choose, limits))}{self.step()}"
        if self.chance(3):
            text += f" then no {self.pattern()} for {self.duration()}"
        return Made(text, _SEQUENCE)

    def step(self) -> str:
        return f"{self.pattern()} >= {self.pick('2', '1', '3')}" if self.chance(5) else self.pattern()

    def restriction_around(self, depth: int) -> Made:
        kinds: list[Callable[[int], Made]] = [self.count, self.count, self.sequence, self.aggregate]
        if depth > 0:
            kinds += [self.condition]
        inner = self.pick(*kinds)(depth - 1)
        if not inner.events:
            return inner
        return Made(f"{inner.inside(_SEQUENCE)} {self.restrictions()}", _RESTRICTED, split=inner.split)

    def restrictions(self) -> str:
        return " ".join(self.restriction() for _ in range(self.pick(1, 1, 1, 1, 2, 3)))

    def restriction(self) -> str:
        choices = [
            *[f"within {self.duration()}"] * 4,
            *[f"older than {self.duration()}"] * 2,
            f"since {self.pattern()}",
            f"after {self.pattern()}",
            f"before {self.pattern()}",
        ]
        if self.dates:
            choices.append(f"during {self.date(self.pick(0, 1))} to {self.date(self.pick(1, 2, 4))}")
        return self.pick(*choices)

    def junction(self, depth: int) -> Made:
        binding, word = self.pick((_AND, " and "), (_OR, " or "))
        operands = [self.condition(depth - 1) for _ in range(self.pick(2, 2, 3))]
        text = word.join(operand.inside(binding + 1) for operand in operands)
        return Made(text, binding, any(o.events for o in operands), any(o.split for o in operands))

    def negation(self, depth: int) -> Made:
        operand = self.condition(depth - 1)
        return Made(f"not {operand.inside(_NOT)}", _NOT, operand.events, operand.split)

    def split(self, depth: int) -> Made:
        inner = self.pick(self.restriction_around, self.count, self.sequence, self.condition)(depth - 1)
        if inner.split or not inner.events:
            return inner
        return Made(f"{inner.inside(_RESTRICTED)} with same {self.pick('sku', 'n', 'size.w')}", _RESTRICTED, split=True)

    # conditions without negation

    def growing(self, depth: int = 2, evident: bool = False) -> Made:
        """A condition that more events, or wider windows, can only help; if ``evident`` its evidence is enough."""
        kind = self.pick("count", "sequence", "restricted", *["junction", "split"][: 2 * depth])
        if kind == "count":
            return Made(f"{self.pattern()}{self.pick('', ' >= 2', ' >= 3', ' > 1', ' > 0')}", _ATOM)
        if kind == "sequence":
            text = self.step()
            for _ in range(self.pick(1, 1, 2)):
                limit = f"{self.pick('within', 'after')} {self.duration()} " if self.chance(3) else ""
                text += f" then {limit}{self.step()}"
            return Made(text, _SEQUENCE)
        if kind == "junction":
            binding, word = self.pick((_AND, " and "), (_OR, " or "))
            operands = [self.growing(depth - 1, evident) for _ in range(2)]
            text = word.join(operand.inside(binding + 1) for operand in operands)
            return Made(text, binding, split=any(operand.split for operand in operands))
        inner = self.growing(depth - 1, evident) if depth > 0 else Made(self.pattern(), _ATOM)
        if kind == "split":
            text = f"{inner.inside(_RESTRICTED)} with same {self.pick('sku', 'n')}"
            return inner if inner.split else Made(text, _RESTRICTED, split=True)
        kinds = [f"within {self.duration()}", f"older than {self.duration()}", f"before {self.pattern()}"]
        kinds += [] if evident else [f"since {self.pattern()}", f"after {self.pattern()}"]
        return Made(f"{inner.inside(_SEQUENCE)} {self.pick(*kinds)}", _RESTRICTED, split=inner.split)

    # statements

    def definition(self, number: int) -> str:
        name = f"key event{number}"
        text = f"event {name} = {self.pattern()}"
        self.definitions.append(name)
        return text

    def segment(self, number: int) -> str:
        name, condition = f"group{number}", self.condition(1)
        self.segments[name] = condition
        return f"segment {name} = {condition.text}"

    def score(self, number: int) -> str:
        name = f"points{number}"
        lines = [self.score_line() for _ in range(self.pick(1, 2, 2, 3))]
        if self.chance(3):
            lines.append(f"between {self.pick('0', '-10', '5')} and {self.pick('20', '15', '100')}")
        self.scores.append(name)
        return "\n    ".join([f"score {name}", *lines])

    def score_line(self) -> str:
        points = self.pick("+10", "+5", "-10", "+20", "+0.000003", "-2.5", "+0.5", "+1000000")
        kind = self.pick("per", "per", "for", "if")
        if kind == "if":
            return f"{points} if {self.condition(1).text}"
        more = [self.restrictions()] if self.chance(3) else []
        more += [f"up to {self.pick('15', '20', '4', '0')}"] if self.chance(3) else []
        more += [f"halve every {self.duration()}"] if self.chance(3) else []
        return " ".join([points, kind, self.pattern(), *_shuffled(self.choose, more)])

    def rule(self, number: int) -> str:
        # The first rule lets a lead in, so that the others have something to move.
        if number == 0 and self.chance(2):
            return f"rule r0: {self.count(0).text} => {self.pick('warm', 'hot')}"
        when = ""
        if self.chance(4):
            lasting = f" for {self.duration()}" if self.chance(2) else ""
            when = f"when {self.pick(*_STAGES[:3])}{lasting}, "
        stage = self.pick(*["warm", "hot", "ready"] * 4, *["won"] * 2, "lost", "spam")
        outcome = f"recycle to {self.pick(*_STAGES[:3])}" if self.chance(3) else stage
        return f"rule r{number}: {when}{self.condition().text} => {outcome}"

    def rules(self) -> str:
        statements = [_LIFECYCLE]
        if self.dates and self.chance(5):
            statements.append(f'timezone "{self.pick(*_ZONES)}"')
        if self.lists:
            statements.append('list wanted from "lists/wanted.csv" column sku')
        statements += [self.definition(number) for number in range(self.pick(0, 1))]
        for number in range(self.pick(0, 1, 2, 2, 4)):
            statements.append(self.pick(self.segment, self.score)(number))
        statements += [self.rule(number) for number in range(self.pick(1, 3, 4, 5, 6))]
        return "\n".join(statements) + "\n"


# -- histories -----------------------------------------------------------------------------------------------------

_FAR_NUMBERS = ("9223372036855", "-9007199254740993", "0.0000001", "1234567890123456789012345")

_VALUES: dict[str, tuple[Any, ...]] = {
    "n": (1, 2, 0, 1, 1.0, 0.5, -1, "1", True, None) * 3
    + (2**53 + 1, -(2**62), 10**20, 1e300, 5e-324, -0.0, 0.1, 1 / 3, -9_876_543_210.123_456_7),
    "sku": ("x", "y", "x", 1, True, ["x"], None),
    "name": ("Straße", "STRASSE", "ß", "\u212a", "k", "ſ", "İ"),
    "spent": (5400, 0.25, 0.000001, 3_153_600_000, "1h"),
    "Lead Source": ("web", "ads"),
    "a.b": (1, 0, "1"),
    "ref": ({"utm.source": "x"}, {"utm.source": "y", "utm": {"source": "x"}}, {"utm": 1}),
    "plan": ("pro", "basic", "Pro", 7),
    "paid": (True, False, "true"),
    "tags": (["x", "y"], "x", []),
    "size": ({"w": 1}, {"w": 2.0}, {}, 3),
}
_TRAITS: dict[str, tuple[Any, ...]] = {
    "vip": (True, False, None),
    "size": (2, 1, "2", None),
    "tier": ("gold", "silver", None),
    "Lead Source": ("web", "ads", None),
}


def _values(start: int) -> dict[str, tuple[Any, ...]]:
    """The values of properties in a history that begins at this instant."""
    one, other = (_clock(start + day * DAY)[:10] for day in (1, 2))
    return {**_VALUES, "due": (one, f"{other}T05:00:00Z", "soon")}


def _some(choose: Choose, values: Mapping[str, tuple[Any, ...]], at_most: int) -> dict[str, Any]:
    names = [choose(list(values)) for _ in range(choose(range(at_most + 1)))]
    return {name: choose(values[name]) for name in names}


def _history(choose: Choose, durations: Mapping[str, int], most: int, start: int = START) -> list[dict[str, Any]]:
    """Events of one to three leads in order of arrival, often as far apart as some duration that the rules speak of."""
    values = _values(start)
    steps = sorted(durations.values())
    gaps = [
        *([0] * 3 + steps * 3 + [DAY // 24]),
        *(max(step + more, 0) for step in steps for more in (-1, 1)),
        *(one - other for one in steps for other in steps if one > other),
    ]
    leads = ["a"] * 6 + ["b", "c"]
    names = [*_NAMES * 6, "Visit", "Visit", "identify", "identify", "noise", "$View", "GROSSE_mass"]
    events: list[dict[str, Any]] = []
    now = start
    for _ in range(choose([1, *range(3, most + 1)])):
        now += choose(gaps)
        name = choose(names)
        event = {"lead": choose(leads), "time": now, "event": name}
        event |= _some(choose, _TRAITS if name == "identify" else values, 4)
        if choose([False] * 5 + [True]):
            event["id"] = choose(["i", "j", 1])
        events.append(event)
    return _shuffled(choose, events) if choose([False] * 3 + [True]) else events


def _some_durations(choose: Choose) -> dict[str, int]:
    every = {**_DURATIONS, **_FAR_DURATIONS}
    chosen = [choose([*_DURATIONS] * 4 + [*_FAR_DURATIONS]) for _ in range(choose([1, 2, 3]))]
    return {text: every[text] for text in chosen}


def _some_start(choose: Choose, durations: Mapping[str, int]) -> int:
    """When a history begins, so that it ends before the year 10000."""
    starts = _FAR_STARTS if max(durations.values()) < 365 * DAY else _FAR_STARTS[:-1]
    return choose([*[START] * 3 * len(starts), *starts])


# -- whole cases ---------------------------------------------------------------------------------------------------


def case(choose: Choose, dates: bool = True, most: int = 14, lists: bool = False) -> Case:
    """A whole case of at most so many events. ``dates`` False keeps the calendar out of the rules."""
    durations = _some_durations(choose)
    start = _some_start(choose, durations)
    rules = Author(choose, durations, dates, start, lists).rules()
    events = _history(choose, durations, most, start)
    leads = {lead: _some(choose, _TRAITS, 2) for lead in ("a", "b", "d") if choose([False, False, True])}
    end = None
    if choose([True, True, False]):
        # Often at an edge: the time of some event and a duration of the rules later, or a microsecond before that.
        times = [event["time"] for event in events]
        at = choose([max(times), max(times), choose(times)])
        end = at + choose([30 * DAY, 30 * DAY, *durations.values(), 0]) - choose([0, 0, 1])
    return Case(rules, tuple(events), leads, end)


def case_of_one_condition(choose: Choose, write: Callable[[Author], Made]) -> Case:
    """A case with one rule, ``rule asked``, of the condition that is written, one lead, ``a``, and an end."""
    durations = _some_durations(choose)
    start = _some_start(choose, durations)
    condition = write(Author(choose, durations, start=start))
    events = [{**event, "lead": "a"} for event in _history(choose, durations, 14, start)]
    last = max(event["time"] for event in events)
    end = last + choose([0, *durations.values(), 30 * DAY])
    return Case(f"rule asked: {condition.text} => MQL\n", tuple(events), {}, end)


def some_author(choose: Choose) -> Author:
    """An author with some durations."""
    return Author(choose, _some_durations(choose))


def one_lead(
    choose: Choose, durations: Mapping[str, int], most: int = 10
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """At most so many events of one lead, ``a``, and its traits."""
    return [{**event, "lead": "a"} for event in _history(choose, durations, most)], _some(choose, _TRAITS, 2)


def random_case(seed: int, lists: bool = False) -> Case:
    """The case of this number: less alike one after the other than those that a strategy draws."""
    return case(random.Random(seed).choice, lists=lists)


def _choosing(draw: Callable[..., Any]) -> Choose:
    def choose(choices: Sequence[T], /) -> T:
        chosen: T = draw(st.sampled_from(choices))
        return chosen

    return choose


@st.composite
def cases(draw: Callable[..., Any], dates: bool = True) -> Case:
    """Whole cases."""
    return case(_choosing(draw), dates)


@st.composite
def single_conditions(draw: Callable[..., Any]) -> Case:
    """Cases of one condition, any."""
    return case_of_one_condition(_choosing(draw), lambda author: author.condition())


@st.composite
def growing_conditions(draw: Callable[..., Any], evident: bool = False) -> Case:
    """Cases of one condition that has no negation in it; if ``evident``, one of which evidence shows all."""
    return case_of_one_condition(_choosing(draw), lambda author: author.growing(evident=evident))
