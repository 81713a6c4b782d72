"""What is measured of one array: what its programming took, and what is left of its states and products at a time."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from memsim.arrays.compensation import SPAN
from memsim.arrays.crossbar import Crossbar
from memsim.philox import Occasion, Purpose
from memsim.tasks.program.programmed import AgingArray

Values = dict[str, np.ndarray]
_VERIFIED = (
    "pulses_mean",
    "pulses_median",
    "pulses_95",
    "pulses_beyond",
    "verify_reads_mean",
    "programming_time",
    "array_programming_time",
    "programming_energy",
    "array_programming_energy",
    "success",
)
"""What write and verify tells."""
BEYOND = 100
"""Pulses beyond which a cell counts as slow, as in the published statistics."""
_ROWS = 256
"""Rows that are read one by one for the noise of weights at most."""


class Programming(NamedTuple):
    """What the programming of an array took: registered variables, and the pulses of each cell, None if not known."""

    values: Values
    pulses: np.ndarray | None


def programming(crossbar: Crossbar, verified: bool) -> Programming:
    """What the programming of a crossbar took.

    Parameters
    ----------
    crossbar : Crossbar
        Programmed once.
    verified : bool
        Whether by an algorithm of write and verify. Of others, only the number of all pulses is known, if any.
    """
    if not verified:
        counts, cells = crossbar.pulses, crossbar.state.size
        mean = (counts.set.sum() + counts.reset.sum()) / cells if crossbar.device.spec.update else np.nan
        return Programming({**dict.fromkeys(_VERIFIED, np.array(np.nan)), "pulses_mean": np.asarray(mean, float)}, None)
    report = crossbar.programming
    pulses = (report.set_pulses + report.reset_pulses).values.ravel()
    values = {
        "pulses_mean": pulses.mean(),
        "pulses_median": np.median(pulses),
        "pulses_95": np.percentile(pulses, 95),
        "pulses_beyond": (pulses > BEYOND).mean(),
        "verify_reads_mean": report.verify_reads.values.mean(),
        "programming_time": report.time.values.mean(),
        "array_programming_time": report.time.values.sum(),
        "programming_energy": report.energy.values.mean(),
        "array_programming_energy": report.energy.values.sum(),
        "success": report.accepted.values.mean(),
    }
    return Programming({name: np.asarray(value, float) for name, value in values.items()}, pulses)


def states(array: AgingArray) -> Values:
    """Registered variables of the states of all cells now."""
    error = array.crossbar.state.values.astype(float) - array.targets
    return {
        "state_error": np.sqrt(np.square(error).mean()),
        "state_bias": error.mean(),
        "state_spread": error.std(),
    }


def products(array: AgingArray, x: np.ndarray, number: int) -> Values:
    """Registered variables of products and weights at the time with this number.

    Outputs are read twice with the same white noise, without and with the correction, which then stays.

    Parameters
    ----------
    array : AgingArray
    x : (sample, row)
        Inputs of the products, in units of the read voltage.
    number : int
        Of the evaluation time.
    """
    layer, exact = array.layer, array.layer.exact(x)
    size, occasion = _rms(exact), Occasion(Purpose.PRODUCTS, time=number)
    array.correct(1.0)
    raw = error = _rms(layer.read(x, occasion, within=SPAN) - exact)
    factor, shift = array.correction(number)
    array.correct(factor, shift)
    if array.compensated:
        error = _rms(layer.read(x, occasion, within=SPAN) - exact)
    return {
        "product_error": np.asarray(error / size),
        "raw_product_error": np.asarray(raw / size),
        "product_rmse": np.asarray(error),
        "compensation_factor": np.asarray(np.mean(factor)),
        **_weights(array, number),
    }


def _weights(array: AgingArray, number: int) -> Values:
    """Error of the weights in cells, split into mean drift, spread and noise, over the size of the exact weights."""
    layer = array.layer
    exact = layer.targets
    held, power = layer.cell_weights, float(np.square(exact).sum())
    slope = float((held * exact).sum()) / power
    rows = len(exact)
    driven = np.unique(np.linspace(0, rows - 1, min(rows, _ROWS)).round().astype(int))
    one_hot = np.zeros((len(driven), rows))
    one_hot[np.arange(len(driven)), driven] = 1.0
    read = layer.read(one_hot, Occasion(Purpose.PRODUCTS, read=1, time=number), within=SPAN)
    noise = _rms(read - layer.read(one_hot, noise=False))
    return {
        "weight_drift": np.asarray(slope - 1.0),
        "weight_spread": np.asarray(math.sqrt(float(np.square(held - slope * exact).sum()) / power)),
        "weight_noise": np.asarray(noise / _rms(exact)),
    }


def _rms(values: np.ndarray) -> float:
    return math.sqrt(float(np.square(values, dtype=float).mean()))
