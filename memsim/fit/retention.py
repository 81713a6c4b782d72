"""Drift exponent of a retention measurement, G(t) = G_0 (t/t_0)^-nu, and its spread between devices.

Times are since programming; with t = t_0 + elapsed this is the law of `memsim.noise.drift`, told at the earliest time.

Source: Nandakumar et al., ICECS 2019; Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.errors import DataError
from memsim.fit.layouts import VALUE
from memsim.fit.models import number
from memsim.fit.quantities import Number
from memsim.fit.section import Form, SectionFit, above_zero, at_least, by_device, wanted_column
from memsim.fit.spread import FEWEST, between
from memsim.fit.table import Table
from memsim.units import format_quantity

TIME = ("time", "t", "elapsed", "elapsed time", "retention time", "time since programming")
_LEAST = 5


def fit_retention(table: Table, reference_time: float | None = None) -> SectionFit:
    """Drift of the conductances in a table of time, conductance and perhaps device.

    Parameters
    ----------
    reference_time : float, optional
        t_0 [s]; the earliest time in the table by default. The exponent does not depend on it.

    Raises
    ------
    DataError
        Columns are missing, times or conductances are not above 0, or a device has too few rows.
    """
    from scipy.special import stdtrit

    time = table.numbers(wanted_column(table, "times", TIME, 0), "s")
    value = table.numbers(wanted_column(table, "conductance", VALUE, 1), "S")
    above_zero(table, time, "a time since programming")
    above_zero(table, value, "a conductance that drifts by a power law")
    rows = by_device(table)
    at_least(table, rows, _LEAST, "times")
    start = float(time.min()) if reference_time is None else reference_time
    exponents, variances, curves = [], [], []
    drifting = steady = 0.0
    correlations = []
    for name, at in rows.items():
        x, y = np.log(time[at] / start), np.log(value[at])
        if np.ptp(x) == 0:
            raise DataError(f"{table.name}:{table.lines[at[0]]}: all times of device {name} are the same")
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        centred = x - x.mean()
        slope = float(centred @ y / (centred @ centred))
        rest = y - y.mean() - slope * centred
        exponents.append(-slope)
        variances.append(max(float(rest @ rest), 1e-24) / (len(x) - 2) / float(centred @ centred))
        drifting += _gaussian(rest)
        steady += _gaussian(y - y.mean())
        correlations.append(float(rest[1:] @ rest[:-1] / max(float(rest @ rest), 1e-300)))
        curves.append((name, start * np.exp(x), np.exp(y), np.exp(y.mean() + slope * centred)))
    count, reads = len(rows), len(time)
    section: dict[str, Any] = {"model": "drift"}
    notes = []
    if count >= FEWEST:
        found = between(np.array(exponents), np.array(variances))
        numbers = [
            Number("retention.exponent", found.mean, found.mean_low, found.mean_high, "", "drift exponent nu, mean"),
            Number(
                "retention.spread", found.sigma, found.sigma_low, found.sigma_high, "", "its spread between devices"
            ),
        ]
        section |= {"exponent": number(found.mean), "spread": number(found.sigma)}
    else:
        mean = float(np.mean(exponents))
        freedom = reads - 2 * count
        half = float(stdtrit(freedom, 0.975) * np.sqrt(np.sum(variances)) / count)
        numbers = [Number("retention.exponent", mean, mean - half, mean + half, "", "drift exponent nu")]
        section["exponent"] = number(mean)
        notes.append(f"{count} device{'s' if count > 1 else ''}: a spread of the exponent needs at least {FEWEST}")
    section["reference_time"] = format_quantity(start, "s", 6)
    if np.mean(correlations) > 2 / np.sqrt(reads):
        notes.append(
            f"successive residuals correlate ({np.mean(correlations):.2f}): the law bends or noise is slow, and the "
            "interval within a device is too narrow"
        )
    forms = (Form("drift", drifting, 3 * count, reads), Form("no drift", steady, 2 * count, reads))
    return SectionFit(
        "retention",
        table.name,
        "retention",
        section,
        tuple(numbers),
        tuple(sorted(forms, key=lambda form: form.bic)),
        tuple(notes),
        tuple(curves),
    )


def _gaussian(rest: np.ndarray) -> float:
    """Log-likelihood of residuals with their own variance."""
    return -0.5 * len(rest) * (np.log(2 * np.pi * max(float((rest**2).mean()), 1e-24)) + 1)
