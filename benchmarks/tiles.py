"""Wires of many tiles in one call, beside two calls of the iteration for each tile: ``python benchmarks/tiles.py``.

Prints, for several sizes and numbers of tiles, the time of a tile by elimination and by iteration in the same run,
their ratio, the largest difference, and the rate of operations beside that of a product of two matrices in NumPy. With
arguments such as ``128x128x32``, sizes are rows x columns x tiles.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import memsim as ms
from memsim.arrays.wires import solve_tiles
from memsim.arrays.wires.line_resistances import lines_of
from memsim.arrays.wires.network import network
from memsim.arrays.wires.tiles import fastest
from memsim.kernels.compile import threads

CASES = (
    (8, 8, 64),
    (16, 16, 64),
    (32, 32, 64),
    (64, 64, 32),
    (128, 128, 16),
    (128, 16, 32),
    (512, 32, 8),
    (256, 256, 2),
)
RESISTANCES = (0.1, 2.0, 30.0)
"""Of a segment [ohm]; cells have 1 to 100 uS."""
ITERATED = 2.0
"""Longest time that the iteration is repeated for [s]."""


def shortest(work: Callable[[], Any], limit: float = ITERATED) -> float:
    """Time of the fastest of three calls, or of fewer where they are slow [s]."""
    least, begin = np.inf, time.perf_counter()
    for _ in range(3):
        start = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - start)
        if time.perf_counter() - begin > limit:
            break
    return least


def iteration(g: np.ndarray, wires: ms.Wires) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of one tile by two calls."""
    alike = ms.solve_wires(g, np.ones(len(g)), wires, node_voltages=True, backend="cpu")
    assert alike.word_voltages is not None and alike.bit_voltages is not None
    across = alike.word_voltages - alike.bit_voltages
    return ms.effective_conductance(g, wires, backend="cpu"), across, alike.word_voltages


def product(n: int) -> float:
    """Operations a second of products of matrices on all threads of BLAS."""
    a, b = np.random.default_rng(0).random((2, n, n))
    return 2 * n**3 / shortest(lambda: np.matmul(a, b))


def measured(rows: int, cols: int, count: int, resistance: float, rate: float) -> str:
    """A line of the table."""
    wires = ms.Wires(word_resistance=resistance, bit_resistance=resistance)
    g = 1e-4 * 10 ** (-2 * np.random.default_rng(1).random((count, rows, cols)))
    case = f"{rows:4d} {cols:4d} {count:5d} {resistance:5g}   "
    word, bit, series = lines_of(wires, (None,) * 7)
    way = fastest(network(g[0], word, bit, series, (None, None), (3e-10, 3000)))
    if way is None:
        return f"{case} the iteration is taken"
    solution, exact = solve_tiles(g, wires), iteration(g[0], wires)
    direct, other = shortest(lambda: solve_tiles(g, wires)) / count, shortest(lambda: iteration(g[0], wires))
    worst = max(float(np.abs(a[0] - b).max() / b.max()) for a, b in zip(solution, exact, strict=True))
    speed = way.effort.operations / direct
    return (
        f"{case}{direct * 1e3:17.2f} {other * 1e3:10.2f} {other / direct:7.1f}   {speed / 1e9:7.1f} "
        f"({speed / rate:.2f})   {worst:20.1e}"
    )


def main(cases: tuple[tuple[int, ...], ...]) -> None:
    rate = product(1024)
    print(f"{threads()} threads; product of matrices of 1024 x 1024: {rate / 1e9:.0f} GFLOP/s")
    print(
        "rows cols tiles   ohm   ms a tile: direct  iteration   ratio   GFLOP/s (of the product)   difference / largest"
    )
    for rows, cols, count in cases:
        for resistance in RESISTANCES:
            print(measured(rows, cols, count, resistance, rate), flush=True)


if __name__ == "__main__":
    main(tuple(tuple(map(int, case.split("x"))) for case in sys.argv[1:]) or CASES)
