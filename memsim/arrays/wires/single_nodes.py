"""A network of ohmic cells between lines without resistance, solved directly for all sources at once."""

from __future__ import annotations

import numpy as np

from memsim.arrays.wires.circuit import Lines


def single_nodes(conductance: np.ndarray, rows: Lines, columns: Lines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Conductances from the sources of all rows to the grounds of all columns, and voltages at cells.

    Parameters and results are those of `memsim.arrays.wires.elimination.eliminate`, lines without resistance.
    """
    g, (source, ground) = conductance, (line.first + line.last for line in (rows, columns))
    held = np.isinf(source)
    share = 1 / (g.sum(1) + source)  # voltage of a row for a current into it; 0 where it is held
    driven = np.where(held, 1.0, np.where(held, 0.0, source) * share)  # for its source at 1 V, columns at 0 V
    joint = (g * share[:, None]).T @ g
    np.fill_diagonal(joint, 0.0)
    free = np.isfinite(ground)
    injected = (g * driven[:, None]).T
    # The diagonal is a sum: differences would lose the digits of weakly held lines.
    matrix = np.diag(np.where(free, ground, 0.0) + injected.sum(1) + joint.sum(1)) - joint
    voltages = np.zeros_like(injected)
    voltages[free] = np.linalg.solve(matrix[np.ix_(free, free)], injected[free])
    effective = np.where(free, ground, 0.0)[:, None] * voltages
    effective[~free] = (injected + joint @ voltages)[~free]
    w = voltages.sum(1)
    return effective.T, (driven + share * (g @ w))[:, None] - w, np.broadcast_to(w, g.shape)
