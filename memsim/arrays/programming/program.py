"""Programming of states: checks of the request, and the choice of what carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.arrays import checks
from memsim.arrays.programming.algorithms import (
    ALGORITHMS,
    Algorithm,
    ErrorModel,
    GradientDescent,
    Pulses,
    Selective,
    WriteVerify,
    algorithm_of,
)
from memsim.arrays.programming.error_model import program_by_model
from memsim.arrays.programming.gradient_descent import descend
from memsim.arrays.programming.pulses import program_by_pulses
from memsim.arrays.programming.reprogram import Request
from memsim.arrays.programming.write_verify import write_and_verify
from memsim.arrays.state import ArrayState
from memsim.errors import InputError, shown
from memsim.learning import Encoding
from memsim.philox import COUNTER
from memsim.real_arrays import check_real


def program(
    array: ArrayState,
    states: Any = None,
    *,
    algorithm: str | Algorithm | None = None,
    cycles: int = 1,
    encoding: Encoding | str | None = None,
    error: float = 0.0,
    falls: bool = False,
    reference: float | None = None,
    sensitivities: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Program every cell of arrays to states (row, line) or (array, row, line), see `Crossbar.program`."""
    device, cells, plan, backend = array.device, array.cells, array.plan, array.site.backend
    chosen = _algorithm(algorithm, settings or {}, "pulses" if plan is None else "model")
    method = chosen.name
    if method != "model" and plan is not None:
        raise InputError(f"algorithm: device '{device.name}' has no update model for pulses; use 'model'")
    falls, cycles = checks.flag("falls", falls), checks.whole("cycles", cycles, 1)
    counts_cells = isinstance(chosen, WriteVerify | GradientDescent)
    unused = {
        "cycles": cycles != 1 and counts_cells,
        "encoding": encoding is not None and isinstance(chosen, WriteVerify),
        "falls": falls and counts_cells,
    }
    for name, stated in unused.items():
        if stated:
            raise InputError(f"{name}: algorithm '{method}' does not use it; 'pulses' does")
    if sensitivities is not None and not isinstance(chosen, Selective):
        raise InputError(f"sensitivities: algorithm '{method}' does not use them; 'selective' does")
    if isinstance(chosen, Pulses) and chosen.cycles != 1:
        if cycles != 1:
            raise InputError("cycles: this algorithm has its settings already")
        cycles = chosen.cycles
    if array.steps + cycles + 1 >= COUNTER:
        raise InputError(f"cycles: {cycles} more exceed the 2^32 steps that an array can address")
    error = checks.number("error", error, 0, checks.LARGEST_ERROR)
    rest = cells.reference
    if reference is not None:
        if rest is None:
            raise InputError(f"reference: {shown(reference)} is not possible; this array has no reference column")
        reference = checks.number("reference", reference, 0, 1)
    if states is None:
        states = array.axes.cells(array.states((cells if plan is None else plan).lines))
    shape = array.axes.cells_shape((*array.shape[:2], array.lines))
    states_of_cells = array.axes.inner_cells(checks.targets(states, shape, array.dtype))
    targets = backend.asarray(states_of_cells)
    delivered = None
    if isinstance(chosen, Pulses):
        delivered = _encoding(array, encoding)
    elif isinstance(chosen, GradientDescent):
        default = encoding or device.spec.encoding
        delivered = default if isinstance(default, Encoding) else Encoding(default)
    named = method if isinstance(chosen, Pulses) else chosen
    request = Request(states_of_cells.copy(), named, cycles, delivered, error, falls, reference, sensitivities)
    array.programming = None  # until the algorithm says what it took
    with array.during("programming"):
        if isinstance(chosen, GradientDescent) and rest is not None and reference is not None:
            rest.bring(reference, array.steps)  # outputs are compared with their targets, so it comes first
        if isinstance(chosen, WriteVerify):
            sensitive = _sensitivities(array, sensitivities) if isinstance(chosen, Selective) else None
            cycles = write_and_verify(array, targets, chosen, sensitive)
        elif isinstance(chosen, GradientDescent):
            assert delivered is not None
            cycles = descend(array, targets, chosen, delivered)
        elif isinstance(chosen, Pulses):
            how: dict[str, Any] = {"cycles": cycles, "encoding": delivered, "first_step": array.steps, "falls": falls}
            array.pulses += program_by_pulses(cells.lines, array.site, array.limits, targets, **how)
        else:
            cycles = 1
            if array.counter is not None:
                array.counter.written_by_model(cells.lines.state.shape[0] * array.shape[1] * array.lines)
            written = program_by_model(cells, np.clip(targets, *array.limits), array.steps, reference or 0.0)
            if plan is not None:
                plan.lines.place(written, array.steps)
                array.programmed = True
        if isinstance(chosen, Pulses | WriteVerify) and rest is not None and reference is not None:
            rest.bring(reference, array.steps)
    array.steps += cycles
    if error > 0:  # a step of its own, so that its write noise is not that of the last pulses
        cells.lines.disturb(error, array.steps)
        array.steps += 1
    cells.lines.wear_out()
    array.request = request


def reprogram(array: ArrayState) -> None:
    """Program arrays as they were last, see `Crossbar.reprogram`.

    Raises
    ------
    InputError
        If nothing has been programmed, or the cells have been trained or refreshed since.
    """
    request = array.request
    if request is None:
        raise InputError(
            "reprogram: no states to come back to: nothing has been programmed, or training or refresh has changed the "
            "cells since; program() states them"
        )
    targets, how = array.axes.cells(request.targets), request._asdict()
    del how["targets"]
    program(array, targets, **how)


def _encoding(array: ArrayState, encoding: Encoding | str | None) -> Encoding:
    """How pulses deliver changes, see `Crossbar.program`."""
    if isinstance(encoding, Encoding):
        return encoding
    default = array.device.spec.encoding
    return Encoding.rounded(encoding or ("counted" if default == "stochastic" else default))


def _algorithm(algorithm: str | Algorithm | None, settings: Mapping[str, Any], default: str) -> Algorithm:
    """The algorithm, made from its name and settings where it has a name."""
    if isinstance(algorithm, Algorithm):
        if settings:
            raise InputError(f"{next(iter(settings))}: this algorithm has its settings already")
        return algorithm
    name = checks.choice("algorithm", default if algorithm is None else algorithm, ALGORITHMS)
    if settings and issubclass(ALGORITHMS[name], Pulses | ErrorModel):
        raise InputError(f"{next(iter(settings))}: '{name}' has no such setting; other algorithms have")
    return algorithm_of(name, **settings)


def _sensitivities(array: ArrayState, values: Any) -> np.ndarray:
    """Second derivatives of the loss by the weight of each cell, (array, row, line).

    Raises
    ------
    InputError
        If there are none, or their shape or a value is not allowed.
    """
    if values is None:
        raise InputError(
            "sensitivities: algorithm 'selective' needs the second derivatives of the loss by the weights, (row, col)"
        )
    check_real("sensitivities", values)
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        raise InputError(f"sensitivities: {type(values).__name__} is not an array of numbers") from None
    if not np.isfinite(numbers).all() or (numbers < 0).any():
        raise InputError("sensitivities: contains NaN, infinity or numbers below 0; allowed: finite ones of at least 0")
    arrays, rows, cols = array.shape
    several = 1 if numbers.ndim == 0 else array.lines // max(1, numbers.shape[-1])
    if numbers.ndim >= 2 and several * numbers.shape[-1] == array.lines and numbers.shape[-1] in (cols, array.lines):
        numbers = np.concatenate([numbers] * several, axis=-1)  # both lines of a pair have the weight's number
    shape = array.axes.cells_shape((arrays, rows, array.lines))
    try:
        return np.array(array.axes.inner_cells(np.broadcast_to(numbers, shape)))
    except ValueError:
        raise InputError(
            f"sensitivities: shape {np.shape(values)} does not fit; allowed: (row, col) = {(rows, cols)}"
        ) from None
