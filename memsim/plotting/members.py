"""What the learners of a result were made from, and which of them differ in one setting only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memsim.errors import OutputError
from memsim.experiments.devices import DEVICE
from memsim.experiments.learners import LABEL
from memsim.experiments.schema import ExperimentSpec, label
from memsim.results.dataset import source

if TYPE_CHECKING:
    import xarray as xr


class LacksError(OutputError):
    """The result does not hold what a figure shows.

    Attributes
    ----------
    what : str
        What the figure needs.
    """

    what = ""


def lacks(dataset: xr.Dataset, figure: str, what: str, remedy: str) -> LacksError:
    """The error of a figure that needs something else: what, and which command makes it."""
    error = LacksError(f"{source(dataset)}: the figure '{figure}' needs {what}; {remedy}")
    error.what = what
    return error


@dataclass(frozen=True)
class Member:
    """One learner of a result, or one array.

    Attributes
    ----------
    number : int
        Its place in the result.
    label : str
        Its name there.
    name : str
        Its name in the experiment, with the name of its device, without what else the sweep set.
    spec : ComparedBase
        What it comes from in the experiment.
    values : mapping of str to Any
        What the sweep set, by setting; without the name of the learner.
    """

    number: int
    label: str
    name: str
    spec: Any
    values: Mapping[str, Any]

    @property
    def template(self) -> str:
        """Its label without the name of its device."""
        return label(self.spec.name, {key: value for key, value in self.values.items() if key != DEVICE})

    def name_without(self, key: str) -> str:
        """Its name, without that of its device where the key is the device's."""
        words = self.spec.name.replace(LABEL, "").replace(", ,", ",").strip(" ,;:")
        return words if key == DEVICE and LABEL in self.spec.name else self.name

    def setting(self, key: str) -> Any:
        """Value of a setting such as "training.lambda", the swept one if there is one; None if it has none."""
        section, _, field = key.partition(".")
        whole = self.values.get(section)
        if key in self.values:
            return self.values[key]
        if isinstance(whole, Mapping) and field in whole:
            return whole[field]
        return self._settings().get(section, {}).get(field)

    def kin(self, key: str) -> str:
        """What must be equal for two learners to differ in name and in this setting only."""
        settings, others = self._settings(), {}
        for swept, value in self.values.items():
            section, _, field = swept.partition(".")
            if section in settings and field:
                settings[section][field] = value
            else:
                others[swept] = value
        section, _, field = key.partition(".")
        settings.get(section, {}).pop(field, None)
        others.pop(key, None)
        return json.dumps([settings, others], sort_keys=True, default=str)

    def _settings(self) -> dict[str, Any]:
        dumped = self.spec.model_dump(mode="json", by_alias=True, include=set(self.spec.sections))
        return {section: dict(values) for section, values in dumped.items() if values is not None}


def members(dataset: xr.Dataset, settings: ExperimentSpec) -> list[Member]:
    """The learners of a result, or its arrays, that its experiment tells about, in the order of the result."""
    runs, found = settings.runs, []
    for number, name in enumerate(str(name) for name in dataset[settings.COMPARED].values):
        if name in runs:
            spec, values = runs[name].spec, runs[name].values
            bare = {key.removeprefix(f"{settings.COMPARED}s.{spec.name}."): value for key, value in values.items()}
            own = settings.name_at(spec, values)
            found.append(Member(number, name, own, spec, bare))
    return found


def families(found: Sequence[Member], key: str) -> dict[str, list[Member]]:
    """Learners that differ in name and one setting only, under a name for each such group."""
    groups: dict[str, list[Member]] = {}
    for member in found:
        groups.setdefault(member.kin(key), []).append(member)
    named: dict[str, list[Member]] = {}
    for group in groups.values():
        name = _common(group, key)
        named[name if name not in named else f"{name} ({group[0].label})"] = group
    return named


def _common(group: Sequence[Member], key: str) -> str:
    """What the names of some learners have in common, and the other values that they were swept to."""
    names = [member.name_without(key).split() for member in group]
    shared = 0
    while all(len(name) > shared and name[shared] == names[0][shared] for name in names):
        shared += 1
    name = " ".join(names[0][:shared]).rstrip(",;:") or " / ".join(
        dict.fromkeys(member.name.split()[0] for member in group)
    )
    return label(name, {k: v for k, v in group[0].values.items() if k != key})
