"""Figures of fits: nothing is cut off without a word about it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from figure_artists import outside, words

import memsim as ms
from memsim.plotting.fits import pulse_figure, section_figure


def relaxing(seed=0):
    rng = np.random.default_rng(seed)
    rows = ["cell,time (s),G (uS)"]
    for cell in range(8):
        steps = np.cumsum(0.08 * rng.standard_normal(4))
        rows += [f"{cell},{t},{5 - 0.05 * k + steps[k]:.4f}" for k, t in enumerate((1, 10, 100, 1000))]
    return rows


def current():
    return ["V (V),I (uA)", *(f"{v:.2f},{3 * np.sinh(v / 0.4):.4f}" for v in np.linspace(-0.5, 0.5, 21))]


def pulses(seed=1):
    rng = np.random.default_rng(seed)
    rows = ["device,cycle,pulse,direction,conductance (uS)"]
    for device in "AB":
        for direction, state in (("set", 0.0), ("reset", 1.0)):
            for pulse in range(1, 41):
                step = 0.06 * (1 - state) if direction == "set" else -0.06 * state
                state = min(max(state + step + 0.01 * rng.standard_normal(), 0.0), 1.0)
                rows.append(f"{device},1,{pulse},{direction},{2 + 8 * (state + 0.02 * rng.standard_normal()):.4f}")
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "kind"), [(relaxing(), "retention"), (current(), "iv")])
def test_reads_bands_and_forms_lie_inside_the_axes(tmp_path, rows, kind):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    assert outside(section_figure(ms.fit_device(path, kind=kind))) == []


@pytest.mark.slow
def test_only_other_models_leave_the_axes_and_the_page_says_how_far(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(pulses()), encoding="utf-8")
    figure = pulse_figure(ms.fit_device(path, model="soft-bounds"))
    up, down, steps, _ = figure.axes
    assert up.get_ylim() == down.get_ylim()
    beyond = outside(figure)
    assert {name for name, *_ in beyond} <= {steps.get_title("left")}
    assert bool(beyond) == bool(re.search(r"steps of other models beyond their panel: \S+ %", words(figure)))
