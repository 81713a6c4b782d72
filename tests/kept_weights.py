"""Results with weights of every kind of learner, and how they are compared: what tests of evaluations share."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.experiments.loading import experiment_from_text

CLASSIFY = """\
name: tiny
task: classify
data: {source: digits, samples: 120}
keep: [weights]
learners:
  - name: CNN
    network: {architecture: cnn, channels: [4, 4]}
    training: {rate: 0.01, epochs: 2, ema: 0.9}
    tune: {training.rate: [0.03]}
  - name: Two layers
    network: {architecture: two-layer, hidden: 8, dtype: float64}
    training: {epochs: 3, patience: 1}
    tune: {training.rate: [0.03]}
  - name: Delta
    array: {device: epiram-choi2018}
    learning: {rule: delta, epochs: 2, normalise: standard}
    tune: {learning.rate: [0.001]}
  - name: With features
    array: {device: ideal, adc: {bits: 8}}
    features: {kind: random, units: 12}
    learning: {rule: hebbian, epochs: 1}
    tune: {learning.rate: [0.001]}
  - name: Only programmed
    array: {device: pcm-joshi2020}
    learning: {rule: delta, epochs: 1}
    tune: {learning.rate: [0.001]}
  - name: Programmed
    programmed: {learner: CNN}
    array: {device: epiram-choi2018, dac: {bits: 8}}
corruptions: {gaussian: [0.1, 0.4]}
perturbations: [0.1]
tuning: {trials: 2}
seeds: 2
"""
MEMORISE = """\
name: tiny-images
data: {samples: 3, shape: [8, 8]}
keep: [weights]
learners:
  - {name: Ideal}
  - {name: Pair, array: {device: agsi-jo2010, column: pair, adc: {bits: 8}}}
  - {name: Reference, array: {device: taox-hfox-wu2018, column: reference}}
  - {name: Only programmed, array: {device: pcm-joshi2020}}
  - {name: Linear, network: {hidden: 0}}
  - {name: Linear too, network: {hidden: 0}, training: {loss: cross-entropy}}
  - {name: Hidden, network: {hidden: 16}, training: {rate: 0.01}}
corruptions: {gaussian: [0.1, 0.4], fog: [0.1, 0.4]}
"""
TEXTS = {"classify": CLASSIFY, "memorise": MEMORISE}


def experiment(text, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


def differing(one: xr.Dataset, other: xr.Dataset, names=None) -> list[str]:
    """Variables that are not the same bits; sums over events are the same up to rounding."""
    names = set(one.data_vars) | set(other.data_vars) if names is None else names
    return [n for n in names if n not in one or n not in other or not agree(n, one[n].values, other[n].values)]


def agree(name: str, one, other) -> bool:
    """Whether values of a variable are the same; events of an inference are those so far minus those before."""
    if name.endswith("event_sum"):
        return one.shape == other.shape and np.allclose(one, other, rtol=1e-9, atol=0)
    return same(one, other)


def same(one, other):
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")


def metrics(dataset: xr.Dataset) -> set[str]:
    return {str(name) for name in dataset.data_vars if not str(name).startswith("kept_")}


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A result with weights of each task."""
    folder = tmp_path_factory.mktemp("kept")
    return {task: ms.save(ms.run(experiment(text)), folder / f"{task}.nc") for task, text in TEXTS.items()}


@pytest.fixture(scope="session")
def results(files):
    return {task: ms.load(path) for task, path in files.items()}


SMALL = """\
name: small
task: classify
data: {source: digits, samples: 100}
keep: [weights]
learners:
  - name: Local
    array: {device: ideal, adc: {range: 4}}
    learning: {rule: delta, epochs: 1}
corruptions: {gaussian: [0.1]}
seeds: 2
"""
