"""Programming of states: checks of the request, and the choice between pulses and the error model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.arrays import checks
from memsim.arrays.programming.algorithms import ALGORITHMS, WriteVerify, algorithm_of
from memsim.arrays.programming.error_model import program_by_model
from memsim.arrays.programming.pulses import program_by_pulses
from memsim.arrays.programming.reprogram import Request
from memsim.arrays.programming.write_verify import write_and_verify
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.learning import Encoding
from memsim.philox import COUNTER

METHODS = ("pulses", "model", *ALGORITHMS)
"""What may program: rounds of pulses, the device's error model, or an algorithm of write and verify."""


def program(
    array: ArrayState,
    states: Any = None,
    *,
    algorithm: str | WriteVerify | None = None,
    cycles: int = 1,
    encoding: Encoding | str | None = None,
    error: float = 0.0,
    falls: bool = False,
    reference: float | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Program every cell of arrays to states (row, line) or (array, row, line), see `Crossbar.program`."""
    device, cells, plan, backend = array.device, array.cells, array.plan, array.site.backend
    method, verified = _method(algorithm, settings or {}, "pulses" if plan is None else "model")
    if method != "model" and plan is not None:
        raise InputError(f"algorithm: device '{device.name}' has no update model for pulses; use 'model'")
    unused = {"cycles": cycles != 1, "encoding": encoding is not None, "falls": falls}
    for name, stated in unused.items():
        if verified is not None and stated:
            raise InputError(f"{name}: algorithm '{method}' does not use it; 'pulses' does")
    cycles = checks.whole("cycles", cycles, 1)
    if array.steps + cycles + 1 >= COUNTER:
        raise InputError(f"cycles: {cycles} more exceed the 2^32 steps that an array can address")
    if not (math.isfinite(error) and error >= 0):
        raise InputError(f"error: {error!r} is not a finite number of at least 0")
    rest = cells.reference
    if reference is not None and (rest is None or not (math.isfinite(reference) and 0 <= reference <= 1)):
        what = "this array has no reference column" if rest is None else "allowed: 0 to 1"
        raise InputError(f"reference: {reference!r} is not possible; {what}")
    if states is None:
        states = array.axes.cells(array.states((cells if plan is None else plan).lines))
    shape = array.axes.cells_shape((*array.shape[:2], array.lines))
    wished = array.axes.inner_cells(checks.targets(states, shape, array.dtype))
    targets = backend.asarray(wished)
    delivered = _encoding(array, encoding) if method == "pulses" else None
    request = Request(wished.copy(), verified or method, cycles, delivered, error, falls, reference)
    if verified is not None:
        cycles = write_and_verify(array, targets, verified)
    elif method == "pulses":
        how: dict[str, Any] = {"cycles": cycles, "encoding": delivered, "first_step": array.steps, "falls": falls}
        array.pulses += program_by_pulses(cells.lines, array.site, array.limits, targets, **how)
    else:
        cycles = 1
        written = program_by_model(cells, np.clip(targets, *array.limits), array.steps, reference or 0.0)
        if plan is not None:
            plan.lines.place(written, array.steps)
            array.programmed = True
    if method != "model" and rest is not None and reference is not None:
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
    own = array.device.spec.encoding
    return Encoding.rounded(encoding or ("counted" if own == "stochastic" else own))


def _method(
    algorithm: str | WriteVerify | None, settings: Mapping[str, Any], default: str
) -> tuple[str, WriteVerify | None]:
    """Name of what programs, and the algorithm of write and verify if it is one."""
    if isinstance(algorithm, WriteVerify):
        if settings:
            raise InputError(f"{next(iter(settings))}: this algorithm has its settings already")
        return algorithm.name, algorithm
    name = checks.choice("algorithm", algorithm or default, METHODS)
    if name in ALGORITHMS:
        return name, algorithm_of(name, **settings)
    if settings:
        raise InputError(f"{next(iter(settings))}: '{name}' has no such setting; algorithms of write and verify have")
    return name, None
