"""Other programs at the same work, where they are installed; memsim needs none of them and installs none."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np

from memsim.bench.case import Peer
from memsim.bench.timing import in_turns, seconds

NUMPY, PULSED, DIRECT, NODAL = "NumPy", "aihwkit", "sparse LU", "badcrossbar"
MISSING = "not installed"


def _attempt(module: str, work: Callable[[], Peer]) -> Peer:
    """What a peer gives; why it gives nothing where it is missing, or fails at what another version of it did."""
    if importlib.util.find_spec(module) is None:
        return Peer(why=MISSING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    except Exception as error:  # a peer that does not work here must not end the benchmark
        return Peer(why=f"failed: {' '.join(str(error).split())[:60] or type(error).__name__}")


def aihwkit_seconds(size: int, batch: int, repeats: int) -> Peer:
    """Time of aihwkit's pulsed update of a square array by its constant-step device."""

    def work() -> Peer:
        import torch
        from aihwkit.simulator.configs import SingleRPUConfig
        from aihwkit.simulator.configs.devices import ConstantStepDevice
        from aihwkit.simulator.tiles import AnalogTile

        tile = AnalogTile(size, size, SingleRPUConfig(device=ConstantStepDevice()))
        tile.set_learning_rate(0.01)
        x, t = torch.rand(batch, size), 0.3 * torch.randn(batch, size)
        return Peer(float(np.median(in_turns((lambda: tile.update(x, t),), repeats))))

    return _attempt("aihwkit", work)


def badcrossbar_currents(
    conductance: np.ndarray, voltages: np.ndarray, resistance: float
) -> tuple[Peer, np.ndarray | None]:
    """Time of one solution by badcrossbar, and its currents [A]."""
    currents: list[np.ndarray] = []

    def work() -> Peer:
        import logging

        from badcrossbar import compute

        logging.getLogger("badcrossbar").setLevel(logging.WARNING)
        spent = seconds(
            lambda: currents.append(compute(voltages[:, None], 1 / conductance, r_i=resistance).currents.output[0])
        )
        return Peer(spent)

    return _attempt("badcrossbar", work), currents[0] if currents else None
