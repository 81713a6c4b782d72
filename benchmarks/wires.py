"""Exact currents of crossbars with resistive wires beside sparse LU: ``python benchmarks/wires.py [--largest-lu 256]``.

The peer is a sparse LU of the full nodal system (SciPy's SuperLU, assembly not counted); badcrossbar is timed where it
is installed. One input; best of seven runs, of the direct methods one.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from memsim import solve_wires

ON, OFF = 1e-4, 1e-6  # S
CASES = (
    ("any state, R_on/r = 1e4", OFF, 1e4),
    ("any state, R_on/r = 1e3", OFF, 1e3),
    ("all on, R_on/r = 1e2", ON, 1e2),
)


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Shortest time of `work` [s], and what it returns."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return best, found


def nodal_system(conductance: np.ndarray, voltages: np.ndarray, resistance: float) -> tuple[csc_array, np.ndarray]:
    """Matrix and right-hand side of all nodes, word lines first."""
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
    """Time [s] and currents [A] of the direct solution."""
    matrix, right = nodal_system(conductance, voltages, resistance)
    seconds, solution = timed(lambda: splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(right), 1)
    return seconds, solution[-conductance.shape[1] :] / resistance


def badcrossbar(conductance: np.ndarray, voltages: np.ndarray, resistance: float) -> tuple[float, np.ndarray] | None:
    """Time [s] and currents [A] of badcrossbar, or None where it is not installed."""
    try:
        from badcrossbar import compute
    except ImportError:
        return None
    logging.disable(logging.INFO)
    seconds, found = timed(lambda: compute(voltages[:, None], 1 / conductance, r_i=resistance), 1)
    return seconds, found.currents.output[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest-lu", type=int, default=256, help="largest array that the direct methods solve")
    largest = parser.parse_args().largest_lu
    print(
        "array        cells                           memsim  iterations  residual         sparse LU          "
        "difference  badcrossbar"
    )
    for size in (64, 128, 256, 512, 1024):
        for name, lowest, ratio in CASES:
            random = np.random.default_rng(0)
            g = np.exp(random.uniform(np.log(lowest), np.log(ON), (size, size)))
            v, resistance = random.uniform(0, 0.2, size), 1 / (ON * ratio)
            wires = {"word_resistance": resistance, "bit_resistance": resistance}
            solve_wires(g, v, **wires)
            seconds, found = timed(lambda: solve_wires(g, v, **wires), 7)  # noqa: B023
            beside = "        -                   -            -"
            if size <= largest:
                direct, expected = sparse_lu(g, v, resistance)
                error = np.abs(found.currents / expected - 1).max()
                other, peer = badcrossbar(g, v, resistance), "not installed"
                if other is not None:
                    error = max(error, np.abs(found.currents / other[1] - 1).max())
                    peer = f"{other[0]:6.2f} s, {other[0] / seconds:5.0f} times"
                beside = f"{direct:6.2f} s, {direct / seconds:5.0f} times     {error:.0e}        {peer}"
            print(
                f"{size:4d} x {size:<4d}  {name}   {seconds * 1e3:7.1f} ms   {found.iterations:5d}     "
                f"{found.residual:.0e}   {beside}",
                flush=True,
            )


if __name__ == "__main__":
    main()
