"""Steps of a whole array beside a copy of its state, NumPy and aihwkit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from memsim.arrays import Crossbar
from memsim.bench import ceilings, counts
from memsim.bench.case import Case, Peer, Report
from memsim.bench.options import Options
from memsim.bench.peers import NUMPY, PULSED, aihwkit_seconds
from memsim.bench.timing import finished, in_turns
from memsim.learning import Hebbian
from memsim.profiles import DeviceProfile, load_device

_EXPONENTIAL = {"amplitude": {"set": -1.18, "reset": -0.08}, "gamma": {"set": 5, "reset": 5}}
_MODELS: dict[str, dict[str, Any]] = {
    "constant": {"model": "constant"},
    "linear": {"model": "linear", "slope": {"set": 0.12, "reset": 0.5}},
    "soft bounds": {"model": "soft-bounds"},
    "exponential": {"model": "exponential", **_EXPONENTIAL},
    "power": {"model": "power", "exponent": {"set": 1.2, "reset": 0.8}},
}
_SPREAD = ("update.step", "conductance.min", "conductance.max")
_OWN = 4
"""Parameters that differ from cell to cell with this spread: two ends of the window and two steps."""
_FAST = 3
"""Timings of another program, which may take a thousand times as long."""


def updates(options: Options, report: Report) -> Iterator[Case]:
    """Hebbian steps with Gaussian cycle-to-cycle noise, and stochastic pulse trains of 31 slots."""
    random = np.random.default_rng(0)
    for size in options.sizes_of("update"):
        x, t = random.random((2, 1, size), np.float32)
        for variant in ("ideal", *_MODELS):
            report(f"update: {variant}, {size}^2")
            device = _ideal() if variant == "ideal" else _device(variant)
            peers = {NUMPY: _numpy(size, x, t, options.repeats)} if variant == "ideal" else {}
            work = _step(Crossbar(device, size, size, backend=options.backend), x, t, "exact")
            yield _case(options, f"{variant}, exact", size, 0, work, counts.update(size, variant), peers)
        report(f"update: constant with own parameters, {size}^2")
        work = _step(Crossbar(_device("constant", _SPREAD), size, size, backend=options.backend), x, t, "exact")
        cost = counts.update(size, "constant", _OWN)
        yield _case(options, "constant, exact, 4 numbers a cell", size, 0, work, cost, {})
        for batch in dict.fromkeys((1, options.batch)):
            report(f"update: pulse trains, {size}^2, {batch} samples")
            x, t = random.random((batch, size)), 0.3 * random.standard_normal((batch, size))
            crossbar = Crossbar(_device("constant"), size, size, initial=(0.4, 0.5), backend=options.backend)
            peers = {PULSED: aihwkit_seconds(size, batch, _FAST)}
            cost = counts.trains(size, batch)
            yield _case(
                options,
                f"constant, trains, {'one sample' if batch == 1 else 'batch'}",
                size,
                batch,
                _step(crossbar, x, t, "stochastic"),
                cost,
                peers,
            )


def _case(
    options: Options,
    variant: str,
    size: int,
    batch: int,
    work: Callable[[], object],
    cost: counts.Cost,
    peers: dict[str, Peer],
) -> Case:
    where = options.where
    seconds, copied = in_turns((finished(work, where), ceilings.copy(size**2, where)), options.repeats)
    samples = max(batch, 1)
    done, copied = size**2 * samples, copied * samples  # sample by sample, each would have to touch every cell
    return Case("update", variant, size, batch, seconds, copied, "copy", done, "cells", cost, peers)


def _step(crossbar: Crossbar, x: np.ndarray, t: np.ndarray, encoding: str) -> Callable[[], object]:
    rule = Hebbian(1e-3 if encoding == "exact" else 0.01)
    return lambda: crossbar.train(rule, x, t, encoding=encoding)


def _ideal() -> DeviceProfile:
    noise = {"c2c": {"sigma": "3 %", "relative_to": "range", "status": "assumed"}}
    return load_device("ideal").replace({"variability": noise})


def _device(update: str, spread: tuple[str, ...] = ()) -> DeviceProfile:
    """A cell confined to its window, with cycle-to-cycle noise of 30 % of each step."""

    def own(name: str) -> dict[str, str]:
        base = "range" if name.startswith("conductance") else "value"
        return {"sigma": "10 %", "relative_to": base, "status": "assumed"}

    noise = {
        "c2c": {"sigma": "30 %", "relative_to": "step", "status": "assumed"},
        "d2d": {name: own(name) for name in spread},
    }
    model = {**_MODELS[update], "step": 0.002, "status": "assumed"}
    return load_device("ideal").replace({"conductance.nominal": False, "update": model, "variability": noise})


def _numpy(size: int, x: np.ndarray, t: np.ndarray, repeats: int) -> Peer:
    """The ideal cell's step in NumPy."""
    random = np.random.default_rng(0)
    state = np.zeros((size, size), np.float32)

    def step() -> None:
        change = np.outer(np.float32(1e-3) * t, x)
        change += np.float32(0.03) * random.standard_normal(change.shape, np.float32)
        np.clip(state + change, 0, 1, out=state)

    return Peer(float(np.median(in_turns((step,), min(repeats, _FAST)))))
