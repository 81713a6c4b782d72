"""The runs that a study needs: each experiment once, further seeds where a claim asks for their spread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.data.labelled import is_labelled
from memsim.errors import InputError
from memsim.results.dataset import load, stored
from memsim.results.settings import changes_of
from memsim.studies.plan import Group, Part, check_labels, plan
from memsim.studies.study import Study
from memsim.tasks.registry import RESULT_KINDS

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
        One for each seed.
    seeds : tuple of int
        Their seeds.
    task : str
        The task of the experiment, or the name of another kind of result.
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
    def sampled(self) -> str:
        """Dimension of independent values, over which intervals are."""
        return RESULT_KINDS[self.task].sampled

    @property
    def images(self) -> str:
        """Where the images come from; empty without images."""
        return str(self.datasets[0].attrs.get("images_source", ""))

    @property
    def images_sha256(self) -> str:
        """Hash of the images; empty without images."""
        return str(self.datasets[0].attrs.get("images_sha256", ""))


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
    if data is not None and not any(_takes(part, data) for part in parts.values()):
        kind = "images with labels" if is_labelled(data) else "images without labels"
        raise InputError(f"data='{data}': no experiment of {study.document.name} has {kind}")
    total = len(parts) + (seeds - 1) * sum(bool(part.spread) for part in parts.values())
    done = 0
    runs = {}
    # Those with the user's images come first, so that wrong images end the verification before it takes long.
    for group, part in sorted(parts.items(), key=lambda item: data is None or not _takes(item[1], data)):
        first = part.source.seed
        numbers = tuple(range(first, first + (seeds if part.spread else 1)))
        datasets: list[xr.Dataset] = []
        for seed in numbers:
            if progress is not None:
                progress(group.title, done, total)
            images = data if data is not None and _takes(part, data) else None
            datasets.append(_measured(part, seed, datasets, images, backend))
            if len(datasets) == 1:
                _check(study, part, datasets[0])
            done += 1
        changed = changes_of(datasets[0]) if part.file else {}
        runs[group] = Run(group, tuple(datasets), numbers, part.source.kind.name, part.file, changed)
    if progress is not None:
        progress("done", total, total)
    return {group: runs[group] for group in parts}


def _measured(
    part: Part, seed: int, earlier: Sequence[xr.Dataset], data: str | Path | None, backend: str
) -> xr.Dataset:
    """The result of a part for one seed, on the images of the earlier seeds."""
    if part.file and not earlier:
        return load(part.file)
    same_images = _has_images(part) and earlier
    return part.source.measure(
        part.spread if earlier else part.labels,
        seed,
        stores_intervals=part.stores_intervals,
        data=data,
        backend=backend,
        images_sha256=stored(earlier[0], "images_sha256") if same_images else None,
    )


def _check(study: Study, part: Part, dataset: xr.Dataset) -> None:
    """Refuse labels that the result does not have; not all of them are known before the run."""
    labels = {str(name): values.values.tolist() for name, values in dataset.coords.items() if values.ndim == 1}
    for name in part.quantities:
        check_labels(study, name, labels, part.source.place)


def _takes(part: Part, data: str | Path) -> bool:
    """Whether a part can be measured on these images; those with labels are for tasks with classes."""
    return _has_images(part) and getattr(part.source.kind, "labelled", False) == is_labelled(data)


def _has_images(part: Part) -> bool:
    return getattr(part.source.kind, "load_images", None) is not None


def all_seeds(runs: Iterable[Run]) -> list[int]:
    """Every seed of the runs that have several, ascending."""
    return sorted({seed for one in runs if len(one.seeds) > 1 for seed in one.seeds})
