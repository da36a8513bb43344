"""How the loops of this engine become machine code: numba compiles each when it is first called on a machine, and what
it makes is kept. Later processes load that by llvmlite, without numba: importing it would take longer than most inputs.
"""

import ctypes
import hashlib
import sys
import types
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from threading import RLock
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.code_cache import Code, keep, kept

F = TypeVar("F", bound=Callable[..., Any])

Kind = tuple[str, int]
"""The type of an argument, as numpy writes it, and of how many dimensions it is: none, where it is a number."""

FOREVER = 2**62
"""Later than any instant: the end of what does not end."""

DUE = np.int32(-1)
"""In place of a row: an instant that no event marks. It comes before the events of its time."""

_FROM_ELSEWHERE = frozenset(("memcpy", "memmove", "memset"))
"""What machine code may call. Any other function would have to be there in later processes, too."""


def kernel(function: F) -> F:
    """A loop over arrays: arrays in C order, whole numbers and truth values in; None, an int or a bool out.

    It runs as machine code, free of Python's lock. It can't make arrays, and can't raise anything.
    """
    loop = _Loop(function)
    _LOOPS.append(loop)
    return loop  # type: ignore[return-value]


def inlined(function: F) -> F:
    """A small piece of several kernels, compiled into each of them."""
    _INLINED.add(function)
    return function


def is_compiled() -> bool:
    """Whether loops have been compiled on this machine before; else the first run takes some seconds longer."""
    return any(map(_Loop.is_compiled, _LOOPS))


class _Loop:
    """A loop, and its machine code for each kind of arguments that it was called with."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._entries: dict[tuple[Kind, ...], Callable[..., Any]] = {}

    def __call__(self, *given: Any) -> Any:
        kinds: list[Kind] = []
        numbers: list[int] = []
        for each in given:
            if isinstance(each, np.ndarray):
                if not each.flags.c_contiguous or not each.flags.aligned:
                    raise ValueError(f"an array that {self._name} was given is not in one piece")
                kinds.append((each.dtype.str, each.ndim))
                numbers.append(_address(each))
                numbers.extend(each.shape)
            else:
                kinds.append((each.dtype.str if isinstance(each, np.generic) else _KINDS[type(each)], 0))
                numbers.append(int(each))
        entry = self._entries.get(tuple(kinds)) or self._entry(tuple(kinds))
        return entry(*numbers)

    def is_compiled(self) -> bool:
        """Whether it has been called before, in this process or another."""
        return bool(self._entries) or kept(self._name) is not None

    def _entry(self, kinds: tuple[Kind, ...]) -> Callable[..., Any]:
        with _WORK:
            if kinds not in self._entries:
                code = kept(self._name, kinds)
                address = self._compiled(kinds) if code is None else _loaded(code)
                result = _RESULTS[self._function.__annotations__["return"]][1]
                numbers = [ctypes.c_int64] * sum(1 + dimensions for _, dimensions in kinds)
                self._entries[kinds] = ctypes.CFUNCTYPE(result, *numbers)(address)
            return self._entries[kinds]

    def _compiled(self, kinds: tuple[Kind, ...]) -> int:
        compiled = _compiled(self._function, kinds)
        try:
            code = _standing_alone(compiled, self._function.__name__)
        except AttributeError:
            # This llvmlite has other words for it: what is compiled serves this process, and is not kept.
            _SERVING.append(compiled)
            return int(compiled.address)
        keep(code, self._name, kinds)
        return _loaded(code)


_LOOPS: list[_Loop] = []
_INLINED: set[Any] = set()
_SERVING: list[Any] = []
"""What numba has compiled and holds in memory."""

_WORK = RLock()
"""Held while something is compiled or loaded."""

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
    except TypeError:  # one that nobody may write to: of it this tells only numpy, and takes longer
        return int(array.ctypes.data)


# -- compiling -----------------------------------------------------------------------------------------------------


def _compiled(function: Callable[..., Any], kinds: Sequence[Kind]) -> Any:
    """What numba makes of a loop for arguments of these kinds: a function of C."""
    # Here, because most processes find all that they need compiled.
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
            raise TypeError(f"{function.__name__} was given numbers whose bytes are the other way round")
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
    """The machine code of a function of C that numba has made, free of all that is numba's."""
    machine = _machine()
    text = compiled.inspect_llvm()
    # numba may call two loops by one name, if two processes compile them. What has one name here is one loop.
    symbol = f"mqlrules_{hashlib.sha256(text.encode()).hexdigest()}"
    module = llvm.parse_assembly(text)
    module.get_function(compiled.native_name).name = symbol
    _let_stand_alone(module, symbol, machine)
    for called in module.functions:
        if called.is_declaration and not called.name.startswith("llvm.") and called.name not in _FROM_ELSEWHERE:
            raise TypeError(f"{name} calls {called.name}: a loop makes no arrays and raises nothing")
    return Code(symbol, machine.emit_object(module))


def _let_stand_alone(module: Any, symbol: str, machine: Any) -> None:
    """Leaves one function that others may call: what numba adds for the case of an error falls away."""
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
"""The addresses of loops by their names."""


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_triple(_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, codemodel="jitdefault", jit=True
    )


def _triple() -> str:
    # As numba does: on Windows objects of its own format can't be loaded.
    triple: str = llvm.get_process_triple()
    return f"{triple}-elf" if sys.platform == "win32" else triple


def _loaded(code: Code) -> int:
    """The address at which a loop stands in memory."""
    if code.symbol not in _LOADED:
        engine = _engine()
        engine.add_object_file(llvm.ObjectFileRef.from_data(code.object))
        engine.finalize_object()
        _LOADED[code.symbol] = int(engine.get_function_address(code.symbol))
    return _LOADED[code.symbol]


@cache
def _engine() -> Any:
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
