"""Shipped experiments on a few small images."""

from __future__ import annotations

import numpy as np

from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import load_experiment
from memsim.kernels.line_sums import line_sums_kernel
from memsim.philox import LANES
from memsim.simulate import run


def use_experiment(name: str) -> None:
    """Run a shipped experiment as small as it goes, and what counts the events of large arrays alone."""
    run(small(load_experiment(name)), backend="cpu")
    line_sums_kernel()(np.zeros((1, 1, LANES), np.float32), np.zeros((1, 1, LANES)), np.zeros((1, 1)))


def small(experiment: Experiment) -> Experiment:
    """The experiment with little to do."""
    for key, value in experiment.task.small.items():
        if _applies(experiment, key):
            experiment = experiment.replace({key: value})
    return experiment


def _applies(experiment: Experiment, key: str) -> bool:
    """Whether some learner has this key, and no sweep sets it."""
    head, spec = key.partition(".")[0], experiment.spec
    if any(swept == key or swept.endswith(f".{key}") for swept in spec.sweep):
        return False
    return head in type(spec).model_fields or any(head in one.sections for one in spec.compared)
