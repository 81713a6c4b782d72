"""Table of a quantity at some of the times of a result, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.cli.console import console, table
from memsim.errors import printable
from memsim.units import moment

_MOST = 5
"""Times that a table shows at most."""


def print_over_time(
    text: str,
    names: Sequence[str],
    seconds: np.ndarray,
    values: np.ndarray,
    form: str,
    more: Sequence[tuple[str, Sequence[str]]] = (),
) -> None:
    """Print a row for each name that has values.

    Parameters
    ----------
    text : str
        What the numbers are.
    names : sequence of str
    seconds : (time,)
        Times [s].
    values : (name, time)
        NaN for names that have none.
    form : str
        Format of a number, such as "{:.1f} %".
    more : sequence of (str, sequence of str)
        Further columns: heading, and a text for each name.
    """
    count = len(seconds)
    places = sorted({round(place) for place in np.linspace(0, count - 1, min(count, _MOST))})
    headings = (*(moment(float(seconds[place])) for place in places), *(heading for heading, _ in more))
    rows = table("", *headings, right=headings)
    for number, (name, own) in enumerate(zip(names, values, strict=True)):
        if not np.isnan(own).all():
            cells = (form.format(own[place]) for place in places)
            rows.add_row(printable(name), *cells, *(texts[number] for _, texts in more))
    some = f", at {len(places)} of {count} times" if len(places) < count else ""
    screen = console()
    screen.print(f"\n{text}{some}")
    screen.print(rows)
