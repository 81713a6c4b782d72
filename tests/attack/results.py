"""Small files of results and trainings, and netCDF files that say something else."""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from . import yaml_documents

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "memorised": ("physical-01", {"data.samples": 2, "data.shape": [8, 8]}),
    "layer": ("macro-01", {}),
    "classes": ("digits-01", {"data.samples": 60, "keep": ["weights"], "seeds": 2}),
    "products": ("products-01", {"rows": 8, "columns": 8, "repeats": 2}),
    "network": ("infer-01", {"data.samples": 60, "repeats": 2, "times": ["1 h"]}),
}
"""Shipped experiment of a small one, and what makes it small, by name."""
_LABELS = ("learner", "noise_type", "array", "repeat", "seed", "class", "image")
_TEXTS = (
    "",
    "{}",
    "[]",
    "null",
    "1",
    '"x"',
    "[" * 100_000,
    "\x1b[2J",
    "é\ufffd",
    "a" * 100_000,
    "NaN",
    "../outside.yaml",
    "bench",
)


def write_result(path: Path, name: str) -> Path:
    """The result of a small experiment, one of `SMALL`."""
    import memsim as ms

    shipped, changes = SMALL[name]
    experiment = ms.load_experiment(shipped)
    listed = f"{experiment.spec.COMPARED}s"
    if len(experiment.document.get(listed)) > 2:
        changes = {**changes, listed: experiment.document.get(listed)[-2:]}
    return ms.save(ms.run(experiment.replace(changes)), path)


def write_training(path: Path) -> Path:
    """A training of a small network after its first epoch."""
    from memsim.networks import Adam, Architecture, CrossEntropy, Network, fit
    from memsim.networks.checkpoint import save
    from memsim.networks.state import State

    rng = np.random.default_rng(0)
    images, labels = rng.random((12, 1, 4, 4)), np.arange(12) % 3
    network = Network.fresh(Architecture("cnn", (1, 4, 4), classes=3, channels=(2,)), seed=0)
    states: list[State] = []
    data = (images, labels)
    fit(network, data, data, loss=CrossEntropy(), optimiser=Adam(), epochs=1, seed=0, progress=states.append)
    return save(states[-1], path)


def rewritten(source: Path, target: Path, rng: random.Random) -> None:
    """A netCDF file with variables, dimensions or attributes that are others than those of the source."""
    with netCDF4.Dataset(source) as opened:
        opened.set_auto_maskandscale(False)
        sizes = {name: len(dimension) for name, dimension in opened.dimensions.items()}
        variables = {name: (list(v.dimensions), v[...], _attributes(v)) for name, v in opened.variables.items()}
        attributes = _attributes(opened)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        _change(sizes, variables, attributes, rng)
    with warnings.catch_warnings(), netCDF4.Dataset(target, "w") as made:
        warnings.simplefilter("ignore")
        _write(made, sizes, variables, attributes)


def _change(sizes: dict[str, int], variables: dict[str, Any], attributes: dict[str, Any], rng: random.Random) -> None:
    name = rng.choice([*variables, *[label for label in _LABELS if label in variables]])
    dims, values, notes = variables[name]
    match rng.randrange(11):
        case 0 | 1:
            key = rng.choice(list(attributes))
            attributes[key] = _other_attribute(attributes[key], key, rng)
        case 2:
            del attributes[rng.choice(list(attributes))]
        case 3:
            notes[rng.choice([*notes, "units", "scale_factor", "_FillValue", "calendar", "dtype"])] = _other_attribute(
                "x", "", rng
            )
        case 4:
            del variables[name]
        case 5:
            variables[rng.choice([*variables, "x", "a b", "snr", "seed", "repeat"])] = variables.pop(name)
        case 6 if dims:
            dim = rng.choice(dims)
            size = rng.choice((0, 1, 2, sizes[dim] + 1, 3000))
            sizes[dim] = size
            for key, (axes, numbers, attrs) in variables.items():
                before = np.shape(numbers)[axes.index(dim)] if dim in axes else 0
                if before and np.size(numbers) // before * size < 1_000_000:
                    resized = np.take(numbers, np.arange(size) % before, axes.index(dim))
                    variables[key] = axes, resized, attrs
        case 7 if dims:
            old, new = rng.choice(dims), rng.choice(("x", "image", "learner", "repeat", *dims))
            if new not in sizes:
                sizes[new] = sizes.pop(old)
                for axes, _, _ in variables.values():
                    axes[:] = [new if axis == old else axis for axis in axes]
        case 8 if np.size(values):
            equal = np.broadcast_to(np.ravel(values)[0], np.shape(values)).copy()
            variables[name] = dims, equal, notes
        case 9 if np.size(values):
            kinds: tuple[Any, ...] = (np.int8, np.float64, np.uint64, str, np.float32, "S1")
            with np.errstate(all="ignore"):
                try:
                    variables[name] = dims, np.asarray(values).astype(rng.choice(kinds)), notes
                except (TypeError, ValueError):
                    del variables[name]
        case _ if np.size(values) and np.asarray(values).dtype.kind in "fiu":
            numbers = np.asarray(values).copy()
            extreme = (np.nan, np.inf, -1e300, 0.0) if numbers.dtype.kind == "f" else (0, np.iinfo(numbers.dtype).max)
            with np.errstate(all="ignore"):
                numbers.ravel()[:: rng.choice((1, 2, 7))] = rng.choice(extreme)
            variables[name] = dims, numbers, notes


def _other_attribute(value: Any, key: str, rng: random.Random) -> Any:
    if key == "experiment" and rng.random() < 0.7:
        return yaml_documents.changed(str(value), [str(value)], rng)
    if isinstance(value, str) and value.startswith("{") and rng.random() < 0.6:
        return _other_json(value, rng)
    numbers: tuple[Any, ...] = (
        0,
        -1,
        2**31 - 1,
        np.nan,
        np.inf,
        np.arange(3),
        np.zeros(0, np.int32),
        np.float32(1e38),
        1.5,
    )
    return rng.choice((*numbers, *_TEXTS, "OTHER" + str(value)[:100], ["a", "b"]))


def _other_json(text: str, rng: random.Random) -> str:
    """JSON of another structure, or with a text in it, such as a profile, that is changed."""
    data = json.loads(text)
    key = rng.choice([*data, "x"])
    if isinstance(data.get(key), str) and ":" in data[key] and rng.random() < 0.7:
        data[key] = yaml_documents.changed(data[key], [data[key]], rng)
    else:
        data[key] = rng.choice(
            (None, 1, 10**9, [100_000], [], {}, "x", {"x": {"value": 3}}, [[]], 1e999, "a" * 5000, {key: 1})
        )
    return json.dumps(data)


def _attributes(holder: Any) -> dict[str, Any]:
    return {name: holder.getncattr(name) for name in holder.ncattrs()}


def _write(made: Any, sizes: dict[str, int], variables: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Write what can be written; the library refuses some names and types."""
    for name, size in sizes.items():
        made.createDimension(name, size or None)  # a size of 0 means one that may grow
    for name, (dims, values, own) in variables.items():
        array = np.asarray(values)
        try:
            kind = str if array.dtype.kind in "OU" else array.dtype
            variable = made.createVariable(name, kind, dims)
            variable.set_auto_maskandscale(False)
            if array.size and array.shape == variable.shape:
                variable[...] = array.astype(object) if kind is str else array
            elif array.size and array.shape[:1]:
                variable[: array.shape[0]] = array
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError):
            continue
        _set(variable, own)
    _set(made, attributes)


def _set(holder: Any, attributes: dict[str, Any]) -> None:
    for name, value in attributes.items():
        try:
            holder.setncattr(name, value)
        except (RuntimeError, ValueError, TypeError, AttributeError, UnicodeError):
            continue
