"""The CUDA backend as a whole in Numba's simulator, with strict arrays in place of CuPy's: what the CPU gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba_cuda")

pytestmark = pytest.mark.slow

# The simulator takes NumPy's arrays; it is slow, so arrays are small.
PROLOGUE = """
import os, sys, types
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
import numpy as np
import strict_arrays
sys.modules["cupy"] = strict_arrays.MODULE
from memsim.backends import cuda
from memsim.kernels.cuda.launch import CudaKernel
cuda.problem = lambda: None
cuda.CudaBackend.free_memory = cuda.CudaBackend.kept = 1 << 20
cuda.CudaBackend.machine = "a simulated card"
cuda.CudaBackend.libraries = {}
from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray
launch = CudaKernel.__call__

def on_card(given):  # as it is, sliced or not
    return FakeCUDAArray(given.get(copy=False)) if isinstance(given, strict_arrays.StrictArray) else given

CudaKernel.__call__ = lambda kernel, *args: launch(kernel, *map(on_card, args))
import memsim as ms
"""

SIGNALS = """
x = np.random.default_rng(1).random((3, 20)).astype(np.float32)
t = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], (3, 2))
"""

LIVES = """
shared = dict(arrays=1, seed=3, first_array=7)
converters = dict(dac=ms.DAC(bits=5, gain=0.01), adc=ms.ADC(bits=6, inl=0.4, range=9.0, noise=0.3))

def life(device, backend, cols=2, **options):
    made = ms.Crossbar(device, 20, cols, backend=backend, **shared, **options)
    assert made.backend == backend
    signals = np.resize(t, (3, cols))
    made.train(ms.Hebbian(0.2), x, signals)
    if made.planned:
        made.program()
    made.wait(10.0)
    return [made.state.values, *made.pulses, made.read(x), made.output(x, noise=False), made.difference_variance(x)]

for device, options in (
    ("agsi-jo2010", converters),
    ("agsi-jo2010", dict(cols=18)),
    ("stt-mram-chen2018", {}),
    ("hfo2-milo2021", {}),
    ("pcm-joshi2020", {}),
    ("hfox-wan2022", {}),
    ("hfo2-gong2018", {}),
):
    for ours, theirs in zip(life(device, "cuda", **options), life(device, "cpu", **options), strict=True):
        step = 9.0 / 31 if options is converters else 0
        assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max() + step), (device, ours, theirs)
    print("agree:", device)
"""

MEASURED = """
import warnings
rng = np.random.default_rng(4)
x, t, stuck = rng.random((3, 20)), rng.choice([-1.0, 0.0, 1.0], (3, 2)), np.eye(20, 2)

def life(device, backend, **options):
    profile = ms.load_device(device)
    conductance = np.random.default_rng(5).uniform(0.0, 1.4, (20, 2)) * profile.spec.conductance.max
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ms.WindowWarning)
        made = ms.Crossbar.from_conductance(conductance, profile, backend=backend, **shared, **options)
    assert made.backend == backend and np.allclose(made.conductance, conductance, rtol=3e-7, atol=1e-9)
    found = [made.output(x, noise=False)]
    made.train(ms.Hebbian(0.2), x, t)
    return [*found, made.state.values, *made.pulses, made.read(x)]

shared = dict(seed=3, first_array=7)
for device, options in (
    ("taox-hfox-wu2018", dict(bounds=(0.2, 0.8))),
    ("hfo2-softbounds-gong2018", dict(faults=stuck)),
    ("stt-mram-chen2018", {}),
    ("hfox-wan2022", {}),
):
    for ours, theirs in zip(life(device, "cuda", **options), life(device, "cpu", **options), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max()), (device, ours, theirs)
    print("agree:", device)
"""

WEAR = """
import warnings
endurances = {
    "growing-resistance": {
        "size": "10 nm",
        "low_resistance": {"cycles": 2, "per_nanometre": 0.1, "growth": 0.3},
        "high_resistance": {"cycles": 1, "per_nanometre": 0.1, "growth": -0.2},
    },
    "stuck-cells": {"rows": [{"cycles": 5, "stuck_on": 0.1, "stuck_off": 0.3}]},
}

def life(device, backend):
    made = ms.Crossbar(device, 20, 3, arrays=2, seed=3, backend=backend, column="pair")
    made.train(ms.Hebbian(0.2), x, np.resize(t, (3, 3)), encoding="counted")
    made.program(0.4, "ispp", window=0.05, max_pulses=20)
    made.wear(np.arange(12.0).reshape(1, 1, -1)[..., :6])
    made.program(0.6, cycles=2).reprogram()
    return [made.state.values, made.cell_pulses.values, *made.pulses, made.read(x), *made.memory().values()]

for name, endurance in endurances.items():
    device = ms.load_device("taox-hfox-wu2018").replace({"endurance": {"model": name} | endurance})
    for ours, theirs in zip(life(device, "cuda"), life(device, "cpu"), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max()), (name, ours, theirs)
    print("agree:", name)
"""

COUNTS = """
def counts(rule, backend):
    made = ms.Crossbar("agsi-jo2010", 20, 3, arrays=2, seed=3, backend=backend, column="pair", tile=(12, 4), count=True)
    made.train(rule, x, np.resize(t, (3, 3)), encoding="counted")
    made.program(0.6, cycles=2)
    made.read(x)
    return [value for one in made.event_counts.counts.values() for value in vars(one).values()]

for rule in ("hebbian", "delta"):
    for ours, theirs in zip(counts(rule, "cuda"), counts(rule, "cpu"), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-4, atol=0), (rule, ours, theirs)
    print("agree:", rule)
"""

EXPERIMENTS = """
import xarray as xr
for name in ("physical-01", "decomposition-01"):
    small = {"data.samples": 1, "data.shape": [4, 4], "corruptions": {"gaussian": [0.3]}}
    experiment = ms.load_experiment(name).replace(small)
    ours, theirs = (ms.run(experiment, backend=backend) for backend in ("cuda", "cpu"))
    assert ours.backend == "cuda" and "simulated" in ours.machine
    xr.testing.assert_allclose(ours, theirs, rtol=1e-5)
    print("agree:", name)
"""


@pytest.mark.parametrize(
    ("code", "count"),
    [(LIVES, 7), (MEASURED, 4), (WEAR, 2), (COUNTS, 2), (EXPERIMENTS, 2)],
    ids=["arrays", "measured cells", "wear", "counts", "experiments"],
)
def test_what_a_simulated_card_computes_agrees_with_the_cpu(code, count):
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", PROLOGUE + SIGNALS + code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("agree:") == count
