"""The one layout, word for word."""

from inspect import cleandoc

import pytest

from tests.format.laws import abides, read

PAGE = """
lifecycle anonymous > MCL > MEL > MQL > SQL > SRL > customer, disqualified
timezone "Europe/Berlin"

schema page_viewed (path: text, duration: number)
schema lead (employees: number, industry: text, domain: text)

event visited pricing  = page_viewed where (path matches "/pricing*" and duration >= 10s)
event attended webinar = "Webinar Attended"
event decision content = downloaded pricing guide or downloaded product sheet
list target_accounts from "lists/target_accounts.csv" column domain

segment ideal_customer "Who we sell to" =
    lead.employees >= 200 and lead.industry in ("software", "fintech")

score engagement "How warm the lead is"
    +10 per visited pricing up to 30
    +25 for attended webinar within 90d
    +5  per opened email up to 15 halve every 30d
    +15 if ideal_customer
    -50 for unsubscribed
    between 0 and 100

visited pricing >= 2 and attended webinar within 30d => MQL

rule fast_track "Target account asks for a demo":
    requested demo and lead.domain in target_accounts => SQL

rule nurture: visited pricing then attended webinar then downloaded guide within 14d => MQL
rule cart:    added cart then no checked out for 2d => MQL
rule scored:  ideal_customer and engagement >= 50 => MQL
rule recycle: when MQL for 30d, no requested demo within 30d => recycle to MEL

test "two pricing visits and a webinar make an MQL"
    lead (employees: 250, industry: "software")
    day 0        page_viewed (path: "/pricing", duration: 40s)
    day 3 10:30  page_viewed (path: "/pricing/team", duration: 40s)
    day 10       attended webinar
    expect MQL on day 10
    expect no SQL
"""


def laid_out(text: str) -> str:
    parsed = read(text)
    assert () == parsed.diagnostics
    return abides(parsed)


def becomes(before: str, after: str) -> None:
    assert cleandoc(after) + "\n" == laid_out(cleandoc(before) + "\n")


def stays(text: str) -> None:
    becomes(text, text)


def test_a_page_of_the_language_is_in_the_one_layout() -> None:
    stays(PAGE)


def test_blanks_follow_from_what_they_stand_between() -> None:
    becomes(
        """
        rule a :sum ( amount of(a or b where(x . y="1" and z in(1,2)) ) )>=5 within  7d=>MQL
        schema sum(x:text)
        """,
        """
        rule a: sum(amount of (a or b where (x.y = "1" and z in (1, 2)))) >= 5 within 7d => MQL
        schema sum (x: text)
        """,
    )


def test_words_of_the_language_may_be_names() -> None:
    stays(
        """
        rule then: lead.and = 1 and page where (or = 2 or then is known) => MQL
        """
    )


@pytest.mark.parametrize(
    ("written", "spelled"),
    [("720h", "30d"), ("1.5h", "90m"), ("90s", "90s"), ("6w", "6w"), ("0.5w", "84h"), ("42d", "42d"), ("0010d", "10d")],
)
def test_durations_are_whole_numbers_of_the_largest_unit(written: str, spelled: str) -> None:
    becomes(f"a within {written} => MQL", f"a within {spelled} => MQL")


def test_strings_keep_what_they_say() -> None:
    assert '"a\\t\\"b\\\\" => MQL\n' == laid_out('"a\t\\"b\\\\" => MQL')


def test_lines_are_broken_at_the_loosest_connectives_first() -> None:
    becomes(
        """
        rule long: (attended webinar or downloaded guide) and visited pricing >= 2 or requested demo and lead.employees >= 500 and lead.industry in ("software", "fintech") and no unsubscribed within 90d => MQL
        """,  # noqa: E501
        """
        rule long:
            (attended webinar or downloaded guide) and visited pricing >= 2
            or requested demo
                and lead.employees >= 500
                and lead.industry in ("software", "fintech")
                and no unsubscribed within 90d
            => MQL
        """,
    )


def test_a_sequence_is_broken_at_each_then_and_before_what_narrows_it() -> None:
    becomes(
        """
        when MEL for 7d, viewed product then within 3d added to cart where (amount >= 100) then no checked out for 2d within 30d with same sku => MQL
        """,  # noqa: E501
        """
        when MEL for 7d,
            viewed product
            then within 3d added to cart where (amount >= 100)
            then no checked out for 2d
            within 30d
            with same sku
            => MQL
        """,
    )


def test_what_narrows_a_sequence_in_parentheses_stays_behind_them() -> None:
    stays(
        """
        segment looked_and_bought =
            (
                viewed product where (category = "tea" or category = "pots")
                then added to cart where (amount >= 20)
                then within 3d purchased
            ) within 30d with same sku
        """
    )


def test_parentheses_are_opened_where_they_must_be() -> None:
    becomes(
        """
        segment s = (visited pricing or visited plans) >= 2 since (signed up or became lead) and (visited pricing where (path starts with "/pricing" and duration >= 30s) or requested demo where (employees >= 500)) within 30d
        """,  # noqa: E501
        """
        segment s =
            (visited pricing or visited plans) >= 2 since (signed up or became lead)
            and (
                visited pricing where (path starts with "/pricing" and duration >= 30s)
                or requested demo where (employees >= 500)
            ) within 30d
        """,
    )


def test_short_parentheses_stay_where_opening_later_ones_is_enough() -> None:
    becomes(
        """
        segment s = no (visited pricing or visited plans) since (signed up where (source = "newsletter") or became lead)
        """,
        """
        segment s =
            no (visited pricing or visited plans) since (
                signed up where (source = "newsletter") or became lead
            )
        """,
    )


def test_as_many_values_stand_on_a_line_as_fit() -> None:
    becomes(
        """
        segment s = lead.country in ("Austria", "Belgium", "Denmark", "Finland", "France", "Germany", "Italy", "Luxembourg", "Portugal")
        """,  # noqa: E501
        """
        segment s =
            lead.country in (
                "Austria", "Belgium", "Denmark", "Finland", "France", "Germany", "Italy", "Luxembourg",
                "Portugal"
            )
        """,
    )


def test_a_long_schema_has_a_line_for_each_property() -> None:
    becomes(
        """
        schema lead (employees: number, industry: text, domain: text, country: text, "Lead Source": text, score: number)
        """,
        """
        schema lead (
            employees: number,
            industry: text,
            domain: text,
            country: text,
            "Lead Source": text,
            score: number
        )
        """,
    )


def test_a_long_lifecycle_is_broken_before_what_stands_outside() -> None:
    stays(
        """
        lifecycle contact > invited > registered > attended > conversation > opportunity > first order,
            partner, not_interested
        """
    )
    stages = [f"the stage {letter * 2}" for letter in "abcdefghij"]
    becomes(
        f"lifecycle {' > '.join(stages)}, out, lost",
        f"""
        lifecycle {" > ".join(stages[:6])}
            > {" > ".join(stages[6:])},
            out, lost
        """,
    )


def test_columns_end_at_blank_lines_comments_and_other_shapes() -> None:
    stays(
        """
        event a     = x
        event bbbbb = y

        event cc = z
        # Apart.
        event d = z
        list e   from "e.csv"
        list fff from "f.csv" column from
        segment g   = a
        segment hhh = cc
        segment i   "One"    = a
        segment jjj "Two ·1" = cc
        rule k:   a => MQL
        rule lll: cc => MQL
        rule m   "One":    a => MQL
        rule nnn "Two ·1": cc => MQL
        a => MQL
        bbbbb => MQL
        """
    )


def test_columns_may_make_lines_longer_but_not_without_end() -> None:
    long = " and ".join(["visited pricing"] * 4 + ["asked"]) + " => MQL"
    assert 100 == len(f"rule a: {long}")
    wide, wider = "b" * 21, "b" * 22
    stays(f"rule a:{' ' * 21}{long}\nrule {wide}: c => MQL")
    stays(f"rule a: {long}\nrule {wider}: c => MQL")


def test_comments_stay_where_a_line_can_end() -> None:
    stays(
        """
        # About the file.

        # About the rule.
        rule warm:  # hot, really
            visited pricing >= 2  # twice
            # They listened to us for an hour.
            and (
                # Either will do.
                attended webinar
                # Hardly.
                or downloaded guide  # the long one
                # No more.
            ) within 30d  # a month
            => MQL        # and done
            # Not a day more.
        # About nothing.

        # The end.
        """
    )


def test_comments_elsewhere_move_up() -> None:
    becomes(
        """
        rule # one
            warm: visited # two
            pricing >= 2 and attended # three
            # four
            webinar => # five
            MQL # six
        """,
        """
        # one
        rule warm:
            # two
            visited pricing >= 2
            # three
            # four
            and attended webinar
            # five
            => MQL  # six
        """,
    )


def test_comments_inside_an_item_go_above_it() -> None:
    becomes(
        """
        score s # heading
        # first
          +1 per page where (x = 1 # inside
            or y = 2) # behind

          # second
          +10 per b
          # last
        """,
        """
        score s  # heading
            # first
            # inside
            +1  per page where (x = 1 or y = 2)  # behind

            # second
            +10 per b
            # last
        """,
    )


def test_items_are_broken_in_parentheses_alone() -> None:
    becomes(
        """
        score s
            +10 per page viewed where (path starts with "/pricing" or path starts with "/plans" or path = "/") up to 30 halve every 30d
            +5 if visited pricing and attended webinar and downloaded guide and requested demo and not unsubscribed within 30d
            +5 if (visited pricing or attended webinar or downloaded guide or requested demo or between jobs) within 300d
        """,  # noqa: E501
        """
        score s
            +10 per page viewed where (
                path starts with "/pricing" or path starts with "/plans" or path = "/"
            ) up to 30 halve every 30d
            +5  if visited pricing and attended webinar and downloaded guide and requested demo and not unsubscribed within 30d
            +5  if (visited pricing or attended webinar or downloaded guide or requested demo or between jobs) within 300d
        """,  # noqa: E501
    )


def test_comments_behind_lines_below_one_another_stand_below_one_another() -> None:
    becomes(
        """
        score s
            +10 per a # one
            +5 per bbbbbb # two
            +1 per c
            +1 per dd    # three
        """,
        """
        score s
            +10 per a       # one
            +5  per bbbbbb  # two
            +1  per c
            +1  per dd  # three
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("\n \n\n", ""),
        ("#only a comment ", "#only a comment\n"),
        ("\n\na => MQL\n\n\n\nb => MQL\n\n", "a => MQL\n\nb => MQL\n"),
        ("a => MQL\r\n# c\r\nb => MQL", "a => MQL\n# c\nb => MQL\n"),
        ("\ufeff# c\na => MQL", "# c\na => MQL\n"),
    ],
)
def test_ends_of_lines_and_of_files(before: str, after: str) -> None:
    assert after == laid_out(before)
