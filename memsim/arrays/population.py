"""The cells of an array as a device profile describes them: shared parameters, and those that spread over cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from memsim.arrays.faults import INSIDE, OFF, ON
from memsim.backends import Backend
from memsim.cells import CellModel
from memsim.cells.steps import OFFSET
from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.philox import REFERENCE_COLUMN, Stream, padded
from memsim.profiles import DeviceProfile
from memsim.profiles.nominal import cell_values, plain
from memsim.profiles.schema import DeviceSpec, DeviceToDevice
from memsim.profiles.slots import Slot, slots

_BLOCK = 1 << 24  # bytes of parameters that are drawn at a time where they are not kept
_ENDS = ("low", "high")


class Spreads:
    """Parameters of a device as its cells have them: nominal, or drawn from their device-to-device spread.

    They are worked out on the host whatever the backend, so that cells are the same bits everywhere.
    """

    def __init__(
        self,
        spec: DeviceSpec,
        shape: tuple[int, int, int],
        *,
        seed: int,
        first_array: int = 0,
        first_column: int = 0,
        stream: Stream = Stream.D2D,
    ) -> None:
        self._spec = spec
        arrays, columns, rows = shape
        self._draw: Callable[[str, Slot], np.ndarray] = lambda kind, slot: fill(
            kind,
            (arrays, columns, padded(rows)),
            seed=seed ^ slot.key,
            stream=stream,
            step=slot.number,
            first_array=first_array,
            first_column=first_column,
        ).astype(float)
        d2d = spec.variability.d2d if spec.variability else {}
        self.given: dict[str, DeviceToDevice] = {str(name): d for name, d in d2d.items() if d.sigma > 0}
        self._slots = slots(self.given)

    def value(self, path: str, nominal: float) -> Any:
        """The parameter at a dotted path: one number, or (array, column, row) where it spreads; SI."""
        given = self.given.get(path)
        if given is None:
            return nominal
        window = self._spec.conductance.max - self._spec.conductance.min
        scale = {"value": nominal, "range": window, "absolute": 1.0}[given.relative_to]
        slot = self._slots[path]
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


class Population:
    """Parameters of all cells of an array, from the device's device-to-device spread; the same bits for any block.

    They are functions of their addresses: kept where that takes little memory, drawn anew block by block elsewhere.

    Parameters
    ----------
    device : DeviceProfile
        Source of the nominal values and sigmas. One without an update model gets ideal steps.
    shape : (array, column, row)
        Size of the array; rows are padded to whole tiles of 64.
    stream : Stream
        Stream of the draws.
    stuck : (array, column, row) of int8, optional
        How cells are stuck, see `memsim.arrays.faults`: their window shrinks to a point.
    measured : (array, column, row), optional
        Normalised states at which cells were measured, see `memsim.profiles.nominal.cell_values`. That of a stuck cell
        is the point of its window.

    Attributes
    ----------
    model : CellModel
        The conductance-update model.
    common : NamedTuple
        The model's parameters with their nominal values.
    names : tuple of str
        Parameters that differ from cell to cell.
    """

    def __init__(
        self,
        device: DeviceProfile,
        backend: Backend,
        shape: tuple[int, int, int],
        *,
        seed: int,
        first_array: int = 0,
        stream: Stream = Stream.D2D,
        dtype: Any = np.float32,
        stuck: np.ndarray | None = None,
        measured: np.ndarray | None = None,
    ) -> None:
        self._device, self._backend, self._dtype, self._stuck = device, backend, np.dtype(dtype), stuck
        self._measured = measured
        self._address: dict[str, Any] = {"seed": seed, "stream": stream}
        self._first_array = first_array
        self._shape = (shape[0], shape[1], padded(shape[2]))
        self.model, values = self._nominal_and_drawn(slice(0, 1), slice(0, 1))
        fields: tuple[str, ...] = self.model.parameters._fields  # type: ignore[attr-defined]
        ends = () if stuck is None else _ENDS
        self.names = tuple(name for name in fields if np.ndim(values[name]) == 3 or name in ends)
        nominal = {"low": 0.0, "high": 1.0}
        self.common: Any = self.model.parameters(
            *(plain(values[f]) if f not in self.names else nominal.get(f, 0.0) for f in fields)
        )
        self._kept: np.ndarray | None = None
        if math.prod(self._shape) * self._size <= backend.kept:
            kept = backend.xp.empty((len(self.names), *(self._shape if self.names else (1, 1, 1))), self._dtype)
            for arrays, lines in self.blocks() if self.names else ():
                kept[:, arrays, lines] = self._drawn(arrays, lines)
            self._kept = kept

    @property
    def _size(self) -> int:
        """Memory of a cell's parameters [byte]."""
        return len(self.names) * self._dtype.itemsize

    def blocks(self, lines: slice = slice(None)) -> Iterator[tuple[slice, slice]]:
        """Arrays and lines, of some lines, to be taken at a time: all of them where parameters are kept."""
        arrays, columns, rows = self._shape
        first, last, _ = lines.indices(columns)
        if self._kept is not None or not self.names:
            yield slice(0, arrays), slice(first, last)
            return
        step = max(1, _BLOCK // (rows * self._size))
        for array in range(arrays):
            for line in range(first, last, step):
                yield slice(array, array + 1), slice(line, min(line + step, last))

    def varying(self, arrays: slice = slice(None), lines: slice = slice(None)) -> np.ndarray:
        """Parameters (parameter, array, column, row) that differ, of some cells; of size 0 where none does."""
        if self._kept is not None:
            return self._kept[:, arrays, lines] if self.names else self._kept
        (a, b, _), (c, d, _) = arrays.indices(self._shape[0]), lines.indices(self._shape[1])
        return self._drawn(slice(a, b), slice(c, d))

    def value(self, name: str, arrays: slice = slice(None), lines: slice = slice(None)) -> Any:
        """The parameter `name` of some cells: (array, column, row) where it differs, else its one value."""
        return self.values((name,), arrays, lines)[0]

    def values(self, names: tuple[str, ...], arrays: slice = slice(None), lines: slice = slice(None)) -> list[Any]:
        """Several parameters, each as `value` gives it."""
        found = self.varying(arrays, lines) if set(names) & set(self.names) else None
        return [
            found[self.names.index(name)] if found is not None and name in self.names else getattr(self.common, name)
            for name in names
        ]

    def _spreads(self, arrays: slice, lines: slice) -> Spreads:
        shape = (arrays.stop - arrays.start, lines.stop - lines.start, self._shape[2])
        where = {"first_array": self._first_array + arrays.start, "first_column": lines.start}
        return Spreads(self._device.spec, shape, **self._address, **where)

    def _nominal_and_drawn(self, arrays: slice, lines: slice) -> tuple[CellModel, Mapping[str, Any]]:
        states = None if self._measured is None else self._measured[arrays, lines].astype(float)
        return cell_values(self._device.spec, self._spreads(arrays, lines).value, states)

    def _stuck_ends(self, arrays: slice, lines: slice, values: Mapping[str, Any]) -> dict[str, Any]:
        """The ends of the windows of some cells, where those of stuck cells are points.

        The error of a reference is subtracted from a cell that is stuck inside its window as well.
        """
        assert self._stuck is not None
        stuck, (low, high) = self._stuck[arrays, lines], (values[name] for name in _ENDS)
        if self._measured is not None:
            return {name: np.where(stuck != 0, self._measured[arrays, lines], values[name]) for name in _ENDS}
        ends = {"low": np.where(stuck == ON, high, low), "high": np.where(stuck == OFF, low, high)}
        inside = self._device.spec.faults.stuck_at if self._device.spec.faults else None
        if inside is not None and (stuck == INSIDE).any():
            column = REFERENCE_COLUMN if self._address["stream"] == Stream.REFERENCE else 0
            where = {"first_array": self._first_array + arrays.start, "first_column": column + lines.start}
            u = fill("uniform", stuck.shape, seed=self._address["seed"], stream=Stream.STUCK, **where).astype(float)
            state = inside.state + inside.half_width * (2 * u - 1) - values.get(OFFSET, 0.0)
            state = np.clip(state, low, high)
            ends = {name: np.where(stuck == INSIDE, state, end) for name, end in ends.items()}
        return ends

    def _drawn(self, arrays: slice, lines: slice) -> np.ndarray:
        values = dict(self._nominal_and_drawn(arrays, lines)[1])
        if self._stuck is not None:
            values |= self._stuck_ends(arrays, lines, values)
        cube = (arrays.stop - arrays.start, lines.stop - lines.start, self._shape[2])
        found = np.empty((len(self.names), *cube), self._dtype)
        for place, name in enumerate(self.names):
            found[place] = values[name]
        if not np.isfinite(found).all():
            raise InputError(f"device '{self._device.name}': its d2d spreads give cells without finite parameters")
        return self._backend.asarray(found)
