"""Figures: made from a result alone, in the formats on offer, and readable for one learner or many."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import memsim as ms
from memsim.errors import OutputError
from memsim.plotting import overview, render
from memsim.plotting.style import line_style


@pytest.fixture(scope="module")
def result():
    """Run a small experiment with some changes."""

    def run(**changes):
        small = {"data": {"samples": 2, "shape": [8, 8]}, "resamples": 100}
        return ms.run(ms.load_experiment("physical-01").replace({**small, **changes}))

    return run


def learners(count, name="Learner {}"):
    return {"learners": [{"name": name.format(i)} for i in range(count)], "published": {}}


def texts(figure):
    return [
        text.get_text()
        for axes in figure.axes
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label, axes._left_title)
    ]


def test_axes_name_their_quantity_and_unit_and_the_legend_every_line(result):
    figure = overview(result())
    labels = texts(figure)
    assert {"SNR, target / control output", "normalised difference", "Gaussian noise level $s$", "µS"} <= set(labels)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["Hebbian Physical", "Hebbian Physical, published mean 169.3"]


def test_curves_show_the_means_of_the_result_and_start_at_zero(result):
    dataset = result()
    figure = overview(dataset)
    axes = next(axes for axes in figure.axes if axes.get_ylabel().startswith("SNR"))
    np.testing.assert_allclose(axes.lines[0].get_ydata(), dataset.snr.mean("image").values.ravel(), rtol=1e-12)
    assert axes.get_ylim()[0] == 0


def test_the_title_is_followed_by_what_was_changed(result):
    figure = overview(result(seed=7))
    assert any("changed:" in text.get_text() and "seed=7" in text.get_text() for text in figure.texts)


def test_maps_are_in_the_unit_that_suits_the_device(result):
    figure = overview(result(**{"array.device": "agsi-jo2010"}))
    assert "nS" in texts(figure)


@pytest.mark.parametrize("count", [1, 2, 3, 11])
def test_no_text_overlaps_the_legend_for_any_number_of_learners(result, count):
    figure = overview(result(**learners(count)))
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert legend.x0 >= 0 and legend.x1 <= figure.bbox.x1 and legend.y0 >= 0
    for axes in figure.axes:
        assert not axes.get_tightbbox().overlaps(legend)


def test_learners_stay_apart_beyond_the_number_of_colours():
    styles = [(s["color"], s["marker"]) for s in map(line_style, range(64))]
    assert len(set(styles)) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"corruptions": {"gaussian": [0]}},
        {"data": {"samples": 1, "shape": [1, 1]}},
        {"data": {"samples": 1, "shape": [3, 200]}},
        {"learning.steps": 0},
        {"learning.rate": -0.2, "array.bounds": "none"},
        {"title": r"a $\frac{ b_c $ \undefined {"},
        learners(2, r"$\frac{{ {} ^"),
        learners(2, "A name of sixty-four letters, which is the longest there may {}"),
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_odd_experiments_and_names_are_drawn_without_a_warning(result, changes):
    with Image.open(io.BytesIO(render(overview(result(**changes)), "a.png"))) as picture:
        assert picture.width == 1440 and picture.height > 900


@pytest.mark.parametrize("name", ["a.gif", "a", "a.PNG.exe"])
def test_unknown_formats_are_refused(name):
    with pytest.raises(OutputError, match=r"allowed: \.png, \.pdf, \.svg"):
        render(None, name)


def test_a_dataset_that_is_not_a_whole_result_is_refused(result):
    with pytest.raises(OutputError, match="has no variable 'example_noisy'"):
        overview(result().drop_vars("example_noisy"))
    with pytest.raises(OutputError, match="has no attribute 'experiment'"):
        overview(result().drop_attrs())
