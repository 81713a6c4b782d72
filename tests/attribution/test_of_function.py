"""Attribution of functions of settings: shares of known losses, labels, files, and mistakes."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError

IMPERFECTIONS = {"ADC": {"adc": 8}, "noise": {"sigma": 0.1}, "wires": {"ohm": 2.0, "drivers": 3.0}}
IDEAL = {"adc": None, "sigma": 0.0, "ohm": 0.0, "drivers": 0.0}


def accuracy(settings):
    """0.9 without imperfections; the ADC costs 0.1, noise 0.2, wires 0.05, and noise and wires together 0.06 more."""
    lost = 0.1 * (settings["adc"] is not None) + 2 * settings["sigma"] + 0.025 * settings["ohm"]
    more = 0.1 * settings["sigma"] * settings["ohm"] * settings["drivers"]
    return 0.9 - lost - more


def test_shares_of_a_known_loss():
    result = ms.attribute(accuracy, IMPERFECTIONS, IDEAL, metric="accuracy")
    shares = dict(zip(result.imperfection.values, result.loss_share_mean.values[0], strict=True))
    assert shares == pytest.approx({"ADC": 0.1, "noise": 0.2 + 0.03, "wires": 0.05 + 0.03})
    assert float(result.metric_loss[0, 0]) == pytest.approx(0.41)
    assert result.improvement_mean.values[0] == pytest.approx([0.1, 0.26, 0.11])
    assert result.loss_alone_mean.values[0] == pytest.approx([0.1, 0.2, 0.05])
    assert float(result.ideal_metric[0, 0]) == 0.9


def test_smaller_metrics_can_be_the_better_ones():
    result = ms.attribute(lambda s: 1 - accuracy(s), IMPERFECTIONS, IDEAL, better="lower")
    assert result.loss_share_mean.values[0] == pytest.approx([0.1, 0.23, 0.08])


def test_repeats_have_intervals_and_shares_of_their_own():
    def values(settings):
        return accuracy(settings) * np.array([1.0, 0.9, 1.1])

    result = ms.attribute(values, IMPERFECTIONS, IDEAL)
    assert result.loss_share.shape == (1, 3, 3)
    np.testing.assert_allclose(result.loss_share.sum("imperfection"), result.metric_loss, rtol=1e-12)
    low, high = result.loss_share_interval.values[0, 0]
    assert low < 0.1 < high
    single = ms.attribute(accuracy, IMPERFECTIONS, IDEAL)
    assert np.isnan(single.loss_share_interval).all()


def test_more_than_eight_imperfections_are_sampled_and_still_add_up():
    costs = np.linspace(0.01, 0.1, 12)
    players = {f"part {i}": {f"x{i}": 1} for i in range(12)}

    def value(settings):
        present = np.array([settings.get(f"x{i}", 0) for i in range(12)])
        return 1 - float(present @ costs) - 0.1 * float(present[0] * present[1])

    result = ms.attribute(value, players)
    assert result.attrs["orders"] == "50 pairs"
    assert float(result.loss_share.sum()) == pytest.approx(float(result.metric_loss[0, 0]))
    expected = costs + 0.05 * np.isin(np.arange(12), (0, 1))
    # An order and its reverse together are exact for effects of two.
    np.testing.assert_allclose(result.loss_share_mean.values[0], expected, atol=1e-12)
    assert result.sizes["combination"] < 1200


def test_what_acts_on_another_one_never_exists_without_it():
    def value(settings):
        assert "noise" not in settings or "pulses" in settings
        return -1.0 * ("pulses" in settings) - 2.0 * ("noise" in settings)

    result = ms.attribute(value, {"noise": {"noise": 1}, "pulses": {"pulses": 1}}, after={"noise": "pulses"})
    assert result.loss_share_mean.values[0] == pytest.approx([2.0, 1.0])
    assert np.isnan(result.loss_alone_mean.values[0, 0])
    assert result.improvement_mean.values[0] == pytest.approx([2.0, 3.0])


def test_each_combination_is_computed_once():
    calls = []

    def value(settings):
        calls.append(tuple(sorted(settings.items())))
        return 0.0

    ms.attribute(value, {name: {name: 1} for name in "abcd"}, orders=40)
    assert len(calls) == len(set(calls)) == 16


def test_a_result_can_be_stored_shown_and_drawn(cli, tmp_path):
    ms.save(ms.attribute(accuracy, IMPERFECTIONS, IDEAL, metric="accuracy"), "parts.nc")
    stored = ms.load("parts.nc")
    assert stored.attrs["metric"] == "accuracy"
    out = cli("show", "parts.nc").out
    assert "To improve first: noise (gain 0.26)" in out and "all is ideal" in out
    assert cli("plot", "parts.nc", "-o", "parts.png").code == 0
    assert "is an attribution, not the result of an experiment" in cli("run", "parts.nc").refusal()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"imperfections": {}}, "imperfections: none are given"),
        ({"imperfections": {"a": {"x": 1}, "b": {"x": 2}}}, "'b' and 'a' both set 'x'"),
        ({"imperfections": {"a": 3}}, r"imperfections\['a'\]: 3 is not allowed"),
        ({"imperfections": {"": {"x": 1}}}, "'' is not allowed as a name"),
        ({"function": 3}, "function: 3 is not allowed"),
        ({"better": "larger"}, "better"),
        ({"orders": 1}, "orders: 1 is not a whole number from 2"),
        ({"after": {"ADC": "noise", "wires": "noise"}}, "two imperfections follow 'noise'"),
        ({"after": {"ADC": "noise", "noise": "ADC"}}, "in a circle"),
        ({"after": {"ADC": "nois"}}, "unknown imperfection 'nois'; allowed: ADC, noise, wires"),
        ({"function": lambda s: float("nan")}, "must return a finite number"),
        ({"function": lambda s: "many"}, "must return a finite number"),
        ({"function": lambda s: [1.0] * (1 + (s["adc"] is None))}, "returned 1 numbers with ADC, but 2 before"),
        ({"function": lambda s: 1j}, "complex"),
    ],
)
def test_mistakes_end_in_one_line(arguments, says):
    whole = {"function": accuracy, "imperfections": IMPERFECTIONS, "ideal": IDEAL} | arguments
    with pytest.raises(InputError, match=says):
        ms.attribute(**whole)
