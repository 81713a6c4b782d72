"""Values of a quantity in a result, chosen by the labels of its dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import InputError, OutputError, nearest
from memsim.results.dataset import COORDINATES, VARIABLES, require, source
from memsim.studies.quantity import QuantitySpec
from memsim.tasks.coordinates import SHARED
from memsim.units import format_quantity, parse_quantity

if TYPE_CHECKING:
    import xarray as xr

INTERVAL = "interval"
"""Dimension of the two ends of an interval."""


def place_of(dimension: str, label: Any, labels: Sequence[Any]) -> int:
    """Position of a label among those of a dimension; "1 h" stands for 3600 where labels are in seconds.

    Raises
    ------
    InputError
        If it is none of them, with the nearest.
    """
    units = unit_of(dimension)
    if isinstance(label, str) and units and all(isinstance(other, int | float) for other in labels):
        number = parse_quantity(label, units)
    else:
        number = label
    for place, other in enumerate(labels):
        if number == other or (_number(number) and _number(other) and math.isclose(number, other, rel_tol=1e-9)):
            return place
    shown = [format_quantity(other, units) if units not in ("", "1") else str(other) for other in labels]
    text = f"{label:g}" if isinstance(label, float) else label
    raise InputError(f"has no {dimension} '{text}'{nearest(text, shown)}")


def unit_of(dimension: str) -> str:
    """SI unit of the labels of a dimension; empty where they are texts, or not registered."""
    registered = {**SHARED, **COORDINATES}
    return (registered[dimension].units or "") if dimension in registered else ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def values_of(dataset: xr.Dataset, quantity: QuantitySpec, sampled: str) -> np.ndarray:
    """Values of a quantity in a result: (sample, read), with one sample where it does not depend on `sampled`.

    Raises
    ------
    OutputError
        If the result lacks it.
    """
    part = _chosen(dataset, quantity, quantity.variable)
    if part.size == 0:
        raise OutputError(f"{source(dataset)}: '{quantity.variable}' is empty")
    samples = part.sizes.get(sampled, 1)
    ordered = part.transpose(sampled, ...) if sampled in part.dims else part
    values = np.asarray(ordered.values, float).reshape(samples, -1)
    return np.abs(values) if quantity.absolute else values


def interval_name(variable: str) -> str | None:
    """Name of the registered interval of a variable that is a mean; None where there is none."""
    name = f"{variable.removesuffix('_mean')}_{INTERVAL}"
    registered = name in VARIABLES and VARIABLES[name].dims == (*VARIABLES[variable].dims, INTERVAL)
    return name if registered else None


def interval_in(dataset: xr.Dataset, quantity: QuantitySpec) -> tuple[float, float] | None:
    """Ends of the registered interval of a quantity in a result; None where the result has none for a single number."""
    name = interval_name(quantity.variable)
    if name is None or name not in dataset or quantity.absolute or quantity.seed_spread:
        return None
    part = _chosen(dataset, quantity, name)
    if part.size != 2:
        return None
    low, high = map(float, part.values.ravel())
    return low, high


def _chosen(dataset: xr.Dataset, quantity: QuantitySpec, variable: str) -> xr.DataArray:
    """A variable at the labels of a quantity."""
    require(dataset, variable)
    part = dataset[variable]
    for dimension, label in quantity.at.items():
        require(dataset, dimension)
        places = [place_of(dimension, own, dataset[dimension].values.tolist()) for own in quantity.labels_at(dimension)]
        part = part.isel({dimension: places if isinstance(label, list) else places[0]})
    return part
