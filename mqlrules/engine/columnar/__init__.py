"""The columnar engine: whole tables at once, for inputs of millions of events. It needs the extra ``columnar``."""

from importlib.util import find_spec

from mqlrules.events.errors import MissingExtra

# numba is imported only when a loop must be compiled. The others are checked here, so every module can rely on them.
if any(find_spec(name) is None for name in ("llvmlite", "numba", "numpy", "platformdirs", "pyarrow")):
    raise MissingExtra("the columnar engine needs numba and pyarrow", "columnar")

from mqlrules.engine.columnar.code_cache import codes, preload
from mqlrules.engine.columnar.table_run import Run
from mqlrules.engine.columnar.values import TooLarge

__all__ = ["Run", "TooLarge", "codes", "preload"]
