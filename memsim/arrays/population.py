"""The cells of an array as a device profile describes them: shared parameters, and those that spread over cells."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from memsim.backends import CpuBackend
from memsim.cells import CellModel
from memsim.errors import InputError
from memsim.philox import Stream, padded
from memsim.profiles import DeviceProfile
from memsim.profiles.nominal import cell_values, plain
from memsim.profiles.schema import DeviceSpec, DeviceToDevice

# Counter word c2 of a parameter's device-to-device draw, never renumbered; for all others a hash of the name.
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


class Spreads:
    """Parameters of a device as its cells have them: nominal, or drawn from their device-to-device spread."""

    def __init__(
        self,
        spec: DeviceSpec,
        backend: CpuBackend,
        shape: tuple[int, int, int],
        *,
        seed: int,
        first_array: int = 0,
        stream: Stream = Stream.D2D,
    ) -> None:
        self._spec = spec
        arrays, columns, rows = shape
        self._draw: Callable[..., np.ndarray] = lambda kind, step: backend.fill(
            kind,
            (arrays, columns, padded(rows)),
            seed=seed,
            stream=stream,
            step=step,
            first_array=first_array,
        ).astype(float)
        d2d = spec.variability.d2d if spec.variability else {}
        self.given: dict[str, DeviceToDevice] = {str(name): d for name, d in d2d.items() if d.sigma > 0}

    def value(self, path: str, nominal: float) -> Any:
        """The parameter at a dotted path: one number, or (array, column, row) where it spreads; SI."""
        given = self.given.get(path)
        if given is None:
            return nominal
        window = self._spec.conductance.max - self._spec.conductance.min
        scale = {"value": nominal, "range": window, "absolute": 1.0}[given.relative_to]
        slot = _SLOTS.get(path, zlib.crc32(path.encode()) | 1 << 31)
        if given.distribution == "uniform":
            return nominal + given.sigma * scale * math.sqrt(12) * (self._draw("uniform", slot) - 0.5)
        z = self._draw("normal", slot)
        if given.distribution == "lognormal":
            # sigma and the nominal value are those of the parameter, not of its logarithm.
            variance = math.log1p(given.sigma**2)
            return nominal * np.exp(math.sqrt(variance) * z - variance / 2)
        return nominal + given.sigma * scale * z

    def positive(self, path: str, nominal: float, least: float = 0.0) -> Any:
        """As `value`, where none is below `least` of the nominal value."""
        found = self.value(path, nominal)
        return np.maximum(found, least * nominal) if np.ndim(found) else found


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
        Source of the nominal values and sigmas. One without an update model gets ideal steps.
    shape : (array, column, row)
        Size of the array; rows are padded to whole tiles of 64.
    stream : Stream
        Stream of the draws.
    """
    spec = device.spec
    spreads = Spreads(spec, backend, shape, seed=seed, first_array=first_array, stream=stream)
    model, values = cell_values(spec, spreads.value)
    fields: tuple[str, ...] = model.parameters._fields  # type: ignore[attr-defined]
    names = tuple(field for field in fields if np.ndim(values[field]) == 3)
    varying = np.empty((0, 1, 1, 1), dtype)
    if names:
        whole = (shape[0], shape[1], padded(shape[2]))
        varying = np.stack([np.broadcast_to(values[name], whole) for name in names]).astype(dtype)
        if not np.isfinite(varying).all():
            raise InputError(f"device '{device.name}': its d2d spreads give cells without finite parameters")
    nominal = {"low": 0.0, "high": 1.0}
    common = model.parameters(*(plain(values[f]) if f not in names else nominal.get(f, 0.0) for f in fields))
    return Population(model, common, names, varying)
