"""Compares result files variable by variable: ``python benchmarks/compare_results.py A B``.

A and B are two netCDF files of memsim, or two folders whose files are paired by name. Variables, coordinates, their
attributes and the attributes that describe the run must be equal to the last bit, NaN beside NaN. Left out are
attributes that say when, where and with which versions a file was made. The exit code is 1 if anything differs, or if
a file has no counterpart, and 2 if there is nothing to compare. `quick_runs.py` makes a folder of results of all tasks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

LEFT_OUT = (
    "created",
    "memsim_version",
    "python_version",
    "machine",
    "libraries",
    "processor",
    "load",
    "threads",
    "blas",
)
"""Attributes that differ between two equal runs."""


def differences(a: xr.Dataset, b: xr.Dataset) -> Iterator[str]:
    """What differs between two Datasets, a line each."""
    for kind, left, right in (("variable", a.data_vars, b.data_vars), ("coordinate", a.coords, b.coords)):
        yield from _only(kind, left, right)
        for name in left:
            if name in right:
                yield from (f"{kind} {name}: {text}" for text in _of_arrays(left[name], right[name]))
    yield from _of_attributes(a.attrs, b.attrs, LEFT_OUT)


def _only(kind: str, left: Mapping[Any, Any], right: Mapping[Any, Any]) -> Iterator[str]:
    """Names that one side lacks."""
    for one, other, letter in ((left, right, "A"), (right, left, "B")):
        yield from (f"{kind} {name}: only in {letter}" for name in one if name not in other)


def _of_arrays(a: xr.DataArray, b: xr.DataArray) -> Iterator[str]:
    """What differs between two labelled arrays: dimensions, type, values, attributes."""
    if a.dims != b.dims or a.shape != b.shape:
        yield f"{dict(a.sizes)} and {dict(b.sizes)}"
        return
    if a.dtype.kind != b.dtype.kind or (a.dtype.kind not in "OU" and a.dtype != b.dtype):
        yield f"type {a.dtype} and {b.dtype}"
        return
    first, second = a.values, b.values
    unequal = first != second
    if a.dtype.kind == "f":
        unequal &= ~(np.isnan(first) & np.isnan(second))
        unequal |= np.signbit(first) != np.signbit(second)
    if np.any(unequal):
        largest = f", by up to {np.nanmax(np.abs(first - second)):.3g}" if a.dtype.kind == "f" else ""
        yield f"{np.count_nonzero(unequal)} of {first.size} values differ{largest}"
    yield from _of_attributes(a.attrs, b.attrs)


def _of_attributes(a: Mapping[Any, Any], b: Mapping[Any, Any], left_out: tuple[str, ...] = ()) -> Iterator[str]:
    compared = [{name: value for name, value in attrs.items() if name not in left_out} for attrs in (a, b)]
    yield from _only("attribute", *compared)
    for name, value in compared[0].items():
        if name in compared[1] and not np.array_equal(value, compared[1][name]):
            yield f"attribute {name}: {_short(value)} and {_short(compared[1][name])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _pairs(a: Path, b: Path) -> dict[str, tuple[Path, Path]]:
    """Files to compare, by name; one of a pair may be missing."""
    if not a.is_dir() and not b.is_dir():
        return {a.name if a.name == b.name else f"{a} {b}": (a, b)}
    names = sorted({path.name for folder in (a, b) for path in folder.glob("*.nc")})
    return {name: (a / name, b / name) for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("a", type=Path, metavar="A", help="a result file, or a folder of them")
    parser.add_argument("b", type=Path, metavar="B", help="another")
    arguments = parser.parse_args()
    pairs = _pairs(arguments.a, arguments.b)
    if not pairs:
        print(f"{arguments.a}, {arguments.b}: no .nc files", file=sys.stderr)
        return 2
    equal = 0
    for name, paths in pairs.items():
        missing = [str(path) for path in paths if not path.is_file()]
        if missing:
            print(f"{name}: {', '.join(missing)} does not exist")
            continue
        with xr.open_dataset(paths[0]) as a, xr.open_dataset(paths[1]) as b:
            lines = list(differences(a.load(), b.load()))
            count = len(a.variables)
        print(f"{name}: {'differs' if lines else f'equal, {count} variables'}")
        for line in lines:
            print(f"  {line}")
        equal += not lines
    print(f"{equal} of {len(pairs)} equal")
    return 0 if equal == len(pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
