"""Crossbar arrays of one device: program them with local rules, read them with noise; many arrays in one call."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import checks, faults, reading
from memsim.arrays.aging import accelerated
from memsim.arrays.bank import Bank, Banks, planned
from memsim.arrays.delivery import deliver
from memsim.arrays.site import Site
from memsim.backends import resolve
from memsim.errors import InputError
from memsim.learning import Encoding, LocalRule
from memsim.learning.write import Write
from memsim.philox import Stream, key
from memsim.profiles import DeviceProfile, load_device

READINGS = ("single", "reference", "pair")
METHODS = ("pulses", "model")


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

    A device without an update model is only programmed: `train` makes ideal steps on a plan, exact and without noise,
    and `program` brings the plan into the cells with the device's error model. Until then reads are those of the plan.

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
    faults : array_like, optional
        Which cells are stuck, (array, row, line) or (row, line), lines as in `weights`: -1 off, 0 healthy, 1 on. Drawn
        by the rates of the device if not given, in the reference column as well, whose cells are healthy with a map.

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
        faults: Any = None,
    ) -> None:
        self.device = load_device(device) if isinstance(device, str) else device
        self.shape = checks.checked_shape(arrays, rows, cols, first_array)
        self.bounds = checks.check_bounds(bounds, self.device)
        self.column = checks.choice("column", column or self.device.spec.read.column, READINGS)
        self.dtype = np.dtype(checks.choice("dtype", str(dtype), ("float32", "float64")))
        self.seed = int(seed)
        key(seed)
        self.first_array = first_array
        self._backend = resolve(backend)
        self._steps = 0
        self._reads = 0

        self._counts = np.zeros((self.shape[0], self._lines, 2), np.int64)
        self._cells = self._banks(self.device, checks.pair("initial", initial), faults)
        self._plan: Banks | None = None
        self._programmed = self.device.spec.update is not None
        if not self._programmed:
            self._plan = self._banks(planned(self.device), checks.pair("initial", initial))

    def _banks(self, device: DeviceProfile, initial: tuple[float, float], fault_map: Any = None) -> Banks:
        """Fresh cells of the bit lines, and of the reference column."""
        arrays, rows, _ = self.shape
        layout = (arrays, self._lines, rows)
        site = Site(self._backend, self.seed, self.first_array)
        start, end = initial
        fresh = site.draw("uniform", layout, Stream.INITIAL)
        fresh = (start + (end - start) * fresh).astype(self.dtype)
        fresh[:, :, rows:] = 0  # rows that fill up the tiles: at 0, no rule asks them for a change
        own: dict[str, Any] = {"dtype": self.dtype, "bounds": self.bounds}
        rates = device.spec.faults
        stuck = faults.drawn(rates, site, layout) if fault_map is None else faults.given(fault_map, layout)
        lines = Bank(device, site, layout, fresh, stuck=stuck, **own)
        if self.column != "reference":
            return Banks(lines, None)
        site, layout = Site(self._backend, self.seed, self.first_array, reference=True), (arrays, 1, rows)
        stuck = faults.drawn(rates, site, layout) if fault_map is None else None
        return Banks(lines, Bank(device, site, layout, None, stuck=stuck, **own))

    @property
    def _lines(self) -> int:
        """Bit lines: the outputs' first lines, then, of pairs, their second ones."""
        return self.shape[2] * (2 if self.column == "pair" else 1)

    @property
    def _present(self) -> Banks:
        """What reads see: the cells, or the plan for them."""
        return self._cells if self._plan is None or self._programmed else self._plan

    @property
    def planned(self) -> bool:
        """Whether reads are those of a plan that `program` is yet to bring into the cells."""
        return not self._programmed

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
        """State w of every cell as reads see it, (array, row, line), dimensionless; a copy.

        It has write noise, which the state that pulses act on has not. Pairs: all first lines, then all second.
        """
        return self._present.lines.seen[:, :, : self.shape[1]].swapaxes(1, 2).copy()

    @property
    def effective_weights(self) -> np.ndarray:
        """Weight of every input in every output, (array, row, col), dimensionless: w, or the difference of a pair."""
        weights, cols = self.weights, self.shape[2]
        return weights[:, :, :cols] - weights[:, :, cols:] if self.column == "pair" else weights

    @property
    def conductance(self) -> np.ndarray:
        """Conductance of every cell as reads see it, without read noise, (array, row, line) [S]; a copy."""
        low, high = self.window
        return low + self.weights * (high - low)

    @property
    def pulses(self) -> PulseCounts:
        """Programming pulses given so far, (array, line).

        Half-selected cells are counted for programming one cell at a time at half voltage on the unselected lines: each
        pulse disturbs the rows - 1 other cells of its bit line and the cols - 1 of its word line. Pulses to stuck cells
        count; what a device that is only programmed needs is not known, and counts as none.
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
        period: float = 0.0,
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
            the ideal cell and for the plan of a device that is only programmed.
        batch : int
            Samples that are read before the array is changed, for rules that need its outputs.
        active : (array,) of bool, optional
            Arrays that are trained; the others get no pulse. All if not given.
        period : float
            Time that each step takes [s], evenly spread over its samples; see `wait`.

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
        steps, batch = checks.whole("steps", steps, 0), checks.whole("batch", batch, 1)
        period = checks.duration("period", period)
        x = self._signal("inputs", inputs, rows, pad=True)
        t = self._signal("targets", targets, cols)
        if x.shape[1] != t.shape[1]:
            raise InputError(f"targets: {t.shape[1]} samples, but inputs have {x.shape[1]}")
        samples = x.shape[1]
        if self._steps + steps * samples >= checks.COUNTER:
            raise InputError(f"steps: {steps} times {samples} samples exceed the 2^32 steps that an array can address")
        x, t = checks.spread(x, arrays), checks.spread(t, arrays)
        trained = np.ones(arrays, bool) if active is None else np.asarray(active, bool)
        if trained.shape != (arrays,):
            raise InputError(f"active: shape {trained.shape} does not fit; allowed: one for each of {arrays} arrays")
        told = trained.astype(self.dtype)[:, None, None]
        banks = self._cells
        if self._plan is not None:
            banks, self._programmed = self._plan, False
        if not (rule.reads or period > 0 or banks.lines.stepwise):
            self._update(banks.lines, rule, x, t * told, steps, encoding)
            return self
        size = batch if rule.reads else 1
        for _ in range(steps):
            for first in range(0, samples, size):
                part = slice(first, min(first + size, samples))
                shown = np.require(x[:, part], requirements=checks.KERNEL)
                post = t[:, part] * told
                if rule.reads:
                    post = np.asarray(rule.post(self._output(shown), t[:, part]) * told, self.dtype)
                for one in range(shown.shape[1]) if banks.lines.stepwise else (slice(None),):
                    at = slice(one, one + 1) if isinstance(one, int) else one
                    signals = np.require(shown[:, at], requirements=checks.KERNEL)
                    self._update(banks.lines, rule, signals, post[:, at], 1, encoding)
                if period > 0:
                    self.wait(period * shown.shape[1] / samples)
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
    ) -> Crossbar:
        """Program every cell to a wished state and return self.

        By pulses, in rounds of read, verify and write: a round asks every cell for target - w and delivers it as pulses
        of the device, with their non-linearity, noise, window and count, line by line. The verify step knows exactly
        what reads see (assumed). One round from fresh cells is open-loop programming.

        By the device's error model: a target in the cell's window plus a Gaussian error of the published width, which
        may leave the window, as measured distributions do; only conductances below 0 are cut off.

        Parameters
        ----------
        weights : array_like, optional
            Targets, (array, row, line) or what broadcasts to it, dimensionless, lines as in `weights`; the nearest
            bound is the target where they exceed the bounds. What `weights` shows if not given: of a device that is
            only programmed, what was trained.
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

        Raises
        ------
        InputError
            If a shape does not fit or a value is not allowed.
        """
        by = checks.choice("by", by or ("pulses" if self._plan is None else "model"), METHODS)
        if by == "pulses" and self._plan is not None:
            raise InputError(f"by: device '{self.device.name}' has no update model for pulses; use 'model'")
        cycles = checks.whole("cycles", cycles, 1)
        if self._steps + cycles >= checks.COUNTER:
            raise InputError(f"cycles: {cycles} more exceed the 2^32 steps that an array can address")
        if not (math.isfinite(error) and error >= 0):
            raise InputError(f"error: {error!r} is not a finite number of at least 0")
        if weights is None:
            weights = (self._cells if self._plan is None else self._plan).lines.seen
            weights = weights[:, :, : self.shape[1]].swapaxes(1, 2)
        targets = np.clip(self._targets(weights), *self.bounds)
        if by == "pulses":
            if not isinstance(encoding, Encoding):
                own = self.device.spec.encoding
                encoding = Encoding(encoding or ("counted" if own == "stochastic" else own), rounding="nearest")
            self._program_by_pulses(targets, cycles, encoding, falls)
        else:
            cycles = 1
            self._program_by_model(targets)
        if error > 0:
            self._cells.lines.disturb(error, self._steps)
        self._steps += cycles
        return self

    def refresh(self, threshold: float = 0.9, *, cycles: int = 1) -> np.ndarray:
        """Reset the pairs of which a cell is nearly full, write their differences again, and return which they were.

        For arrays with ``column="pair"``, whose cells may fill up while only differences are weights (one-sided
        devices). The reset is one pulse where that is all it takes (phase-change memory), else as many as span the
        cell's state; both come with the device's noise, and pulses are counted.

        Parameters
        ----------
        threshold : float
            State of either cell, in w, from which a pair is refreshed.
        cycles : int
            Rounds of read, verify and write.

        Returns
        -------
        (array, row, col) of bool
            The pairs that were refreshed.

        Raises
        ------
        InputError
            The array has no pairs, or a number is not allowed.
        """
        from memsim.arrays.refresh import refresh

        return refresh(self, threshold, cycles)

    def _program_by_pulses(self, targets: np.ndarray, cycles: int, encoding: Encoding, falls: bool) -> None:
        """Rounds of pulses, line by line; targets (array, row, line)."""
        rows, bank, rule = self.shape[1], self._cells.lines, Write()
        rounds = [(0, cycles)] if not bank.stepwise else [(step, 1) for step in range(cycles)]
        whole = None if bank.stepwise else bank.before()
        for line in range(self._lines):
            selected = np.zeros((self.shape[0], 1, self._lines), self.dtype)
            selected[:, :, line] = 1
            own = slice(line, line + 1)
            for step, count in rounds:
                # Rows that only fill up the tiles are asked to stay. The rule compares with the state that pulses act
                # on, the verify step with what is seen: the target moves by what lies between.
                x = bank.state[:, None, line].copy()
                x[:, 0, :rows] = targets[:, :, line]
                if bank.stepwise:
                    x += bank.state[:, None, line] - bank.seen[:, None, line]
                before = bank.before(own) if bank.stepwise else None
                # All lines share their steps: the line is in the address anyhow, and no address depends on the width.
                self._deliver(bank, rule, x, selected, count, encoding, self._steps + step, falls)
                bank.after(before, self._steps + step, own)
        bank.after(whole, self._steps)

    def _program_by_model(self, targets: np.ndarray) -> None:
        """Bring targets (array, row, line) into the cells, and their own G_min into a reference column."""
        lines, reference = self._cells
        wished = np.zeros_like(lines.state)
        wished[:, :, : self.shape[1]] = targets.swapaxes(1, 2)
        lines.write(wished, self._steps)
        if reference is not None:
            reference.write(np.zeros_like(reference.state), self._steps)
        if self._plan is not None:
            self._plan.lines.place(wished)
            self._programmed = True

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
        """
        seconds = checks.duration("seconds", seconds)
        aged = accelerated(self.device.spec, seconds, temperature)
        if not self._programmed:
            raise InputError(
                f"wait: nothing is programmed yet into the cells of device '{self.device.name}'; call program() before"
            )
        for bank in self._cells.both:
            bank.wait(seconds, aged)
        return self

    def drift_compensation(self, x: Any, before: Any) -> np.ndarray:
        """Factor by which outputs of each array must be multiplied to undo their common drift, (array, 1, 1).

        The ratio of the summed sizes of read currents, earlier and now. This reads the array, with noise.

        Parameters
        ----------
        x : array_like
            Inputs, see `read`.
        before : (array, sample, col)
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
        now = self.read(x)
        try:
            then = np.asarray(before, float)
        except (TypeError, ValueError):
            raise InputError("before: not an array of numbers") from None
        if then.shape != now.shape:
            raise InputError(
                f"before: shape {then.shape} does not fit; these inputs give currents of shape {now.shape}"
            )
        sums = [np.abs(part).sum((1, 2), keepdims=True, dtype=float) for part in (then, now)]
        if not (sums[1] > 0).all():
            raise InputError("x: an array gives no current for these inputs; its drift cannot be told")
        return sums[0] / sums[1]

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

    def _update(
        self, bank: Bank, rule: LocalRule, x: np.ndarray, post: np.ndarray, steps: int, encoding: Encoding
    ) -> None:
        """Show padded inputs with signals for the outputs `steps` times; second lines of pairs get the opposite."""
        if self.column == "pair":
            post = np.concatenate([post, -post], axis=2)
        before = bank.before()
        self._deliver(bank, rule, x, post, steps, encoding, self._steps)
        self._steps += int(steps) * x.shape[1]
        bank.after(before, self._steps - 1)

    def _deliver(
        self,
        bank: Bank,
        rule: LocalRule,
        x: np.ndarray,
        post: np.ndarray,
        steps: int,
        encoding: Encoding,
        first_step: int,
        falls: bool = False,
    ) -> None:
        """Give the pulses that a rule asks for, from a step on; signals (array, sample, line)."""
        counts = deliver(
            bank,
            Site(self._backend, self.seed, self.first_array),
            self.bounds,
            rule,
            x,
            post,
            steps=int(steps),
            encoding=encoding,
            first_step=first_step,
            falls=falls,
        )
        if self._plan is None:
            self._counts += counts

    def read(
        self, x: Any, *, first_sample: int = 0, index: int | None = None, interval: float | None = None
    ) -> np.ndarray:
        """Column currents with read noise, (array, sample, col) [A].

        For independent Gaussian noise of every cell, I = V G + sqrt(V^2 S^2) N is exact in distribution. Telegraph and
        1/f noise go on from read to read: each sample is one read, in order, `interval` after the one before. Noise is
        not cut off where it exceeds a cell's conductance.

        Parameters
        ----------
        x : array_like
            (array, sample, row), (sample, row) for all arrays, or (row,); voltages in units of the read voltage.
        first_sample : int
            Address of the first sample, for batches that are read in parts.
        index : int, optional
            Address of this read's white noise; the array's own count of reads so far if not given.
        interval : float, optional
            Time between reads [s]; the device's ``read.duration`` if not given.
        """
        return self.output(x, first_sample=first_sample, index=index, interval=interval) * self.full_scale

    def output(
        self,
        x: Any,
        *,
        first_sample: int = 0,
        index: int | None = None,
        noise: bool = True,
        interval: float | None = None,
    ) -> np.ndarray:
        """`read` in units of `full_scale`, dimensionless; without noise, the expectation over reads at any time."""
        seconds = None if interval is None else checks.duration("interval", interval)
        return self._output(self._signal("x", x, self.shape[1], pad=True), first_sample, index, noise, seconds)

    def _output(
        self,
        signal: np.ndarray,
        first_sample: int = 0,
        index: int | None = None,
        noise: bool = True,
        interval: float | None = None,
    ) -> np.ndarray:
        signal, common = reading.drive(self.device.spec, self._backend, signal)
        if noise:
            seconds = self.device.spec.read.duration if interval is None else interval
            moments = [reading.sampled(bank, self._backend, signal, seconds) for bank in self._present.both]
            if index is None:
                index = self._reads
                self._reads += 1
            address: dict[str, Any] = {
                "first_array": self.first_array,
                "first_sample": first_sample,
                "index": index,
                "seed": self.seed,
            }
            for (mean, variance), stream in zip(moments, (Stream.READ, Stream.REFERENCE_READ), strict=False):
                if variance.any():
                    self._backend.add_noise(mean, variance, **address, stream=stream)
        else:
            moments = [reading.expected(bank, self._backend, signal) for bank in self._present.both]
        mean = moments[0][0]
        if self.column == "pair":
            return mean[:, :, : self.shape[2]] - mean[:, :, self.shape[2] :]
        if self.column == "reference":
            return mean - moments[1][0]
        # A current that is the same for all cells cancels in the other readings.
        return mean if common is None else mean + common.astype(mean.dtype)[:, :, None]

    def difference_variance(self, x: Any, first: int = 0, second: int = 1) -> np.ndarray:
        """Read variance of output `first` minus output `second`, (array, sample), in `full_scale` squared.

        Both columns share the reference column's noise, which cancels.
        """
        signal = reading.drive(self.device.spec, self._backend, self._signal("x", x, self.shape[1], pad=True)).signal
        variance = reading.expected(self._present.lines, self._backend, signal)[1]
        spread = np.broadcast_to(variance, (*variance.shape[:2], self._lines))
        if self.column == "pair":
            spread = spread[:, :, : self.shape[2]] + spread[:, :, self.shape[2] :]
        return spread[:, :, first] + spread[:, :, second]

    def _signal(self, name: str, values: Any, width: int, pad: bool = False) -> np.ndarray:
        return checks.signal(name, values, self.shape[0], width, self.dtype, pad)
