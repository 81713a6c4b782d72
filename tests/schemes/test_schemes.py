"""In-situ schemes: pulses of single lines, trains, symmetry points, and the problem of Rasch et al. (2024)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import memsim as ms
from memsim.backends import resolve
from memsim.errors import InputError
from memsim.kernels.compile import compile_kernel
from memsim.kernels.line_pulses import line_pulses
from memsim.learning import Encoding
from memsim.philox import Stream, key
from memsim.profiles import device_from_text
from memsim.schemes import SCHEMES, Agad, Chopped, MixedPrecision, Sgd, TikiTakaV2
from memsim.schemes.arrays import LayerArrays, Reference
from memsim.schemes.regression import regression_kernel
from memsim.schemes.trains import trains

PLAIN = """\
name: plain
title: Soft bounds without noise
technology: none
source: s
status: assumed
sources: {s: {cite: none}}
conductance: {min: 10 uS, max: 20 uS}
update: {model: MODEL, step: 0.02, weights: {min: -1, max: 1}EXTRA}
read: {voltage: 0.2 V, duration: 10 ns}
"""


def plain(model="soft-bounds", extra=""):
    return device_from_text(PLAIN.replace("MODEL", model).replace("EXTRA", extra), "plain")


def learned(scheme, device, vectors, arrays=3, size=(5, 7), calls=1, rate=0.05, **settings):
    """An ensemble after some vectors, and the squared errors of its weights."""
    columns, rows = size
    made = LayerArrays(scheme, device, device, (arrays, columns, rows), seed=11, **settings)
    rng = np.random.default_rng(2)
    target = np.repeat(rng.uniform(-0.5, 0.5, (1, columns, rows)), arrays, 0).astype(np.float32)
    kernel, squares = regression_kernel(scheme.name, made.specs[0], made.specs[-1]), np.zeros((arrays, 1))
    for call in range(calls):
        count = vectors // calls
        first = made.first + call * count
        kernel(made.layer, target, np.full(count, rate), np.zeros(count, np.int64), squares, first, *key(11))
    return made, squares


class TestPulses:
    @pytest.mark.slow
    @pytest.mark.parametrize("device", ["hfo2-softbounds-gong2018", "softbounds-rasch2024", "gst-kuzum2011"])
    def test_pulses_of_coinciding_lines_are_those_of_the_loop_over_whole_arrays(self, device):
        """The loop over whole arrays draws and moves all cells; here, lines and groups without pulses are skipped."""
        made = LayerArrays(Sgd(), ms.load_device(device), ms.load_device(device), (2, 9, 130), seed=3)
        spec, cells = made.specs[0], made.layer.weights
        backend, step = resolve("cpu"), 5
        rng = np.random.default_rng(0)
        chances = {
            Stream.ROW_TRAIN: np.where(rng.random((2, 1, 192)) < 0.2, rng.uniform(-1, 1, (2, 1, 192)), 0.0),
            Stream.COLUMN_TRAIN: np.where(rng.random((2, 1, 9)) < 0.5, rng.uniform(-1, 1, (2, 1, 9)), 0.0),
        }
        chances[Stream.ROW_TRAIN][:, :, 130:] = 0
        rows, lines = (
            backend.trains(part.astype(np.float32), 20, stream=stream, first_step=step, first_array=0, seed=3)
            for stream, part in chances.items()
        )
        expected = cells.state.copy()
        counts = backend.update(
            spec,
            expected,
            rows,
            lines,
            rate=1.0,
            steps=1,
            first_step=step,
            first_array=0,
            first_column=0,
            settings=cells.settings,
            common=cells.common,
            varying=cells.varying,
            seed=3,
        )
        coincide, counted = line_pulses(spec).coincide, np.zeros((2, 2), np.int64)

        def work(first, last, cells, rows, lines, step, counts):
            for array in range(first, last):
                coincide(cells, array, rows[array, 0], lines[array, 0], step, counts[array])

        compile_kernel(work, lambda cells, *_: cells.state.shape[0])(cells, rows, lines, step, counted)
        np.testing.assert_array_equal(counted, counts.sum(1))
        assert counted.sum() > 100
        pulsed = expected != made.layer.weights.state
        np.testing.assert_array_equal(cells.state[:, :, :130], expected[:, :, :130])
        assert not pulsed[:, :, :130].any()

    @pytest.mark.slow
    def test_the_mean_change_of_a_train_is_rate_times_input_times_error(self):
        """With constant steps; the chance that slots coincide has the variance of a binomial."""
        arrays, rate = 4000, 0.04
        device = plain("constant")
        made = LayerArrays(Sgd(), device, device, (arrays, 2, 3), seed=1)
        x, d = np.array([1.0, -0.5, 0.25], np.float32), np.array([0.8, -0.2], np.float32)
        step = Sgd().step(line_pulses(made.specs[0]), line_pulses(made.specs[0]))

        def work(first, last, layer, x, d, rate):
            for array in range(first, last):
                step(layer, array, x, d, rate, 0)

        compile_kernel(work, lambda layer, *_: layer.turn.size)(made.layer, x, d, rate)
        expected = rate * np.outer(x, d)
        change, size = made.weights, 0.02
        slots = math.ceil(rate * 0.8 / size)
        p = np.abs(expected) / (slots * size)
        sigma = size * np.sqrt(slots * p * (1 - p) / arrays)
        assert (np.abs(change.mean(0) - expected) < 4 * sigma + 1e-6).all()
        spread = change.std(0)
        np.testing.assert_allclose(spread, size * np.sqrt(slots * p * (1 - p)), rtol=0.1)

    def test_saturated_trains_are_counted_exactly(self):
        """A pair wants rate max|x| max|d| span/scale pulses; 5 slots hold fewer for two of three vectors."""
        device = plain("constant")
        made = LayerArrays(Sgd(slots=5), device, device, (1, 2, 3), seed=1)

        def work(first, last, layer, x, d, rates):
            for array in range(first, last):
                for number in range(rates.size):
                    trains(layer, layer.weights, array, x, d, rates[number], layer.span, 5, number)

        span = made.layer.span
        assert span == 100
        x, d = np.array([0.5, -1.0, 0.0], np.float32), np.array([0.4, 0.1], np.float32)
        wanted = np.array([4.99, 5.01, 50.0])
        rates = wanted * made.layer.scale / (span * 0.4)
        compile_kernel(work, lambda layer, *_: layer.turn.size)(made.layer, x, d, rates)
        assert made.layer.counts[0].tolist() == [0, 0, 0, 0, 3, 2]


class TestSymmetry:
    @pytest.mark.parametrize("asymmetry", [-0.3, 0.0, 0.2])
    def test_symmetry_points_of_soft_bounds_are_those_of_the_closed_form(self, asymmetry):
        """w* = (u - v)/(u/b_max - v/b_min), u and v the steps of both directions at 0; Rasch et al. (2024)."""
        device = plain(extra=f", asymmetry: {asymmetry}")
        made = LayerArrays(TikiTakaV2(), device, device, (1, 2, 3), seed=1)
        up = 0.02 * (1 + min(asymmetry, 0.0))
        down = 0.02 * (1 - max(asymmetry, 0.0))
        expected = (up - down) / (up / 1.0 - down / -1.0)
        points = made.layer.scale * (made.points[:, :, :3] - made.layer.zero)
        np.testing.assert_allclose(points, expected, atol=1e-5)

    @pytest.mark.slow
    def test_alternating_pulses_come_to_the_symmetry_points(self):
        device = ms.load_device("softbounds-rasch2024")
        made = LayerArrays(TikiTakaV2(), device, device, (2, 10, 10), seed=1, reference=Reference(pairs=400))
        error = (made.layer.reference - made.points)[:, :, :10] * made.layer.scale
        assert made.first == 800
        assert np.abs(error).mean() < 0.03 and abs(error.mean()) < 0.01
        assert made.points[:, :, :10].std() * made.layer.scale > 0.03

    @pytest.mark.parametrize(
        ("scheme", "device", "message"),
        [
            ("sgd", "pcm-joshi2020", "can only be programmed: it takes no pulses, so it cannot learn by 'sgd'"),
            ("tiki-taka-v2", "stt-mram-chen2018", "needs symmetry points, but .*: its pulses only succeed or fail"),
            ("chopped", "gst-nandakumar2020", "needs symmetry points, but device 'gst-nandakumar2020' has no symmetry"),
        ],
    )
    def test_devices_that_do_not_suit_a_scheme_are_refused(self, scheme, device, message):
        profile = ms.load_device(device)
        with pytest.raises(InputError, match=message):
            LayerArrays(SCHEMES[scheme](), profile, profile, (1, 2, 2), seed=1)


class TestReproducibility:
    @pytest.mark.slow
    @pytest.mark.parametrize("scheme", [Sgd(), MixedPrecision(), TikiTakaV2(), Chopped(), Agad()], ids=lambda s: s.name)
    def test_arrays_and_calls_do_not_change_a_bit(self, scheme):
        device = ms.load_device("softbounds-rasch2024")
        whole, squares = learned(scheme, device, 600)
        alone, first = learned(scheme, device, 600, arrays=1, calls=6)
        np.testing.assert_array_equal(whole.weights[:1], alone.weights)
        np.testing.assert_array_equal(squares[:1], first)
        np.testing.assert_array_equal(whole.layer.counts[:1], alone.layer.counts)

    @pytest.mark.slow
    def test_mixed_precision_follows_exact_gradient_descent_within_a_pulse(self):
        """Without noise each weight is the exact one less what its digital sum holds, which is below a pulse."""
        device = plain("constant")
        made, _ = learned(MixedPrecision(), device, 200, arrays=1, rate=0.05)
        exact = made.weights[0].T + 0.02 * made.layer.hidden[0, :, :7]
        again, _ = learned(MixedPrecision(), device, 200, arrays=1, rate=0.05)
        assert np.abs(made.layer.hidden).max() < 1
        np.testing.assert_array_equal(made.weights, again.weights)
        target = np.random.default_rng(2).uniform(-0.5, 0.5, (1, 5, 7))[0]
        assert np.sqrt(np.mean((exact - target) ** 2)) < 0.05


TABLE = {
    ("SGD", None): (0.129, 0.068),
    ("Tiki-Taka v2", 0): (0.036, 0.026),
    ("Tiki-Taka v2", 0.25): (0.167, 0.150),
    ("Tiki-Taka v2", 1): (0.687, 0.673),
    ("c-TTv2", 0): (0.033, 0.039),
    ("c-TTv2", 0.25): (0.033, 0.038),
    ("c-TTv2", 1): (0.052, 0.095),
    ("AGAD", None): (0.022, 0.010),
}
"""Root mean square of W - T at steps of 0.05 and 0.01: means of two runs of the equations of Rasch et al. (2024)."""


@pytest.mark.slow
def test_errors_of_schemes_are_those_of_their_equations():
    """Each mean within a factor of 2, the spread of single runs being a factor of 3; and the order of the schemes."""
    result = ms.run(ms.load_experiment("toy-01").replace({"repeats": 8}))
    means, ends = {}, {}
    for (name, error), expected in TABLE.items():
        for step, value in zip((0.05, 0.01), expected, strict=True):
            label = f"{name}, " + ("" if error is None else f"error {error:g}, ") + f"update step {step:g}"
            one = result.sel(learner=label)
            means[name, error, step] = float(one.final_matrix_error_mean)
            ends[name, error, step] = one.final_matrix_error_interval.values
            assert value / 2 < means[name, error, step] < 2 * value, label
    for step in (0.05, 0.01):
        agad, chopped, sgd = (ends[key_] for key_ in (("AGAD", None, step), ("c-TTv2", 0, step), ("SGD", None, step)))
        assert agad[1] < chopped[0] and chopped[1] < sgd[0]
        tiki = [ends["Tiki-Taka v2", error, step] for error in (0, 0.25, 1)]
        assert tiki[0][1] < tiki[1][0] and tiki[1][1] < tiki[2][0]
        assert ends["c-TTv2", 0.25, step][1] < tiki[1][0]


def test_encoding_of_pulses_is_the_stochastic_one():
    device = plain("constant")
    made = LayerArrays(Sgd(), device, device, (1, 1, 1), seed=0)
    assert made.layer.weights.settings.span == device.span == 100
    assert made.specs[0].encode is Encoding("stochastic").function
