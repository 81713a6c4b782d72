"""Tables of a benchmark for the terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import WIDE, console, table
from memsim.errors import printable
from memsim.results.dataset import require, stored

if TYPE_CHECKING:
    import xarray as xr


def print_bench(dataset: xr.Dataset) -> None:
    """Print the machine, and for each kind of work a table: medians, rates, shares of the ceiling, other programs."""
    require(dataset, "median_seconds", "ceiling_share", "rate", "peer_speedup", "kind", "variant")
    screen = console(width=WIDE)
    for line in _about(dataset):
        screen.print(printable(line), soft_wrap=True)
    missing = _mapping(dataset, "peers_missing")
    for kind in dict.fromkeys(map(str, dataset.kind.values)):
        cases = dataset.isel(case=np.flatnonzero(dataset.kind.values == kind))
        peers = _peers(cases, missing)
        first = cases.isel(case=0)
        headings = "size", "batch", "median", f"{first.work_unit.values}/s", f"share of {first.ceiling.values}"
        rows = table(kind, *headings, *peers, right=(*headings, *peers))
        rows.columns[0].no_wrap = True
        for number in range(cases.sizes["case"]):
            case = cases.isel(case=number)
            rows.add_row(*map(printable, (*_row(case), *_beside(case, peers, missing))))
        screen.print()
        screen.print(rows)
    screen.print(
        f"\nMedians of {dataset.sizes['repeat']} calls; share: time of the ceiling over time of the work. Other "
        "programs: their time over that of the work and, in brackets, the largest relative difference of currents; "
        "those for wires ran once.",
        soft_wrap=True,
    )


def _about(dataset: xr.Dataset) -> tuple[str, ...]:
    """When and where it was measured, with what, and what the machine can do at most."""
    libraries = ", ".join(f"{name} {version}" for name, version in _mapping(dataset, "libraries").items())
    copied, multiplied = float(dataset.copy_bandwidth), float(dataset.product_performance)
    return (
        f"{stored(dataset, 'created')}, memsim {stored(dataset, 'memsim_version')}, "
        f"Python {stored(dataset, 'python_version')}",
        f"{stored(dataset, 'processor')}, {stored(dataset, 'threads')} threads, load {stored(dataset, 'load')} before",
        f"BLAS: {stored(dataset, 'blas')}",
        f"copy {copied:.3g} B/s, float32 product {multiplied:.3g} operations/s",
        libraries,
    )


def _row(case: xr.Dataset) -> tuple[str, ...]:
    size, batch, share = int(case.array_size), int(case.batch), float(case.ceiling_share)
    times = f" (takes {1 / share:.2f} times as long)" if str(case.kind.values) == "run" else ""
    return (
        str(case.variant.values),
        str(size) if size else "",
        str(batch) if batch else "",
        _time(float(case.median_seconds)),
        f"{float(case.rate):.2g}",
        f"{share:.2g}{times}",
    )


def _peers(cases: xr.Dataset, missing: dict) -> list[str]:
    """Other programs that were measured beside some of these cases, or would have been."""
    known = {name for label in cases.case.values for name in missing.get(str(label), {})}
    measured = np.isfinite(cases.peer_speedup.values).any(axis=0)
    return [str(name) for name, some in zip(cases.peer.values, measured, strict=True) if some or name in known]


def _beside(case: xr.Dataset, peers: list[str], missing: dict) -> list[str]:
    """How many times longer each of the other programs takes, or why that is not known."""
    why = missing.get(str(case.case.values), {})
    texts = []
    for name in peers:
        speedup, difference = (float(case[v].sel(peer=name)) for v in ("peer_speedup", "peer_difference"))
        off = f" ({difference:.0e})" if np.isfinite(difference) else ""
        texts.append(f"{speedup:.3g} times{off}" if np.isfinite(speedup) else str(why.get(name, "")))
    return texts


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def _mapping(dataset: xr.Dataset, name: str) -> dict:
    try:
        found = json.loads(stored(dataset, name))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
