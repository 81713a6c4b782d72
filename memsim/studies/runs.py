"""The runs that a claims file needs: each experiment once, further seeds where a claim asks for their spread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memsim.errors import OutputError, nearest
from memsim.results.dataset import load, require, source, stored
from memsim.results.settings import changes_of
from memsim.simulate import run
from memsim.studies.claims import QuantitySpec, Study
from memsim.studies.plan import Group, plan, restrict

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Run:
    """Results of a group: the main one first, then those of the next seeds.

    Attributes
    ----------
    group : Group
        What was run.
    datasets : tuple of Dataset
        One a seed.
    seeds : tuple of int
        Their seeds.
    task : str
        The experiment's task.
    file : str
        The result file that the main one was loaded from; empty if it was run.
    changed : mapping of str to str
        What the file says was changed in its experiment.
    """

    group: Group
    datasets: tuple[xr.Dataset, ...]
    seeds: tuple[int, ...]
    task: str
    file: str
    changed: Mapping[str, str]

    @property
    def images(self) -> str:
        """Where the images come from."""
        return stored(self.datasets[0], "images_source")

    @property
    def images_sha256(self) -> str:
        """Hash of the images."""
        return stored(self.datasets[0], "images_sha256")


def run_all(
    study: Study,
    *,
    data: str | Path | None = None,
    results: Sequence[str | Path] = (),
    seeds: int = 10,
    backend: str = "auto",
    progress: Progress | None = None,
) -> dict[Group, Run]:
    """Every run that the claims need.

    Raises
    ------
    MemsimError
        If a claim, a result file or the images do not fit.
    """
    parts = plan(study, results)
    total = len(parts) + (seeds - 1) * sum(bool(part.spread) for part in parts.values())
    done = 0
    runs = {}
    for group, part in parts.items():
        first = part.experiment.spec.seed
        own = tuple(range(first, first + (seeds if part.spread else 1)))
        datasets: list[xr.Dataset] = []
        for seed in own:
            if progress is not None:
                progress(group.title, done, total)
            if part.file and not datasets:
                datasets.append(load(part.file))
            else:
                # A spread over seeds is one on the same images.
                sha256 = stored(datasets[0], "images_sha256") if datasets else None
                needed = restrict(part.experiment, part.spread if datasets else part.learners)
                small = needed.replace({"resamples": 100}, seed=seed)
                datasets.append(run(small, data=data, backend=backend, images_sha256=sha256))
            done += 1
        changed = changes_of(datasets[0]) if part.file else {}
        runs[group] = Run(group, tuple(datasets), own, part.experiment.spec.task, part.file, changed)
    if progress is not None:
        progress("done", total, total)
    return runs


def values_of(dataset: xr.Dataset, quantity: QuantitySpec) -> np.ndarray:
    """Values of a quantity in a result: (image, read).

    Raises
    ------
    OutputError
        If the result lacks it.
    """
    require(dataset, "learner", quantity.variable)
    part = dataset[quantity.variable]
    for dimension in ("learner", "noise_type", "noise_level"):
        wanted = getattr(quantity, dimension)
        if wanted is not None:
            require(dataset, dimension)
            labels = dataset[dimension].values.tolist()
            if wanted not in labels:
                text = f"has no {dimension} '{wanted}'{nearest(str(wanted), map(str, labels))}"
                raise OutputError(f"{source(dataset)}: {text}")
            part = part.isel({dimension: labels.index(wanted)})
    if part.size == 0:
        raise OutputError(f"{source(dataset)}: '{quantity.variable}' is empty")
    values = np.asarray(part.values, float).reshape(part.sizes["image"], -1)
    return np.abs(values) if quantity.absolute else values


def all_seeds(runs: Iterable[Run]) -> list[int]:
    """Every seed of the runs that have several, ascending."""
    return sorted({seed for one in runs if len(one.seeds) > 1 for seed in one.seeds})
