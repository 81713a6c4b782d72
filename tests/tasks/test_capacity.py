"""Memory that large arrays take, and how many images are done at once where little is free."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import xarray as xr

import memsim as ms
from memsim.tasks import capacity, images
from memsim.tasks.memorise.memory_estimate import training_memory


@pytest.mark.slow
def test_a_run_in_blocks_for_little_free_memory_gives_the_same_bits(monkeypatch):
    experiment = ms.load_experiment("physical-01").replace(
        {"data.samples": 5, "data.shape": [8, 8], "array.device": "agsi-jo2010"}
    )
    blocks, corrupt = [], images.corrupt

    def noted(kind, x, *rest, **options):
        blocks.append(len(x))
        return corrupt(kind, x, *rest, **options)

    monkeypatch.setattr(images, "corrupt", noted)
    whole = ms.run(experiment)
    image = 2 * 64 * 4 * whole.sizes["noise_level"] * whole.sizes["noise_type"] + training_memory(experiment.spec, 64)
    for free, expected in ((4.5 * image, [2, 2, 1]), (0.0, [1] * 5)):
        monkeypatch.setattr(capacity, "free_memory", lambda free=free: free)
        blocks.clear()
        xr.testing.assert_identical(ms.run(experiment).drop_attrs(), whole.drop_attrs())
        assert blocks[: len(expected) * whole.sizes["noise_type"] : whole.sizes["noise_type"]] == expected


def test_free_memory_is_that_of_the_container_where_it_has_less(tmp_path, monkeypatch):
    machine = capacity.free_memory()
    assert 0 < machine <= capacity.memory()
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path)
    for name, text in (("max", "3000000"), ("current", "2500000"), ("stat", "anon 7\ninactive_file 500000\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert capacity.memory() == 3e6 and capacity.free_memory() == 1e6
    (tmp_path / "memory.max").write_text("max")
    assert capacity.memory() > 3e6 and capacity.free_memory() > 3e6


SCRIPT = """
import resource, sys
import numpy as np
import memsim as ms
from memsim.backends import CpuBackend

CpuBackend.kept = 0  # as for arrays four times as large
spread = {"sigma": "5 %", "relative_to": "value"}
paths = ("conductance.max", "update.nonlinearity.set", "read.noise.sigma")
device = ms.load_device("taox-hfox-wu2018").replace({"variability.d2d": dict.fromkeys(paths, spread)})
if sys.argv[1] == "drift":
    law = {"model": "drift", "exponent": 0.05, "spread": 0.02, "reference_time": "20 s"}
    device = device.replace({"variability.d2d": {}, "retention": law})

def used(size):
    array = ms.Crossbar(device, size, size, seed=1)
    x = np.random.default_rng(0).random((2, size))
    array.train(ms.Hebbian(0.1), x[:1], np.linspace(-1, 1, size)[None], steps=1)
    array.read(x)
    if sys.argv[1] == "drift":
        array.wait(100.0).wait(10.0).read(x)
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = used(64)  # with its kernels and libraries
print(used(6144) - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["read noise", "drift"])
def test_a_large_array_is_updated_and_read_within_little_more_than_its_states(kind):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    # States, with drift those at first; parameters, draws and variances are worked out by block.
    states = (2 if kind == "drift" else 1) * 4 * 6144**2
    assert float(run.stdout) < states + 230e6, "states, and blocks of a size of their own"
