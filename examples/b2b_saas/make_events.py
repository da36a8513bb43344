"""Sixteen weeks at Tarnbrook, which sells planning software: 52 leads, what they did, and the companies they work for.

    python -m examples.b2b_saas.make_events [--out FOLDER]

Writes events.csv and leads.csv. The same script gives the same files, byte for byte.
"""

from datetime import timedelta
from pathlib import Path

from examples.simulation import Diary, Dice, Row, as_they_arrived, day, main, write_csv

START, END = day(2026, 1, 5), day(2026, 4, 27)

COLUMNS = ["lead", "time", "event", "path", "duration", "title", "minutes", "campaign", "source", "plan", "seats"]
ARTICLES = ["/blog/plan-a-quarter", "/blog/meetings-that-end", "/blog/who-does-what", "/blog/late-again"]
FEATURES = ["/features/calendar", "/features/budgets", "/features/teams", "/features/export"]
PRICES = ["/pricing", "/pricing/team", "/pricing/enterprise"]
WEBINARS = [
    (day(2026, 1, 22) + timedelta(hours=14), "Planning without pain"),
    (day(2026, 2, 19) + timedelta(hours=14), "Budgets for busy people"),
    (day(2026, 3, 19) + timedelta(hours=14), "From plan to done"),
]
MAILS = ["january letter", "february letter", "march letter", "april letter"]


def visit(diary: Diary, paths: list[str]) -> None:
    """One visit to the website: pages a minute or so apart; some are only glanced at."""
    for path in paths:
        glance = diary.dice.chance(0.15)
        seconds = diary.dice.whole(2, 8) if glance else diary.dice.whole(12, 160)
        diary.note("page_viewed", path=path, duration=seconds)
        diary.wait(seconds=seconds + 15)


def read(diary: Diary) -> None:
    """A visit that begins with an article."""
    visit(diary, ["/", diary.dice.pick(ARTICLES), diary.dice.pick(FEATURES)][diary.dice.whole(0, 1) :])


def webinar(diary: Diary) -> bool:
    """Attend the next webinar, if there is one; attendance is imported the morning after. Some leave early."""
    for starts, title in WEBINARS:
        if starts > diary.now:
            diary.now = starts + timedelta(minutes=diary.dice.whole(0, 6))
            minutes = diary.dice.whole(4, 15) if diary.dice.chance(0.2) else diary.dice.whole(25, 50)
            diary.note("Webinar Attended", known_after=timedelta(hours=17), title=title, minutes=minutes)
            diary.wait(hours=2)
            return True
    return False


def letters(diary: Diary, interest: float) -> None:
    """Open the monthly letter, or don't."""
    for month, campaign in enumerate(MAILS, start=1):
        sent = day(2026, month, 12) + timedelta(hours=7)
        if sent > diary.now and diary.dice.chance(interest):
            diary.now = sent
            diary.wait(hours=8)
            diary.note("opened email", campaign=campaign)
            if diary.dice.chance(0.3):
                diary.wait(minutes=1)
                read(diary)


def champion(diary: Diary) -> None:
    """Finds us, compares, brings it home: the lead that everybody hopes for."""
    read(diary)
    diary.wait(days=2)
    diary.office_hours()
    visit(diary, ["/", PRICES[0], diary.dice.pick(PRICES)])
    diary.note("signed_up", source="website")
    webinar(diary)
    diary.wait(days=3)
    diary.office_hours()
    visit(diary, [diary.dice.pick(FEATURES), diary.dice.pick(PRICES)])
    diary.note(diary.dice.pick(["Downloaded Pricing Guide", "downloaded product sheet"]), campaign="website")
    if diary.dice.chance(0.7):
        diary.wait(days=2)
        sale(diary)


def sale(diary: Diary) -> None:
    """From the wish for a demo to the contract, as far as it goes."""
    diary.office_hours()
    diary.note("requested_demo", source="website")
    diary.wait(days=1.5)
    diary.office_hours()
    diary.note("Booked Meeting", source="phone")
    if diary.dice.chance(0.75):
        diary.wait(days=6)
        diary.office_hours()
        seats = diary.dice.pick([3, 8, 12, 25, 60])
        diary.note("Received Quote", seats=seats)
        if seats >= 5 and diary.dice.chance(0.6):
            diary.wait(days=12)
            diary.office_hours()
            diary.note("Bought Plan", plan="company", seats=seats)


def comparer(diary: Diary) -> None:
    """Looks at prices and at a webinar, and then waits for the next budget."""
    visit(diary, ["/", PRICES[0]])
    diary.wait(days=4)
    diary.evening()
    visit(diary, [diary.dice.pick(PRICES), "/security"])
    webinar(diary)
    letters(diary, 0.4)


def attendee(diary: Diary) -> None:
    """One look at the prices, the webinar, and then something to hand round in the office."""
    starts = diary.dice.pick(WEBINARS)[0]
    diary.now = starts - timedelta(days=diary.dice.between(3, 5))
    diary.office_hours()
    visit(diary, [diary.dice.pick(ARTICLES), PRICES[0]])
    webinar(diary)
    diary.wait(days=2)
    diary.office_hours()
    diary.note("downloaded product sheet", campaign="after the webinar")


def returner(diary: Diary) -> None:
    """Asked for a demo, went quiet, and comes back a quarter later."""
    read(diary)
    diary.wait(days=1)
    diary.office_hours()
    diary.note("signed_up", source="partner")
    diary.wait(days=1)
    diary.office_hours()
    diary.note("requested_demo", source="website")
    diary.wait(days=50)
    diary.office_hours()
    visit(diary, ["/", PRICES[1], PRICES[2]])
    diary.wait(days=2)
    sale(diary)


def targeted(diary: Diary) -> None:
    """Works for a company that sales has been after for a year."""
    letters_seen = diary.dice.whole(1, 2)
    for campaign in MAILS[:letters_seen]:
        diary.wait(days=5)
        diary.office_hours()
        diary.note("opened email", campaign=campaign)
    visit(diary, [diary.dice.pick(FEATURES), PRICES[2]])
    diary.wait(days=3)
    sale(diary)


def self_service(diary: Diary) -> None:
    """Tries it alone; some bring the team, some are stuck, some buy the small plan with a card."""
    visit(diary, ["/", diary.dice.pick(FEATURES), PRICES[0]])
    diary.note("signed_up", source="website")
    diary.wait(minutes=4)
    diary.note("started_trial", plan="team")
    if diary.dice.chance(0.4):
        for _ in range(diary.dice.whole(1, 4)):
            diary.wait(days=1)
            diary.office_hours()
            diary.note("invited_teammate", plan="team")
        if diary.dice.chance(0.5):
            diary.wait(days=9)
            diary.note("Bought Plan", plan="team", seats=diary.dice.whole(2, 9))
    else:
        diary.wait(days=8)
        visit(diary, ["/help", "/help/invite"])


def reader(diary: Diary) -> None:
    """Likes our letters and articles, in the evening, and will never buy."""
    diary.evening()
    for _ in range(diary.dice.whole(2, 5)):
        read(diary)
        diary.wait(days=5)
        diary.evening()
    letters(diary, 0.8)
    if diary.dice.chance(0.35):
        diary.wait(days=1)
        diary.note("unsubscribed", campaign=MAILS[1])


def job_seeker(diary: Diary) -> None:
    """Wants to work here."""
    for _ in range(3):
        diary.evening()
        visit(diary, ["/careers", "/careers/open-positions"])
        diary.wait(days=3)


def robot(diary: Diary) -> None:
    """Reads the whole site at night, a page every few seconds."""
    diary.now = diary.now.replace(hour=2, minute=diary.dice.whole(0, 59))
    for path in (ARTICLES + FEATURES + PRICES) * 4:
        diary.note("page_viewed", path=path, duration=1)
        diary.wait(seconds=5)


SOFTWARE = [
    ("copperlane.example", 420, "software"),
    ("hollin.example", 260, "software"),
    ("nubra.example", 900, "fintech"),
]
SMALL = [
    ("petalbyte.example", 18, "software"),
    ("obenauf.example", 45, "retail"),
    ("stellwerk-neun.example", 70, "logistics"),
]
TARGETS = [
    ("brightmoor.example", 1400, "software"),
    ("quillonpay.example", 650, "fintech"),
    ("fennhagen.example", 2100, "logistics"),
]
UNKNOWN = [(None, None, None)]

CAST = [
    (champion, SOFTWARE, "ada.kestrel bruno.vale chidi.marsh dora.linden emre.falk"),
    (champion, SMALL, "finn.otter greta.holm"),
    (comparer, SOFTWARE, "hana.briar ivo.sand jana.thorn kofi.reed"),
    (comparer, SMALL, "lena.moss milo.crane nadia.fern"),
    (attendee, SMALL, "orla.finn piet.sorrel sven.larch thea.brome"),
    (returner, SOFTWARE, "oskar.pike petra.wren"),
    (returner, SMALL, "quentin.bell"),
    (targeted, TARGETS, "rosa.heath samir.lark tilda.stone ugo.frost"),
    (self_service, SOFTWARE, "vera.brook wim.alder xenia.rook yusuf.dale"),
    (self_service, SMALL, "zoe.hawk arno.birch bella.finch carl.roe"),
    (reader, SMALL, "dana.swift elif.grove fritz.lowe gina.marl henk.dove irma.quill jonas.tarn kaya.weld"),
    (reader, UNKNOWN, "visitor-204 visitor-317 visitor-388 visitor-451"),
    (job_seeker, UNKNOWN, "luca.plover mira.sedge noor.teal"),
    (robot, UNKNOWN, "visitor-566 visitor-590"),
    (champion, TARGETS, "otto.ivory pia.cobalt"),
]


def make(out: Path) -> None:
    diaries: list[Diary] = []
    leads: list[Row] = []
    for persona, companies, names in CAST:
        for number, lead in enumerate(names.split()):
            dice = Dice(f"b2b_saas/{lead}")
            diary = Diary(lead, START + timedelta(days=dice.whole(0, 55), hours=dice.between(7, 15)), dice)
            diary.office_hours()
            persona(diary)
            diaries.append(diary)
            domain, employees, industry = companies[number % len(companies)]
            leads.append({"lead": lead, "domain": domain, "employees": employees, "industry": industry})
    write_csv(out / "events.csv", COLUMNS, as_they_arrived(diaries, END))
    write_csv(out / "leads.csv", ["lead", "domain", "employees", "industry"], leads)


if __name__ == "__main__":
    main("Write the events and leads of Tarnbrook.", make, Path(__file__).parent)
