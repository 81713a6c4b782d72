"""The task `program`: what a run computes beside closed forms, that it is repeatable, its figures, what it refuses."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from figure_artists import outside, words

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.kernels import compile as kernels
from memsim.plotting import LacksError, default_figure, draw
from memsim.profiles import device_from_text
from memsim.tasks.program.measures import products
from memsim.tasks.registry import RESULT_KINDS

VARIABLES = RESULT_KINDS["program"].variables
PULSE = {"voltage": "1 V", "width": "1 us"}
TEXT = """\
name: tiny
title: Levels of two arrays
task: program
arrays:
  - name: Verified
    array: {device: epiram-choi2018, programming: {algorithm: radar, window: 0.05}}
  - name: Model
    array: {device: hfox-wan2022}
rows: 12
columns: 10
targets: {kind: levels, count: 4}
inputs: 20
repeats: 2
times: [0 s, 1 s, 1 day]
seed: 3
"""


def experiment(text: str = TEXT, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


def stepping(pulses, noise=None, c2c=None):
    """Cells with equal steps."""
    values = {
        "conductance": {"min": "1 uS", "max": "41 uS"},
        "update": {"model": "constant", "pulses": pulses, "set": PULSE, "reset": PULSE},
        "read": {"voltage": "0.2 V", "duration": "100 ns"},
    }
    if noise:
        values["read"]["noise"] = {"sigma": noise, "relative_to": "range"}
    if c2c:
        values["variability"] = {"c2c": {"sigma": c2c, "relative_to": "range"}}
    head = {"name": "cell", "title": "Cell", "technology": "none", "status": "assumed"}
    return device_from_text(json.dumps(head | values))


def one_array(device, array="", **keys):
    """The result of one array of cells of a device."""
    text = f"name: one\ntask: program\narrays: [{{name: A, array: {{device: ideal{array}}}}}]\n"
    text += "".join(f"{key}: {value}\n" for key, value in keys.items())
    return ms.run(experiment_from_text(text, "one.yaml").replace({"array.device": device}))


@pytest.fixture(scope="module")
def dataset():
    return ms.run(experiment())


@pytest.fixture
def file(dataset, tmp_path):
    return ms.save(dataset, tmp_path / "tiny.nc")


class TestResult:
    def test_every_registered_variable_is_there_with_its_dimensions(self, dataset):
        events = {"programmed_event_count", "programmed_event_sum", "programmed_inference_images"}
        costs = {name for name in VARIABLES if name.startswith("programmed_")} - events  # which need a table
        assert set(dataset.data_vars) == set(VARIABLES) - costs
        for name, variable in dataset.data_vars.items():
            assert variable.dims == VARIABLES[name].dims
            known = variable.isel(array=0) if name in VARIABLES and "array" in variable.dims else variable
            assert np.isfinite(known).all(), name
        assert list(dataset.array.values) == ["Verified", "Model"] and list(dataset.time.values) == [0, 1, 86400]
        assert dataset.level.size == 4 and list(dataset.end.values) == ["first", "last"]

    def test_the_error_model_has_no_pulses(self, dataset):
        model = dataset.sel(array="Model")
        for name in ("pulses_mean", "pulses_median", "pulse_count", "programming_time", "success", "cell_pulses_mean"):
            assert np.isnan(model[name]).all()
        assert "no retention is known of epiram-choi2018" in dataset.attrs["notes"]

    def test_every_level_has_as_many_cells(self, dataset):
        counts = dataset.level_count.sum("conductance_bin")
        assert (counts == 2 * 12 * 10 / 4).all()
        assert (dataset.level_target.diff("level") > 0).all()
        error = np.abs(dataset.level_mean - dataset.level_target).isel(time=0)
        assert (error < 0.05 * (dataset.level_target.max("level") - dataset.level_target.min("level"))).all()

    def test_steps_without_noise_give_the_pulses_reads_and_time_of_a_count(self):
        # Fresh cells lie at 0 to 0.01; steps of 0.01 reach 0, 1/4, 1/2, 3/4 and 1 to within half a step.
        measured = one_array(
            stepping(100),
            array=", programming: {algorithm: radar, window: 0.00501, max_pulses: 200}",
            rows=20,
            columns=25,
            targets="{kind: levels, count: 5}",
            repeats=1,
        ).isel(array=0, repeat=0)
        bins = {int(low): float(count) for low, count in zip(measured.pulses, measured.pulse_count, strict=True)}
        low = [0, 25, 50, 75, 99.5]  # of the highest level, half of the cells need the last of 100 steps
        assert float(measured.pulses_mean) == pytest.approx(np.mean(low), rel=0.02)
        assert float(measured.verify_reads_mean) == pytest.approx(float(measured.pulses_mean) + 1)
        time = float(measured.pulses_mean) * 1e-6 + float(measured.verify_reads_mean) * 1e-7
        assert float(measured.programming_time) == pytest.approx(time)
        assert float(measured.array_programming_time) == pytest.approx(500 * time)
        assert float(measured.array_programming_energy) == pytest.approx(500 * float(measured.programming_energy))
        assert sum(bins.values()) == 500 and float(measured.success) == 1 and float(measured.pulses_beyond) == 0
        assert measured.state_error.item() < 0.0051

    def test_a_uniform_landing_has_the_variance_of_the_window_and_of_one_read(self):
        window = 0.01
        for noise in (0.005, 0.01):
            measured = one_array(
                stepping(6, noise=noise, c2c=0.05),
                array=f", programming: {{algorithm: radar, window: {window}, max_pulses: 100000}}",
                targets="{kind: normal, sigma: 0.1}",
                rows=256,
                columns=256,
                inputs=1,
                repeats=1,
            )
            sd = math.sqrt(window**2 / 3 + noise**2)
            assert measured.state_spread.item() == pytest.approx(sd, rel=0.02) and measured.success.item() == 1
            assert abs(measured.state_bias.item()) < 0.02 * sd

    def test_rounds_of_pulses_count_pulses_alone(self):
        measured = one_array(stepping(100), array=", cycles: 2", rows=8, columns=8, repeats=2)
        assert (
            (measured.pulses_mean > 20).all()
            and np.isnan(measured.pulses_median).all()
            and np.isnan(measured.success).all()
        )

    def test_a_summary_is_the_mean_over_repeats_with_its_interval(self, dataset):
        part = dataset.isel(array=0)
        assert float(part.success_mean) == pytest.approx(float(part.success.mean()))
        assert float(part.last_product_error_mean) == pytest.approx(float(part.product_error[:, -1].mean()))
        low, high = part.last_product_error_interval.values
        assert low < float(part.last_product_error_mean) < high

    def test_a_repeat_and_an_array_do_not_depend_on_the_others(self, dataset):
        more = ms.run(experiment(repeats=3, arrays__Model__aging__compensation="global"))
        same = ("pulses_mean", "state_error", "raw_product_error", "success")
        for name in same:
            assert np.array_equal(more[name].isel(repeat=slice(2)), dataset[name], equal_nan=True), name
        assert not np.array_equal(more.state_error[:, 2], more.state_error[:, 1])

    def test_any_number_of_threads_gives_the_same_numbers(self, dataset, monkeypatch):
        for count in (1, 3):
            monkeypatch.setattr(kernels, "threads", lambda count=count: count)
            assert ms.run(experiment()).drop_attrs().identical(dataset.drop_attrs())

    def test_a_sweep_gives_arrays_with_their_values(self):
        text = TEXT.replace("seed: 3", "seed: 3\nsweep: {array.programming.window: [0.02, 0.1]}")
        measured = ms.run(experiment(text, repeats=1))
        assert list(measured.array.values) == ["Verified, window 0.02", "Model", "Verified, window 0.1"]
        fine, coarse = (measured.sel(array=f"Verified, window {window}") for window in (0.02, 0.1))
        assert (fine.pulses_mean > coarse.pulses_mean).all()
        assert (fine.state_error < coarse.state_error).all()

    def test_a_refresh_begins_anew(self):
        text = TEXT.replace("{device: hfox-wan2022}", "{device: hfox-wan2022}\n    aging: {refresh: {after: 1 day}}")
        measured = ms.run(experiment(text, times=["1 h", "1 day", "10.5 day"], rows=100, columns=50)).sel(array="Model")
        assert float(measured.array_refreshes) == 10
        after_half_a_day = ms.run(experiment(times=["0.5 day"], rows=100, columns=50)).sel(array="Model")
        assert float(measured.state_error[:, 2].mean()) == pytest.approx(
            float(after_half_a_day.state_error.mean()), rel=0.1
        )
        assert (measured.state_error[:, 2] < measured.state_error[:, 1]).all()

    def test_heat_lets_the_states_age_faster_by_arrhenius_law(self):
        activation = {"energy": "1.6e-19 J", "reference": "300 K", "status": "assumed"}
        device = ms.load_device("hfox-wan2022").replace({"retention.activation": activation})
        seconds = 86400 / math.exp(1.6e-19 / 1.380649e-23 * (1 / 300 - 1 / 358))
        base = experiment(arrays__Model__array__device=device)
        hot = ms.run(base.replace({"arrays.Model.aging.temperature": "358 K", "times": [f"{seconds} s"]}))
        cold = ms.run(base.replace({"times": ["1 day"]}))
        assert hot.state_error[1].values == pytest.approx(cold.state_error[1].values, rel=1e-5)
        assert "the activation energy of 'hfox-wan2022', 0.999 eV, is assumed" in hot.attrs["notes"]

    def test_compensation_counts_its_reads(self):
        for reference, reads in (("noisy", 4 * 32), ("exact", 3 * 32)):
            text = TEXT.replace("2022}", f"2022}}\n    aging: {{compensation: global, reference: {reference}}}")
            measured = ms.run(experiment(text, repeats=1))
            assert list(measured.array_compensation_reads.values) == [0, reads]
            assert (measured.compensation_factor[0] == 1).all() and (measured.compensation_factor[1, 0] != 1).any()

    @pytest.mark.slow
    def test_a_file_runs_again(self, dataset, file):
        again = ms.rerun(file)
        assert again.identical(dataset.assign_attrs(created=again.created))


class TestFigures:
    def test_levels_show_both_ends_of_the_times(self, dataset):
        assert default_figure(dataset) == "levels"
        figure = draw(dataset)
        assert len(figure.axes) == 4 and outside(figure) == []
        assert "after programming: mean spread" in figure.axes[0].texts[0].get_text()
        assert "after 1 day" in figure.axes[1].texts[0].get_text()
        assert "Verified, epiram-choi2018" in words(figure)

    def test_pulses_show_the_histogram_and_its_tail(self, dataset):
        figure = draw(dataset, "pulses")
        bulk, tail = figure.axes
        assert outside(figure) == [] and "left out: Model, hfox-wan2022 (no pulses counted)" in words(figure)
        assert sum(bulk.lines[0].get_ydata()) == pytest.approx(100)
        assert (np.diff(tail.lines[0].get_ydata()) <= 0).all()

    def test_products_show_every_part_of_the_error(self, dataset):
        figure = draw(dataset, "products")
        upper, *lower = figure.axes
        assert outside(figure) == [] and len(lower) == 2
        mean = 100 * dataset.product_error.mean("repeat")
        assert np.allclose(upper.lines[1].get_ydata(), mean[1])
        assert np.allclose(lower[1].lines[1].get_ydata(), 100 * dataset.weight_spread[1].mean("repeat"))

    @pytest.mark.slow
    def test_a_figure_without_its_content_says_what_it_needs(self):
        measured = ms.run(
            experiment(targets={"kind": "uniform"}, arrays__Verified__array__programming="none", repeats=1)
        )
        assert default_figure(measured) == "products" and "level_mean" not in measured
        for name, what in (("levels", "targets that are levels"), ("pulses", "an algorithm of write and verify")):
            with pytest.raises(LacksError, match=what):
                draw(measured, name)


class TestCommands:
    def test_a_run_prints_tables_and_writes_a_result_and_a_figure(self, cli, tmp_path):
        (tmp_path / "tiny.yaml").write_text(TEXT, encoding="utf-8")
        outcome = cli("run", "tiny.yaml", "--set", "repeats=1")
        assert outcome.code == 0 and outcome.files == ["results", "results/tiny.nc", "results/tiny.png", "tiny.yaml"]
        assert "pulses of a cell" in outcome.out and "product error [%]" in outcome.out and "1 day" in outcome.out

    def test_show_prints_every_array_and_time(self, cli, file):
        out = cli("show", file).out
        assert "Verified on epiram-choi2018" in out and out.count("1 day") == 2 and "spread" in out

    @pytest.mark.slow
    def test_compare_prints_and_draws_what_changed(self, cli, file, tmp_path):
        ms.save(ms.run(experiment(arrays__Verified__array__programming__window=0.02)), tmp_path / "other.nc")
        outcome = cli("compare", file, "other.nc")
        assert outcome.code == 0 and "pulses of a cell" in outcome.out and "0.02" in outcome.out

    @pytest.mark.parametrize(
        ("stated", "wrong", "parts"),
        [
            ("window: 0.05", "window: 0.000001", (":6:", "programming.window", "too rare for 100 pulses")),
            ("window: 0.05", "max_pulses: 0", (":6:", "max_pulses", "0 is out of range")),
            ("epiram-choi2018", "hfox-wan2022", (":6:", "arrays.Verified.array.programming", "no update model")),
            ("device: epiram-choi2018", "bounds: [0, 2], device: ideal", ("bounds", "a target of 2 lies outside")),
            ("device: epiram-choi2018", "bounds: [0, 2], device: epiram-choi2018", ("leave the window",)),
            ("radar, window", "rader, window", ("did you mean 'radar'?",)),
            ("1 s, 1 day", "1 day, 1 s", ("1 s follows 1 day; they must ascend",)),
            ("times: [0 s, 1 s, 1 day]", "inputs: 0", ("inputs",)),
            ("count: 4", "count: 121", (":11:", "121 levels", "12 x 10 cells")),
            ("{kind: levels, count: 4}", "{kind: normall}", ("'normall'", "did you mean 'normal'?")),
            ("hfox-wan2022}", "hfox-wan2022, mapping: pair}", (":8:", "'pair' holds weights in several cells")),
            ("wan2022}", "wan2022}\n    aging: {compensation: batch-norm}", (":9:", "needs a network", "none, global")),
            ("wan2022}", "wan2022}\n    aging: {temperature: 358 K}", (":9:", "retention.activation")),
            ("wan2022}", "wan2022}\n    aging: {refresh: {budget: 1 %}}", (":9:", "allowed: 'after', a time")),
            ("wan2022}", "wan2022}\n    aging: {refresh: {after: 1 s}}", (":9:", "86399 refreshes")),
            ("repeats: 2", "keep: [weights]", ("the task 'program' trains nothing",)),
            ("rows: 12", "rows: 1e9", ("rows",)),
            ("Model\n", "Verified\n", ("two arrays are called 'Verified'",)),
        ],
    )
    def test_mistakes_name_file_line_and_remedy(self, cli, tmp_path, stated, wrong, parts):
        assert stated in TEXT
        (tmp_path / "tiny.yaml").write_text(TEXT.replace(stated, wrong, 1), encoding="utf-8")
        outcome = cli("run", "tiny.yaml")
        line = outcome.refusal()
        assert "tiny.yaml" in line and all(part in line for part in parts), line
        assert outcome.files == ["tiny.yaml"]

    def test_times_are_needed_where_something_ages(self, cli, tmp_path):
        text = TEXT.replace("times: [0 s, 1 s, 1 day]\n", "").replace(
            "wan2022}", "wan2022}\n    aging: {reference: exact}"
        )
        (tmp_path / "tiny.yaml").write_text(text, encoding="utf-8")
        assert "no time passes; set 'times'" in cli("run", "tiny.yaml").refusal()


def test_products_of_weights_that_are_all_zero_have_no_relative_error():
    array = SimpleNamespace(layer=ZeroLayer())
    values = products(array, np.ones((3, 4)), 0)
    assert values["product_rmse"] == 0 and np.isnan(values["product_error"]) and np.isnan(values["weight_noise"])
    assert all(np.isnan(values[f"weight_{part}"]) for part in ("drift", "spread"))


class ZeroLayer:
    """A layer of 4 x 2 weights of 0, read without errors."""

    targets = cell_weights = np.zeros((4, 2))
    correction, shift = 1.0, 0.0

    def exact(self, x):
        return np.zeros((len(x), 2))

    def read(self, x, *when, **how):
        return np.zeros((len(x), 2))


def test_the_width_of_targets_has_a_least_value():
    with pytest.raises(InputError, match=r"targets\.sigma is 1e-300; allowed: at least 1e-06"):
        experiment(targets={"kind": "normal", "sigma": 1e-300})


def test_arrays_too_large_for_the_memory_are_refused_before_anything_is_computed(monkeypatch):
    monkeypatch.setattr("memsim.tasks.capacity.memory", lambda: 1e6)
    with pytest.raises(InputError, match="make less of rows and columns"):
        ms.run(experiment(rows=512, columns=512, targets={"kind": "uniform"}))


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ("algorithm: pulses, cycles: 3", False),
        pytest.param("algorithm: hadamard, block: 4, window: 0.05", True, marks=pytest.mark.slow),
        pytest.param("algorithm: gradient-descent, tolerance: 0.05", True, marks=pytest.mark.slow),
    ],
)
def test_every_algorithm_programs_and_tells_what_it_knows(settings, reported):
    result = ms.run(experiment(TEXT.replace("algorithm: radar, window: 0.05", settings))).sel(array="Verified")
    assert bool(np.isfinite(result.success).all()) == reported and np.isfinite(result.pulses_mean).all()


def test_selection_needs_derivatives_that_experiments_do_not_compute():
    with pytest.raises(ms.InputError, match="'selective' needs the second derivatives of the loss"):
        experiment(TEXT.replace("algorithm: radar, window: 0.05", "algorithm: selective"))
