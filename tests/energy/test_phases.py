"""Reads in phases: integration steps, conversions, and what a converter that works bit by bit costs."""

from __future__ import annotations

import pytest

from memsim.energy.activity import Activity
from memsim.energy.architecture import Architecture
from memsim.energy.components import components_from_text
from memsim.energy.cost import Prices
from memsim.energy.phases import PhasedCircuit, phases_of
from memsim.errors import InputError

TABLE = """\
name: bare
title: A converter that resolves one bit after the other
status: assumed
uncertainty: 2
components:
  integrator: {energy: 1 pJ, time: 10 ns}
  adc: {model: step, energy: 1 pJ, time: 100 ns, start: 50 ns}
  shift_add: {energy: 1 fJ}
"""
CORE = """\
name: core
title: A whole core
status: assumed
uncertainty: 2
components:
  control: {energy: 1 nJ, time: 100 ns, covers: [cell, adc, dac]}
"""


def circuit(**settings):
    made = {
        "arrays": 1,
        "row_tiles": (4,),
        "line_tiles": (2,),
        "outputs": 2,
        "slices": 1,
        "dac_bits": None,
        "adc_bits": 8,
        "coding": "serial",
        "magnitude_bits": 5,
        "input_phases": 1,
        "share": 2,
        "read_voltage": 0.0,
        "read_duration": 0.0,
        "phases": (3, 2),
    }
    return PhasedCircuit(**{**made, **settings})


@pytest.mark.parametrize(("bits", "phases"), [(1, (1,)), (3, (3,)), (4, (2, 2)), (5, (3, 2)), (7, (4, 3))])
def test_more_than_three_bits_are_two_phases(bits, phases):
    assert phases_of(bits, False) == phases and phases_of(bits, True) == (bits,)


def test_a_phase_of_n_bits_takes_two_to_the_n_minus_one_steps():
    assert circuit().unit_steps == 7 + 3
    assert circuit(phases=(5,)).unit_steps == 31
    assert circuit(digital=True).unit_steps == 5
    assert circuit(coding="voltage").unit_steps == 1


def test_a_later_phase_resolves_the_bits_that_the_earlier_one_left():
    assert circuit().conversions == (8, 5)
    assert circuit(phases=(5,)).conversions == (8,)
    assert circuit(digital=True).conversions == (8,) * 5
    assert circuit(coding="width").conversions == (8,)
    assert circuit(adc_bits=None).conversions == ()


def test_conversions_take_their_start_and_their_bits_for_each_output_that_shares_a_converter():
    prices = Prices(components_from_text(TABLE).at(), Architecture())
    assert prices.read_time(circuit()) == pytest.approx(10 * 10e-9 + 2 * (2 * 50e-9 + 13 * 100e-9))
    assert prices.read_time(circuit(overlapped=True)) == pytest.approx(2 * (2 * 50e-9 + 13 * 100e-9))


def test_energy_of_a_converter_bit_by_bit_follows_the_bits_that_it_resolves():
    prices = Prices(components_from_text(TABLE).at(), Architecture())
    energies = prices.energies(circuit(), Activity(adc_conversions=4, resolved_bits=26, integration_steps=20), 0.0)
    assert energies["ADC"] == pytest.approx(26e-12) and energies["shift-add"] == pytest.approx(26e-15)
    assert energies["integrator"] == pytest.approx(20e-12)


def test_parts_that_the_control_of_a_whole_core_covers_cost_nothing_more():
    prices = Prices(components_from_text(CORE).at(), Architecture())
    activity = Activity(cells=1.0, dac_conversions=9, adc_conversions=9, resolved_bits=72, array_steps=3)
    assert prices.energies(circuit(coding="voltage", dac_bits=8), activity, 0.0) == {"control": pytest.approx(3e-9)}
    assert prices.read_time(circuit(coding="voltage")) == pytest.approx(100e-9)


def test_a_part_that_control_covers_has_no_entry_of_its_own():
    text = CORE + "  adc: {energy: 1 pJ, bits: 8}\n"
    with pytest.raises(InputError, match="'adc' has an entry of its own; its costs would count twice"):
        components_from_text(text)


def test_energies_of_a_table_lie_in_its_range_and_exact_ones_add_nothing():
    prices = Prices(components_from_text(TABLE).at(), Architecture())
    assert prices.interval({"ADC": 1.0, "cells": 5.0}) == pytest.approx((5.5, 7.0))
    assert prices.interval({"ADC": 1.0, "integrator": 1.0}) == pytest.approx((2 - 0.5**0.5, 2 + 2**0.5))
