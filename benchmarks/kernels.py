"""Reads and updates beside their ceilings: ``python benchmarks/kernels.py``.

Ceilings: float32 matrix products of the same size for reads, a copy of the state for updates. Peer: the same update in
NumPy, noise included.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np

import memsim as ms


def best(work: Callable[[], object], repeats: int = 7) -> float:
    """Shortest of several wall times [s]; the first call compiles and is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def reads() -> None:
    """Noisy reads of a batch of 256: one sigma for all cells needs one product, a sigma for each needs two."""
    print("\nreads, batch 256            BLAS ms   one sigma   (of ceiling)   own sigma   (of ceiling)")
    rng = np.random.default_rng(0)
    for rows, columns in ((256, 256), (1024, 1024), (4096, 1024)):
        x = rng.random((1, 256, rows)).astype(np.float32)
        weights = np.ascontiguousarray(rng.random((columns, rows)).astype(np.float32))
        ceiling = best(lambda x=x, weights=weights: x[0] @ weights.T)
        row = f"{rows:5d} x {columns:<5d}              {ceiling * 1e3:7.2f}"
        for base in ("range", "value"):
            noise = {"sigma": "5 %", "relative_to": base, "status": "assumed"}
            device = ms.load_device("ideal").replace({"read.noise": noise})
            crossbar = ms.Crossbar(device, rows, columns, initial=(0.0, 1.0))
            spent = best(lambda crossbar=crossbar, x=x: crossbar.output(x))
            row += f"   {spent * 1e3:9.2f}   {ceiling / spent:12.2f}"
        print(row)


def updates() -> None:
    """One Hebbian step of a whole array with Gaussian cycle-to-cycle noise and bounds."""
    print("\nupdate, one sample        cells/s   of copy bandwidth   over NumPy")
    rng = np.random.default_rng(0)
    for size in (1024, 4096):
        for sigma in (0, 3):
            noise = {"c2c": {"sigma": f"{sigma} %", "relative_to": "range", "status": "assumed"}}
            device = ms.load_device("ideal").replace({"variability": noise})
            crossbar = ms.Crossbar(device, size, size)
            x, t = rng.random((1, 1, size)).astype(np.float32), rng.random((1, 1, size)).astype(np.float32)
            spent = best(lambda crossbar=crossbar, x=x, t=t: crossbar.train(ms.Hebbian(1e-3), x, t), 9)
            state = np.zeros((size, size), np.float32)
            other = np.empty_like(state)
            copy = best(lambda other=other, state=state: np.copyto(other, state), 9)

            def numpy_step(state=state, x=x, t=t, sigma=sigma) -> np.ndarray:
                change = np.outer(np.float32(1e-3) * t[0, 0], x[0, 0])
                if sigma:
                    change += np.float32(sigma / 100) * rng.standard_normal(change.shape, np.float32)
                return np.clip(state + change, 0, 1, out=state)

            peer = best(numpy_step, 3)
            label = f"{size:5d}^2, sigma {sigma} %"
            print(f"{label:22s} {size**2 / spent:10.2e}   {copy / spent:17.2f}   {peer / spent:10.1f}")


_STEP = {"step": 0.002, "status": "assumed"}
_D2D = {"sigma": "10 %", "relative_to": "value", "status": "assumed"}
_MODELS = {
    "constant": {"model": "constant"},
    "linear": {"model": "linear", "slope": {"set": 0.12, "reset": 0.5}},
    "soft bounds": {"model": "soft-bounds"},
    "exponential": {
        "model": "exponential",
        "amplitude": {"set": -1.18, "reset": -0.08},
        "gamma": {"set": 5, "reset": 5},
    },
    "power": {"model": "power", "exponent": {"set": 1.2, "reset": 0.8}},
}


def _device(update: dict[str, object], d2d: tuple[str, ...] = ()) -> ms.DeviceProfile:
    """A confined cell with cycle-to-cycle noise of 30 % of each step."""
    spread = {name: {**_D2D, "relative_to": "range" if name.startswith("conductance") else "value"} for name in d2d}
    noise = {"c2c": {"sigma": "30 %", "relative_to": "step", "status": "assumed"}, "d2d": spread}
    changes = {"conductance.nominal": False, "update": {**update, **_STEP}, "variability": noise}
    return ms.load_device("ideal").replace(changes)


def models() -> None:
    """A step of every update model with cycle-to-cycle noise, the exact encoding, 4096 x 4096."""
    print("\nupdate models, 4096^2, c2c noise        cells/s   of copy bandwidth")
    rng = np.random.default_rng(0)
    x, t = rng.random(4096).astype(np.float32), rng.random(4096).astype(np.float32)
    cases = [(name, update, ()) for name, update in _MODELS.items()]
    spreads = ("update.step", "conductance.min", "conductance.max")
    cases.append(("constant, 4 numbers a cell", _MODELS["constant"], spreads))
    for name, update, d2d in cases:
        crossbar = ms.Crossbar(_device(update, d2d), 4096, 4096)
        spent = best(lambda crossbar=crossbar: crossbar.train(ms.Hebbian(1e-3), x, t, encoding="exact"))
        del crossbar
        state = np.zeros((4096, 4096), np.float32)
        other = np.empty_like(state)
        copy = best(lambda other=other, state=state: np.copyto(other, state), 9)
        print(f"  {name:30s} {4096**2 / spent:14.2e}   {copy / spent:17.2f}")


def trains() -> None:
    """Stochastic pulse trains of 31 slots on 1024 x 1024 cells: aihwkit's way of updating."""
    print("\npulse trains, 1024^2, c2c noise         cells/s: one sample   batch of 128")
    rng = np.random.default_rng(0)
    for name, d2d in (
        ("constant", ()),
        ("constant, 4 numbers a cell", ("update.step", "conductance.min", "conductance.max")),
    ):
        row = f"  {name:30s}"
        for batch in (1, 128):
            crossbar = ms.Crossbar(_device(_MODELS["constant"], d2d), 1024, 1024, initial=(0.4, 0.5))
            x, t = rng.random((batch, 1024)), 0.3 * rng.standard_normal((batch, 1024))
            spent = best(
                lambda crossbar=crossbar, x=x, t=t: crossbar.train(ms.Hebbian(0.01), x, t, encoding="stochastic")
            )
            row += f" {batch * 1024**2 / spent:19.2e}"
        print(row)


def study() -> None:
    """The study's arrays: thirty steps over fifty arrays of 4096 x 2."""
    print("\nthirty steps, fifty arrays of 4096 x 2")
    rng = np.random.default_rng(0)
    x = rng.random((50, 1, 4096)).astype(np.float32)
    for device in ("ideal", "taox-hfox-wu2018", "agsi-jo2010"):
        crossbar = ms.Crossbar(device, 4096, 2, arrays=50)
        spent = best(lambda crossbar=crossbar: crossbar.train(ms.Hebbian(0.01), x, [1.0, 0.0], steps=30))
        print(f"  {device:18s} {spent * 1e3:8.1f} ms   {30 * 50 * 4096 / spent:.2e} trained cells/s")


if __name__ == "__main__":
    print(f"{platform.machine()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}")
    reads()
    updates()
    models()
    trains()
    study()
