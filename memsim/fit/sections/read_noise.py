"""Read noise from repeated reads of cells that are left alone: its sigma, beside a slow trend that is drift.

Reads follow a level, a trend or two levels of a trap (`memsim.fit.sections.trends`). The criterion is BIC = k ln n -
2 ln L with k fitted numbers and n reads: of the forms within 6 of the lowest, the one with the fewest numbers is
chosen. Sigma is the standard deviation of a single read around the level or the trend. Two levels count as noise.

Source: a difference of 6 in BIC is strong evidence, Kass & Raftery, J. Am. Stat. Assoc. 90, 773 (1995).
"""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.criteria import p_in_words
from memsim.fit.pulses.quantities import Number
from memsim.fit.reading.headings import TIME
from memsim.fit.reading.table import Column, Table, find_column
from memsim.fit.reading.values import VALUE
from memsim.fit.rounding import sigma_before_rounding, step_of
from memsim.fit.sections.failed_reads import refuse_failed_reads
from memsim.fit.sections.resting import refuse_changes, refuse_pulses
from memsim.fit.sections.section import Form, SectionFit, at_least, by_device, required_column
from memsim.fit.sections.trends import TRENDS, Trend, TwoLevels, one_jump, trend, two_levels
from memsim.fit.sections.unequal import independent, scales_of, unequal
from memsim.units import format_quantity

INDEX = ("read", "read index", "index", "number", "n", "sample", *TIME)
_LEAST = 20
_LAGS = 10
_STRONG, _VERY_STRONG = 6.0, 10.0
"""Differences of BIC that are strong and very strong evidence."""
_COARSE = 0.5
"""Step of rounding, of sigma, from which on the likelihood is that of rounded reads."""
_OUTSIDE = 0.2
"""How far normalised weights may lie outside 0 to 1 by noise; assumed."""
_LEVELS = 4
"""Numbers that two levels have beside a mean and a variance: distance, two rates; and the choice of a cell."""


def fit_read_noise(table: Table, window: tuple[float, float] | None = None) -> SectionFit:
    """Sigma of single reads from a table of time or read number, conductance and perhaps device.

    Parameters
    ----------
    window : tuple of float, optional
        Ends of the device's window [S]; without it a sigma relative to the range is not tried.

    Raises
    ------
    DataError
        Columns are missing, a device has too few reads, a mean conductance is not above 0, sigma is above 100 %, a
        read failed, or the reads are not those of a cell that is left alone.
    """
    from scipy.special import chdtri

    refuse_pulses(table)
    column = required_column(table, "conductance", VALUE, 1 if len(table.columns) > 1 else 0)
    value = table.numbers(column, "S")
    if window is not None and not column.physical:
        value = _in_window(table, column, value, window)
    rows = by_device(table)
    at_least(table, rows, _LEAST, "reads")
    when, times = _times(table, column, rows)
    reads = [value[at] for at in rows.values()]
    for (name, at), y in zip(rows.items(), reads, strict=True):
        if np.ptp(y) == 0:
            raise DataError(f"{table.name}:{table.lines[at[0]]}: all reads of device {name} are the same")
        if y.mean() <= 0:
            raise DataError(
                f"{table.name}:{table.lines[at[0]]}: the mean conductance of device {name} is {y.mean():.3g}; it must "
                "be above 0: reverse the sign of the read voltage or current"
            )
    unit = "S" if column.physical or window is not None else "1"
    refuse_failed_reads(table, {f"device {name}": at for name, at in rows.items()}, value, unit)
    steps = [step_of(y) for y in reads]
    tried = [_one_trend(name, times, reads, steps) for name in TRENDS]
    levels, jumping = _telegraph(reads, trend("level", times, reads, correlated=False, steps=steps), steps)
    forms = [t.form for t in tried] + ([jumping] if jumping is not None else [])
    lowest = min(form.bic for form in forms)
    chosen = min((form for form in forms if form.bic <= lowest + _STRONG), key=lambda form: (form.parameters, form.bic))
    # Around two levels, sigma counts the jumps: it is that of the reads around their mean.
    best = next(t for t in tried if t.form is chosen or (chosen is jumping and t.name == "level"))
    levels = levels if chosen is jumping else [None] * len(reads)
    for (name, at), y, two, step in zip(rows.items(), reads, levels, steps, strict=True):
        if two is not None:
            _refuse_one_jump(table, name, at, y, two, step, unit)
    drawn = [fit if two is None else two.level for fit, two in zip(best.fits, levels, strict=True)]
    forms = [chosen, *sorted((form for form in forms if form is not chosen), key=lambda form: form.bic)]
    base, sigma, freedom = _sigma(reads, best, window)
    if sigma > 1:
        raise DataError(
            f"{table.name}: a read noise of {format_quantity(sigma, '%', 3)} of the {base} is above 100 %, which is "
            "not physical; are these repeated reads of a cell that is left alone?"
        )
    _refuse_two_values(table, rows, reads, unit)
    if chosen is not jumping:
        refuse_changes(table.name, reads, best.fits, sigma, unit)
    low, high = (sigma * np.sqrt(freedom / chdtri(freedom, tail)) for tail in (0.025, 0.975))
    rounded: list[str] = []
    if any(steps):
        scales = scales_of(reads, best, window)[base]
        rests = [(y - fit) / s for y, fit, s in zip(reads, best.fits, scales, strict=True)]
        shares = [step / float(s.mean()) for step, s in zip(steps, scales, strict=True)]
        if max(shares) > _COARSE * sigma:
            own = [share or 1e-3 * sigma for share in shares]
            sigma, low, high = sigma_before_rounding(rests, own, len(reads) * TRENDS[best.name])
            rounded = [
                f"reads are rounded to {format_quantity(max(steps), unit, 3)}, {max(shares) / sigma:.2g} times sigma, "
                "which is that of the reads before rounding: its interval is wide; read with more digits"
            ]
        else:
            kept = 1 - float(np.average(np.square(shares), weights=[len(y) for y in reads])) / 12 / sigma**2
            sigma, low, high = (value * np.sqrt(kept) for value in (sigma, low, high))
    notes = [
        *rounded,
        *([] if rounded else unequal(reads, best, window, base, unit)),
        *_trend_words(times, best, when),
        *_colour(reads, best),
        *_level_words(list(rows), levels, column),
    ]
    notes.append(
        f"{chosen.name}: the fewest numbers among the forms with a BIC of at most {_STRONG:g} above the lowest"
    )
    if len(reads) > 1:
        ends = (format_quantity(float(end([y.mean() for y in reads])), unit, 3) for end in (min, max))
        notes.append(f"sigma is relative to the {base}; {len(reads)} cells between {' and '.join(ends)}")
    return SectionFit(
        "read-noise",
        table.name,
        "read.noise",
        {"sigma": format_quantity(sigma, "%", 6), "relative_to": base},
        (
            Number(
                "read.noise.sigma",
                sigma,
                float(low),
                float(high),
                "%",
                f"read noise: standard deviation of a read, relative to the {base}",
            ),
        ),
        tuple(forms),
        tuple(notes),
        tuple((f"device {name}", np.arange(len(y)), y, fit) for name, y, fit in zip(rows, reads, drawn, strict=True)),
    )


def _in_window(table: Table, column: Column, weight: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """Conductances [S] that normalised weights stand for, from 0 at the lower end of the window to 1 at the upper."""
    if not (weight.min() >= -_OUTSIDE and weight.max() <= 1 + _OUTSIDE):
        raise DataError(
            f"{table.name}: {table.label(column)} has no unit and values from {weight.min():.4g} to "
            f"{weight.max():.4g}; beside a window, numbers without a unit are weights from 0 to 1; state the unit "
            "with columns=..."
        )
    return window[0] + (window[1] - window[0]) * weight


def _times(table: Table, value: Column, rows: dict[str, np.ndarray]) -> tuple[Column | None, list[np.ndarray]]:
    """Column of times or read numbers, and those of each device; the order of rows without a column."""
    when = find_column(table, INDEX) if table.header else (table.columns[0] if len(table.columns) > 1 else None)
    if when is None or when is value:
        return None, [np.arange(len(at), dtype=float) for at in rows.values()]
    numbers = table.numbers(when, "s" if when.physical else None)
    for name, at in rows.items():
        back = np.diff(numbers[at]) <= 0
        if back.any():
            line = table.lines[at[int(np.argmax(back)) + 1]]
            raise DataError(
                f"{table.name}:{line}: reads of device {name} are not in the order of time; if another cell begins "
                "there, say repeats='devices'"
            )
    return when, [numbers[at] for at in rows.values()]


def _one_trend(name: str, times: list[np.ndarray], reads: list[np.ndarray], steps: list[float]) -> Trend:
    """A trend with white scatter, or with correlated scatter where that is strongly better."""
    white, correlated = (trend(name, times, reads, correlated=correlated, steps=steps) for correlated in (False, True))
    return correlated if correlated.form.bic < white.form.bic - _STRONG else white


def _telegraph(reads: list[np.ndarray], flat: Trend, steps: list[float]) -> tuple[list[TwoLevels | None], Form | None]:
    """Two levels of each cell that has them, and the form that they make; none where no cell has them."""
    levels: list[TwoLevels | None] = []
    total, parameters = 0.0, flat.form.parameters
    for y, fit, step in zip(reads, flat.fits, steps, strict=True):
        square = float(((y - fit) ** 2).mean())
        variance = max(square, step**2 / 12)
        one = -0.5 * len(y) * (np.log(2 * np.pi * variance) + square / variance)
        two = two_levels(y, step)
        if two is not None and 2 * (two.log_likelihood - one) - _LEVELS * np.log(len(y)) < _VERY_STRONG:
            two = None
        levels.append(two)
        total += one if two is None else two.log_likelihood
        parameters += 0 if two is None else _LEVELS
    if not any(levels):
        return [], None
    return levels, Form("two levels", float(total), parameters, flat.form.reads)


def _sigma(reads: list[np.ndarray], best: Trend, window: tuple[float, float] | None) -> tuple[str, float, float]:
    """What sigma is relative to, sigma, and the effective number of reads behind it."""
    count, lost = sum(len(y) for y in reads), len(reads) * TRENDS[best.name]
    sigmas, likelihoods = {}, {}
    for base, scale in scales_of(reads, best, window).items():
        rest = [(y - fit) / s for y, fit, s in zip(reads, best.fits, scale, strict=True)]
        sigmas[base] = float(np.sqrt(sum(float(r @ r) for r in rest) / (count - lost)))
        likelihoods[base] = -count * np.log(sigmas[base]) - sum(float(np.log(s).sum()) for s in scale)
    base = max(likelihoods, key=lambda base: likelihoods[base])
    return base, sigmas[base], max((count - lost) * independent(best), 1.0)


def _refuse_two_values(table: Table, rows: dict[str, np.ndarray], reads: list[np.ndarray], unit: str) -> None:
    """Refuse reads of which each cell has two values: its level and its noise are then two unknowns of one number."""
    if all(len(np.unique(y)) == 2 for y in reads):
        name, at = next(iter(rows.items()))
        ends = " and ".join(format_quantity(float(value), unit, 6) for value in np.unique(reads[0]))
        raise DataError(
            f"{table.place(int(at[0]))}: all reads of device {name} are {ends}: rounding hides the noise, or the cell "
            "jumps between two levels without any; read with more digits"
        )


def _refuse_one_jump(
    table: Table, name: str, at: np.ndarray, y: np.ndarray, two: TwoLevels, step: float, unit: str
) -> None:
    """Refuse a cell whose level changes once: that is no telegraph noise, which comes back."""
    jump = one_jump(y, step)
    if jump.log_likelihood > two.log_likelihood:
        before, after = (format_quantity(level, unit, 4) for level in (jump.before, jump.after))
        raise DataError(
            f"{table.place(int(at[jump.at]))}: the reads of device {name} change once, from {before} to {after} here: "
            "the state changed, which is no read noise; keep the rows before or after"
        )


def _trend_words(times: list[np.ndarray], best: Trend, when: Column | None) -> list[str]:
    if best.name == "level":
        return []
    change = float(np.mean([fit[-1] / fit[0] - 1 for fit in best.fits]))
    reads = len(best.fits[0])
    percent = f"{'+' if change > 0 else ''}{format_quantity(change, '%', 3)}"
    text = f"a slow trend ({best.name}) of {percent} within {reads} reads is drift and not part of the noise"
    if when is None or not when.physical:
        return [f"{text}; with a column of times since programming, kind='retention' fits it"]
    ends = [
        -np.log(fit[-1] / fit[0]) / np.log(t[-1] / t[0])
        for fit, t in zip(best.fits, times, strict=True)
        if t[0] > 0 and fit[-1] > 0 and fit[0] > 0
    ]
    exponent = f", as a power law with nu about {np.mean(ends):.2g}" if ends else ""
    return [f"{text}; kind='retention' fits it{exponent}"]


def _colour(reads: list[np.ndarray], best: Trend) -> list[str]:
    """Whether reads scatter independently around the trend, by the test of Ljung & Box."""
    from scipy.special import chdtrc

    tests, lags = [], []
    for y, fit in zip(reads, best.fits, strict=True):
        rest, count = y - fit, len(y)
        total = max(float(rest @ rest), 1e-300)
        correlation = np.array([float(rest[k:] @ rest[:-k]) / total for k in range(1, _LAGS + 1)])
        lags.append(float(correlation[0]))
        box = count * (count + 2) * float((correlation**2 / (count - np.arange(1, _LAGS + 1))).sum())
        tests.append(float(chdtrc(_LAGS, box)))
    least = min(1.0, min(tests) * len(tests))
    if least < 0.01:
        return [
            f"not white: successive reads correlate by {np.mean(lags):.2f} on average (Ljung-Box {p_in_words(least)}); "
            "drawn anew at each read, sigma is right for single reads but not for averages of reads in a row"
        ]
    return [f"white as far as {best.form.reads} reads show: lag-1 correlation {np.mean(lags):.2f}"]


def _level_words(names: list[str], levels: list[TwoLevels | None], column: Column) -> list[str]:
    notes = []
    for name, two in [(name, two) for name, two in zip(names, levels, strict=True) if two is not None][:3]:
        of = f" of device {name}" if len(names) > 1 else ""
        distance = format_quantity(two.distance, "S", 3) if column.physical else f"{two.distance:.3g}"
        notes.append(
            f"two levels{of}, {distance} apart, kept for {format_quantity(two.upper, '1', 3)} and "
            f"{format_quantity(two.lower, '1', 3)} reads on average: "
            "telegraph noise; sigma contains it"
        )
    return notes
