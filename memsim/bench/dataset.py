"""Runs a benchmark and labels what it finds."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from memsim.backends import Backend
from memsim.bench import machine
from memsim.bench.case import Case, Report
from memsim.bench.ceilings import Roof, roof
from memsim.bench.normals import normals
from memsim.bench.options import Options
from memsim.bench.peers import DIRECT, NODAL, NUMPY, PULSED
from memsim.bench.reads import reads
from memsim.bench.runs import runs
from memsim.bench.updates import updates
from memsim.bench.wires import wires
from memsim.errors import InputError
from memsim.kernels.compile import threads
from memsim.results.dataset import BENCH, build_dataset
from memsim.tasks.capacity import memory

if TYPE_CHECKING:
    import xarray as xr

_MEASURES: dict[str, Callable[[Options, Report], Iterator[Case]]] = {
    "read": reads,
    "update": updates,
    "normals": normals,
    "wires": wires,
    "run": runs,
}
_PEERS = (NUMPY, PULSED, DIRECT, NODAL)
_LIBRARIES = (
    "numpy",
    "numba",
    "llvmlite",
    "scipy",
    "xarray",
    "netCDF4",
    "matplotlib",
    "aihwkit",
    "badcrossbar",
)
_FIELDS = 7
"""Arrays of the size of the state that are held at once, at most."""


def bench(options: Options | None = None, report: Report = lambda label: None) -> xr.Dataset:
    """Times of kernels and experiments beside their ceilings, as a labelled Dataset.

    Parameters
    ----------
    options : Options, optional
        What is measured.
    report : callable, optional
        Called with the label of what is about to be measured.

    Raises
    ------
    InputError
        If an array of this size does not fit into memory, or there is no such experiment.
    """
    options = options or Options()
    for kind in options.chosen:
        for size in options.sizes_of(kind) if kind != "run" else ():
            needed = 4 * (_FIELDS * size**2 + 4 * size * options.batch)
            if needed > memory():
                raise InputError(
                    f"size: {size} needs about {needed / 2**30:.3g} GiB of memory, this machine has "
                    f"{memory() / 2**30:.3g} GiB"
                )
    load = machine.load()
    report("ceilings")
    limits = roof(options.repeats, options.where)
    cases = [case for kind in options.chosen for case in _MEASURES[kind](options, report)]
    return _dataset(cases, limits, load, options.where)


def _dataset(cases: list[Case], limits: Roof, load: str, where: Backend) -> xr.Dataset:
    measured, ceiling = (np.stack([getattr(c, name) for c in cases]) for name in ("seconds", "ceiling_seconds"))
    median, bound = np.median(measured, axis=1), np.median(ceiling, axis=1)
    traffic, operations = (
        np.array([getattr(c.cost, name) if c.cost else np.nan for c in cases], float)
        for name in ("traffic", "operations")
    )
    work = np.array([c.work for c in cases], float)
    peers = np.array([[c.peers[p].seconds if p in c.peers else np.nan for p in _PEERS] for c in cases])
    differences = np.array([[c.peers[p].difference if p in c.peers else np.nan for p in _PEERS] for c in cases])
    variables = {
        "call_seconds": measured,
        "median_seconds": median,
        "ceiling_seconds": ceiling,
        "ceiling_share": bound / median,
        "work": work,
        "rate": work / median,
        "traffic": traffic,
        "operation_count": operations,
        "intensity": operations / traffic,
        "performance": operations / median,
        "peer_seconds": peers,
        "peer_speedup": peers / median[:, None],
        "peer_difference": differences,
        "copy_bandwidth": np.array(limits.bandwidth),
        "product_performance": np.array(limits.operations),
    }
    coordinates = {
        "case": [c.label for c in cases],
        "kind": [c.kind for c in cases],
        "variant": [c.variant for c in cases],
        "array_size": [c.size for c in cases],
        "batch": [c.batch for c in cases],
        "ceiling": [c.ceiling for c in cases],
        "work_unit": [c.unit for c in cases],
        "peer": list(_PEERS),
        "repeat": np.arange(measured.shape[1]),
    }
    reasons = {c.label: {name: peer.why for name, peer in c.peers.items() if peer.why} for c in cases}
    return build_dataset(variables, coordinates, _provenance(load, reasons, where), compared="case")


def _provenance(load: str, reasons: dict[str, dict[str, str]], where: Backend) -> dict[str, str | int]:
    return {
        "title": "Speed of memsim beside measured ceilings",
        "task": BENCH,
        "processor": where.machine or machine.processor(),
        "threads": threads(),
        "blas": machine.blas(),
        "load": load,
        "peers_missing": json.dumps({label: why for label, why in reasons.items() if why}),
        "backend": where.name,
        "memsim_version": machine.versions(("memsim",)).get("memsim", "unknown"),
        "python_version": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "libraries": json.dumps(machine.versions(_LIBRARIES) | where.libraries),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
