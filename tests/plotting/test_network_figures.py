"""Results of networks on hardware: round trip, tables, figures and comparison, from Datasets without PyTorch."""

from __future__ import annotations

import json

import numpy as np
import pytest
from figure_artists import outside, words
from scipy.stats import ttest_ind, ttest_rel

import memsim as ms
from memsim.errors import OutputError
from memsim.plotting import compare_figure, draw
from memsim.plotting.changes import Change, Measured
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
    assert changes["SNR of outputs, mean of shared layers"].difference == pytest.approx(0.0)
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


def pair_of(a_values, b_values, *, seeds=("7", "7"), **options):
    """Two evaluations with these accuracies (repeat) at one time, and the seeds that they state."""
    made = []
    for values, seed in zip((a_values, b_values), seeds, strict=True):
        one = result(len(values), (0.0,), **options).assign_attrs(seed=seed)
        one["accuracy"] = one.accuracy.copy(data=np.reshape(values, (-1, 1)))
        made.append(one)
    return made


def first_change(a, b):
    return compare(a, b).pairs[0].changes[0]


def test_equal_programmings_are_judged_by_their_paired_differences():
    rng = np.random.default_rng(3)
    a_values = rng.uniform(0.3, 0.9, 8)
    b_values = a_values + 0.02 + rng.normal(0, 0.004, 8)
    paired = first_change(*pair_of(a_values, b_values))
    reference = ttest_rel(100 * b_values, 100 * a_values).confidence_interval()
    assert [paired.interval.low, paired.interval.high] == pytest.approx([reference.low, reference.high], rel=1e-9)
    assert paired.interval.value == pytest.approx(paired.difference) and paired.paired and paired.beyond
    other = first_change(*pair_of(a_values, b_values, seeds=("7", "8")))
    reference = ttest_ind(100 * b_values, 100 * a_values, equal_var=False).confidence_interval()
    assert [other.interval.low, other.interval.high] == pytest.approx([reference.low, reference.high], rel=1e-9)
    assert not other.paired and not other.beyond


@pytest.mark.parametrize("key", ["seed", "weights_sha256", "samples_sha256"])
def test_programmings_are_the_same_only_if_both_results_state_so(key):
    a, b = pair_of([0.8, 0.9], [0.7, 0.8])
    assert first_change(a, b).paired
    assert not first_change(a.assign_attrs({key: "other"}), b).paired
    del a.attrs[key], b.attrs[key]
    assert not first_change(a, b).paired


def test_other_numbers_of_programmings_are_no_pairs():
    assert not first_change(*pair_of([0.8, 0.9], [0.7, 0.8, 0.9])).paired
    one = first_change(*pair_of([0.8], [0.7]))
    assert np.isnan(one.interval.low) and not one.beyond


@pytest.mark.parametrize(
    ("a", "b", "interval", "beyond"),
    [
        ((1, 0.9, 1.1), (1.004, 1.0, 1.1), (0.004, 0.003, 0.005), False),  # is printed as +0.00
        ((1, 0, 9), (2, 0, 9), (1, 0.5, 1.5), True),
        ((1, 0.9, 1.1), (2, 1.9, 2.1), (1, -0.5, 2.5), False),
        ((1, 0.9, 1.1), (2, 1.9, 2.1), (1, np.nan, np.nan), False),
        ((1, 0.9999, 1.0001), (1.004, 1.0039, 1.0041), None, False),
    ],
)
def test_a_star_needs_a_change_that_is_not_printed_as_zero(a, b, interval, beyond):
    change = Change("x", "", ".2f", Measured(*a), Measured(*b), interval and Measured(*interval))
    assert change.beyond is beyond


def test_of_few_programmings_the_least_and_the_most_are_printed(cli, tmp_path):
    for file, one in zip("ab", pair_of([0.97, 0.975, 0.98], [0.31, 0.42, 0.53]), strict=True):
        ms.save(one, tmp_path / f"{file}.nc")
    out = cli("compare", "a.nc", "b.nc", "--no-figure").out
    assert "97.50 % (97.00 to 98.00)" in out and "42.00 % (31.00 to 53.00)" in out
    assert "-55.50 (-66.00 to -45.00) *\n" in out and "+0.0 (+0.0 to +0.0)\n" in out and "[" not in out
    assert "least and most of few programmings" in out
    assert "means of paired differences (paired t-test). *: the 95 % interval of the change leaves out 0" in out


def test_of_more_programmings_intervals_are_printed(cli, tmp_path):
    a_values, b_values = np.linspace(0.5, 0.7, 6), np.linspace(0.4, 0.61, 6)
    low, high = ttest_rel(100 * b_values, 100 * a_values).confidence_interval()
    for seed in "78":
        for file, one in zip("ab", pair_of(a_values, b_values, seeds=("7", seed)), strict=True):
            ms.save(one, tmp_path / f"{file}{seed}.nc")
    out = cli("compare", "a7.nc", "b7.nc", "--no-figure").out
    assert f"-9.50 [{low:+.2f}, {high:+.2f}] *" in out and "Brackets: 95 % intervals." in out and "least" not in out
    out = cli("compare", "a8.nc", "b8.nc", "--no-figure").out
    reference = ttest_ind(100 * b_values, 100 * a_values, equal_var=False).confidence_interval()
    assert f"-9.50 [{reference.low:+.2f}, {reference.high:+.2f}]" in out
    assert "Changes are unpaired (Welch's interval): seeds differ." in out and "t-test" not in out


def test_means_over_layers_are_those_over_the_layers_that_both_have():
    a, b = result(layers=("conv", "head")), result(layers=("head", "third"))
    changes = {change.label: change for change in compare(a, b).pairs[0].changes}
    change = changes["SNR of outputs, mean of shared layers"]
    assert change.a.value == pytest.approx(19.0) and change.b.value == pytest.approx(20.0)
    comparison = compare(a, result(layers=("third",)))
    assert [change.label for change in comparison.pairs[0].changes] == ["accuracy"]
    assert comparison.left_out == (("layers", "none of the same name"),)


def test_the_layers_that_changed_most_are_listed_at_the_last_time():
    a, b = (result(layers=tuple("abcde"), times=(0.0, DAY)) for _ in range(2))
    snr = b.output_snr.values.copy()
    snr[:, 1] += [0.01, -3.0, 1.0, 2.0, 0.5]
    b["output_snr"] = b.output_snr.copy(data=snr)
    found = compare(a, b).most_changed
    assert found.name == "Layers that changed most, 1 day after programming"
    assert [change.label for change in found.changes] == [f"SNR of outputs, layer {name}" for name in "bdc"]
    assert [change.difference for change in found.changes] == pytest.approx([-3, 2, 1])
    assert compare(a, a).most_changed is None
    assert compare(a.isel(layer=[0]), b.isel(layer=[0])).most_changed is None


def test_the_heading_says_that_layers_are_printed_at_two_times(cli, tmp_path):
    ms.save(result(), tmp_path / "a.nc")
    ms.save(result(times=(0.0, DAY)), tmp_path / "b.nc")
    out = cli("show", "a.nc").out
    assert "Layers 0 s after programming, the first of 4 times (layers: first and last time only)\n" in out
    assert "Layers 1 y after programming, the last of 4 times (layers: first and last time only)\n" in out
    assert "Layers 1 day after programming\n" in cli("show", "b.nc").out


def test_axes_of_small_shares_reach_one_percent():
    one = result()
    one["clipped_inputs"] = one.clipped_inputs + 5e-6
    one["saturated_outputs"] = one.saturated_outputs + 0.3
    clipped, saturated = draw(one).axes[3:]
    assert clipped.get_xlim()[0] <= 0 and 1 <= clipped.get_xlim()[1] < 1.1
    assert saturated.get_xlim()[0] <= 0 and saturated.get_xlim()[1] > 30


def test_the_page_names_converters_tiles_and_wires():
    circuit = {"dac": {"bits": 6}, "tile": [64, 32], "wires": {"word_resistance": 2.5, "bit_resistance": 0.0}}
    text = "6-bit DACs; 8-bit ADCs; tiles of 64 × 32 cells; wires: word 2.5 Ω"
    assert f"{text}; drift compensation: global" in words(draw(result(**circuit)))
    one = result(**circuit)
    hardware = json.loads(one.attrs["hardware"])
    hardware["head"] |= {"adc": {"bits": 4}, "wires": None, "dac": {"bits": None}}
    mixed = words(draw(one.assign_attrs(hardware=json.dumps(hardware))))
    assert "6-bit DACs or DACs; 8-bit ADCs or 4-bit ADCs; tiles" in mixed and "word 2.5 Ω (some layers)" in mixed


def test_a_comparison_names_the_device_and_the_one_setting_that_differs():
    a, b = result(), result().assign_attrs(compensation="none", memsim_version="1")
    page = words(compare_figure(a, b))
    assert "pcm-joshi2020: first result against second result | both: 8-bit ADCs |" in page
    assert "A: first result, compensation global" in page and "B: second result, compensation none" in page
    assert "over 3 programmings" in page
    page = words(compare_figure(a, result(adc=False, tile=[8, 8])))
    assert "A: first result on pcm-joshi2020" in page and "both: drift compensation: global" in page
    page = words(compare_figure(a, result(device="epiram")))
    assert "pcm-joshi2020 (first result) against epiram (second result)" in page


def test_a_metric_of_the_user_has_its_name(cli, tmp_path):
    one = result(metric="margin_of_classes")
    assert compare_figure(one, one).axes[0].get_ylabel() == "margin_of_classes"
    assert compare(one, one).pairs[0].changes[0].label == "margin_of_classes"
    ms.save(one, tmp_path / "a.nc")
    assert "margin_of_classes" in cli("show", "a.nc").out
    assert compare_figure(*2 * [result(metric="<lambda>")]).axes[0].get_ylabel() == "metric"
