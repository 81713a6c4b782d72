"""What a study needs to be run: experiments and benchmarks, what each compares, and the seeds of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memsim.errors import InputError, nearest
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import load_experiment
from memsim.repeat import stored_experiment
from memsim.storage.inputs import outside
from memsim.storage.library import library
from memsim.studies.labels import interval_name, place_of
from memsim.studies.places import check_places
from memsim.studies.quantity import QuantitySpec
from memsim.studies.sources import BenchmarkSource, ExperimentSource, Source
from memsim.studies.study import Study
from memsim.tasks.registry import RESULT_KINDS

MAX_GROUPS = 50


@dataclass(frozen=True)
class Group:
    """Quantities of one experiment, or benchmark, with one set of changes: one run for each seed."""

    source: str
    changes: str
    benchmark: bool = False

    @classmethod
    def of(cls, quantity: QuantitySpec) -> Group:
        """The group of a quantity."""
        return cls(quantity.source, json.dumps(quantity.changes, sort_keys=True), quantity.benchmark is not None)

    @property
    def changed(self) -> bool:
        """Whether it is not the experiment as it is."""
        return self.changes != "{}"

    @property
    def title(self) -> str:
        """Experiment and changes, for people."""
        changes = json.loads(self.changes)
        texts = (f", {key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in changes.items())
        return ("bench " if self.benchmark else "") + self.source + "".join(texts)


@dataclass(frozen=True)
class Part:
    """What one group is measured with.

    Attributes
    ----------
    source : Source
        The experiment with the changes of the group, or the benchmark.
    quantities : tuple of str
        Names of what is measured with it.
    labels : frozenset of str
        The learners or arrays that any claim needs.
    spread : frozenset of str
        Those whose spread over seeds a claim needs.
    stores_intervals : bool
        Whether a claim needs an interval that the result itself holds.
    file : str
        The result file to load instead of running it; empty if there is none.
    """

    source: Source
    quantities: tuple[str, ...]
    labels: frozenset[str]
    spread: frozenset[str]
    stores_intervals: bool
    file: str


def plan(study: Study, results: Sequence[str | Path]) -> dict[Group, Part]:
    """What to run for the claims.

    Raises
    ------
    MemsimError
        If a quantity names an experiment or a label that does not exist, or a result file does not fit.
    """
    stored: dict[str, tuple[str, Experiment]] = {}
    for file in map(str, results):
        experiment = stored_experiment(file).experiment
        if experiment.name in stored:
            raise InputError(f"{file}: a result of '{experiment.name}', as {stored[experiment.name][0]} is; give one")
        stored[experiment.name] = file, experiment
    groups, spread = _grouped(study, study.quantities), _grouped(study, study.over_seeds)
    if len(groups) > MAX_GROUPS:
        raise InputError(f"{study.document.name}: {len(groups)} different runs; allowed: at most {MAX_GROUPS}")
    parts = {}
    for group, names in groups.items():
        source = _benchmark(study, names[0]) if group.benchmark else _experiment(study, names[0], stored)
        for name in names:
            _check(study, name, source)
        parts[group] = Part(
            source,
            tuple(names),
            _labels(study, names, source),
            _labels(study, spread.get(group, []), source),
            any(_needs_interval(study.spec.quantities[name], source) for name in names),
            "" if group.changed or group.benchmark or source.name not in stored else stored[source.name][0],
        )
    used = {part.source.name for group, part in parts.items() if not (group.changed or group.benchmark)}
    for name, (file, _) in stored.items():
        if name not in used:
            raise InputError(f"{file}: no claim needs a result of '{name}'{nearest(name, used)}")
    return parts


def _grouped(study: Study, names: Iterable[str]) -> dict[Group, list[str]]:
    groups: dict[Group, list[str]] = {}
    for name in names:
        groups.setdefault(Group.of(study.spec.quantities[name]), []).append(name)
    return groups


def _labels(study: Study, names: Iterable[str], source: Source) -> frozenset[str]:
    """What is compared at some quantities; all of it where one does not say."""
    labels: set[str] = set()
    for name in names:
        at_quantity = study.spec.quantities[name].labels_at(source.compared)
        labels |= set(map(str, at_quantity or source.labels.get(source.compared, ())))
    return frozenset(labels)


def _needs_interval(quantity: QuantitySpec, source: Source) -> bool:
    variable = source.kind.variables[quantity.variable]
    return source.kind.sampled not in variable.dims and interval_name(variable.name) is not None


def _experiment(study: Study, name: str, stored: Mapping[str, tuple[str, Experiment]]) -> ExperimentSource:
    """The experiment of a quantity: that of a stored result, a shipped one, or one beside the study; changed."""
    quantity = study.spec.quantities[name]
    if quantity.source in library("experiments"):
        experiment = load_experiment(quantity.source)
    else:
        experiment = _beside(study, quantity.source, ("quantities", name, "experiment"))
    if experiment.name in stored:
        experiment = stored[experiment.name][1]
    changes, path = quantity.changes, ("quantities", name, "changes")
    if not changes:
        return ExperimentSource(experiment)
    try:
        check_places(experiment, changes)
    except InputError as error:
        raise study.document.error([(path, str(error))]) from None
    return ExperimentSource(experiment.replace(changes, origin=f"{study.document.where(path)}: changes"))


def _beside(study: Study, text: str, path: tuple[str, ...]) -> Experiment:
    """An experiment in the folder of a user's study."""
    if study.folder is None or not text.endswith((".yaml", ".yml")):
        raise study.document.error([(path, f"unknown experiment '{text}'{nearest(text, library('experiments'))}")])
    folder = study.folder.resolve()
    place = (folder / text).resolve()
    if problem := outside(text, folder, "the folder of the study"):
        raise study.document.error([(path, f"experiment '{text}' {problem}")])
    return load_experiment(place)


def _benchmark(study: Study, name: str) -> BenchmarkSource:
    """The benchmark of a quantity, with its changes as options."""
    quantity = study.spec.quantities[name]
    try:
        return BenchmarkSource.of(quantity.source, quantity.changes)
    except InputError as error:
        raise study.document.error([(("quantities", name), str(error))]) from None


def check_labels(study: Study, name: str, labels: Mapping[str, Sequence[Any]], place: str) -> None:
    """Refuse labels of a quantity that are none of some dimensions.

    Raises
    ------
    DocumentError
        With the line of the label and the nearest; `place` is what the error calls the result.
    """
    quantity = study.spec.quantities[name]
    for dimension in quantity.at:
        if dimension in labels:
            try:
                for label in quantity.labels_at(dimension):
                    place_of(dimension, label, labels[dimension])
            except InputError as error:
                raise study.document.error([(("quantities", name, "at", dimension), f"{place} {error}")]) from None


def _check(study: Study, name: str, source: Source) -> None:
    """Refuse a quantity that its experiment does not have."""
    quantity, at = study.spec.quantities[name], ("quantities", name)
    variables, labels = source.kind.variables, source.labels
    if quantity.variable not in variables:
        tasks = [kind.name for kind in RESULT_KINDS.values() if quantity.variable in kind.variables]
        text = f"{source.place} is of the task '{source.kind.name}', '{quantity.variable}' of {' and '.join(tasks)}"
        raise study.document.error([((*at, "variable"), text)])
    check_labels(study, name, labels, source.place)
    compared = source.compared
    several = compared in variables[quantity.variable].dims and len(labels.get(compared, (None, None))) > 1
    if several and compared not in quantity.at:
        text = f"say which {compared} is measured, as in at: {{{compared}: {[*labels.get(compared, ()), 'NAME'][0]}}}"
        raise study.document.error([((*at, "at") if quantity.at else at, text)])
