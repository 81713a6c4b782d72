"""Layers on crossbars: patches, bias, calibration, addresses of reads, and counts of events."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

import memsim as ms
from memsim.arrays import CrossbarLayer, Events, Patches, ProgrammedLayer
from memsim.errors import InputError
from memsim.networks.convolution import Convolution
from memsim.philox import Occasion, Purpose, Scope

IMAGE = (2, 6, 7)
PATCHES = {
    "plain": Patches(IMAGE, (3, 3)),
    "stride": Patches(IMAGE, (3, 3), (2, 3), (1, 1)),
    "padding": Patches(IMAGE, (2, 3), (1, 2), (0, 2)),
    "dilation": Patches(IMAGE, (3, 2), (1, 1), (2, 0), (2, 3)),
    "one pixel": Patches(IMAGE, (1, 1)),
}
every_kind = pytest.mark.parametrize("patches", PATCHES.values(), ids=PATCHES)
TEST = Occasion(Purpose.TEST, 3)


def images(samples: int = 4) -> np.ndarray:
    return np.random.default_rng(1).random((samples, *IMAGE)).astype(np.float32)


def weights(rows: int, cols: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.normal(size=(rows, cols)), rng.normal(size=cols)


def noisy() -> ms.DeviceProfile:
    noise = {"sigma": "5 %", "relative_to": "range", "status": "assumed"}
    return ms.load_device("ideal").replace({"read.noise": noise})


def programmed(device="ideal", patches: Patches | None = None, rows: int = 20, **options) -> ProgrammedLayer:
    matrix, bias = weights(rows if patches is None else patches.rows)
    return ProgrammedLayer(matrix, bias, device, patches=patches, **{"dtype": "float64", "seed": 7} | options)


def convolved(x: np.ndarray, matrix: np.ndarray, bias: np.ndarray, patches: Patches) -> np.ndarray:
    """The convolution (sample, col, y, x) by its definition, in loops."""
    (channels, height, width), (high, wide) = IMAGE, patches.kernel
    kernel = matrix.T.reshape(-1, channels, high, wide)
    outputs = np.zeros((len(x), len(kernel), *patches.grid)) + bias[:, None, None]
    for down, along, i, j in itertools.product(*map(range, (*patches.grid, high, wide))):
        y = down * patches.stride[0] + i * patches.dilation[0] - patches.padding[0]
        z = along * patches.stride[1] + j * patches.dilation[1] - patches.padding[1]
        if 0 <= y < height and 0 <= z < width:
            outputs[:, :, down, along] += x[:, :, y, z] @ kernel[:, :, i, j].T
    return outputs


@every_kind
def test_an_ideal_crossbar_makes_the_convolution_of_its_weights(patches):
    x, (matrix, bias) = images(), weights(patches.rows)
    exact = convolved(x, matrix, bias, patches)
    layer = programmed(patches=patches)
    assert np.allclose(layer.exact(x), exact, atol=1e-6)
    assert np.allclose(layer.read(x, TEST), exact, atol=1e-6)
    assert layer.positions == np.prod(exact.shape[2:])


@pytest.mark.parametrize("kind", ["reference", "offset", ms.Mapping("pair", slices=3, slice_bits=8)])
@pytest.mark.parametrize("scales", ["layer", "column"])
def test_every_mapping_makes_the_convolution_of_its_weights(kind, scales):
    patches = PATCHES["stride"]
    x, (matrix, bias) = images(), weights(patches.rows)
    exact = convolved(x, matrix, bias, patches)
    device = ms.load_device("ideal").replace({"conductance.min": "30 uS"})
    layer = programmed(device, patches=patches, mapping=kind, scales=scales, bounds=(0.2, 0.9))
    assert np.allclose(layer.read(x, TEST), exact, atol=1e-5)
    assert np.allclose(layer.cell_weights, layer.targets, atol=1e-6)
    assert np.shape(layer.scale) == ((3,) if scales == "column" else ())


def test_a_correction_acts_before_the_share_of_the_middle_state_is_subtracted():
    """Cells that lost a third of their conductance, and outputs times 1.5, give the products again."""
    device = ms.load_device("ideal").replace({"conductance.min": "30 uS"})
    layer = programmed(device, mapping="offset", scales="column")
    x = np.random.default_rng(3).random((5, 20))
    exact, siemens = layer.read(x, noise=False), layer.crossbar.conductance.values
    weaker = ms.Crossbar.from_conductance(siemens / 1.5, device, dtype="float64", bounds=(-1.0, 2.0))
    weak = CrossbarLayer(weaker, bias=layer.bias, unit=layer.unit, mapping=layer.mapping)
    assert np.abs(weak.read(x, noise=False) - exact).max() > 0.1
    weak.correction = 1.5
    np.testing.assert_allclose(weak.read(x, noise=False), exact, rtol=1e-9, atol=1e-9)


def test_patches_in_blocks_are_the_same_patches(monkeypatch):
    layer, x = programmed(patches=PATCHES["stride"]), images()
    whole = layer.signal(x)
    monkeypatch.setattr("memsim.arrays.patches._BLOCK", 1)
    assert np.array_equal(layer.signal(x), whole)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2)])
def test_patches_are_those_of_a_convolution_of_a_network(kernel, stride):
    patches = Patches(IMAGE, (kernel, kernel), (stride, stride), (kernel // 2, kernel // 2))
    layer, x = Convolution(3, kernel, stride), images()
    matrix, bias = weights(patches.rows)
    parameters = {"weight": matrix.T.reshape(3, IMAGE[0], kernel, kernel), "bias": bias}
    outputs, _ = layer.forward(parameters, np.moveaxis(x, 0, -1).astype(float), None)
    assert np.allclose(programmed(patches=patches).exact(x), np.moveaxis(outputs, -1, 0), atol=1e-6)


def test_inputs_of_a_dense_layer_have_any_leading_axes_and_a_bias_row_behind_them():
    layer, (matrix, bias) = programmed(), weights(20)
    x = np.random.default_rng(3).random((2, 5, 20))
    assert layer.crossbar.shape == (21, 3)
    assert np.allclose(layer.read(x, noise=False), x @ matrix + bias, atol=1e-6)
    assert np.allclose(layer.weights, np.concatenate([matrix, bias[None]]), atol=1e-6)


def test_a_bias_above_the_weights_is_driven_with_more_voltage():
    matrix, _ = weights(20)
    bias = np.array([50.0, -20.0, 0.0])
    layer = ProgrammedLayer(matrix, bias, "ideal", dtype="float64")
    assert layer.scale == np.abs(matrix).max() and layer.bias == pytest.approx(50 / layer.scale)
    assert np.allclose(layer.read(np.zeros((1, 20)), noise=False), bias, atol=1e-6)
    assert ProgrammedLayer(matrix, None, "ideal").crossbar.shape == (20, 3)


def test_a_stack_of_crossbars_is_read_as_one_layer_for_each_array():
    crossbar = ms.Crossbar("ideal", 6, 2, arrays=3, initial=(0.0, 1.0), column="pair", dtype="float64")
    layer = CrossbarLayer(crossbar, bias=0.5, unit=3.0)
    x = np.random.default_rng(4).random((4, 5))
    wide = np.concatenate([x, np.full((4, 1), 0.5)], axis=1)
    assert np.allclose(layer.read(x, noise=False), 3 * crossbar.output(wide, noise=False), rtol=1e-12)


# Calibration


def test_calibration_brings_the_largest_voltage_to_the_end_of_the_dac_and_divides_it_out():
    matrix, _ = weights(20)
    layer = ProgrammedLayer(matrix, None, "ideal", dtype="float64", dac=ms.DAC(bits=None, range=2.0))
    x = 40 * np.random.default_rng(5).random((9, 20))
    clipped = layer.read(x, noise=False)
    assert np.abs(clipped - x @ matrix).max() > 1
    assert layer.calibrate(x).gain == pytest.approx(2.0 / x.max())
    assert np.allclose(layer.read(x, noise=False), x @ matrix, atol=1e-4)


def test_calibration_without_gain_sets_the_range_of_the_adcs_alone():
    layer = programmed(dac=ms.DAC(bits=None), adc=ms.ADC(bits=16))
    with pytest.raises(InputError, match="set by calibrate"):
        layer.read(np.ones((2, 20)))
    x = np.random.default_rng(6).random((9, 20))
    before = layer.calibrate(x, gain=False).read(x, noise=False)
    assert layer.gain == 1 and np.abs(before - layer.exact(x)).max() < 1e-2


# Addresses


def test_no_two_patches_samples_reads_calls_times_or_layers_share_read_noise():
    x = np.repeat(images(1), 4, axis=0)
    x[:] = 1.0  # all patches of the inner pixels are alike
    patches = PATCHES["plain"]
    layer, other = (programmed(noisy(), patches, scope=Scope(layer=number)) for number in (0, 1))
    expected = layer.read(x, noise=False)
    occasions = [TEST, *(dataclasses.replace(TEST, **{name: 1}) for name in ("read", "call", "time"))]
    reads = [layer.read(x, occasion) for occasion in occasions]
    reads += [layer.read(x, TEST, first_sample=4), other.read(x, TEST)]
    noise = np.concatenate([(read - expected).ravel() for read in reads])
    assert len(np.unique(noise)) == noise.size
    assert np.array_equal(layer.read(x, TEST), reads[0])


@pytest.mark.parametrize("name", ["plain", "stride"])
def test_samples_in_parts_give_the_same_numbers(name):
    layer, x = programmed(noisy(), PATCHES[name], adc=ms.ADC(range=20.0, noise=0.2)), images(6)
    whole = layer.read(x, TEST)
    parts = [layer.read(x[part], TEST, first_sample=part.start) for part in (slice(0, 1), slice(1, 4), slice(4, 6))]
    assert np.array_equal(np.concatenate(parts), whole)


# Events


def test_events_are_those_of_tiles_phases_patches_and_samples():
    patches = PATCHES["plain"]  # 4 x 5 positions, 18 rows and the bias
    layer = programmed(patches=patches, dac=ms.DAC(polarity="phases"), adc=ms.ADC(range=20.0), tile=(8, 4))
    layer.read(images(3), TEST)
    reads = 3 * 20 * 2
    # 19 rows are three tiles above each other; three pairs are six lines, in two tiles side by side.
    one = Events(reads=1, word_lines=2 * 19, bit_lines=3 * 6, dac_conversions=19, adc_conversions=3 * 3)
    assert layer.events == {0: one * reads} and layer.crossbar.events == one * reads


def test_events_are_counted_for_each_call_and_expected_outputs_count_none():
    layer, x = programmed(), np.ones((5, 20))
    layer.read(x, noise=False)
    assert layer.events == {} and layer.crossbar.events == Events()
    for call in (0, 2, 2):
        layer.read(x, dataclasses.replace(TEST, call=call))
    assert {call: events.reads for call, events in layer.events.items()} == {0: 5, 2: 10}
    assert layer.events[0] == Events(reads=5, word_lines=5 * 21, bit_lines=5 * 6)
    assert layer.crossbar.events == layer.events[0] + layer.events[2]


def test_reads_for_learning_and_products_count_and_a_file_holds_the_counts(tmp_path):
    device, x = noisy(), np.ones((4, 20))
    crossbar = ms.Crossbar(device, 20, 3, column="reference").train(ms.Delta(0.1), x, np.ones((4, 3)))
    assert crossbar.events == Events(reads=4, word_lines=80, bit_lines=16)
    again = ms.Crossbar.from_netcdf(crossbar.to_netcdf(tmp_path / "array.nc"))
    again.read(x)
    assert again.events == crossbar.events * 2
    made = ms.Crossbar.from_weights(np.ones((20, 3)), device)
    made.product(x)
    assert made.events.reads == 4


# What is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Patches(IMAGE, (0, 3)), r"kernel: \(0, 3\) is not allowed; 2 whole numbers of at least 1"),
        (lambda: Patches(IMAGE, (3, 3), padding=(-1, 0)), r"padding: \(-1, 0\) is not allowed"),
        (lambda: Patches(IMAGE, (7, 3)), r"kernel: \(7, 3\) does not fit into the image \(6, 7\)"),
        (lambda: Patches((1, 300, 300), (1, 1)), "image: the kernel has 90000 positions; at most 65536"),
        (
            lambda: CrossbarLayer(ms.Crossbar("ideal", 20, 3), patches=PATCHES["plain"]),
            r"patches: a crossbar of shape \(20, 3\) does not fit; allowed: \(..., 18, any\)",
        ),
        (lambda: programmed(scales="columns"), "scales: unknown choice 'columns'; did you mean 'column'"),
        (
            lambda: programmed(mapping=ms.Mapping(scale=2.0), scales="column"),
            "mapping.scale: one for all weights; allowed with scales 'layer', or leave it out",
        ),
        (
            lambda: programmed(mapping="single"),
            r"weights: -\d\S* is negative, and a single cell holds none; allowed: .* 'pair', 'reference' and 'offset'",
        ),
        (lambda: programmed(bounds=None), "bounds: None leaves weights nothing to span"),
        (
            lambda: programmed().read(np.ones((2, 19))),
            r"x: shape \(2, 19\) does not fit; allowed: .* 20 rows",
        ),
        (lambda: programmed(patches=PATCHES["plain"]).read(np.ones((2, 2, 6, 6))), r"x: shape \(2, 2, 6, 6\)"),
    ],
)
def test_what_does_not_fit_is_said(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_the_groups_of_a_convolution_are_the_arrays_of_a_stack():
    """Each group has the channels, the kernels and the outputs of a convolution of its own."""
    patches = Patches(IMAGE, (3, 2), (1, 2), (1, 0))
    rng = np.random.default_rng(5)
    matrices, biases = rng.normal(size=(3, patches.rows, 2)), rng.normal(size=(3, 2))
    x = rng.random((4, 3 * IMAGE[0], *IMAGE[1:]))
    layer = ProgrammedLayer(matrices, biases, "ideal", patches=patches, dtype="float64", seed=7)
    expected = [convolved(x[:, 2 * g : 2 * g + 2], matrices[g], biases[g], patches) for g in range(3)]
    np.testing.assert_allclose(layer.read(x), np.concatenate(expected, axis=1), rtol=1e-9, atol=1e-9)
    with pytest.raises(InputError, match=r"allowed: \(sample, channel, y, x\) with \(6, 6, 7\)"):
        layer.read(x[:, :4])


def test_a_correction_multiplies_the_outputs():
    layer = programmed()
    x = np.random.default_rng(3).random((5, 20))
    before = layer.read(x)
    layer.correction = np.array([1.0, 2.0, 0.5])
    np.testing.assert_allclose(layer.read(x), before * [1.0, 2.0, 0.5], rtol=1e-12)


def test_saturated_outputs_of_each_row_tile_are_those_beyond_the_range_of_its_adc():
    layer = programmed(tile=(8, 100), adc=ms.ADC(bits=6, range=0.5))
    x, saturated = np.random.default_rng(3).normal(size=(30, 20)), []
    layer.read(x, noise=False, saturated=saturated)
    targets = layer.targets / layer.scale
    rows = np.concatenate([x, np.ones((30, 1)) * layer.bias], axis=1)
    sums = [rows[:, part] @ targets[part] for part in (slice(0, 8), slice(8, 16), slice(16, 21))]
    assert len(saturated) == 3 and any(part.any() for part in saturated)
    for own, part in zip(saturated, sums, strict=True):
        np.testing.assert_array_equal(own, np.abs(part) > 0.5)
