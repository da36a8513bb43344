"""Which changes of the rules no test would notice (mutation testing): the tests are run against each mutant."""

from collections.abc import Sequence

import attrs

from mqlrules.plan.fingerprint import fingerprint
from mqlrules.plan.lower import lower
from mqlrules.plan.nodes import Plan
from mqlrules.progress import progress
from mqlrules.syntax.tree import Parsed
from mqlrules.testing.mutants import Mutant, mutants
from mqlrules.testing.run import notices
from mqlrules.testing.scenarios import Scenario

LIMIT = 1_000
"""How many mutants are tried, unless another number is asked for."""


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
    out where the check finds it wrong, and where it has the same fingerprint, thus the same meaning, as the rules.
    """
    found = mutants(plan.program, files)
    chosen = found if len(found) <= limit else [found[at * len(found) // limit] for at in range(limit)]
    same = fingerprint(plan)
    tried = 0
    unnoticed: list[Mutant] = []
    # The test that noticed the last change is likely to notice the next one, a few characters away.
    order = list(tests)
    with progress("Changing the rules", len(chosen)) as tell:
        for done, mutant in enumerate(chosen, start=1):
            changed = mutant.program()
            if changed is not None:
                other = lower(changed)
                by = notices(other, order)
                if by is not None:
                    tried += 1
                    order.remove(by)
                    order.insert(0, by)
                elif fingerprint(other) != same:
                    tried += 1
                    unnoticed.append(mutant)
            if tell is not None:
                tell(done)
    return Mutation(tried, tuple(unnoticed), len(found), limit)
