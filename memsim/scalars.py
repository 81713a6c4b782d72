"""Scalar functions that Numba compiles when a loop first needs them.

A module that defines them imports without Numba, so that commands that compute nothing start at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Scalar:
    """A function of numbers, compiled at its first call from Python or from a loop.

    Numba takes the type of such an object from ``_numba_type_``: that of the compiled function.

    Attributes
    ----------
    py_func : callable
        The function in Python.
    targetoptions : dict
        Options of its compilation.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.py_func = function
        self.targetoptions = options
        functools.update_wrapper(self, function)

    @functools.cached_property
    def compiled(self) -> Any:
        """What Numba makes of the function."""
        import numba

        return numba.njit(**self.targetoptions)(self.py_func)

    @functools.cached_property
    def _on_device(self) -> Any:
        """The function for the compiler of CUDA, which makes the same of Numba's own compiled functions."""
        from numba.cuda.dispatcher import CUDADispatcher

        return CUDADispatcher(
            self.py_func, {"debug": False, "opt": True, **self.compiled.targetoptions, "device": True}
        )

    @property
    def _numba_type_(self) -> Any:
        from numba.core.target_extension import current_target

        return (self._on_device if current_target() == "cuda" else self.compiled)._numba_type_

    def __call__(self, *numbers: Any) -> Any:
        return self.compiled(*numbers)


def scalar(function: Callable[..., Any]) -> Scalar:
    """The function, to be compiled into the loops that call it; a division by 0 gives an infinite number or NaN."""
    return Scalar(function, {"forceinline": True, "error_model": "numpy"})


class _Instruction:
    """What `instruction` returns: Numba takes its type from ``_numba_type_``, that of the intrinsic."""

    def __init__(self, typing: Callable[..., Any]) -> None:
        self._defn = typing  # the name under which Numba's own intrinsics keep it
        self.__doc__ = typing.__doc__

    @functools.cached_property
    def _numba_type_(self) -> Any:
        from numba.core.typing.templates import builtin_registry
        from numba.extending import intrinsic

        made = intrinsic(self._defn)
        return next(kind for value, kind in builtin_registry.globals if value is made)


def instruction(typing: Callable[..., Any]) -> Any:
    """An instruction of the processor that Numba has no name for, as a function for compiled code alone.

    Parameters
    ----------
    typing : callable
        With Numba's typing context and the types of the arguments, the signature and the function that generates the
        code; see `numba.extending.intrinsic`.
    """
    return _Instruction(typing)
