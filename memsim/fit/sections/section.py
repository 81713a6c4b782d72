"""What a fit of retention, read noise or I-V adds to a profile: a section, its numbers, how well each form fits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from memsim.errors import DataError
from memsim.fit.criteria import Criteria
from memsim.fit.pulses.quantities import Number
from memsim.fit.reading.places import device_column, names_in
from memsim.fit.reading.table import Column, Table, find_column, unknown_headings
from memsim.fit.reading.values import no_conductance, value_column

Curve = tuple[str, np.ndarray, np.ndarray, np.ndarray]
MOST_DEVICES = 10_000


@dataclass(frozen=True)
class Form(Criteria):
    """One form that was tried.

    Attributes
    ----------
    name : str
        Its name.
    log_likelihood : float
        Maximum of the log-likelihood.
    parameters, reads : int
        Number of fitted numbers and of readings.
    """

    name: str
    log_likelihood: float
    parameters: int
    reads: int


@dataclass(frozen=True)
class SectionFit:
    """A section of a profile fitted to a table.

    Attributes
    ----------
    kind : str
        "retention", "read-noise" or "iv".
    name : str
        Name of the file.
    path : str
        Dotted path of the section in a profile.
    section : dict
        Its content, without provenance.
    numbers : tuple of Number
        The fitted numbers with their intervals.
    forms : tuple of Form
        The forms that were tried, the best first.
    notes : tuple of str
        What else the data say.
    curves : tuple
        (name, x, measured, fitted) of single devices, or of single cycles of them, for a figure.
    bands : tuple
        (name, x, low, high): where 95 % of the changes since the first read lie according to the fit, of all devices
        or of those of one level.
    series : str
        What the curves are of: "devices", "cycles", or "cycles of 10 devices".
    """

    kind: str
    name: str
    path: str
    section: dict[str, Any]
    numbers: tuple[Number, ...]
    forms: tuple[Form, ...]
    notes: tuple[str, ...]
    curves: tuple[Curve, ...] = field(compare=False)
    bands: tuple[Curve, ...] = field(default=(), compare=False)
    series: str = "devices"

    @property
    def title(self) -> str:
        """What was measured, in words."""
        return {"iv": "current-voltage curve"}.get(self.kind, self.kind.replace("-", " "))

    @property
    def unlimited(self) -> tuple[str, ...]:
        """Names of the numbers of the section to which the data set no limit on one side."""
        own = [number for number in self.numbers if number.name.startswith(f"{self.path}.")]
        return tuple(number.name for number in own if np.isinf([number.low, number.high]).any())


def required_column(table: Table, what: str, names: tuple[str, ...], place: int) -> Column:
    """The column with one of these names; in a table without a header, the one at a place.

    Raises
    ------
    DataError
        There is none.
    """
    if not table.header:
        if len(table.columns) <= place:
            raise DataError(f"{table.name}:{table.lines[0]}: {len(table.columns)} columns; no column of {what}")
        return table.columns[place]
    column = find_column(table, names)
    if what == "conductance" and (column is None or value_column(table) is None):
        raise no_conductance(table)
    if column is None:
        raise unknown_headings(table, what, names)
    return column


def by_device(table: Table) -> dict[str, np.ndarray]:
    """Rows of each device, in the order of the table; all rows where no column names devices."""
    column = device_column(table)
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names_in(table, column) if column is not None else ("1",) * len(table.lines)):
        rows.setdefault(name, []).append(row)
    if len(rows) > MOST_DEVICES:
        raise DataError(f"{table.name}: {len(rows):,} devices; at most {MOST_DEVICES:,} are fitted")
    return {name: np.array(at) for name, at in rows.items()}


def at_least(table: Table, rows: dict[str, np.ndarray], fewest: int, what: str) -> None:
    """Refuse devices with too few rows."""
    for name, at in rows.items():
        if len(at) < fewest:
            of = f" of device {name}" if len(rows) > 1 else ""
            raise DataError(f"{table.name}:{table.lines[at[-1]]}: {len(at)} {what}{of}; at least {fewest} are needed")
