"""Currents of a crossbar with resistive wires by a sparse LU of the full nodal system: the direct method."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from memsim.bench.timing import seconds


def nodal_system(conductance: np.ndarray, voltages: np.ndarray, resistance: float) -> tuple[csc_array, np.ndarray]:
    """Matrix and right-hand side of all nodes, word lines first.

    Parameters
    ----------
    conductance : (row, col)
        Of the cells [S].
    voltages : (row,)
        Of the drivers, at column 0; sense amplifiers are behind the last row [V].
    resistance : float
        Of a segment [ohm].
    """
    rows, cols = conductance.shape
    word, wire = np.arange(rows * cols).reshape(rows, cols), 1 / resistance
    bit = word + rows * cols
    pairs = (
        (word, bit, conductance),
        (word[:, 1:], word[:, :-1], wire),
        (bit[1:], bit[:-1], wire),
    )
    diagonal, right = np.zeros(2 * rows * cols), np.zeros(2 * rows * cols)
    row, col, value = [], [], []
    for a, b, g in pairs:
        a, b, g = a.ravel(), b.ravel(), np.broadcast_to(g, a.shape).ravel()
        row += [a, b]
        col += [b, a]
        value += [-g, -g]
        np.add.at(diagonal, a, g)
        np.add.at(diagonal, b, g)
    diagonal[word[:, 0]] += wire
    diagonal[bit[-1]] += wire
    right[word[:, 0]] = wire * voltages
    every = np.arange(2 * rows * cols)
    matrix = csc_array(
        (np.concatenate([*value, diagonal]), (np.concatenate([*row, every]), np.concatenate([*col, every])))
    )
    return matrix, right


def sparse_lu(conductance: np.ndarray, voltages: np.ndarray, resistance: float) -> tuple[float, np.ndarray]:
    """Time [s] and currents [A] of the direct solution; the assembly of its matrix is not counted."""
    matrix, right = nodal_system(conductance, voltages, resistance)
    found: list[np.ndarray] = []
    spent = seconds(lambda: found.append(splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(right)))
    return spent, found[0][-conductance.shape[1] :] / resistance
