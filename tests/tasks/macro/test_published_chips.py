"""Macros of published chips against equations that are written here again, and against the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from neurram import NEURRAM

import memsim as ms

ONE_PHASE = ((7, 5, 0.452, 11.33), (8, 6, 0.261, 9.12))
MOST = (5.5, 3.1, 3.6, 3.4, 4.5)
"""Mean deviations of the eight rows, rounded up [%]."""


def neurram(bits_out: int, bits_in: int, one_phase: bool) -> tuple[float, float, float, float, float]:
    """The model of the chip: the three parts [fJ/op], throughput [TOPS] and efficiency [TOPS/W]."""
    n = max(1, bits_in - 1)
    phases = [n] if n <= 3 or one_phase else [math.ceil(n / 2), math.floor(n / 2)]
    steps = sum(2**p - 1 for p in phases)
    resolved, before = 0, 0
    for p in phases:
        resolved += bits_out - before
        before += p
    operations = 65_536
    lines = 256 * n * (48e-15 + 256 * 2.1e-15) * 1.8**2 / operations
    neuron = 256 * (1.2 * n + 0.25 * steps + 0.4 * resolved) * 1e-12 / operations
    pulses = 3.84e-15 * n
    time = (0.27 * steps + 0.3 * resolved + 0.3 * len(phases)) * 1e-6
    energy = lines + neuron + pulses
    return lines * 1e15, neuron * 1e15, pulses * 1e15, 48 * operations / time / 1e12, 1 / energy / 1e12


@pytest.fixture(scope="module")
def chip():
    return ms.run("neurram-energy-01")


def measured(chip, bits_out: int, bits_in: int, one_phase: bool) -> tuple[float, float, float, float, float]:
    one = chip.sel(macro=f"out {bits_out}, in {bits_in}" + (", one phase" if one_phase else ""))
    parts = 1e15 * one.macro_operation_energy_part
    neuron = parts.sel(part=["integrator", "sample-hold", "ADC", "shift-add"]).sum()
    energies = float(parts.sel(part="gate lines")), float(neuron), float(parts.sel(part="cells"))
    return *energies, 1e-12 * float(one.macro_rate), 1e-12 * float(one.macro_efficiency)


@pytest.mark.parametrize(
    ("bits_out", "bits_in", "one_phase"),
    [*((row[0], row[1], False) for row in NEURRAM), *((row[0], row[1], True) for row in ONE_PHASE)],
)
def test_neurram_follows_the_equations_of_its_model(chip, bits_out, bits_in, one_phase):
    assert measured(chip, bits_out, bits_in, one_phase) == pytest.approx(
        neurram(bits_out, bits_in, one_phase), rel=1e-9
    )


def test_neurram_is_as_close_to_its_published_numbers_as_its_constants_allow(chip):
    deviations = np.array(
        [
            [
                100 * abs(value / known - 1)
                for value, known in zip(measured(chip, *row[:2], False), row[2:], strict=True)
            ]
            for row in NEURRAM
        ]
    )
    assert (deviations.mean(axis=0) < MOST).all()
    assert deviations.max() < 18
    for bits_out, bits_in, rate, efficiency in ONE_PHASE:
        *_, own_rate, own_efficiency = measured(chip, bits_out, bits_in, True)
        assert own_rate == pytest.approx(rate, rel=0.09) and own_efficiency == pytest.approx(efficiency, rel=0.11)


def test_a_core_of_neurram_has_its_published_area(chip):
    areas = chip.macro_area_part.isel(macro=0) / 48 * 1e6
    total = float(chip.macro_area[0]) / 48 * 1e6
    neuron = areas.sel(part=["integrator", "sample-hold", "ADC", "shift-add"]).sum()
    assert total == pytest.approx(1.16, rel=0.01)
    assert float(areas.sel(part="cells")) == pytest.approx(0.139, rel=0.01)
    assert float(neuron) == pytest.approx(256 * 1270e-6)
    shares = [float(value) / total for value in (neuron, areas.sel(part="gate lines"), areas.sel(part="cells"))]
    assert shares == pytest.approx([0.28, 0.21, 0.12], abs=0.005)


@pytest.fixture(scope="module")
def isaac():
    return ms.run("isaac-01")


def test_power_of_the_parts_of_an_isaac_unit_and_tile_is_that_of_its_authors(isaac):
    unit = isaac.macro_power_part.sel(macro="IMA") * 1e3
    # Eight arrays of 128 x 128, an input step of 100 ns: 200 pJ of converters, 50 pJ of DACs and 30 pJ of cells each.
    known = {
        "ADC": 8 * 200e-12 / 100e-9 * 1e3,
        "DAC": 8 * 50e-12 / 100e-9 * 1e3,
        "cells": 8 * 30e-12 / 100e-9 * 1e3,
        "register": 1.24,
        "shift-add": 0.2,
        "sample-hold": 0.01,
        "control": 0.23,
    }
    assert [known["ADC"], known["DAC"], known["cells"]] == pytest.approx([16, 4, 2.4])
    for part, power in known.items():
        assert float(unit.sel(part=part)) == pytest.approx(power, rel=0.01), part
    assert float(isaac.macro_power.sel(macro="IMA")) == pytest.approx(24.08e-3, rel=0.01)
    tile = isaac.macro_power.sel(macro="Tile")
    assert float(tile) == pytest.approx(12 * 24.08e-3 + 20.7e-3 + 7e-3 + 42e-3 / 4 + 2.65e-3, rel=0.01)
    assert float(isaac.macro_power_part.sel(macro="Tile", part="ADC") / tile) == pytest.approx(0.58, abs=0.005)
    assert float(isaac.macro_power.sel(macro="Chip")) == pytest.approx(168 * 0.3298 + 10.4, rel=0.01)


def test_a_multiplication_of_isaac_takes_sixteen_steps_in_eight_columns(isaac):
    # A unit has 8 x 128 x 16 weights of 16 bits, and a product takes 16 steps of 100 ns.
    for name, watts, units, energy in (
        ("IMA", 24.08e-3, 1, 2.35),
        ("Tile", 329.8e-3, 12, 2.68),
        ("Chip", 65.8, 2016, 3.19),
    ):
        one = isaac.sel(macro=name)
        by_hand = watts * 16 * 100e-9 / (units * 8 * 128 * 16)
        assert by_hand * 1e12 == pytest.approx(energy, rel=0.002)
        assert float(one.macro_time) == pytest.approx(1.6e-6)
        assert 2 * float(one.macro_operation_energy) == pytest.approx(by_hand, rel=0.01)
    assert float(isaac.macro_efficiency.sel(macro="Chip")) == pytest.approx(0.63e12, rel=0.01)


def test_areas_of_isaac_are_those_of_its_authors(isaac):
    assert 1e6 * isaac.macro_area.sel(macro=["Tile", "Chip"]).values == pytest.approx([0.372, 85.4], rel=0.01)


def test_parts_that_an_experiment_leaves_out_are_not_in_its_numbers(isaac):
    assert np.isnan(isaac.macro_energy_part.sel(macro="IMA", part=["buffer", "other", "link"])).all()
    assert "the experiment leaves out: buffer, other, link (IMA)" in isaac.attrs["notes"]


@pytest.mark.parametrize(("name", "rate", "efficiency"), [("One phase", 63.1, 9.76), ("Four phases", 16.1, 2.48)])
def test_hermes_is_within_two_percent_of_its_published_numbers(name, rate, efficiency):
    one = ms.run("hermes-01").sel(macro=name)
    phases = {"One phase": 1, "Four phases": 4}[name]
    operations = 64 * 256 * 256 * 2
    assert float(one.macro_rate) == pytest.approx(operations / (phases * 131.5e-9))
    assert float(one.macro_efficiency) == pytest.approx(operations / (64 * phases * 13.3e-9))
    assert 1e-12 * float(one.macro_rate) == pytest.approx(rate, rel=0.02)
    assert 1e-12 * float(one.macro_efficiency) == pytest.approx(efficiency, rel=0.02)
    assert float(one.macro_energy_part.sel(part="control")) == float(one.macro_energy)
