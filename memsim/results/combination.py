"""Results of several runs in one Dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import InputError, OutputError
from memsim.results.dataset import load, require
from memsim.results.differences import WORDS, differing, flat
from memsim.results.settings import any_settings_of, kind_of
from memsim.results.weights import without_weights

if TYPE_CHECKING:
    import xarray as xr

_SCHEMA = "memsim_schema"
_MOST = 4
"""Differences that an error names."""


def combine(results: Iterable[str | Path | xr.Dataset]) -> xr.Dataset:
    """Results of several runs of one kind as one Dataset.

    Runs with different seeds get the dimension ``seed``. Under one seed, learners of several runs follow each other;
    one that several runs have with equal settings counts once. Images, corruptions and all other settings that learners
    share must be equal. Errors relative to a reference learner stay relative to that of their own run. Weights stay in
    the results of the runs.

    Parameters
    ----------
    results : iterable of str, Path or Dataset
        Result files, or loaded results.

    Returns
    -------
    xarray.Dataset
        The variables of the results; NaN where a run lacks one. Attributes that differ between runs, such as the
        experiment, are in the attribute ``runs``, a JSON list in the order of the results.

    Raises
    ------
    MemsimError
        If a file is no result, or results do not fit together; the error names what differs.

    Examples
    --------
    >>> runs = [ms.run("physical-01").pipe(ms.save, f"{seed}.nc") for seed in (1, 2)]  # doctest: +SKIP
    >>> ms.combine(["1.nc", "2.nc"]).snr_mean.std("seed")  # doctest: +SKIP
    """
    if isinstance(results, str | Path):
        raise InputError(f"results: '{results}' is one result; allowed: a list of files or Datasets")
    loaded = [load(result) if isinstance(result, str | Path) else result for result in results]
    datasets = [without_weights(result) for result in loaded]
    if not datasets:
        raise InputError("results: there are none; give files or Datasets")
    names = [_name(dataset, number) for number, dataset in enumerate(datasets, 1)]
    first, compared = datasets[0], any_settings_of(datasets[0]).COMPARED
    for name, dataset in zip(names, datasets, strict=True):
        _check(names[0], first, name, dataset)
        require(dataset, compared, "device", "seed")
    groups = _by_seed(datasets, names, compared)
    joined = [_along(compared, list(group.values()), list(group)) for group in groups.values()]
    whole = joined[0] if len(joined) == 1 else _over_seeds(joined, list(groups), compared)
    whole.attrs = _attributes(datasets, names)
    return whole


def _name(dataset: xr.Dataset, number: int) -> str:
    """What errors call a result."""
    return str(dataset.encoding.get("source", f"result {number}"))


def _check(name: str, first: xr.Dataset, other: str, dataset: xr.Dataset) -> None:
    """Refuse a result that differs from the first one in what all runs share."""
    kinds = [kind_of(each).name for each in (first, dataset)]
    if kinds[0] != kinds[1]:
        raise OutputError(f"{other} is a result of the task '{kinds[1]}', {name} one of '{kinds[0]}'; they do not fit")
    specs = [any_settings_of(each) for each in (first, dataset)]
    left_out = {*WORDS, "sweep", "seed", "keep", "reference", f"{specs[0].COMPARED}s"}
    rows = differing(*(flat(spec.model_dump(mode="json", by_alias=True, exclude=left_out)) for spec in specs))
    for attribute, words in (("images_sha256", "images"), ("random_addresses", "layout of random numbers")):
        if not rows and not _equal(first.attrs.get(attribute), dataset.attrs.get(attribute)):
            rows.append((words, "one", "another"))
    devices = [_devices(each) for each in (first, dataset)]
    rows += [(f"profile of {d}", "one", "another") for d, text in devices[0].items() if devices[1].get(d, text) != text]
    if rows:
        raise OutputError(f"{other} does not fit to {name}: {_in_words(rows)}")


def _devices(dataset: xr.Dataset) -> dict[str, str]:
    try:
        devices = json.loads(dataset.attrs.get("devices", "{}"))
    except (TypeError, ValueError, RecursionError):
        return {}
    return devices if isinstance(devices, dict) else {}


def _in_words(rows: Sequence[tuple[str, str, str]]) -> str:
    """Differences in words."""
    words = "; ".join(f"{key} is {other}, not {one}" for key, one, other in rows[:_MOST])
    return words + (f"; and {len(rows) - _MOST} more" if len(rows) > _MOST else "")


def _by_seed(datasets: Sequence[xr.Dataset], names: Sequence[str], compared: str) -> dict[int, dict[str, xr.Dataset]]:
    """Results under their names by seed; under one number where a sweep over seeds gives learners their own."""
    swept = any(dataset.seed.ndim for dataset in datasets)
    groups: dict[int, dict[str, xr.Dataset]] = {}
    for number, (name, dataset) in enumerate(zip(names, datasets, strict=True)):
        if swept and not dataset.seed.ndim:
            seeds = np.full(dataset.sizes[compared], dataset.seed.values)
            dataset = dataset.assign_coords(seed=(compared, seeds, dataset.seed.attrs))
        seed = 0 if swept else int(dataset.seed)
        group = groups.setdefault(seed, {})
        for other, earlier in group.items():
            dataset = _without_shared(other, earlier, name, dataset, compared)
        group[name if name not in group else f"{name} ({number + 1})"] = dataset
    return groups


def _without_shared(name: str, first: xr.Dataset, other: str, dataset: xr.Dataset, compared: str) -> xr.Dataset:
    """A result without what an earlier one has with the same label, settings and seed.

    Raises
    ------
    OutputError
        If settings differ under the same label, or nothing is left.
    """
    shared = [label for label in dataset[compared].values if label in first[compared].values]
    seed = "" if first.seed.ndim else f" at seed {int(first.seed)}"
    for label in shared:
        rows = differing(*(_settings(each, str(label)) for each in (first, dataset)))
        if rows:
            words = "; ".join(f"{key} is {one} and {two}" for key, one, two in rows[:_MOST])
            text = f"{name} and {other} both have the {compared} '{label}'{seed}, but {words}; give names that differ"
            raise OutputError(text)
    if len(shared) == dataset.sizes[compared]:
        raise OutputError(f"{name} and {other} have the same {compared}s with equal settings{seed}; leave one out")
    return dataset.drop_sel({compared: shared}) if shared else dataset


def _settings(dataset: xr.Dataset, label: str) -> dict[str, Any]:
    """Settings that one of the compared has in a result, with those that a sweep set."""
    run = any_settings_of(dataset).runs.get(label)
    if run is None:
        return {}
    sections = run.spec.model_dump(mode="json", by_alias=True, include=set(run.spec.sections))
    return flat(sections) | {key: value for key, value in run.values.items() if not isinstance(value, Mapping)}


def _along(compared: str, datasets: Sequence[xr.Dataset], names: Sequence[str]) -> xr.Dataset:
    """Results under one seed, one after the other along what is compared."""
    import xarray as xr

    whole = [_filled(dataset, datasets, compared) for dataset in datasets]
    how: dict[str, Any] = {"data_vars": "minimal", "coords": "minimal", "compat": "override", "join": "outer"}
    try:
        return xr.concat(whole, compared, combine_attrs="override", **how)
    except (xr.MergeError, ValueError) as error:
        raise OutputError(f"{', '.join(names)} do not fit together: {str(error).splitlines()[0]}") from None


def _filled(dataset: xr.Dataset, others: Sequence[xr.Dataset], compared: str) -> xr.Dataset:
    """A result with the variables and labels that others have on what is compared: NaN, or empty text."""
    for other in others:
        for name, variable in other.variables.items():
            if name in dataset.variables or compared not in variable.dims or name == compared:
                continue
            blank: Any = "" if variable.dtype.kind in "OUS" else np.nan
            sizes = {**variable.sizes, compared: dataset.sizes[compared]}
            values = np.full(tuple(sizes.values()), blank)
            filled = (variable.dims, values, variable.attrs)
            dataset = dataset.assign_coords({name: filled}) if name in other.coords else dataset.assign({name: filled})
    return dataset


def _over_seeds(datasets: Sequence[xr.Dataset], seeds: Sequence[int], compared: str) -> xr.Dataset:
    """Results of several seeds along a dimension of their own, ascending."""
    import xarray as xr

    labels = list(datasets[0][compared].values)
    for seed, dataset in zip(seeds, datasets, strict=True):
        own = list(dataset[compared].values)
        for one, other, lacking in ((labels, own, seed), (own, labels, seeds[0])):
            missing = [str(label) for label in one if label not in other]
            if missing:
                raise OutputError(
                    f"no result of seed {lacking} has the {compared} '{missing[0]}'; results of several seeds need the "
                    f"same {compared}s"
                )
    ordered = sorted((dataset.sel({compared: labels}) for dataset in datasets), key=lambda dataset: int(dataset.seed))
    return xr.concat(
        ordered, "seed", data_vars="all", coords="different", compat="equals", join="outer", combine_attrs="override"
    )


def _attributes(datasets: Sequence[xr.Dataset], names: Sequence[str]) -> dict[str, Any]:
    """Attributes that all results share, and those of each run as JSON."""
    shared = {
        key: value
        for key, value in datasets[0].attrs.items()
        if key != _SCHEMA and all(_equal(each.attrs.get(key), value) for each in datasets)
    }
    runs = [
        {"file": name, **{key: str(value) for key, value in each.attrs.items() if key not in (*shared, _SCHEMA)}}
        for name, each in zip(names, datasets, strict=True)
    ]
    return {"memsim_combined": len(datasets), **shared, "runs": json.dumps(runs)}


def _equal(one: Any, other: Any) -> bool:
    """Whether two attributes are equal, which may be arrays."""
    return bool(np.array_equal(one, other))
