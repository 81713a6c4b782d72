"""What programming by write and verify took of each cell."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple, Self

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.programming.algorithms import WriteVerify
from memsim.kernels.verify_cell import Progress, PulseVoltages


class Outcome(NamedTuple):
    """Arrays (array, row, line) and the settings of the algorithm.

    Attributes
    ----------
    set_pulses, reset_pulses, verify_reads : of int64
    time : of float64
        Pulses, delays and verify reads of a cell [s].
    energy : of float64
        Sum of V I t of pulses and verify reads [J]; of a pulse with the mean of the currents before and after it.
    accepted : of bool
        Whether the last verify reads lay inside the window.
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
    def of(cls, bank: Bank, algorithm: WriteVerify, progress: Progress, voltages: PulseVoltages, rows: int) -> Self:
        """The outcome for some rows of a bank."""
        numpy = bank.site.backend.numpy
        sets, resets, reads = (numpy(part)[:, :, :rows].swapaxes(1, 2).astype(np.int64) for part in progress.counts)
        energy, status = (numpy(part)[:, :, :rows].swapaxes(1, 2) for part in (progress.energy, progress.status))
        time = sets * voltages.set_width + resets * voltages.reset_width
        time = time + reads * bank.spec.read.duration + (sets + resets) * algorithm.delay
        settings = {"algorithm": algorithm.name, **asdict(algorithm)}
        return cls(sets, resets, reads, time, energy, status == 1, settings)
