"""Attribution of experiments: against runs made by hand, from stored weights, of other tasks, and mistakes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import memsim as ms
from memsim.attribution.imperfections import KEYS, changed, ideal_device, of_device
from memsim.attribution.of_experiment import explained
from memsim.errors import InputError

ARRAY = {"device": "pcm-joshi2020", "adc": {"bits": 3, "range": "max"}}
NETWORK = """\
name: small
title: A network of two layers
data: {source: digits, samples: 200, seed: 0}
task: classify
times: [0 s, 1 day]
learners:
  - name: Net
    network: {architecture: two-layer, hidden: 16}
    training: {loss: cross-entropy, rate: 0.01, epochs: 6, batch: 32}
  - name: Cells, {device}
    programmed: {learner: Net, cycles: 2, error: 0.05}
    array: {device: pcm-joshi2020, adc: {bits: 3, range: max}}
corruptions: {gaussian: [0.1]}
seeds: 2
seed: 7
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "small.yaml"
    path.write_text(NETWORK)
    return ms.load_experiment(path)


@pytest.fixture(scope="module")
def shares(network):
    return ms.limits(network, imperfections=["c2c", "read", "drift", "error", "adc"])


@pytest.mark.slow
def test_shares_are_those_of_all_orders_of_runs_made_by_hand(network, shares):
    """Each of 32 combinations is an experiment of its own, and all 120 orders are averaged."""
    accuracies = {}
    key = "learners.Cells, {device}"
    for members in itertools.chain.from_iterable(itertools.combinations(range(5), n) for n in range(6)):
        ideal = [part for i, part in ((0, "c2c"), (1, "read")) if i not in members]
        changes = {f"{key}.array.ideal": ideal}
        if 2 not in members:
            changes[f"{key}.array.device"] = {"extends": "pcm-joshi2020", "retention": None}
        if 3 not in members:
            changes[f"{key}.programmed.error"] = 0.0
        if 4 not in members:
            changes[f"{key}.array.adc"] = None
        run = ms.run(network.replace(changes))
        accuracies[frozenset(members)] = 100 * run.aged_accuracy.isel(learner=1, time=-1).values
    sums, orders = np.zeros((5, 2)), list(itertools.permutations(range(5)))
    for order in orders:
        joined = frozenset()
        for player in order:
            sums[player] += accuracies[joined] - accuracies[joined | {player}]
            joined |= {player}
    labels = ["programming error", "read noise", "drift", "added error", "ADC"]
    np.testing.assert_allclose(
        shares.loss_share.sel(imperfection=labels).values[0], sums / len(orders), rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(shares.real_metric.values[0], accuracies[frozenset(range(5))])


@pytest.mark.slow
def test_a_result_with_weights_gives_the_same_without_training(network, shares, tmp_path):
    ms.save(ms.run(network.replace({"keep": ["weights"]})), tmp_path / "weights.nc")
    again = ms.limits(tmp_path / "weights.nc", imperfections=["c2c", "read", "drift", "error", "adc"])
    np.testing.assert_array_equal(again.loss_share, shares.loss_share)
    fewer = ms.limits(tmp_path / "weights.nc", {"array.adc": {"bits": 8, "range": "max"}}, imperfections=["adc"])
    assert fewer.sizes["combination"] == 2
    with pytest.raises(InputError, match="needs training"):
        ms.limits(tmp_path / "weights.nc", {"learners.Net.training.rate": 0.02}, imperfections=["adc"])


@pytest.mark.slow
def test_the_command_prints_a_table_and_writes_a_result_and_a_figure(network, cli, tmp_path):
    (tmp_path / "small.yaml").write_text(NETWORK)
    outcome = cli("limits", "small.yaml", "--only", "adc,read", "--set", "seeds=1", "-o", "limits.nc")
    assert outcome.code == 0
    assert "Cells, pcm-joshi2020: test accuracy after 1 day" in outcome.out
    assert "To improve first" in outcome.out or "gain" in outcome.out
    assert {"limits.nc", "limits.png"} <= set(outcome.files)
    assert cli("show", "limits.nc").code == 0
    quiet = cli("limits", "small.yaml", "--only", "adc", "--set", "seeds=1", "-q", "--no-figure", "-o", "quiet.nc")
    assert quiet.out == "quiet.nc\n"


@pytest.mark.slow
def test_memories_are_explained_by_their_signal_to_noise_ratio():
    experiment = ms.load_experiment("layers-01").replace({"data.samples": 3, "data.shape": [8, 8]})
    result = ms.limits(experiment, learners=["+ wires"], metric="geometric_margin", imperfections=["adc", "wires"])
    assert result.sizes["repeat"] == 3
    assert result.attrs["metric"] == "geometric margin"
    np.testing.assert_allclose(result.loss_share.sum("imperfection"), result.metric_loss, atol=1e-12)
    expected = ms.run(experiment).geometric_margin.sel(learner="+ wires")
    np.testing.assert_allclose(result.real_metric.values[0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ms.device_names())
def test_a_device_without_all_of_its_imperfections_has_none(name):
    """What `ideal_device` takes out is what `of_device` says there is, in whatever combination."""
    from memsim.profiles.idealised import idealised

    device = ms.load_device(name)
    present = of_device(device, (), ages=True)
    for missing in (present, present[:1], present[-2:], [key for key in present if key != "d2d"]):
        parts, changes = ideal_device(device, missing)
        without = changed(device, changes)
        left = of_device(idealised(without, parts).device, parts, ages=True)
        gone = set(missing) | ({"update", "c2c"} if "bounds" in missing else set())
        gone |= {"c2c"} if "update" in missing else set()
        if device.spec.update is None:
            gone.discard("update")
            left = [key for key in left if key != "update"]  # exact steps stand for exact programming
        assert set(left) <= set(present) - gone


def test_each_imperfection_has_a_label_and_an_ideal_state():
    from memsim.attribution.imperfections import kinds_of

    kinds = kinds_of(ms.load_device("epiram-choi2018"), KEYS)
    assert [kind.key for kind in kinds] == list(KEYS)
    assert all(kind.label and kind.ideal_state for kind in kinds)
    only_programmed = {kind.key: kind.label for kind in kinds_of(ms.load_device("pcm-joshi2020"), KEYS)}
    assert only_programmed["c2c"] == "programming error"


@pytest.mark.slow
def test_a_sweep_of_one_value_is_explained_at_this_value(network):
    swept = ms.limits(network, {"sweep": {"array.adc.bits": [4]}}, imperfections=["adc", "error"])
    stated = ms.limits(network, {"learners.Cells, {device}.array.adc.bits": 4}, imperfections=["adc", "error"])
    np.testing.assert_array_equal(swept.loss_share, stated.loss_share)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"learners": ["Cell"]}, "unknown learner 'Cell' on a crossbar; did you mean 'Cells'"),
        ({"learners": ["Net"]}, "unknown learner 'Net' on a crossbar"),
        (
            {"imperfections": ["stuck"]},
            "has none of these imperfections; allowed: bounds, c2c, read, drift, adc, error",
        ),
        ({"imperfections": ["drfit"]}, "unknown imperfection 'drfit'; did you mean 'drift'"),
        ({"metric": "accuracy"}, "unknown metric 'accuracy'"),
        (
            {"changes": {"sweep": {"learners.Cells, {device}.programmed.cycles": [1, 2]}}},
            r"sweeps .*; choose one value of each, such as --set 'sweep\.learners\.Cells, \{device\}\.programmed\."
            r"cycles=\[1\]', so that there is one run",
        ),
        ({"orders": 1}, "orders: 1 is not a whole number"),
    ],
)
def test_mistakes_end_in_one_line(network, arguments, says):
    with pytest.raises(InputError, match=says):
        ms.limits(network, **arguments)


def test_an_experiment_of_ideal_or_no_crossbars_has_nothing_to_explain(network):
    with pytest.raises(InputError, match="is ideal already"):
        ms.limits(
            network,
            {"learners.Cells, {device}.array": {"device": "ideal"}, "learners.Cells, {device}.programmed.error": 0.0},
        )
    with pytest.raises(InputError, match="has no learner on a crossbar"):
        ms.limits("cnn-standard-01")


@pytest.mark.slow
def test_networks_from_files_are_explained(tmp_path):
    changes = {"repeats": 2, "data.samples": 200, "times": ["0 s", "1 day"], "array.error": 0.05}
    experiment = ms.load_experiment("infer-01").replace(changes)
    chosen = {"learners": ["Converters of 8 bits, {device}"], "imperfections": ["adc", "error", "drift"]}
    result = ms.limits(experiment, **chosen)
    np.testing.assert_allclose(result.loss_share.sum("imperfection"), result.metric_loss, atol=1e-12)
    plain = ms.run(experiment).aged_accuracy.sel(learner="Converters of 8 bits, pcm-joshi2020").isel(time=-1)
    np.testing.assert_allclose(result.real_metric.values[0], 100 * plain.values)
    assert set(result.imperfection.values) == {"drift", "added error", "ADC"}


def test_learners_of_one_name_are_told_apart_by_their_devices():
    """Two learners of digits-01 are called 'Delta, {device}'; their labels name the device."""
    whole = ms.load_experiment("digits-01")
    for label, device in (("Delta, ideal", "ideal"), ("Delta, epiram-choi2018", "epiram-choi2018")):
        (learner,) = explained(whole, [label])
        assert whole.device(learner).name == device
