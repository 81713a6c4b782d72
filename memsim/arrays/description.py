"""What a crossbar is and what its cells hold, as numbers and labelled data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memsim.arrays.labels import labelled_conductance
from memsim.arrays.mapping import Mapping
from memsim.arrays.outputs import effective_weights
from memsim.arrays.state import ArrayState
from memsim.philox import Scope
from memsim.profiles import DeviceProfile

if TYPE_CHECKING:
    import xarray as xr


class PulseCounts(NamedTuple):
    """Programming pulses given so far, (line,) or (array, line), int64; each pulse counts its half-selected cells."""

    set: np.ndarray
    reset: np.ndarray
    half_selected: np.ndarray


class Description:
    """Settings, states, conductances, weights and pulse counts of a crossbar."""

    _array: ArrayState

    @property
    def device(self) -> DeviceProfile:
        """What the cells are."""
        return self._array.device

    @property
    def shape(self) -> tuple[int, ...]:
        """(row, col) of one matrix, (array, row, col) of a stack."""
        return self._array.axes.cells_shape(self._array.shape)

    @property
    def bounds(self) -> tuple[float, float]:
        """Range of w that weights span; infinite where there are no bounds."""
        return self._array.bounds

    @property
    def limits(self) -> tuple[float, float]:
        """Compliance limits of w, (lower, upper); infinite where there is none."""
        return self._array.limits

    @property
    def column(self) -> str:
        """How an output is read."""
        return self._array.column

    @property
    def mapping(self) -> Mapping | None:
        """How weights lie on the cells, for crossbars made by `from_weights`."""
        return self._array.mapping

    @property
    def dtype(self) -> np.dtype:
        """Precision of the state."""
        return self._array.dtype

    @property
    def seed(self) -> int:
        """Key of every random number."""
        return self._array.site.seed

    @property
    def scope(self) -> Scope:
        """Which layer of which network the array is."""
        return self._array.site.scope

    @property
    def first_array(self) -> int:
        """Address of the first array."""
        return self._array.site.first_array

    @property
    def backend(self) -> str:
        """Name of the backend that computes."""
        return self._array.site.backend.name

    @property
    def planned(self) -> bool:
        """Whether reads are those of a plan that `program` is yet to bring into the cells."""
        return not self._array.programmed

    @property
    def window(self) -> tuple[float, float]:
        """Nominal G_min and G_max [S]."""
        return self._array.window

    @property
    def full_scale(self) -> float:
        """V_read (G_max - G_min) [A]: the current by which outputs are divided to be dimensionless."""
        return self._array.full_scale

    @property
    def weights(self) -> np.ndarray:
        """State w of every cell as reads see it, (row, line) or (array, row, line), dimensionless; a copy.

        It has write noise, which the state that pulses act on has not. Pairs: all first lines, then all second.
        """
        return self._array.axes.cells(self._array.states().copy())

    @property
    def saturated(self) -> np.ndarray:
        """Whether the state of each cell is at an end: of its own window, or a compliance limit; as `weights`."""
        array = self._array
        saturated = array.present.lines.saturated[:, :, : array.shape[1]].swapaxes(1, 2)
        return array.axes.cells(array.site.backend.numpy(saturated))

    @property
    def effective_weights(self) -> np.ndarray:
        """Weight of every input in every output, dimensionless: w, or the difference of a pair.

        (row, col) or (array, row, col). With wires, of cells that are ohmic: what is left of it at the output.
        """
        return self._array.axes.cells(effective_weights(self._array))

    @property
    def conductance(self) -> xr.DataArray:
        """Conductance of every cell as reads see it, without read noise and wires [S]; a copy.

        (row, line) or (array, row, line).
        """
        conductance = labelled_conductance(self._array)
        return conductance.isel(array=0, drop=True) if self._array.axes.arrays is None else conductance

    @property
    def pulses(self) -> PulseCounts:
        """Programming pulses given so far, (line,) or (array, line).

        Half-selected cells are counted for programming one cell at a time at half voltage on the unselected lines: each
        pulse disturbs the rows - 1 other cells of its bit line and the cols - 1 of its word line. Pulses to stuck cells
        count; what a device that is only programmed needs is not known, and counts as none.
        """
        array = self._array
        rows, cols = array.shape[1], array.lines
        counts = array.axes.cells(array.site.backend.numpy(array.pulses))
        ups, downs = counts[..., 0].copy(), counts[..., 1].copy()
        return PulseCounts(ups, downs, (ups + downs) * (rows + cols - 2))
