"""What a stack of crossbars consists of; training, programming, reads and files work on it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays.axes import Axes, Signal
from memsim.arrays.bank import Bank, Banks
from memsim.arrays.counting import Counter
from memsim.arrays.mapping import Mapping
from memsim.arrays.patch_signal import PatchSignal
from memsim.arrays.programming.outcome import Outcome
from memsim.arrays.programming.reprogram import Request
from memsim.arrays.readout import Readout
from memsim.arrays.site import Site
from memsim.profiles import DeviceProfile


@dataclass
class ArrayState:
    """A stack of crossbars of one device: its cells, its periphery, and the counters of its random addresses.

    All axes are internal ones, see `memsim.arrays.axes`; one matrix is a stack of one array.

    Attributes
    ----------
    device : DeviceProfile
        What the cells are.
    axes : Axes
        Conversion to the public axes.
    shape : (array, row, col)
        Outputs are the columns, or pairs of them.
    bounds : (float, float)
        Range of w that weights span; infinite where there are no bounds.
    limits : (float, float)
        Compliance limits of w, (lower, upper); infinite where there is none.
    column : {"single", "reference", "pair"}
        How an output is read.
    dtype : numpy.dtype
        Precision of the states.
    site : Site
        Addresses of all random numbers: seed, scope and first array.
    readout : Readout
        Converters, wires and tiles.
    cells : Banks
        States, cell windows, parameters, stuck cells and history of the bit lines and of the reference column.
    plan : Banks or None
        Cells with ideal steps, which train in place of those of a device that is only programmed.
    programmed : bool
        Whether reads see the cells; if not, they see the plan.
    pulses : (array, line, 2) of int64
        Set and reset pulses so far.
    mapping : Mapping or None
        How weights lie on the cells.
    fault_map, measured : ndarray or None
        Stuck cells and measured conductances [S] (array, row, line) that the user stated.
    programming : Outcome or None
        What the last programming by write and verify took.
    request : Request or None
        The last programming, unless cells have been trained or refreshed since.
    steps, reads : int
        Steps of programming and reads so far; the next ones have these addresses.
    """

    device: DeviceProfile
    axes: Axes
    shape: tuple[int, int, int]
    bounds: tuple[float, float]
    limits: tuple[float, float]
    column: str
    dtype: np.dtype
    site: Site
    readout: Readout
    cells: Banks
    plan: Banks | None
    programmed: bool
    pulses: Any
    mapping: Mapping | None = None
    fault_map: np.ndarray | None = None
    measured: np.ndarray | None = None
    programming: Outcome | None = None
    request: Request | None = None
    steps: int = 0
    reads: int = 0

    @property
    def counter(self) -> Counter | None:
        """What counts events; None where nothing does."""
        counter: Counter | None = self.cells.lines.counter
        return counter

    def during(self, phase: str) -> AbstractContextManager[None]:
        """Let events count to a phase, see `Counter.during`."""
        return nullcontext() if self.counter is None else self.counter.during(phase)

    @property
    def lines(self) -> int:
        """Number of bit lines: the outputs' first lines, then, of pairs, their second ones."""
        return lines_of(self.column, self.shape[2])

    @property
    def present(self) -> Banks:
        """What reads see: the cells, or the plan for them."""
        return self.cells if self.plan is None or self.programmed else self.plan

    @property
    def window(self) -> tuple[float, float]:
        """Nominal G_min and G_max [S]."""
        return self.device.spec.conductance.min, self.device.spec.conductance.max

    @property
    def full_scale(self) -> float:
        """V_read (G_max - G_min) [A]."""
        low, high = self.window
        return self.device.spec.read.voltage * (high - low)

    def inputs(self, x: Any) -> Signal:
        """Inputs (..., row) with internal axes, padded to whole tiles, on the backend; or images with their patches."""
        if isinstance(x, PatchSignal):
            arrays, samples, _ = x.shape
            return Signal(x.typed(self.dtype), (samples,) if self.axes.arrays is None else (arrays, samples))
        return self.signal("x", x, "row", self.shape[1])

    def signal(self, name: str, values: Any, axis: str, width: int) -> Signal:
        """Inputs or targets with internal axes on the backend, see `Axes.signal`."""
        signal = self.axes.signal(name, values, axis, width, self.dtype, self.library(values))
        return signal._replace(values=self.site.backend.asarray(signal.values))

    def library(self, values: Any) -> Any:
        """Library of arrays for some values: that of the backend for arrays of its own, else NumPy."""
        xp = self.site.backend.xp
        numbers = values.images if isinstance(values, PatchSignal) else values
        return xp if isinstance(numbers, xp.ndarray) else np

    def states(self, bank: Bank | None = None) -> np.ndarray:
        """States of the cells as reads see them, (array, row, line); those of the present bit lines, or of a bank."""
        states = (self.present.lines if bank is None else bank).read_states
        return self.site.backend.numpy(states[:, :, : self.shape[1]].swapaxes(1, 2))


def lines_of(column: str, cols: int) -> int:
    """Number of bit lines for some outputs."""
    return 2 * cols if column == "pair" else cols
