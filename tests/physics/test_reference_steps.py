"""States after trains of pulses: memsim against an independent transcription of the sources' step equations.

A start state outside a cell's own window is moved to the nearer end of it, on both sides of the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from reference.step_reference import DEVICES, RESET, SET, Device, Population

import memsim as ms
from memsim.profiles.idealised import idealised

CELLS = 60_000
REFERENCE_CELLS = 120_000
ERRORS = 4.5
"""Standard errors that means may differ by: there are some hundred checks."""
ROUNDING = 2e-6
"""Of float32 states after many pulses, in x."""
STARTS = (0.2, 0.5, 0.8)
COUNTS = (1, 10, 100)
WRITE_NOISE = [name for name, device in DEVICES.items() if device.write_noise]
LONG = {
    "hfo2-gong2018": (60_000, 3000),
    "hfo2-softbounds-gong2018": (60_000, 2000),
    "om-reram-gong2022": (60_000, 300),
    "hfo2-array-gong2022": (60_000, 300),
    "capacitor-li2018": (60_000, 2000),
    "li-ecram-tang2018": (60_000, 3000),
    "mo-ecram-kim2019": (20_000, 12_000),
    "gst-nandakumar2020": (60_000, 1000),
    "resistive-gokmen2016": (60_000, 6000),
}
"""Cells, and pulses in each direction, that bring cells to the ends of their windows or to a steady state."""


def sigma_tolerance(device: Device) -> float:
    """Relative difference of standard deviations that is allowed."""
    return 0.03 if device.lognormal else 0.02


def profile(name: str, *, spread: bool, write_noise: bool):
    """The shipped profile, without some of its parts."""
    device = ms.load_device(name)
    if not spread:
        device = idealised(device, ["d2d"]).device
    if not write_noise and DEVICES[name].write_noise:
        device = device.replace({"variability.write": None})
    return device


def states(device, start: float, pulses: Iterable[int], *, cells: int = CELLS, seed: int = 15) -> list[np.ndarray]:
    """States as reads see them after each of some trains; the sign of a number of pulses is their direction."""
    xbar = ms.Crossbar(device, rows=cells, cols=1, seed=seed, initial=(start, start + 1e-9), column="single")
    inputs, states = np.ones(cells), []
    for count in pulses:
        xbar.train(ms.Hebbian(rate=1.0), inputs, [float(np.sign(count))], steps=abs(count), encoding="sign")
        states.append(xbar.state.values.ravel().astype(float))
    return states


def relative_variance_of_sigma(sample: np.ndarray) -> float:
    """Of the standard deviation of a sample, (kurtosis - 1)/(4 n)."""
    deviation = (sample - sample.mean()) ** 2
    return float((deviation**2).mean() / deviation.mean() ** 2 - 1) / (4 * sample.size)


def compared(what: str, expected: np.ndarray, measured: np.ndarray, tolerance: float) -> list[str]:
    """Lines about mean and standard deviation where the two samples differ.

    Where few cells make most of the variance (those that start at an end of their own window), the sampling error of
    the standard deviation exceeds the tolerance; it is then what the two may differ by.
    """
    lines = []
    error = np.sqrt(expected.var() / expected.size + measured.var() / measured.size)
    difference = measured.mean() - expected.mean()
    if not abs(difference) <= ERRORS * error + ROUNDING:
        lines.append(
            f"{what}: mean expected {expected.mean():.6f}, measured {measured.mean():.6f} "
            f"({difference / error:+.1f} standard errors, {difference:+.6f})"
        )
    ratio = measured.std() / expected.std()
    sampling = np.sqrt(relative_variance_of_sigma(expected) + relative_variance_of_sigma(measured))
    if not abs(ratio - 1) <= max(tolerance, ERRORS * sampling):
        lines.append(
            f"{what}: standard deviation expected {expected.std():.6f}, measured {measured.std():.6f} "
            f"({100 * (ratio - 1):+.1f} %)"
        )
    return lines


def differences(
    name: str,
    *,
    spread: bool,
    write_noise: bool,
    starts: tuple[float, ...] = STARTS,
    counts: tuple[int, ...] = COUNTS,
    reference_cells: int = REFERENCE_CELLS,
) -> list[str]:
    """Lines about all quantities of a profile that differ from the source."""
    source, lines = DEVICES[name], list[str]()
    source = source if spread else source.without_spread()
    device = profile(name, spread=spread, write_noise=write_noise)
    trains = np.diff((0, *counts))
    rng = np.random.default_rng(20220915)
    for start in starts:
        for direction in (SET,) if source.one_sided else (SET, RESET):
            measured = states(device, start, [int(direction * count) for count in trains])
            cells = Population(source, reference_cells, rng).start(start)
            for pulses, train, sample in zip(counts, trains, measured, strict=True):
                cells.pulse(direction, int(train))
                what = (
                    f"{name} ({'with' if spread else 'without'} spread, {'seen' if write_noise else 'hidden'} state), "
                    f"x = {start:g}, {pulses} {'set' if direction == SET else 'reset'} pulses"
                )
                expected = cells.seen() if write_noise else cells.hidden()
                lines += compared(what, expected, sample, sigma_tolerance(source))
    return lines


def test_the_transcription_gives_the_published_steps_of_asymmetric_hfo2():
    cells = Population(DEVICES["hfo2-gong2018"].without_spread(), 1, np.random.default_rng(1))
    assert cells.step[SET][0] == pytest.approx(0.00135, rel=1e-12)
    assert cells.step[RESET][0] == pytest.approx(0.0010, rel=1e-3)
    middle = (cells.step[SET][0] + cells.step[RESET][0]) / 2
    assert middle == pytest.approx(0.0011749, abs=5e-8)
    assert (cells.step[SET][0] - middle) / middle == pytest.approx(0.14903, abs=5e-5)


def test_the_transcription_makes_set_and_reset_steps_equal_at_the_symmetry_point():
    device = replace(DEVICES["om-reram-gong2022"], symmetry_error=0.0)
    cells = Population(device, 20_000, np.random.default_rng(2))
    sizes = [cells.step[way] * (1 + cells.rate[way] * cells.reference) for way in (SET, RESET)]
    assert np.allclose(*sizes, rtol=1e-9)
    assert cells.reference[~cells.corrupt].std() > 0.01
    assert np.abs(cells.low[cells.corrupt]).max() <= 0.01 and (cells.reference[cells.corrupt] == 0).all()


@pytest.mark.parametrize("name", ["resistive-gokmen2016", pytest.param("capacitor-li2018", marks=pytest.mark.slow)])
def test_a_few_pulses_move_cells_as_the_source_says(name):
    lines = differences(name, spread=True, write_noise=False, starts=(0.5,), counts=(1, 10), reference_cells=60_000)
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [True, False], ids=["with-spread", "without-spread"])
@pytest.mark.parametrize("name", DEVICES)
def test_pulses_move_the_hidden_state_as_the_source_says(name, spread):
    lines = differences(name, spread=spread, write_noise=False)
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [True, False], ids=["with-spread", "without-spread"])
@pytest.mark.parametrize("name", WRITE_NOISE)
def test_reads_see_the_write_noise_of_the_source(name, spread):
    lines = differences(name, spread=spread, write_noise=True)
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_long_trains_end_where_the_source_says(name):
    number, pulses = LONG[name]
    source = DEVICES[name]
    trains = [pulses] if source.one_sided else [pulses, -pulses]
    measured = states(profile(name, spread=True, write_noise=False), 0.5, trains, cells=number)
    cells = Population(source, number, np.random.default_rng(6)).start(0.5)
    lines = []
    for train, sample in zip(trains, measured, strict=True):
        cells.pulse(int(np.sign(train)), abs(train))
        what = f"{name}, after {abs(train)} {'set' if train > 0 else 'reset'} pulses"
        expected = cells.hidden()
        lines += compared(what, expected, sample, sigma_tolerance(source))
        shares = [((values < 0) | (values > 1)).mean() for values in (expected, sample)]
        error = np.sqrt(2 * max(shares[0] * (1 - shares[0]), 1 / number) / number)
        if not abs(shares[1] - shares[0]) <= ERRORS * error:
            lines.append(
                f"{what}: share outside the nominal window expected {shares[0]:.4f}, measured {shares[1]:.4f} "
                f"({(shares[1] - shares[0]) / error:+.1f} standard errors)"
            )
    assert not lines, "\n".join(lines)


@pytest.mark.slow
def test_six_thousand_set_pulses_bring_the_cells_of_gokmen_and_vlasov_to_their_own_upper_ends():
    sample = states(ms.load_device("resistive-gokmen2016"), 0.5, [6000])[0]
    assert sample.mean() == pytest.approx(1.0, abs=0.005), f"mean {sample.mean():.4f}, specified 1.00"
    assert sample.std() == pytest.approx(0.15, rel=0.03), f"standard deviation {sample.std():.4f}, specified 0.15"
    at_the_end = (np.abs(sample - 1) < 1e-6).mean()
    assert at_the_end < 0.001, f"{100 * at_the_end:.1f} % of the cells stand exactly at the nominal G_max"
