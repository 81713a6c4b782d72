"""The report of `memsim device assess`: the fit, devices side by side, what limits the device, and its costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.assessment import assumptions
from memsim.cli.attribution_table import print_attribution
from memsim.cli.console import WIDE, console, table
from memsim.cli.cost_table import between, print_costs
from memsim.cli.fit_report import print_chosen
from memsim.cli.notes import print_origin
from memsim.errors import printable
from memsim.fit.pulses.quantities import quantity_text
from memsim.tasks.compared import PROGRAMMED_ONCE
from memsim.units import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from memsim.assessment import Assessment, Ranked
    from memsim.fit import PulseFit
    from memsim.tasks.base import Metric

_DIGITS = 3
_MARK = "†"
_BEYOND = 0.1
"""Distance of a fitted end from the outermost read, of the range of the reads, from which it is named; assumed."""


def print_assessment(assessment: Assessment, *, has_window: bool) -> None:
    """Print an assessment; `has_window` says whether the user stated the window of weights without a unit."""
    screen, name = console(width=WIDE), assessment.device.name
    screen.print(printable(f"{name} in {assessment.task}"), style="bold")
    if assessment.fit is not None:
        print_chosen(screen, assessment.fit, has_window=has_window)
        for limit in _limits(assessment.fit):
            screen.print(f"Limit    {limit}", soft_wrap=True)
    rows = assessment.ranking
    for learner in dict.fromkeys(row.learner for row in rows if row.device):
        shown = [row for row in rows if row.learner == learner or not row.device]
        place = 1 + [row.device for row in shown if row.device].index(name)
        count = sum(bool(row.device) for row in shown)
        number = f" is number {place} of {count} devices" if count > 1 else ""
        screen.print(f"\n{printable(learner)}: {printable(name)}{number}")
        screen.print(_table(assessment.metric, shown, name))
        if any(row.programmed_once for row in shown):
            screen.print(f"{_MARK}        {PROGRAMMED_ONCE}: this device takes no pulses, so it cannot learn in place")
    screen.print("Energy   of one inference; range: uncertainty of the component table")
    if assumed := assumptions(assessment.device):
        screen.print(f"Assumed  {', '.join(assumed)}: the energy follows from them, its range leaves them out")
    for device, reason in assessment.left_out.items():
        screen.print(f"Left out {printable(device)}: {printable(reason)}", soft_wrap=True)
    screen.print()
    if assessment.limits is None:
        screen.print(f"Limits   none: {printable(assessment.limits_left_out)}", soft_wrap=True)
    else:
        print_attribution(assessment.limits)
    if assessment.costs_left_out:
        screen.print(f"Costs    none: {printable(assessment.costs_left_out)}", soft_wrap=True)
    else:
        print_costs(assessment.comparison.isel(_of_device(assessment)))
    print_origin(assessment.comparison.assign_attrs(notes="\n".join(_notes(assessment))))


def _limits(fit: PulseFit) -> list[str]:
    """What of the cells the measurement does not show, although arrays have it."""
    limits = []
    if len(fit.data.devices) == 1:
        limits.append("one device was measured: all cells are alike in the profile, and real arrays are worse")
    first, last = fit.data.axis.first, fit.data.axis.last
    for end, outermost in (("min", first), ("max", last)):
        number = fit.fitted[f"conductance.{end}"]
        beyond = (number.value - outermost) * (1 if end == "max" else -1)
        if beyond > _BEYOND * (last - first):
            ends = f"{number.value_text}, the reads at {quantity_text(outermost, number.unit)}"
            limits.append(f"the fitted window ends at {ends}: no pulse shows the states between, which networks use")
    return limits


def _notes(assessment: Assessment) -> list[str]:
    """Notes of the run on the assessed device, and how many there are on others."""
    notes = str(assessment.comparison.attrs.get("notes", "")).splitlines()
    here = [note for note in notes if f"'{assessment.device.name}'" in note]
    count = len(notes) - len(here)
    return [*here, f"memsim show prints {count} more on the other devices"] if count else here


def _of_device(assessment: Assessment) -> dict[str, np.ndarray]:
    """Where the results of the device stand, for `isel`."""
    devices = assessment.comparison["device"]
    return {str(devices.dims[0]): np.flatnonzero(devices.values == assessment.device.name)}


def _table(metric: Metric, rows: Sequence[Ranked], assessed: str) -> Table:
    """Devices by the metric, a star before the assessed one."""
    label = f"{metric.label} [{metric.unit}]" if metric.unit else metric.label
    numbers = (label, "95 % interval", "energy", "range")
    made = table("device", *numbers, right=numbers)
    made.columns[0].no_wrap = True
    for row in rows:
        star = "* " if row.device == assessed else "  "
        ends = "" if np.isnan(row.low) else f"{row.low:{metric.form}} to {row.high:{metric.form}}"
        known = not np.isnan(row.energy)
        made.add_row(
            printable(star + (row.device or f"{row.learner}, digital") + _MARK * row.programmed_once),
            "" if np.isnan(row.value) else f"{row.value:{metric.form}}",
            ends,
            format_quantity(row.energy, "J", _DIGITS) if known else "",
            between(np.array([row.energy_low, row.energy_high]), "J") if known else "",
        )
    return made
