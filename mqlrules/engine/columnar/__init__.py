"""The columnar engine: whole tables at once, for inputs of millions of events. It needs the extra ``columnar``."""

from importlib.util import find_spec

from mqlrules.events.errors import MissingExtra

# numba is imported only where something must be compiled; the others are asked for here, for every module to count on.
if any(find_spec(name) is None for name in ("llvmlite", "numba", "numpy", "platformdirs", "pyarrow")):
    raise MissingExtra("the columnar engine needs numba and pyarrow", "columnar")

from mqlrules.engine.columnar.code_cache import codes, preload
from mqlrules.engine.columnar.one_lead import run
from mqlrules.engine.columnar.table_run import Run
from mqlrules.engine.columnar.values import TooLarge

__all__ = ["Run", "TooLarge", "codes", "preload", "run"]
