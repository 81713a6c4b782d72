"""Crossbar arrays of one device: program them with local rules, read them with noise; many arrays in one call."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from memsim.arrays.population import IDEAL_UPDATE, populate
from memsim.backends import resolve
from memsim.errors import InputError, nearest
from memsim.kernels.cell import UpdateSpec
from memsim.learning import Encoding, Hebbian, LocalRule, Settings
from memsim.learning.encoding import coincidences, silent
from memsim.learning.write import Write
from memsim.noise.cycle import CYCLE_TO_CYCLE, SINGLE_PULSE
from memsim.philox import MAX_ARRAYS, TILE, Stream, key, padded
from memsim.profiles import DeviceProfile, load_device

READINGS = ("single", "reference", "pair")
MAX_CELLS = 1 << 33
_COUNTER = 1 << 32
# Read-only arrays are another type to Numba, for which a kernel would be compiled a second time.
_KERNEL: tuple[Literal["C"], Literal["W"]] = ("C", "W")


class PulseCounts(NamedTuple):
    """Programming pulses given so far, (array, column), int64; half-selected cells of both lines counted per pulse."""

    set: np.ndarray
    reset: np.ndarray
    half_selected: np.ndarray


class Crossbar:
    """An ensemble of equal crossbar arrays of one device.

    The state of a cell is its weight w, dimensionless: w in [0, 1] spans the device's window,
    G = G_min + w (G_max - G_min). The CPU gives the same bits for any thread count, and array a of a large ensemble is
    array 0 of one that starts at ``first_array=a``.

    Parameters
    ----------
    device : DeviceProfile or str
        The cells; a name is looked up among the shipped profiles, or is the path of a YAML file.
    rows, cols : int
        Word lines (inputs) and outputs: bit lines, or pairs of them.
    arrays : int
        Size of the ensemble: images, Monte-Carlo devices, or 1.
    seed : int
        Key of every random number, 0 to 2^64 - 1.
    bounds : (float, float) or None, optional
        Bounds of w. Beyond [0, 1], or None for no bounds, only for a device with a nominal window. Default [0, 1].
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

    Raises
    ------
    InputError
        If a size, bound or name is not allowed.
    BackendError
        If the backend cannot run here.
    """

    def __init__(
        self,
        device: DeviceProfile | str,
        rows: int,
        cols: int,
        *,
        arrays: int = 1,
        seed: int = 0,
        bounds: tuple[float, float] | None = (0.0, 1.0),
        initial: tuple[float, float] = (0.0, 0.01),
        column: str | None = None,
        dtype: str = "float32",
        backend: str = "auto",
        first_array: int = 0,
    ) -> None:
        self.device = load_device(device) if isinstance(device, str) else device
        self.shape = _checked_shape(arrays, rows, cols, first_array)
        self.bounds = check_bounds(bounds, self.device)
        self.column = _choice("column", column or self.device.spec.read.column, READINGS)
        self.dtype = np.dtype(_choice("dtype", str(dtype), ("float32", "float64")))
        self.seed = int(seed)
        key(seed)
        self.first_array = first_array
        self._backend = resolve(backend)
        self._steps = 0
        self._reads = 0

        arrays_, rows_, _ = self.shape
        cols_ = self._lines
        layout = (arrays_, cols_, rows_)
        address: dict[str, Any] = {"seed": self.seed, "first_array": first_array}
        self._cells = populate(self.device, self._backend, layout, dtype=self.dtype, **address)
        start, end = _pair("initial", initial)
        fresh = self._backend.fill("uniform", (arrays_, cols_, padded(rows_)), stream=Stream.INITIAL, **address)
        fresh = (start + (end - start) * fresh).astype(self.dtype)
        fresh[:, :, rows_:] = 0  # rows that fill up the tiles: at 0, no rule asks them for a change
        self._state = self._within(fresh)
        self._counts = np.zeros((arrays_, cols_, 2), np.int64)
        self._reference: np.ndarray | None = None
        if self.column == "reference":
            cells = populate(
                self.device, self._backend, (arrays_, 1, rows_), stream=Stream.REFERENCE, dtype=self.dtype, **address
            )
            low = np.zeros((arrays_, 1, padded(rows_)), self.dtype)
            low[:] = cells.value("low")
            self._reference = low

    @property
    def _lines(self) -> int:
        """Bit lines: the outputs' first lines, then, of pairs, their second ones."""
        return self.shape[2] * (2 if self.column == "pair" else 1)

    @property
    def _confined(self) -> bool:
        return not self.device.spec.conductance.nominal

    @property
    def backend(self) -> str:
        """Name of the backend that computes."""
        return self._backend.name

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
        """State w of every cell, (array, row, line), dimensionless; a copy. Pairs: all first lines, then all second."""
        return self._state[:, :, : self.shape[1]].swapaxes(1, 2).copy()

    @property
    def effective_weights(self) -> np.ndarray:
        """Weight of every input in every output, (array, row, col), dimensionless: w, or the difference of a pair."""
        weights, cols = self.weights, self.shape[2]
        return weights[:, :, :cols] - weights[:, :, cols:] if self.column == "pair" else weights

    @property
    def conductance(self) -> np.ndarray:
        """Conductance of every cell, (array, row, line) [S]; a copy."""
        low, high = self.window
        return low + self.weights * (high - low)

    @property
    def pulses(self) -> PulseCounts:
        """Programming pulses given so far, (array, line).

        Half-selected cells are counted for programming one cell at a time at half voltage on the unselected lines: each
        pulse disturbs the rows - 1 other cells of its bit line and the cols - 1 of its word line.
        """
        rows, cols = self.shape[1], self._lines
        ups, downs = self._counts[:, :, 0].copy(), self._counts[:, :, 1].copy()
        return PulseCounts(ups, downs, (ups + downs) * (rows + cols - 2))

    def train(
        self,
        rule: LocalRule,
        inputs: Any,
        targets: Any,
        *,
        steps: int = 1,
        encoding: Encoding | str | None = None,
        batch: int = 1,
        active: Any = None,
    ) -> Crossbar:
        """Train in place with a local rule and return self; each step shows every sample once, in order.

        Parameters
        ----------
        rule : LocalRule
            For example ``Hebbian(rate=0.2)``.
        inputs : array_like
            (array, sample, row), (sample, row) for all arrays, or (row,); in units of the read voltage.
        targets : array_like
            (array, sample, col), (sample, col) or (col,), dimensionless.
        steps : int
            How often the samples are shown.
        encoding : Encoding or str, optional
            How pulses deliver a change; the device's default if not given: ``counted`` for real devices, ``exact`` for
            the ideal cell.
        batch : int
            Samples that are read before the array is changed, for rules that need its outputs.
        active : (array,) of bool, optional
            Arrays that are trained; the others get no pulse. All if not given.

        Raises
        ------
        InputError
            If a shape does not fit or a value is not finite.
        """
        arrays, rows, cols = self.shape
        if encoding is None:
            encoding = Encoding(self.device.spec.encoding)
        elif isinstance(encoding, str):
            encoding = Encoding(encoding)
        for name, value, least in (("steps", steps, 0), ("batch", batch, 1)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value < _COUNTER:
                raise InputError(f"{name}: {value!r} is not a whole number of at least {least}")
        x = self._signal("inputs", inputs, rows, pad=True)
        t = self._signal("targets", targets, cols)
        if x.shape[1] != t.shape[1]:
            raise InputError(f"targets: {t.shape[1]} samples, but inputs have {x.shape[1]}")
        samples = x.shape[1]
        if self._steps + steps * samples >= _COUNTER:
            raise InputError(f"steps: {steps} times {samples} samples exceed the 2^32 steps that an array can address")
        x, t = _spread(x, arrays), _spread(t, arrays)
        trained = np.ones(arrays, bool) if active is None else np.asarray(active, bool)
        if trained.shape != (arrays,):
            raise InputError(f"active: shape {trained.shape} does not fit; allowed: one for each of {arrays} arrays")
        told = trained.astype(self.dtype)[:, None, None]
        if not rule.reads:
            self._update(rule, x, t * told, steps, encoding)
            return self
        for _ in range(steps):
            for first in range(0, samples, batch):
                part = slice(first, min(first + batch, samples))
                shown = np.require(x[:, part], requirements=_KERNEL)
                post = rule.post(self._output(shown), t[:, part]) * told
                self._update(rule, shown, np.asarray(post, self.dtype), 1, encoding)
        return self

    def program(
        self, weights: Any, *, cycles: int = 1, encoding: Encoding | str | None = None, error: float = 0.0
    ) -> Crossbar:
        """Program every cell to a wished state, by rounds of read, verify and write, and return self.

        A round asks every cell for target - w and delivers it as pulses of the device, with their non-linearity, noise,
        window and count, line by line. The verify step knows the state exactly (assumed). One round from fresh cells is
        open-loop programming.

        Parameters
        ----------
        weights : array_like
            Targets, (array, row, line) or what broadcasts to it, dimensionless, lines as in `weights`; the nearest
            bound is the target where they exceed the bounds.
        cycles : int
            Rounds.
        encoding : Encoding or str, optional
            How pulses deliver a change; by default, and for a name, with rounding to the nearest count, so that a cell
            within half a pulse of its target is left alone. The device's own if not given.
        error : float
            Sigma of a further Gaussian error, added once to every cell after the last round, in w; dimensionless.

        Raises
        ------
        InputError
            If a shape does not fit or a value is not allowed.
        """
        arrays, rows, _ = self.shape
        if not isinstance(encoding, Encoding):
            own = self.device.spec.encoding
            encoding = Encoding(encoding or ("counted" if own == "stochastic" else own), rounding="nearest")
        if isinstance(cycles, bool) or not isinstance(cycles, int | np.integer) or cycles < 1:
            raise InputError(f"cycles: {cycles!r} is not a whole number of at least 1")
        if self._steps + cycles >= _COUNTER:
            raise InputError(f"cycles: {cycles} more exceed the 2^32 steps that an array can address")
        if not (math.isfinite(error) and error >= 0):
            raise InputError(f"error: {error!r} is not a finite number of at least 0")
        targets = np.clip(self._targets(weights), *self.bounds)
        rule = Write()
        for line in range(self._lines):
            # Rows that only fill up the tiles are asked to stay.
            x = self._state[:, None, line].copy()
            x[:, 0, :rows] = targets[:, :, line]
            selected = np.zeros((arrays, 1, self._lines), self.dtype)
            selected[:, :, line] = 1
            # All lines share their steps: the line is in the address anyhow, and no address depends on the width.
            self._deliver(rule, x, selected, int(cycles), encoding)
        if error > 0:
            address: dict[str, Any] = {"seed": self.seed, "first_array": self.first_array, "step": self._steps}
            drawn = self._backend.fill("normal", self._state.shape, stream=Stream.PROGRAM, **address)
            self._state = self._within((self._state + error * drawn).astype(self.dtype))
        self._steps += int(cycles)
        return self

    def _targets(self, weights: Any) -> np.ndarray:
        """Wished states of all cells, (array, row, line)."""
        shape = (self.shape[0], self.shape[1], self._lines)
        try:
            targets = np.broadcast_to(np.asarray(weights, self.dtype), shape)
        except (TypeError, ValueError):
            given = np.shape(weights)
            raise InputError(f"weights: shape {given} does not fit; allowed: (array, row, line) = {shape}") from None
        if not np.isfinite(targets).all():
            raise InputError("weights: contains NaN or infinity; only finite numbers are allowed")
        return targets

    def _within(self, state: np.ndarray) -> np.ndarray:
        """The states, clipped to the cells' own windows and to the bounds."""
        if self._confined:
            np.clip(state, self._cells.value("low"), self._cells.value("high"), out=state)
        return np.clip(state, *self.bounds).astype(self.dtype, copy=False)

    def _update(self, rule: LocalRule, x: np.ndarray, post: np.ndarray, steps: int, encoding: Encoding) -> None:
        """Show padded inputs with signals for the outputs `steps` times; second lines of pairs get the opposite."""
        if self.column == "pair":
            post = np.concatenate([post, -post], axis=2)
        self._deliver(rule, x, post, steps, encoding)
        self._steps += int(steps) * x.shape[1]

    def _deliver(self, rule: LocalRule, x: np.ndarray, post: np.ndarray, steps: int, encoding: Encoding) -> None:
        """Give the pulses that a rule asks for, from the present step on; signals (array, sample, line)."""
        trains = encoding.name == "stochastic"
        if trains and rule.change is not Hebbian.change:
            raise InputError(
                f"encoding: 'stochastic' delivers rate x input x signal, which rule '{rule.name}' does not ask for; "
                "use 'counted'"
            )
        update = self.device.spec.update or IDEAL_UPDATE
        span = update.span
        variability = self.device.spec.variability
        c2c = variability.c2c if variability else None
        model = self._cells.model
        of_pulses = SINGLE_PULSE if encoding.single else CYCLE_TO_CYCLE
        noise = model.noise or (of_pulses[c2c.relative_to] if c2c else None)
        spec = UpdateSpec(
            model=model,
            change=coincidences if trains else rule.change,
            idle=silent if trains else rule.idle,
            encode=encoding.function,
            draws=encoding.draws,
            single=encoding.single,
            noise=noise if c2c and c2c.sigma > 0 and model.draws == "normal" else None,
            confined=self._confined,
            one_sided=update.one_sided,
            varying=self._cells.names,
        )
        settings = Settings(span, encoding.max_pulses or span, encoding.threshold, *self.bounds)

        def deliver(x: np.ndarray, post: np.ndarray, steps: int, first_step: int) -> None:
            self._counts += self._backend.update(
                spec,
                self._state,
                x,
                np.require(post, requirements=_KERNEL),
                rate=rule.rate,
                steps=steps,
                first_step=first_step,
                first_array=self.first_array,
                settings=settings,
                common=self._cells.common,
                varying=self._cells.varying,
                seed=self.seed,
            )

        if not trains:
            deliver(x, post, int(steps), self._steps)
            return
        rows, lines = encoding.chances(x, post, rule.rate, span)
        for first_step in range(self._steps, self._steps + int(steps) * x.shape[1], x.shape[1]):
            address: dict[str, Any] = {"first_step": first_step, "first_array": self.first_array, "seed": self.seed}
            deliver(
                self._backend.trains(rows, encoding.slots, stream=Stream.ROW_TRAIN, **address),
                self._backend.trains(lines, encoding.slots, stream=Stream.COLUMN_TRAIN, **address),
                1,
                first_step,
            )

    def read(self, x: Any, *, first_sample: int = 0, index: int | None = None) -> np.ndarray:
        """Column currents with read noise, (array, sample, col) [A].

        For independent Gaussian noise of every cell, I = V G + sqrt(V^2 S^2) N is exact in distribution.

        Parameters
        ----------
        x : array_like
            (array, sample, row), (sample, row) for all arrays, or (row,); voltages in units of the read voltage.
        first_sample : int
            Address of the first sample, for batches that are read in parts.
        index : int, optional
            Address of this read; the array's own count of reads so far if not given.
        """
        return self.output(x, first_sample=first_sample, index=index) * self.full_scale

    def output(self, x: Any, *, first_sample: int = 0, index: int | None = None, noise: bool = True) -> np.ndarray:
        """`read` in units of `full_scale`, dimensionless; without noise, the expectation over reads."""
        return self._output(self._signal("x", x, self.shape[1], pad=True), first_sample, index, noise)

    def _output(
        self, signal: np.ndarray, first_sample: int = 0, index: int | None = None, noise: bool = True
    ) -> np.ndarray:
        current, reference = self._moments(signal)
        mean, variance = current
        if noise:
            if index is None:
                index = self._reads
                self._reads += 1
            address: dict[str, Any] = {
                "first_array": self.first_array,
                "first_sample": first_sample,
                "index": index,
                "seed": self.seed,
            }
            if variance.any():
                self._backend.add_noise(mean, variance, **address)
            if reference is not None and reference[1].any():
                self._backend.add_noise(*reference, **address, stream=Stream.REFERENCE_READ)
        if self.column == "pair":
            return mean[:, :, : self.shape[2]] - mean[:, :, self.shape[2] :]
        return mean if reference is None else mean - reference[0]

    def difference_variance(self, x: Any, first: int = 0, second: int = 1) -> np.ndarray:
        """Read variance of output `first` minus output `second`, (array, sample), in `full_scale` squared.

        Both columns share the reference column's noise, which cancels.
        """
        (_, variance), _ = self._moments(self._signal("x", x, self.shape[1], pad=True))
        spread = np.broadcast_to(variance, (*variance.shape[:2], self._lines))
        if self.column == "pair":
            spread = spread[:, :, : self.shape[2]] + spread[:, :, self.shape[2] :]
        return spread[:, :, first] + spread[:, :, second]

    def _moments(
        self, signal: np.ndarray
    ) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray] | None]:
        low, high = self.window
        noise = self.device.spec.read.noise
        value = noise.sigma if noise is not None and noise.relative_to == "value" else 0.0
        window = noise.sigma if noise is not None and noise.relative_to == "range" else 0.0
        physics = (low / (high - low), value, window)
        current = self._backend.read(signal, self._state, *physics)
        if self._reference is None:
            return current, None
        return current, self._backend.read(signal, self._reference, *physics)

    def _signal(self, name: str, values: Any, width: int, pad: bool = False) -> np.ndarray:
        try:
            signal = np.asarray(values, self.dtype)
        except (TypeError, ValueError):
            raise InputError(f"{name}: not an array of numbers") from None
        signal = signal.reshape((1,) * max(0, 3 - signal.ndim) + signal.shape)
        arrays = self.shape[0]
        if signal.ndim != 3 or signal.shape[2] != width or signal.shape[0] not in (1, arrays):
            axis = "row" if pad else "col"
            raise InputError(
                f"{name}: shape {np.shape(values)} does not fit; allowed: (array, sample, {axis}), (sample, {axis}) or "
                f"({axis},) with {arrays} arrays and {width} {axis}s"
            )
        if not np.isfinite(signal).all():
            raise InputError(f"{name}: contains NaN or infinity; only finite numbers are allowed")
        if pad and width % TILE:
            wide = np.zeros((*signal.shape[:2], padded(width)), self.dtype)
            wide[:, :, :width] = signal
            signal = wide
        return np.require(signal, requirements=_KERNEL)


def _spread(signal: np.ndarray, arrays: int) -> np.ndarray:
    """The signal for every array, in memory of its own where one serves all."""
    if signal.shape[0] == arrays:
        return signal
    return np.require(np.broadcast_to(signal, (arrays, *signal.shape[1:])), requirements=_KERNEL)


def check_bounds(bounds: tuple[float, float] | None, device: DeviceProfile) -> tuple[float, float]:
    """The bounds of w as two numbers (infinite for None), checked against the device's window.

    Raises
    ------
    InputError
        If min is not below max, or the bounds leave [0, 1] on a device that cannot.
    """
    lower, upper = (-math.inf, math.inf) if bounds is None else _pair("bounds", bounds)
    if not device.spec.conductance.nominal and not 0 <= lower < upper <= 1:
        given = "none" if bounds is None else f"[{lower:g}, {upper:g}]"
        raise InputError(
            f"bounds: {given} leave the window of device '{device.name}'; allowed within [0, 1] "
            "(only a cell with a nominal window, such as 'ideal', goes beyond)"
        )
    return lower, upper


def _pair(name: str, values: Any) -> tuple[float, float]:
    try:
        lower, upper = (float(v) for v in values)
    except (TypeError, ValueError):
        raise InputError(f"{name}: {values!r} is not a pair of numbers [min, max]") from None
    if not (math.isfinite(lower) and math.isfinite(upper) and lower < upper):
        raise InputError(f"{name}: [{lower:g}, {upper:g}] is not allowed; min must be below max and both finite")
    return lower, upper


def _choice(name: str, given: str, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise InputError(f"{name}: unknown choice {given!r}{nearest(given, allowed)}")
    return given


def _checked_shape(arrays: Any, rows: Any, cols: Any, first_array: Any) -> tuple[int, int, int]:
    for name, value in (("arrays", arrays), ("rows", rows), ("cols", cols)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name}: {value!r} is not a whole number of at least 1")
    if not 0 <= first_array <= MAX_ARRAYS - arrays:
        raise InputError(f"arrays: addresses {first_array} to {first_array + arrays - 1} exceed {MAX_ARRAYS}")
    cells = arrays * rows * cols
    if cells > MAX_CELLS:
        raise InputError(f"{arrays} arrays of {rows} x {cols} have {cells:.3g} cells; allowed are {MAX_CELLS:.3g}")
    return int(arrays), int(rows), int(cols)
