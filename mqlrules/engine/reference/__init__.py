"""The reference engine: the definitions of the language, word for word, as code. Slow, and the judge of the others."""

from mqlrules.engine.reference.run import evidence, first_true, holds, known_traits, run, score

__all__ = ["evidence", "first_true", "holds", "known_traits", "run", "score"]
