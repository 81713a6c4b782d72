"""What measures quantities: an experiment with changes, or a benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from memsim.bench import KINDS, Options, bench
from memsim.errors import InputError, nearest
from memsim.experiments.devices import base_of
from memsim.experiments.experiment import Experiment
from memsim.simulate import run
from memsim.storage.library import library
from memsim.tasks.base import ResultKind
from memsim.tasks.registry import BENCH, RESULT_KINDS

if TYPE_CHECKING:
    import xarray as xr

OPTIONS = ("sizes", "batch", "repeats", "ratios", "largest_direct")
"""Options of a benchmark that a study may set."""
FEW_RESAMPLES = 100
"""Of the intervals that a run stores, where those of the report are computed from its values."""


class Source(Protocol):
    """What measures quantities."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def place(self) -> str:
        """What errors call it."""

    @property
    def kind(self) -> ResultKind:
        """The kind of its results."""

    @property
    def seed(self) -> int:
        """Seed of its first run."""

    @property
    def compared(self) -> str:
        """Dimension of what its results compare."""

    @property
    def labels(self) -> Mapping[str, Sequence[Any]]:
        """Labels of its results that are known before it runs, by dimension."""

    def measure(
        self, labels: Iterable[str], seed: int, *, stores_intervals: bool, data: Any, backend: str, images_sha256: Any
    ) -> xr.Dataset:
        """The result for a seed, with at least these of the compared."""


@dataclass(frozen=True)
class ExperimentSource:
    """An experiment with the changes of a quantity."""

    experiment: Experiment

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.experiment.name

    @property
    def place(self) -> str:
        """Name of its document."""
        return self.experiment.document.name

    @property
    def kind(self) -> ResultKind:
        """Its task."""
        return self.experiment.task

    @property
    def seed(self) -> int:
        """Its own seed."""
        return self.experiment.spec.seed

    @property
    def compared(self) -> str:
        """Its learners or arrays."""
        return self.experiment.spec.COMPARED

    @property
    def labels(self) -> Mapping[str, Sequence[Any]]:
        """What its settings say."""
        return self.experiment.spec.known_labels

    def measure(
        self,
        labels: Iterable[str],
        seed: int,
        *,
        stores_intervals: bool,
        data: str | Path | None,
        backend: str,
        images_sha256: str | None,
    ) -> xr.Dataset:
        """Run it, with images in place of its own if it has any."""
        needed = restrict(self.experiment, labels).replace(seed=seed)
        if not stores_intervals and "resamples" in type(needed.spec).model_fields:
            needed = needed.replace({"resamples": FEW_RESAMPLES})
        images = data if self.experiment.task.load_images is not None else None
        return run(needed, data=images, backend=backend, images_sha256=images_sha256)


@dataclass(frozen=True)
class BenchmarkSource:
    """A kind of benchmark; its changes are options of `memsim.bench`."""

    options: Options

    @classmethod
    def of(cls, kind: str, changes: Mapping[str, Any]) -> BenchmarkSource:
        """A kind of benchmark with options.

        Raises
        ------
        InputError
            If there is no such benchmark or option, or a value is not allowed.
        """
        if kind not in KINDS:
            raise InputError(f"unknown benchmark '{kind}'{nearest(kind, KINDS)}")
        for key, value in changes.items():
            if key not in OPTIONS:
                raise InputError(f"benchmarks have no option '{key}'{nearest(key, OPTIONS)}")
            for number in value if isinstance(value, list) else [value]:
                if isinstance(number, bool) or not isinstance(number, int | float):
                    raise InputError(f"{key}: {number!r} is not a number")
        settings: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in changes.items()}
        return cls(Options((kind,), **settings))

    @property
    def name(self) -> str:
        """The kind of benchmark."""
        return self.options.chosen[0]

    @property
    def place(self) -> str:
        """The same, as the command line has it."""
        return f"bench {self.name}"

    @property
    def kind(self) -> ResultKind:
        """Results of benchmarks."""
        return RESULT_KINDS[BENCH]

    @property
    def seed(self) -> int:
        """No seed."""
        return 0

    @property
    def compared(self) -> str:
        """What is timed."""
        return "case"

    @property
    def labels(self) -> Mapping[str, Sequence[Any]]:
        """None before it runs."""
        return {}

    def measure(
        self, labels: Iterable[str], seed: int, *, stores_intervals: bool, data: Any, backend: str, images_sha256: Any
    ) -> xr.Dataset:
        """Time it."""
        return bench(replace(self.options, backend=backend))


def restrict(experiment: Experiment, labels: Iterable[str]) -> Experiment:
    """The experiment with only the compared and the values of its sweep that make the labels; their numbers are equal.

    Experiments whose compared depend on each other, and those with devices or component tables of their own, stay
    whole.
    """
    spec, needed = experiment.spec, set(labels)
    devices = [base_of(one.array.device) for one in spec.compared if "array" in one.sections]
    tables = [one.energy.components for one in spec.compared if "energy" in one.sections]
    shipped = all(device in library("devices") for device in devices)
    if not (spec.INDEPENDENT and shipped and all(table in library("components") for table in tables)):
        return experiment
    names: set[str] = set()
    values: dict[str, list[object]] = {key: [] for key in spec.sweep}
    for label, one in spec.runs.items():
        if label in needed:
            names.add(one.spec.name)
            for key, value in one.combination.items():
                values[key] += [value] if value not in values[key] else []
    listed = f"{spec.COMPARED}s"
    compared = [item for item in experiment.document.get(listed) if item["name"] in names]
    changes: dict[str, Any] = {listed: compared, "sweep": values}
    if "published" in type(spec).model_fields:
        changes["published"] = {}
    return experiment.replace(changes)
