"""Models of converters against their equations, written out again here, and against published figures."""

from __future__ import annotations

import math

import pytest

from memsim.energy.components import components_from_text
from memsim.energy.components.adc import ADC_MODELS, Bound, Fixed, Regression, Sar, Step, Survey
from memsim.errors import InputError

NODES = (130, 65, 32, 22, 14)
# Energy [pJ] of 4, 6, 8 and 10 bits, and area of 8 bits [um^2], at 1e8/s, as tabulated from the regression.
PRINTED = {
    130: ("12.9", "14.8", "23.9", "46", "35000"),
    65: ("3.5", "4.0", "6.5", "12.5", "11900"),
    32: (".92", "1.06", "1.71", "3.3", "3900"),
    22: (".46", ".53", ".85", "1.63", "2200"),
    14: (".20", ".23", ".36", ".70", "1100"),
}
# Power of NeuroSim's converter [uW]: a of each bit, and c; and energy of 8 bits [pJ].
NEUROSIM = {
    130: (8.45, 65.2, "1.2"),
    65: (3.75, 25.8, ".50"),
    32: (1.13, 8.90, ".16"),
    22: (0.538, 4.38, ".078"),
    14: (0.313, 2.57, ".046"),
    7: (0.106, 0.885, ".016"),
}


def half_of_last_digit(printed: str) -> float:
    """Half of the last digit of a printed number, and a little more, since some were rounded twice."""
    return 0.55 * 10.0 ** -len(printed.partition(".")[2])


def regression(bits: int, nanometres: float, rate: float) -> tuple[float, float]:
    """Energy [pJ] and area [um^2] of the regression, written independently."""
    figure = 213.78 - 2.8719 * math.log(rate)
    figure = min(figure, 128.31 + 3.2205 * math.ceil(bits))
    energy = 0.5 * 10 ** ((6.02 * bits + 1.76 - figure) / 10) * math.e**24.5794 * nanometres**1.88 * bits**-2.8291
    return energy, math.e**1.3462 * nanometres**0.9933 * rate**0.1807 * energy**0.2991


@pytest.mark.parametrize("node", NODES)
def test_the_regression_gives_the_printed_energies_and_areas(node):
    *energies, area = PRINTED[node]
    for bits, printed in zip((4, 6, 8, 10), energies, strict=True):
        energy = Regression().conversion(bits, node * 1e-9).energy * 1e12
        assert energy == pytest.approx(float(printed), abs=half_of_last_digit(printed)), bits
    assert Regression().conversion(8, node * 1e-9).area * 1e12 == pytest.approx(float(area), rel=0.02)


@pytest.mark.parametrize("rate", [1e6, 1e8, 5e9, 4e10])
@pytest.mark.parametrize("bits", [1, 4, 8, 12])
def test_the_regression_is_its_equation(bits, rate):
    for node in NODES:
        conversion = Regression(rate=rate).conversion(bits, node * 1e-9)
        energy, area = regression(bits, node, rate)
        assert conversion.energy == pytest.approx(energy * 1e-12, rel=1e-12)
        assert conversion.area == pytest.approx(area * 1e-12, rel=1e-12)
        assert conversion.time == pytest.approx(1 / rate)


def test_the_regression_lies_within_its_uncertainty_of_published_converters_of_arrays():
    published = [(8, 32, 1.2e9, 1.56e-12), (9, 32, 1.2e9, 2.58e-12), (8, 32, 1.2e9, 3.1e-3 / 1.2e9)]
    for bits, node, rate, energy in published:
        ratio = Regression(rate=rate).conversion(bits, node * 1e-9).energy / energy
        assert 1 / Regression.factor < ratio < Regression.factor, (bits, node)


def test_the_survey_is_the_median_of_its_regression():
    assert Survey.factor == pytest.approx(13.3, abs=0.05)
    conversion = Survey(rate=1e8, year=2022).conversion(8, 28e-9)
    logarithm = -8.93 + 0.674 * 8 + 0.470 * math.log(28) + 0.208 * math.log(1e8) - 0.200 * 2
    assert math.log(conversion.energy * 1e12) == pytest.approx(logarithm)
    assert conversion.area is None and conversion.time == pytest.approx(1e-8)


def test_medians_of_converters_since_2015_lie_within_the_spread_of_the_survey():
    for bits, median in ((5, 2.0), (6, 4.3), (7, 3.1), (8, 7.4), (10, 19)):
        energy = Survey(rate=1e8).conversion(bits, 28e-9).energy * 1e12
        assert 1 / Survey.factor**0.5 < energy / median < Survey.factor**0.5, bits


def test_the_bound_of_8_bits_is_35_femtojoules_below_a_gigahertz():
    for rate in (2e8, 1e9):
        assert Bound(rate=rate).conversion(8, None).energy * 1e12 == pytest.approx(0.035, abs=0.0005)
    for rate, merit in ((1e7, 182.3), (1e8, 182.3), (5e8, 181.5), (5e9, 173.3), (1e10, 173.3)):
        expected = 10 ** ((6.02 * 8 + 1.76 - merit) / 10) / 2
        assert Bound(rate=rate).conversion(8, None).energy == pytest.approx(expected)
    assert Bound(rate=1e3, merit=170.0).conversion(8, None).energy == pytest.approx(10 ** ((49.92 - 170) / 10) / 2)


def test_no_regression_is_below_the_bound_up_to_10_bits():
    for bits in range(2, 11):
        least = Bound(rate=1e8).conversion(bits, None).energy
        for node in (130e-9, 32e-9, 14e-9):
            assert Regression(rate=1e8).conversion(bits, node).energy > least
            assert Survey(rate=1e8).conversion(bits, node).energy > least


@pytest.mark.parametrize("rate", [1e6, 2e10])
def test_a_rate_without_a_best_figure_of_merit_is_refused(rate):
    with pytest.raises(InputError, match=r"rate: .* is beyond the rates .* allowed: 10 MHz to 10 GHz, or any with"):
        Bound(rate=rate)


@pytest.mark.parametrize("node", NEUROSIM)
def test_successive_approximation_gives_the_printed_energies(node):
    slope, fixed, printed = NEUROSIM[node]
    conversion = Sar().conversion(8, node * 1e-9)
    assert conversion.energy * 1e12 == pytest.approx(float(printed), abs=half_of_last_digit(printed))
    assert conversion.time == pytest.approx(9e-9)
    for bits in (4, 6, 10):
        expected = (slope * bits + fixed) * 1e-6 * (bits + 1) * 1e-9
        assert Sar().conversion(bits, node * 1e-9).energy == pytest.approx(expected, rel=2e-3)


def test_successive_approximation_is_about_ten_times_below_the_regression():
    for node in NODES:
        ratio = Regression().conversion(8, node * 1e-9).energy / Sar().conversion(8, node * 1e-9).energy
        assert 5 < ratio < 25


def test_successive_approximation_is_not_extrapolated():
    with pytest.raises(InputError, match="5 nm is beyond the tabulated nodes; allowed: 7 nm to 130 nm"):
        Sar().conversion(8, 5e-9)


@pytest.mark.parametrize("name", ["regression", "survey", "sar"])
def test_a_model_that_depends_on_the_node_needs_one(name):
    table = components_from_text(
        f"name: a\ntitle: A\nstatus: assumed\ncomponents: {{adc: {{model: {name}}}}}\n", "my.yaml"
    )
    with pytest.raises(InputError, match=f"component 'adc' of table 'a': the model '{name}' needs a node; give"):
        table.at().adc.conversion(8)


def test_a_fixed_converter_costs_as_much_for_fewer_bits_and_refuses_more():
    model = entry("{model: fixed, energy: 1.5 pJ, bits: 8, time: 2 ns, area: 900 um^2}")
    assert model.conversion(8) == model.conversion(3)
    assert model.conversion(3).energy == 1.5e-12 and model.conversion(3).time == 2e-9
    assert model.conversion(3).area == pytest.approx(9e-10)
    with pytest.raises(InputError, match="component 'adc' of table 'a': its values hold for up to 8 bits, not for 9"):
        model.conversion(9)
    with pytest.raises(InputError, match="0 bits; allowed: at least 1"):
        model.conversion(0)


def test_a_rate_of_conversions_states_the_time_of_one():
    assert entry("{model: fixed, energy: 1.5 pJ, bits: 8, rate: 200 MHz}").conversion(8).time == pytest.approx(5e-9)
    with pytest.raises(InputError, match="'time' and 'rate' state the same; write one of them"):
        entry("{model: fixed, energy: 1.5 pJ, bits: 8, rate: 200 MHz, time: 5 ns}")


def test_a_step_converter_costs_a_step_for_each_bit():
    model = entry("{model: step, energy: 0.3 pJ, time: 300 ns, area: 400 um^2}")
    for bits in (1, 3, 8):
        assert model.conversion(bits).energy == pytest.approx(bits * 0.3e-12)
        assert model.conversion(bits).time == pytest.approx(bits * 300e-9)
        assert model.conversion(bits).area == pytest.approx(4e-10)


def test_every_model_says_its_name_and_what_it_leaves_out():
    assert list(ADC_MODELS) == ["fixed", "step", "regression", "survey", "bound", "sar"]
    assert (Fixed.factor, Step.factor, Regression.factor, Bound.factor, Sar.factor) == (None, None, 4.0, None, 10.0)
    assert [name for name, model in ADC_MODELS.items() if model.lower_bound] == ["bound"]
    assert Sar().conversion(8, 32e-9).area is None


def entry(adc: str):
    """The converter of a table with this entry, at 32 nm."""
    text = f"name: a\ntitle: A\nstatus: assumed\nuncertainty: 2\nnode: 32 nm\ncomponents: {{adc: {adc}}}\n"
    return components_from_text(text, "my.yaml").at().adc
