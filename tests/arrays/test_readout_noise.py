"""Noise of the read-out electronics: its size, where it is added, and its addresses."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.kernels.fill import fill
from memsim.philox import Stream

ROWS = 70
SIGMA = 0.3


def array(device="ideal", **options) -> ms.Crossbar:
    settings = {"cols": 5, "initial": (0.0, 1.0), "dtype": "float64", "column": "single", "seed": 3}
    settings["adc"] = ms.ADC(bits=16, range=60.0, noise=SIGMA)
    return ms.Crossbar(device, ROWS, **(settings | options))


def inputs(samples: int = 9) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, (samples, ROWS))


def deviations(made: ms.Crossbar, samples: int, **at) -> np.ndarray:
    """Outputs of many reads of one input, minus their expectation."""
    x = np.repeat(inputs(1), samples, axis=0)
    return made.output(x, **at) - made.output(x[:1], noise=False)


@pytest.mark.parametrize("column", ["single", "reference", "pair"])
@pytest.mark.parametrize("cols", [5, 40])
def test_the_noise_of_an_output_has_the_sigma_of_the_electronics_whatever_the_columns_are(column, cols):
    noise = deviations(array(column=column, cols=cols), 4000)
    assert noise.std() == pytest.approx(SIGMA, rel=5 / np.sqrt(2 * noise.size))
    assert np.allclose(noise.std(axis=0), SIGMA, rtol=5 / np.sqrt(2 * len(noise)))
    assert abs(noise.mean()) < 5 * SIGMA / np.sqrt(noise.size)


def test_the_noise_is_independent_between_outputs_and_from_read_to_read():
    made = array(cols=4)
    noise = np.concatenate([deviations(made, 4000), deviations(made, 4000)], axis=1)
    correlation = np.corrcoef(noise.T)
    assert np.abs(correlation - np.eye(8)).max() < 5 / np.sqrt(4000)
    assert abs(np.corrcoef(noise[1:, 0], noise[:-1, 0])[0, 1]) < 5 / np.sqrt(4000)


@pytest.mark.parametrize(
    ("options", "reads"),
    [({"tile": (20, 5)}, 4), ({"dac": ms.DAC(bits=None, polarity="phases")}, 2)],
    ids=["tiles above each other", "two phases"],
)
def test_each_conversion_of_an_output_has_noise_of_its_own(options, reads):
    made = array(**options)
    noise = deviations(made, 4000)
    assert noise.std() == pytest.approx(np.sqrt(reads) * SIGMA, rel=5 / np.sqrt(2 * noise.size))
    assert np.allclose(made.difference_variance(inputs(2)), 2 * reads * SIGMA**2, rtol=1e-12)


@pytest.mark.parametrize("column", ["single", "pair"])
def test_the_noise_of_cells_stays_the_same_and_that_of_the_electronics_is_added_to_it(column):
    device = ms.load_device("ideal").replace(
        {"read.noise": {"sigma": "5 %", "relative_to": "range", "status": "assumed"}}
    )
    silent = array(device, column=column, adc=ms.ADC(bits=16, range=60.0))
    both = array(device, column=column)
    alone = array(column=column)
    cells, electronics = deviations(silent, 50, index=4), deviations(alone, 50, index=4)
    assert np.abs(cells).max() > 0.1
    assert np.allclose(deviations(both, 50, index=4), cells + electronics, atol=4 * 60 / 32767)


def test_the_noise_has_the_address_of_its_read_in_a_stream_of_its_own():
    step = 60.0 / 32767
    z = fill("normal", (1, 9, 64), seed=3, stream=Stream.READOUT, step=6)[0, :, :5]
    made = array()
    assert np.abs(made.output(inputs(), index=6) - made.output(inputs(), noise=False) - SIGMA * z).max() <= 1.01 * step


@pytest.mark.parametrize("cols", [5, 40])
def test_reads_in_parts_give_the_same_numbers(cols):
    made, x = array(cols=cols, tile=(40, 8), dtype="float32"), inputs()
    whole = made.output(x, index=2)
    parts = [made.output(x[i : i + 3], index=2, first_sample=i) for i in (0, 3, 6)]
    assert np.abs(whole - made.output(x, index=3)).max() > 0.1
    if cols == 5:
        assert np.array_equal(np.concatenate(parts), whole)
    else:  # BLAS may add rows of parts in another order, which can change a code
        assert np.allclose(np.concatenate(parts), whole, atol=2.1 * 60 / 32767)


def test_the_noise_comes_before_rounding():
    coarse = array(adc=ms.ADC(bits=3, range=3.0, noise=SIGMA))
    codes = coarse.output(inputs(500))
    assert np.allclose(codes, np.rint(codes)) and len(np.unique(np.rint(codes))) > 3
    # A current between two codes is the mean of many noisy codes, which no single one is.
    one = ms.Crossbar("ideal", 1, 1, dtype="float64", column="single", adc=ms.ADC(bits=3, range=3.0, noise=1.0))
    read = one.program(1.0).output(np.full((20_000, 1), 0.4))
    assert read.mean() == pytest.approx(0.4, abs=5 / np.sqrt(20_000))


def test_expected_outputs_and_calibration_have_no_noise():
    adc = {"bits": 12, "range": "max"}
    loud, quiet = array(adc=ms.ADC(**adc, noise=5.0)), array(adc=ms.ADC(**adc))
    for made in (loud, quiet):
        made.calibrate(inputs())
    assert np.array_equal(loud.output(inputs(), noise=False), quiet.output(inputs(), noise=False))


def test_a_file_of_a_crossbar_holds_the_noise(tmp_path):
    made = array()
    again = ms.Crossbar.from_netcdf(made.to_netcdf(tmp_path / "array.nc"))
    assert np.array_equal(made.output(inputs()), again.output(inputs()))


def test_an_experiment_states_the_noise_and_a_wrong_one_is_refused():
    text = """
name: noisy
data: {samples: 2, shape: [8, 8]}
learners:
  - {name: Cell, array: {device: ideal, adc: {range: 20, noise: 0.5}}, learning: {rate: 0.2, steps: 30}}
corruptions: {gaussian: [0.1]}
"""
    experiment = experiment_from_text(text, "noisy.yaml")
    margins = [float(ms.run(experiment.replace({"array.adc.noise": noise})).read_margin.mean()) for noise in (0.5, 1.0)]
    assert margins[0] == pytest.approx(2 * margins[1])
    with pytest.raises(ms.InputError, match=r"noise.*-1"):
        experiment.replace({"array.adc.noise": -1})
