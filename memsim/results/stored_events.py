"""Events that a result holds: chosen by their labels, and checked, since a result file is untrusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.energy.counts import PHASES
from memsim.energy.stored import COUNTED, SUMMED
from memsim.errors import OutputError
from memsim.results.dataset import require, source

if TYPE_CHECKING:
    import xarray as xr

_MOST, _LARGEST = 1e18, 1e15
"""Largest count, and largest sum of energies [J] or of squares."""


def with_checked_events(dataset: xr.Dataset, counts: str, sums: str) -> xr.Dataset:
    """The result with its labels phase, counted and summed in the order of memsim.

    Parameters
    ----------
    counts, sums : str
        Names of the variables of events: whole numbers (..., phase, counted, tile) and sums (..., phase, summed, tile).

    Raises
    ------
    OutputError
        If something is missing, or a number counts nothing.
    """
    require(dataset, counts, sums, "phase", "counted", "summed")
    where = source(dataset)
    for label, names in (("phase", PHASES), ("counted", COUNTED), ("summed", SUMMED)):
        if dataset[label].dims != (label,):
            raise OutputError(f"{where}: '{label}' does not label its dimension; this is not a whole result of memsim")
        labels = [str(value) for value in dataset[label].values]
        for name in names:
            if labels.count(name) != 1:
                raise OutputError(
                    f"{where}: '{label}' has {'no' if name not in labels else 'more than one'} entry '{name}', so that "
                    "costs cannot be computed; run the experiment again with this version of memsim"
                )
    ordered = dataset.sel(phase=list(PHASES), counted=list(COUNTED), summed=list(SUMMED))
    ordered.encoding = dataset.encoding
    numbers, joules = ordered[counts].values.astype(float), ordered[sums].values.astype(float)
    # Combined results have NaN where one of them has more tiles or layers than another, `layers_of` checks where.
    unknown = np.isnan(numbers)
    if (
        dataset[counts].dtype.kind not in "iuf"
        or not (unknown | ((numbers >= 0) & (numbers <= _MOST) & (numbers % 1 == 0))).all()
    ):
        raise OutputError(f"{where}: '{counts}' has numbers that count nothing; allowed: whole ones of at least 0")
    if not (np.isnan(joules) | ((joules >= 0) & (joules <= _LARGEST))).all():
        raise OutputError(f"{where}: '{sums}' has sums that are not allowed; allowed: 0 to {_LARGEST:g}")
    return ordered
