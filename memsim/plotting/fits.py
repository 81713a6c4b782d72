"""Figures of fits: data against model, what a pulse does at every state, and how predictions miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.fit.pulses.models import BRANCHES
from memsim.fit.pulses.problem import X
from memsim.fit.pulses.simulate import simulated
from memsim.fit.reading.source import in_words
from memsim.plotting.device.scale import scaled
from memsim.plotting.page import ending, entries, grid, headline, only, title
from memsim.plotting.rules.limits import beyond, fit_limits, percent
from memsim.plotting.style import INK, RC, line_style
from memsim.units import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memsim.fit.pulses.fits import PulseFit
    from memsim.fit.sections.section import SectionFit

_BLACK = "0.1"  # lines that belong to no single device
_WALKS = 400
"""Simulated trains that a band stands for."""
_TRAINS = 12
"""Measured trains of each direction that are drawn."""
_DEVICES = 6
_MIXED = 2
"""Devices whose trains of both directions are drawn."""
_BANDS = 2
"""Devices up to which each has a band of its own; the bands of more would hide each other."""
_REACH = 1.5
"""End of the axis of steps, in largest steps of the chosen model; other models may go off far beyond."""
_WIDEST = 4.5  # end of the axis of residuals
_FEW_DECADES = 50
"""Ratio of the ends of a logarithmic axis below which numbers between the powers of ten have labels."""
_CHANGES = 300
"""Devices whose changes are drawn together."""


def pulse_figure(fit: PulseFit, seed: int = 0) -> Figure:
    """Figure of a fit of pulses: both directions against pulse number, step against state, residuals.

    Parameters
    ----------
    fit : PulseFit
        The fit.
    seed : int
        Of the simulated sweeps behind the bands.
    """
    from matplotlib import rc_context

    with rc_context(RC):
        figure, axes = grid([1.9, 1.9], 2, top=0.62, rows=[0.62], left=0.75, gap=0.75)
        unit, mixed = data_panels(axes[0], fit, seed)
        fit_limits(axes[0])
        notes = _steps(axes[1, 0], fit, unit), _residuals(axes[1, 1], fit)
        headline(figure, f"{in_words(fit.data.name)}: {fit.chosen.name}", _noise_words(fit))
        handles, labels = entries(axes.ravel())
        count = len(fit.data.devices)
        shown = min(count, _MIXED if mixed else _DEVICES)
        order = sorted(range(len(labels)), key=lambda i: not labels[i].startswith(("device ", "measured")))
        some = only(shown, count, "devices")
        ending(figure, [handles[i] for i in order], [labels[i] for i in order], some, *notes)
    return figure


def data_panels(axes: Sequence[Axes], fit: PulseFit, seed: int = 0) -> tuple[float, bool]:
    """Draw the reads of a fit against its model into two panels.

    They are set and reset pulses; of trains of both directions, reads against pulses and against their predictions.

    Parameters
    ----------
    axes : sequence of Axes
        The two panels.
    fit : PulseFit
        The fit.
    seed : int
        Of the simulated sweeps behind the bands.

    Returns
    -------
    unit : float
        Size of the unit of their vertical axes.
    mixed : bool
        Whether trains have pulses of both directions.
    """
    left, right = axes
    unit, mixed = _unit(left, fit), _mixed(fit)
    right.yaxis.set_label_text(left.yaxis.get_label_text())
    if mixed:
        _trains(left, fit, None, unit, seed)
        _predictions(right, fit, unit)
    else:
        for branch, panel in enumerate(axes):
            _trains(panel, fit, branch, unit, seed)
    return unit, mixed


def section_figure(fit: SectionFit) -> Figure:
    """Figure of a fit of retention, read noise or I-V: the readings of single devices, and the fitted form."""
    from matplotlib import rc_context

    words = {
        "retention": ("time since programming", "s", "conductance", "S"),
        "read-noise": ("read", "", "conductance", "S"),
        "iv": ("voltage", "V", "current", "A"),
    }
    across, across_unit, up, up_unit = words[fit.kind]
    with rc_context(RC):
        figure, panels = grid([2.4], 2 if fit.bands else 1, top=0.36, gap=0.75)
        axes = panels[0, 0]
        largest = max(float(np.abs(y).max()) for _, _, y, _ in fit.curves)
        unit = scaled(axes.yaxis, up, up_unit, largest)
        axes.set_xlabel(f"{across} [{across_unit}]" if across_unit else across)
        shown = fit.curves[:_DEVICES]
        for k, (name, x, measured, model) in enumerate(shown):
            style = line_style(k)
            colour = style["color"]
            label = name if len(fit.curves) > 1 else "measured"
            axes.plot(
                x, measured / unit, style["marker"], color=colour, markersize=3, alpha=0.7, linewidth=0, label=label
            )
            order = np.argsort(x, kind="stable")
            axes.plot(x[order], model[order] / unit, color=colour, label="fitted" if k == 0 else None)
        if fit.kind == "retention":
            _time_axis(axes, [x for _, x, _, _ in fit.curves])
            if fit.forms[0].name == "drift":
                _conductance_axis(axes)
        if fit.bands:
            _changes(panels[0, 1], fit, unit)
        headline(figure, f"{in_words(fit.name)}: {fit.title}, {fit.forms[0].name}")
        handles, labels = entries(panels[0])
        last = sorted(range(len(labels)), key=lambda i: labels[i] == "fitted")
        note = only(len(shown), len(fit.curves), fit.series)
        ending(figure, [handles[i] for i in last], [labels[i] for i in last], note)
    return figure


def _changes(axes: Axes, fit: SectionFit, unit: float) -> None:
    """Changes of all devices since their first read, and where the fit expects 95 % of them."""
    for k, (_, x, measured, _) in enumerate(fit.curves[:_CHANGES]):
        label = f"changes of single {fit.series}" if k == 0 else None
        axes.plot(x, (measured - measured[0]) / unit, color="0.6", linewidth=0.5, alpha=0.6, label=label, zorder=1)
    for k, (level, x, low, high) in enumerate(fit.bands[:_DEVICES]):
        style = line_style(k)
        label = f"95 % of changes, level {level}" if len(fit.bands) > 1 else "95 % of changes"
        axes.plot(x, low / unit, color=style["color"], linestyle=style["linestyle"], label=label, zorder=2)
        axes.plot(x, high / unit, color=style["color"], linestyle=style["linestyle"], zorder=2)
    _time_axis(axes, [x for _, x, _, _ in fit.curves])
    axes.set_xlabel("time since programming [s]")
    axes.set_ylabel(fit_label(unit).replace("conductance", "change"))


def _conductance_axis(axes: Axes) -> None:
    """Logarithmic axis of conductances, with labels between the powers of ten where it has few of these."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < _FEW_DECADES * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 8), numticks=50))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def _time_axis(axes: Axes, times: list[np.ndarray]) -> None:
    """Logarithmic axis of times [s]; linear up to the first time above 0 where there are reads at t = 0."""
    if all(x.min() > 0 for x in times):
        axes.set_xscale("log")
        return
    earliest = min(float(x[x > 0].min()) for x in times if (x > 0).any())
    axes.set_xscale("symlog", linthresh=earliest, linscale=0.5)
    axes.set_xlim(left=-0.1 * earliest)


def _unit(axes: Axes, fit: PulseFit) -> float:
    if fit.data.unit == "S":
        return scaled(axes.yaxis, "conductance", "S", abs(fit.data.axis.last))
    axes.set_ylabel("normalised weight")
    return 1.0


def _mixed(fit: PulseFit) -> bool:
    """Whether trains have pulses of both directions."""
    series = fit.chosen.problem.series
    return any(np.ptp(series.branch[a:b]) > 0 for a, b in zip(series.start, series.stop, strict=True))


def _predictions(axes: Axes, fit: PulseFit, unit: float) -> None:
    """Each read against its prediction from the reads before it."""
    problem, diagnostics = fit.chosen.problem, fit.diagnostics
    good = np.isfinite(diagnostics.innovation)
    predicted = problem.axis.value(diagnostics.prediction[good]) / unit
    measured = problem.axis.value(problem.series.value[good]) / unit
    axes.plot(predicted, measured, ".", color="0.6", markersize=2, alpha=0.5, label="reads")
    ends = [min(predicted.min(), measured.min()), max(predicted.max(), measured.max())]
    axes.plot(ends, ends, color=_BLACK, linewidth=0.7, label="prediction")
    axes.set_xlabel(f"predicted {axes.yaxis.get_label_text()}")
    title(axes, "Read against its prediction")


def _trains(axes: Axes, fit: PulseFit, branch: int | None, unit: float, seed: int) -> None:
    """Reads of trains, in a colour for each device, and trains simulated from their first reads.

    `branch` is the direction of the trains; None for trains of both directions, of which one for each device is drawn.
    """
    problem, theta, data = fit.chosen.problem, fit.chosen.theta, fit.data
    series = problem.series
    most = _TRAINS if branch is not None else 1
    starts = [s for s in range(len(series.start)) if branch is None or series.branch[series.start[s]] == branch]
    title(axes, "Pulses of both directions" if branch is None else f"{BRANCHES[branch].capitalize()} pulses")
    axes.set_xlabel("pulse")
    devices = sorted({int(series.device[s]) for s in starts})
    shown = devices[: _DEVICES if branch is not None else _MIXED]
    rng = np.random.default_rng(seed)
    longest = 1
    reads = []
    for k, device in enumerate(shown):
        rows = [s for s in starts if series.device[s] == device][: max(1, most // len(shown))]
        look = line_style(device)
        colour, marker = (look["color"], look["marker"]) if len(shown) > 1 else (INK, ".")
        length = max(int(series.stop[s] - series.start[s]) for s in rows)
        longest = max(longest, length)
        states, walks = [], []
        for s in rows:
            a, b = int(series.start[s]), int(series.stop[s])
            y = np.where(series.observed[a:b], problem.axis.value(series.value[a:b]), np.nan)
            name = f"device {data.devices[device]}" if len(data.devices) > 1 else "measured"
            label = name if s == rows[0] else None
            x = np.arange(1, b - a + 1)
            axes.plot(x, y / unit, marker, color=colour, markersize=2.5, alpha=0.6, linewidth=0, label=label, zorder=3)
            state, read = simulated(problem, theta, s, max(1, _WALKS // len(rows)), rng)
            blank = np.full((length - len(state), state.shape[1]), np.nan)
            states.append(np.vstack([state, blank]))
            walks.append(np.vstack([read, blank]))
        middle = problem.axis.value(np.nanmedian(np.hstack(states), axis=1)) / unit
        label = "median of simulated states" if k == 0 else None
        axes.plot(np.arange(1, length + 1), middle, color=colour if len(shown) > 1 else _BLACK, label=label, zorder=4)
        reads.append((colour, np.hstack(walks)))
    if len(shown) <= _BANDS:
        for k, (colour, values) in enumerate(reads):
            _band(axes, fit, values, unit, colour, "95 % of simulated reads" if k == 0 else None)
    else:
        blanks = [np.full((longest - len(values), values.shape[1]), np.nan) for _, values in reads]
        pooled = np.hstack([np.vstack([values, blank]) for (_, values), blank in zip(reads, blanks, strict=True)])
        _band(axes, fit, pooled, unit, "0.5", "95 % of simulated reads, all these devices")
    axes.set_xlim(0, longest + 1)


def _band(axes: Axes, fit: PulseFit, reads: np.ndarray, unit: float, colour: str, label: str | None) -> None:
    """Where 95 % of simulated reads (pulse, walk) lie, with lines at the ends that stay visible under another band."""
    axis, number = fit.chosen.problem.axis, np.arange(1, len(reads) + 1)
    low, high = (axis.value(np.nanpercentile(reads, q, axis=1)) / unit for q in (2.5, 97.5))
    axes.fill_between(number, low, high, color=colour, alpha=0.15, linewidth=0, label=label, zorder=1)
    for end in (low, high):
        axes.plot(number, end, color=colour, linewidth=0.5, alpha=0.5, zorder=2)


def _steps(axes: Axes, fit: PulseFit, unit: float) -> str:
    """Mean step of a pulse against the state: the chosen model and, where there are reads, the others.

    The note returned says which share of the others' steps lies beyond the axis.
    """
    axis = fit.chosen.problem.axis
    lines = []
    for candidate in (*[c for c in fit.candidates if c is not fit.chosen], fit.chosen):
        low, high = candidate.problem.axis.value(candidate.problem.own(candidate.theta)[:, :2].mean(0))
        x = low + (high - low) * X
        chosen = candidate is fit.chosen
        drawn = (x >= 0) | (fit.data.unit != "S")
        if not chosen:
            drawn &= (x >= axis.first) & (x <= axis.last)
        for branch in range(2):
            y = candidate.problem.steps(candidate.theta)[branch] * (high - low) * (1 if branch == 0 else -1)
            lines.append((chosen, branch, x[drawn], y[drawn]))
    largest = max(float(np.abs(y).max()) for chosen, _, _, y in lines if chosen)
    if fit.data.unit == "S":
        scale = scaled(axes.yaxis, "step", "S", largest)
        axes.set_xlabel(fit_label(unit))
    else:
        scale = 1.0
        axes.set_ylabel("step of the weight")
        axes.set_xlabel("normalised weight")
    for chosen, branch, x, y in lines:
        if chosen:
            name = f"step of a {BRANCHES[branch]} pulse"
            axes.plot(x / unit, y / scale, color=_BLACK, linestyle=("-", "--")[branch], label=name, zorder=3)
        else:
            axes.plot(x / unit, y / scale, color="0.7", linewidth=0.7, label="other models", zorder=1)
    axes.axhline(0, color=INK, linewidth=0.6)
    reach = _REACH * largest / scale
    axes.set_ylim(-reach, reach)
    title(axes, "Mean step of a pulse, all models")
    others = [y / scale for chosen, _, _, y in lines if not chosen]
    share = beyond(np.concatenate(others), -reach, reach) if others else 0.0
    return f"steps of other models beyond their panel: {percent(share)}" if share else ""


def fit_label(unit: float) -> str:
    """Label of an axis of conductances in units of `unit` [S]."""
    prefix = {1e-12: "p", 1e-9: "n", 1e-6: "µ", 1e-3: "m"}.get(unit, "")
    return f"conductance [{prefix}S]"


def _residuals(axes: Axes, fit: PulseFit) -> str:
    """Histogram of standardised innovations beside the standard normal density, and what tests say.

    The note returned says which share lies beyond the axis; the outermost bins count it, too.
    """
    z = fit.diagnostics.innovation
    z = z[np.isfinite(z)]
    bins = np.linspace(-_WIDEST, _WIDEST, 37)
    axes.hist(np.clip(z, -_WIDEST, _WIDEST), bins.tolist(), density=True, color="0.75", label="residuals")
    x = np.linspace(-_WIDEST, _WIDEST, 200)
    axes.plot(x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color=_BLACK, linestyle=":", label="N(0, 1)")
    axes.set_xlim(-_WIDEST, _WIDEST)
    fit_limits(axes, foot=0)
    axes.set_xlabel("(read - prediction)/its standard deviation")
    axes.set_ylabel("density")
    d = fit.diagnostics
    title(axes, f"Residuals: variance {d.variance:.2f}, lag-1 correlation {d.correlation:+.2f}")
    share = beyond(z, -_WIDEST, _WIDEST)
    return f"residuals beyond {_WIDEST:g}, counted in the outermost bins: {percent(share)}" if share else ""


def _noise_words(fit: PulseFit) -> str:
    shown = {n.name: n for n in fit.fitted.numbers}
    c2c, read = shown["variability.c2c.sigma"], shown["read.noise.sigma"]
    bases = {"range": "window"}
    write, of = (bases.get(base, base) for base in (fit.chosen.problem.write, fit.chosen.problem.read_base))
    words = [
        f"write noise {format_quantity(c2c.value, '%', 2)} of the {write}",
        f"read noise {format_quantity(read.value, '%', 2)} of the {of}",
    ]
    if "read.noise.slow.sigma" in shown:
        slow, memory = shown["read.noise.slow.sigma"], shown["read.noise.slow.memory"]
        lasting = format_quantity(memory.value, "1", 2)
        words.append(f"and {format_quantity(slow.value, '%', 2)} that lasts {lasting} pulses")
    return ", ".join(words)
