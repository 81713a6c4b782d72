"""Crossbar arrays of one device: program them with local rules, read them with noise; many arrays in one call."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from memsim.arrays import checks, faults, measured, reading, storage
from memsim.arrays.aging import accelerated
from memsim.arrays.axes import Axes, Signal
from memsim.arrays.bank import Bank, Banks, planned
from memsim.arrays.containers import like
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.interconnect import TileMaps
from memsim.arrays.line_resistances import Wires
from memsim.arrays.mapping import Mapping
from memsim.arrays.programming import program
from memsim.arrays.readout import Moment, Periphery, Readout
from memsim.arrays.site import Site
from memsim.arrays.training import train
from memsim.backends import resolve
from memsim.errors import InputError, RetentionWarning
from memsim.learning import Encoding, LocalRule, rule_of
from memsim.philox import NO_SCOPE, Occasion, Scope, Stream, scoped
from memsim.profiles import DeviceProfile, device_of

if TYPE_CHECKING:
    import xarray as xr

READINGS = ("single", "reference", "pair")


class PulseCounts(NamedTuple):
    """Programming pulses given so far, (line,) or (array, line), int64; each pulse counts its half-selected cells."""

    set: np.ndarray
    reset: np.ndarray
    half_selected: np.ndarray


class Crossbar:
    """A crossbar array of one device, or a stack of equal ones.

    Inputs have the axes (..., row), outputs (..., col). One matrix takes any leading axes. A stack follows the rules of
    ``numpy.matmul``: inputs are (row,) or (sample, row) for all arrays, or (..., array, sample, row); outputs are
    (array, col), (array, sample, col) or (..., array, sample, col). Samples of several leading axes are numbered in C
    order.

    The state of a cell is its weight w, dimensionless: w in [0, 1] spans the device's window,
    G = G_min + w (G_max - G_min). The CPU gives the same bits for any thread count, and array a of a large ensemble is
    array 0 of one that starts at ``first_array=a``.

    A device without an update model is only programmed: `train` makes ideal steps on a plan, exact and without noise,
    and `program` brings the plan into the cells with the device's error model. Until then reads are those of the plan.

    Parameters
    ----------
    device : DeviceProfile or str
        The cells; a name is looked up among the shipped profiles, or is the path of a YAML file.
    rows, cols : int
        Word lines (inputs) and outputs: bit lines, or pairs of them.
    arrays : int, optional
        Size of a stack of arrays: images, or Monte-Carlo devices. Not given, the crossbar is one matrix (row, col), and
        nothing has an array axis. A stack has it, also a stack of one.
    seed : int
        Key of every random number, 0 to 2^64 - 1.
    bounds : (float, float) or None, optional
        Range of w that weights span. Each end that lies strictly inside the nominal window [0, 1] is also a compliance
        limit: targets and pulses do not exceed it, except in a cell whose own window lies beyond it. An end at 0 or 1
        limits nothing, so each cell keeps its own window. Beyond [0, 1], or None for no bounds, only for a device whose
        window is nominal by convention; its bounds are literal. Default [0, 1].
    initial : (float, float)
        Fresh cells are uniform in this range of w.
    column : {"single", "reference", "pair"}, optional
        How an output is read: from a column alone; minus the current of a reference column whose cells stay at their
        own G_min; or as the difference of a pair of columns, the second of which learns the opposite of the first, so
        that weights have both signs. The device's own default (``read.column``) if not given.
    dtype : {"float32", "float64"}
        Precision of the state.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    first_array : int
        Address of the first array, for ensembles that are computed in parts.
    scope : Scope, optional
        Which layer of which network the array is, for several that share a seed; see `memsim.philox`.
    faults : array_like, optional
        Which cells are stuck, (row, line) or of a stack (array, row, line), lines as in `weights`: -1 off, 0 sound, 1
        on, 2 inside the window, where ``faults.stuck_at`` of the device says. Drawn by the rates of the device if not
        given, in the reference column as well, whose cells are sound with a map.
    dac, adc : DAC or ADC, optional
        Converters of inputs and outputs; ideal if not given.
    wires : Wires, optional
        Resistances of the lines, of which each tile has its own; none if not given.
    tile : (rows, columns), optional
        Size of the arrays over which larger matrices are split; the outputs of those above each other are converted
        apart and added. One array of any size if not given.

    Raises
    ------
    InputError
        If a size, bound or name is not allowed.
    BackendError
        If the backend cannot run here.
    """

    limits: tuple[float, float]
    """Compliance limits of w, (lower, upper); infinite where there is none."""
    mapping: Mapping | None = None
    """How weights lie on the cells, for crossbars made by `from_weights`."""

    def __init__(
        self,
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
    ) -> None:
        self.device = device_of(device)
        self._shape = checks.checked_shape(1 if arrays is None else arrays, rows, cols, first_array)
        self._axes = Axes(None if arrays is None else self._shape[0])
        self.bounds = checks.check_bounds(bounds, self.device)
        self.limits = checks.compliance_limits(self.bounds, self.device)
        self.column = checks.choice("column", column or self.device.spec.read.column, READINGS)
        self.dtype = np.dtype(checks.choice("dtype", str(dtype), ("float32", "float64")))
        if not isinstance(scope, Scope):
            raise InputError(f"scope: {scope!r} is not a memsim.philox.Scope")
        scoped(seed, scope)
        self.seed, self.scope = int(seed), scope
        self.first_array = first_array = int(first_array)
        self._site = Site(resolve(backend), self.seed, first_array, scope=scope)
        self._steps = 0
        self._reads = 0

        self._fault_map = None if faults is None else np.array(faults)
        size = (self._shape[0], rows, self._lines)
        self._readout = Readout(Periphery(dac, adc, wires, tile), self.column, size, self._site)
        self._counts = self._site.backend.xp.zeros((self._shape[0], self._lines, 2), np.int64)
        self._measured: np.ndarray | None = None
        self._cells = self._banks(self.device, checks.pair("initial", initial), faults)
        self._plan: Banks | None = None
        self._programmed = self.device.spec.update is not None
        if not self._programmed:
            self._plan = self._banks(planned(self.device), checks.pair("initial", initial))

    @classmethod
    def from_conductance(
        cls,
        conductance: Any,
        device: DeviceProfile | str,
        *,
        column: str = "single",
        missing: float | None = None,
        **options: Any,
    ) -> Crossbar:
        """A crossbar of cells with measured conductances, which reads reproduce whatever the device's window is.

        The measurement is the end of the programming: time counts from it, and drift, relaxation and read noise act on
        the measured conductances. `conductance` equals them to 3e-7 of the larger of G and G_min in float32, to 6e-16
        in float64.

        A conductance may lie outside the window that the device-to-device spread draws for its cell. The window of this
        cell is then widened to hold it, so that later pulses begin there. A cell with two states is at the nearer one,
        and this state is the measured one. A conductance beyond the `bounds` stays there until a pulse changes the
        cell. The rates of stuck cells in the device are not used, as a map has the conductances of stuck cells in it.
        Cells that `faults` marks are stuck at their measured conductances.

        Parameters
        ----------
        conductance : (row, col) or (array, row, col)
            Measured conductances [S]; lines in place of columns for pairs: all first ones, then all second. Also a
            DataArray with these dimensions and the attribute `units`, see `memsim.read_conductance_map`.
        device : DeviceProfile or str
            What the cells are besides their conductances.
        column : {"single", "reference", "pair"}
            How an output is read, see `Crossbar`; from a column alone if not given, whatever the device's default is.
            The cells of a reference column are not measured; they stay at their own G_min.
        missing : float, optional
            Conductance of the cells that were not measured (NaN, or masked) [S]. They are refused if not given.
        **options
            Further parameters of `Crossbar`; `arrays` copies of a matrix differ in all that is not measured.

        Raises
        ------
        InputError
            If a conductance or an option is not allowed.

        Warns
        -----
        WindowWarning
            If conductances lie outside the device's nominal window, or beyond the bounds of the array.

        Examples
        --------
        >>> xbar = Crossbar.from_conductance([[2e-6, 5e-6], [9e-6, 3e-6]], "taox-hfox-wu2018")
        >>> xbar.output([1, 1], noise=False) * xbar.full_scale  # V_read (1, 1) G [A]
        """
        return measured.measured(cls, conductance, device, column, missing, options)

    def _start_from(self, conductance: np.ndarray) -> None:
        """Begin with measured conductances (array, row, line) [S] in place of fresh cells."""
        self._measured = conductance
        self._cells = self._banks(self.device, (0.0, 0.0), self._fault_map)
        if self._plan is not None:
            self._plan, self._programmed = self._banks(planned(self.device), (0.0, 0.0)), True

    @classmethod
    def from_weights(
        cls,
        weights: Any,
        device: DeviceProfile | str,
        *,
        mapping: Mapping | str = "pair",
        by: str | None = None,
        cycles: int = 1,
        **options: Any,
    ) -> Crossbar:
        """A crossbar that holds weights: ``x @ crossbar`` is about ``x @ weights``.

        A reference column is brought to the middle of the bounds exactly, in every cell's own window (assumed), or
        with the device's error model.

        Parameters
        ----------
        weights : (row, col) or (array, row, col)
            Of inputs (rows) in outputs (columns): one matrix, or a stack.
        device : DeviceProfile or str
            The cells.
        mapping : Mapping or str
            How weights become states; a string is its kind.
        by, cycles
            How they are programmed, see `program`.
        **options
            Further parameters of `Crossbar`; `arrays` copies of a matrix are programmed, each with its own errors.

        Raises
        ------
        InputError
            If the weights or an option are not allowed.
        """
        from memsim.arrays.products import mapped

        return mapped(cls, weights, device, mapping, {"by": by, "cycles": cycles}, options)

    def product(self, x: Any) -> Any:
        """Sums of inputs times weights, read with noise, (..., col), in units of weight times input; ``x @ crossbar``.

        For crossbars made by `from_weights`. Objects of xarray and pandas do not leave ``@`` to their right side; pass
        them here.

        Parameters
        ----------
        x : array_like
            Inputs (..., row), see `read`; in units of the read voltage. The sums have its type.

        Raises
        ------
        InputError
            If the shape does not fit, or no weights are mapped.

        Examples
        --------
        >>> xbar = Crossbar.from_weights([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]], "ideal")
        >>> xbar.product([1.0, 2.0, 3.0])  # about (2, 7)
        """
        from memsim.arrays.products import product

        return product(self, x)

    __array_ufunc__ = None
    __array_priority__ = 1000.0  # NumPy and CuPy leave ``x @ crossbar`` to `__rmatmul__`

    def __rmatmul__(self, x: Any) -> Any:
        return self.product(x)

    def __matmul__(self, x: Any) -> NoReturn:
        raise TypeError("crossbar @ x is not defined: inputs (..., row) stand on the left; write x @ crossbar")

    def calibrate(self, x: Any) -> Crossbar:
        """Set the range of the ADCs from the expected outputs for inputs x (see `read`), and return self.

        Raises
        ------
        InputError
            If there is no ADC, its range is fixed, or an array gives no output.
        """
        self._readout.calibrate(self._present, self._inputs(x).values)
        return self

    def tile_maps(self, array: int = 0) -> TileMaps:
        """What wires do to the cells of the first tile of an array: the voltage of each, and how much less it counts.

        Raises
        ------
        InputError
            If there are no wires.
        """
        return self._readout.maps(self._present, array)

    def to_netcdf(self, path: Any, *, force: bool = False) -> Path:
        """Write the whole array as netCDF and return the path: it goes on as this one would, see `from_netcdf`.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or it cannot be written.
        """
        return storage.save(self, path, force=force)

    @classmethod
    def from_netcdf(cls, path: Any, *, backend: str = "auto") -> Crossbar:
        """The array that `to_netcdf` wrote.

        Raises
        ------
        OutputError
            If the file is missing or does not hold a crossbar.
        """
        return storage.load(cls, path, backend)

    def _banks(self, device: DeviceProfile, initial: tuple[float, float], fault_map: Any = None) -> Banks:
        """Fresh cells of the bit lines, and of the reference column."""
        arrays, rows, _ = self._shape
        layout = (arrays, self._lines, rows)
        site = self._site
        start, end = initial
        fresh = site.draw("uniform", layout, Stream.INITIAL)
        fresh *= end - start
        fresh += start
        fresh = fresh.astype(self.dtype, copy=False)
        fresh[:, :, rows:] = 0  # rows that fill up the tiles: at 0, no rule asks them for a change
        own: dict[str, Any] = {"dtype": self.dtype, "limits": self.limits}
        rates, states = device.spec.faults, None
        if self._measured is not None:
            states = measured.states(self._measured, device, self.dtype)
        if fault_map is not None:
            stuck = faults.given(fault_map, device.spec, layout, self._axes.arrays is not None)
        else:
            stuck = faults.drawn(rates, site, layout) if states is None else None
        lines = Bank(device, site, layout, fresh, stuck=stuck, measured=states, **own)
        if self.column != "reference":
            return Banks(lines, None)
        site, layout = dataclasses.replace(self._site, reference=True), (arrays, 1, rows)
        stuck = faults.drawn(rates, site, layout) if fault_map is None else None
        return Banks(lines, Bank(device, site, layout, None, stuck=stuck, **own))

    @property
    def _lines(self) -> int:
        """Bit lines: the outputs' first lines, then, of pairs, their second ones."""
        return self._shape[2] * (2 if self.column == "pair" else 1)

    @property
    def _present(self) -> Banks:
        """What reads see: the cells, or the plan for them."""
        return self._cells if self._plan is None or self._programmed else self._plan

    def _shown(self, bank: Bank) -> Any:
        """States of the cells as reads see them, (array, row, line), of the backend."""
        return bank.seen[:, :, : self._shape[1]].swapaxes(1, 2)

    @property
    def planned(self) -> bool:
        """Whether reads are those of a plan that `program` is yet to bring into the cells."""
        return not self._programmed

    @property
    def backend(self) -> str:
        """Name of the backend that computes."""
        return self._site.backend.name

    @property
    def shape(self) -> tuple[int, ...]:
        """(row, col) of one matrix, (array, row, col) of a stack."""
        return self._shape if self._axes.arrays is not None else self._shape[1:]

    @property
    def window(self) -> tuple[float, float]:
        """Nominal G_min and G_max [S]."""
        return self.device.spec.conductance.min, self.device.spec.conductance.max

    @property
    def full_scale(self) -> float:
        """V_read (G_max - G_min) [A]: the current by which outputs are divided to be dimensionless."""
        low, high = self.window
        return self.device.spec.read.voltage * (high - low)

    @property
    def weights(self) -> np.ndarray:
        """State w of every cell as reads see it, (row, line) or (array, row, line), dimensionless; a copy.

        It has write noise, which the state that pulses act on has not. Pairs: all first lines, then all second.
        """
        return self._axes.cells(self._states)

    @property
    def _states(self) -> np.ndarray:
        return self._site.backend.numpy(self._shown(self._present.lines).copy())

    @property
    def saturated(self) -> np.ndarray:
        """Whether the state of each cell is at an end: of its own window, or a compliance limit; as `weights`."""
        states = self._present.lines.saturated[:, :, : self._shape[1]].swapaxes(1, 2)
        return self._axes.cells(self._site.backend.numpy(states))

    @property
    def effective_weights(self) -> np.ndarray:
        """Weight of every input in every output, dimensionless: w, or the difference of a pair.

        (row, col) or (array, row, col). With wires, of cells that are ohmic: what is left of it at the output.
        """
        seen, cols = self._readout.seen(self._present)[0], self._shape[2]
        weights = self._site.backend.numpy(seen.state)[:, :, : self._shape[1]].swapaxes(1, 2)
        if self.column == "pair":
            return self._axes.cells(weights[:, :, :cols] - weights[:, :, cols:])
        low, high = self.window
        return self._axes.cells(weights + (seen.offset - low / (high - low)))

    @property
    def conductance(self) -> xr.DataArray:
        """Conductance of every cell as reads see it, without read noise and wires [S]; a copy.

        (row, line) or (array, row, line).
        """
        conductance = storage.labelled_conductance(self)
        return conductance.isel(array=0, drop=True) if self._axes.arrays is None else conductance

    @property
    def pulses(self) -> PulseCounts:
        """Programming pulses given so far, (line,) or (array, line).

        Half-selected cells are counted for programming one cell at a time at half voltage on the unselected lines: each
        pulse disturbs the rows - 1 other cells of its bit line and the cols - 1 of its word line. Pulses to stuck cells
        count; what a device that is only programmed needs is not known, and counts as none.
        """
        rows, cols = self._shape[1], self._lines
        counts = self._axes.cells(self._site.backend.numpy(self._counts))
        ups, downs = counts[..., 0].copy(), counts[..., 1].copy()
        return PulseCounts(ups, downs, (ups + downs) * (rows + cols - 2))

    def train(
        self,
        rule: LocalRule | str,
        inputs: Any,
        targets: Any,
        *,
        steps: int = 1,
        encoding: Encoding | str | None = None,
        batch: int = 1,
        active: Any = None,
        period: float = 0.0,
        **settings: Any,
    ) -> Crossbar:
        """Train in place with a local rule and return self; each step shows every sample once, in order.

        Parameters
        ----------
        rule : LocalRule or str
            For example ``Hebbian(rate=0.2)``, or the name "hebbian" with the setting ``rate=0.2``.
        inputs : array_like
            (..., row), in units of the read voltage; see `read`.
        targets : array_like
            (..., col), dimensionless; as many samples as inputs, for all arrays of a stack or for each.
        steps : int
            How often the samples are shown.
        encoding : Encoding or str, optional
            How pulses deliver a change; the device's default if not given: ``counted`` for real devices, ``exact`` for
            the ideal cell and for the plan of a device that is only programmed.
        batch : int
            Samples that are read before the array is changed, for rules that need its outputs.
        active : (array,) of bool, optional
            Arrays of a stack that are trained; the others get no pulse. All if not given.
        period : float
            Time that each step takes [s], evenly spread over its samples; see `wait`.
        **settings
            Of a rule that is a name; its defaults if not given.

        Raises
        ------
        InputError
            If a shape does not fit, a value is not finite, or a rule or one of its settings is unknown.
        """
        how: dict[str, Any] = {"steps": steps, "encoding": encoding, "batch": batch, "active": active, "period": period}
        train(self, rule_of(rule, settings), inputs, targets, **how)
        return self

    def program(
        self,
        weights: Any = None,
        *,
        by: str | None = None,
        cycles: int = 1,
        encoding: Encoding | str | None = None,
        error: float = 0.0,
        falls: bool = False,
        reference: float | None = None,
    ) -> Crossbar:
        """Program every cell to a wished state and return self.

        By pulses, in rounds of read, verify and write: a round asks every cell for target - w and delivers it as pulses
        of the device, with their non-linearity, noise, window and count, line by line. The verify step knows exactly
        what reads see (assumed). One round from fresh cells is open-loop programming.

        By the device's error model: a target in the cell window plus a Gaussian error of the published width, which
        may leave the window, as measured distributions do; only conductances below 0 are cut off.

        A target outside the compliance limits becomes the nearer limit. A target that a cell's own window does not
        reach becomes the nearer end of this window.

        Parameters
        ----------
        weights : array_like, optional
            Targets, (row, line) or (array, row, line) or what broadcasts to it, dimensionless, lines as in `weights`.
            What `weights` shows if not given: of a device that is only programmed, what was trained.
        by : {"pulses", "model"}, optional
            Pulses if the device has an update model, else its error model.
        cycles : int
            Rounds of pulses; the error model has none.
        encoding : Encoding or str, optional
            How pulses deliver a change; by default, and for a name, with rounding to the nearest count, so that a cell
            within half a pulse of its target is left alone. The device's own if not given.
        error : float
            Sigma of a further Gaussian error, added once to every cell after the last round, in w; dimensionless.
        falls : bool
            Whether a one-sided device gets reset pulses too.
        reference : float, optional
            State to which a reference column is brought: exactly within its cells' own windows (assumed), or with the
            device's error model. As it is if not given; the error model then writes 0.

        Raises
        ------
        InputError
            If a shape does not fit or a value is not allowed.
        """
        how: dict[str, Any] = {"by": by, "cycles": cycles, "encoding": encoding, "error": error, "falls": falls}
        program(self, weights, reference=reference, **how)
        return self

    def refresh(self, threshold: float = 0.9, *, cycles: int | None = None) -> np.ndarray:
        """Reset the pairs of which a cell is nearly full, write their differences again, and return which they were.

        For arrays with ``column="pair"``, whose cells may fill up while only differences are weights (one-sided
        devices). Both ways go by rounds of read, verify and one pulse, with the device's noise and counted as any
        pulse; the reset is a single pulse where that is all it takes (phase-change memory).

        Parameters
        ----------
        threshold : float
            State of either cell, in w, from which a pair is refreshed.
        cycles : int, optional
            Rounds of each way; the number of pulses that span the window if not given.

        Returns
        -------
        (row, col) or (array, row, col) of bool
            The pairs that were refreshed.

        Raises
        ------
        InputError
            The array has no pairs, or a number is not allowed.
        """
        from memsim.arrays.refresh import refresh

        return refresh(self, threshold, cycles)

    def wait(self, seconds: float, temperature: float | None = None) -> Crossbar:
        """Let time pass and return self: states change as the device's retention says, and correlated noise goes on.

        A cell ages from when pulses last changed it, or the whole array was programmed.

        Parameters
        ----------
        seconds : float
            Time [s].
        temperature : float, optional
            Temperature meanwhile [K], for devices whose retention has an activation energy; that for which their
            numbers hold if not given. It does not change read noise.

        Raises
        ------
        InputError
            If a number is not allowed, the device does not know what temperature does, or nothing is programmed yet.

        Warns
        -----
        RetentionWarning
            If the device specifies no retention.
        """
        seconds = checks.duration("seconds", seconds)
        aged = self._ageing(seconds, temperature)
        if seconds > 0:
            self._warn_of_retention(stacklevel=3)
        return self._pass(seconds, aged)

    def _ageing(self, seconds: float, temperature: float | None = None) -> float:
        """Time at the reference temperature [s] that does the same to the states, if time may pass at all."""
        aged = accelerated(self.device.spec, seconds, temperature)
        if not self._programmed:
            raise InputError(
                f"wait: nothing is programmed yet into the cells of device '{self.device.name}'; call program() before"
            )
        return aged

    def _warn_of_retention(self, stacklevel: int) -> None:
        """Warn where time passes for a device that specifies no retention."""
        if self.device.spec.retention is None:
            warnings.warn(
                f"device '{self.device.name}' specifies no retention: its cells keep their states, and time changes "
                "only correlated noise",
                RetentionWarning,
                stacklevel=stacklevel,
            )

    def _pass(self, seconds: float, aged: float) -> Crossbar:
        """Let time pass [s], of which `aged` counts for the states."""
        for bank in self._cells.both:
            bank.wait(seconds, aged)
        return self

    def drift_compensation(self, x: Any, before: Any) -> np.ndarray:
        """Factor by which outputs of each array must be multiplied to undo their common drift.

        The ratio of the summed sizes of read currents, earlier and now: one number, or for a stack (array, 1, 1), for
        inputs (row,) (array, 1). This reads the array, with noise.

        Parameters
        ----------
        x : array_like
            Inputs, see `read`.
        before : (..., col)
            What `read` gave for them after programming [A].

        Raises
        ------
        InputError
            If shapes do not fit, or an array has no current.

        Notes
        -----
        Source: global drift compensation of Joshi et al., Nat. Commun. 11, 2473 (2020),
        doi:10.1038/s41467-020-16108-9.
        """
        host = self._site.backend.host
        return reading.compensation(host(before), np.asarray(host(self.read(x))), self._axes)

    def read(
        self,
        x: Any,
        *,
        first_sample: int = 0,
        index: int | Occasion | None = None,
        interval: float | None = None,
    ) -> Any:
        """Column currents with read noise, (..., col) [A].

        For independent Gaussian noise of every cell, I = V G + sqrt(V^2 S^2) N is exact in distribution. Telegraph and
        1/f noise go on from read to read: each sample is one read, in order, `interval` after the one before. Noise is
        not cut off where it exceeds a cell's conductance.

        Parameters
        ----------
        x : array_like
            (..., row), voltages in units of the read voltage. A stack takes (row,) and (sample, row) for all arrays, or
            (..., array, sample, row). A DataArray may have its dimension named row in any place. Currents have the type
            of x: NumPy, xarray, pandas, torch or, on a CUDA card, CuPy, where nothing passes through the host.
        first_sample : int
            Address of the first sample, for batches that are read in parts.
        index : int or Occasion, optional
            Address of this read's white noise: the number of one of the array's own reads, or the occasion of a read of
            a network. The array's own count of reads so far if not given.
        interval : float, optional
            Time between reads [s]; the device's ``read.duration`` if not given.
        """
        currents = self._outputs(x, first_sample, index, True, interval) * self.full_scale
        return like(x, currents, "current", "A")

    def output(
        self,
        x: Any,
        *,
        first_sample: int = 0,
        index: int | Occasion | None = None,
        noise: bool = True,
        interval: float | None = None,
    ) -> Any:
        """`read` in units of `full_scale`, dimensionless; without noise, the expectation over reads at any time."""
        return like(x, self._outputs(x, first_sample, index, noise, interval), "output", "1")

    def _outputs(
        self, x: Any, first_sample: int, index: int | Occasion | None, noise: bool, interval: float | None
    ) -> Any:
        """Outputs (..., col) as `output` gives them, of NumPy or, for inputs of the backend, of the backend."""
        seconds = None if interval is None else checks.duration("interval", interval)
        signal, backend = self._inputs(x), self._site.backend
        outputs = self._axes.outer(self._output(signal.values, first_sample, index, noise, seconds), signal.leading)
        return outputs if isinstance(x, backend.xp.ndarray) else backend.numpy(outputs)

    def _output(
        self,
        signal: Any,
        first_sample: int = 0,
        index: int | Occasion | None = None,
        noise: bool = True,
        interval: float | None = None,
    ) -> Any:
        """Outputs (array, sample, col), of the backend, for a signal (array or 1, sample, row)."""
        if not noise:
            return self._readout.outputs(self._present, signal)
        seconds = self.device.spec.read.duration if interval is None else interval
        positions = index.positions if isinstance(index, Occasion) else 1
        first = checks.first_sample(first_sample, -(-signal.shape[1] // positions))
        if isinstance(index, Occasion):
            reads = scoped(self.seed, index.within(self.scope))
            when = Moment(reads, index.index, first, seconds, positions)
        else:
            if index is None:
                index = self._reads
                self._reads += 1
            when = Moment(self._site.key, checks.whole("index", index, 0), first, seconds)
        return self._readout.outputs(self._present, signal, when)

    def known(self, x: Any) -> np.ndarray:
        """The inputs that the DACs' codes stand for, which arithmetic outside can use.

        (..., row) as x; for a stack, inputs that all arrays share have an array axis of length 1.
        """
        signal = self._inputs(x)
        return self._axes.outer(self._ideal(signal.values), signal.leading)

    def _ideal(self, signal: Any) -> np.ndarray:
        """What `known` gives for a signal (array or 1, sample, row), with the same axes."""
        return self._site.backend.numpy(self._readout.ideal(signal))[:, :, : self._shape[1]]

    def steepened(self, x: Any, gradient: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The gradient by voltages x, given the one by those that ohmic cells would need, (..., row).

        The same for ohmic cells; a current that the polynomial conduction adds to all columns is left out.

        Parameters
        ----------
        x : (..., row)
            The voltages, see `read`.
        gradient : (..., row), or (..., array, sample, row) of a stack
            Of ohmic cells: that by the outputs times the effective weights.
        outputs : (..., col), or (..., array, sample, col) of a stack; axes of length 1 broadcast
            The gradient by the outputs, for currents whose coefficients depend on the state.
        """
        rows, signal, backend = self._shape[1], self._inputs(x), self._site.backend
        added = self._excess_matrices()
        if added is not None:
            across = self._axes.outer(backend.numpy(signal.values)[:, :, :rows], signal.leading)
            by_power = [outputs @ self._axes.cells(matrix).swapaxes(-1, -2) for matrix in added]
            return gradient + 2 * across * by_power[0] + 3 * across * across * by_power[1]
        slopes = reading.slope(self.device.spec, backend, signal.values)
        if slopes is None:
            return gradient
        return gradient * self._axes.outer(backend.numpy(slopes)[:, :, :rows], signal.leading)

    def _excess_matrices(self) -> list[np.ndarray] | None:
        """Coefficients of V^2 and V^3 from every input to every output, (array, row, col); None where all are alike."""
        by_bank = [reading.excess_matrices(bank) for bank in self._present.both]
        matrices = []
        for parts in zip(*(own for own in by_bank if own is not None), strict=True):
            lines, *rest = (self._site.backend.numpy(part)[:, :, : self._shape[1]].swapaxes(1, 2) for part in parts)
            if self.column == "pair":
                lines = lines[:, :, : self._shape[2]] - lines[:, :, self._shape[2] :]
            matrices.append(lines - rest[0] if rest else lines)
        return matrices or None

    def difference_variance(self, x: Any, first: int = 0, second: int = 1) -> np.ndarray:
        """Read variance of output `first` minus output `second`, in `full_scale` squared; axes as of `read` before col.

        Both columns share the reference column's noise, which cancels. Converters of outputs add none to it.
        """
        banks, signal = self._present, self._inputs(x)
        spread = self._site.backend.numpy(self._readout.variance(banks.lines, banks, signal.values))
        if self.column == "pair":
            spread = spread[:, :, : self._shape[2]] + spread[:, :, self._shape[2] :]
        return self._axes.outer(spread[:, :, first] + spread[:, :, second], signal.leading)

    def _inputs(self, x: Any, name: str = "x") -> Signal:
        """Inputs (..., row) with internal axes, padded to whole tiles, on the backend."""
        return self._signal(name, x, "row", self._shape[1])

    def _signal(self, name: str, values: Any, axis: str, width: int) -> Signal:
        backend = self._site.backend
        xp = backend.xp if isinstance(values, backend.xp.ndarray) else np
        signal = self._axes.signal(name, values, axis, width, self.dtype, xp)
        return signal._replace(values=backend.asarray(signal.values))
