"""Programming with the error of the device's own write and verify."""

from __future__ import annotations

import numpy as np

from memsim.arrays.bank import Banks


def program_by_model(banks: Banks, targets: np.ndarray, step: int, rest: float = 0.0) -> np.ndarray:
    """Bring targets (array, row, line) into the cells and `rest` into a reference column; the targets, padded.

    Raises
    ------
    InputError
        If the device has no error model.
    """
    lines, reference = banks
    states = np.zeros_like(lines.state)
    states[:, :, : targets.shape[1]] = targets.swapaxes(1, 2)
    lines.write(states, step)
    if reference is not None:
        reference.write(np.full_like(reference.state, rest), step)
    return states
