"""Small circuits of every kind that the wire solver tells apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.wires import effective_conductance, solve_wires
from memsim.philox import TILE

_CONDUCTION: tuple[Any, ...] = (
    {"model": "sinh", "voltage": "0.25 V"},
    {"model": "exponential", "voltage": "0.1 V"},
    {"model": "polynomial", "quadratic": "0.5 uS", "cubic": "1 uS"},
)  # the other polynomial takes the same kernels


def use_wires() -> None:
    """Resistance in one or both kinds of lines, one input or eight, ohmic cells or others, floating lines."""
    random = np.random.default_rng(0)
    g, v = random.uniform(1e-6, 1e-4, (16, 24)), random.uniform(0.1, 0.2, (8, 16))
    open_lines = np.where(np.arange(16) == 0, 0.0, np.inf)
    for word, bit in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)):
        wires: dict[str, Any] = {"word_resistance": word, "bit_resistance": bit, "backend": "cpu"}
        for driven in (v, v[0]):
            solve_wires(g, driven, **wires)
            solve_wires(g, driven, driver_resistance=open_lines, **wires)
            for conduction in _CONDUCTION:
                solve_wires(g, driven, conduction=conduction, read_voltage=0.2, node_voltages=True, **wires)
        effective_conductance(g, **wires)
    on = np.full((TILE, TILE), 1e-4)
    for ratio in (1e4, 1e3, 1e2, 1e1):  # more resistance asks for more modes, then for another preconditioner
        solve_wires(on, np.full(TILE, 0.2), word_resistance=1e4 / ratio, bit_resistance=1e4 / ratio, backend="cpu")
