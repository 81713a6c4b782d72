"""The cells of an array as a device profile describes them: shared parameters, and those that spread over cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.backends import CpuBackend
from memsim.cells import MODELS, CellModel
from memsim.cells.neurosim import MAX_LABEL, rates
from memsim.philox import Stream, padded
from memsim.profiles import DeviceProfile
from memsim.profiles.schema import DeviceToDevice

# A spread so wide that a cell's window would vanish is cut off here, as a fraction of the nominal window.
SMALLEST_WINDOW = 0.01

# Counter word c2 of each parameter's device-to-device draw; never renumbered.
_SLOTS = {
    "conductance.min": 0,
    "conductance.max": 1,
    "update.nonlinearity.set": 2,
    "update.nonlinearity.reset": 3,
    "variability.c2c.sigma": 4,
}


class Population(NamedTuple):
    """Parameters of all cells of an array.

    Attributes
    ----------
    model : CellModel
        The conductance-update model.
    common : NamedTuple
        The model's parameters with their nominal values.
    names : tuple of str
        Parameters that differ from cell to cell.
    varying : ndarray
        Their values, (parameter, array, column, row); of size 0 where nothing spreads.
    """

    model: CellModel
    common: Any
    names: tuple[str, ...]
    varying: np.ndarray

    def value(self, name: str) -> Any:
        """The parameter `name`: (array, column, row) where it spreads, else its one value."""
        return self.varying[self.names.index(name)] if name in self.names else getattr(self.common, name)


def populate(
    device: DeviceProfile,
    backend: CpuBackend,
    shape: tuple[int, int, int],
    *,
    seed: int,
    first_array: int = 0,
    stream: Stream = Stream.D2D,
    dtype: Any = np.float32,
) -> Population:
    """Cells drawn from the device's device-to-device spread; bitwise reproducible from seed and addresses.

    Parameters
    ----------
    device : DeviceProfile
        Source of the nominal values and sigmas.
    shape : (array, column, row)
        Size of the array; rows are padded to whole tiles of 64.
    stream : Stream
        Stream of the draws.
    """
    spec = device.spec
    low, high = spec.conductance.min, spec.conductance.max
    window = high - low
    model = MODELS[spec.update.model]
    c2c = spec.variability.c2c if spec.variability else None
    d2d = spec.variability.d2d if spec.variability else {}
    values: dict[str, Any] = {"low": 0.0, "high": 1.0, "c2c": c2c.sigma if c2c else 0.0}
    spreads: dict[str, DeviceToDevice] = {str(name): given for name, given in d2d.items() if given.sigma > 0}

    def spread(path: str, nominal: float) -> np.ndarray:
        arrays, columns, rows = shape
        layout = (arrays, columns, padded(rows))
        given = spreads[path]
        scale = window if given.relative_to == "range" else nominal
        z = backend.fill("normal", layout, seed=seed, stream=stream, step=_SLOTS[path], first_array=first_array)
        return nominal + given.sigma * scale * z.astype(float)

    if "conductance.min" in spreads:
        values["low"] = (np.maximum(spread("conductance.min", low), 0.0) - low) / window
    if "conductance.max" in spreads:
        values["high"] = (spread("conductance.max", high) - low) / window
    if "conductance.min" in spreads or "conductance.max" in spreads:
        values["high"] = np.maximum(values["high"], values["low"] + SMALLEST_WINDOW)
    if "variability.c2c.sigma" in spreads and c2c is not None:
        values["c2c"] = np.maximum(spread("variability.c2c.sigma", c2c.sigma), 0.0)
    if spec.update.model == "neurosim":
        for direction in ("set", "reset"):
            path = f"update.nonlinearity.{direction}"
            label = abs(getattr(spec.update.nonlinearity, direction))
            labels = np.clip(spread(path, label), 0.0, MAX_LABEL) if path in spreads else label
            values["start_" + direction], values["decay_" + direction] = rates(labels, spec.update.pulses)
    else:
        values["step"] = 1.0 / spec.update.pulses

    fields: tuple[str, ...] = model.parameters._fields  # type: ignore[attr-defined]
    names = tuple(field for field in fields if np.ndim(values[field]) > 0)
    varying = np.empty((0, 1, 1, 1), dtype)
    if names:
        varying = np.stack([values[name] for name in names]).astype(dtype)
    nominal = {"low": 0.0, "high": 1.0}
    common = model.parameters(*(float(values[f]) if f not in names else nominal.get(f, 0.0) for f in fields))
    return Population(model, common, names, varying)
