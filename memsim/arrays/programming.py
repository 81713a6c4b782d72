"""Bringing wished states into cells: by rounds of pulses, or with the error of the device's own write and verify."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from memsim.arrays import checks
from memsim.arrays.bank import Bank, Banks
from memsim.arrays.delivery import deliver
from memsim.arrays.site import Site
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.learning import Encoding
from memsim.learning.write import Write
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
            encoding = Encoding(encoding or ("counted" if own == "stochastic" else own), rounding="nearest")
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


def program_by_pulses(
    bank: Bank,
    site: Site,
    limits: tuple[float, float],
    targets: np.ndarray,
    *,
    cycles: int,
    encoding: Encoding,
    first_step: int,
    falls: bool,
) -> np.ndarray:
    """Give rounds of pulses line by line and return their counts, (array, line, 2).

    Parameters
    ----------
    targets : (array, row, line)
        Wished states. A cell that is seen there already is left alone, even beyond the limits.
    cycles : int
        Rounds; their steps count from `first_step`.
    encoding : Encoding
        How pulses deliver a change.
    falls : bool
        Whether a one-sided device gets reset pulses too.
    """
    arrays, rows, lines = targets.shape
    rule, counts = Write(), site.backend.xp.zeros((arrays, lines, 2), np.int64)
    rounds = [(first_step, cycles)] if not bank.watched else [(first_step + step, 1) for step in range(cycles)]
    left = targets.swapaxes(1, 2) == bank.seen[:, :, :rows]
    aims = np.clip(targets, *limits).swapaxes(1, 2)
    for line in range(lines):
        selected = site.backend.xp.zeros((arrays, 1, lines), bank.state.dtype)
        selected[:, :, line] = 1
        own = slice(line, line + 1)
        for step, count in rounds:
            # Rows that only fill up the tiles are asked to stay. The rule compares with the state that pulses act on,
            # the verify step with what is seen: the target moves by what lies between.
            x = bank.state[:, None, line].copy()
            target = aims[:, line]
            if bank.watched:
                target = target + (bank.state - bank.seen)[:, line, :rows]
            np.copyto(x[:, 0, :rows], target, where=~left[:, line])
            before = bank.before(own)
            # All lines share their steps: the line is in the address anyhow, and no address depends on the width.
            how = {"steps": count, "encoding": encoding, "first_step": step, "falls": falls}
            counts += deliver(bank, site, limits, rule, x, selected, **how)  # type: ignore[arg-type]
            bank.after(before, step, own)
    return counts


def program_by_model(banks: Banks, targets: np.ndarray, step: int, rest: float = 0.0) -> np.ndarray:
    """Bring targets (array, row, line) into the cells and `rest` into a reference column; the targets, padded.

    Raises
    ------
    InputError
        If the device has no error model.
    """
    lines, reference = banks
    states = np.zeros_like(lines.state)
    states[:, :, : targets.shape[1]] = targets.swapaxes(1, 2)
    lines.write(states, step)
    if reference is not None:
        reference.write(np.full_like(reference.state, rest), step)
    return states
