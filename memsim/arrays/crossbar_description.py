"""What a crossbar is and what its cells hold, as numbers and labelled data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import AbstractContextManager
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.arrays import checks
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.events import Events
from memsim.arrays.labels import (
    labelled_conductance,
    labelled_effective_state,
    labelled_programming,
    labelled_saturation,
    labelled_state,
    labelled_weights,
)
from memsim.arrays.mapping import Mapping
from memsim.arrays.state import ArrayState
from memsim.arrays.wear_labels import PERCENTS, labelled_pulses, wear_summary
from memsim.energy.components import ComponentTable
from memsim.energy.counts import PHASES
from memsim.energy.prices import prices_of
from memsim.energy.report import Costs, LayerEvents
from memsim.errors import InputError
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
    def dac(self) -> DAC | None:
        """Converters of inputs."""
        return self._array.readout.periphery.dac

    @property
    def adc(self) -> ADC | None:
        """Converters of outputs."""
        return self._array.readout.periphery.adc

    @property
    def adc_ranges(self) -> np.ndarray | None:
        """Largest output of the converters of each array, in units of V_read (G_max - G_min); None before it is set."""
        converter = self._array.readout.out
        return None if converter is None or converter.range is None else converter.range.copy()

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
    def programming(self) -> xr.Dataset:
        """What the last programming by write and verify took of each cell; see `program`.

        ``set_pulses``, ``reset_pulses``, ``verify_reads``, ``time`` [s], ``energy`` [J] (the sum of V I t of pulses and
        reads) and ``accepted``, with the axes of `state`. An attribute holds the settings of the algorithm.
        """
        return labelled_programming(self._array)

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
    def state(self) -> xr.DataArray:
        """State w of every cell as reads see it, dimensionless; a copy.

        (row, col) or (array, row, col). It has write noise, which the state that pulses act on has not. Where a weight
        takes several cells, (row, line) or (array, row, line), of pairs all first lines, then all second; the
        coordinates ``col`` and ``sign`` say what each line is.
        """
        return labelled_state(self._array)

    @property
    def conductance(self) -> xr.DataArray:
        """Conductance of every cell as reads see it, without read noise and wires [S]; a copy, with axes as `state`."""
        return labelled_conductance(self._array)

    @property
    def saturated(self) -> xr.DataArray:
        """Whether each state is at an end: of the window of its cell, or a compliance limit; axes as of `state`."""
        return labelled_saturation(self._array)

    @property
    def weights(self) -> xr.DataArray:
        """The matrix of the product, (row, col) or (array, row, col): ``x @ crossbar`` is about ``x @ weights``.

        In the units of `from_weights`. Without mapped weights, the matrix of `output`, in units of the window: the
        conductance of a cell, less that of the reference cell, or the difference of a pair. With wires, of ohmic cells:
        what is left of a weight at the output.
        """
        return labelled_weights(self._array)

    @property
    def effective_state(self) -> xr.DataArray:
        """State w of every input in every output, (row, col) or (array, row, col): of pairs, the difference.

        With wires, of ohmic cells: what is left of it at the output. It differs from the matrix of `output` by what all
        outputs share: the conductance G_min, or the reference column.
        """
        return labelled_effective_state(self._array)

    @property
    def events(self) -> Events:
        """What the reads of the array made its hardware do so far; expected outputs (``noise=False``) are no reads."""
        return self._array.readout.events

    def cost(
        self,
        components: ComponentTable | str | PathLike[str] = "generic",
        node: float | str | None = None,
        **settings: Any,
    ) -> xr.Dataset:
        """Energy, time and area of all reads and pulses so far, by phase, part and layer; needs ``count=True``.

        Phases are inference, training and programming; reads inside a training or programming belong to it.

        Parameters
        ----------
        components : str, path or ComponentTable
            Table of components, shipped or a YAML file.
        node : str or float, optional
            Technology node, such as "22 nm", or in metres; needed for a table of several nodes.
        **settings
            Of `memsim.energy.architecture.Architecture`: pipelined, selection, bits and settle.

        Returns
        -------
        xarray.Dataset
            ``energy`` (phase, layer, part) [J], ``total_energy`` and its interval, ``time`` [s], ``power`` [W],
            ``area`` [m2], ``tile_read_energy``, and operations per joule and second. Attributes say which parts are
            included.

        Raises
        ------
        InputError
            If the array does not count, or the table lacks what is needed.

        Examples
        --------
        >>> xbar = Crossbar("taox-hfox-wu2018", rows=64, cols=10, count=True)
        >>> current = xbar.read([1.0] * 64)
        >>> xbar.cost("generic", node="22 nm").total_energy.sel(phase="inference")
        """
        return Costs({"crossbar": self.event_counts}, prices_of(components, node, **settings)).dataset()

    def counting(self, phase: str) -> AbstractContextManager[None]:
        """Let reads inside a ``with`` block count to a phase: "inference", "training" or "programming".

        Raises
        ------
        InputError
            If there is no such phase.
        """
        return self._array.during(checks.choice("phase", phase, PHASES))

    @property
    def event_counts(self) -> LayerEvents:
        """What the arrays consist of, and their events so far by phase.

        Raises
        ------
        InputError
            If the array does not count.
        """
        counter, mapping = self._array.counter, self._array.mapping
        if counter is None:
            raise InputError("cost: this crossbar does not count events; make it with count=True")
        slices = 1 if mapping is None else mapping.slices
        return LayerEvents(dataclasses.replace(counter.circuit, slices=slices), counter.counts())

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

    @property
    def cell_pulses(self) -> xr.DataArray:
        """Set and reset pulses of each cell so far, int64, with the axes of `state` and then `direction`; a copy.

        Pulses of training in place, of programming by pulses and by write and verify, and of `refresh` and `reprogram`.
        Their sum over the rows is `pulses`. Counted where the array was made with ``count_cell_pulses=True``, or for a
        device that specifies endurance.

        Raises
        ------
        InputError
            If the array does not count them.
        """
        return labelled_pulses(self._array)

    def wear_summary(self, percents: Sequence[float] = PERCENTS) -> xr.Dataset:
        """Mean, maximum and percentiles of what the cells of each array have seen.

        ``pulses_mean``, ``pulses_max`` and ``pulses_percentile`` have the dimension ``direction`` (set, reset, both),
        ``cycles_mean``, ``cycles_max`` and ``cycles_percentile`` have not; percentiles have the dimension ``percent``.
        A cycle is one set and one reset pulse: the cycles of a cell are half of its pulses, and those that `wear`
        added. ``stuck`` is the share of stuck cells, and ``bit_errors`` the expected share of wrong bits for a device
        with a table of them.

        Parameters
        ----------
        percents : sequence of float
            Which percentiles, 0 to 100.

        Raises
        ------
        InputError
            If the array does not count the pulses of each cell, or a percentage is not allowed.
        """
        return wear_summary(self._array, percents)
