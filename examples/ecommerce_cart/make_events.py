"""Half a year at Fernkettle, a shop for tea and teapots: who looks, who fills a cart, who buys, who leaves it standing.

    python -m examples.ecommerce_cart.make_events [--out FOLDER]

Writes events.jsonl. The same script gives the same file, byte for byte.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from examples.simulation import Diary, Dice, as_they_arrived, day, main, write_jsonl

START, END = day(2025, 10, 1), day(2026, 4, 1)

PRODUCTS: dict[str, tuple[str, int, list[str]]] = {
    "tea-sencha": ("green", 9, []),
    "tea-hojicha": ("green", 11, ["new"]),
    "tea-assam": ("black", 8, ["offer"]),
    "tea-ceylon": ("black", 8, []),
    "tea-oolong": ("oolong", 14, []),
    "tea-mint": ("herbal", 6, ["offer", "organic"]),
    "pot-clay": ("pots", 64, []),
    "pot-glass": ("pots", 39, ["offer"]),
    "pot-iron": ("pots", 89, ["new"]),
    "cup-pair": ("cups", 24, []),
    "tin-large": ("storage", 12, []),
}
SKUS = list(PRODUCTS)


def look(diary: Diary, sku: str, channel: str | None = None) -> None:
    category, _, tags = PRODUCTS[sku]
    diary.note(
        "Product Viewed" if channel == "app" else "viewed product",
        sku=sku,
        category=category,
        tags=tags,
        **via(channel),
    )
    diary.wait(minutes=1.5)


def via(channel: str | None) -> dict[str, str]:
    return {} if channel is None else {"channel": channel}


def put(diary: Diary, sku: str) -> None:
    diary.note("added to cart", sku=sku)
    diary.wait(minutes=2)


def buy(diary: Diary, skus: list[str], coupon: str | None = None) -> None:
    """One order: an event for each product, all at one instant."""
    for sku in skus:
        amount = PRODUCTS[sku][1]
        if coupon is None:
            diary.note("purchased", sku=sku, amount=amount)
        else:
            diary.note("purchased", sku=sku, amount=round(amount * 0.8, 2), coupon=coupon)
    diary.wait(minutes=5)


def stroll(diary: Diary) -> None:
    """Look around, in the evening or at the weekend, and that is all."""
    for _ in range(diary.dice.whole(1, 3)):
        diary.evening()
        channel = diary.dice.pick(["search", "ads", "social"])
        for _ in range(diary.dice.whole(1, 4)):
            look(diary, diary.dice.pick(SKUS), channel)
        diary.wait(days=6)


def quick_buyer(diary: Diary) -> None:
    """Knows what it wants."""
    diary.evening()
    sku = diary.dice.pick(SKUS)
    look(diary, sku, "search")
    put(diary, sku)
    diary.note("created account")
    buy(diary, [sku])
    if diary.dice.chance(0.3):
        diary.wait(days=11)
        diary.note("wrote review", sku=sku, stars=diary.dice.whole(2, 5))


def ponderer(diary: Diary) -> None:
    """One teapot, looked at for a week; bought in the end, or left in the cart."""
    sku = diary.dice.pick(["pot-clay", "pot-glass", "pot-iron"])
    for _ in range(diary.dice.whole(1, 4)):
        diary.evening()
        look(diary, sku, diary.dice.pick(["search", "email"]))
        diary.wait(days=1.5)
    put(diary, sku)
    if diary.dice.chance(0.6):
        diary.wait(hours=20)
        look(diary, sku)
    outcome = diary.dice.whole(1, 4)
    if outcome == 1:
        buy(diary, [sku, "tea-sencha"])
    elif outcome == 2:
        diary.note("removed from cart", sku=sku)
    elif outcome == 3:
        diary.wait(days=4)
        buy(diary, [sku], coupon="COMEBACK")


def abandoner(diary: Diary) -> None:
    """Fills a cart on the phone and forgets it; buys something else, now and then."""
    diary.evening()
    skus = [diary.dice.pick(SKUS), diary.dice.pick(SKUS)]
    for sku in skus:
        look(diary, sku, "app")
        put(diary, sku)
    if diary.dice.chance(0.3):
        diary.wait(hours=5)
        diary.note("emptied cart")
    elif diary.dice.chance(0.5):
        diary.wait(days=1)
        buy(diary, skus[:1])


def regular(diary: Diary) -> None:
    """Tea every month."""
    diary.note("subscribed newsletter", channel="email")
    for _ in range(diary.dice.whole(3, 6)):
        diary.wait(days=28)
        diary.evening()
        sku = diary.dice.pick(SKUS[:6])
        if diary.dice.chance(0.7):
            look(diary, sku, diary.dice.pick(["email", "app"]))
        put(diary, sku)
        buy(diary, [sku])


def deal_hunter(diary: Diary) -> None:
    """Waits for the coupon."""
    diary.note("subscribed newsletter", channel="email")
    for coupon in ("AUTUMN", "WINTER", "SPRING")[: diary.dice.whole(1, 3)]:
        diary.wait(days=20)
        diary.evening()
        sku = diary.dice.pick(["tea-assam", "tea-mint", "pot-glass"])
        look(diary, sku, "email")
        put(diary, sku)
        buy(diary, [sku], coupon=coupon)


def gift_giver(diary: Diary) -> None:
    """Comes once, in December, and buys something fine."""
    diary.now = day(2025, 12, 2) + timedelta(days=diary.dice.whole(0, 18), hours=19)
    for sku in ("pot-clay", "pot-iron", "cup-pair"):
        look(diary, sku, "ads")
    chosen = diary.dice.pick(["pot-clay", "pot-iron"])
    put(diary, chosen)
    buy(diary, [chosen, "cup-pair"][: diary.dice.whole(1, 2)])


def patient(diary: Diary) -> None:
    """Wants what is sold out, and asks for a mail when it is back."""
    sku = diary.dice.pick(["tea-oolong", "tin-large"])
    look(diary, sku, "search")
    diary.note("asked for notice", sku=sku)
    diary.wait(days=15)
    diary.note("notice sent", sku=sku, channel="email")
    if diary.dice.chance(0.6):
        diary.wait(days=1)
        diary.evening()
        put(diary, sku)
        buy(diary, [sku])


def leaver(diary: Diary) -> None:
    """Subscribes for the discount and leaves."""
    diary.note("subscribed newsletter", channel="ads")
    diary.wait(days=1)
    look(diary, diary.dice.pick(SKUS), "email")
    diary.wait(days=9)
    diary.note("unsubscribed")


def robot(diary: Diary) -> None:
    """Compares prices for somebody else, at night."""
    diary.now = diary.now.replace(hour=3)
    for number in range(48):
        category, _, tags = PRODUCTS[SKUS[number % len(SKUS)]]
        diary.note("viewed product", sku=SKUS[number % len(SKUS)], category=category, tags=tags)
        diary.wait(seconds=8)


CAST: list[tuple[Callable[[Diary], None], int]] = [
    (stroll, 60), (quick_buyer, 35), (ponderer, 40), (abandoner, 30), (regular, 18), (deal_hunter, 15),
    (gift_giver, 14), (patient, 12), (leaver, 12), (robot, 3),
]  # fmt: skip


def make(out: Path) -> None:
    diaries: list[Diary] = []
    for persona, people in CAST:
        for _ in range(people):
            lead = f"c-{1000 + 7 * len(diaries)}"
            dice = Dice(f"ecommerce_cart/{lead}")
            diary = Diary(lead, START + timedelta(days=dice.whole(0, 120), hours=dice.between(8, 22)), dice)
            persona(diary)
            diaries.append(diary)
    write_jsonl(out / "events.jsonl", as_they_arrived(diaries, END))


if __name__ == "__main__":
    main("Write the events of Fernkettle.", make, Path(__file__).parent)
