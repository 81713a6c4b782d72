"""The page of an assessment: data and fit, the devices by metric and energy, and what limits the assessed device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.assessment import Assessment, Ranked, assumptions
from memsim.costs import with_plain_names
from memsim.fit.reading.source import in_words
from memsim.plotting.axis import logarithmic_axis
from memsim.plotting.figures.waterfall import key, room_of, waterfall_panel, whiskers_note
from memsim.plotting.fits import data_panels
from memsim.plotting.page import ending, entries, headline, only, page, panel, title
from memsim.plotting.parts import PART_STYLES, SMALL_PARTS, part_label
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, SMALL, WIDTH, fitted, text_width
from memsim.tasks.compared import PROGRAMMED_ONCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memsim.fit.pulses.quantities import Number

_TOP, _GAP, _FOOT = 0.62, 0.72, 0.45  # inch
_DATA = 1.6
"""Height of the panels of the measurement [inch]."""
_ROW = 0.15
"""Height of the row of a device [inch]."""
_NAMES = 1.75
"""Room for names of devices at most [inch]."""
_RIGHT = 2.6
"""Width of what stands at the right of the devices [inch]."""
_LEAST, _LARGEST = 1.0, 99.7
"""Shares in percent at which the axis of a metric ends at most; points and intervals beyond are drawn there."""
_PARTS = 5
"""Parts of the energy that are drawn; the others are one bar."""
_LINE = 0.145
"""Height of a line of text [inch]."""
_MOST = 60
"""Devices that are drawn at most."""
_ASSESSED, _OTHERS = "#b5432a", "#0b2a4a"


def assessment_page(assessment: Assessment) -> Figure:
    """One page on an assessed device; of several learners, on the first."""
    from matplotlib import rc_context

    rows, name = assessment.ranking, assessment.device.name
    learners = list(dict.fromkeys(row.learner for row in rows if row.device))
    first = next(row.learner for row in rows if row.device == name)
    shown = _few([row for row in rows if row.learner == first], name)
    assessed = next(row for row in shown if row.device == name)
    fit, limits, height = assessment.fit, assessment.limits, _ROW * len(shown)
    parts = _parts(assessment.comparison, assessed.label)
    numbers = fit.fitted.numbers if fit else ()
    names_width, steps_height = (1.0, 0.0) if limits is None else room_of(limits, 0)
    parts_height = _ROW * 1.2 * len(parts)
    beside = sum(part + _GAP for part in (steps_height, parts_height) if part) + _LINE * 2 * len(numbers)
    with rc_context(RC):
        figure = page(_TOP + (_DATA + _GAP if fit else 0) + max(height, beside - _GAP * (not numbers)) + _FOOT)
        top = figure.get_size_inches()[1] - _TOP
        pairs = []
        if fit is not None:
            wide = (WIDTH - 2 * 0.75 - 0.22) / 2
            pairs = [panel(figure, 0.75 + i * (wide + 0.75), top - _DATA, wide, _DATA) for i in range(2)]
            data_panels(pairs, fit)
            fit_limits(pairs)
            top -= _DATA + _GAP
        left = max(text_width(fitted(row.device + "†", _NAMES)) for row in shown) + 0.2
        wide = WIDTH - left - _RIGHT - 0.25
        axes = panel(figure, left, top - height, wide * (0.56 if parts else 1.0), height)
        _metrics(axes, assessment, shown, [row for row in rows if not row.device])
        if parts:
            _energies(panel(figure, left + wide * 0.63, top - height, wide * 0.37, height), name, shown)
        start, wide = WIDTH - _RIGHT - 0.12 + names_width, _RIGHT - names_width
        if limits is not None:
            steps = panel(figure, start, top - steps_height, wide, steps_height)
            waterfall_panel(steps, limits, 0)
            title(steps, "What limits it")
            top -= steps_height + _GAP
        if parts:
            _draw_parts(panel(figure, start, top - parts_height, wide, parts_height), parts)
            top -= parts_height + _GAP
        if fit is not None:
            _write(figure, WIDTH - _RIGHT, top, numbers, fit.data.unit is None)
        measured = f"{in_words(fit.data.name)}, step model {fit.chosen.name}" if fit else assessment.device.title
        headline(figure, f"{name} in {assessment.task}: {first}", measured)
        handles, labels = entries([*pairs, axes])
        patches, words = ([], []) if limits is None else key(limits)
        notes = (
            "" if limits is None else whiskers_note(limits),
            "points: means with 95 % intervals over repeats"
            + ("; of energies: ranges by the component table" if parts else ""),
            _assumed(assessment) if parts else "",
            f"†: {PROGRAMMED_ONCE}, as this device takes no pulses"
            if any(row.programmed_once for row in shown)
            else "",
            only(1, len(learners)),
            only(len(shown), sum(row.learner == first for row in rows), "devices"),
        )
        ending(figure, [*handles, *patches], [*labels, *words], *notes)
    return figure


def _assumed(assessment: Assessment) -> str:
    """Numbers of the device that its energy follows from, and that are assumed, in words."""
    names = assumptions(assessment.device)
    return f"the energy of {assessment.device.name} follows from assumed numbers: {', '.join(names)}" if names else ""


def _few(rows: Sequence[Ranked], assessed: str) -> list[Ranked]:
    """The first rows, that of the assessed device among them."""
    of_device = [row for row in rows if row.device == assessed]
    return [row for row in rows if row in [*rows[: _MOST - 1], *of_device]][:_MOST]


def _metrics(axes: Axes, assessment: Assessment, rows: Sequence[Ranked], networks: Sequence[Ranked]) -> None:
    """The metric of each device, with lines at those of digital networks; shares near 100 % are drawn apart."""
    metric, assessed = assessment.metric, assessment.device.name
    share = metric.unit == "%" and metric.better == "higher"
    values = [(row.value, row.low, row.high) for row in rows]
    if share:
        axes.set_xscale("function", functions=(_logits, _shares))
        values = [tuple(float(np.clip(value, _LEAST, _LARGEST)) for value in one) for one in values]  # type: ignore[misc]
    _points(axes, assessed, rows, values)
    for network in (one for one in networks if np.isfinite(one.value)):
        axes.axvline(network.value, color=INK, linestyle="--", linewidth=0.8, label=f"{network.learner}, digital")
    axes.set_yticks(range(len(rows)), [fitted(row.device + "†" * row.programmed_once, _NAMES) for row in rows])
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row.device == assessed else "normal")
    axes.set_xlabel(f"{metric.label} [{metric.unit}]" if metric.unit else metric.label)
    if share:
        low = min((value for one in values for value in one if np.isfinite(value)), default=_LEAST)
        axes.set_xlim(max(_LEAST, low * 0.8), _LARGEST)
        ticks = [tick for tick in (5, 20, 50, 80, 95, 99) if tick > max(_LEAST, low * 0.8)]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])


def _logits(shares: np.ndarray) -> np.ndarray:
    """Logits of shares in percent, which the axis shows."""
    inside = np.clip(shares, _LEAST / 2, (_LARGEST + 100) / 2)
    return np.log(inside / (100.0 - inside))


def _shares(logits: np.ndarray) -> np.ndarray:
    """The inverse of `_logits`."""
    return 100.0 / (1.0 + np.exp(-logits))


def _energies(axes: Axes, assessed: str, rows: Sequence[Ranked]) -> None:
    """Energy of an inference on each device, with the range of the component table."""
    nano = 1e9
    _points(axes, assessed, rows, [(nano * row.energy, nano * row.energy_low, nano * row.energy_high) for row in rows])
    logarithmic_axis(axes, "x")
    axes.set_yticks(range(len(rows)), [])
    axes.set_xlabel("energy [nJ]")


def _points(axes: Axes, assessed: str, rows: Sequence[Ranked], values: Sequence[tuple[float, float, float]]) -> None:
    """A point with an interval in each row, the best one at the top; that of the assessed device differs."""
    for place, (row, (value, low, high)) in enumerate(zip(rows, values, strict=True)):
        chosen = row.device == assessed
        colour, marker = (_ASSESSED, "D") if chosen else (_OTHERS, "o")
        axes.plot([low, high], [place, place], color=colour, linewidth=1.6 if chosen else 0.8)
        axes.plot([value], [place], marker, color=colour, markersize=5 if chosen else 3)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def _parts(result: xr.Dataset, label: str) -> list[tuple[str, float]]:
    """The largest parts of the energy of an inference and their shares [%]; empty without costs."""
    costs = with_plain_names(result)
    if "phase_energy_part" not in costs:
        return []
    compared = str(costs["phase_energy"].dims[0])
    of_parts = costs["phase_energy_part"].sel({compared: label, "phase": "inference"})
    of_parts = of_parts.mean([one for one in of_parts.dims if one != "part"]).dropna("part")
    shares = 100 * of_parts.values / of_parts.values.sum()
    order = [int(place) for place in np.argsort(-shares, kind="stable") if shares[place] > 0]
    parts = [(str(of_parts["part"].values[place]), float(shares[place])) for place in order[:_PARTS]]
    rest = float(shares[order[_PARTS:]].sum())
    return [*parts, ("others", rest)] if rest > 0 else parts


def _draw_parts(axes: Axes, parts: Sequence[tuple[str, float]]) -> None:
    """Bars of the shares of the energy of an inference."""
    for place, (part, share) in enumerate(parts):
        axes.barh(place, share, height=0.7, **PART_STYLES.get(part, SMALL_PARTS))
    axes.set_ylim(len(parts) - 0.4, -0.6)
    axes.set_yticks(range(len(parts)), [part_label(part) for part, _ in parts])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("share of the energy [%]")
    title(axes, "Energy of an inference")


def _write(figure: Figure, left: float, top: float, numbers: Sequence[Number], weights: bool) -> None:
    """Write the fitted numbers with their intervals."""
    wide, tall = figure.get_size_inches()
    lines = [("Fitted numbers, of normalised weights" if weights else "Fitted numbers", "black", 8.0)]
    for number in numbers:
        lines.append((f"{number.name} = {number.value_text}", "black", SMALL))
        lines.append((f"95 %: {number.interval_text}", INK, SMALL))
    for place, (text, colour, size) in enumerate(lines):
        height = (top + 0.12 - place * _LINE - (0.06 if place else 0)) / tall
        figure.text(left / wide, height, fitted(text, _RIGHT, size), va="top", color=colour, fontsize=size)
