"""The retention section of a profile that a fitted form makes, and its numbers with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.errors import DataError
from memsim.fit.criteria import Z95
from memsim.fit.pulses.models import number
from memsim.fit.pulses.quantities import Number
from memsim.fit.pulses.spread import FEWEST
from memsim.fit.reading.table import Table
from memsim.fit.sections.programmed import Programmed
from memsim.fit.sections.relaxation import SMALLEST
from memsim.fit.sections.search import Peak, profile_interval
from memsim.fit.sections.tried import Tried
from memsim.units import format_quantity

_OPEN = 1e6  # standard error, over the number itself, from which the data set no limit
_SURE = 0.2  # standard error of the logarithm of a sigma below which its likelihood is nearly a parabola


def section_of(
    table: Table, cells: Programmed, best: list[Tried], kinds: dict[str, list[list[Tried]]]
) -> tuple[dict[str, Any], list[Number], list[str]]:
    """Section, numbers and notes of the form that was chosen.

    Parameters
    ----------
    table : Table
        The table, for messages.
    cells : Programmed
        All cells.
    best : list of Tried
        The chosen form: one fit, or one for each level.
    kinds : dict
        All forms that were tried.

    Raises
    ------
    DataError
        The form is not physical, or the conductances of a relaxation have no unit.
    """
    name = best[0].law.name
    if name.startswith("relaxation") and not cells.physical:
        raise DataError(
            f"{table.name}:{table.lines[0] - 1}: the readings relax, and a relaxation is stated in siemens, but the "
            "conductance has no unit; write one into its heading, such as 'G (uS)'"
        )
    peaks = [_restricted(table, part) for part in best]
    if name == "relaxation-table":
        section, numbers, notes = _relaxation_table(best, peaks)
    elif name == "relaxation":
        section, numbers, notes = _relaxation(best[0], peaks[0])
    elif name == "drift":
        section, numbers, notes = _drift(table, best[0], peaks[0])
    else:
        section, numbers, notes = _no_change(table, cells, kinds)
    if cells.between != "devices" and (name.startswith("relaxation") or "spread" in section):
        notes.append(f"{cells.count} {cells.series} are fitted: the spread is that between {cells.between}")
    for part, peak in zip(best, peaks, strict=True):
        of = f", level {format_quantity(part.cells.conductance[0], 'S', 3)}" if len(best) > 1 else ""
        noise = _read_noise(part, peak, of)
        if noise.unit == "%" and noise.value > 1:
            raise DataError(
                f"{table.name}: reads at one time scatter by {format_quantity(noise.value, '%', 3)} of the "
                "conductance; more than 100 % is not physical: leave out reads that failed, and subtract an offset"
            )
        numbers.append(noise)
    if any(_exact(part, peak) for part, peak in zip(best, peaks, strict=True)):
        notes.append(
            "the reads scatter by less than 0.001 %, below any instrument's accuracy: intervals are for 0.001 %"
        )
    return section, numbers, notes


def _exact(part: Tried, peak: Peak) -> bool:
    """Whether the read noise is at the least that a search considers, and the data say so."""
    if peak.at[-1] > part.law.low[-1] + 0.5:
        return False
    more = peak.at.copy()
    more[-1] += 1.0
    return part.negative(adjusted=True)(more) > 1.0 - peak.value


def _restricted(table: Table, part: Tried) -> Peak:
    peak = part.restricted()
    if peak.trouble:
        raise DataError(f"{table.name}: {part.law.name} cannot be fitted: {peak.trouble}")
    return peak


def _drift(table: Table, part: Tried, peak: Peak) -> tuple[dict[str, Any], list[Number], list[str]]:
    spreads, notes = "spread" in part.law.names, []
    count = part.cells.count
    mean = _mean(part, peak, 0, count - 1 if spreads else part.cells.changes - count)
    numbers = [Number("retention.exponent", *mean, "", "drift exponent nu, mean" if spreads else "drift exponent nu")]
    section: dict[str, Any] = {"model": "drift", "exponent": number(mean[0])}
    if count >= FEWEST:
        spread = _positive(part, peak, 0, 1.0)
        meaning = f"standard deviation of the exponent between {part.cells.between}"
        numbers.append(Number("retention.spread", *spread, "", meaning))
        section["spread"] = number(spread[0])
    else:
        notes.append(f"{count} {part.cells.series}: a spread of the exponent needs at least {FEWEST}")
    reference = part.cells.earliest
    if "reference" in part.law.names:
        at = part.law.names.index("reference")
        low, high = _ends(part, peak, at)
        first, reference = reference, reference * float(np.exp(peak.at[at]))
        meaning = "t_ref, from reads at t = 0"
        numbers.append(Number("retention.reference_time", reference, low * first, high * first, "s", meaning))
    elif not part.cells.from_zero:
        time = format_quantity(reference, "s", 3)
        notes.append(f"no reads at t = 0: with this profile, simulated times count from the reads at {time} on")
    section["reference_time"] = format_quantity(reference, "s", 6)
    if abs(mean[0]) > 10:
        raise DataError(f"{table.name}: a drift exponent of {mean[0]:.3g} is not physical; are times in other units?")
    return section, numbers, notes


def _no_change(
    table: Table, cells: Programmed, kinds: dict[str, list[list[Tried]]]
) -> tuple[dict[str, Any], list[Number], list[str]]:
    """A drift with an exponent of 0, and what exponents the data allow."""
    reached = [parts[0] for parts in kinds.get("drift", []) if not parts[0].peak.trouble]
    section = {"model": "drift", "exponent": 0.0, "reference_time": format_quantity(cells.earliest, "s", 6)}
    notes = ["no change beyond read noise: the exponent of the section is 0"]
    if not reached:
        return section, [Number("retention.exponent", 0.0, np.nan, np.nan, "", "drift exponent nu", False)], notes
    part = max(reached, key=lambda part: part.peak.value)
    peak = _restricted(table, part)
    freedom = cells.count - 1 if "spread" in part.law.names else cells.changes - cells.count
    _, low, high = _mean(part, peak, 0, freedom)
    meaning = "drift exponent nu, not distinct from 0"
    return section, [Number("retention.exponent", 0.0, min(low, 0.0), max(high, 0.0), "", meaning)], notes


def _relaxation(part: Tried, peak: Peak) -> tuple[dict[str, Any], list[Number], list[str]]:
    size, from_zero = part.cells.size, part.cells.from_zero
    time = format_quantity(part.cells.earliest, "s", 6)
    shift = _mean(part, peak, 0, part.cells.count - 1, size)
    spread = _positive(part, peak, 0, size) if from_zero else (0.0, 0.0, 0.0)
    growth = _positive(part, peak, len(part.law.names) - 2, size)
    section = {
        "model": "relaxation",
        "shift": format_quantity(shift[0], "S", 6),
        "spread": format_quantity(spread[0], "S", 6),
        "growth": format_quantity(growth[0], "S", 6),
        "reference_time": time,
    }
    numbers = [Number("retention.shift", *shift, "S", f"mean change per unit of ln(t/{time})")]
    if from_zero:
        numbers.append(Number("retention.spread", *spread, "S", f"standard deviation of the change at {time}"))
    numbers.append(
        Number("retention.growth", *growth, "S", f"growth of this standard deviation per unit of ln(t/{time})")
    )
    return section, numbers, [*_kept(part, peak), *_counted(part)]


def _relaxation_table(parts: list[Tried], peaks: list[Peak]) -> tuple[dict[str, Any], list[Number], list[str]]:
    rows, numbers = [], []
    order = sorted(range(len(parts)), key=lambda i: parts[i].cells.conductance[0])
    for place in order:
        part, peak = parts[place], peaks[place]
        size = part.cells.size
        level = format_quantity(float(np.mean(part.cells.conductance)), "S", 6)
        times = np.unique(np.concatenate(part.cells.times))
        if times[0] > 0:
            rows.append({"conductance": level, "time": format_quantity(times[0], "s", 6), "sigma": "0 S"})
        for k, time in enumerate(times[1:]):
            shift = _mean(part, peak, k, part.cells.count - 1, size)
            sigma = _positive(part, peak, k, size)
            at = format_quantity(time, "s", 6)
            numbers.append(Number(f"retention.rows[{len(rows)}].shift", *shift, "S", f"mean change, {level}, {at}"))
            meaning = f"standard deviation of the change, {level}, {at}"
            numbers.append(Number(f"retention.rows[{len(rows)}].sigma", *sigma, "S", meaning))
            texts = [format_quantity(value, "S", 6) for value in (shift[0], sigma[0])]
            rows.append({"conductance": level, "time": at, "shift": texts[0], "sigma": texts[1]})
    notes = _counted(parts[0])
    return {"model": "relaxation-table", "rows": rows}, numbers, notes


def _counted(part: Tried) -> list[str]:
    if part.cells.from_zero:
        return []
    return [f"no reads at t = 0: changes count from {format_quantity(part.cells.earliest, 's', 3)} on"]


def _kept(part: Tried, peak: Peak) -> list[str]:
    share = 1 / (1 + np.exp(-peak.at[-2]))
    return [
        f"{format_quantity(float(share), '%', 2)} of the variance of the change belongs to a number that a cell keeps, "
        "the rest to independent increments; this share is not part of a profile"
    ]


def _mean(part: Tried, peak: Peak, index: int, freedom: int, unit: float = 1.0) -> tuple[float, float, float]:
    """A coefficient of the mean with its interval: by Student's t, and by how it moves with the other parameters."""
    from scipy.special import stdtrit

    at = part.moments(peak.at)
    variance = float(at.covariance[index, index])
    for k, error in enumerate(np.sqrt(np.diag(peak.covariance))):
        width = 0.2 * min(float(error), 1.0)
        if width == 0:
            continue
        ends = []
        for sign in (1.0, -1.0):
            theta = peak.at.copy()
            theta[k] += sign * width
            ends.append(part.moments(theta).coefficients[index])
        move = (ends[0] - ends[1]) / (2 * width)
        if np.isfinite(error):
            variance += (move * error) ** 2
        elif abs(move) > 1e-3 * np.sqrt(at.covariance[index, index]):
            variance = np.inf
    value = float(at.coefficients[index])
    half = float(stdtrit(max(freedom, 1), 0.975)) * float(np.sqrt(variance))
    if half > _OPEN * max(abs(value), 1e-9):
        half = np.inf
    return value * unit, (value - half) * unit, (value + half) * unit


def _positive(part: Tried, peak: Peak, index: int, unit: float) -> tuple[float, float, float]:
    """A positive parameter with its interval; 0 for one at the least that a search considers."""
    low, high = _ends(part, peak, index)
    value = float(np.exp(peak.at[index]))
    value = value if value > 1.5 * SMALLEST else 0.0
    return value * unit, low * unit, high * unit


def _ends(part: Tried, peak: Peak, index: int) -> tuple[float, float]:
    """Interval of a parameter whose logarithm is fitted: by the curvature where that is sharp, else by the profile."""
    error = float(np.sqrt(peak.covariance[index, index]))
    if 0 < error < _SURE:
        low, high = peak.at[index] - Z95 * error, peak.at[index] + Z95 * error
    else:
        low, high = profile_interval(part.negative(adjusted=True), peak, index, part.law.low, part.law.high)
    return float(np.exp(low)), float(np.exp(high))


def _read_noise(part: Tried, peak: Peak, of: str) -> Number:
    sigma, ends = float(np.exp(peak.at[-1])), _ends(part, peak, len(peak.at) - 1)
    meaning = f"scatter of reads beside the change{of}"
    if part.relative:
        return Number("read.noise.sigma", sigma, *ends, "%", f"{meaning}, of the value")
    unit = part.cells.size
    return Number("read.noise.sigma", sigma * unit, ends[0] * unit, ends[1] * unit, "S", meaning)
