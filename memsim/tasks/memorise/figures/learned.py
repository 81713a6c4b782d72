"""What learners of an image have learned, as maps over its pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.rules.colours import ColourRange, shared_ranges
from memsim.plotting.rules.content import empty
from memsim.results.dataset import NO_DEVICE
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

NO_MAP = "no finite map of this size"
"""Reason why a learner has no map."""


@dataclass(frozen=True)
class LearnedMap:
    """A map over the pixels of the first image, ready to be drawn.

    Attributes
    ----------
    learner : int
        Number of the learner.
    sensitivity : bool
        Whether it is the sensitivity of a network, not the conductances of a crossbar.
    values : (y, x)
        Its values in its unit.
    colours : ColourRange
        Values of the first and the last colour.
    unit : str
        Its unit.
    """

    learner: int
    sensitivity: bool
    values: np.ndarray
    colours: ColourRange
    unit: str


def learned_maps(dataset: xr.Dataset, learners: Sequence[int]) -> tuple[dict[int, LearnedMap], str]:
    """The maps of those learners that have one, by learner, and a note if maps that are compared do not share colours.

    Conductances of crossbars on one device are compared, and sensitivities of networks.
    """
    groups: dict[str, dict[int, np.ndarray]] = {}
    for learner in learners:
        kind, values = _values(dataset, learner)
        if not empty(values):
            groups.setdefault(kind, {})[learner] = values
    maps, notes = {}, []
    for kind, group in groups.items():
        ranges, note = shared_ranges(list(group.values()))
        notes.append(note)
        for (learner, values), colours in zip(group.items(), ranges, strict=True):
            factor, unit = _unit(kind, max(abs(colours.low), abs(colours.high)))
            shown = np.where(np.isfinite(values), values, np.nan) / factor
            maps[learner] = LearnedMap(learner, kind == NO_DEVICE, shown, colours.over(factor), unit)
    return {learner: maps[learner] for learner in learners if learner in maps}, max(notes, default="")


def _values(dataset: xr.Dataset, learner: int) -> tuple[str, np.ndarray]:
    """The device and conductances of a crossbar [S], or "none" and the sensitivity of a network; perhaps not finite."""
    if "example_conductance" in dataset:
        siemens = dataset.example_conductance.values[learner]
        if not empty(siemens):
            return str(dataset.device.values[learner]), siemens
    if "example_sensitivity" not in dataset:
        return NO_DEVICE, np.empty(0)
    return NO_DEVICE, dataset.example_sensitivity.values[learner]


def _unit(kind: str, largest: float) -> tuple[float, str]:
    """Size and text of the unit that suits values up to this one."""
    if kind != NO_DEVICE:
        number, unit = format_quantity(largest or 1.0, "S").split()
        return (largest or 1.0) / float(number), unit.replace("u", "µ")
    exponent = math.floor(math.log10(largest)) if largest > 0 else 0
    if -1 <= exponent <= 2:
        return 1.0, ""
    return 10.0**exponent, rf"$\times\,10^{{{exponent}}}$"
