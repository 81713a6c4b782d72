"""Costs of a digital processor against numbers worked out by hand."""

from __future__ import annotations

import pytest

from memsim.energy.components import components_from_text, load_components
from memsim.energy.digital import DIGITAL_PARTS, DigitalPrices, Processor, Products, inference_work, training_work
from memsim.errors import InputError

TABLE = """\
name: round-numbers
title: Round numbers
source: ours
sources: {ours: {cite: Our measurements}}
status: measured
node: 65 nm
components:
  digital:
    mac: {bits: 8, energy: 2 pJ, area: 100 um^2, time: 1 ns, uncertainty: 2}
    weight_memory: {energy: 0.5 pJ, area: 1 um^2, uncertainty: 4}
    activation_memory: {energy: 0.25 pJ}
"""
LINEAR = Products(macs=30, weights=30, inputs=10, outputs=3)
CONVOLUTION = Products(macs=16 * 27 * 4, weights=27 * 4, inputs=3 * 6 * 6, outputs=4 * 16)


def prices(text: str = TABLE, **settings: int) -> DigitalPrices:
    return DigitalPrices(components_from_text(text).at(None), Processor(**settings))


def test_an_inference_multiplies_reads_weights_once_and_moves_each_activation_once():
    energies = prices().energies(inference_work(LINEAR, Processor()))
    assert energies == pytest.approx({"mac": 60e-12, "weights": 30 * 8 * 0.5e-12, "activations": 13 * 8 * 0.25e-12})


def test_a_convolution_reads_a_weight_once_for_all_its_positions():
    energies = prices().energies(inference_work(CONVOLUTION, Processor()))
    assert energies["mac"] == pytest.approx(1728 * 2e-12)
    assert energies["weights"] == pytest.approx(108 * 8 * 0.5e-12)
    assert energies["activations"] == pytest.approx((108 + 64) * 8 * 0.25e-12)


def test_a_batch_reads_a_weight_once_for_all_its_samples():
    work = inference_work(LINEAR, Processor(batch=5), samples=20)
    assert (work.macs, work.weight_bits, work.activation_bits) == (600, 4 * 30 * 8, 20 * 13 * 8)


def test_a_step_of_training_multiplies_three_times_and_moves_weights_four_times():
    work = training_work(LINEAR, Processor(batch=4), samples=4)
    assert work.macs == 3 * 4 * 30
    assert work.weight_bits == 4 * 30 * 8
    # forward 10 + 3; by the inputs 3 + 10; by the weights 10 + 3
    assert work.activation_bits == 4 * 39 * 8


def test_a_first_layer_needs_no_gradient_by_its_inputs():
    work = training_work(LINEAR, Processor(), by_inputs=False)
    assert (work.macs, work.weight_bits, work.activation_bits) == (60, 3 * 30 * 8, 26 * 8)


def test_updates_after_each_sample_move_the_weights_for_each_sample():
    together = training_work(LINEAR, Processor(batch=50), samples=50)
    one_by_one = training_work(LINEAR, Processor(batch=1), samples=50)
    assert one_by_one.weight_bits == 50 * together.weight_bits
    assert one_by_one.macs == together.macs


def test_time_is_that_of_the_units_and_area_that_of_units_and_memories():
    of_units = prices(units=4)
    assert of_units.seconds(inference_work(LINEAR, of_units.processor)) == pytest.approx(
        8e-9
    )  # 30 products in steps of 4
    areas = of_units.areas([LINEAR, CONVOLUTION])
    assert areas == pytest.approx({"mac": 400e-12, "weights": (30 + 108) * 8 * 1e-12})


def test_deviations_of_parts_add_up_as_squares():
    values = {"mac": 60e-12, "weights": 120e-12, "activations": 26e-12}
    low, high = prices().interval(values)
    assert low == pytest.approx(206e-12 - (30e-12**2 + 90e-12**2) ** 0.5)
    assert high == pytest.approx(206e-12 + (60e-12**2 + 360e-12**2) ** 0.5)


def test_work_adds_up():
    one, other = inference_work(LINEAR, Processor()), inference_work(CONVOLUTION, Processor())
    of_table = prices()
    first, second = of_table.energies(one), of_table.energies(other)
    assert of_table.energies(one + other) == pytest.approx({part: first[part] + second[part] for part in DIGITAL_PARTS})


def test_the_shipped_table_has_a_processor_at_every_node():
    table = load_components("generic")
    energies = [
        sum(DigitalPrices(table.at(node), Processor()).energies(inference_work(LINEAR, Processor())).values())
        for node in table.nodes
    ]
    assert energies == sorted(energies)


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        (TABLE, {"bits": 16}, "component 'digital.mac' of table 'round-numbers': its values hold for up to 8 bits"),
        (TABLE.replace("energy: 2 pJ, ", ""), {}, "component 'digital.mac' of table 'round-numbers' has no energy"),
        (
            TABLE.replace("    activation_memory: {energy: 0.25 pJ}\n", ""),
            {},
            "table 'round-numbers' has no component 'digital.activation_memory'; it has: digital.mac",
        ),
        (TABLE, {"batch": 0}, "batch: 0 is not allowed; a whole number from 1"),
        (TABLE, {"units": 1.5}, "units: 1.5 is not allowed; a whole number from 1"),
        (TABLE, {"bits": True}, "bits: True is not allowed; a whole number from 1 to 64"),
    ],
)
def test_mistakes_are_one_line(text, settings, message):
    with pytest.raises(InputError, match=message) as error:
        prices(text, **settings)
    assert "\n" not in str(error.value)
