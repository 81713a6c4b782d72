"""Whether repeated reads are those of a cell that is left alone: no pulses, no change of its state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.directions import READ_WORDS, direction_column
from memsim.fit.reading.table import Table
from memsim.units import format_quantity

_MOST_CHANGE = 3.0
"""Ratio of the ends of a trend above which the state of a cell changes; assumed."""
_FOLLOWS, _NOISY = 0.9, 0.05
"""Correlation of successive reads, and sigma, above which scatter is a path of the state; assumed."""

ALONE = "read noise needs repeated reads of a cell that is left alone"
"""What reads of read noise are."""


def refuse_pulses(table: Table) -> None:
    """Refuse a table that says that cells were pulsed between the reads.

    Raises
    ------
    DataError
        A column has both directions of pulses.
    """
    column = direction_column(table) if table.header else None
    if column is not None and len({cell.lower() for cell in column.cells} - READ_WORDS) > 1:
        raise DataError(f"{table.place()}: {table.label(column)} has directions of pulses; {ALONE}: see kind='pulses'")


def refuse_changes(name: str, reads: Sequence[np.ndarray], fits: Sequence[np.ndarray], sigma: float, unit: str) -> None:
    """Refuse reads of a state that changes by far more than noise and drift do.

    Parameters
    ----------
    name : str
        Name of the table.
    reads, fits : sequence of ndarray
        Reads of each device, and the trend that was fitted to them.
    sigma : float
        Relative standard deviation around the trend.
    unit : str
        That of the reads, "S" or "1".

    Raises
    ------
    DataError
        A trend is steep, or reads follow one another and go far.
    """
    for fit in fits:
        if fit.min() <= 0 or fit.max() > _MOST_CHANGE * fit.min():
            low, high = (format_quantity(float(end), unit, 3) for end in (fit.min(), fit.max()))
            raise DataError(
                f"{name}: a trend of the reads goes over {low} to {high}; {ALONE}: see kind='pulses' or "
                "kind='retention'"
            )
    rest = [y - fit for y, fit in zip(reads, fits, strict=True)]
    total = sum(float(r @ r) for r in rest)
    memory = sum(float(r[1:] @ r[:-1]) for r in rest) / max(total, 1e-300)
    if sigma > _NOISY and memory > _FOLLOWS:
        raise DataError(
            f"{name}: the reads scatter by {format_quantity(sigma, '%', 2)}, and each follows the one before (they "
            f"correlate by {memory:.2f}): the state changes, as under pulses; {ALONE}"
        )
