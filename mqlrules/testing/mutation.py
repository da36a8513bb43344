"""Which changes of the rules no test would notice (mutation testing): the tests are run against each mutant."""

from collections.abc import Sequence

import attrs

from mqlrules.check.program import Program
from mqlrules.plan.lower import lower
from mqlrules.plan.nodes import Plan
from mqlrules.run.progress import progress
from mqlrules.syntax.tree import Parsed
from mqlrules.testing.differences import compare, difference, recycles
from mqlrules.testing.mutants import Mutant, mutants
from mqlrules.testing.run import notices
from mqlrules.testing.scenarios import Scenario

LIMIT = 1_000
"""How many mutants are tried, unless another number is asked for."""

TOGETHER = 500
"""How many mutants are watched at a time."""


@attrs.frozen(eq=False)
class Mutation:
    """``tried`` changes made another rule set; ``unnoticed`` are those that no test noticed, in file order.

    ``possible`` is how many changes there were to choose from: more than were tried, if there was a limit.
    """

    tried: int
    unnoticed: tuple[Mutant, ...]
    possible: int
    limit: int

    @property
    def capped(self) -> bool:
        """Whether some changes were left out."""
        return self.possible > self.limit


def mutate(plan: Plan, files: Sequence[Parsed], tests: Sequence[Scenario], limit: int = LIMIT) -> Mutation:
    """Runs tests, which must all pass, against the mutants of a checked program of these files.

    Above ``limit`` every n-th mutant is tried, from the first on, so that all files have their share. A mutant is left
    out where the check finds it wrong, and where its plan is the same, thus its meaning, as that of the rules.
    """
    found = mutants(plan.program, files)
    chosen = found if len(found) <= limit else [found[at * len(found) // limit] for at in range(limit)]
    tried = 0
    unnoticed: list[Mutant] = []
    with progress("Changing the rules", len(chosen)) as tell:
        for begin in range(0, len(chosen), TOGETHER):
            changes = []
            for mutant in chosen[begin : begin + TOGETHER]:
                program = mutant.program()
                if program is not None:
                    told = difference(plan, program)
                    if not told.is_nothing:
                        changes.append((mutant, program, told))
            compared = compare(plan, [told for _, _, told in changes], tests)
            tried += len(changes)
            for done, (mutant, program, told) in enumerate(changes, start=begin + 1):
                differing = compared.differing[done - begin - 1]
                held = told.rules.union(*(compared.held[test.lead] for test in differing))
                if not differing or notices(lower(_with(program, held)), differing) is None:
                    unnoticed.append(mutant)
                if tell is not None:
                    tell(done)
    return Mutation(tried, tuple(unnoticed), len(found), limit)


def _with(program: Program, held: frozenset[str]) -> Program:
    """The program without the rules that move nobody: those that never held, and are not changed.

    Where leads are recycled, a rule may come to hold of what is left of another history: then all of them stay.
    """
    if recycles(program):
        return program
    return attrs.evolve(program, rules=tuple(rule for rule in program.rules if rule.name in held))
