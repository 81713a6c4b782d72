"""Step functions of one's own, registered from a script and used in a profile by name.

A profile names the function and gives its parameters; nothing that a profile contains is ever executed.
"""

from __future__ import annotations

import inspect
import math
import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from memsim.cells.model import CellModel, Surroundings
from memsim.errors import InputError, nearest
from memsim.scalars import scalar

_COMMON = ("low", "high", "c2c")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MAX_PARAMETERS = 16
_REGISTERED: dict[str, CellModel] = {}


def register_step(
    name: str,
    function: Callable[..., float],
    parameters: Sequence[str] = (),
    *,
    equation: str = "",
    source: str = "",
    values: Mapping[str, float] | None = None,
) -> CellModel:
    """Make a step function known as `name`, for profiles with ``update: {model: custom, function: name}``.

    Parameters
    ----------
    name : str
        Letters, digits, '-', '_' and '.', at most 64. A name that is known already gets the new function; arrays that
        exist keep theirs.
    function : callable
        ``function(state, direction, p)`` -> change of the normalised state by one pulse of a direction, 1 for set and
        -1 for reset; 0 for direction 0. A scalar function that Numba can compile (plain Python is compiled here), with
        the parameters as attributes of `p`, beside ``p.low`` and ``p.high``, the cell's own window. It works in float32
        where it keeps to the type of `state`: ``type(state)(0.5)`` in place of ``0.5``.
    parameters : sequence of str
        Names of its parameters: lower-case letters, digits and '_'. Any of them may spread over cells.
    equation, source : str
        For people.
    values : mapping, optional
        Parameters for which the function is tried; 0.5 each if not given.

    Raises
    ------
    InputError
        A name is not allowed, or the function does not compile, or gives something else than a finite number.

    Examples
    --------
    >>> def step(state, direction, p):
    ...     return p.a * (1 - state) if direction > 0 else p.a * state * direction
    >>> ms.register_step("my-step", step, parameters=("a",))
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"register_step: name {name!r} is not allowed; allowed: letters, digits, '-', '_', '.', up to 64"
        )
    names = _checked_parameters(name, parameters)
    make: Any = namedtuple
    fields = make("Custom", (*_COMMON, *names))
    compiled = _compiled(name, function)
    tried = {**dict.fromkeys(names, 0.5), **(values or {})}
    if unknown := set(tried) - set(names):
        raise InputError(f"register_step: '{name}' has no parameter '{min(unknown)}'{nearest(min(unknown), names)}")
    _try(name, compiled, fields(0.0, 1.0, 0.0, *(float(tried[key]) for key in names)))

    @scalar
    def step(state, direction, p):
        return type(state)(compiled(state, direction, p))

    def prepare(given: Mapping[str, Any], _: Surroundings) -> dict[str, Any]:
        found = {key.removeprefix("parameters."): v for key, v in given.items() if key.startswith("parameters.")}
        for key in names:
            if key not in found:
                raise InputError(f"step function '{name}': missing parameter '{key}' in update.parameters")
        for key in found:
            if key not in names:
                raise InputError(f"step function '{name}': unknown parameter '{key}'{nearest(key, names)}")
        return found

    model = CellModel("custom", fields, prepare, equation, source, step=step)
    _REGISTERED[name] = model
    return model


def registered_step(name: str) -> CellModel:
    """The model of a registered step function.

    Raises
    ------
    InputError
        None is registered under this name.
    """
    if name not in _REGISTERED:
        known = nearest(name, _REGISTERED) if _REGISTERED else "; none is registered"
        raise InputError(
            f"step function '{name}' is not registered{known}; in a script, call "
            f"memsim.register_step('{name}', function, parameters=(...)) before the profile is used"
        )
    return _REGISTERED[name]


def _checked_parameters(name: str, parameters: Sequence[str]) -> tuple[str, ...]:
    names = (parameters,) if isinstance(parameters, str) else tuple(parameters)
    for key in names:
        if not isinstance(key, str) or not _PARAMETER.fullmatch(key) or key in _COMMON:
            raise InputError(
                f"register_step: '{name}' cannot have a parameter {key!r}; allowed: lower-case letters, digits and "
                f"'_', at most 32, but not {', '.join(_COMMON)}"
            )
    if len(set(names)) < len(names) or len(names) > _MAX_PARAMETERS:
        raise InputError(f"register_step: '{name}' needs at most {_MAX_PARAMETERS} different parameters")
    return names


def _compiled(name: str, function: Any) -> Any:
    if hasattr(function, "py_func"):
        return function
    if not inspect.isfunction(function):
        raise InputError(
            f"register_step: '{name}' needs a function (state, direction, p), not {type(function).__name__}"
        )
    return scalar(function)


def _try(name: str, step: Any, p: Any) -> None:
    """Call the function as kernels do, in both precisions."""
    for real in (np.float64, np.float32):
        q = type(p)(*map(real, p))
        for state in (0.0, 0.25, 0.5, 1.0):
            for direction in (1.0, -1.0, 0.0):
                try:
                    change = step(real(state), real(direction), q)
                except Exception as error:
                    reason = str(error).strip().splitlines() or [type(error).__name__]
                    raise InputError(
                        f"register_step: '{name}' fails or does not compile: {' '.join(reason)[:300]}"
                    ) from None
                at = f"at state {state:g} and direction {direction:g}"
                if isinstance(change, bool) or not isinstance(change, float | int | np.number):
                    raise InputError(f"register_step: '{name}' gives {change!r} {at}; a number is wanted")
                if not math.isfinite(change):
                    raise InputError(f"register_step: '{name}' gives {change} {at}; a finite number is wanted")
                if direction == 0 and change != 0:
                    raise InputError(f"register_step: '{name}' gives {change:g} {at}; no pulse must change nothing")
