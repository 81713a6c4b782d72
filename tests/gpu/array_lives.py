"""What arrays go through where two backends are compared."""

from __future__ import annotations

import numpy as np
from waiting import let_pass

import memsim as ms

ROWS, COLS, ARRAYS = 70, 3, 2
X = np.random.default_rng(1).random((5, ROWS)).astype(np.float32)
T = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], (5, COLS))


def life(device: str, backend: str, folder, **options) -> list[np.ndarray]:
    """What is seen of a crossbar that is trained, programmed, left alone, read, written to a file and read again."""
    made = ms.Crossbar(device, ROWS, COLS, arrays=ARRAYS, seed=3, first_array=7, backend=backend, **options)
    assert made.backend == backend
    if options.get("adc") and isinstance(options["adc"].range, str):
        made.calibrate(X)
    made.train(ms.Hebbian(0.2), X, T, steps=2)
    if made.planned:
        made.program()
    else:
        made.program(0.4, cycles=2, error=0.01)
    let_pass(made, 10.0)
    found = [made.state.values, made.weights.values, *made.pulses, made.read(X), made.output(X, noise=False)]
    found += [
        made.difference_variance(X),
        made.known(X),
        made.steepened(X, np.ones((ARRAYS, 5, ROWS)), np.ones((1, 1, COLS))),
    ]
    file = made.to_netcdf(folder / f"{backend}.nc", force=True)
    again = ms.Crossbar.from_netcdf(file, backend=backend)
    return [*found, again.state.values, again.read(X), *again.pulses, made.conductance.values]


CIRCUITS = {
    "converters with errors, and tiles": {
        "dac": ms.DAC(bits=5, gain=0.01, offset=0.3, dnl=0.2, polarity="phases"),
        "adc": ms.ADC(bits=6, gain=0.01, offset=0.3, dnl=0.2, inl=0.4, noise=0.05),
        "tile": (30, 2),
    },
    "an offset of inputs": {"dac": ms.DAC(polarity="offset"), "adc": ms.ADC(range=9.0), "column": "reference"},
    "pairs": {"column": "pair", "dtype": "float64"},
    "a map of stuck cells": {"faults": np.eye(ROWS, COLS) - np.eye(ROWS, COLS, -1)},
}
