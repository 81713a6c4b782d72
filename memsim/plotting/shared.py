"""What two results share: the severities of their noise, what metrics mean, and whether values are pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.document.writer import show
from memsim.results.settings import any_settings_of, kind_of
from memsim.tasks.base import Metric
from memsim.tasks.coordinates import SEVERITY

if TYPE_CHECKING:
    import xarray as xr

_TOLERANCE = 1e-9  # relative, of levels that are the same
_LONGEST = 40  # characters of a setting in a reason
NO_SEVERITY = "no noise type with a level that is in both"


@dataclass(frozen=True)
class Shared:
    """Two results, restricted to the noise types and levels that both have.

    Attributes
    ----------
    datasets : (Dataset, Dataset)
        The results with these alone; where there are none, the results as they are.
    words : tuple of (words, severities)
        Severities in both, only in A and only in B; empty where they are the same.
    any : bool
        Whether a severity is in both.
    """

    datasets: tuple[xr.Dataset, xr.Dataset]
    words: tuple[tuple[str, str], ...] = ()
    any: bool = True

    @property
    def restricted(self) -> bool:
        """Whether a result has severities that the other one lacks."""
        return bool(self.words)


def shared_severities(a: xr.Dataset, b: xr.Dataset) -> Shared:
    """Two results with the noise types and levels that both have."""
    if any(dimension not in dataset.dims for dataset in (a, b) for dimension in SEVERITY):
        return Shared((a, b))
    kinds, levels = (_places(a[dimension].values, b[dimension].values) for dimension in SEVERITY)
    sizes = [(a.sizes[dimension], b.sizes[dimension]) for dimension in SEVERITY]
    if all((len(places), len(places)) == size for places, size in zip((kinds, levels), sizes, strict=True)):
        in_order = all(i == j for places in (kinds, levels) for i, j in places)
        if in_order:
            return Shared((a, b))
    comparable = bool(kinds and levels)
    if not comparable:
        kinds = levels = []
    both = tuple(
        dataset.isel(noise_type=[pair[k] for pair in kinds], noise_level=[pair[k] for pair in levels])
        for k, dataset in enumerate((a, b))
    )
    words = [("both", _words(both[0]))]
    for k, (letter, dataset) in enumerate(zip("AB", (a, b), strict=True)):
        words.append((f"only {letter}", _rest(dataset, [pair[k] for pair in kinds], [pair[k] for pair in levels])))
    named = tuple((what, text) for what, text in words if text)
    return Shared(both if comparable else (a, b), named, comparable)  # type: ignore[arg-type]


def _places(first: np.ndarray, second: np.ndarray) -> list[tuple[int, int]]:
    """Places of labels that are in both, in the order of the first."""
    if first.dtype.kind in "OUS":
        return [(i, second.tolist().index(one)) for i, one in enumerate(first.tolist()) if one in second.tolist()]
    close = np.isclose(first[:, None], second[None, :], rtol=_TOLERANCE, atol=0.0)
    return [(int(i), int(j)) for i, j in np.argwhere(close)]


def _words(dataset: xr.Dataset) -> str:
    """Noise types and levels of a result, in words."""
    if not (dataset.sizes["noise_type"] and dataset.sizes["noise_level"]):
        return ""
    kinds, levels = (dataset[dimension].values for dimension in SEVERITY)
    severities = ", ".join(f"{level:g}" if level else "0 (clean)" for level in levels)
    return f"{', '.join(map(str, kinds))} at {severities}"


def _rest(dataset: xr.Dataset, kinds: Sequence[int], levels: Sequence[int]) -> str:
    """The severities of a result that are not in both, in words."""
    other_kinds = [i for i in range(dataset.sizes["noise_type"]) if i not in kinds]
    other_levels = [i for i in range(dataset.sizes["noise_level"]) if i not in levels]
    parts = [
        dataset.isel(noise_type=list(kinds), noise_level=other_levels),
        dataset.isel(noise_type=other_kinds),
    ]
    return "; ".join(filter(None, map(_words, parts)))


def reason_against(a: xr.Dataset, b: xr.Dataset, metric: Metric, shared: Shared) -> str:
    """Why a metric cannot be compared; empty if it can."""
    names = [metric.variable in dataset for dataset in (a, b)]
    if not all(names):
        return f"only in {'A' if names[0] else 'B'}"
    settings = any_settings_of(a), any_settings_of(b)
    for key in metric.defined_by:
        one, other = (_setting(spec, key) for spec in settings)
        if one != other:
            words = key.replace("_", " ").replace(".-1", ", last")
            texts = show(one), show(other)
            short = max(map(len, texts)) <= _LONGEST
            return f"{words}: {texts[0]} in A, {texts[1]} in B" if short else f"{words}: not the same"
    return NO_SEVERITY if by_severity(a, metric) and not shared.any else ""


def by_severity(dataset: xr.Dataset, metric: Metric) -> bool:
    """Whether a metric is a mean over noise types and levels."""
    return metric.source in dataset and set(SEVERITY) <= set(dataset[metric.source].dims)


def _setting(spec: Any, key: str) -> Any:
    """A setting of an experiment, of a list also by its place; None if it has none."""
    for part in key.split("."):
        if isinstance(spec, list):
            spec = spec[int(part)] if spec else None
        else:
            spec = getattr(spec, part, None)
    return spec


def reasons_against_pairs(a: xr.Dataset, b: xr.Dataset, places: tuple[int, int]) -> list[str]:
    """Why values of one of the compared in both results do not belong together; empty if they do."""
    kind = kind_of(a)
    seeds = [_seed(dataset, place) for dataset, place in zip((a, b), places, strict=True)]
    reasons = [] if seeds[0] is not None and seeds[0] == seeds[1] else ["seeds"]
    hashes = [dataset.attrs.get("images_sha256") for dataset in (a, b)]
    if getattr(kind, "load_images", None) is not None and (hashes[0] is None or hashes[0] != hashes[1]):
        reasons.append("images")
    labels = [dataset[kind.sampled].values if kind.sampled in dataset.dims else None for dataset in (a, b)]
    if not np.array_equal(labels[0], labels[1]):  # type: ignore[arg-type]
        numbers = {"repeat": "numbers of repeats", "image": "numbers of images"}
        reasons.append(numbers.get(kind.sampled, kind.sampled))
    layouts = [dataset.attrs.get("random_addresses") for dataset in (a, b)]
    if not np.array_equal(layouts[0], layouts[1]):  # type: ignore[arg-type]
        reasons.append("layouts of random numbers")
    return reasons


def _seed(dataset: xr.Dataset, place: int) -> int | None:
    """Seed of one of the compared; None where a result does not say."""
    seed = dataset.coords.get("seed")
    if seed is None:
        return None
    return int(seed.values[place] if seed.ndim else seed.values)
