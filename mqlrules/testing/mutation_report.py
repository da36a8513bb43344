"""Changes that no test noticed as plain text: each as the lines of the rule, before and after."""

from itertools import groupby

from mqlrules.testing.mutants import Mutant
from mqlrules.testing.mutation import Mutation
from mqlrules.testing.report import paint


def mutation_report(mutation: Mutation, *, colour: bool = False) -> str:
    """A paragraph for each rule, segment, score or event with unnoticed changes, and the sum last.

    Of a rule that can be left out unnoticed, its other changes are only counted. Several texts for one place (lengths
    of one window, a threshold by one more and one less) share a paragraph.
    """
    parts = []
    for _, group in groupby(mutation.unnoticed, key=lambda mutant: (mutant.source.name, mutant.owner)):
        of_owner = list(group)
        first = of_owner[0]
        lines = [f"{paint(first.owner, 'bold', colour)}  ({first.source.name}:{first.line})"]
        whole = next((mutant for mutant in of_owner if mutant.is_removal), None)
        if whole is not None:
            lines += [paint(f"  - {line}", "bad", colour) for line in whole.lines()[0]]
            if len(of_owner) > 1:
                lines.append(f"  No test needs this rule; {_changes(len(of_owner) - 1)} inside it went unnoticed, too.")
        else:
            for before, same_lines in groupby(of_owner, key=lambda mutant: mutant.lines()[0]):
                lines += [paint(f"  - {line}", "bad", colour) for line in before]
                for _, same in groupby(same_lines, key=lambda mutant: (mutant.span, bool(mutant.text))):
                    lines += _instead(list(same), colour)
        parts.append("\n".join(lines))
    if parts:
        parts.insert(0, "No test notices these changes of the rules, each + for itself:")
    return "\n\n".join([*parts, total(mutation)])


def total(mutation: Mutation) -> str:
    """The last lines: how many changes were tried and noticed, and how many were left out."""
    if not mutation.tried:
        return "Mutation: there is nothing in these rules to change."
    unnoticed = len(mutation.unnoticed)
    noticed = mutation.tried - unnoticed
    said = f"Mutation: of {_changes(mutation.tried)} of the rules the tests noticed {noticed:,}"
    said += "." if unnoticed == 0 else f", and {unnoticed:,} went unnoticed."
    if mutation.capped:
        said += (
            f"\nOnly {mutation.limit:,} of {mutation.possible:,} possible changes were looked at; "
            "--most NUMBER looks at more."
        )
    return said


def _instead(mutants: list[Mutant], colour: bool) -> list[str]:
    """The lines after a change; of several changes of one place those after the first are only named."""
    after = mutants[0].lines()[1] or ["(without this line)"]
    if len(mutants) > 1:
        others = ", ".join(mutant.text.strip() for mutant in mutants[1:])
        after[-1] += f"    (nor with {others})"
    return [paint(f"  + {line}", "good", colour) for line in after]


def _changes(number: int) -> str:
    return "1 change" if number == 1 else f"{number:,} changes"
