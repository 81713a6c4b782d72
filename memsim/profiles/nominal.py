"""The cell that a profile describes: its model, and the model's parameters, with or without spreads over cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from memsim.cells import CellModel, Surroundings, model_of
from memsim.errors import InputError
from memsim.profiles.pulses import MAX_PULSES
from memsim.profiles.schema import DeviceSpec
from memsim.profiles.slots import Slot, slots
from memsim.profiles.updates import ConstantUpdate

# A spread so wide that a cell's window would vanish is cut off here, as a fraction of the nominal window.
SMALLEST_WINDOW = 0.01

IDEAL_UPDATE = ConstantUpdate(model="constant", pulses=1200)
"""Ideal steps, for cells that are trained elsewhere; the number of pulses is that of the ideal cell."""


def _nominal(path: str, value: float) -> float:
    return value


def cell_values(
    spec: DeviceSpec, value: Callable[[str, float], Any] = _nominal, states: np.ndarray | None = None
) -> tuple[CellModel, dict[str, Any]]:
    """The update model of a profile and the fields of its parameters by name.

    Parameters
    ----------
    spec : DeviceSpec
        The profile. One without an update model gets ideal steps.
    value : callable
        ``value(path, nominal)``: the parameter at a dotted path, one number or (array, column, row) where it spreads.
    states : (array, column, row), optional
        Normalised states at which the cells were measured: the window of each is widened to hold its own. A cell with
        two states is at the nearer one, which moves there.
    """
    low, high = spec.conductance.min, spec.conductance.max
    window = high - low
    update = spec.update if spec.update is not None else IDEAL_UPDATE
    model = model_of(update.model, getattr(update, "function", None))
    ends = [
        (np.maximum(value(f"conductance.{end}", at), 0.0) - low) / window for end, at in (("min", low), ("max", high))
    ]
    # Deviations may exchange the two ends.
    own_low = np.minimum(*ends)
    own_high = np.maximum(np.maximum(*ends), own_low + SMALLEST_WINDOW)
    numbers: dict[str, Any] = {path: value(f"update.{path}", number) for path, number in update.numbers.items()}
    numbers |= update.fixed
    sigma = _pulse_sigma(spec, value, numbers)

    def fields(own_low: Any, own_high: Any) -> dict[str, Any]:
        values = {"low": own_low, "high": own_high, "c2c": sigma}
        values |= model.prepare(numbers, Surroundings(own_low, own_high, low, high, spec.read.voltage))
        # A model may move the ends, but no conductance is below 0 S.
        return values | {end: np.maximum(values[end], -low / window) for end in ("low", "high")}

    values = fields(own_low, own_high)
    if states is None:
        return model, values
    below, above = (np.maximum(excess, 0.0) for excess in (values["low"] - states, states - values["high"]))
    values = fields(own_low - below, own_high + above)
    measured_ends: dict[str, Any]
    if model.draws == "uniform":
        upper = states > (values["low"] + values["high"]) / 2
        measured_ends = {"low": np.where(upper, values["low"], states), "high": np.where(upper, states, values["high"])}
    else:
        measured_ends = {"low": np.minimum(values["low"], states), "high": np.maximum(values["high"], states)}
    return model, values | measured_ends


def nominal_cell(spec: DeviceSpec) -> tuple[CellModel, Any]:
    """The update model of a profile and the nominal parameters `p` of a cell."""
    model, fields = cell_values(spec)
    names: tuple[str, ...] = model.parameters._fields  # type: ignore[attr-defined]
    return model, model.parameters(*(plain(fields[name]) for name in names))


def plain(value: Any) -> Any:
    """A field of a model's parameters as a float, or as a tuple of floats where it is a table."""
    return tuple(map(float, value)) if np.ndim(value) == 1 else float(value)


def pulse_span(spec: DeviceSpec) -> int:
    """Set pulses from G_min to G_max, for models that are not told their number.

    Raises
    ------
    InputError
        The pulses do not carry the cell there, or not within a million.
    """
    if spec.update is None:
        return IDEAL_UPDATE.span
    model, p = nominal_cell(spec)
    pulses = model.across(p) if model.across is not None else float("nan")
    if not 0 < pulses <= MAX_PULSES:
        reached = f"it would take {pulses:.3g}" if np.isfinite(pulses) and pulses > 0 else "they do not reach G_max"
        raise InputError(
            f"device '{spec.name}': at most {MAX_PULSES} set pulses may span the window, but {reached}; "
            "check the set pulse and the window, or give 'update.pulses'"
        )
    return max(1, round(pulses))


def _pulse_sigma(spec: DeviceSpec, value: Callable[[str, float], Any], numbers: dict[str, Any]) -> Any:
    """Sigma of one pulse: of its own step or the cell's, or else of the nominal window."""
    c2c = spec.variability.c2c if spec.variability else None
    if c2c is None:
        return 0.0
    sigma = value("variability.c2c.sigma", c2c.sigma)
    sigma = np.maximum(sigma, 0.0) if np.ndim(sigma) else sigma
    if c2c.distribution == "lognormal":
        return np.sqrt(np.log1p(np.square(sigma)))
    if c2c.relative_to != "nominal-step":
        return sigma
    return sigma * numbers["step.nominal"] / (numbers["weights.max"] - numbers["weights.min"])


def pulse_shifts(spec: DeviceSpec) -> tuple[tuple[tuple[Slot, str], ...], tuple[tuple[float, ...], ...]]:
    """What varies from pulse to pulse: (slot, distribution) of each parameter, and what a unit deviation of it does.

    The latter is (width, change of every field of the cell's parameters), to first order in the spread: exact for
    fields that are linear in the parameter.
    """
    spreads = spec.variability.per_pulse if spec.variability else {}
    kinds, shifts = [], []
    for path, slot in slots(sorted(name for name, given in spreads.items() if given.sigma > 0)).items():
        given, nominal = spreads[path], spec.base(path)
        assert nominal is not None
        scale = {"value": abs(nominal), "range": spec.conductance.width, "absolute": 1.0}[given.relative_to]
        width = float(np.sqrt(np.log1p(given.sigma**2))) if given.distribution == "lognormal" else 0.0
        unit = nominal if width else given.sigma * scale
        kinds.append((slot, given.distribution))
        slope = _slope(spec, path, 1e-3 * scale)
        shifts.append((width, *(unit * value for value in slope)))
    return tuple(kinds), tuple(shifts)


def _slope(spec: DeviceSpec, path: str, step: float) -> list[float]:
    """Change of every field of a nominal cell's parameters per change of the parameter at a path (SI)."""
    ends = []
    for sign in (1, -1):

        def moved(at: str, value: float, shift: float = sign * step) -> float:
            return value + shift if at == path else value

        model, fields = cell_values(spec, moved)
        ends.append([float(fields[name]) for name in model.parameters._fields])  # type: ignore[attr-defined]
    return [(above - below) / (2 * step) for above, below in zip(*ends, strict=True)]
