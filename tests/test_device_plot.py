"""The figure of a device shows what the simulator does, and a panel for each thing that its profile describes."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.cells.neurosim import curvature
from memsim.plotting.device import device_figure
from memsim.plotting.device.cells import without
from memsim.plotting.device.pulses import response
from memsim.profiles import load_device


@pytest.fixture(scope="module")
def agsi():
    return load_device("agsi-jo2010")


def test_the_curve_of_a_noiseless_device_is_the_models_closed_form(agsi):
    bare = without(agsi, "variability")
    numbers, conductance = response(bare, 0, 64)
    low, high, pulses = 3.08e-9, 38.5e-9, 97
    assert list(numbers) == list(range(2 * pulses + 1))
    a = float(curvature(2.4))
    up = low + (high - low) * np.expm1(-a * numbers[: pulses + 1] / pulses) / np.expm1(-a)
    assert conductance[: pulses + 1].mean(1) == pytest.approx(up, rel=1e-5)
    assert conductance[-1].mean() == pytest.approx(low, rel=1e-4)


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


@pytest.mark.parametrize(
    ("name", "legend"),
    [
        ("agsi-jo2010", {"mean of a nominal cell", "pulse to pulse, 90 %", "cell to cell, 90 %", "single cells"}),
        ("ideal", {"mean of a nominal cell"}),
    ],
)
def test_bands_are_drawn_for_what_varies_alone(name, legend):
    figure = device_figure(load_device(name))
    assert {text.get_text() for text in figure.legends[0].get_texts()} == legend
    axes = figure.axes[0]
    assert axes.get_xlabel() == "pulse number"
    assert axes.get_ylabel() in ("conductance [nS]", "conductance [µS]")


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
