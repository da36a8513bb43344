"""The columnar engine: whole tables at once, for inputs of millions of events. It needs the extra ``columnar``."""

from mqlrules.events.faults import MissingExtra

try:
    import numba  # noqa: F401
    import pyarrow  # noqa: F401 - asked for here, so that every module may count on it
except ImportError:
    raise MissingExtra("the columnar engine needs numba and pyarrow: pip install 'mqlrules[columnar]'") from None

from mqlrules.engine.columnar.run import Run
from mqlrules.engine.columnar.single import run
from mqlrules.engine.columnar.values import TooLarge

__all__ = ["Run", "TooLarge", "run"]
