"""Compiling the loops of this engine to machine code, with numba, when each is first called on a machine.

numba's output is reduced to a plain C function in an object file, which ``code_cache`` keeps. Later processes load it
with llvmlite alone.
"""

import ctypes
import hashlib
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property
from importlib import import_module
from threading import RLock
from typing import Any, TypeVar

import llvmlite
import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.code_cache import Code, everything, keep, kept

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

Kind = tuple[str, int]
"""The type of an argument as numpy writes it, and its number of dimensions: 0 for a number."""

FOREVER = 2**62
"""Later than any instant."""

_FROM_ELSEWHERE = frozenset(("memcpy", "memmove", "memset"))
"""Functions that machine code may call. Any other might be missing in later processes."""


def kernel(function: Callable[..., R]) -> Callable[..., R]:
    """A loop over arrays. It takes arrays in C order, integers and booleans, and returns None, an int or a bool.

    It runs as machine code without holding Python's lock. It can't allocate arrays or raise exceptions.
    """
    loop = _Loop(function)
    _LOOPS[loop.name] = loop
    return loop


def inlined(function: F) -> F:
    """A function that kernels call, compiled into each of them."""
    _INLINED.add(function)
    return function


def is_compiled() -> bool:
    """Whether some loop was compiled before, in any process on this machine. Otherwise the first run takes longer."""
    found = ((name, _LOOPS.get(name.rpartition("-")[0])) for name, _ in everything())
    return any(loop is not None and kept(name, loop.origin) is not None for name, loop in found)


class _Loop:
    """A loop and its machine code for each combination of argument kinds that it was called with."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._entries: dict[tuple[Kind, ...], Callable[..., Any]] = {}

    def __call__(self, *given: Any) -> Any:
        kinds: list[Kind] = []
        numbers: list[int] = []
        for each in given:
            if isinstance(each, np.ndarray):
                if not each.flags.c_contiguous or not each.flags.aligned:
                    raise ValueError(f"{self.name} needs arrays that are contiguous and aligned")
                kinds.append((each.dtype.str, each.ndim))
                numbers.append(_address(each))
                numbers.extend(each.shape)
            else:
                kinds.append((each.dtype.str if isinstance(each, np.generic) else _KINDS[type(each)], 0))
                numbers.append(int(each))
        entry = self._entries.get(tuple(kinds)) or self._entry(tuple(kinds))
        return entry(*numbers)

    @cached_property
    def origin(self) -> bytes:
        """A digest of everything that its machine code depends on: the loop, the compiler and the processor."""
        about = hashlib.sha256(_compiler_and_processor())
        for part in _meaning(self._function):
            about.update(part.encode() + b"\n")
        return about.digest()

    def _entry(self, kinds: tuple[Kind, ...]) -> Callable[..., Any]:
        with _WORK:
            if kinds not in self._entries:
                # The kinds of all arguments may be too long for the name of a file.
                name = f"{self.name}-{hashlib.sha256(repr(kinds).encode()).hexdigest()[:16]}"
                code = kept(name, self.origin)
                address = self._compiled(kinds, name) if code is None else _loaded(code)
                result = _RESULTS[self._function.__annotations__["return"]][1]
                numbers = [ctypes.c_int64] * sum(1 + dimensions for _, dimensions in kinds)
                self._entries[kinds] = ctypes.CFUNCTYPE(result, *numbers)(address)
            return self._entries[kinds]

    def _compiled(self, kinds: tuple[Kind, ...], name: str) -> int:
        compiled = _compiled(self._function, kinds)
        try:
            code = _standing_alone(compiled, self._function.__name__)
        except AttributeError:
            # Another version of llvmlite has other methods: the code that numba holds serves this process alone.
            _SERVING.append(compiled)
            return int(compiled.address)
        keep(code, name, self.origin)
        return _loaded(code)


def _meaning(function: Callable[..., Any]) -> Iterator[str]:
    """The parts of a loop's source that decide what is compiled, those of functions compiled into it included."""
    code = function.__code__
    yield from (sys.version, code.co_code.hex(), repr(code.co_consts), repr(code.co_varnames), repr(code.co_names))
    yield repr(function.__annotations__.get("return"))
    for name in code.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, types.FunctionType) and value in _INLINED:
            yield from _meaning(value)
        elif isinstance(value, np.ndarray):
            yield value.dtype.str + value.tobytes().hex()
        elif not isinstance(value, types.ModuleType):
            yield repr(value)


@cache
def _compiler_and_processor() -> bytes:
    parts = (llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name())
    return "\n".join((*parts, llvm.get_host_cpu_features().flatten(), "")).encode()


_LOOPS: dict[str, _Loop] = {}
_INLINED: set[Any] = set()
_SERVING: list[Any] = []
"""Functions that numba holds in memory."""

_WORK = RLock()
"""Held while a loop is compiled or loaded."""

_KINDS = {int: np.dtype(np.int64).str, bool: np.dtype(np.bool_).str}
_RESULTS: dict[Any, tuple[str, Any]] = {
    None: ("void", None),
    int: ("int64", ctypes.c_int64),
    bool: ("boolean", ctypes.c_bool),
}

_NOTHING = ctypes.c_char * 0


def _address(array: npt.NDArray[Any]) -> int:
    try:
        return ctypes.addressof(_NOTHING.from_buffer(array))  # type: ignore[arg-type]
    except TypeError:  # a read-only array, whose address only numpy tells, and more slowly
        return int(array.ctypes.data)


# -- compiling -----------------------------------------------------------------------------------------------------


def _compiled(function: Callable[..., Any], kinds: Sequence[Kind]) -> Any:
    """A loop compiled by numba for arguments of these kinds, as a C function."""
    # Imported here, because most processes find every loop compiled.
    numba: Any = import_module("numba")

    pieces = {
        name: numba.njit(inline="always", error_model="numpy")(value)
        for name, value in function.__globals__.items()
        if isinstance(value, types.FunctionType) and value in _INLINED
    }
    loop = types.FunctionType(function.__code__, {**function.__globals__, **pieces}, function.__name__)
    jitted = numba.njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(loop)
    names: dict[str, Any] = {"loop": jitted, "carray": numba.carray}
    parameters: list[str] = []
    arguments: list[str] = []
    signature: list[str] = []
    for number, (dtype, dimensions) in enumerate(kinds):
        if not np.dtype(dtype).isnative:
            raise TypeError(f"{function.__name__} was given numbers in the byte order of another machine")
        names[f"type{number}"] = np.dtype(dtype).type
        sizes = [f"n{number}_{axis}" for axis in range(dimensions)]
        parameters += [f"a{number}", *sizes]
        signature += ["voidptr" if sizes else "int64", *("int64" for _ in sizes)]
        if sizes:
            arguments.append(f"carray(a{number}, ({', '.join(sizes)},), type{number})")
        else:
            arguments.append(f"a{number} != 0" if np.dtype(dtype) == np.bool_ else f"type{number}(a{number})")
    text = f"def entry({', '.join(parameters)}):\n    return loop({', '.join(arguments)})\n"
    exec(compile(text, f"<{function.__name__}>", "exec"), names)
    result = _RESULTS[function.__annotations__["return"]][0]
    return numba.cfunc(f"{result}({', '.join(signature)})", error_model="numpy")(names["entry"])


def _standing_alone(compiled: Any, name: str) -> Code:
    """The machine code of a C function that numba compiled, without the parts that need numba."""
    machine = _machine()
    text = compiled.inspect_llvm()
    # numba may give two loops one name, if two processes compile them. Here a name stands for one loop.
    symbol = f"mqlrules_{hashlib.sha256(text.encode()).hexdigest()}"
    module = llvm.parse_assembly(text)
    module.get_function(compiled.native_name).name = symbol
    _let_stand_alone(module, symbol, machine)
    for called in module.functions:
        if called.is_declaration and not called.name.startswith("llvm.") and called.name not in _FROM_ELSEWHERE:
            raise TypeError(f"{name} calls {called.name}: a loop can't allocate arrays or raise exceptions")
    return Code(symbol, machine.emit_object(module))


def _let_stand_alone(module: Any, symbol: str, machine: Any) -> None:
    """Leaves one exported function. Without callers, numba's code for errors is removed as dead."""
    for function in module.functions:
        if not function.is_declaration and function.name != symbol:
            function.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_ipsccp_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))


# -- loading -------------------------------------------------------------------------------------------------------

_LOADED: dict[str, int] = {}
"""Addresses of loops by symbol."""


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_triple(_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, codemodel="jitdefault", jit=True
    )


def _triple() -> str:
    # As numba does: objects of Windows' own format can't be loaded there.
    triple: str = llvm.get_process_triple()
    return f"{triple}-elf" if sys.platform == "win32" else triple


def _loaded(code: Code) -> int:
    """The address of a loop in memory."""
    if code.symbol not in _LOADED:
        engine = _engine()
        engine.add_object_file(llvm.ObjectFileRef.from_data(code.object))
        engine.finalize_object()
        _LOADED[code.symbol] = int(engine.get_function_address(code.symbol))
    return _LOADED[code.symbol]


@cache
def _engine() -> Any:
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
