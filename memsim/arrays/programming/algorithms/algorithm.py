"""What an algorithm of programming offers: its settings and, of write and verify, the decision after each read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from memsim.arrays.programming.algorithms.ramp import DEVICE_VOLTAGE, Ramp
from memsim.arrays.programming.algorithms.settings import check_settings
from memsim.document.fields import Count, Quantity
from memsim.kernels.verify_cell import Knobs, PulseVoltages
from memsim.learning.encoding import MAX_PULSES

Time = Annotated[float, Quantity("s", low=0.0, high=1e9)]
Several = Annotated[int, Count(1, 100)]


@dataclass(frozen=True)
class Algorithm:
    """What programs cells; a subclass holds the settings of one way."""

    name: ClassVar[str]
    reports: ClassVar[bool] = True
    """Whether `Crossbar.programming` has what it took of each cell."""

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True)
class WriteVerify(Algorithm):
    """Settings that all algorithms of write and verify share.

    Parameters
    ----------
    window : float
        Largest distance from the target at which a verify read accepts a state, in w.
    max_pulses : int
        Most pulses, set and reset together. A cell that the read after them does not accept has failed.
    delay : float
        Time between a pulse and the verify read after it [s].
    set, reset : Ramp
        Voltages of the pulses of both directions.
    reads : int
        Verify reads in a row that must lie inside the window.
    rounds : int
        How often the algorithm goes over the whole array; accepted cells are read again, and changed where needed.
    pause : float
        Time between rounds [s].
    wires : bool
        Whether verify reads go through the wires of an array that has some. Currents are then solved anew for each read
        of all cells.
    levels : str, optional
        Levels of the device (section ``levels`` of its profile): each target becomes that of the nearest level, and its
        write window stands in place of `window`.
    """

    window: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 0.02
    max_pulses: Annotated[int, Count(1, MAX_PULSES)] = 100
    delay: Time = 0.0
    set: Ramp = DEVICE_VOLTAGE
    reset: Ramp = DEVICE_VOLTAGE
    reads: Several = 1
    rounds: Several = 1
    pause: Time = 0.0
    wires: bool = True
    levels: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    chooses_voltage: ClassVar[bool] = False
    """Whether the voltage of set pulses follows from the target of a cell, see `first_voltages`."""
    decide: ClassVar[Any]
    """Scalar function (reading, low, high, memory, knobs) -> (action, voltage [V], memory), see `VerifySpec`."""

    @property
    def read_rows(self) -> int:
        """Rows whose cells are read together; 1 for reads of single cells."""
        return 1

    @property
    def turns(self) -> float:
        """Most changes of direction."""
        return math.inf

    @property
    def at_end(self) -> float:
        """Most pulses in a row at the end voltage."""
        return math.inf

    @property
    def refinement(self) -> float:
        """Factor on the steps of voltages after the first change of direction."""
        return 1.0

    def first_voltages(self, sizes: Any, voltages: PulseVoltages) -> Any:
        """Voltage of the set pulses of each cell [V], of algorithms that choose it.

        `sizes` are those of set pulses that take an erased nominal cell to its target, in pulses of the device.
        """
        raise NotImplementedError

    @property
    def coarse(self) -> tuple[float | None, float | None]:
        """Start and step of the voltages of set pulses before the first change of direction; None: as later."""
        return None, None

    def knobs(self, voltages: PulseVoltages) -> Knobs:
        """The settings as kernels take them, for a device with these pulses."""
        start, step = self.coarse
        later = self.set.voltages(voltages.set_voltage)
        return Knobs(
            *later,
            *self.reset.voltages(voltages.reset_voltage),
            self.turns,
            self.at_end,
            float(self.reads),
            self.refinement,
            later[0] if start is None else start,
            later[1] if step is None else step,
        )
