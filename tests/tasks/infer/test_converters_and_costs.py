"""Networks from files: what exceeds the range of converters, and reads, conversions and energies counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

import memsim as ms
from memsim.energy.activity import read_activity
from memsim.energy.architecture import Architecture
from memsim.energy.stored import layers_of
from memsim.exchange.converter_counts import ConverterCounts

IMAGES = 20
TILE = [32, 16]
"""Word lines and bit lines of a tile."""
LAYERS = {
    # rows, outputs, reads of an image: two convolutions of 3 x 3 of 8 x 8 and 4 x 4 pixels, and a dense layer
    "0.convolution": (1 * 9, 8, 8 * 8),
    "4.convolution": (8 * 9, 16, 4 * 4),
    "10.dense": (16 * 2 * 2, 10, 1),
}
ENERGY = {"components": "generic", "node": "22 nm"}


def run(array, **changes):
    network = {"weights": "digits-cnn", "preprocessing": {"layout": "NCHW"}}
    learners = [{"name": "A", "network": network, "array": array}]
    keys = {"data.samples": 5 * IMAGES, "repeats": 2, "learners": learners, **changes}
    return ms.run(ms.load_experiment("infer-01").replace(keys))


def layers(result, repeat=0):
    """Events of the layers of the one learner."""
    counts, sums = result.event_count.values[0, repeat], result.event_sum.values[0, repeat]
    return layers_of(counts, sums, str(result.circuits.values[0]), "the result")


@pytest.fixture(scope="module")
def result():
    return run({"device": "ideal", "dac": {"bits": 6}, "adc": {"bits": 6}, "tile": TILE})


@pytest.mark.parametrize("name", list(LAYERS))
def test_reads_and_conversions_are_those_of_a_count_by_hand(result, name):
    rows, outputs, positions = LAYERS[name]
    row_tiles, line_tiles = -(-rows // TILE[0]), -(-2 * outputs // TILE[1])
    for repeat in range(2):
        layer = layers(result, repeat)[name]
        counts = layer.counts["inference"]
        activity = read_activity(layer.circuit, counts, Architecture())
        assert counts.reads == IMAGES * positions
        assert activity.dac_conversions == IMAGES * positions * rows * line_tiles
        assert activity.adc_conversions == IMAGES * positions * outputs * row_tiles
        assert layer.circuit.operations == 2 * rows * outputs
        assert layer.circuit.cells == 2 * rows * outputs
    assert result.inference_images.item() == IMAGES


def test_word_lines_are_driven_by_inputs_other_than_0():
    result = run({"device": "ideal"})
    images = ms.load_labelled("digits", samples=5 * IMAGES).test.pixels
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    counts = layers(result)["0.convolution"].counts["inference"]
    assert int(counts.drives.sum()) == np.count_nonzero(patches)


def test_energy_of_converters_is_that_of_their_conversions():
    """Two arrays that differ in the tile alone have ADCs of the same energy for each conversion."""
    array = {"device": "ideal", "dac": {"bits": 6}, "adc": {"bits": 6}}
    costs, conversions = [], []
    for tile in (None, TILE):
        result = run({**array, "tile": tile}, energy=ENERGY)
        costs.append(result.phase_energy_part.sel(phase="inference", part="ADC").item())
        conversions.append(
            sum(
                reads * outputs * (1 if tile is None else -(-rows // TILE[0]))
                for rows, outputs, reads in LAYERS.values()
            )
        )
    assert conversions[1] > conversions[0]
    assert costs[0] / conversions[0] == pytest.approx(costs[1] / conversions[1], rel=1e-12)


def test_costs_of_a_run_are_those_that_are_computed_from_its_events(result):
    stated = run({"device": "ideal", "dac": {"bits": 6}, "adc": {"bits": 6}, "tile": TILE}, energy=ENERGY)
    later = ms.cost(result, "generic", node="22 nm")
    for name in ("phase_energy", "inference_energy_mean", "phase_time", "array_area"):
        np.testing.assert_array_equal(later[name], stated[name])
    assert "phase_energy" not in result
    np.testing.assert_array_equal(result.test_accuracy, stated.test_accuracy)
    energy = later.phase_energy.sel(phase="inference")
    np.testing.assert_allclose(energy.mean("repeat"), later.phase_energy_part.sel(phase="inference").sum("part"))


def test_digital_layers_have_no_events():
    part = run({"device": "ideal"}, **{"network.exclude": ["4.convolution"]})
    assert list(layers(part)) == ["0.convolution", "10.dense"]


def test_later_times_add_no_inferences():
    aged = run({"device": "pcm-joshi2020"}, times=["1 h", "1 y"])
    assert layers(aged)["10.dense"].counts["inference"].reads == IMAGES


@pytest.mark.slow
def test_costs_of_a_stored_result_are_printed(cli):
    few = ("--set", "data.samples=60", "--set", "repeats=1", "--no-figure")
    assert cli("run", "infer-01", *few).code == 0
    outcome = cli("cost", "results/infer-01.nc", "--components", "generic", "--node", "22 nm")
    assert outcome.code == 0, outcome.err
    assert "One inference" in outcome.out and "TOPS/W" in outcome.out
    shown = cli("run", "infer-01", *few, "--set", f"energy={json.dumps(ENERGY)}").out
    assert "One inference" in shown and "saturated" in shown


# Converters


def test_a_small_range_clips_inputs_and_saturates_outputs():
    small = {"device": "ideal", "dac": {"bits": 6}, "adc": {"bits": 6, "range": 0.01}}
    narrow, wide = run(small), run({**small, "adc": {"bits": 6, "range": 1000}})
    assert (narrow.layer_saturated_outputs > 0.1).all() and (wide.layer_saturated_outputs == 0).all()
    calibrated = run({"device": "ideal", "dac": {"bits": 6}}, calibration=1)
    assert calibrated.layer_clipped_inputs.max() > 0 and calibrated.layer_saturated_outputs.isnull().all()
    assert run({"device": "ideal"}).layer_clipped_inputs.isnull().all()


def test_inputs_are_clipped_beyond_the_range_on_either_side():
    x = np.array([-2.0, -1.0, -0.1, 0.0, 1.0, 1.1])
    for polarity, clipped in (("bipolar", 2), ("phases", 2), ("offset", 2), ("unsigned", 4)):
        counts = ConverterCounts()
        counts.add_inputs(x, ms.DAC(6, range=0.5, polarity=polarity), gain=0.5)
        assert (counts.inputs, counts.clipped) == (6, clipped)
        assert counts.clipped_share == clipped / 6 and np.isnan(counts.saturated_share)
    counts.add_outputs([np.array([True, False]), np.array([False, False])])
    assert counts.saturated_share == 0.25
