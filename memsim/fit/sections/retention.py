"""Retention of programmed cells: drift, relaxation or neither, chosen by the Bayesian information criterion.

Every form of `memsim.fit.sections.relaxation` is fitted to the changes of all cells by maximum likelihood. The read
noise goes with the conductance or is the same at all levels. The criterion is the lowest

    BIC = k ln n - 2 ln L,

with k fitted numbers (a cell's own level is none of them: it cancels in its changes) and n times of reads beyond the
first of each cell. All likelihoods are densities of the same conductances. Reads of a cell at one time differ by read
noise, which is not part of any spread.

Numbers are those of the restricted likelihood, which is free of the bias that a fitted mean causes in variances.

Sources: Schwarz, Ann. Stat. 6, 461 (1978); drift: Nandakumar et al., ICECS 2019, and Joshi et al., Nat. Commun. 11,
2473 (2020), doi:10.1038/s41467-020-16108-9; relaxation: Falcone et al., arXiv:2502.04524.
"""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.criteria import Z95
from memsim.fit.reading.table import Table
from memsim.fit.sections import relaxation
from memsim.fit.sections.changes import smoothed
from memsim.fit.sections.programmed import Programmed, programmed_cells
from memsim.fit.sections.relaxation import Law
from memsim.fit.sections.retention_section import section_of
from memsim.fit.sections.search import Peak, highest_peak
from memsim.fit.sections.section import Curve, Form, SectionFit
from memsim.fit.sections.tried import Tried

FEWEST_CELLS = 5
"""Cells from which on a relaxation is fitted; of each level for a table."""
MOST_TABLE_TIMES = 12
"""Times up to which a table of relaxation is fitted: each has a mean and a spread of its own."""

_APART = 1.5  # ratio of the largest to the smallest level


def fit_retention(table: Table) -> SectionFit:
    """Change of the conductances in a table of time, conductance, and perhaps device, cycle and level.

    Raises
    ------
    DataError
        Columns are missing, times or conductances are below 0, a device has too few rows, no search reached a maximum,
        or the best form is not physical.
    """
    cells = programmed_cells(table)
    notes: list[str] = []
    kinds: dict[str, list[list[Tried]]] = {}
    laws = _laws(cells, notes)
    # Where all cells have nearly the same conductance, both kinds of read noise are the same.
    for relative in (True, False) if max(cells.conductance) > _APART * min(cells.conductance) else (True,):
        for name, parts in laws.items():
            kinds.setdefault(name, []).append([_tried(law, relative, part) for law, part in parts])
    forms: list[Form] = []
    best: list[Tried] = []
    least = np.inf
    for name, choices in kinds.items():
        reached = [tried for tried in choices if not any(part.peak.trouble for part in tried)]
        if not reached:
            notes.append(f"{name} is left out: {choices[0][0].peak.trouble}")
            continue
        likely = max(reached, key=lambda tried: sum(part.log_likelihood for part in tried))
        value = sum(part.log_likelihood for part in likely)
        form = Form(name, value, sum(part.parameters for part in likely), cells.steps)
        forms.append(form)
        if form.bic < least:
            best, least = likely, form.bic
    if not forms:
        raise DataError(f"{table.name}: no search for a maximum ended: {notes[-1]}")
    forms.sort(key=lambda form: form.bic)
    if len(forms) > 1:
        gap = forms[1].bic - forms[0].bic
        notes.insert(0, f"lowest BIC: {forms[0].name}; that of {forms[1].name} is {gap:.1f} higher")
    section, numbers, more = section_of(table, cells, best, kinds)
    return SectionFit(
        "retention",
        table.name,
        "retention",
        section,
        tuple(numbers),
        tuple(forms),
        (*notes, *more),
        tuple(curve for part in best for curve in _curves(part)),
        tuple(_band(part) for part in best if not part.law.logarithmic and part.law.coefficients),
        cells.series,
    )


def _tried(law: Law, relative: bool, cells: Programmed) -> Tried:
    groups = cells.groups(logarithmic=law.logarithmic, relative=relative)
    tried = Tried(law, relative, cells, groups, Peak(np.array([]), -np.inf, np.zeros((0, 0))))
    peak = highest_peak(tried.negative(adjusted=False), law.starts, law.low, law.high)
    return Tried(law, relative, cells, groups, peak)


def _laws(cells: Programmed, notes: list[str]) -> dict[str, list[tuple[Law, Programmed]]]:
    """Forms to try, each of one law for all cells or of one for each level."""
    positive = all((y > 0).all() for y in cells.reads)
    noise, change = _rough(cells)
    laws = {"no change": [(relaxation.none(noise, logarithmic=positive), cells)]}
    if positive:
        power = relaxation.drift(
            noise, cells.earliest, cells.latest, from_zero=cells.from_zero, spreads=cells.count > 1
        )
        laws["drift"] = [(power, cells)]
    else:
        notes.append("drift is left out: a read of 0 S has no logarithm")
    if cells.count < FEWEST_CELLS:
        few = f"{cells.count} {cells.series}"
        notes.append(f"relaxation is left out: {few}; a spread between {cells.between} needs at least {FEWEST_CELLS}")
        return laws
    laws["relaxation"] = [(relaxation.relaxation(noise, change, cells.earliest, from_zero=cells.from_zero), cells)]
    levels: dict[str, list[int]] = {}
    for i, level in enumerate(cells.level):
        levels.setdefault(level, []).append(i)
    parts = [cells.only(places) for places in levels.values()]
    times = [np.unique(np.concatenate(part.times)) for part in parts]
    smallest = min(part.count for part in parts)
    if any(not np.array_equal(times[0], other) for other in times):
        notes.append("relaxation-table is left out: levels were read at different times")
    elif len(times[0]) > MOST_TABLE_TIMES:
        notes.append(f"relaxation-table is left out: {len(times[0])} times; at most {MOST_TABLE_TIMES} are fitted")
    elif smallest < FEWEST_CELLS:
        notes.append(f"relaxation-table is left out: a level with {smallest} cells; at least {FEWEST_CELLS} are needed")
    else:
        laws["relaxation-table"] = [(_table(part, times[0]), part) for part in parts]
    return laws


def _table(part: Programmed, times: np.ndarray) -> Law:
    noise, change = _rough(part)
    sizes = np.full(len(times) - 1, change)
    for k, time in enumerate(times[1:]):
        # Changes of the cells that were read at both times, with what read noise adds to them.
        changes = [
            (y[t == time].mean() - y[t == times[0]].mean()) / part.size
            for t, y in zip(part.times, part.reads, strict=True)
            if time in t and times[0] in t
        ]
        if len(changes) > 1:
            sizes[k] = max(float(np.std(changes)), 0.1 * change)
    return relaxation.relaxation_table(noise, sizes, times)


def _rough(cells: Programmed) -> tuple[float, float]:
    """Rough sizes of the read noise and of the change of a cell, of the mean conductance."""
    steps = np.concatenate([np.diff(y) for y in cells.reads]) / cells.size
    ends = np.array([y[-1] - y[0] for y in cells.reads]) / cells.size
    noise = float(np.median(np.abs(steps))) + 0.1 * float(steps.std())
    change = float(ends.std()) if len(ends) > 1 else float(abs(ends[0]))
    return max(0.5 * noise, 1e-7), max(change, 10 * relaxation.SMALLEST)


def _band(part: Tried) -> Curve:
    """Level, times, and where 95 % of the changes of the mean reads since the first time lie [S]."""
    theta, size = part.peak.at, part.cells.size
    time = np.unique(np.concatenate(part.cells.times))
    design, covariance = part.law.path(time, theta[:-1])
    reads = np.mean([cells.reads.mean() for cells in part.groups])
    own = np.mean([cells.scale.mean() for cells in part.groups])
    noise = 2 * (np.exp(theta[-1]) * own) ** 2 / reads
    middle = design @ part.moments(theta).coefficients
    half = Z95 * np.sqrt(np.diag(covariance) + np.where(time > time[0], noise, 0.0))
    return part.cells.level[0], time, (middle - half) * size, (middle + half) * size


def _curves(part: Tried) -> list[Curve]:
    """Each cell's times, the means of its reads there, and its most probable conductance without read noise."""
    theta = part.peak.at
    beta = part.moments(theta).coefficients
    lines = {}
    for cells in part.groups:
        best = smoothed(cells, part.law.path, theta[:-1], float(np.exp(theta[-1])), beta)
        lines[tuple(cells.time), tuple(cells.reads)] = iter(zip(cells.mean, best, strict=True))
    curves = []
    for name, time in zip(part.cells.names, part.cells.times, strict=True):
        at, count = np.unique(time, return_counts=True)
        pair = next(lines[tuple(at), tuple(count)])
        measured, fitted = (np.exp(y) if part.law.logarithmic else y * part.cells.size for y in pair)
        curves.append((name, at, measured, fitted))
    return curves
