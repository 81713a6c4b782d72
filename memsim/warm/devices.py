"""Small arrays of a device that do everything its profile describes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from memsim.arrays import ADC, DAC, Crossbar
from memsim.errors import RetentionWarning
from memsim.kernels.read import NARROW
from memsim.learning import Hebbian
from memsim.philox import TILE
from memsim.profiles import DeviceProfile, load_device

_PATH = (("single", 2), ("reference", 2), ("pair", NARROW + 1))
"""Ways of reading, and numbers of outputs: narrow arrays and wide ones have kernels of their own."""


def use_device(name: str) -> None:
    """Train, read, program and age arrays of a shipped device."""
    device = load_device(name)
    for column, outputs in _PATH:
        _use(device, column, outputs)
    _use(device, "pair", NARROW + 1, dac=DAC(), adc=ADC())


def _use(device: DeviceProfile, column: str, outputs: int, **converters: Any) -> None:
    spec = device.spec
    crossbar = Crossbar(device, TILE, outputs, column=column, **converters)
    x = np.full((2, TILE), 0.5)
    crossbar.train(Hebbian(0.1), x, np.ones((2, outputs)))
    crossbar.program()
    if converters:
        crossbar.calibrate(x)
    for _ in range(2):  # a later read goes on from an earlier one
        crossbar.read(x)
    crossbar.output(x, noise=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RetentionWarning)
        crossbar.wait(1.0)
    crossbar.read(x)
    if column == "pair":
        if spec.update is not None:
            crossbar.refresh()
        crossbar.difference_variance(x)


def use_trains() -> None:
    """Pulse trains on an ideal cell, and on one with noise and a spread from cell to cell."""
    for name in ("ideal", "resistive-gokmen2016"):
        crossbar = Crossbar(name, TILE, 2)
        crossbar.train(Hebbian(0.1), np.full((2, TILE), 0.5), np.ones((2, 2)), encoding="stochastic")
