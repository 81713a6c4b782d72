"""Outputs of arrays, their slopes and their weights, with internal axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays import cell_currents, checks
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.output_moments import cell_variance
from memsim.arrays.readout import Moment
from memsim.arrays.state import ArrayState
from memsim.philox import Occasion, scoped


def outputs(
    array: ArrayState,
    signal: Any,
    first_sample: int = 0,
    index: int | Occasion | None = None,
    noise: bool = True,
    interval: float | None = None,
    saturated: list[np.ndarray] | None = None,
    within: float | None = None,
) -> Any:
    """Outputs (array, sample, col) in units of the full scale, of the backend; see `Crossbar.output`.

    Parameters
    ----------
    signal : (array or 1, sample, row)
        Inputs as `ArrayState.inputs` gives them.
    first_sample, index, noise, interval, within
        As for `Crossbar.output`.
    saturated
        As for `Readout.outputs`.
    """
    if not noise:
        return array.readout.outputs(array.present, signal, saturated=saturated)
    seconds = array.device.spec.read.duration if interval is None else interval
    positions = index.positions if isinstance(index, Occasion) else 1
    first = checks.first_sample(first_sample, -(-signal.shape[1] // positions))
    if isinstance(index, Occasion):
        reads = scoped(array.site.seed, index.within(array.site.scope))
        when = Moment(reads, index.index, first, seconds, positions, within=within)
    else:
        if index is None:
            index = array.reads
            array.reads += 1
        when = Moment(array.site.key, checks.whole("index", index, 0), first, seconds, within=within)
    return array.readout.outputs(array.present, signal, when, saturated)


def known_inputs(array: ArrayState, signal: Any) -> np.ndarray:
    """The inputs (array or 1, sample, row) that the DACs' codes stand for; `signal` has the same axes."""
    return array.site.backend.numpy(array.readout.ideal(signal))[:, :, : array.shape[1]]


def output_matrix(array: ArrayState) -> np.ndarray:
    """The matrix (array, row, col) that turns inputs into outputs in units of the full scale; of ohmic cells."""
    effective = array.readout.effective(array.present)
    if array.column == "pair":
        return _difference(array, effective[0])
    matrix, *rest = (_lines(array, one) + one.offset for one in effective)
    return matrix - rest[0] if rest else matrix


def weight_variances(array: ArrayState) -> np.ndarray:
    """Variance of the entries of `output_matrix` in reads at any time, (array, row, col).

    The noise of a reference column, which all outputs share, is left out.
    """
    bank = array.present.lines
    variances = cell_variance(bank, array.readout.effective(array.present)[0])
    lines = array.site.backend.numpy(variances)[:, :, : array.shape[1]].swapaxes(1, 2)
    cols = array.shape[2]
    return lines[:, :, :cols] + lines[:, :, cols:] if array.column == "pair" else lines


def effective_states(array: ArrayState) -> np.ndarray:
    """State w of each input in each output, (array, row, col): of pairs, the difference.

    With wires, of ohmic cells: what is left of it at the output. Conductances that all outputs share are left out.
    """
    effective = array.readout.effective(array.present)[0]
    if array.column == "pair":
        return _difference(array, effective)
    low, high = array.window
    return _lines(array, effective) + (effective.offset - low / (high - low))


def _lines(array: ArrayState, effective: EffectiveCells) -> np.ndarray:
    """What reads see of lines less the offset, (array, row, line)."""
    return array.site.backend.numpy(effective.state)[:, :, : array.shape[1]].swapaxes(1, 2)


def _difference(array: ArrayState, effective: EffectiveCells) -> np.ndarray:
    """Difference of the two lines of each pair, (array, row, col)."""
    lines, cols = _lines(array, effective), array.shape[2]
    return lines[:, :, :cols] - lines[:, :, cols:]


def excess_matrices(array: ArrayState) -> list[np.ndarray] | None:
    """Coefficients of V^2 and V^3 from every input to every output, (array, row, col); None where all are alike."""
    by_bank = [cell_currents.excess_matrices(bank) for bank in array.present.both]
    (_, rows, cols), matrices = array.shape, []
    for parts in zip(*(own for own in by_bank if own is not None), strict=True):
        lines, *rest = (array.site.backend.numpy(part)[:, :, :rows].swapaxes(1, 2) for part in parts)
        if array.column == "pair":
            lines = lines[:, :, :cols] - lines[:, :, cols:]
        matrices.append(lines - rest[0] if rest else lines)
    return matrices or None
