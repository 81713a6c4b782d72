"""Experiments: YAML and overrides in, frozen settings out, and runs of every corner of the schema."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text, parse_setting
from memsim.learning import ENCODINGS
from memsim.storage.library import find

SMALL = {"data.samples": 2, "data.shape": [8, 8]}
LONG = (
    "limits-01",
    "infer-01",
    "checklist-01",
    "margin-01",
    "recipe-01",
    "margin-hardware-01",
    "energy-01",
    "energy-training-01",
    "radar-01",
    "verify-window-01",
    "temperature-01",
    "digits-01",
    "programming-01",
    "endurance-01",
    "retention-01",
    "neurram-01",
    "products-01",
    "digit-bounds-01",
    "hybrid-01",
    "programmed-01",
    "robustness-01",
    "rules-01",
    "classify-01",
    "wires-01",
    "converters-01",
    "hwa-01",
    "layers-01",
    "sneak-01",
    "levels-01",
)
"""Experiments with many learners, of which the quick tests run those alike, or with wires, whose solver takes long to
compile."""
SMALL_CLASSES = {"data.samples": 60, "seeds": 1, "tuning.trials": 1}


@pytest.fixture
def mine(experiment_file):
    """An experiment of two learners, `Ideal` and `Two words`."""
    return ms.load_experiment(experiment_file())


class TestShipped:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", ms.experiment_names())
    def test_it_loads_under_its_own_name_with_a_title_and_notes_and_survives_yaml(self, name):
        experiment = ms.load_experiment(name)
        assert experiment.name == name and experiment.spec.title and experiment.spec.notes
        again = experiment_from_text(experiment.to_yaml(), name)
        assert again.spec == experiment.spec

    @pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=pytest.mark.slow if name in LONG else ())
            for name in ms.experiment_names()
            if name != "size-01"
        ],
    )
    def test_it_runs_on_few_images(self, name):
        experiment = ms.load_experiment(name)
        if experiment.spec.task == "classify":
            learners = experiment.spec.learners
            short = {f"learners.{one.name}.learning.epochs": 1 for one in learners if "learning" in one.sections}
            short |= {f"learners.{one.name}.training.epochs": 1 for one in learners if "network" in one.sections}
            if "array.tile" in experiment.spec.sweep:
                short["sweep.array.tile"] = [[32, 32], [64, 64]]
            experiment = experiment.replace(SMALL_CLASSES | short)
            dataset = ms.run(experiment)
            assert np.isfinite(dataset.test_accuracy).all() and np.isfinite(dataset.noisy_accuracy).all()
        elif experiment.spec.task == "select":
            dataset = ms.run(experiment.replace({"lines": [2, 4], "map_lines": 4}))
            assert np.isfinite(dataset.current_margin).all()
        elif experiment.spec.task == "program":
            dataset = ms.run(experiment.replace({"rows": 8, "columns": 8, "inputs": 5, "repeats": 1}))
            assert np.isfinite(dataset.product_error).all()
        elif experiment.spec.task == "macro":
            dataset = ms.run(experiment)
            assert np.isfinite(dataset.macro_efficiency).all() and np.isfinite(dataset.macro_density).all()
        elif experiment.spec.task == "infer":
            dataset = ms.run(experiment.replace({"data.samples": 100, "repeats": 1}))
            assert np.isfinite(dataset.test_accuracy).all() and np.isfinite(dataset.layer_snr).all()
        elif experiment.spec.task == "regress":
            dataset = ms.run(experiment.replace({"vectors": 100, "repeats": 1}))
            assert np.isfinite(dataset.matrix_error).all()
        else:
            dataset = ms.run(experiment.replace(SMALL))
            assert np.isfinite(dataset.snr).all()
        assert list(dataset[experiment.spec.COMPARED].values) == experiment.spec.labels

    @pytest.mark.slow
    @pytest.mark.parametrize("whole", ["decomposition-01", "corrected-01"])
    def test_a_method_is_the_same_in_an_experiment_of_its_own(self, whole):
        together = ms.load_experiment(whole)
        alone = {spec.learners[0].name: spec for spec in map(_spec, ms.experiment_names()) if len(spec.labels) == 1}
        shared = [learner for learner in together.spec.learners if learner.name in alone]
        assert len(shared) == {"decomposition-01": 8, "corrected-01": 2}[whole]
        for learner in shared:
            single = alone[learner.name]
            assert single.learners == [learner]
            for key in ("data", "corruptions", "noise_fields", "seed", "unsafe_below"):
                assert getattr(single, key) == getattr(together.spec, key)
            for metric, claimed in together.spec.published.items():
                assert single.published[metric] == {learner.name: claimed[learner.name]}

    def test_the_hebbian_methods_differ_in_their_bounds(self):
        learners = ms.load_experiment("decomposition-01").spec.learners
        assert {m.name: m.array.bounds for m in learners if m.name.startswith("Hebbian")} == {
            "Hebbian Physical": (0.0, 1.0),
            "Hebbian Unconstrained": None,
            "Hebbian Loose": (0.0, 2.0),
            "Hebbian Tight": (0.0, 0.5),
        }


def _spec(name):
    return ms.load_experiment(name).spec


class TestReplace:
    def test_a_copy_is_changed_and_the_original_stays(self, mine):
        changed = mine.replace(seed=7)
        assert (mine.spec.seed, changed.spec.seed) == (42, 7)

    def test_a_short_key_reaches_every_learner(self, mine):
        rates = [learner.learning.rate for learner in mine.replace({"learning.rate": 0.05}).spec.learners]
        assert rates == [0.05, 0.05]

    def test_a_full_key_reaches_one_learner_also_with_a_space_in_its_name(self, mine):
        changed = mine.replace({"learners.Two words.learning.rate": 0.05})
        assert [learner.learning.rate for learner in changed.spec.learners] == [0.2, 0.05]

    def test_a_section_that_the_file_leaves_out_can_be_set(self, mine):
        changed = mine.replace({"array.dtype": "float64", "keep": ["conductance"]})
        assert {learner.array.dtype for learner in changed.spec.learners} == {"float64"}
        assert changed.spec.keep == ["conductance"]

    @pytest.mark.parametrize("value", ["none", None])
    def test_bounds_can_be_taken_away(self, mine, value):
        assert mine.replace({"learners.Ideal.array.bounds": value}).spec.learners[0].array.bounds is None

    def test_all_learners_can_be_replaced_at_once(self, mine):
        changed = mine.replace(learners=[{"name": "A"}, {"name": "B"}], published={})
        assert [learner.name for learner in changed.spec.learners] == ["A", "B"]

    def test_other_keys_of_the_same_change_mean_the_new_learners(self, mine):
        changed = mine.replace({"learning.rate": 0.3, "learners": [{"name": "A"}], "published": {}})
        assert [(learner.name, learner.learning.rate) for learner in changed.spec.learners] == [("A", 0.3)]
        with pytest.raises(InputError, match="unknown learner 'Ideal'"):
            mine.replace({"learning.rate": 0.3, "learners": [{"name": "A"}]})

    @pytest.mark.parametrize(
        ("key", "says"),
        [
            ("learners.two words.learning.rate", "did you mean 'Two words'"),
            ("learners.0.learning.rate", "unknown learner '0'"),
            ("learnings.rate", "did you mean 'learning'"),
            ("encoding", "did you mean 'learning.encoding'"),
            ("learning.rate.fast", "is a value"),
            ("data..seed", "section.key"),
        ],
    )
    def test_an_unknown_key_is_refused_with_the_nearest(self, mine, key, says):
        with pytest.raises(InputError, match=says):
            mine.replace({key: 1})

    def test_it_remembers_what_was_changed_in_order(self, mine):
        profile = ms.load_device("taox-hfox-wu2018")
        changed = mine.replace({"learning.rate": 0.1, "array.device": profile}).replace({"learning.rate": 0.3})
        assert list(changed.changed.items()) == [("array.device", "taox-hfox-wu2018"), ("learning.rate", "0.3")]

    @pytest.mark.parametrize(("text", "pair"), [("a=b", ("a", "b")), (" a b.c = x=y ", ("a b.c", "x=y"))])
    def test_a_setting_is_split_at_the_first_equals_sign(self, text, pair):
        assert parse_setting(text) == pair

    def test_a_long_text_that_is_no_setting_is_refused_at_once(self):
        with pytest.raises(InputError, match="not of the form KEY=VALUE"):
            parse_setting(" " * 100_000)


class TestDevices:
    def test_a_profile_can_be_given_as_an_object(self, mine):
        profile = ms.load_device("agsi-jo2010").replace({"variability.c2c.sigma": "9 %", "name": "noisier"})
        changed = mine.replace({"learners.Ideal.array.device": profile})
        assert changed.device(changed.spec.learners[0]) == profile
        assert changed.device(changed.spec.learners[1]).name == "agsi-jo2010"

    def test_two_different_devices_of_one_name_are_refused(self, mine):
        profile = ms.load_device("agsi-jo2010").replace({"variability.c2c.sigma": "9 %"})
        with pytest.raises(InputError, match="'Two words' has another device called 'agsi-jo2010'; rename"):
            mine.replace({"learners.Ideal.array.device": profile})
        changed = mine.replace({"array.device": profile})
        assert all(changed.device(learner) == profile for learner in changed.spec.learners)

    def test_a_file_is_looked_for_beside_the_experiment_and_a_given_one_from_here(
        self, experiment_file, tmp_path, monkeypatch
    ):
        text = find("devices", "agsi-jo2010").read_text()
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "cell.yaml").write_text(text.replace("name: agsi-jo2010", "name: beside"))
        (tmp_path / "cell.yaml").write_text(text.replace("name: agsi-jo2010", "name: here"))
        monkeypatch.chdir(tmp_path)
        file = experiment_file(name="there/mine.yaml", replace=("agsi-jo2010", "cell.yaml"))
        experiment = ms.load_experiment(file)
        assert experiment.device(experiment.spec.learners[1]).name == "beside"
        given = experiment.replace({"learners.Two words.array.device": "./cell.yaml"})
        assert given.device(given.spec.learners[1]).name == "here"

    def test_data_beside_the_experiment_is_found_and_elsewhere_refused(self, experiment_file, tmp_path):
        np.save(tmp_path / "images.npy", np.full((2, 8, 8), 0.5))
        file = experiment_file(replace=("data: {", "data: {source: images.npy, "))
        assert ms.load_experiment(file).data_path() == (tmp_path / "images.npy").resolve()
        (tmp_path / "below").mkdir()
        shutil.move(file, tmp_path / "below")
        experiment = ms.load_experiment(tmp_path / "below" / "mine.yaml")
        with pytest.raises(InputError, match=r"there is no 'images\.npy' in the folder"):
            experiment.data_path()
        given = experiment.replace({"data.source": tmp_path / "images.npy"})
        assert given.data_path() == tmp_path / "images.npy"


class TestRuns:
    @pytest.mark.parametrize(
        "changes",
        [
            *({"learning.encoding": encoding} for encoding in ENCODINGS),
            *({"learning.encoding": e, "array.device": "agsi-jo2010"} for e in ENCODINGS),
            {"learning.encoding": "counted", "learning.rounding": "nearest", "learning.max_pulses": 3},
            {"learning.encoding": "sign", "learning.threshold": 0.05},
            {"array.dtype": "float64", "resamples": 100},
            {"array.device": "taox-hfox-wu2018", "array.column": "reference"},
            {"learning.steps": 0},
            {"learning.rate": -0.2},
            {"learning.rate": 0},
            {"corruptions.gaussian": [0]},
            {"corruptions.gaussian": [100, 0, 1]},
            {"data.samples": 1, "data.shape": [1, 1]},
            {"data.shape": [7, 13]},
            {"data.shape": [1, 65]},
            {"array.bounds": "none", "learning.steps": 5},
            {"seed": 2**64 - 1, "data.seed": 2**64 - 1},
        ],
        ids=str,
    )
    @pytest.mark.slow
    def test_every_corner_of_the_schema_gives_finite_metrics(self, changes):
        dataset = ms.run(ms.load_experiment("physical-01").replace({**SMALL, **changes}))
        for name, variable in dataset.data_vars.items():
            if name.endswith("_interval") and dataset.sizes["image"] == 1:  # one image has no interval
                assert np.isnan(variable.values).all(), name
            elif not name.startswith(("read_margin", "step_size")) and "degradation_relative" not in name:
                assert np.isfinite(variable.values).all(), name

    def test_kept_conductances_hold_the_example_and_say_what_each_column_learns(self):
        dataset = ms.run(ms.load_experiment("physical-01").replace({**SMALL, "keep": ["conductance"]}))
        assert dataset.conductance.dims == ("learner", "image", "row", "column")
        assert list(dataset.column.values) == ["target", "control"]
        first = dataset.conductance.isel(learner=0, image=0).sel(column="target").values.reshape(8, 8)
        np.testing.assert_array_equal(first, dataset.example_conductance[0])

    def test_steps_taken_in_slices_give_the_same_bits(self, monkeypatch):
        experiment = ms.load_experiment("physical-01").replace({**SMALL, "array.device": "agsi-jo2010"})
        whole = ms.run(experiment)
        seen = []
        monkeypatch.setattr("memsim.tasks.memorise.learners.crossbar._UPDATES", 2000)
        sliced = ms.run(experiment, progress=lambda *at: seen.append(at))
        # Half-selected cells count with their conductances at the start of a slice.
        sums = ["half_selected_energy", "third_selected_energy"]
        parts = (each.drop_attrs().drop_sel(summed=sums) for each in (whole, sliced))
        assert next(parts).identical(next(parts))
        assert seen[0] == ("Hebbian Physical", 0, 2) and seen[-1] == ("Hebbian Physical", 2, 2) and len(seen) > 4

    def test_a_learner_gives_the_same_bits_alone_and_beside_others(self, mine):
        both = ms.run(mine)
        kept = [mine.document.data["learners"][1]]
        alone = ms.run(mine.replace(learners=kept, published={}))
        for name in ("snr", "weight_mean", "pulses_set", "example_conductance"):
            np.testing.assert_array_equal(both[name].values[1], alone[name].values[0])

    def test_more_memory_than_there_is_is_refused_before_images_are_made(self, monkeypatch):
        monkeypatch.setattr("memsim.tasks.capacity.memory", lambda: 1e6)
        monkeypatch.setattr("memsim.tasks.memorise.run.load_images", None)
        with pytest.raises(InputError, match=r"needs about .* GiB of memory, this machine has .*; make less of"):
            ms.run(ms.load_experiment("physical-01"))


def test_an_experiment_and_a_device_may_be_a_name_or_a_path(tmp_path):
    experiment = ms.load_experiment("physical-01").replace({**SMALL, "published": {}})
    path = tmp_path / "mine.yaml"
    path.write_text(experiment.to_yaml())
    named = ms.run(path, device="taox-hfox-wu2018")
    made = ms.run(experiment, device=ms.load_device("taox-hfox-wu2018"))
    np.testing.assert_array_equal(named.snr, made.snr)
    assert "taox-hfox-wu2018" in named.device.values
    with pytest.raises(ms.InputError, match=r"physical-1.*did you mean 'physical-01'"):
        ms.run("physical-1")
