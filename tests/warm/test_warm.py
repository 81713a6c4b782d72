"""Kernels compiled ahead: a second time nothing is compiled, and several processes share one cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from memsim.experiments.loading import experiment_names, load_experiment
from memsim.kernels.compile import Loads, compile_kernel, loads
from memsim.profiles import device_names
from memsim.warm import chosen_steps
from memsim.warm.experiments import small

FEW = ("data", "ideal", "physical-01")


def start(cache, *names):
    command = [sys.executable, "-m", "memsim", "doctor", "--warm", *names]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cache.parent
    )


def counted(process) -> tuple[int, int]:
    """Kernels that it compiled, and loaded."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    found = re.search(r"^(\d+) kernels compiled, (\d+) loaded from the cache, in [\d.]+ s$", out, re.MULTILINE)
    assert found, out
    return int(found[1]), int(found[2])


@pytest.mark.slow
def test_a_second_time_compiles_nothing(tmp_path):
    compiled, loaded = counted(start(tmp_path / "cache", *FEW))
    assert compiled > 5 and loaded == 0
    assert counted(start(tmp_path / "cache", *FEW)) == (0, compiled)


@pytest.mark.slow
def test_two_processes_that_fill_one_cache_at_once_leave_it_whole(tmp_path):
    both = [start(tmp_path / "cache", *FEW) for _ in range(2)]
    totals = {sum(counted(process)) for process in both}
    assert len(totals) == 1
    assert counted(start(tmp_path / "cache", *FEW)) == (0, totals.pop())


@pytest.mark.slow
def test_what_is_warm_runs_at_full_size_without_compiling(tmp_path):
    counted(start(tmp_path / "cache", "data", "physical-01"))
    code = (
        "import memsim as ms\nfrom memsim.kernels.compile import loads\n"
        "ms.run(ms.load_experiment('physical-01'))\nprint(loads().compiled)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_kernels_are_counted_when_they_compile_and_not_again(monkeypatch):
    monkeypatch.setattr("memsim.kernels.compile.stamped_cache", lambda *_: None)

    def work(first, last, a):
        for i in range(first, last):
            a[i] += 1

    kernel, before = compile_kernel(work, len), loads()
    for _ in range(2):
        kernel(np.zeros(3))
    assert loads().since(before) == Loads(1, 0)
    assert (kernel.cache_misses, kernel.cache_hits) == (1, 0)


def test_every_shipped_device_and_experiment_has_a_step():
    names = [step.name for step in chosen_steps()]
    assert set(names) >= {*device_names(), *experiment_names()} and len(set(names)) == len(names)


@pytest.mark.slow
@pytest.mark.parametrize("name", experiment_names())
def test_experiments_become_small_with_the_same_learners(name):
    whole = load_experiment(name)
    assert small(whole).spec.labels == whole.spec.labels or whole.spec.sweep


class TestCommand:
    def test_an_unknown_name_is_refused_with_the_nearest_one(self, cli):
        assert "did you mean 'physical-01'" in cli("doctor", "--warm", "physical-1").refusal()

    def test_a_name_without_warm_says_what_was_meant(self, cli):
        assert "memsim doctor --warm ideal" in cli("doctor", "ideal").refusal()

    def test_without_a_place_for_kernels_it_says_how_to_get_one(self, cli, monkeypatch):
        monkeypatch.setattr("memsim.kernels.cache.cache_folder", lambda: None)
        assert "set NUMBA_CACHE_DIR" in cli("doctor", "--warm", "trains").refusal()
