"""Networks beside crossbars in an experiment, and sweeps: which learners there are, their names, what is refused."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.storage.library import find

BOTH = """\
name: both
data: {samples: 3, shape: [8, 8]}
learners:
  - name: Cells
    array: {bounds: none}
    learning: {steps: 5}
  - name: Net
    network: {hidden: 4}
    training: {loss: log-margin-mse, lambda: 2, steps: 5}
corruptions:
  gaussian: [0.1, 0.5]
resamples: 100
"""


@pytest.fixture(scope="module")
def both():
    return experiment_from_text(BOTH, "both.yaml")


def changed(replace):
    return experiment_from_text(BOTH.replace(*replace), "both.yaml")


class TestKinds:
    def test_a_key_reaches_the_learners_that_have_its_section(self, both):
        spec = both.replace({"array.bounds": [0, 1], "training.lambda": 3, "network.hidden": 0}).spec
        assert spec.learners[0].array.bounds == (0, 1)
        assert (spec.learners[1].training.weight, spec.learners[1].network.hidden) == (3, 0)

    @pytest.mark.parametrize(
        ("replace", "says"),
        [
            (("    array: {bounds: none}\n", "    array: {}\n    training: {}\n"), "without 'network', a crossbar has"),
            (("    network: {hidden: 4}\n", "    network: {}\n    array: {}\n"), "a network has network and training"),
            (("    network: {hidden: 4}\n", ""), "does not belong to this learner"),
            (("lambda: 2", "lamda: 2"), "both.yaml:9: unknown key 'lamda' in .*did you mean 'lambda'"),
            (("lambda: 2", "weight: 2"), "unknown key 'weight'"),
            (("lambda: 2", "lambda: -2"), "lambda is -2"),
            (("log-margin-mse", "log-margin"), "did you mean 'log-margin-"),
            (("loss: log-margin-mse", "loss: focal, gradient: study"), "gradient"),
            (("gaussian: [0.1, 0.5]", "gaussian: [0.1]\n  fog: [0.2]"), "other levels than gaussian"),
            (("gaussian: [0.1, 0.5]", "fog: [0.1, 1.5]"), "level 1.5 is too large; allowed: 0 to 1"),
            (("gaussian:", "gausian:"), "did you mean 'gaussian'"),
        ],
    )
    def test_what_does_not_fit_together_is_refused_with_its_line(self, replace, says):
        with pytest.raises(InputError, match=says):
            changed(replace)

    @pytest.mark.parametrize("key", ["array.bounds", "training.rate"])
    def test_a_key_that_no_learner_has_is_refused(self, both, key):
        kept = both.document.data["learners"][1 if key.startswith("array") else 0]
        with pytest.raises(InputError, match=r"no learner of this experiment has '(array|training)'"):
            both.replace(learners=[kept]).replace({key: 1})

    def test_networks_have_no_device_no_pulses_and_no_conductance(self, both):
        dataset = ms.run(both)
        assert list(dataset.device.values) == ["ideal", "none"]
        for name in ("pulses_set", "saturated_share", "example_conductance"):
            assert np.isfinite(dataset[name].sel(learner="Cells")).all()
            assert np.isnan(dataset[name].sel(learner="Net")).all()
        assert np.isfinite(dataset.example_sensitivity).all()

    @pytest.mark.slow
    def test_a_run_of_networks_alone_repeats_from_its_file(self, both, tmp_path):
        dataset = ms.run(both.replace(learners=[both.document.data["learners"][1]]))
        again = ms.rerun(ms.save(dataset, tmp_path / "net.nc"))
        assert dataset.drop_attrs().identical(again.drop_attrs())

    def test_weight_shares_add_up_to_one_between_the_smallest_and_the_largest_weight(self, both):
        dataset = ms.run(both)
        np.testing.assert_allclose(dataset.weight_share.sum("weight_bin"), 1)
        np.testing.assert_allclose(dataset.weight_edge[:, 0], dataset.weight_min[:, 0], rtol=1e-6)
        np.testing.assert_allclose(dataset.weight_edge[:, -1], dataset.weight_max[:, 0], rtol=1e-6)

    def test_a_network_that_diverges_is_a_result_without_a_warning(self, both):
        linear = {"network.hidden": 0, "training.loss": "mse", "training.rate": 1, "training.steps": 2000}
        dataset = ms.run(both.replace(linear))
        net = dataset.sel(learner="Net")
        assert not np.isfinite(net.output_target).any() and (net.correct == 0).all() and (net.unsafe == 1).all()
        assert np.isnan(net.snr_mean) and np.isnan(net.weight_share).all()
        assert np.isfinite(dataset.sel(learner="Cells").snr_mean)


class TestRules:
    @pytest.mark.slow
    def test_the_delta_rule_on_ideal_cells_is_the_linear_network(self, both):
        """Same fresh weights, same step: a crossbar that reads itself descends the squared error."""
        image = {"data.samples": 2, "data.shape": [6, 6]}
        learners = [
            {
                "name": "Cells",
                "array": {"bounds": "none", "dtype": "float64"},
                "learning": {"rule": "delta", "rate": 0.05, "steps": 20},
            },
            {
                "name": "Net",
                "network": {"initial": [0, 0.01]},
                "training": {"gradient": "study", "rate": 0.05, "steps": 20},
            },
        ]
        dataset = ms.run(both.replace({**image, "learners": learners}))
        for name in ("output_target", "output_control", "geometric_margin", "weight_std", "example_sensitivity"):
            cells, net = dataset[name].sel(learner="Cells"), dataset[name].sel(learner="Net")
            np.testing.assert_allclose(cells, net, rtol=1e-6, atol=1e-9, err_msg=name)

    def test_a_pair_learns_both_targets_and_keeps_the_conductances_of_all_four_lines(self, both):
        cells = {"array.column": "pair", "array.bounds": [0, 1], "learning.rule": "delta", "keep": ["conductance"]}
        dataset = ms.run(both.replace({**cells, "learning.rate": 0.03, "learning.steps": 300})).sel(learner="Cells")
        np.testing.assert_allclose(dataset.clean_target, 1, atol=1e-3)
        np.testing.assert_allclose(dataset.clean_control, 0, atol=1e-3)
        assert list(dataset.column.values) == ["target", "control", "target, second", "control, second"]
        siemens = dataset.conductance.isel(image=0)
        weights = (siemens.sel(column="target") - siemens.sel(column="target, second")) / 100e-6
        control = (siemens.sel(column="control") - siemens.sel(column="control, second")) / 100e-6
        np.testing.assert_allclose((weights - control).values, dataset.example_sensitivity.values.ravel(), atol=1e-6)

    def test_the_margin_of_the_gated_rule_is_a_setting(self, both):
        gated = {"learning.rule": "margin-delta", "array.column": "pair", "learning.rate": 0.02, "learning.steps": 200}
        for margin in (0.2, 0.6):
            dataset = ms.run(both.replace({**gated, "learning.margin": margin})).sel(learner="Cells")
            lead = (dataset.clean_target - dataset.clean_control).values
            assert ((margin <= lead) & (lead < margin + 0.4)).all()


class TestSummaries:
    def test_curves_areas_and_the_worst_read_follow_from_the_reads(self, both):
        dataset = ms.run(both)
        clean = dataset.clean_snr.mean("image")
        fall = clean - dataset.snr.mean("image")
        np.testing.assert_allclose(dataset.snr_degradation, fall.transpose(*dataset.snr_degradation.dims))
        np.testing.assert_allclose(dataset.snr_degradation_relative, (fall / clean).transpose(*fall.dims))
        curve = dataset.snr.mean("image").sel(noise_type="gaussian")
        first, second = curve.isel(noise_level=0), curve.isel(noise_level=1)
        area = (0.1 * (clean + first) / 2 + 0.4 * (first + second) / 2) / 0.5
        np.testing.assert_allclose(dataset.snr_area.sel(noise_type="gaussian"), area)
        worst = dataset.normalised_difference.min(("image", "noise_type", "noise_level"))
        np.testing.assert_array_equal(dataset.worst_normalised_difference, worst)
        image = int(dataset.worst_image.sel(learner="Net"))
        assert worst.sel(learner="Net") == dataset.normalised_difference.sel(learner="Net", image=image).min()

    def test_reads_under_the_threshold_are_unsafe(self, both):
        dataset = ms.run(both.replace(unsafe_below=5))
        np.testing.assert_array_equal(dataset.unsafe, dataset.snr < 5)
        np.testing.assert_allclose(dataset.unsafe_mean, (dataset.snr < 5).mean(("image", "noise_type", "noise_level")))


class TestSweep:
    def test_every_combination_is_a_learner_and_a_coordinate(self, both):
        swept = both.replace(sweep={"learning.rate": [0.1, 0.2], "array.bounds": ["none", [0, 1]]})
        dataset = ms.run(swept)
        assert list(dataset.learner.values) == [
            "Cells, rate 0.1, bounds none",
            "Net",
            "Cells, rate 0.1, bounds [0, 1]",
            "Cells, rate 0.2, bounds none",
            "Cells, rate 0.2, bounds [0, 1]",
        ]
        np.testing.assert_array_equal(dataset.learning_rate, [0.1, np.nan, 0.1, 0.2, 0.2])
        none = [np.nan, np.nan]
        np.testing.assert_array_equal(dataset.array_bounds, [none, none, [0, 1], none, [0, 1]])
        assert dataset.array_bounds.dims == ("learner", "array_bounds_item")

    def test_each_run_is_the_experiment_with_that_setting(self, both):
        swept = ms.run(both.replace(sweep={"training.lambda": [0, 3]}))
        for weight in (0, 3):
            single = ms.run(both.replace({"training.lambda": weight}))
            for name in ("snr", "geometric_margin", "snr_median", "example_sensitivity"):
                np.testing.assert_array_equal(
                    swept[name].sel(learner=f"Net, lambda {weight}"), single[name].sel(learner="Net"), name
                )

    @pytest.mark.slow
    def test_images_of_several_sizes_share_a_result_and_repeat_from_its_file(self, both, tmp_path):
        dataset = ms.run(both.replace(sweep={"data.shape": [[8, 8], [4, 6]]}))
        other = dataset.sel(learner="Cells, shape [4, 6]")
        assert dataset.sizes["y"] == 8 and np.isnan(other.example_conductance).all() and np.isfinite(other.snr).all()
        again = ms.rerun(ms.save(dataset, tmp_path / "sizes.nc"))
        assert dataset.drop_attrs().identical(again.drop_attrs())

    def test_seeds_can_be_swept(self, both):
        dataset = ms.run(both.replace(sweep={"seed": [1, 2]}))
        np.testing.assert_array_equal(
            dataset.snr.sel(learner="Net, seed 2"), ms.run(both.replace(seed=2)).snr.sel(learner="Net")
        )

    def test_published_numbers_go_by_the_names_of_the_result(self, both):
        swept = both.replace(sweep={"training.lambda": [1, 2]}, published={"snr": {"Net, lambda 2": 5.0}})
        assert swept.spec.published == {"snr": {"Net, lambda 2": 5.0}}
        with pytest.raises(InputError, match="unknown learner 'Net'"):
            swept.replace(published={"snr": {"Net": 5.0}})

    def test_a_swept_setting_cannot_be_set_without_effect(self, both):
        swept = both.replace(sweep={"training.lambda": [1, 2]})
        with pytest.raises(InputError, match=r"sweeps 'training.lambda'; change its values with --set sweep.training"):
            swept.replace({"training.lambda": 3}, origin="--set")
        assert swept.replace({"sweep.training.lambda": [3]}).spec.labels == ["Cells", "Net, lambda 3"]

    @pytest.mark.parametrize(
        ("sweep", "says"),
        [
            ({"training.lambda": [1, 1]}, "value 1 is given twice"),
            ({"training.lambda": []}, "at least 1"),
            ({"training.lambda": 3}, "lambda must be a list, not 3"),
            ({"training.lamda": [1, 2]}, "unknown key 'lamda'"),
            ({"corruptions.gaussian": [[0.1], [0.2]]}, "'corruptions.gaussian' cannot be swept"),
            ({"resamples": [100, 200]}, "cannot be swept"),
            ({"training.lambda": [1, "two"]}, "training.lambda must be a number, not 'two'"),
            ({"data.samples": [2, 3]}, "with 2 and with 3 images do not fit into one result"),
            ({"learners.Cell.learning.rate": [1, 2]}, "did you mean 'Cells'"),
            ({"training.lambda": list(range(100)), "training.rate": [i / 1e5 for i in range(100)]}, "at most 1000"),
        ],
        ids=str,
    )
    def test_a_sweep_that_cannot_run_is_refused_before_anything_is_computed(self, both, sweep, says, monkeypatch):
        monkeypatch.setattr("memsim.tasks.memorise.run._compute", None)
        with pytest.raises(InputError, match=says):
            ms.run(both.replace(sweep=sweep))

    @pytest.mark.slow
    def test_a_swept_device_of_a_file_lies_in_its_folder_and_comes_along_in_the_result(self, tmp_path, monkeypatch):
        cell = find("devices", "agsi-jo2010").read_text().replace("name: agsi-jo2010", "name: cell")
        (tmp_path / "cell.yaml").write_text(cell)
        swept = BOTH.replace("bounds: none", "bounds: [0, 1]") + "sweep: {array.device: [ideal, cell.yaml]}\n"
        (tmp_path / "mine.yaml").write_text(swept)
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        dataset = ms.run(ms.load_experiment(tmp_path / "mine.yaml"))
        assert list(dataset.device.values) == ["ideal", "none", "cell"]
        file = ms.save(dataset, tmp_path / "swept.nc")
        (tmp_path / "cell.yaml").unlink()
        assert ms.rerun(file).drop_attrs().identical(dataset.drop_attrs())

    @pytest.mark.parametrize("key", ["array.device", "data.source"])
    def test_a_sweep_of_a_file_reaches_no_place_outside_its_folder(self, key, tmp_path):
        (tmp_path / "below").mkdir()
        (tmp_path / "cell.yaml").write_text(find("devices", "ideal").read_text())
        file = tmp_path / "below" / "mine.yaml"
        swept = BOTH.replace("bounds: none", "bounds: [0, 1]")
        for place in ("../cell.yaml", str(tmp_path / "cell.yaml")):
            file.write_text(swept + f"sweep: {{{key}: ['{place}']}}\n")
            with pytest.raises(InputError, match=r"mine.yaml:13: .*lies outside the folder of the experiment"):
                ms.run(ms.load_experiment(file))

    def test_conductances_of_several_sizes_cannot_be_kept(self, both):
        with pytest.raises(InputError, match="needs images of one size"):
            ms.run(both.replace(sweep={"data.shape": [[8, 8], [4, 6]]}, keep=["conductance"]))


@pytest.mark.slow
def test_the_thread_count_does_not_change_a_bit_of_the_eight_methods(tmp_path):
    program = (
        "import sys, memsim as ms;"
        "experiment = ms.load_experiment('decomposition-01').replace({'data.samples': 3, 'resamples': 100});"
        "ms.save(ms.run(experiment), sys.argv[1])"
    )
    results = []
    for threads in ("1", "2"):
        environment = {**os.environ, "NUMBA_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        path = tmp_path / f"{threads}.nc"
        subprocess.run([sys.executable, "-c", program, path], env=environment, check=True)
        results.append(ms.load(path).drop_attrs())
    assert results[0].identical(results[1])
