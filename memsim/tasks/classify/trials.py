"""Settings that tuning tries for each learner: its own first, then others from its `tune`, equally many for all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from memsim.document.problems import DocumentError
from memsim.errors import InputError
from memsim.networks.architecture import SETTINGS, lacks
from memsim.philox import Stream
from memsim.tasks.classify.schema import ClassifierSpec, ClassifySpec
from memsim.tasks.compared import Entry, refused
from memsim.tasks.job import spec_of

Trial = tuple[Mapping[str, Any], ClassifierSpec]
"""The settings that are changed, and all of them."""
Trials = Sequence[Trial]


def check(entry: Entry) -> None:
    """Refuse what tuning lacks, and settings that the architecture of a network lacks.

    Raises
    ------
    InputError
        All of them.
    """
    specs = [entry.spec, *(changed for _, changed in combinations_of(entry))]
    networks = dict.fromkeys(spec.network for spec in specs if spec.network is not None)
    problems = {
        f"network.{setting}": why
        for network in networks
        for setting in SETTINGS
        if getattr(network, setting) is not None and (why := lacks(network.architecture, setting))
    }
    if problems:
        raise DocumentError([str(refused(entry.experiment, entry.spec, *each)) for each in problems.items()])


def combinations_of(entry: Entry) -> list[Trial]:
    """Every combination of the values of `tune`, each checked; one may be the learner's own settings.

    A programmed network has none: it is tuned where it is trained.

    Raises
    ------
    InputError
        If a value is not allowed, or if there are fewer combinations than trials.
    """
    spec, wanted = entry.spec, spec_of(entry.experiment, ClassifySpec).tuning.trials - 1
    if spec.programmed is not None or not spec.tune:
        return []
    changes = [dict(zip(spec.tune, values, strict=True)) for values in itertools.product(*spec.tune.values())]
    combinations: list[Trial] = [(values, entry.experiment.tuned(spec, values)) for values in changes]
    others = sum(changed != spec for _, changed in combinations)
    if others < wanted:
        document = entry.experiment.document
        where = document.where(document.find(f"{entry.experiment.key(spec)}.tune") or ())
        number = f"{others} combination{'s' * (others != 1)} besides the learner's own settings"
        raise InputError(
            f"{where}: learners.{spec.name}.tune: {number}, but every learner gets tuning.trials - 1 = {wanted} of "
            "them; add values"
        )
    return combinations


def trials_of(entry: Entry) -> Trials:
    """The learner's own settings, then as many combinations as it has trials, in an addressed random order."""
    from memsim.kernels.fill import fill  # loads numba, which a check of settings does not need

    combinations, wanted = combinations_of(entry), spec_of(entry.experiment, ClassifySpec).tuning.trials - 1
    ranks = fill("uniform", (1, 1, len(combinations)), seed=entry.seed, stream=Stream.TUNING)[0, 0]
    ordered = (combinations[number] for number in np.argsort(ranks, kind="stable"))
    others = [(values, spec) for values, spec in ordered if spec != entry.spec]
    return [({}, entry.spec), *others[:wanted]]
