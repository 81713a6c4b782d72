"""The figure of a device shows what the simulator does, and a panel for each thing that its profile describes."""

from __future__ import annotations

import numpy as np
import pytest
from figure_artists import outside, words
from shipped import representative

from memsim.cells.neurosim import curvature
from memsim.plotting.device import device_figure
from memsim.plotting.device.cells import without
from memsim.plotting.device.current import loops
from memsim.plotting.device.figure import panels_of
from memsim.plotting.device.programming import landed
from memsim.plotting.device.pulses import response
from memsim.plotting.device.reads import interval_of, size, trace
from memsim.plotting.device.retention import aged, times_of
from memsim.profiles import device_from_text, device_names, load_device

FULL = """\
extends: taox-hfox-wu2018
name: full
title: Everything at once
status: assumed
variability: {d2d: null}
read:
  noise: {sigma: 1 %, relative_to: value}
  telegraph: {amplitude: 10 %, relative_to: value, empty: 2 ms, filled: 1 ms}
retention: {model: drift, exponent: 0.05, reference_time: 1 s, activation: {energy: 0.16 aJ, reference: 300 K}}
conduction: {model: sinh, voltage: 0.3 V}
programming: {model: polynomial, coefficients: {c0: 0.1 uS, c1: 0.3 uS}, scale: 10 uS}
"""


@pytest.fixture(scope="module")
def agsi():
    return load_device("agsi-jo2010")


@pytest.mark.slow
def test_the_curve_of_a_noiseless_device_is_the_models_closed_form(agsi):
    bare = without(agsi, "variability")
    numbers, conductance = response(bare, 0, 64)
    low, high, pulses = 3.08e-9, 38.5e-9, 97
    assert list(numbers) == list(range(2 * pulses + 1))
    a = float(curvature(2.4))
    up = low + (high - low) * np.expm1(-a * numbers[: pulses + 1] / pulses) / np.expm1(-a)
    assert conductance[: pulses + 1].mean(1) == pytest.approx(up, rel=1e-5)
    # 97 of the 100 reset pulses that span the window.
    b = float(curvature(4.88))
    left = 1 - np.expm1(-b * 0.97) / np.expm1(-b)
    assert conductance[-1].mean() == pytest.approx(low + (high - low) * left, rel=1e-4)


@pytest.mark.slow
def test_noise_of_pulses_adds_up_and_a_spread_of_cells_does_not(agsi):
    sigma = 0.01 * (38.5e-9 - 3.08e-9)
    noisy = without(agsi, "variability.d2d").replace({"variability.c2c.sigma": "1 %", "update.nonlinearity.set": 0})
    _, conductance = response(noisy, 0, 512)
    # In the middle of the window, before pulses meet its ends: each adds the same variance.
    for pulses in (16, 36):
        assert conductance[pulses].std() == pytest.approx(sigma * pulses**0.5, rel=0.15)
    _, spread = response(without(agsi, "variability.c2c"), 0, 512)
    assert spread[10].std() < 0.05 * spread[10].mean()


@pytest.mark.slow  # compiles a kernel of its own
def test_a_device_that_is_only_set_while_it_learns_has_no_depression(agsi):
    numbers, conductance = response(agsi.replace({"update.one_sided": True}), 0, 64)
    assert numbers[-1] == 97
    assert conductance[-1].mean() > conductance[0].mean()


def test_many_pulses_are_drawn_at_so_many_points_as_a_line_needs(agsi):
    numbers, conductance = response(without(agsi, "variability").replace({"update.pulses": 60000}), 0, 64)
    assert len(numbers) == 601 and numbers[-1] == 120000
    assert conductance[300].mean() == pytest.approx(38.5e-9, rel=1e-3)


@pytest.fixture(scope="module")
def full():
    return device_from_text(FULL)


def test_reads_have_the_noise_of_the_profile(full):
    levels = trace(without(full, "read.noise"), 0, 0.5, 1)[:, 0]
    assert interval_of(full) == 1e-4
    assert np.unique(levels.round(10)).tolist() == pytest.approx([0.9 * 5.5e-6, 5.5e-6], abs=1e-10)
    means, sigmas = size(without(full, "read.telegraph"), 0)
    # 512 cells, four reads each: a standard error of 1.6 %.
    assert sigmas == pytest.approx(0.01 * means, rel=0.065)


def test_retention_is_that_of_the_profile(full):
    spread = full.replace({"retention.spread": 0.01})
    times = times_of(full)
    assert aged(full, 0, 0.5)[:, 0] == pytest.approx(5.5e-6 * (1 + times) ** -0.05, rel=1e-5)
    found = np.log(aged(spread, 0, 0.5)[-1] / 5.5e-6) / -np.log(1 + times[-1])
    assert found.std() == pytest.approx(0.01, rel=0.13)
    assert (aged(full, 0, 0.5, 358.15)[:, 0] < aged(full, 0, 0.5)[:, 0]).all()


def test_programmed_cells_land_around_their_targets(full):
    targets, found = landed(full, 0)
    sigmas = 0.1e-6 + 0.3e-6 * targets / 10e-6
    assert found.std(1) == pytest.approx(sigmas, rel=0.13)
    assert np.abs(found.mean(1) - targets).max() < 4 * sigmas.max() / 512**0.5


def test_loops_of_dynamic_cells_cross_at_no_voltage_and_narrow_with_the_frequency():
    frequency, slow, fast = loops(load_device("tio2-strukov2008"))
    for loop in (slow, fast):
        assert np.abs(loop.current[np.abs(loop.voltage) < 1e-9]).max() < 1e-12
    assert np.ptp(slow.state) >= 0.5 > 0.2 > np.ptp(fast.state)
    assert fast.time[-1] / slow.time[-1] == pytest.approx(0.1)
    assert slow.time[-1] == pytest.approx(2 / frequency)


def test_there_is_a_panel_for_each_thing_that_a_profile_describes(full):
    def names(device):
        return [panel.__name__.removeprefix("draw_") for panel in panels_of(device)]

    assert names(full) == ["pulses", "programming", "size", "reads", "retention", "current"]
    assert names(load_device("ideal")) == ["pulses"]
    assert names(load_device("pcm-joshi2020")) == ["programming", "size", "reads", "retention"]
    assert names(load_device("vteam-kvatinsky2015")) == ["pulses", "loops"]
    for name in device_names():
        assert names(load_device(name)), name


@pytest.fixture(scope="module")
def page(full):
    return device_figure(full)


@pytest.mark.slow
def test_nothing_is_cut_off_and_conductances_of_the_device_have_one_scale(page, full):
    assert outside(page) == []
    scales = {axes.get_ylim() for axes in page.axes if axes.get_ylabel() == "conductance [µS]"}
    assert len(scales) == 1
    assert f"device: {full.name}" in words(page)


def test_panels_without_content_are_left_out_with_the_reason(page):
    assert "left out" not in words(page)
    text = words(device_figure(load_device("ideal")))
    assert "left out: programming error; read noise; retention; current against voltage (this device spec" in text


def test_read_noise_that_is_the_same_at_all_states_stays_below_the_top_of_its_panel(page):
    figure = page
    axes = next(a for a in figure.axes if a.get_title(loc="left").startswith("Read noise"))
    assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > axes.lines[0].get_ydata().max()
    reads = next(a for a in figure.axes if a.get_title(loc="left").startswith("Successive reads"))
    assert {line.get_linestyle() for line in reads.lines} == {"-"}
    assert len({line.get_color() for line in reads.lines}) == 3


@pytest.mark.slow
def test_all_panels_are_labelled_with_units(full):
    figure = device_figure(full)
    labels = [(axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]
    assert labels == [
        ("Potentiation and depression", "set pulses, then as many reset pulses", "conductance [µS]"),
        ("Programming error (polynomial)", "target conductance [µS]", "sigma after programming [nS]"),
        ("Read noise", "conductance [µS]", "sigma of a read [nS]"),
        ("Successive reads of single cells", "time [ms]", "conductance [µS]"),
        ("Retention (drift): median and 90 % of cells", "time since programming [s]", "conductance [µS]"),
        ("Current (sinh)", "voltage [V]", "current [µA]"),
    ]
    # I = G V_read at the read voltage, whatever the form.
    x, y = figure.axes[-1].lines[1].get_data()
    assert np.interp(0.5, x, y) == pytest.approx(5.5 * 0.5, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", representative())
def test_devices_with_every_model_and_section_are_drawn(name):
    figure = device_figure(load_device(name))
    assert len(figure.axes) == len(panels_of(load_device(name)))
    assert outside(figure) == []
    for axes in figure.axes:
        assert axes.get_xlabel() and axes.get_ylabel()
        for line in axes.lines:
            assert np.isfinite(np.asarray(line.get_ydata(), float)).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "legend"),
    [
        (
            "agsi-jo2010",
            {"mean of a nominal cell", "pulse to pulse, 90 %", "cell to cell, 90 %", "single cells", "nominal window"},
        ),
        ("ideal", {"mean of a nominal cell"}),
    ],
)
def test_bands_are_drawn_for_what_varies_alone(name, legend):
    figure = device_figure(load_device(name))
    shown = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {text for text in shown if not text.startswith(("cell at", "over"))} == legend
    axes = figure.axes[0]
    assert axes.get_xlabel() == "set pulses, then as many reset pulses"
    assert axes.get_ylabel() in ("conductance [nS]", "conductance [µS]")


@pytest.mark.slow
def test_the_command_writes_one_figure_and_numbers_it(cli, tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: ideal\nname: mine\ntitle: Mine [$x$]\n", encoding="utf-8")
    assert cli("device", "plot", "mine.yaml").out == "mine.png\n"
    assert cli("device", "plot", "mine.yaml", "--seed", "3").out == "mine-2.png\n"
    assert cli("device", "plot", "mine.yaml", "-o", "x.svg").files == ["mine-2.png", "mine.png", "mine.yaml", "x.svg"]
    assert (tmp_path / "mine.png").read_bytes()[:4] == b"\x89PNG"
    assert "Mine [$x$]" in (tmp_path / "x.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["agsi"], "unknown device 'agsi'; did you mean 'agsi-jo2010'?"),
        (["ideal", "-o", "x.gif"], "x.gif: unknown figure format 'gif'; allowed: .png, .pdf, .svg"),
        (["ideal", "-o", "no/x.png"], "no: no such folder"),
        (["ideal", "--force"], "--force replaces the file that -o names"),
        (["ideal", "--seed", "-1"], "seed"),
        (["ideal", "--seed", "x"], "--seed"),
    ],
)
def test_mistakes_leave_no_figure_behind(cli, args, says):
    outcome = cli("device", "plot", *args)
    assert says in outcome.refusal()
    assert outcome.files == []
