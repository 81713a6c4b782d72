"""Read noise from repeated reads of cells that are left alone: its sigma, what it goes with, whether it is white."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.layouts import VALUE
from memsim.fit.quantities import Number
from memsim.fit.retention import TIME
from memsim.fit.section import Form, SectionFit, at_least, by_device, wanted_column
from memsim.fit.table import Table, find_column
from memsim.units import format_quantity

INDEX = ("read", "read index", "index", "number", "n", "sample", *TIME)
_LEAST = 20
_LAGS = 10
_SURE = 10.0  # difference of BIC called very strong by Kass & Raftery, J. Am. Stat. Assoc. 90, 773 (1995)


def fit_read_noise(table: Table, window: tuple[float, float] | None = None) -> SectionFit:
    """Sigma of single reads from a table of time or read number, conductance and perhaps device.

    Parameters
    ----------
    window : tuple of float, optional
        Ends of the device's window [S]; without it a sigma relative to the range is not tried.

    Raises
    ------
    DataError
        Columns are missing or a device has too few reads.
    """
    from scipy.special import chdtrc, chdtri

    value_column = wanted_column(table, "conductance", VALUE, 1 if len(table.columns) > 1 else 0)
    value = table.numbers(value_column, "S")
    when = find_column(table, INDEX) if table.header else (table.columns[0] if len(table.columns) > 1 else None)
    rows = by_device(table)
    at_least(table, rows, _LEAST, "reads")
    if when is not None and when is not value_column:
        time = table.numbers(when)
        for name, at in rows.items():
            back = np.diff(time[at]) <= 0
            if back.any():
                line = table.lines[at[int(np.argmax(back)) + 1]]
                raise DataError(f"{table.name}:{line}: reads of device {name} are not in the order of time")
    means, sums, freedoms, curves, tests, lags, hints = [], [], [], [], [], [], []
    for name, at in rows.items():
        y = value[at]
        rest = y - y.mean()
        total = float(rest @ rest)
        if np.ptp(y) == 0:
            raise DataError(f"{table.name}:{table.lines[at[0]]}: all reads of device {name} are the same")
        means.append(float(y.mean()))
        sums.append(total)
        correlation = np.array([float(rest[k:] @ rest[:-k]) / total for k in range(1, _LAGS + 1)])
        lags.append(float(correlation[0]))
        box = len(y) * (len(y) + 2) * float((correlation**2 / (len(y) - np.arange(1, _LAGS + 1))).sum())
        tests.append(float(chdtrc(_LAGS, box)))
        # Correlated reads say less about the variance: their effective number.
        kept = correlation[: int(np.argmax(correlation < 0.05)) or _LAGS] if tests[-1] < 0.01 else correlation[:0]
        freedoms.append((len(y) - 1) / (1 + 2 * float((kept**2).sum())))
        hint = _two_levels(y)
        if hint is not None:
            hints.append((name, *hint))
        curves.append((name, np.arange(len(y)), y, np.full(len(y), y.mean())))
    mean, variance = np.array(means), np.array(sums) / (np.array([len(at) for at in rows.values()]) - 1)
    freedom = np.array(freedoms)
    bases = {}
    if (mean > 0).all():
        bases["value"] = mean
    if window is not None:
        bases["range"] = np.full(len(mean), window[1] - window[0])
    if not bases:
        raise DataError(f'{table.name}: a mean read is not above 0: give the window, e.g. --window "1 uS, 100 uS"')
    forms, sigmas = [], {}
    for base, scale in bases.items():
        sigma = float(np.sqrt((freedom * variance / scale**2).sum() / freedom.sum()))
        expected = (sigma * scale) ** 2
        forms.append(
            Form(
                f"of {base}",
                float(-0.5 * (freedom * (np.log(2 * np.pi * expected) + variance / expected)).sum()),
                1,
                len(value),
            )
        )
        sigmas[base] = sigma
    order = sorted(range(len(forms)), key=lambda i: forms[i].bic)
    base = list(bases)[order[0]]
    sigma, many = sigmas[base], float(freedom.sum())
    low, high = (sigma * np.sqrt(many / chdtri(many, tail)) for tail in (0.025, 0.975))
    notes = []
    if min(tests) < 0.01:
        notes.append(
            f"not white: successive reads correlate by {np.mean(lags):.2f} on average (Ljung-Box p {min(tests):.1g}); "
            "drawn anew at each read, sigma is right for single reads but not for averages of reads in a row"
        )
    else:
        notes.append(f"white as far as {len(value)} reads tell: lag-1 correlation {np.mean(lags):.2f}")
    for name, gap, up, down in hints[:3]:
        of = f" of device {name}" if len(rows) > 1 else ""
        distance = format_quantity(gap, "S", 3) if value_column.physical else f"{gap:.3g}"
        notes.append(
            f"two levels{of}, {distance} apart, kept for {up:.3g} and {down:.3g} reads on average: telegraph noise"
        )
    if len(mean) > 1:
        between_cells = f"{len(mean)} cells between {mean.min():.3g} and {mean.max():.3g}"
        notes.append(f"sigma is taken relative to the {base}, from {between_cells}")
    return SectionFit(
        "read-noise",
        table.name,
        "read.noise",
        {"sigma": format_quantity(sigma, "%", 6), "relative_to": base},
        (Number("read.noise.sigma", sigma, float(low), float(high), "%", f"noise of a read, of the {base}"),),
        tuple(forms[i] for i in order),
        tuple(notes),
        tuple(curves),
    )


def _two_levels(y: np.ndarray) -> tuple[float, float, float] | None:
    """Distance and mean dwells (reads) of two levels, where two Gaussians fit far better than one; else None."""
    count = len(y)
    z = (y - y.mean()) / y.std()
    centre, sigma, share = np.array([z.min(), z.max()]) * 0.7, 0.5, 0.5
    weight = np.zeros(count)
    for _ in range(100):
        logs = -0.5 * ((z[:, None] - centre) / sigma) ** 2 + np.log([1 - share, share])
        weight = 1.0 / (1.0 + np.exp(np.clip(logs[:, 0] - logs[:, 1], -500, 500)))
        before, share = share, float(np.clip(weight.mean(), 0.02, 0.98))
        centre = np.array([((1 - weight) @ z) / (1 - weight).sum(), (weight @ z) / weight.sum()])
        sigma = float(np.sqrt(((1 - weight) @ (z - centre[0]) ** 2 + weight @ (z - centre[1]) ** 2) / count)) + 1e-6
        if abs(share - before) < 1e-6:
            break
    parts = np.exp(-0.5 * ((z[:, None] - centre) / sigma) ** 2) @ np.array([1 - share, share]) / sigma
    gain = float(np.log(np.maximum(parts, 1e-300)).sum() + 0.5 * count)  # over one Gaussian of variance 1
    if 2 * gain - 2 * np.log(count) < _SURE or centre[1] - centre[0] < 2 * sigma:
        return None
    upper = weight > 0.5
    changes = int((upper[1:] != upper[:-1]).sum())
    turns = changes / 2 + 0.5
    return float((centre[1] - centre[0]) * y.std()), upper.sum() / turns, (count - upper.sum()) / turns
