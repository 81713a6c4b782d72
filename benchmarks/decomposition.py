"""The study's table of eight methods by its own loop and by memsim: ``python benchmarks/decomposition.py [RUNS]``.

The loop trains image by image, method by method, step by step on whole weight matrices in float64, and reads one noisy
copy at a time. Its fresh weights, images and noise fields are memsim's, so that both compute the same numbers; drawing
them is not charged to the loop. memsim is charged for everything. Both use one BLAS thread, the faster choice at these
sizes wherever a core is busy.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import memsim as ms
from memsim.bench.runs import IMPORTS
from memsim.data.corruptions import CORRUPTIONS
from memsim.experiments.experiment import Experiment
from memsim.kernels.fill import fill
from memsim.philox import Stream
from memsim.tasks.memorise.run import load_images
from memsim.tasks.memorise.schema import LearnerSpec

NAME = "decomposition-01"
TARGETS = np.array([1.0, 0.0])
FLOOR = 0.1
BOUND = 1e-5  # memsim's crossbars and noisy images are float32
# A process inherits the peak memory of the one that started it, so a small one stands in between.
LAUNCH = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), status)
"""


class Net(NamedTuple):
    """Weights (pixel, unit) and readout (unit, output); without a readout, units are outputs."""

    layer: np.ndarray
    readout: np.ndarray | None = None


def fresh(learner: LearnerSpec, seed: int, image: int, pixels: int) -> Net:
    """The weights that memsim gives to the model of an image."""
    low, high = (learner.network or learner.array).initial
    hidden = learner.network.hidden if learner.network else 0

    def uniform(inputs: int, units: int, layer: int) -> np.ndarray:
        address = {"seed": seed, "stream": Stream.INITIAL, "step": layer, "first_array": image}
        numbers = fill("uniform", (1, units, inputs), **address)[0].T
        return np.ascontiguousarray(low + (high - low) * numbers.astype(float))

    outputs = len(TARGETS)
    return Net(uniform(pixels, hidden, 0), uniform(hidden, outputs, 1)) if hidden else Net(uniform(pixels, outputs, 0))


def study_slope(outputs: np.ndarray, weight: float) -> np.ndarray:
    """Direction of the study's script, for the squared error with a log margin of this weight."""
    error = outputs - TARGETS
    error[0] -= weight / max(outputs[0] - outputs[1], FLOOR)
    return error


def descend(net: Net, x: np.ndarray, slope: Callable[[np.ndarray], np.ndarray], rate: float, steps: int) -> Net:
    """Gradient descent on one image; changes the net in place."""
    layer, readout = net
    for _ in range(steps):
        response = x @ layer
        if readout is None:
            layer -= rate * np.outer(x, slope(response))
            continue
        units = np.maximum(response, 0.0)
        error = slope(units @ readout)
        back = (readout @ error) * (response > 0)
        readout -= rate * np.outer(units, error)
        layer -= rate * np.outer(x, back)
    return net


def literal_memorise(learner: LearnerSpec, net: Net, x: np.ndarray) -> Net:
    """A method of the study on one image; changes the net in place."""
    if learner.network is not None:
        training = learner.training
        weight = 0.0 if training.loss == "mse" else training.weight
        return descend(net, x, lambda outputs: study_slope(outputs, weight), training.rate, training.steps)
    for _ in range(learner.learning.steps):
        net.layer[:] += learner.learning.rate * np.outer(x, TARGETS)
        if learner.array.bounds is not None:
            np.clip(net.layer, *learner.array.bounds, out=net.layer)
    return net


def literal_read(net: Net, x: np.ndarray) -> np.ndarray:
    """Target and control output for one image."""
    response = x @ net.layer
    return response if net.readout is None else np.maximum(response, 0.0) @ net.readout


def literal_table(experiment: Experiment, numbers: Iterable[int]) -> tuple[np.ndarray, float]:
    """Outputs (learner, image, level, output) of the study's loop for these images, and its time [s]."""
    spec = experiment.spec
    images = load_images(experiment).pixels.astype(float)
    images = images.reshape(len(images), -1)
    address = {"seed": spec.seed, "stream": Stream.CORRUPTION, "step": CORRUPTIONS["gaussian"]}
    noise = fill("normal", (len(images), 1, images.shape[1]), **address)[:, 0].astype(float)
    table, spent = [], 0.0
    for i in numbers:
        outputs = np.empty((len(spec.learners), len(spec.levels), len(TARGETS)))
        for k, learner in enumerate(spec.learners):
            net = fresh(learner, spec.seed, i, images.shape[1])
            start = time.perf_counter()
            net = literal_memorise(learner, net, images[i])
            for j, level in enumerate(spec.levels):
                outputs[k, j] = literal_read(net, np.clip(images[i] + level * noise[i], 0.0, 1.0))
            spent += time.perf_counter() - start
        table.append(outputs)
    return np.stack(table, axis=1), spent


def computation(runs: int) -> None:
    """Times in this process of the loop, in parts, and of `memsim.run`, between the parts; both must agree."""
    experiment = ms.load_experiment(NAME)
    dataset = ms.run(experiment)
    own = np.stack([dataset.output_target[:, :, 0], dataset.output_control[:, :, 0]], axis=-1)

    def seconds(changed: Experiment) -> float:
        start = time.perf_counter()
        ms.run(changed)
        return time.perf_counter() - start

    times, tables, loop = [], [], 0.0
    for part in np.array_split(np.arange(own.shape[1]), runs):
        with threadpool_limits(1, "blas"):
            table, spent = literal_table(experiment, part)
        tables.append(table)
        loop += spent
        times.append(seconds(experiment))
    few, outputs = statistics.median(times), np.concatenate(tables, axis=1)
    worst = (abs(own - outputs).max(-1) / abs(outputs).max(-1)).max()
    print(f"largest difference / larger output of the read   {worst:9.1e}   (allowed: {BOUND:g})")
    if not worst <= BOUND:
        raise SystemExit("memsim and the loop of the study disagree")
    print(f"loop of the study                                {loop:9.2f} s")
    print(f"memsim.run {NAME}, median of {runs:<2d}        {few:9.2f} s")
    print(f"loop / memsim                                    {loop / few:9.1f}   (target: at least 20)")
    many = seconds(experiment.replace({"data.samples": 500}))
    print(f"500 images / 50 images                           {many / few:9.1f}   (linear: 10)")


def processes(runs: int) -> None:
    """Times and peak memory of whole processes."""
    command = [str(Path(sys.executable).with_name("memsim")), "run", NAME, "--force", "-o", "table.nc"]

    def measured(command: list[str], folder: str) -> tuple[float, float]:
        launch = [sys.executable, "-S", "-c", LAUNCH, *command]
        output = subprocess.run(launch, cwd=folder, check=True, capture_output=True, text=True).stdout
        spent, peak, status = map(float, output.split())
        if status:
            raise SystemExit(f"{' '.join(command)}: failed")
        return spent, peak

    with tempfile.TemporaryDirectory() as folder:
        measured(command, folder)
        pairs = [(measured(command, folder), measured([sys.executable, "-c", IMPORTS], folder)) for _ in range(runs)]
        long, large = measured([*command, "--set", "data.samples=500"], folder)
    warm, imports = (statistics.median(pair[k][0] for pair in pairs) for k in (0, 1))
    ratio = statistics.median(run[0] / bare[0] for run, bare in pairs)
    print(f"bare imports, median of {runs:<2d}                       {imports:9.2f} s")
    print(f"memsim run {NAME}, median of {runs:<2d}        {warm:9.2f} s")
    print(f"warm run / bare imports                          {ratio:9.2f}   (target: under 2.5)")
    print(f"its peak memory                                  {max(run[1] for run, _ in pairs):9.0f} MiB (under 700)")
    print(f"the same with 500 images                         {long:9.2f} s   ({long / warm:.1f} times as long)")
    print(f"its peak memory                                  {large:9.0f} MiB (under 1536)")


if __name__ == "__main__":
    given = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{platform.machine()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}")
    computation(given)
    processes(given)
