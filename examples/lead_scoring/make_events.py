"""Five months at Ostrel, which makes lab software: who fits, who is warm, who is both, and who cools down again.

    python -m examples.lead_scoring.make_events [--out FOLDER]

Writes events.csv (with identify rows: what is learnt about a lead later) and leads.csv (what is known from the start).
The same script gives the same files, byte for byte.
"""

from datetime import timedelta
from pathlib import Path

from examples.simulation import Diary, Dice, Row, as_they_arrived, day, main, write_csv

START, END = day(2026, 1, 7), day(2026, 6, 1)

COLUMNS = ["lead", "time", "event", "path", "duration", "campaign", "role", "employees", "country"]
STORIES = ["/stories/clean-room", "/stories/two-sites", "/stories/audit-week"]
PAGES = ["/", "/product", "/product/samples", "/product/reports", "/about", "/help"]
PRICES = ["/pricing", "/pricing/teams"]

COMPANIES = [
    ("auvian", 1200),
    ("bellmere-labs", 640),
    ("corvane", 310),
    ("drosera", 150),
    ("eskelin", 80),
    ("funkel", 35),
]
COUNTRIES = ["AT", "DE", "CH", "FR", "NL", "PL"]
DECIDERS = ["Head of Lab", "Director Quality", "CTO", "Owner", "head of research"]
USERS = ["Chemist", "Lab technician", "Quality assistant", "Purchasing"]


def page(diary: Diary, path: str) -> None:
    duration = diary.dice.whole(4, 25) if diary.dice.chance(0.3) else diary.dice.whole(31, 240)
    diary.note("viewed page", path=path, duration=duration)
    diary.wait(seconds=duration + 10)


def visit(diary: Diary, *paths: str) -> None:
    for path in paths:
        page(diary, path)


def opens(diary: Diary, times: int, every: float) -> None:
    for number in range(times):
        diary.wait(days=every)
        diary.office_hours()
        diary.note("opened_email", campaign=f"letter {number + 1}")


def learns_more(diary: Diary, deciders: float) -> None:
    """A form or a call tells us who it is: an identify row, whose columns are traits from then on."""
    role = diary.dice.pick(DECIDERS) if diary.dice.chance(deciders) else diary.dice.pick(USERS)
    diary.note("identify", role=role, employees=diary.dice.pick(COMPANIES)[1], country=diary.dice.pick(COUNTRIES))
    diary.wait(minutes=1)


def project(diary: Diary) -> None:
    """There is a budget and a date: everything happens within a few weeks."""
    visit(diary, "/", diary.dice.pick(PAGES), PRICES[0])
    opens(diary, 2, 2)
    learns_more(diary, 0.7)
    visit(diary, diary.dice.pick(STORIES), PRICES[1])
    diary.wait(days=2)
    diary.office_hours()
    if diary.dice.chance(0.6):
        diary.note("attended webinar")
        diary.wait(days=1)
        diary.office_hours()
    visit(diary, PRICES[0], PRICES[1])
    if diary.dice.chance(0.8):
        diary.note("requested demo")
        with_sales(diary)


def with_sales(diary: Diary) -> None:
    diary.wait(days=1)
    diary.office_hours()
    if diary.dice.chance(0.8):
        diary.note("accepted by sales")
        diary.wait(days=14)
        diary.office_hours()
        if diary.dice.chance(0.35):
            diary.note("bought licence")
        elif diary.dice.chance(0.6):
            diary.note("sent back by sales")
            diary.wait(days=40)
            visit(diary, "/", PRICES[0])


def browser(diary: Diary) -> None:
    """Comes, looks, goes; now and then it looks at the prices."""
    for _ in range(diary.dice.whole(1, 4)):
        diary.office_hours()
        visit(diary, diary.dice.pick(PAGES), diary.dice.pick(PAGES + PRICES))
        diary.wait(days=9)


def fan(diary: Diary) -> None:
    """Reads everything and opens every letter, on a small budget."""
    opens(diary, diary.dice.whole(3, 7), 6)
    for story in STORIES:
        visit(diary, story, diary.dice.pick(PAGES))
        diary.wait(days=3)
        diary.evening()
    if diary.dice.chance(0.4):
        diary.note("attended webinar")
    if diary.dice.chance(0.3):
        diary.wait(days=6)
        diary.note("unsubscribed")


def flash(diary: Diary) -> None:
    """Very warm for a week, and never seen again."""
    visit(diary, "/", *PRICES)
    diary.wait(days=1)
    diary.office_hours()
    learns_more(diary, 0.9)
    visit(diary, *PRICES, diary.dice.pick(STORIES))
    diary.wait(days=2)
    diary.office_hours()
    diary.note("attended webinar")


def student(diary: Diary) -> None:
    diary.note("identify", role=diary.dice.pick(["Student", "PhD student"]), country=diary.dice.pick(COUNTRIES))
    for _ in range(diary.dice.whole(1, 4)):
        diary.evening()
        visit(diary, diary.dice.pick(STORIES), "/help")
        diary.wait(days=8)


CAST = [(project, 34), (browser, 60), (fan, 24), (flash, 18), (student, 14)]


def make(out: Path) -> None:
    diaries: list[Diary] = []
    leads: list[Row] = []
    for persona, people in CAST:
        for _ in range(people):
            lead = f"ost-{len(diaries) + 101}"
            dice = Dice(f"lead_scoring/{lead}")
            diary = Diary(lead, START + timedelta(days=dice.whole(0, 85), hours=dice.between(7, 16)), dice)
            diary.office_hours()
            persona(diary)
            diaries.append(diary)
            leads.append(known_from_the_start(lead, dice, persona is student))
    write_csv(out / "events.csv", COLUMNS, as_they_arrived(diaries, END))
    write_csv(out / "leads.csv", ["lead", "email", "employees", "country", "role"], leads)


def known_from_the_start(lead: str, dice: Dice, studies: bool) -> Row:
    """What the contact list holds: for some an address and a company, for some an address, for some nothing."""
    name = lead.replace("-", "")
    if studies or dice.chance(0.2):
        return {"lead": lead, "email": f"{name}@{dice.pick(['mailbox', 'post'])}.example"}
    if dice.chance(0.15):
        return {"lead": lead}
    company, employees = dice.pick(COMPANIES)
    role = dice.pick(DECIDERS + USERS) if dice.chance(0.5) else None
    return {
        "lead": lead,
        "email": f"{name}@{company}.example",
        "employees": employees,
        "country": dice.pick(COUNTRIES),
        "role": role,
    }


if __name__ == "__main__":
    main("Write the events and leads of Ostrel.", make, Path(__file__).parent)
