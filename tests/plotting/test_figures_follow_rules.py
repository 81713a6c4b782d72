"""Figures follow the rules: nothing is cut off, compared panels share scales, devices and reasons are named."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_artists import outside, words

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import LacksError, compare_figure, draw
from memsim.results.settings import kind_of

pytestmark = pytest.mark.slow

CLASSIFY = """\
name: tiny
title: Two devices and a network
task: classify
data: {source: digits, samples: 60}
learners:
  - name: Delta
    array: {device: ideal}
    learning: {rule: delta, rate: 0.01, epochs: 2}
  - name: Oja
    array: {device: taox-hfox-wu2018}
    learning: {rule: oja, rate: 0.01, epochs: 2}
  - name: Linear
    network: {architecture: linear}
    training: {rate: 0.01, epochs: 2}
corruptions:
  gaussian: [0.1, 0.5]
  occlusion: [0.1, 0.5]
seeds: 2
"""
SMALL = {"data.samples": 2, "data.shape": [8, 8], "resamples": 100}


@pytest.fixture(scope="module")
def classified() -> xr.Dataset:
    """Few images and seeds, so that intervals reach from 0 to 100 %."""
    return ms.run(experiment_from_text(CLASSIFY, "tiny.yaml"))


@pytest.fixture(scope="module")
def memorised() -> xr.Dataset:
    return ms.run(ms.load_experiment("decomposition-01").replace(SMALL))


@pytest.fixture(scope="module")
def selected() -> xr.Dataset:
    return ms.run(ms.load_experiment("sneak-01").replace({"lines": [4, 8], "map_lines": 4}))


@pytest.fixture(scope="module")
def programmed() -> xr.Dataset:
    """Arrays that differ tenfold in their errors, one of them without pulses."""
    return ms.run(ms.load_experiment("levels-01").replace({"rows": 16, "columns": 16, "repeats": 2}))


@pytest.fixture(scope="module")
def inferred() -> xr.Dataset:
    """A network on three arrays, over time."""
    return ms.run(ms.load_experiment("infer-01").replace({"data.samples": 100, "repeats": 2, "times": ["1 h", "1 y"]}))


@pytest.fixture(params=["classified", "memorised", "selected", "programmed", "inferred"])
def result(request) -> xr.Dataset:
    return request.getfixturevalue(request.param)


def panel(figure, words_):
    """The panel with this title or label."""
    return next(axes for axes in figure.axes if words_ in (axes.get_title("left"), axes.get_ylabel()))


def without(dataset: xr.Dataset, *variables: str) -> xr.Dataset:
    """A result whose variables have no finite number."""
    return dataset.assign({name: dataset[name].astype(float) * np.nan for name in variables}).assign_attrs(
        dataset.attrs
    )


def test_no_figure_cuts_off_a_line_a_band_or_a_whisker(result):
    drawn = 0
    for name in kind_of(result).figures:
        try:
            figure = draw(result, name)
        except LacksError:
            continue
        drawn += 1
        assert (name, outside(figure)) == (name, [])
    assert drawn >= min(2, len(kind_of(result).figures))


def test_a_comparison_cuts_off_nothing_and_names_the_devices_of_both(classified, memorised, selected, programmed):
    for result in (classified, memorised, selected, programmed):
        assert outside(compare_figure(result, result)) == []
    both = words(compare_figure(classified, classified))
    assert "B: second result on ideal, taox-hfox-wu2018" in both
    accuracy, noise = compare_figure(classified, classified).axes
    assert accuracy.get_xlim() == noise.get_xlim()


def test_every_figure_names_the_devices(result):
    devices = set(map(str, result.device.values)) - {"none"}
    for name in kind_of(result).figures:
        if name in ("samples", "stability", "lambda"):  # these show images and networks on no device
            continue
        try:
            figure = draw(result, name)
        except LacksError:
            continue
        text = words(figure) + " ".join(tick.get_text() for axes in figure.axes for tick in axes.get_xticklabels())
        text = text.replace("\n", "")
        assert {device for device in devices if device in text} == devices, name


def test_accuracies_that_are_compared_have_one_scale(classified):
    clean, noisy = draw(classified, "devices").axes
    assert clean.get_ylim() == noisy.get_ylim()
    test, noise, worst, _ = draw(classified, "classes").axes[:4]
    assert test.get_xlim() == noise.get_xlim() == worst.get_xlim()
    figure = draw(classified, "robustness")
    ratios = [axes.get_ylim() for axes in figure.axes if axes.get_xlabel() == "noise level $s$"]
    assert len(ratios) == 2 and len(set(ratios)) == 1


def test_maps_of_one_device_and_voltages_of_all_arrays_have_one_range_of_colours(memorised, selected):
    figure = draw(memorised, "maps")
    titles = [axes.get_title("left") for axes in figure.axes]
    clims = {titles[i]: axes.images[0].get_clim() for i, axes in enumerate(figure.axes) if titles[i]}
    assert len({clim for title, clim in clims.items() if title.startswith("Hebbian")}) == 1
    images = [axes.images[0] for axes in draw(selected, "voltages").axes if not axes.axison]
    assert len(images) == selected.sizes["array"] * selected.sizes["scheme"]
    assert len({image.get_clim() for image in images}) == 1


def test_weights_share_an_axis_unless_they_differ_more_than_tenfold(memorised):
    note = "the axes of the weights differ"
    figure = draw(memorised, "weights")
    assert note in words(figure) and len({axes.get_xlim() for axes in figure.axes}) > 1
    bounded = memorised.isel(learner=memorised.learner.str.startswith("Hebbian")).assign_attrs(memorised.attrs)
    figure = draw(bounded, "weights")
    assert note not in words(figure) and len({axes.get_xlim() for axes in figure.axes}) == 1


@pytest.mark.parametrize(
    ("figure", "variable", "panel_", "reason"),
    [
        ("classes", "perturbed_accuracy", "worst of ±0.05 [%]", "worst of ±0.05 [%] (no finite number)"),
        ("classes", "scaled_calibration_error", "calib. error [%]", "calib. error [%] (no finite number)"),
        ("robustness", "perturbed_accuracy", "Along the gradient", "Along the gradient (no finite number)"),
        ("robustness", "noisy_snr", "median SNR", "SNR, Gaussian; SNR, Occlusion (no finite number)"),
        ("devices", "noise_mean_accuracy", "With noise, accuracy [%]", "With noise, accuracy [%] (no finite number)"),
    ],
)
def test_a_panel_without_content_is_left_out_and_the_page_says_why(classified, figure, variable, panel_, reason):
    epsilon = float(classified.epsilon.values[classified.sizes["epsilon"] // 2])
    panel_, reason = (text.replace("0.05", f"{epsilon:g}") for text in (panel_, reason))
    assert panel(draw(classified, figure), panel_)
    changed = draw(without(classified, variable), figure)
    with pytest.raises(StopIteration):
        panel(changed, panel_)
    assert f"left out: {reason}" in words(changed)


@pytest.mark.parametrize(
    ("figure", "variable", "panel_", "reason"),
    [
        ("overview", "normalised_difference", "normalised difference", "normalised difference"),
        ("overview", "snr", "SNR, target / control output", "SNR, target / control output"),
        ("noise", "snr", "SNR, target / control output", "SNR, Gaussian"),
        ("ranking", "geometric_margin_mean", "geometric margin, rank", "geometric margin, rank"),
        ("margins", "geometric_margin", "geometric margin of the images", "geometric margin"),
        ("bounds", "weight_std_mean", "weight spread (std of w)", "weight spread (std of w)"),
        ("lambda", "geometric_margin", "geometric margin", "geometric margin"),
    ],
)
def test_so_is_one_of_images_that_are_memorised(memorised, figure, variable, panel_, reason):
    assert panel(draw(memorised, figure), panel_)
    changed = draw(without(memorised, variable), figure)
    with pytest.raises(StopIteration):
        panel(changed, panel_)
    assert f"left out: {reason}" in words(changed) and "no finite number" in words(changed)


def test_a_learner_without_content_has_no_panel_but_a_reason(classified):
    gone = classified.where(classified.learner != "Oja").assign_attrs(classified.attrs)
    for name in ("confusion", "reliability"):
        figure = draw(gone, name)
        assert "left out: Oja (no finite number)" in words(figure)
        assert not any("Oja" in axes.get_title("left") for axes in figure.axes)


def test_margins_too_small_to_draw_are_counted_on_the_page(selected):
    few = selected.copy(deep=True)
    few.worst_margin.values[0] = 1e-9
    figure = draw(few, "sneak")
    count = selected.worst_margin[0].size
    assert f"{count} of {selected.worst_margin.size} margins are below 0.01 % and not drawn" in words(figure)
    assert outside(figure) == []
