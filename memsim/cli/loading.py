"""Experiments that commands name: an unknown name is an error before anything slow is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.storage.library import find

if TYPE_CHECKING:
    from memsim.experiments.experiment import Experiment


def experiment_of(name: str) -> Experiment:
    """A shipped experiment by name, or one from a YAML file, see `memsim.experiments.loading.load_experiment`."""
    find("experiments", name)
    from memsim.experiments.loading import load_experiment

    return load_experiment(name)
