"""Leads to draw: ordinary ones, and those that would break a drawing."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

import mqlrules
from mqlrules.explain.timeline.layout import timeline_of
from mqlrules.explain.timeline.model import Timeline

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_767_225_600_000_000
"""2026-01-01 in UTC."""

SCRIPT = "<script>alert('x')</script>"
HOSTILE = (
    SCRIPT,
    "\" onload='alert(1)' & ]]> --> &amp;",
    "שלום עולם",
    "\N{RIGHT-TO-LEFT OVERRIDE}drawkcab",
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} family \N{GRINNING FACE}",
    "\x00\x07\x1b[31mred\x1b[0m\r\n\t",
    "\ud800 \ufffe",
    "日本語イベント" * 12,
    "w" * 400,
)

SAAS = """
lifecycle anonymous > MCL > MEL > MQL > SQL, lost
timezone "Europe/Berlin"

event visited pricing = page_viewed where (path matches "/pricing*")
segment ideal "Who we sell to" = lead.employees >= 200
score engagement "How warm"
    +10 per visited pricing up to 40
    +25 for attended webinar within 20d
    +15 if ideal
    between 0 and 100

rule known: signed up => MCL
rule warm "Prices and a webinar": visited pricing >= 2 and attended webinar within 30d => MQL
rule scored: engagement >= 60 => MQL
rule called: attended webinar then within 20d requested demo => SQL
rule waits: requested demo then no booked call for 5d => lost
rule recycle: when MQL for 30d, no requested demo within 30d => recycle to MEL
"""


@attrs.frozen
class Drawn:
    """A rule set and a lead of it."""

    rules: str
    events: Sequence[Mapping[str, Any]]
    traits: Mapping[str, Any] = attrs.field(factory=dict)
    as_of: int | None = None

    def timeline(self) -> Timeline:
        lead = self.events[0]["lead"] if self.events else "nobody"
        return timeline_of(mqlrules.loads(self.rules).plan, self.events, lead, {lead: self.traits}, self.as_of)


def event(at: int, name: str, lead: str = "ada", **properties: object) -> dict[str, object]:
    return {"lead": lead, "time": at, "event": name, **properties}


def ada(as_of: int | None = START + 60 * DAY) -> Drawn:
    """Qualifies, is recycled after a month, comes back and asks for a demo."""
    return Drawn(
        SAAS,
        [
            event(START + HOUR, "signed up"),
            event(START + 2 * DAY, "page_viewed", path="/pricing"),
            event(START + 4 * DAY, "page_viewed", path="/pricing/team"),
            event(START + 5 * DAY, "page_viewed", path="/blog"),
            event(START + 10 * DAY, "Attended Webinar"),
            event(START + 50 * DAY, "attended webinar"),
            event(START + 53 * DAY, "requested demo"),
        ],
        {"employees": 300},
        as_of,
    )


def named(lead: str, names: Sequence[str]) -> Drawn:
    """Events of these names; the first of them moves the lead."""
    rules = (
        'rule first "{0}": activity >= 1 => MQL\nscore heat "{0}"\n    +1 per activity\nrule hot: heat >= 4 => SQL\n'
    )
    events = [event(START + number * DAY, name, lead) for number, name in enumerate(names * 2)]
    return Drawn(rules.format("a < b & 'c' ]]>"), events)


def many(count: int = 5000) -> Drawn:
    names = ("page_viewed", "page_viewed", "page_viewed", "signed up", "attended webinar")
    events = [event(START + number * 2 * HOUR, names[number % 5], path="/pricing") for number in range(count)]
    return Drawn(SAAS, events)


def loop(count: int = 300) -> Drawn:
    """Up and down without end."""
    rules = "lifecycle a > b\nrule up: visit => b\nrule down: when b, mail => recycle to a\n"
    return Drawn(rules, [event(START + number * 6 * HOUR, ("visit", "mail")[number % 2]) for number in range(count)])


def ladder(stages: int = 40) -> Drawn:
    names = [f"stage_number_{number}" for number in range(stages)]
    rules = f"lifecycle {' > '.join(names)}\n" + "".join(f"e{n} => {names[n]}\n" for n in range(1, stages, 3))
    return Drawn(rules, [event(START + n * DAY, f"e{n}") for n in range(stages)])


def scores(count: int = 9) -> Drawn:
    """Many scores and segments, one score of which many rules ask, below zero too."""
    rules = "lifecycle a > b > c, d\n"
    for number in range(count):
        rules += f"score points_{number}\n    +{number + 1} per visit\n    -4 per mail\n"
        rules += f"segment group_{number}_{'x' * 30} = visit >= {number}\nsegment late_{number} = mail >= {number}\n"
    rules += "".join(f"rule asks_for_{value}: points_7 >= {value} and nothing => c\n" for value in range(12))
    rules += "rule low: points_2 < -3 => b\nrule large: points_8 >= 123456 => d\n"
    return Drawn(rules, [event(START + n * DAY, ("visit", "visit", "mail")[n % 3]) for n in range(30)])


def spaced(between: int, zone: str = "UTC", start: int = START) -> Drawn:
    rules = f'timezone "{zone}"\nrule twice: visit >= 2 within 30d => MQL\nrule demo: visit then demo => SQL\n'
    return Drawn(rules, [event(start + n * between, "demo" if n == 6 else "visit") for n in range(9)])


def all_cases() -> dict[str, Drawn]:
    return {
        "ada": ada(),
        "none": Drawn(SAAS, []),
        "one": Drawn(SAAS, [event(START, "signed up")]),
        "one, long ago": Drawn(SAAS, [event(START, "visit")], as_of=START + 900 * DAY),
        "many": many(),
        "loop": loop(),
        "ladder": ladder(),
        "scores": scores(),
        "hostile": named(SCRIPT, HOSTILE),
        "right to left": named("שלום <b>", HOSTILE[2:4]),
        "microseconds": spaced(2),
        "seconds": spaced(700_000),
        "minutes": spaced(9 * 60_000_000),
        "years": spaced(400 * DAY, "Europe/Berlin", START - 9000 * DAY),
        "all time": Drawn("rule a: visit => MQL", [event(t, "visit") for t in ("0001-01-01", "9999-12-31T23:59:59Z")]),
        "clocks put back": spaced(HOUR // 2, "Europe/Berlin", 1_792_879_800_000_000),
    }
