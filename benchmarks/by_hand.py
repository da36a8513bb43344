"""The peers of ``feed``: two rules by hand in plain Python, and the sequence in `eql` where that is installed.

The rules are a count in a window, and a sequence of three steps; ``RULES`` says them in the rule language.
"""

from collections.abc import Sequence

from measuring import Seconds, Watch

Row = tuple[int | str, int, str]
"""Lead, microseconds since 1970 UTC, name of the event; in order of time."""

COUNT = "visited pricing >= 3 within 7d"
SEQUENCE = "visited pricing then attended webinar then downloaded guide within 14d"
RULES = f"rule counted: {COUNT} => MEL\nrule followed: {SEQUENCE} => MQL\n"

DAY = 86_400_000_000
LONG_AGO = -(1 << 62)

FirstTimes = dict[int | str, int]
"""When a rule first held of each lead of which it did."""


def by_hand(rows: Sequence[Row]) -> tuple[Seconds, FirstTimes, FirstTimes]:
    """What both rules took, and what they found: of each lead four numbers are kept.

    The latest choice of each step is all that a sequence needs: where the latest start is too old, so is every other.
    """
    kept: dict[int | str, list[int]] = {}
    counted: FirstTimes = {}
    followed: FirstTimes = {}
    watch = Watch()
    for lead, now, name in rows:
        if name == "visited pricing":
            state = kept.get(lead)
            if state is None:
                state = kept[lead] = [LONG_AGO] * 4
            before_last, last = state[0], state[1]
            if before_last > now - 7 * DAY and lead not in counted:
                counted[lead] = now
            state[0], state[1], state[2] = last, now, now
        elif name == "attended webinar":
            state = kept.get(lead)
            if state is not None:
                state[3] = state[2]
        elif name == "downloaded guide":
            state = kept.get(lead)
            if state is not None and state[3] > now - 14 * DAY and lead not in followed:
                followed[lead] = now
    return watch.read(), counted, followed


def has_eql() -> bool:
    """Whether `eql` can be imported here."""
    try:
        import eql  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        return False
    return True


def by_eql(rows: Sequence[Row]) -> Seconds:
    """What eql takes for the sequence alone.

    It counts every completion and its ``maxspan`` is inclusive, so it answers a slightly other question. Its clock
    ticks ten times a microsecond. Each event walks the sequences of all leads that wait: its cost grows with them.
    """
    import eql

    steps = " ".join(
        f'[generic where name == "{step}"]' for step in SEQUENCE.removesuffix(" within 14d").split(" then ")
    )
    events = [
        eql.events.Event("generic", now * 10, {"lead": lead, "name": name, "event_type": "generic"})
        for lead, now, name in rows
    ]
    engine = eql.PythonEngine({"flatten": False})
    engine.add_query(eql.parse_query(f"sequence by lead with maxspan=14d {steps}"))
    watch = Watch()
    engine.stream_events(events, finalize=True)
    return watch.read()
