"""An experiment that compares others: the same data and task, with other learners or arrays in its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memsim.experiments.devices import Devices
from memsim.experiments.experiment import Experiment, validated
from memsim.experiments.keys import listed

_OF_OTHERS = ("energy", "keep", "published", "reference")
"""Keys that name some of those compared before, or request more than metrics."""


def comparing(
    experiment: Experiment,
    compared: Sequence[Mapping[str, Any]],
    *,
    devices: Devices | None = None,
    networks: Mapping[str, str] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Experiment:
    """The experiment with a new list of what it compares, without keys that name what was in the old one.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    compared : sequence of mapping
        Learners or arrays, as written in YAML.
    devices : Devices, optional
        The profiles that they may name; those of the experiment if not given.
    networks : mapping of str to str, optional
        As `Experiment.networks`.
    changes : mapping, optional
        Other top-level keys with their values.

    Raises
    ------
    InputError
        If the new experiment is not valid.
    """
    document = experiment.document.replace({listed(experiment.spec): list(compared), **(changes or {})})
    document = document.without((key,) for key in _OF_OTHERS if key in document.data)
    devices = experiment.devices if devices is None else devices
    return Experiment(document, validated(document, devices), devices, networks=networks or {})
