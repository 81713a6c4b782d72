"""Attribution of a network of torch: against combinations made by hand, by layer, over time, and mistakes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402

DEVICE = "pcm-joshi2020"


@pytest.fixture(scope="module")
def data():
    """200 samples of two classes that lie apart by little."""
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 6)).astype(np.float32)
    labels = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(labels)


@pytest.fixture(scope="module")
def model(data):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2))
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(150):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(data[0]), data[1]).backward()
        optimiser.step()
    return network


def chip_of(model, data, **changes):
    settings = {"device": DEVICE, "dac": 4, "adc": 4, "wires": ms.Wires(20.0, 20.0), "error": 0.05, "seed": 7}
    hardware = mt.Hardware(**settings | changes)
    return mt.calibrate(mt.convert(model, hardware, quiet=True), data[0][:50])


@pytest.mark.slow
def test_shares_are_those_of_all_orders_of_networks_made_by_hand(model, data):
    """Each of 64 combinations is converted, programmed and evaluated by itself; then all 720 orders are averaged."""
    whole = chip_of(model, data)
    ranges = {name: (layer.input_range.item(), layer.output_range.item()) for name, layer in layers(whole)}
    present = {"read": ("read",), "programming error": ("c2c",)}
    accuracies = {}
    for members in itertools.chain.from_iterable(itertools.combinations(range(6), n) for n in range(7)):
        changes = {
            "ideal": tuple(part for i, parts in enumerate(present.values()) if i not in members for part in parts)
        }
        for i, (key, ideal) in enumerate([("error", 0.0), ("dac", None), ("adc", None), ("wires", None)], 2):
            if i not in members:
                changes[key] = ideal
        hardware = mt.Hardware(
            **{"device": DEVICE, "dac": 4, "adc": 4, "wires": ms.Wires(20.0, 20.0), "error": 0.05, "seed": 7} | changes
        )
        chip = mt.convert(model, hardware, quiet=True)
        for name, layer in layers(chip):
            layer.input_range.data.fill_(ranges[name][0])
            layer.output_range.fill_(ranges[name][1])
        mt.program(chip, repeats=2)
        accuracies[frozenset(members)] = mt.evaluate(chip, [data], progress=False).accuracy.values[:, 0]
    sums, orders = np.zeros((6, 2)), list(itertools.permutations(range(6)))
    for order in orders:
        joined = frozenset()
        for player in order:
            sums[player] += accuracies[joined] - accuracies[joined | {player}]
            joined |= {player}
    expected = 100 * sums / len(orders)
    result = mt.attribute(
        whole, [data], repeats=2, imperfections=["c2c", "read", "error", "dac", "adc", "wires"], progress=False
    )
    labels = ["read noise", "programming error", "added error", "DAC", "ADC", "wires"]
    np.testing.assert_allclose(result.loss_share.sel(imperfection=labels).values[0], expected, atol=1e-9)
    assert np.ptp(expected) > 0.5  # the shares are not all alike


def layers(model):
    return [(name, layer) for name, layer in model.named_modules() if isinstance(layer, mt.AnalogLayer)]


@pytest.mark.slow
def test_shares_by_layer_and_kind_add_up_and_can_be_summed(model, data):
    chip = chip_of(model, data, dac=None, wires=None, error=0.0)
    result = mt.attribute(chip, [data], by_layer=True, orders=4, imperfections=["c2c", "adc"], progress=False)
    assert list(result.imperfection.values[:2]) == ["0: programming error", "0: ADC"]
    assert result.sizes["imperfection"] == 6
    assert float(result.loss_share.sum()) == pytest.approx(float(result.metric_loss.sum()))
    by_kind = result.loss_share_mean.groupby("imperfection_kind").sum()
    by_layer = result.loss_share_mean.groupby("imperfection_layer").sum()
    assert sorted(by_layer.imperfection_layer.values) == ["0", "2", "4"]
    assert float(by_kind.sum()) == pytest.approx(float(by_layer.sum()))
    two = mt.attribute(chip, [data], imperfections=["c2c", "adc"], progress=False)
    assert float(two.metric_loss[0, 0]) == float(result.metric_loss[0, 0])


@pytest.mark.slow
def test_drift_is_an_imperfection_where_time_passes_alone(model, data):
    chip = chip_of(model, data, dac=None, adc=None, wires=None, error=0.0)
    now, later = (
        mt.attribute(chip, [data], time=time, imperfections=["read", "drift"], progress=False)
        for time in ("0 s", "1 y")
    )
    assert list(now.imperfection.values) == ["read noise"]
    assert list(later.imperfection.values) == ["read noise", "drift"]
    mt.program(chip)
    at_the_end = mt.evaluate(chip, [data], times=["1 y"], progress=False)
    assert float(later.real_metric[0, 0]) == pytest.approx(100 * float(at_the_end.accuracy[0, 0]))


def test_the_model_stays_as_it_was_and_a_result_can_be_stored(model, data, cli, tmp_path):
    chip = chip_of(model, data, wires=None, error=0.0)
    before = chip[0].hardware
    result = mt.attribute(chip, [data], imperfections=["dac", "adc"], progress=False)
    assert chip[0].hardware is before and not chip[0].programmed
    ms.save(result, "limits.nc")
    out = cli("show", "limits.nc").out
    assert "Sequential, pcm-joshi2020: accuracy" in out and "DAC" in out
    assert cli("plot", "limits.nc", "-o", "limits.png").code == 0


def test_a_metric_of_the_user_is_attributed(model, data):
    chip = chip_of(model, data, wires=None, error=0.0)

    def margin(outputs, labels):
        chosen = outputs.gather(1, labels[:, None])[:, 0]
        return chosen - outputs.sum(1) + chosen

    result = mt.attribute(chip, [data], imperfections=["adc"], metric=margin, progress=False)
    assert result.attrs["metric"] == "margin"
    assert float(result.loss_share[0, 0, 0]) == float(result.metric_loss[0, 0]) != 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"imperfections": ["adcs"]}, "unknown imperfection 'adcs'; did you mean 'adc'"),
        ({"imperfections": ["stuck"]}, "the hardware has none of these"),
        ({"repeats": 0}, "repeats: 0 is not a whole number"),
        ({"compensations": "global"}, "unknown setting; did you mean 'compensation'"),
    ],
)
def test_mistakes_end_in_one_line(arguments, says, model, data):
    with pytest.raises(InputError, match=says):
        mt.attribute(chip_of(model, data), [data], progress=False, **arguments)
