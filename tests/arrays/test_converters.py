"""DACs, ADCs and tiles: codes, errors of converters, signed inputs, noise through converters."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError

ROWS, COLS = 70, 5


@pytest.fixture(scope="module")
def noisy():
    read = {"noise": {"sigma": "5 %", "relative_to": "range", "status": "assumed"}}
    return ms.load_device("ideal").replace({f"read.{key}": value for key, value in read.items()})


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(1).uniform(-1, 1, (9, ROWS))


def array(device="ideal", **options):
    given = {"rows": ROWS, "cols": COLS, "initial": (0.0, 1.0), "dtype": "float64", "column": "single", "seed": 3}
    return ms.Crossbar(device, **(given | options))


def through_dac(x, **settings):
    """What a single cell of weight 1 makes of inputs, in read voltages."""
    one = ms.Crossbar("ideal", 1, 1, dtype="float64", column="single", dac=ms.DAC(**settings)).program(1.0)
    return one.output(np.reshape(x, (-1, 1)), noise=False)[:, 0]


@pytest.mark.parametrize(("polarity", "codes"), [("unsigned", 15), ("bipolar", 7), ("phases", 15), ("offset", 7)])
def test_inputs_go_to_the_nearest_of_evenly_spaced_levels_and_saturate(polarity, codes):
    x = np.linspace(-1.2, 1.2, 481)
    found = through_dac(x, bits=4, range=0.8, polarity=polarity)
    wished = np.clip(x, 0.0 if polarity == "unsigned" else -0.8, 0.8)
    assert np.abs(found - wished).max() <= 0.5 * 0.8 / codes + 1e-12
    assert len(np.unique(np.round(found, 9))) == codes * (1 if polarity == "unsigned" else 2) + 1


def test_a_dac_without_bits_only_saturates():
    assert np.allclose(through_dac([-2.0, 0.123456, 2.0], bits=None), [-1.0, 0.123456, 1.0], atol=1e-12)


@pytest.mark.parametrize("bits", [2, 8, 12])
def test_outputs_over_the_whole_range_have_an_error_of_a_step_over_the_root_of_twelve(bits):
    ramp = np.linspace(-1, 1, 20_001)
    one = ms.Crossbar("ideal", 1, 1, dtype="float64", column="single", adc=ms.ADC(bits=bits, range=1.0)).program(1.0)
    error = one.output(ramp[:, None], noise=False)[:, 0] - ramp
    assert error.std() == pytest.approx(2 / (2**bits - 2) / np.sqrt(12), rel=0.02)


def transitions(adc, outputs=1):
    """Inputs at which the code of each of several converters changes, by a fine ramp, in codes."""
    most = 2**adc.bits - 1
    ramp = np.linspace(-0.5, most + 0.5, 64 * (most + 1) + 1) / most
    made = ms.Crossbar("ideal", 1, outputs, dtype="float64", column="single", adc=adc, seed=5).program(1.0)
    codes = made.output(ramp[:, None], noise=False) * most
    assert (np.diff(codes, axis=0) >= -1e-9).all()
    return np.array([[ramp[np.argmax(own > k + 0.5)] * most for k in range(most)] for own in codes.T])


def test_differential_non_linearity_is_the_spread_of_the_widths_of_codes():
    found = transitions(ms.ADC(bits=6, range=1.0, signed=False, dnl=0.2), outputs=40)
    widths = np.diff(found, axis=1)
    assert widths.std() == pytest.approx(0.2, rel=0.08)
    assert np.allclose(found[:, [0, -1]], [0.5, 62.5], atol=0.03)


def test_integral_non_linearity_is_a_bow_of_the_given_height():
    found = transitions(ms.ADC(bits=6, range=1.0, signed=False, inl=1.5))[0] - (np.arange(63) + 0.5)
    assert found[31] == pytest.approx(1.5, abs=0.03) and np.abs(found[[0, -1]]).max() < 0.03


def test_gain_and_offset_spread_over_converters():
    levels = np.array([[0.0], [1.0]])
    made = ms.Crossbar("ideal", 1, 400, column="single", adc=ms.ADC(bits=12, range=2.0, gain=0.02, offset=3.0))
    zero, full = made.program(1.0).output(levels, noise=False) * 2047 / 2
    assert zero.std() == pytest.approx(3.0, rel=0.12)
    assert (full - zero).std() / (full - zero).mean() == pytest.approx(0.02, rel=0.12)
    rows = ms.Crossbar("ideal", 400, 1, column="single", dac=ms.DAC(bits=12, gain=0.02)).program(1.0)
    driven = rows.output(np.eye(400), noise=False)[:, 0]
    assert driven.std() == pytest.approx(0.02, rel=0.12) and driven.mean() == pytest.approx(1.0, abs=0.004)


def test_signed_inputs_give_the_same_in_phases_by_an_offset_and_by_voltages_of_both_signs(inputs):
    expected = array().output(inputs, noise=False)
    for polarity in ("bipolar", "phases", "offset"):
        found = array(dac=ms.DAC(bits=None, polarity=polarity)).output(inputs, noise=False)
        assert np.allclose(found, expected, atol=1e-9)


def test_two_phases_have_the_noise_of_both_reads(noisy, inputs):
    made = array(noisy, dac=ms.DAC(bits=None, polarity="phases"))
    many = np.repeat(inputs[:1], 4000, axis=0)
    spread = made.output(many).var(axis=0)
    assert np.allclose(spread, made.difference_variance(inputs[:1])[0] / 2, rtol=0.1)
    assert np.allclose(spread, 0.05**2 * np.square(inputs[0]).sum(), rtol=0.1)


def test_pulse_widths_are_linear_where_voltages_are_not():
    device = ms.load_device("ideal").replace({"conduction": {"model": "sinh", "voltage": "0.2 V", "status": "assumed"}})
    x = np.linspace(0, 1, 9)[:, None]
    found = {}
    for coding in ("voltage", "width"):
        one = ms.Crossbar(device, 1, 1, dtype="float64", column="single", dac=ms.DAC(bits=None, coding=coding))
        found[coding] = one.program(1.0).output(x, noise=False)[:, 0]
    assert np.allclose(found["width"], x[:, 0], atol=1e-12)
    assert found["voltage"][-1] == pytest.approx(1.0) and found["voltage"][4] < 0.45


@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_noise_reaches_the_codes_as_it_would_the_currents(noisy, inputs, column):
    analog = array(noisy, column=column).output(inputs, index=4)
    adc = ms.ADC(bits=16, range=20.0)
    digital = array(noisy, column=column, adc=adc).output(inputs, index=4)
    assert np.abs(digital - analog).max() <= 0.51 * 20 / 32767
    parts = [array(noisy, column=column, adc=adc).output(inputs[i : i + 3], first_sample=i, index=4) for i in (0, 3, 6)]
    assert np.array_equal(np.concatenate(parts), digital)


@pytest.mark.parametrize("cols", [3, 40])
def test_tiles_add_up_to_the_whole_array(cols, inputs):
    whole = array(cols=cols).output(inputs, noise=False)
    for tile in ((7, 2), (64, 64), (35, 1)):
        assert np.allclose(array(cols=cols, tile=tile).output(inputs, noise=False), whole, atol=1e-9)


def test_the_partial_sums_of_tiles_are_converted_apart(inputs):
    adc = ms.ADC(bits=5, range=6.0)
    tiled = array(adc=adc, tile=(32, COLS))
    weights = tiled.state.values
    expected = 0.0
    for start in (0, 32, 64):
        part = slice(start, min(start + 32, ROWS))
        unit = 6.0 / 15
        expected = expected + unit * np.clip(np.rint(inputs[:, part] @ weights[part] / unit), -15, 15)
    assert np.allclose(tiled.output(inputs, noise=False), expected, atol=1e-9)


def test_tiles_have_noise_of_their_own(noisy):
    same = np.tile(np.random.default_rng(0).random(32), 2)[None]
    made = array(noisy, rows=64, tile=(32, COLS), adc=ms.ADC(bits=16, range=40.0))
    many = np.repeat(same, 3000, axis=0)
    assert made.output(many).var(axis=0) == pytest.approx(0.05**2 * np.square(same).sum(), rel=0.1)


@pytest.mark.slow
def test_correlated_noise_is_that_of_the_whole_array_in_every_tile():
    telegraph = {"amplitude": "20 %", "relative_to": "value", "empty": "1 us", "filled": "1 us", "status": "assumed"}
    device = ms.load_device("ideal").replace({"read.telegraph": telegraph, "read.duration": "1 us"})
    x = np.random.default_rng(1).random((6, ROWS))
    assert np.allclose(array(device, tile=(20, 2)).output(x), array(device).output(x), atol=1e-12)


def test_the_range_is_calibrated_by_the_largest_output_a_percentile_or_the_root_mean_square(inputs):
    outputs = np.abs(array().output(inputs, noise=False))
    for adc, wished in (
        (ms.ADC(), outputs.max()),
        (ms.ADC(percentile=90), np.percentile(outputs, 90)),
        (ms.ADC(range="rms", above_rms=1), 2 * np.sqrt(np.mean(outputs**2))),
    ):
        made = array(adc=adc).calibrate(inputs)
        most = np.abs(made.output(100 * inputs, noise=False)).max()
        assert most == pytest.approx(wished, rel=1e-9)


def test_a_learning_rule_sees_the_codes():
    x, t = np.random.default_rng(2).random((4, ROWS)), np.ones((4, COLS))
    # Outputs far below the first code are read as 0: every step has the whole target as its error.
    blind = array(adc=ms.ADC(bits=2, range=1e3), initial=(0.0, 1e-9)).train(ms.Delta(0.01), x, t)
    assert np.allclose(blind.state.values, 0.01 * x.sum(0)[:, None], atol=1e-6)


@pytest.mark.slow
def test_reads_start_no_threads_of_numba_beside_those_of_the_linear_algebra():
    code = """
import numpy as np, numba, memsim as ms
device = ms.load_device("taox-hfox-wu2018")
made = ms.Crossbar(device, 128, 64, column="single", dac=ms.DAC(8), adc=ms.ADC(8, range=50.0))
x = np.random.default_rng(0).random((64, 128))
for _ in range(3):
    made.output(x)
try:
    print(numba.threading_layer())
except ValueError:
    print("none")
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "none"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ms.DAC(bits=0), r"dac\.bits: 0 is not allowed; a whole number from 1 to 16"),
        (lambda: ms.ADC(bits=0), r"adc\.bits: 0 is not allowed; a whole number from 1 to 16"),
        (lambda: ms.ADC(bits=None), r"adc\.bits: None is not allowed"),
        (lambda: ms.DAC(bits=1), r"dac\.bits: 1 has no code for either sign with polarity 'bipolar'; allowed: 2 to 16"),
        (lambda: ms.DAC(range=0), r"dac\.range: 0 is an empty range"),
        (lambda: ms.ADC(range="maxx"), r"adc\.range: unknown choice 'maxx'; did you mean 'max'\?"),
        (lambda: ms.DAC(polarity="bipola"), r"dac\.polarity: unknown choice 'bipola'; did you mean 'bipolar'\?"),
        (lambda: ms.DAC(gain=-1), r"dac\.gain: -1 is negative; it is a standard deviation"),
        (lambda: ms.DAC(bits=None, dnl=1), r"dac\.dnl: a converter without `bits` has no errors"),
        (lambda: ms.ADC(noise=-0.1), r"adc\.noise: -0\.1 is negative; it is a standard deviation"),
        (lambda: ms.ADC(noise=np.inf), r"adc\.noise: inf is not a finite number"),
        (lambda: ms.ADC(percentile=0), r"adc\.percentile: 0 is not allowed; above 0 and up to 100"),
        (lambda: array(adc=8), r"adc: 8 is not allowed; a memsim.ADC, or None"),
        (lambda: array(tile=(0, 4)), r"tile rows: 0 is not a whole number of at least 1"),
        (lambda: array(tile=4), r"tile: 4 is not allowed; give \(rows, columns\) of an array"),
        (lambda: array(adc=ms.ADC()).output(np.ones(ROWS)), r"adc\.range: 'max' is set by calibrate\(x\)"),
        (lambda: array(adc=ms.ADC()).calibrate(np.zeros(ROWS)), "x: array 0 gives no output for these inputs"),
        (lambda: array(adc=ms.ADC(range=2.0)).calibrate(np.ones(ROWS)), r"adc\.range: 2 is fixed"),
        (lambda: array().calibrate(np.ones(ROWS)), "calibrate: the array has no ADC"),
        (lambda: array(adc=ms.ADC(bits=1, range=1.0)), r"adc\.bits: 1 has no code for either sign of an output"),
    ],
)
def test_what_is_not_allowed_is_said(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ms.Wires(word_resistance=-1.0), r"wires\.word_resistance: -1 ohm is negative; allowed: 0 or more"),
        (lambda: ms.Wires(sense="left"), r"wires\.sense: unknown choice 'left'"),
        (lambda: ms.Wires.of_node(28), r"wires\.node: 28 nm is not in the table; did you mean 32\? allowed: 130, 65"),
        (lambda: ms.Wires.of_node(22, "2T2R"), r"wires\.cell: unknown choice '2T2R'; allowed: 1T1R, cross-point"),
        (lambda: ms.Wires.of_node(22, temperature=-3), r"wires\.temperature: -3 K is negative"),
    ],
)
def test_wires_that_are_not_allowed_are_said(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_the_wires_of_a_node_are_longer_in_cells_with_a_transistor_and_warmer_ones_resist_more():
    assert ms.Wires.of_node(22).word_resistance == 0.78
    transistor = ms.Wires.of_node(22, "1T1R", series_resistance=15e3)
    assert transistor.word_resistance == pytest.approx(6 * 0.78) and transistor.bit_resistance == pytest.approx(1.56)
    assert ms.Wires.of_node(22, temperature=400).bit_resistance == pytest.approx(0.78 * 1.451)
