"""Labels of learners: the name of the device in them, numbers where they would be equal, and how keys address them."""

from __future__ import annotations

import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.plotting.pairs import compare

TEXT = """\
name: named
data: {samples: 2, shape: [8, 8]}
learners:
  - name: "{device}, on/off"
    array: {device: ideal, bounds: none}
    learning: {steps: 2}
  - name: "{device}, on/off"
    array: {device: agsi-jo2010}
    learning: {steps: 3}
  - name: Net
    network: {}
    training: {steps: 2}
corruptions: {gaussian: [0.1]}
resamples: 100
"""


@pytest.fixture(scope="module")
def named():
    return experiment_from_text(TEXT, "named.yaml")


@pytest.fixture
def mine(tmp_path):
    """A profile whose name is not that of its file."""
    file = tmp_path / "file.yaml"
    file.write_text(ms.load_device("agsi-jo2010").to_yaml().replace("agsi-jo2010", "my-silver", 1), encoding="utf-8")
    return file


def test_labels_have_the_names_of_the_devices(named):
    assert named.spec.labels == ["ideal, on/off", "agsi-jo2010, on/off", "Net"]


def test_a_device_that_is_chosen_later_is_named_by_its_profile_and_equal_labels_are_numbered(named, mine):
    assert named.replace({"device": str(mine)}).spec.labels == ["my-silver, on/off", "my-silver, on/off (2)", "Net"]


def test_a_profile_in_the_folder_of_the_experiment_is_named_by_its_profile(mine):
    file = mine.with_name("named.yaml")
    file.write_text(TEXT.replace("device: agsi-jo2010", "device: file.yaml"), encoding="utf-8")
    assert ms.load_experiment(file).spec.labels[1] == "my-silver, on/off"


def test_a_sweep_over_devices_names_each_once(named):
    swept = named.replace(sweep={"device": ["ideal", "agsi-jo2010"], "learning.rate": [0.1]})
    assert swept.spec.labels == [
        "ideal, on/off, rate 0.1",
        "ideal, on/off, rate 0.1 (2)",
        "Net",
        "agsi-jo2010, on/off, rate 0.1",
        "agsi-jo2010, on/off, rate 0.1 (2)",
    ]


def test_a_label_and_a_name_address_their_learners(named):
    one = named.replace({"learners.agsi-jo2010, on/off.learning.steps": 7})
    assert [learner.learning.steps for learner in one.spec.learners] == [2, 7, 30]
    both = named.replace({"learners.{device}, on/off.learning.steps": 7})
    assert [learner.learning.steps for learner in both.spec.learners] == [7, 7, 30]
    with pytest.raises(InputError, match=r"unknown learner 'agsi'.*"):
        named.replace({"learners.agsi.learning.steps": 7})


@pytest.mark.slow
def test_a_result_repeats_with_its_labels_and_is_paired_with_one_of_another_device(named, mine, tmp_path):
    dataset = ms.run(named.replace({"device": str(mine), "array.bounds": [0, 1]}))
    assert list(dataset.learner.values) == ["my-silver, on/off", "my-silver, on/off (2)", "Net"]
    mine.unlink()
    again = ms.rerun(ms.save(dataset, tmp_path / "named.nc"))
    assert again.drop_attrs().identical(dataset.drop_attrs())
    found = compare(dataset, ms.run(named))
    assert [(pair.a, pair.b) for pair in found.pairs] == [
        ("my-silver, on/off", "ideal, on/off"),
        ("my-silver, on/off (2)", "agsi-jo2010, on/off"),
        ("Net", "Net"),
    ]
    assert found.by_name and not found.only_a and not found.only_b


@pytest.mark.parametrize(
    ("replace", "says"),
    [
        (("name: Net", "name: 'Net {device}'"), "names a device, but a network has none"),
        (("name: Net", "name: 'Net {devices}'"), "has braces; allowed: {device}"),
        (
            ('"{device}, on/off"\n    array: {device: ideal', "Net\n    array: {device: ideal"),
            "two learners are called 'Net'",
        ),
    ],
)
def test_names_that_cannot_be_labels_are_refused(replace, says):
    with pytest.raises(InputError, match=says):
        experiment_from_text(TEXT.replace(*replace), "named.yaml")


@pytest.mark.parametrize(
    "name", ["digits-01", "classify-01", "programmed-01", "robustness-01", "sneak-01", "digit-bounds-01"]
)
def test_shipped_experiments_name_no_device_that_another_one_replaced(name):
    labels = ms.load_experiment(name).replace({"array.device": "agsi-jo2010"}).spec.labels
    assert len(set(labels)) == len(labels)
    assert not any(word in label for label in labels for word in ("EpiRAM", "epiram", "deal", "GST", "TaOx"))


def test_the_reference_of_a_classification_may_be_a_name_or_a_label():
    text = "name: t\ntask: classify\nlearners:\n- {name: N, network: {}}\n- name: 'On {device}'\n"
    text += "  array: {device: ideal}\ncorruptions: {gaussian: [0.1]}\nreference: "
    for reference in ("'On {device}'", "On ideal"):
        spec = experiment_from_text(text + reference + "\n", "t.yaml").spec
        assert spec.first_label(spec.reference) == "On ideal"
    with pytest.raises(InputError, match="unknown learner 'On idal'; did you mean 'On ideal'"):
        experiment_from_text(text + "On idal\n", "t.yaml")
