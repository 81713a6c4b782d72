"""What a claims file needs to be run: experiments, the learners and the seeds of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from memsim.errors import InputError, nearest
from memsim.experiments.devices import base_of
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import load_experiment
from memsim.experiments.schema import ImageExperimentSpec
from memsim.repeat import stored_experiment
from memsim.storage.library import library
from memsim.studies.claims import QuantitySpec, Study, used_names
from memsim.studies.expression import Expression

MAX_GROUPS = 50


@dataclass(frozen=True)
class Group:
    """Quantities of one experiment with one set of changes: one run a seed."""

    experiment: str
    changes: str

    @classmethod
    def of(cls, quantity: QuantitySpec) -> Group:
        """The group of a quantity."""
        return cls(quantity.experiment, json.dumps(quantity.changes, sort_keys=True))

    @property
    def changed(self) -> bool:
        """Whether it is not the experiment as it is."""
        return self.changes != "{}"

    @property
    def title(self) -> str:
        """Experiment and changes, for people."""
        changes = json.loads(self.changes)
        texts = (f", {key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in changes.items())
        return self.experiment + "".join(texts)


@dataclass(frozen=True)
class Part:
    """What one group is asked for.

    Attributes
    ----------
    experiment : Experiment
        With the group's changes.
    learners : frozenset of str
        Those that any claim needs.
    spread : frozenset of str
        Those whose spread over seeds a claim needs.
    file : str
        The result file to load instead of running it; empty if there is none.
    """

    experiment: Experiment
    learners: frozenset[str]
    spread: frozenset[str]
    file: str


def plan(study: Study, results: Sequence[str | Path]) -> dict[Group, Part]:
    """What to run for the claims.

    Raises
    ------
    MemsimError
        If a quantity names an experiment, a learner or a level that does not exist, or a result file does not fit.
    """
    given: dict[str, tuple[str, Experiment]] = {}
    for file in map(str, results):
        experiment = stored_experiment(file).experiment
        if experiment.name in given:
            raise InputError(f"{file}: a result of '{experiment.name}', as {given[experiment.name][0]} is; give one")
        given[experiment.name] = file, experiment
    wanted, spread = _needed(study), _spread(study)
    if len(wanted) > MAX_GROUPS:
        raise InputError(f"{study.document.name}: {len(wanted)} different runs; allowed: at most {MAX_GROUPS}")
    parts = {}
    for group, names in wanted.items():
        experiment = _experiment(study, group, names[0], given)
        for name in names:
            _check(study, name, experiment)
        stored = experiment.name in given and not group.changed
        parts[group] = Part(
            experiment,
            _learners(study, names),
            _learners(study, spread.get(group, [])),
            given[experiment.name][0] if stored else "",
        )
    used = {part.experiment.name for group, part in parts.items() if not group.changed}
    for name, (file, _) in given.items():
        if name not in used:
            raise InputError(f"{file}: no claim needs a result of '{name}'{nearest(name, used)}")
    return parts


def restrict(experiment: Experiment, labels: Iterable[str]) -> Experiment:
    """The experiment with only the learners and values of its sweep that make the labels; their numbers stay the same.

    Experiments with devices of their own stay whole.
    """
    spec, wanted = experiment.spec, set(labels)
    shipped = library("devices")
    if not isinstance(spec, ImageExperimentSpec) or any(
        learner.network is None and base_of(learner.array.device) not in shipped for learner in spec.learners
    ):
        return experiment
    names: set[str] = set()
    values: dict[str, list[object]] = {key: [] for key in spec.sweep}
    for made, run in spec.runs.items():
        if made in wanted:
            names.add(run.spec.name)
            for key, value in run.combination.items():
                values[key] += [value] if value not in values[key] else []
    learners = [item for item in experiment.document.get("learners") if item["name"] in names]
    return experiment.replace({"published": {}, "learners": learners, "sweep": values})


def _needed(study: Study) -> dict[Group, list[str]]:
    """Quantities that claims and their causes need, by group."""
    return _grouped(study, {name for claim in study.spec.claims for name in used_names(claim)})


def _spread(study: Study) -> dict[Group, list[str]]:
    """Quantities that are needed at several seeds, by group."""
    names: set[str] = set()
    for claim in study.spec.claims:
        names |= {name for name in used_names(claim) if study.spec.quantities[name].seed_spread}
        if claim.seeds:
            names |= Expression.parse(claim.measured).names
    return _grouped(study, names)


def _grouped(study: Study, names: set[str]) -> dict[Group, list[str]]:
    groups: dict[Group, list[str]] = {}
    for name, quantity in study.spec.quantities.items():
        if name in names:
            groups.setdefault(Group.of(quantity), []).append(name)
    return groups


def _learners(study: Study, names: Iterable[str]) -> frozenset[str]:
    return frozenset(study.spec.quantities[name].learner for name in names)


def _experiment(study: Study, group: Group, name: str, given: Mapping[str, tuple[str, Experiment]]) -> Experiment:
    """The experiment of a group: that of a given result, a shipped one, or one beside the claims file; changed."""
    if group.experiment in library("experiments"):
        experiment = load_experiment(group.experiment)
    else:
        experiment = _own(study, group.experiment, ("quantities", name, "experiment"))
    if experiment.name in given:
        experiment = given[experiment.name][1]
    changes = study.spec.quantities[name].changes
    where = study.document.where(("quantities", name, "changes"))
    return experiment.replace(changes, origin=f"{where}: changes") if changes else experiment


def _own(study: Study, text: str, path: tuple[str, ...]) -> Experiment:
    if study.folder is None or not text.endswith((".yaml", ".yml")):
        raise study.document.error([(path, f"unknown experiment '{text}'{nearest(text, library('experiments'))}")])
    folder = study.folder.resolve()
    place = (folder / text).resolve()
    if not place.is_relative_to(folder):
        raise study.document.error([(path, f"experiment '{text}' lies outside the folder of the claims file")])
    return load_experiment(place)


def _check(study: Study, name: str, experiment: Experiment) -> None:
    """Refuse a quantity that its experiment does not have."""
    quantity, spec = study.spec.quantities[name], experiment.spec
    if not isinstance(spec, ImageExperimentSpec):
        text = f"{experiment.document.name} is of the task '{spec.task}'; claims are about learners on images"
        raise study.document.error([(("quantities", name), text)])
    for key, given, allowed in (
        ("learner", quantity.learner, spec.labels),
        ("noise_type", quantity.noise_type, list(spec.corruptions)),
        ("noise_level", quantity.noise_level, spec.levels),
    ):
        if given is not None and given not in allowed:
            text = f"{experiment.document.name} has no {key} '{given}'{nearest(str(given), map(str, allowed))}"
            raise study.document.error([(("quantities", name, key), text)])
