"""What an array knows besides its settings and its seed: states of cells, their history, pulses, counters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.state import ArrayState

_PULSES, _COUNTERS = "pulses", "counters"
_AT_LEAST_ZERO = {"added_cycles", "set_pulses", "reset_pulses", "clock", "programming_time", "programming_age", "moves"}
"""Arrays of a bank that count something or hold times."""
_BEYOND = 1e3
"""How far time and errors of programming may lead a state out of its window, in widths of the window. Assumed."""
_ROUNDING = 1e-5
"""Distance from the window of a cell that rounding may cause."""


def banks_of(array: ArrayState) -> Iterator[tuple[str, Bank]]:
    """The banks of arrays, and the prefix of each one's names."""
    for prefix, banks in (("", array.cells), ("plan_", array.plan)):
        if banks is not None:
            yield prefix, banks.lines
            if banks.reference is not None:
                yield f"reference_{prefix}", banks.reference


def memory_of(bank: Bank) -> dict[str, np.ndarray]:
    """Arrays of a bank by name, of NumPy; those with one axis are of the whole bank, the others of its cells."""
    numpy = bank.site.backend.numpy
    return {name: values if isinstance(values, np.ndarray) else numpy(values) for name, values in bank.memory.items()}


def restore(bank: Bank, memory: Mapping[str, np.ndarray], prefix: str = "") -> None:
    """Let a bank go on from what `memory_of` gave.

    Parameters
    ----------
    bank : Bank
        Fresh, with the same settings.
    memory : mapping of str to ndarray
        Arrays by name; more of them do no harm.
    prefix : str
        What the names begin with.

    Raises
    ------
    KeyError
        If an array is missing.
    ValueError
        If one has another shape, another kind of numbers, or values that no such bank has: infinite ones and those that
        are not numbers, where the device has none, negative counts, and states out of reach, see `Bank.reach`.
    """
    own, machine = bank.memory, bank.site.backend
    stored = {name: np.array(memory[prefix + name]) for name in own}
    for name, values in stored.items():
        if values.shape != own[name].shape or values.dtype.kind != own[name].dtype.kind:
            raise ValueError(f"'{prefix + name}' is {values.dtype} {values.shape}")
        if values.dtype.kind == "f" and not np.isfinite(values).all() and not bank.spec.conductance.nominal:
            raise ValueError(f"'{prefix + name}' has values that are not finite numbers")
        if name in _AT_LEAST_ZERO and (values < 0).any():
            raise ValueError(f"'{prefix + name}' has negative numbers")
    for clock, name in enumerate(("programming_time", "programming_age")):
        if name in stored and (stored[name] > stored["clock"][clock]).any():
            raise ValueError(f"'{prefix + name}' has times later than its clock")
    bank.restore({name: machine.asarray(values, own[name].dtype) for name, values in stored.items()})
    _check_reach(bank, prefix)


def _check_reach(bank: Bank, prefix: str) -> None:
    """Refuse states that the cells of a bank cannot have."""
    numpy = bank.site.backend.numpy
    low, high = map(numpy, bank.reach(_BEYOND))
    if prefix.endswith("plan_"):  # which takes over what an error of programming made of the cells
        low, high = low - _BEYOND, high + _BEYOND
    states = numpy(bank.state)[:, :, : bank.rows]
    wrong = (states < low - _ROUNDING) | (states > high + _ROUNDING)
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise ValueError(
            f"'{prefix}state' is {states[place]:g} of the cell at (array, line, row) = {place}; allowed there: "
            f"{low[place]:g} to {high[place]:g}"
        )


def stack_memory(array: ArrayState) -> dict[str, np.ndarray]:
    """All that settings and seed do not tell of what reads see, by name, with the axis array first.

    Float, unsigned and signed numbers. A plan that has been programmed is left out.
    """
    memory: dict[str, np.ndarray] = {}
    for prefix, bank in banks_of(array):
        if _needed(array, prefix):
            memory |= {prefix + name: _by_array(array, values) for name, values in memory_of(bank).items()}
    memory[_PULSES] = array.site.backend.numpy(array.pulses).copy()
    counters = np.array([array.steps, array.reads, array.programmed], np.int64)
    return memory | {_COUNTERS: _by_array(array, counters)}


def restore_stack(array: ArrayState, memory: Mapping[str, np.ndarray]) -> None:
    """Let a fresh stack go on from what `stack_memory` gave; see `restore`. Numbers may come in any exact precision."""
    steps, reads, programmed = (int(value) for value in _of_stack(_COUNTERS, memory[_COUNTERS], 3))
    if min(steps, reads) < 0 or programmed not in (0, 1):
        raise ValueError(f"'{_COUNTERS}' is out of range")
    array.programmed = bool(programmed)
    for prefix, bank in banks_of(array):
        if _needed(array, prefix):
            own = {prefix + name: values for name, values in bank.memory.items()}
            restore(bank, {name: _like(name, memory[name], values) for name, values in own.items()}, prefix)
    pulses = _exact(_PULSES, memory[_PULSES], np.dtype(np.int64))
    if pulses.shape != array.pulses.shape or (pulses < 0).any():
        raise ValueError(f"'{_PULSES}' is out of range")
    array.pulses = array.site.backend.asarray(pulses, np.int64)
    array.steps, array.reads = steps, reads


def _needed(array: ArrayState, prefix: str) -> bool:
    """Whether a bank is needed: the plan only until it is programmed."""
    return not (array.programmed and prefix.endswith("plan_"))


def _by_array(array: ArrayState, values: np.ndarray) -> np.ndarray:
    """A copy with the axis array first."""
    arrays = array.shape[0]
    return np.broadcast_to(values, (arrays, *values.shape)).copy() if values.ndim == 1 else values.copy()


def _like(name: str, values: np.ndarray, own: Any) -> np.ndarray:
    """Values without an axis that `_by_array` added, in the precision of a bank's own."""
    whole = _of_stack(name, values, own.shape[0]) if own.ndim == 1 else values
    return _exact(name, whole, own.dtype)


def _of_stack(name: str, values: np.ndarray, count: int) -> np.ndarray:
    """The numbers that all arrays share."""
    if values.ndim != 2 or values.shape[1] != count or not len(values) or (values != values[0]).any():
        raise ValueError(f"'{name}' is {values.dtype} {values.shape}")
    return values[0]


def _exact(name: str, values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Values in a precision that holds them."""
    with np.errstate(invalid="ignore", over="ignore"):
        converted = values.astype(dtype)
    if not np.array_equal(converted.astype(values.dtype), values, equal_nan=values.dtype.kind == "f"):
        raise ValueError(f"'{name}' has numbers that are no {dtype}")
    return converted
