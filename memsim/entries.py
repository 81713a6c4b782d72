"""What the tasks share: the learners of a result with their devices checked, and what a computation hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import check_bounds
from memsim.errors import DataError, InputError
from memsim.experiment import Experiment
from memsim.experiment_schema import ComparedBase, LearnerBase, show
from memsim.profiles import DeviceProfile

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Entry:
    """One learner of the result, or one array: that of the experiment at one run of its sweep."""

    label: str
    spec: Any
    values: Mapping[str, Any]
    experiment: Experiment
    device: DeviceProfile | None

    @property
    def data(self) -> Any:
        spec: Any = self.experiment.spec
        return spec.data

    @property
    def seed(self) -> int:
        return self.experiment.spec.seed


class Computed(NamedTuple):
    """What a task computes: its learners, registered variables, labels, where its images come from, and notes."""

    entries: Sequence[Entry]
    variables: dict[str, np.ndarray]
    coordinates: dict[str, Any]
    source: str | None = None
    sha256: str | None = None
    notes: Sequence[str] = ()


def prepare(experiment: Experiment) -> list[Entry]:
    """Every learner of every run of the sweep, with its device checked before anything is computed."""
    variants, entries = experiment.variants(), []
    for name, run in experiment.spec.runs.items():
        variant = variants[run.number]
        spec = variant.spec.compared[run.place]
        device = _device(variant, spec) if "array" in spec.sections else None
        entries.append(Entry(name, spec, run.values, variant, device))
    return entries


def _device(experiment: Experiment, spec: ComparedBase) -> DeviceProfile:
    profile = experiment.device(spec)
    if not isinstance(spec, LearnerBase):
        return profile
    try:
        check_bounds(spec.array.bounds, profile)
    except InputError as error:
        path = f"learners.{spec.name}.array"
        where = experiment.document.where(experiment.document.find(f"{path}.bounds") or ())
        raise InputError(f"{where}: {path}.{error}; for example --set array.bounds=[0,1]") from None
    return profile


def device_notes(entries: Sequence[Entry]) -> list[str]:
    """What a reader must know about the learners' devices: which are not trained by pulses."""
    labels: dict[str, list[str]] = {}
    for entry in entries:
        if entry.device is not None and entry.device.spec.update is None:
            labels.setdefault(entry.device.name, []).append(entry.label)
    return [
        f"trained ideally, then programmed once with the error model of device '{name}': {', '.join(found)}"
        for name, found in labels.items()
    ]


def swept(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    """Coordinates that say what a sweep set: numbers where all values are, else text; blank if unset."""
    coordinates: dict[str, list[Any]] = {}
    for key in dict.fromkeys(key for entry in entries for key in entry.values):
        given = [entry.values[key] for entry in entries if key in entry.values]
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
        blank: Any = float("nan") if numbers else ""
        as_label = float if numbers else show
        coordinates[key] = [as_label(entry.values[key]) if key in entry.values else blank for entry in entries]
    return coordinates


def check_images(source: str, sha256: str, wanted: str | None) -> None:
    """Refuse images that are not those of the run that is repeated.

    Raises
    ------
    DataError
        If the hash is another than the wanted one.
    """
    if wanted is not None and sha256 != wanted:
        raise DataError(
            f"{source}: these are not the images of the earlier run (hash {sha256[:12]}, then {wanted[:12]}); give the "
            "same ones with --data, or run the experiment anew"
        )
