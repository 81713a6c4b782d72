"""What programming took of each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, Self

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.programming.algorithms import Algorithm
from memsim.kernels.verify_cell import PulseVoltages


class Outcome(NamedTuple):
    """Arrays (array, row, line) and the settings of the algorithm.

    Attributes
    ----------
    set_pulses, reset_pulses, verify_reads : of int64
    time : of float64
        Pulses, delays and verify reads of a cell [s]; of reads of several cells, those in which it took part.
    energy : of float64
        Sum of V I t of pulses and verify reads [J]; of a pulse with the mean of the currents before and after it.
    accepted : of bool
        Whether the last verify reads lay inside the window; of gradient descent, whether the array came close enough.
    settings : dict
        Of the algorithm, and its name.
    """

    set_pulses: np.ndarray
    reset_pulses: np.ndarray
    verify_reads: np.ndarray
    time: np.ndarray
    energy: np.ndarray
    accepted: np.ndarray
    settings: dict[str, Any]

    @classmethod
    def of(
        cls,
        bank: Bank,
        algorithm: Algorithm,
        counts: Sequence[Any],
        energy: Any,
        accepted: Any,
        voltages: PulseVoltages,
        delay: float = 0.0,
    ) -> Self:
        """The outcome for the rows of a bank.

        Parameters
        ----------
        bank : Bank
            The cells.
        algorithm : Algorithm
            What programmed them.
        counts : (3, array, line, padded row)
            Set pulses, reset pulses and verify reads.
        energy, accepted : (array, line, padded row)
            As of the attributes.
        voltages : PulseVoltages
            Of the pulses.
        delay : float
            Time after each pulse [s].
        """

        def cells(values: Any) -> np.ndarray:
            return bank.site.backend.numpy(values)[:, :, : bank.rows].swapaxes(1, 2)

        sets, resets, reads = (cells(part).astype(np.int64) for part in counts)
        time = sets * voltages.set_width + resets * voltages.reset_width
        time = time + reads * bank.spec.read.duration + (sets + resets) * delay
        settings = {"algorithm": algorithm.name, **asdict(algorithm)}
        return cls(sets, resets, reads, time, cells(energy), cells(accepted), settings)
