"""Colours of maps: outliers do not stretch them, the colour bar states the clipped share, compared maps share them."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from memsim.plotting.pictures import colour_bar, picture
from memsim.plotting.rules.colours import OWN_SCALES, ColourRange, colour_range, shared_ranges

EVEN = np.linspace(-2.0, 3.0, 10_000).reshape(100, 100)


def with_outliers(count: int, size: float = 1e6) -> np.ndarray:
    values = EVEN.copy()
    values.flat[:count] = size
    return values


def test_all_values_have_a_colour_where_none_lies_far_off():
    assert colour_range(EVEN) == ColourRange(-2.0, 3.0, 0.0)


def test_a_few_outliers_are_clipped_and_counted():
    low, high, clipped, *_ = colour_range(with_outliers(50))
    assert high < 3.1 and low == pytest.approx(-2, abs=0.1)
    assert clipped == np.mean((with_outliers(50) < low) | (with_outliers(50) > high)) > 0.005


def test_a_range_says_at_which_ends_values_lie_beyond_it():
    assert colour_range(EVEN)[3:] == (False, False)
    assert colour_range(with_outliers(50))[3:] == (True, True)  # the outermost percent at both ends
    assert colour_range(with_outliers(50), low=-2.0)[3:] == (False, True)
    assert colour_range(with_outliers(50), low=-2.0).over(2.0)[3:] == (False, True)


@pytest.mark.parametrize(("below", "above"), [(False, False), (False, True), (True, False), (True, True)])
def test_an_arrow_extends_each_end_of_the_colour_bar_beyond_which_there_are_values(below, above):
    figure = Figure(figsize=(4, 4))
    colour_bar(figure, (1, 1, 2), ColourRange(-1, 3, 0.01, below, above), "%")
    (bar,) = figure.axes
    tips = [patch.get_xy()[:, 1] for patch in bar.patches]
    assert [tip.min() < 0 for tip in tips].count(True) == below
    assert [tip.max() > 1 for tip in tips].count(True) == above
    assert bar.get_ylim() == (-1, 3)


def test_values_that_are_many_are_no_outliers():
    assert colour_range(with_outliers(500)).high == 1e6


def test_values_that_are_not_finite_do_not_count():
    holes = EVEN.copy()
    holes[0, :3] = np.nan, np.inf, -np.inf
    assert colour_range(holes) == ColourRange(holes[0, 3], 3.0, 0.0)
    low, high, clipped, *_ = colour_range(np.array([np.nan]))
    assert low < high and clipped == 0


def test_fixed_ends_stay():
    assert colour_range(with_outliers(50), low=0.0).low == 0
    assert colour_range(np.zeros((2, 2)), low=0.0) == ColourRange(0.0, 1.0, 0.0)
    assert colour_range(np.full((2, 2), 7.0), high=100.0).high == 100


@pytest.mark.parametrize("value", [0.0, 1e-9, -4.0])
def test_equal_values_have_a_range_around_them(value):
    low, high, *_ = colour_range(np.full((3, 3), value))
    assert low < value < high


@pytest.mark.parametrize("upright", [False, True])
def test_the_colour_bar_states_unit_and_clipped_share(upright):
    figure = Figure(figsize=(4, 4))
    colour_bar(figure, (1, 1, 2), ColourRange(0, 1, 0.0213), "µS", upright=upright)
    (bar,) = figure.axes
    assert (bar.get_ylabel() if upright else bar.get_xlabel()) == "µS, 2.1 % clipped"
    assert bar.get_ylim() == (0, 1)


def test_a_picture_has_the_colours_of_its_bar():
    figure, colours = Figure(figsize=(4, 4)), colour_range(with_outliers(50))
    picture(figure, (1, 1, 2), with_outliers(50), "map", colours, "V", None)
    image, bar = figure.axes
    assert image.images[0].get_clim() == bar.get_ylim() == (colours.low, colours.high)
    assert "clipped" in bar.get_xlabel()


def test_compared_maps_share_their_colours_unless_one_would_be_blank():
    ranges, note = shared_ranges([EVEN, 0.5 * EVEN])
    assert ranges == [ColourRange(-2.0, 3.0, 0.0)] * 2 and note == ""
    ranges, note = shared_ranges([EVEN, 0.01 * EVEN])
    assert ranges == [colour_range(EVEN), colour_range(0.01 * EVEN)] and note == OWN_SCALES
