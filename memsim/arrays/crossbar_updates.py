"""What changes the cells of a crossbar: training, programming, refresh and time."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from memsim.arrays import checks
from memsim.arrays.programming.algorithms import Algorithm
from memsim.arrays.programming.program import program, reprogram
from memsim.arrays.programming.refresh import refresh
from memsim.arrays.state import ArrayState
from memsim.arrays.training import train
from memsim.arrays.waiting import equivalent_time, let_pass, warn_of_endurance, warn_of_retention
from memsim.arrays.wear import checked_cycles
from memsim.learning import Encoding, LocalRule, rule_of


class Updates:
    """Methods of a crossbar that change its cells."""

    _array: ArrayState

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
    ) -> Self:
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
        train(self._array, rule_of(rule, settings), inputs, targets, **how)
        return self

    def program(
        self,
        state: Any = None,
        algorithm: str | Algorithm | None = None,
        *,
        cycles: int = 1,
        encoding: Encoding | str | None = None,
        error: float = 0.0,
        falls: bool = False,
        reference: float | None = None,
        sensitivities: Any = None,
        **settings: Any,
    ) -> Self:
        """Program every cell to a wished state and return self.

        By pulses, in rounds of read, verify and write: a round asks every cell for target - w and delivers it as pulses
        of the device, with their non-linearity, noise, window and count, line by line. The verify step knows exactly
        what reads see (assumed). One round from fresh cells is open-loop programming.

        By the device's error model: a target in the cell window plus a Gaussian error of the published width, which
        may leave the window, as measured distributions do; only conductances below 0 are cut off.

        By an algorithm of write and verify: each cell gets pulses, with a noisy read after each, until reads lie inside
        an acceptance window around its target or a limit is reached; see `memsim.arrays.programming.algorithms`. Reads
        have the noise of the device's reads, and that of the ADCs. They go through the wires of the array.

        By gradient descent: reads of the outputs for a batch of inputs, with all noise and converters, and pulses that
        make their errors smaller. `programming` says what this, or write and verify, took.

        Write and verify refuses targets outside 0 to 1; so does gradient descent, except for a device whose window is
        nominal. Otherwise, a target outside the compliance limits becomes the nearer limit. A target that a cell's own
        window does not reach becomes the nearer end of this window.

        Parameters
        ----------
        state : array_like, optional
            Targets of w, with the axes of `Crossbar.state` or what broadcasts to it. The present `state` if not stated:
            of a device that is only programmed, what was trained.
        algorithm : str or Algorithm, optional
            "pulses", "model", "ispp", "fppv", "radar", "neurram", "hadamard", "selective" or "gradient-descent". Pulses
            if the device has an update model, else its error model. ``Radar(window=0.01)`` is the same as the name
            "radar" with the setting ``window=0.01``.
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
        sensitivities : array_like, optional
            Second derivatives of the loss by the weights, (row, col) or (array, row, col), of at least 0; "selective"
            verifies the cells of the largest. Their axes may also be those of `state`.
        **settings
            Of an algorithm that is a name.

        Raises
        ------
        InputError
            If a shape does not fit or a value is not allowed.
        """
        how: dict[str, Any] = {"cycles": cycles, "encoding": encoding, "error": error, "falls": falls}
        how |= {"reference": reference, "sensitivities": sensitivities, "settings": settings}
        program(self._array, state, algorithm=algorithm, **how)
        return self

    def refresh(self, threshold: float = 0.9, *, cycles: int | None = None) -> np.ndarray:
        """Reset the pairs of which a cell is nearly full, write their differences again, and return which they were.

        It makes room for training to go on. `reprogram` writes states again that time has changed.

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
        return self._array.axes.cells(refresh(self._array, threshold, cycles))

    def reprogram(self) -> Self:
        """Program the cells again to the states of the last `program`, in the same way, and return self.

        For cells that time has changed since. Targets, algorithm and its settings are those of that `program` (or of
        `from_weights`); the cells start where they are now, pulses and noise are new, and pulses count as any (wear).
        `refresh` is for pairs that training has filled up.

        Raises
        ------
        InputError
            If nothing has been programmed, or the cells have been trained or refreshed since.
        """
        reprogram(self._array)
        return self

    def wear(self, cycles: Any) -> Self:
        """Let cells see cycles of set and reset pulses that are not simulated, and return self.

        Windows, or stuck cells, follow from all cycles that each cell has seen, as the device's endurance says: those
        added here, and half of the pulses that were counted (`cell_pulses`). Pulses take effect at the end of each call
        that gives them. A state inside the new window of its cell stays; one beyond an end of it moves with this end.
        The cells of a reference column see no cycles. A cell that is stuck already does not wear.

        Parameters
        ----------
        cycles : float or array_like
            Cycles to add, a number for all cells, or with the axes of `state`.

        Raises
        ------
        InputError
            If a number is negative, too large or none, or the shape does not fit.

        Warns
        -----
        EnduranceWarning
            If the device does not say what cycles do to states.
        """
        array = self._array
        shape = array.axes.cells_shape((*array.shape[:2], array.lines))
        values = array.axes.inner_cells(checked_cycles(cycles, shape))
        bank = array.cells.lines
        if values.any():
            warn_of_endurance(array, stacklevel=3)
            wide = array.site.backend.xp.zeros(bank.state.shape)
            wide[:, :, : array.shape[1]] = array.site.backend.asarray(values).swapaxes(1, 2)
            bank.wear.add(wide)
            bank.wear_out()
        return self

    def wait(self, seconds: float, temperature: float | None = None) -> Self:
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
        aged = equivalent_time(self._array, seconds, temperature)
        if seconds > 0:
            warn_of_retention(self._array, stacklevel=3)
        let_pass(self._array, seconds, aged)
        return self
