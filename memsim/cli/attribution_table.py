"""Tables of an attribution for the terminal: what to improve first, and what that gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.attribution.imperfections import CHAIN, label_of
from memsim.cli.console import WIDE, console, table
from memsim.errors import printable
from memsim.results.dataset import require, stored

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

_DIGITS = 9
_NEEDED = (
    "loss_share_mean",
    "loss_share_interval",
    "improvement_mean",
    "loss_alone_mean",
    "metric_loss",
    "improvement_interval",
)


def print_attribution(dataset: xr.Dataset) -> None:
    """Print a table of the imperfections of each learner, the largest gain first, and how to read it.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    require(dataset, "learner", "imperfection", *_NEEDED, "ideal_metric", "real_metric")
    unit = stored(dataset, "metric_units")
    unit = "" if unit == "1" else f" {unit}"
    screen = console(width=WIDE)
    screen.print(printable(stored(dataset, "title")), style="bold")
    for place, name in enumerate(dataset.learner.values):
        one = dataset.isel(learner=place)
        ideal, real = (float(one[key].mean()) for key in ("ideal_metric", "real_metric"))
        screen.print(
            f"\n{printable(name)}: {printable(stored(dataset, 'metric'))} {ideal:.4g}{unit} if all is ideal, "
            f"{real:.4g}{unit} on this hardware",
            soft_wrap=True,
        )
        screen.print(_of_learner(one, unit.strip()))
        first = _first(one)
        if first:
            screen.print(printable(first), soft_wrap=True)
    _print_notes(dataset)


def _of_learner(one: xr.Dataset, unit: str) -> Table:
    """Table of the imperfections of a learner."""
    numbers = ("share of loss", "95 % interval", "gain", "alone")
    rows = table(f"imperfection [{unit}]" if unit else "imperfection", *numbers, right=numbers)
    for place in _order(one):
        low, high = (float(end) for end in one.loss_share_interval.values[place])
        ends = "" if np.isnan(low) else f"{_number(low)} to {_number(high)}"
        rows.add_row(
            printable(one.imperfection.values[place]),
            _number(float(one.loss_share_mean[place])),
            ends,
            _number(float(one.improvement_mean[place])),
            _number(float(one.loss_alone_mean[place])),
        )
    rows.add_section()
    rows.add_row("all", f"{float(one.metric_loss.mean()):.3g}", "", "", "")
    return rows


def _order(one: xr.Dataset) -> list[int]:
    """Places of the imperfections that a learner has, the largest share first."""
    shares = one.loss_share_mean.values
    return [int(place) for place in np.argsort(-shares, kind="stable") if not np.isnan(shares[place])]


def _first(one: xr.Dataset) -> str:
    """What to improve first, in words: the imperfection whose ideal state gains most; empty if none gains anything.

    Of imperfections with equal gains, it is that with the largest share.
    """
    gains, shares = one.improvement_mean.values, one.loss_share_mean.values
    if float(one.metric_loss.mean()) <= 0:
        return "Nothing to improve: this hardware is not worse than the ideal one"
    places = [place for place in _order(one) if gains[place] > 0]
    if not places:
        return ""
    place = max(places, key=lambda number: (round(float(gains[number]), _DIGITS), shares[number]))
    low, high = (float(end) for end in one.improvement_interval.values[place])
    interval = "" if np.isnan(low) else f", 95 % interval {_number(low)} to {_number(high)}"
    name = one.imperfection.values[place]
    gain = f"{name}{_with_others(one, place)} (gain {_number(float(gains[place]))}{interval})"
    ideal = f"; ideal: {one.ideal_state.values[place]}" if "ideal_state" in one.coords else ""
    if low <= 0:
        return f"Not certain what to improve first: the largest gain, that of {gain}, may be 0; more repeats can decide"
    return f"To improve first: {gain}{ideal}"


def _with_others(one: xr.Dataset, place: int) -> str:
    """The imperfections that cannot exist without one, and end with it, in words; empty if there are none."""
    if "imperfection_kind" not in one.coords:
        return ""
    labels = [label_of(key) for key in CHAIN]
    kind, layer = (str(one[name].values[place]) for name in ("imperfection_kind", "imperfection_layer"))
    if kind not in labels:
        return ""
    known = [
        str(other)
        for other, its_layer, share in zip(
            one.imperfection_kind.values, one.imperfection_layer.values, one.loss_share_mean.values, strict=True
        )
        if str(its_layer) == layer and str(other) in labels[labels.index(kind) + 1 :] and not np.isnan(share)
    ]
    return f", and with it {' and '.join(known)}" if known else ""


def _number(value: float) -> str:
    """A number of three digits; sums of the same numbers in another order differ by rounding, which counts as 0."""
    return "" if np.isnan(value) else f"{round(value, _DIGITS) + 0.0:.3g}"


def _print_notes(dataset: xr.Dataset) -> None:
    """Print what the columns mean."""
    screen = console(width=WIDE)
    repeats = dataset.sizes["repeat"]
    orders = str(dataset.attrs.get("orders", "all"))
    screen.print()
    for line in (
        f"Share    mean change of the metric when the imperfection joins others; orders: {printable(orders)}",
        "Gain     if this one alone were ideal; Alone: the loss if it were the only one",
        f"Repeats  {repeats}; intervals are over these" + ("" if repeats > 1 else ", and one has none"),
    ):
        screen.print(line, soft_wrap=True)
    for note in str(dataset.attrs.get("notes", "")).splitlines():
        screen.print(f"Note     {printable(note)}", soft_wrap=True)
