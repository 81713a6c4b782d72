"""Construction of arrays: settings are checked, and fresh or measured cells are made."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from memsim.arrays import checks, faults
from memsim.arrays.axes import Axes
from memsim.arrays.bank import Bank, Banks, planned
from memsim.arrays.circuit import circuit_of
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.counting import Counter
from memsim.arrays.readout import Periphery, Readout
from memsim.arrays.site import Site
from memsim.arrays.state import ArrayState, lines_of
from memsim.arrays.wear import checked_cycles
from memsim.arrays.wires.line_resistances import Wires
from memsim.backends import resolve
from memsim.errors import InputError
from memsim.philox import NO_SCOPE, Scope, Stream, padded, scoped
from memsim.profiles import DeviceProfile, device_of
from memsim.real_arrays import check_real

READINGS = ("single", "reference", "pair")


def array_state(
    device: DeviceProfile | str,
    rows: int,
    cols: int,
    *,
    arrays: int | None = None,
    seed: int = 0,
    bounds: tuple[float, float] | None = (0.0, 1.0),
    initial: tuple[float, float] = (0.0, 0.01),
    column: str | None = None,
    dtype: str = "float32",
    backend: str = "auto",
    first_array: int = 0,
    scope: Scope = NO_SCOPE,
    faults: Any = None,
    dac: DAC | None = None,
    adc: ADC | None = None,
    wires: Wires | None = None,
    tile: tuple[int, int] | None = None,
    count_cell_pulses: bool | None = None,
    prior_cycles: float = 0.0,
    count: bool = False,
    conductance: np.ndarray | None = None,
) -> ArrayState:
    """A stack of fresh arrays, or of measured ones.

    Parameters and errors are those of `Crossbar`, and `conductance`, ([array,] row, line): measured conductances [S] in
    place of fresh cells; a plan then counts as programmed.
    """
    profile = device_of(device)
    shape = checks.checked_shape(1 if arrays is None else arrays, rows, cols, first_array)
    axes = Axes(None if arrays is None else shape[0])
    own_bounds = checks.check_bounds(bounds, profile)
    limits = checks.compliance_limits(own_bounds, profile)
    column = checks.choice("column", column or profile.spec.read.column, READINGS)
    precision = np.dtype(checks.choice("dtype", str(dtype), ("float32", "float64")))
    if not isinstance(scope, Scope):
        raise InputError(f"scope: {scope!r} is not a memsim.philox.Scope")
    scoped(seed, scope)
    site = Site(resolve(backend), int(seed), int(first_array), scope=scope)
    size = (shape[0], shape[1], lines_of(column, shape[2]))
    readout = Readout(Periphery(dac, adc, wires, tile), column, size, site)
    if conductance is not None:
        conductance = np.broadcast_to(conductance, size)
    check_real("faults", faults)
    fault_map = None if faults is None else np.array(faults)
    start = checks.pair("initial", initial)
    counts = profile.spec.endurance is not None
    if count_cell_pulses is not None:
        counts = checks.flag("count_cell_pulses", count_cell_pulses)
    fresh = _Fresh(site, size, column, precision, limits, start, axes.arrays is not None)
    only_programmed = profile.spec.update is None
    cells = fresh.banks(profile, fault_map, conductance, counts=counts)
    _wear(cells.lines, prior_cycles)
    if checks.flag("count", count):
        circuit = circuit_of(profile.spec, readout, shape[0])
        cells.lines.counter = Counter(cells, circuit, readout.cut, column)
    return ArrayState(
        profile,
        axes,
        shape,
        own_bounds,
        limits,
        column,
        precision,
        site,
        readout,
        cells=cells,
        plan=fresh.banks(planned(profile), None, conductance) if only_programmed else None,
        programmed=not only_programmed or conductance is not None,
        pulses=site.backend.xp.zeros((shape[0], size[2], 2), np.int64),
        fault_map=fault_map,
        measured=conductance,
    )


def _wear(bank: Bank, cycles: float) -> None:
    """Let cells see cycles before anything is programmed.

    Raises
    ------
    InputError
        If cycles change nothing in such cells, or the number is not allowed.
    """
    number = float(checked_cycles(cycles, ()))
    if not number:
        return
    if not bank.wear.changes:
        raise InputError(
            f"prior_cycles: device '{bank.device.name}' does not say what cycles do to its cells (section "
            "'endurance'); allowed: 0"
        )
    bank.wear.add(number)
    bank.wear_out()


@dataclasses.dataclass(frozen=True)
class _Fresh:
    """What the cells and the plan of new arrays have in common; `initial` is the range of fresh states."""

    site: Site
    size: tuple[int, int, int]
    column: str
    dtype: np.dtype
    limits: tuple[float, float]
    initial: tuple[float, float]
    stack: bool

    def banks(
        self,
        device: DeviceProfile,
        fault_map: np.ndarray | None,
        conductance: np.ndarray | None,
        *,
        counts: bool = False,
    ) -> Banks:
        """Cells of the bit lines, whose pulses may be counted one by one, and of the reference column."""
        arrays, rows, lines = self.size
        layout = (arrays, lines, rows)
        own: dict[str, Any] = {"dtype": self.dtype, "limits": self.limits}
        rates, states, fresh = device.spec.faults, None, None
        if conductance is not None:
            states = _normalised(conductance, device, self.dtype)
        else:
            fresh = self._states(layout)
        if fault_map is not None:
            stuck = faults.from_map(fault_map, device.spec, layout, self.stack)
        else:
            stuck = faults.drawn(rates, self.site, layout) if states is None else None
        cells = Bank(device, self.site, layout, fresh, stuck=stuck, measured=states, counts=counts, **own)
        if self.column != "reference":
            return Banks(cells, None)
        site, layout = dataclasses.replace(self.site, reference=True), (arrays, 1, rows)
        stuck = faults.drawn(rates, site, layout) if fault_map is None else None
        return Banks(cells, Bank(device, site, layout, None, stuck=stuck, **own))

    def _states(self, layout: tuple[int, int, int]) -> Any:
        """Uniform states (array, line, padded row)."""
        start, end = self.initial
        fresh = self.site.draw("uniform", layout, Stream.INITIAL)
        fresh *= end - start
        fresh += start
        fresh = fresh.astype(self.dtype, copy=False)
        fresh[:, :, layout[2] :] = 0  # rows that fill up the tiles: at 0, no rule asks them for a change
        return fresh


def _normalised(siemens: np.ndarray, device: DeviceProfile, dtype: np.dtype) -> np.ndarray:
    """Normalised states (array, line, padded row) of conductances (array, row, line) [S]."""
    window = device.spec.conductance
    arrays, rows, lines = siemens.shape
    state = np.zeros((arrays, lines, padded(rows)), dtype)
    state[:, :, :rows] = ((siemens - window.min) / window.width).swapaxes(1, 2)
    return state
