"""Weights on cells and back: every mapping, its products, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError

WEIGHTS = np.random.default_rng(0).normal(size=(30, 4))
INPUTS = np.random.default_rng(1).random((6, 30))
MAPPINGS = [
    ms.Mapping("pair"),
    ms.Mapping("reference"),
    ms.Mapping("offset"),
    ms.Mapping("pair", slices=3, slice_bits=4),
    ms.Mapping("offset", slices=2, slice_bits=6),
    ms.Mapping("reference", slices=12, slice_bits=1),
]


def named(mapping):
    return f"{mapping.kind}-{mapping.slices}x{mapping.slice_bits}"


@pytest.mark.parametrize("mapping", MAPPINGS, ids=named)
def test_products_are_those_of_the_weights_to_the_resolution_of_the_cells(mapping):
    made = ms.Crossbar.from_weights(WEIGHTS, "ideal", mapping=mapping, dtype="float64")
    step = (
        0
        if mapping.slice_bits is None
        else np.abs(WEIGHTS).max() * 2 / (2 ** (mapping.slices * mapping.slice_bits) - 1)
    )
    allowed = 1e-6 + step / 2 * INPUTS.sum(-1, keepdims=True)
    assert (np.abs(INPUTS @ made - INPUTS @ WEIGHTS) <= allowed).all()
    assert np.allclose((INPUTS @ made)[2], INPUTS[2] @ made)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=named)
def test_weights_come_back_from_the_states(mapping):
    fitted = mapping.fitted(WEIGHTS)
    back = fitted.weights(fitted.states(WEIGHTS))
    bits = mapping.slices * (mapping.slice_bits or 0)
    assert np.abs(back - WEIGHTS).max() <= (fitted.scale / (2**bits - 1) if bits else 1e-12)
    made = ms.Crossbar.from_weights(WEIGHTS, "ideal", mapping=mapping, dtype="float64")
    assert np.allclose(made.mapping.weights(made.state.values), back, atol=1e-6)


def test_a_single_cell_holds_weights_of_one_sign_on_a_real_device_too():
    weights = np.abs(WEIGHTS)
    device = ms.load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
    made = ms.Crossbar.from_weights(weights, device, mapping="single", cycles=20)
    exact = INPUTS @ weights
    # A pulse is 1/128 of the window here; the lower end of the window conducts a ninth of it and is subtracted.
    assert np.abs(INPUTS @ made - exact).max() < 0.02 * exact.max()


def test_slices_are_the_binary_digits_of_a_weight():
    mapping = ms.Mapping("single", scale=255.0, slices=4, slice_bits=2)
    states = mapping.states(np.array([[0b11_01_00_10]]))
    assert np.allclose(states * 3, [[0b10, 0b00, 0b01, 0b11]])
    assert np.allclose(mapping.shares, np.array([3, 12, 48, 192]) / 255)


def test_the_scale_is_the_largest_weight_a_percentile_or_given():
    assert ms.Mapping().fitted(WEIGHTS).scale == np.abs(WEIGHTS).max()
    clipped = ms.Mapping(percentile=50).fitted(WEIGHTS)
    assert clipped.scale == np.median(np.abs(WEIGHTS))
    assert np.abs(clipped.weights(clipped.states(WEIGHTS))).max() == pytest.approx(clipped.scale)
    assert ms.Mapping(scale=3.0).fitted(WEIGHTS).scale == 3.0


def test_inputs_of_both_signs_and_converters_leave_products_as_they_are():
    x = np.random.default_rng(2).uniform(-1, 1, (5, 30))
    for kind in ("pair", "reference", "offset"):
        for polarity in ("bipolar", "phases", "offset"):
            made = ms.Crossbar.from_weights(
                WEIGHTS,
                "ideal",
                mapping=kind,
                dac=ms.DAC(bits=10, polarity=polarity),
                adc=ms.ADC(bits=14),
                tile=(16, 3),
            )
            made.calibrate(x)
            assert np.abs(x @ made - x @ WEIGHTS).max() < 0.03 * np.abs(x @ WEIGHTS).max()


def test_an_offset_is_computed_from_what_the_codes_stand_for():
    made = ms.Crossbar.from_weights(WEIGHTS, "ideal", mapping="offset", dac=ms.DAC(bits=3, polarity="unsigned"))
    codes = np.rint(INPUTS * 7) / 7
    assert np.allclose(INPUTS @ made, codes @ WEIGHTS, atol=1e-5)


def test_several_arrays_hold_a_matrix_each():
    weights = np.random.default_rng(3).normal(size=(2, 30, 4))
    made = ms.Crossbar.from_weights(weights, "ideal", dtype="float64")
    assert np.allclose(INPUTS @ made, INPUTS @ weights, atol=1e-6)
    own = np.random.default_rng(4).random((2, 3, 30))
    assert np.allclose(own @ made, own @ weights, atol=1e-6)
    assert (INPUTS[0] @ made).shape == (2, 4)


def test_devices_that_are_only_programmed_hold_weights_with_their_error():
    name = next(name for name in ms.device_names() if ms.load_device(name).spec.update is None)
    exact = INPUTS @ WEIGHTS
    for kind in ("pair", "reference", "offset"):
        error = (INPUTS @ ms.Crossbar.from_weights(WEIGHTS, name, mapping=kind) - exact).std() / exact.std()
        assert 0 < error < 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ms.Mapping("pear"), r"mapping\.kind: unknown choice 'pear'; did you mean 'pair'\?"),
        (lambda: ms.Mapping(scale=0), r"mapping\.scale: 0 is an empty range"),
        (lambda: ms.Mapping(percentile=0), r"mapping\.percentile: 0 is not allowed"),
        (lambda: ms.Mapping(slices=2), r"mapping\.slice_bits: needed with several slices"),
        (lambda: ms.Mapping(slices=8, slice_bits=8), r"more than 32 bits a weight"),
        (lambda: ms.Mapping(slice_bits=9), r"mapping\.slice_bits: 9 is not allowed; 1 to 8"),
        (lambda: made(np.zeros((3, 2))), "weights: all are 0, an empty range"),
        (
            lambda: made([[0.0, 0.0, 1.0]], mapping=ms.Mapping(percentile=40)),
            "their percentile 40 is 0, an empty range",
        ),
        (lambda: made(WEIGHTS, mapping="single"), "is negative, and a single cell holds none"),
        (lambda: made(WEIGHTS[0]), r"weights: shape \(4,\) is no matrix"),
        (lambda: made(WEIGHTS * np.nan), "weights: contains NaN"),
        (lambda: made(WEIGHTS, bounds=None), r"bounds: None leaves weights nothing to span; allowed: \(min, max\)"),
        (lambda: made(WEIGHTS, bounds=(0.5, 0.5)), r"bounds: \[0\.5, 0\.5\] is not allowed"),
        (lambda: made(WEIGHTS, column="pair"), "column: not allowed here; the mapping sets it"),
        (lambda: np.ones(31) @ made(WEIGHTS), r"x: shape \(31,\) does not fit; allowed: \(\.\.\., row\) with 30 rows"),
        (lambda: np.ones(3) @ ms.Crossbar("ideal", 3, 2), "this crossbar has no mapped weights"),
        (lambda: ms.Crossbar("ideal", 3, 2).program(0.5, reference=0.5), "this array has no reference column"),
    ],
)
def test_what_is_not_allowed_is_said(make, message):
    with pytest.raises(InputError, match=message):
        make()


def made(weights, device="ideal", **options):
    return ms.Crossbar.from_weights(weights, device, **options)
