"""A spring of gatherings that an agency runs for Murrow Sensors: invitations, badges, talks, and what came of them.

    python -m examples.agency_events.make_events [--out FOLDER]

Writes events.csv and leads.csv. Badges are scanned twice now and then: such rows have the same id. The lists of who was
there arrive the day after. The same script gives the same files, byte for byte.
"""

from datetime import timedelta
from pathlib import Path

from examples.simulation import Diary, Dice, Row, as_they_arrived, day, main, write_csv

START, END = day(2026, 2, 2), day(2026, 5, 18)

COLUMNS = ["lead", "time", "event", "id", "gathering", "booth", "minutes", "path"]
NEXT_DAY = timedelta(hours=20)

GATHERINGS = {
    "fair": (day(2026, 3, 10), 3),
    "workshop-lodz": (day(2026, 3, 26), 1),
    "workshop-brno": (day(2026, 4, 16), 1),
    "evening": (day(2026, 4, 28), 1),
}
PAGES = ["/sensors/cold", "/sensors/vibration", "/sensors/price-list", "/about", "/jobs"]


def invite(diary: Diary, gathering: str) -> None:
    """The invitation, about three weeks ahead."""
    diary.now = max(diary.now, GATHERINGS[gathering][0] - timedelta(days=diary.dice.between(18, 26)))
    diary.office_hours()
    diary.note("Sent Invitation", gathering=gathering)


def register(diary: Diary, gathering: str) -> None:
    diary.wait(days=3)
    diary.office_hours()
    diary.note("registered_for_event", gathering=gathering)


def check_in(diary: Diary, gathering: str) -> None:
    first, days = GATHERINGS[gathering]
    diary.now = first + timedelta(days=diary.dice.whole(0, days - 1), hours=diary.dice.between(8, 10))
    diary.now = diary.now.replace(second=0, microsecond=0)
    diary.note("Checked In", known_after=NEXT_DAY, id=f"in-{gathering}-{diary.lead}", gathering=gathering)


def scan(diary: Diary, gathering: str, minutes: int, booth: str = "murrow") -> None:
    """A badge at a booth; the scanner beeps twice now and then, with one id."""
    diary.wait(hours=1)
    number = len(diary.rows)
    for _ in range(2 if diary.dice.chance(0.1) else 1):
        diary.note(
            "badge-scan",
            known_after=NEXT_DAY,
            id=f"scan-{diary.lead}-{number}",
            gathering=gathering,
            booth=booth,
            minutes=minutes,
        )
        diary.wait(seconds=2)


def follow_up(diary: Diary, warmth: float) -> None:
    """A letter after the talk; some look at slides and pages, some answer, some meet."""
    diary.wait(days=2)
    diary.office_hours()
    diary.note("sent follow-up")
    if diary.dice.chance(warmth):
        diary.wait(days=2)
        diary.office_hours()
        diary.note("downloaded slides")
        diary.wait(minutes=3)
        diary.note("visited page", path=diary.dice.pick(PAGES))
    if diary.dice.chance(warmth):
        diary.wait(days=3)
        diary.office_hours()
        diary.note(diary.dice.pick(["replied", "replied", "agreed on meeting"]))


def visitor(diary: Diary) -> None:
    """Comes to the fair and walks past many booths."""
    invite(diary, "fair")
    register(diary, "fair")
    check_in(diary, "fair")
    scan(diary, "fair", diary.dice.whole(1, 3))
    scan(diary, "fair", diary.dice.whole(2, 20), booth=diary.dice.pick(["ilmen", "tarvos", "murrow"]))
    follow_up(diary, 0.3)


def engineer(diary: Diary) -> None:
    """Comes to a workshop, asks for a sample and reads the price list."""
    gathering = diary.dice.pick(["workshop-lodz", "workshop-brno"])
    invite(diary, gathering)
    register(diary, gathering)
    check_in(diary, gathering)
    scan(diary, gathering, diary.dice.whole(6, 25))
    diary.wait(days=2)
    diary.office_hours()
    if diary.dice.chance(0.6):
        diary.note("asked for sample")
        diary.wait(minutes=20)
    diary.note("visited page", path=diary.dice.pick(PAGES))
    follow_up(diary, 0.6)


def absent(diary: Diary) -> None:
    """Registers and does not come; some cancel, some watch the recording."""
    gathering = diary.dice.pick(list(GATHERINGS))
    invite(diary, gathering)
    register(diary, gathering)
    diary.now = GATHERINGS[gathering][0] + timedelta(days=1, hours=9)
    if diary.dice.chance(0.2):
        diary.now -= timedelta(days=2)
        diary.note("cancelled", gathering=gathering)
    elif diary.dice.chance(0.35):
        diary.wait(days=4)
        diary.evening()
        diary.note("watched recording", gathering=gathering)


def silent(diary: Diary) -> None:
    """Gets invitations, and that is all."""
    for gathering in list(GATHERINGS)[: diary.dice.whole(1, 3)]:
        invite(diary, gathering)


def weary(diary: Diary) -> None:
    """Declines, and declines again, or leaves the list."""
    for gathering in ("fair", "workshop-lodz"):
        invite(diary, gathering)
        diary.wait(days=1)
        diary.note("declined invitation", gathering=gathering)
    if diary.dice.chance(0.4):
        diary.wait(days=1)
        diary.note("unsubscribed")


def leaver(diary: Diary) -> None:
    invite(diary, "fair")
    diary.wait(hours=2)
    diary.note("unsubscribed")


def walk_in(diary: Diary) -> None:
    """Nobody invited it; it walks past the booth at the fair, and stops."""
    check_in(diary, "fair")
    for _ in range(diary.dice.whole(1, 2)):
        scan(diary, "fair", diary.dice.whole(2, 4))


def passer_by(diary: Diary) -> None:
    """Reads a page, and that is all."""
    diary.wait(days=40)
    diary.evening()
    diary.note("visited page", path=diary.dice.pick(PAGES))


def friend(diary: Diary) -> None:
    """Comes to everything."""
    for gathering in ("fair", "workshop-lodz", "evening"):
        if diary.dice.chance(0.85):
            invite(diary, gathering)
            register(diary, gathering)
            check_in(diary, gathering)
            if diary.dice.chance(0.5):
                scan(diary, gathering, diary.dice.whole(3, 15))
    follow_up(diary, 0.4)


COMPANIES = ["delmar-foods", "ekholt", "ferrand-steel", "granby-water", "hesper", "ironmoss", "jarnvik", "keld-paper"]
TARGETS = ["holtmere", "vantory", "selwick", "ambrell"]
PARTNERS = ["cindle", "brask"]

CAST = [
    (visitor, COMPANIES, 40),
    (visitor, TARGETS, 6),
    (engineer, COMPANIES, 26),
    (engineer, TARGETS, 4),
    (absent, COMPANIES, 34),
    (silent, COMPANIES + TARGETS, 44),
    (weary, COMPANIES, 12),
    (leaver, COMPANIES, 8),
    (walk_in, COMPANIES, 9),
    (passer_by, COMPANIES, 14),
    (friend, COMPANIES, 8),
    (friend, PARTNERS, 6),
]


def make(out: Path) -> None:
    diaries: list[Diary] = []
    leads: list[Row] = []
    for persona, companies, people in CAST:
        for _ in range(people):
            lead = f"pp-{len(diaries) + 1:03d}"
            dice = Dice(f"agency_events/{lead}")
            diary = Diary(lead, START + timedelta(hours=dice.between(7, 16)), dice)
            persona(diary)
            diaries.append(diary)
            leads.append({"lead": lead, "domain": f"{dice.pick(companies)}.example"})
    write_csv(out / "events.csv", COLUMNS, as_they_arrived(diaries, END))
    write_csv(out / "leads.csv", ["lead", "domain"], leads)


if __name__ == "__main__":
    main("Write the events and leads of Murrow's gatherings.", make, Path(__file__).parent)
