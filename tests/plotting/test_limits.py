"""Limits of axes contain everything that is drawn, and panels that are compared have the same ones."""

from __future__ import annotations

import numpy as np
import pytest
from figure_artists import outside
from matplotlib.figure import Figure

from memsim.plotting.axis import ratio_axis
from memsim.plotting.rules.limits import beyond, comparable, drawn, fit_limits, percent

ARTISTS = {
    "a line": lambda axes: axes.plot([0, 1, 2], [3, -40, np.nan]),
    "markers": lambda axes: axes.plot([0, 5], [1, 700], "o", linestyle="none"),
    "a band": lambda axes: axes.fill_between([0, 1, 2], [-90, 0, np.nan], [np.nan, 2, 300]),
    "whiskers": lambda axes: axes.vlines([1, 2], [-7, 0], [2, 80]),
    "lying whiskers": lambda axes: axes.hlines([1, 2], [-7, 0], [2, 80]),
    "error bars": lambda axes: axes.errorbar([1, 2], [3, 4], yerr=[[50, 1], [1, 60]]),
    "bars": lambda axes: axes.bar([0, 1], [5, -3]),
    "lying bars": lambda axes: axes.barh([0, 1], [5, -3], left=[1, 2]),
    "steps": lambda axes: axes.stairs([1, 9], [-2, 0, 4]),
    "a line across": lambda axes: axes.axhline(12),
    "an upright line": lambda axes: axes.axvline(-3),
}


@pytest.fixture
def panels():
    return [Figure(figsize=(5, 3)).add_subplot() for _ in range(2)]


@pytest.mark.parametrize("name", ARTISTS)
def test_limits_contain_everything_that_is_drawn(panels, name):
    axes = panels[0]
    axes.plot([1, 1.1], [1, 1.1])
    ARTISTS[name](axes)
    for which in "xy":
        fit_limits(axes, which)
    assert outside(axes.figure) == []


@pytest.mark.parametrize("name", ARTISTS)
def test_axes_of_ratios_contain_everything_that_is_drawn(panels, name):
    axes = panels[0]
    axes.plot([1, 2], [0.001, 1e6])
    ARTISTS[name](axes)
    ratio_axis(axes, np.array([0.001, 1e6]))
    fit_limits(axes, "x")
    assert axes.get_yscale() == "symlog" and outside(axes.figure) == []


@pytest.mark.parametrize("scale", [fit_limits, lambda panels: ratio_axis(panels, np.array([1.0, 1e5]))])
def test_compared_panels_share_the_limits_of_what_is_drawn_in_both(panels, scale):
    first, second = panels
    first.plot([0, 1], [1, 1e5])
    second.fill_between([0, 1], [-300, 0], [5, 6])
    scale(panels)
    assert first.get_ylim() == second.get_ylim() and first.get_yscale() == second.get_yscale()
    assert [*outside(first.figure), *outside(second.figure)] == []


def test_an_axis_ends_at_the_foot_of_bars_unless_something_lies_below(panels):
    for axes, lowest in zip(panels, (2, -2), strict=True):
        axes.plot([0, 1], [lowest, 10])
        fit_limits(axes, foot=0, reach=[20])
        assert axes.get_ylim()[1] > 20
    assert panels[0].get_ylim()[0] == 0 and panels[1].get_ylim()[0] < -2


def test_a_logarithmic_axis_has_room_in_decades_and_leaves_out_what_it_cannot_show(panels):
    axes = panels[0]
    axes.set_yscale("log")
    axes.plot([0, 1, 2], [0.01, 100, 0])
    fit_limits(axes)
    low, high = axes.get_ylim()
    assert 0 < low < 0.01 and high > 100 and np.log10(high / 100) == pytest.approx(np.log10(0.01 / low))


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-9])
def test_a_single_value_has_room_on_both_sides(panels, value):
    panels[0].plot([0], [value], "o")
    fit_limits(panels[0])
    low, high = panels[0].get_ylim()
    assert low < value < high


def test_axes_without_a_finite_number_are_left_alone(panels):
    panels[0].plot([0, 1], [np.nan, np.inf])
    before = panels[0].get_ylim()
    fit_limits(panels[0])
    assert panels[0].get_ylim() == before and len(drawn(panels[0])) == 0


def test_extents_are_comparable_up_to_a_factor_of_ten():
    assert comparable([1, 10]) and comparable([0, 5]) and comparable([])
    assert not comparable([1, 10.5])


def test_shares_beyond_a_range_are_of_the_finite_values():
    assert beyond([np.nan, -1, 0, 1, 5], 0, 1) == 0.5 and beyond([np.inf], 0, 1) == 0
    assert [percent(share) for share in (0, 1, 0.0001, 0.0123, 0.5, 0.9999)] == [
        "0 %", "100 %", "under 0.1 %", "1.2 %", "50 %", "over 99.9 %",
    ]  # fmt: skip
