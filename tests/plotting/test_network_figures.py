"""Results of networks on hardware: round trip, tables, figures and comparison, from Datasets without PyTorch."""

from __future__ import annotations

import json

import numpy as np
import pytest
from figure_artists import outside, words

import memsim as ms
from memsim.errors import OutputError
from memsim.plotting import compare_figure, draw
from memsim.plotting.pairs import compare
from memsim.results.dataset import VARIABLES, build_dataset
from memsim.results.settings import kind_of
from memsim.units import moment

DAY, YEAR = 86400.0, 365.25 * 86400


def result(
    repeats=3, times=(0.0, 25.0, DAY, YEAR), layers=("conv", "head"), *, metric="accuracy", adc=True, **settings
):
    """An evaluation whose numbers are known; the SNR of layer l is 20 - l dB at all times."""
    rng = np.random.default_rng(0)
    shape = (repeats, len(times), len(layers))
    falling = 0.95 - 0.01 * np.arange(len(times)) + 0.001 * np.arange(repeats)[:, None]
    variables = {
        "accuracy" if metric == "accuracy" else "metric": falling,
        "output_snr": np.broadcast_to(20.0 - np.arange(len(layers)), shape),
        "cell_weight_error": rng.uniform(0.05, 0.1, shape),
        "clipped_inputs": np.zeros(shape),
        "saturated_outputs": rng.uniform(0, 0.01, shape) if adc else np.full(shape, np.nan),
    }
    hardware = {"device": "pcm-joshi2020", "adc": {"bits": 8, "noise": 0.0} if adc else None, "seed": 7} | settings
    coordinates = {
        "repeat": np.arange(repeats),
        "time": np.array(times),
        "layer": list(layers),
        "device": [hardware["device"]] * len(layers),
        "seed": [7] * len(layers),
    }
    attributes = {
        "title": "Sequential on pcm-joshi2020",
        "task": "network",
        "hardware": json.dumps(dict.fromkeys(layers, hardware)),
        "devices": json.dumps({hardware["device"]: "name: x"}),
        "weights_sha256": "1",
        "samples_sha256": "2",
        "metric": metric,
        "compensation": "global",
        "memsim_version": "0",
        "backend": "cpu",
    }
    return build_dataset(variables, coordinates, attributes, compared="layer")


def test_every_variable_is_registered_and_comes_back_from_a_file(tmp_path):
    dataset = result()
    again = ms.load(ms.save(dataset, tmp_path / "net.nc"))
    assert again.equals(dataset) and again.attrs == dataset.attrs and kind_of(again).name == "network"
    for name, variable in again.data_vars.items():
        declared = VARIABLES[name]
        assert variable.dims == declared.dims and variable.attrs["units"] == declared.units
        assert variable.attrs["description"] == declared.meaning


def test_the_figure_shows_the_mean_over_programmings_and_all_layers():
    figure = draw(result())
    upper, *lower = figure.axes
    line = next(line for line in upper.lines if line.get_label() == " mean accuracy")
    np.testing.assert_allclose(line.get_ydata(), [95.1, 94.1, 93.1, 92.1])
    assert [tick.get_text() for tick in upper.get_xticklabels()] == ["0 s", "25 s", "1 day", "1 y"]
    titles = ["SNR of outputs [dB]", "weight error [%]", "clipped inputs [%]", "saturated outputs [%]"]
    assert [axes.get_title("left") for axes in lower] == titles
    assert [tick.get_text() for tick in lower[0].get_yticklabels()] == ["conv", "head"]
    assert outside(figure) == [] and "± one standard deviation over 3 programmings" in words(figure)


@pytest.mark.parametrize(
    "options",
    [
        {"repeats": 1, "times": (0.0,)},
        {"adc": False, "metric": "loss"},
        {"layers": tuple(f"block{n}.conv" for n in range(60))},
        {"times": tuple(np.geomspace(1, 1e8, 30))},
    ],
    ids=["one number", "no converters", "many layers", "many times"],
)
def test_nothing_is_cut_off(options):
    figure = draw(result(**options))
    assert outside(figure) == []
    if "adc" in options:
        assert "left out: saturated outputs (no finite number)" in words(figure)
        assert figure.axes[0].get_ylabel() == "loss"
    if "layers" in options:
        assert "the first 40 of 60 layers" in words(figure) and "layers at 2 of 4 times" in words(figure)


def test_the_command_line_prints_draws_and_compares(cli, tmp_path):
    ms.save(result(), tmp_path / "a.nc")
    ms.save(result(times=(25.0, YEAR), adc=False, clip=0.99), tmp_path / "b.nc")
    shown = cli("show", "a.nc")
    assert shown.code == 0
    assert "1 day" in shown.out and "93.10" in shown.out and "Means of 3 programmings; ±: their" in shown.out
    assert "20.0 ± 0.0" in shown.out and "device: pcm-joshi2020; adc: bits 8; seed: 7 (all layers)" in shown.out
    assert cli("plot", "a.nc").code == 0 and (tmp_path / "a.png").is_file()
    compared = cli("compare", "a.nc", "b.nc")
    assert compared.code == 0 and (tmp_path / "a-b.png").is_file()
    assert "Only A   0 s, 1 day" in compared.out and "Samples  the same in both" in compared.out
    assert "adc      bits 8  none" in compared.out and "clip     -       0.99" in compared.out


def test_a_comparison_has_the_means_and_what_changed():
    a, b = result(), result(layers=("conv", "head", "third"))
    pairs = compare(a, b).pairs
    assert [pair.name for pair in pairs] == ["0 s", "25 s", "1 day", "1 y"]
    changes = {change.label: change for change in pairs[0].changes}
    assert changes["SNR of outputs, layers"].difference == pytest.approx(-0.5)
    assert changes["accuracy"].a.value == pytest.approx(95.1) and changes["accuracy"].difference == 0
    assert outside(compare_figure(a, b)) == []


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            {"times": (3.0,)},
            "has the times 0 s, 25 s, 1 day, 1 y and .* has the times 3 s; there is nothing to compare",
        ),
        ({"metric": "loss"}, "has the metric 'accuracy' and .* has the metric 'loss'; there is nothing to compare"),
    ],
)
def test_results_without_anything_in_common_are_one_line(other, message):
    with pytest.raises(OutputError, match=message) as error:
        compare(result(), result(**other))
    assert "\n" not in str(error.value)


def test_damaged_hardware_and_other_commands_are_one_line(cli, tmp_path):
    ms.save(result().assign_attrs(hardware="{"), tmp_path / "a.nc")
    ms.save(result(), tmp_path / "b.nc")
    assert "its attribute 'hardware' is damaged" in cli("compare", "a.nc", "b.nc").err
    assert "is the evaluation of a network, not the result of an experiment" in cli("evaluate", "b.nc").refusal()
    with pytest.raises(OutputError, match="is the evaluation of a network, not the result of an experiment"):
        ms.combine([tmp_path / "b.nc"])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (25, "25 s"), (90, "1.5 min"), (3600, "1 h"), (DAY, "1 day"), (7 * DAY, "7 days"), (YEAR, "1 y")],
)
def test_times_have_the_units_of_a_reader(seconds, text):
    assert moment(float(seconds)) == text
