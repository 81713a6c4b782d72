"""Energies of a read and of a pulse in one cell, against published ones and V^2 G t by hand."""

from __future__ import annotations

import pytest

import memsim as ms
from memsim.cli.main import run_command
from memsim.profiles.cell_energies import cell_energies


def by_event(name):
    return {row.event: row for row in cell_energies(ms.load_device(name).spec)}


@pytest.mark.parametrize(
    ("device", "middle"), [("taox-hfox-wu2018", 0.70e-12), ("agsi-jo2010", 64e-12), ("epiram-choi2018", 0.79e-9)]
)
def test_a_set_pulse_in_the_middle_of_the_window(device, middle):
    assert by_event(device)["set pulse"].middle == pytest.approx(middle, rel=0.01)


def test_every_event_costs_v_squared_g_t():
    rows = by_event("agsi-jo2010")
    volts = {"read": 0.5, "set pulse": 3.2, "reset pulse": 2.8, "half-selected at V/2, set pulse": 1.6}
    for event, voltage in volts.items():
        seconds = 5e-9 if event == "read" else 300e-6
        assert rows[event].low == pytest.approx(voltage**2 * 3.08e-9 * seconds)
        assert rows[event].high == pytest.approx(voltage**2 * 38.5e-9 * seconds)
    assert rows["half-selected at V/3, set pulse"].high == pytest.approx(rows["set pulse"].high / 9)


def test_devices_without_pulses_or_with_other_currents_have_fewer_rows():
    assert list(by_event("pcm-joshi2020")) == ["read"]
    names = [name for name in ms.device_names() if ms.load_device(name).spec.conduction is not None]
    assert names
    assert all("read" not in by_event(name) for name in names)


def test_the_profile_is_printed_with_its_energies(capsys):
    assert run_command(["device", "show", "taox-hfox-wu2018"]) == 0
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if line.startswith("set pulse"))
    assert row.split() == ["set", "pulse", "1.6", "V", "50", "ns", "128", "fJ", "704", "fJ", "1.28", "pJ"]
