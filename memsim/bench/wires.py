"""Exact currents of arrays with resistive wires beside direct solvers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from memsim.arrays.wires import WireSolution, solve_wires
from memsim.bench import ceilings, counts
from memsim.bench.case import Case, Peer, Report
from memsim.bench.nodal import sparse_lu
from memsim.bench.options import Options
from memsim.bench.peers import DIRECT, NODAL, badcrossbar_currents
from memsim.bench.timing import in_turns

_ON, _OFF = 1e-4, 1e-6  # S


def wires(options: Options, report: Report) -> Iterator[Case]:
    """One input of square arrays, whose cells are in any state, evenly in the logarithm from 1 to 100 uS, or all on."""
    for size in options.sizes_of("wires"):
        for state, ratio in options.wired:
            variant = f"{state}, R_on/r = {ratio:g}"
            report(f"wires: {variant}, {size}^2")
            random = np.random.default_rng(0)
            lowest = _ON if state == "all on" else _OFF
            g = np.exp(random.uniform(np.log(lowest), np.log(_ON), (size, size)))
            v, resistance = random.uniform(0, 0.2, size), 1 / (_ON * ratio)

            def solve(g: np.ndarray = g, v: np.ndarray = v, resistance: float = resistance) -> WireSolution:
                return solve_wires(
                    g, v, word_resistance=resistance, bit_resistance=resistance, backend=options.where.name
                )

            found = solve()
            seconds, copied = in_turns((solve, ceilings.copy(size**2, options.where)), options.repeats)
            yield Case(
                "wires",
                variant,
                size,
                0,
                seconds,
                copied,
                "copy",
                size**2,
                "cells",
                counts.wires(size, found.iterations),
                _direct(size <= options.largest_direct, found.currents, g, v, resistance),
            )


def _direct(wanted: bool, currents: np.ndarray, g: np.ndarray, v: np.ndarray, resistance: float) -> dict[str, Peer]:
    """The direct solvers, once each, with the largest relative difference of their currents."""
    if not wanted:
        return {name: Peer(why="too large") for name in (DIRECT, NODAL)}
    spent, expected = sparse_lu(g, v, resistance)
    peer, others = badcrossbar_currents(g, v, resistance)
    if others is not None:
        peer = Peer(peer.seconds, difference=_difference(currents, others))
    return {DIRECT: Peer(spent, difference=_difference(currents, expected)), NODAL: peer}


def _difference(currents: np.ndarray, others: np.ndarray) -> float:
    return float(np.abs(currents / others - 1).max())
