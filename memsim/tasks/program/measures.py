"""What is measured of one array at a time: what is left of its states and products."""

from __future__ import annotations

import math

import numpy as np

from memsim.arrays.compensation import SPAN
from memsim.metrics.weight_error import weight_error
from memsim.philox import Occasion, Purpose
from memsim.tasks.program.programmed import AgingArray

Values = dict[str, np.ndarray]
_ROWS = 256
"""Rows that are read one by one for the noise of weights at most."""


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

    Outputs are read twice with the same white noise, without and with the correction.

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
    errors = []
    for correction in ((1.0, 0.0), (layer.correction, layer.shift)):
        layer.correction, layer.shift = correction
        errors.append(_rms(layer.read(x, occasion, within=SPAN) - exact))
    raw, error = errors
    return {
        "product_error": np.asarray(_ratio(error, size)),
        "raw_product_error": np.asarray(_ratio(raw, size)),
        "product_rmse": np.asarray(error),
        "compensation_factor": np.asarray(np.mean(layer.correction)),
        **_weights(array, number),
    }


def _weights(array: AgingArray, number: int) -> Values:
    """Error of the weights in cells, split into mean drift, spread and noise, over the size of the exact weights.

    NaN if all exact weights are 0.
    """
    layer = array.layer
    exact = layer.targets
    with np.errstate(invalid="ignore"):
        error = weight_error(layer.cell_weights.ravel(), exact.ravel())
    rows = len(exact)
    driven = np.unique(np.linspace(0, rows - 1, min(rows, _ROWS)).round().astype(int))
    one_hot = np.zeros((len(driven), rows))
    one_hot[np.arange(len(driven)), driven] = 1.0
    read = layer.read(one_hot, Occasion(Purpose.PRODUCTS, read=1, time=number), within=SPAN)
    noise = _rms(read - layer.read(one_hot, noise=False))
    return {
        "weight_drift": error.drift,
        "weight_spread": error.spread,
        "weight_noise": np.asarray(_ratio(noise, _rms(exact))),
    }


def _rms(values: np.ndarray) -> float:
    return math.sqrt(float(np.square(values, dtype=float).mean()))


def _ratio(value: float, size: float) -> float:
    """A value over a size; NaN where the size is 0."""
    return value / size if size > 0 else math.nan
