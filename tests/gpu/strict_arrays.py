"""Arrays that behave like CuPy's where these differ from NumPy's, without a card: none becomes a NumPy array unasked.

They refuse to be mixed with NumPy arrays, to be converted implicitly, and functions that do not dispatch; results of
reductions are arrays. A backend of such arrays and the kernels of the CPU must give the bits of the CPU backend.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from memsim.backends.backend import Backend, Kernels
from memsim.backends.cpu import CpuBackend

_SAME = ("shape", "dtype", "ndim", "size", "itemsize", "nbytes", "strides")
_METHODS = (
    *("all", "any", "argmax", "astype", "copy", "fill", "item", "max", "mean", "min", "ravel", "reshape"),
    *("squeeze", "std", "sum", "swapaxes", "transpose"),
)
# Of NumPy's functions those that CuPy 14 answers by dispatch with the same arguments, as far as memsim calls them.
DISPATCHED: set[str] = set()


def values(given: Any) -> Any:
    """The NumPy arrays inside, also within tuples and lists; bare NumPy arrays are refused."""
    if isinstance(given, StrictArray):
        return given._values
    if isinstance(given, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*map(values, given))
    if isinstance(given, tuple | list):
        return type(given)(map(values, given))
    return given


def strict(found: Any) -> Any:
    """Arrays and NumPy's scalars as strict arrays."""
    if isinstance(found, np.ndarray | np.generic):
        return StrictArray(np.asarray(found))
    if isinstance(found, tuple | list):
        return type(found)(map(strict, found))
    return found


class StrictArray(NDArrayOperatorsMixin):
    """An array of the card, as far as code can tell."""

    def __init__(self, held: np.ndarray) -> None:
        self._values = held

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def get(self, copy: bool = True) -> np.ndarray:
        return self._values.copy() if copy else self._values

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._values.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return self._values.__dlpack_device__()

    def __array_namespace__(self) -> Any:
        return MODULE

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        if out is None:
            return strict(ufunc(*values(inputs), **_inside(kwargs)))
        ufunc(*values(inputs), out=values(out), **_inside(kwargs))
        return out[0]

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        DISPATCHED.add(function.__name__)
        found = function(*values(args), **_inside(kwargs))
        return kwargs["out"] if kwargs.get("out") is not None else strict(found)

    def __getattr__(self, name: str) -> Any:
        if name in _SAME:
            return getattr(self._values, name)
        if name in _METHODS:
            method = getattr(self._values, name)
            return lambda *args, **kwargs: strict(method(*values(args), **_inside(kwargs)))
        raise AttributeError(f"an array of the card has no attribute '{name}' here")

    @property
    def T(self) -> StrictArray:
        return StrictArray(self._values.T)

    def __getitem__(self, place: Any) -> Any:
        return strict(self._values[values(place)])

    def __setitem__(self, place: Any, given: Any) -> None:
        self._values[values(place)] = values(given)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._values)

    def __float__(self) -> float:
        return float(self._values)

    def __int__(self) -> int:
        return int(self._values)

    def __index__(self) -> int:
        return self._values.__index__()


def _inside(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: values(given) for name, given in kwargs.items()}


class _Module:
    """What of CuPy's module is used: NumPy's functions on strict arrays, and `asnumpy`."""

    ndarray = StrictArray

    def asnumpy(self, array: StrictArray) -> np.ndarray:
        return array._values.copy() if isinstance(array, StrictArray) else np.asarray(array)

    def asarray(self, given: Any, dtype: Any = None) -> StrictArray:
        return StrictArray(np.array(given._values if isinstance(given, StrictArray) else given, dtype))

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        if not callable(function) or isinstance(function, type):
            return function
        return lambda *args, **kwargs: strict(function(*values(args), **_inside(kwargs)))


MODULE = _Module()


def _unwrapping(factory: Any) -> Any:
    def kernel_of(*spec: Any) -> Any:
        kernel = factory(*spec)
        return lambda *args: kernel(*values(args))

    return kernel_of


class StrictBackend(Backend):
    """Strict arrays, computed on the CPU."""

    name = "cuda"
    xp = MODULE
    kernels = Kernels(*map(_unwrapping, CpuBackend.kernels))._replace(
        counts=lambda state: CpuBackend.kernels.counts(state._values), patches=None
    )
    kept = CpuBackend().kept
    machine = "a card"
    free_memory = float("inf")
    libraries: ClassVar[dict[str, str]] = {}

    def asarray(self, given: Any, dtype: Any = None) -> Any:
        """As `CudaBackend` does."""
        return StrictArray(np.require(MODULE.asarray(given, dtype)._values, None, "C")) if np.ndim(given) else given

    def numpy(self, array: Any) -> np.ndarray:
        """As `CudaBackend` does."""
        return MODULE.asnumpy(array)

    def contiguous(self, array: Any) -> Any:
        """As `CudaBackend` does."""
        return StrictArray(np.require(array._values, None, ("C", "W")))

    def synchronize(self) -> None:
        """Nothing to wait for."""
