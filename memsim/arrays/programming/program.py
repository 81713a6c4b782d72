"""Programming of states: checks of the request, and the choice between pulses and the error model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from memsim.arrays import checks
from memsim.arrays.programming.error_model import program_by_model
from memsim.arrays.programming.pulses import program_by_pulses
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.learning import Encoding
from memsim.philox import COUNTER

METHODS = ("pulses", "model")


def program(
    array: ArrayState,
    states: Any = None,
    *,
    by: str | None = None,
    cycles: int = 1,
    encoding: Encoding | str | None = None,
    error: float = 0.0,
    falls: bool = False,
    reference: float | None = None,
) -> None:
    """Program every cell of arrays to states (row, line) or (array, row, line), see `Crossbar.program`."""
    device, cells, plan, backend = array.device, array.cells, array.plan, array.site.backend
    by = checks.choice("by", by or ("pulses" if plan is None else "model"), METHODS)
    if by == "pulses" and plan is not None:
        raise InputError(f"by: device '{device.name}' has no update model for pulses; use 'model'")
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
    targets = backend.asarray(array.axes.inner_cells(checks.targets(states, shape, array.dtype)))
    if by == "pulses":
        if not isinstance(encoding, Encoding):
            own = device.spec.encoding
            encoding = Encoding.rounded(encoding or ("counted" if own == "stochastic" else own))
        how: dict[str, Any] = {"cycles": cycles, "encoding": encoding, "first_step": array.steps, "falls": falls}
        array.pulses += program_by_pulses(cells.lines, array.site, array.limits, targets, **how)
        if rest is not None and reference is not None:
            rest.bring(reference, array.steps)
    else:
        cycles = 1
        written = program_by_model(cells, np.clip(targets, *array.limits), array.steps, reference or 0.0)
        if plan is not None:
            plan.lines.place(written, array.steps)
            array.programmed = True
    array.steps += cycles
    if error > 0:  # a step of its own, so that its write noise is not that of the last pulses
        cells.lines.disturb(error, array.steps)
        array.steps += 1
