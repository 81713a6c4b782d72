"""Settings of pulses under any heading: different ones are refused, and what was measured is left alone."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.table import table_of


def table(heading: str, cell, devices: int = 2, cycles: int = 2):
    """A table with a further column, which `cell` writes from a row and a generator."""
    rng, lines, time = np.random.default_rng(3), [], 0
    for device in range(devices):
        for cycle in range(1, cycles + 1):
            for word in ("set", "reset"):
                for k in range(1, 31):
                    time += 1
                    rest = 8 * np.exp(-0.08 * k)
                    value = (10 - rest if word == "set" else 2 + rest) + 0.1 * rng.standard_normal()
                    row = {"device": device, "cycle": cycle, "k": k, "set": word == "set", "G": value, "time": time}
                    lines.append(f"{device},{cycle},{k},{word},{cell(row, rng)},{value:.4f}")
    return table_of("\n".join([f"device,cycle,pulse,dir,{heading},G (uS)", *lines]), "f.csv")


HEADINGS = (
    "Amp (V)", "VBL (V)", "V_BL (V)", "VTE (V)", "V_top (V)", "Vgs (V)", "Bias (V)", "pulse_V (V)", "write V (V)",
    "Vapplied (V)", "Vmax (V)", "stimulus (V)", "height (V)", "PulseV", "Ic (uA)", "tw (ns)", "tpw (ns)", "Vpp (V)",
    "V_SL (V)", "Pulse (V)", "laser power (mW)", "V_SL", "Amp", "spacing (ms)",
)  # fmt: skip


@pytest.mark.parametrize(("devices", "cycles"), [(1, 1), (2, 2)])
@pytest.mark.parametrize("heading", HEADINGS)
def test_incremental_pulses_are_refused_whatever_their_heading(heading, devices, cycles):
    with pytest.raises(ms.DataError, match=r"f\.csv:3: '.*' of set pulses has 30 values, such as 1\.05 and 2\.5"):
        pulse_data(table(heading, lambda row, rng: f"{1 + 0.05 * row['k']:.2f}", devices, cycles))


DIFFERENT = {
    "a rounded ladder": ("Amp (V)", lambda row, rng: f"{1 + 0.0125 * row['k']:.2f}"),
    "measured amplitudes that rise": ("Amp (V)", lambda row, rng: f"{1 + 0.02 * row['k'] + 0.005 * rng.normal():.4f}"),
    "amplitudes in no order": ("Amp (V)", lambda row, rng: rng.choice([1.0, 1.2, 1.4])),
    "amplitudes of cycles": ("Amp (V)", lambda row, rng: 1 + 0.2 * row["cycle"]),
    "widths that double": ("tw (ns)", lambda row, rng: f"{10 * 1.2 ** row['k']:.4g}"),
    "amplitudes with a sign": ("Vx (V)", lambda row, rng: f"{(1 if row['set'] else -1) * (1 + 0.02 * row['k']):.2f}"),
}  # fmt: skip


@pytest.mark.parametrize(("heading", "cell"), DIFFERENT.values(), ids=DIFFERENT)
def test_settings_that_differ_in_another_way_are_refused(heading, cell):
    with pytest.raises(ms.DataError, match=r"of set pulses .* or leave out the column if it sets nothing"):
        pulse_data(table(heading, cell))


MEASURED = {
    "a measured read voltage": ("Vmeas (V)", lambda row, rng: f"{0.1 * (1 + 0.01 * rng.normal()):.5f}"),
    "a read voltage behind a resistor": ("Vdev (V)", lambda row, rng: f"{0.1 / (1 + 0.02 * row['G']):.5f}"),
    "a measured amplitude": ("Vapplied (V)", lambda row, rng: f"{1.2 * (1 + 0.01 * rng.normal()):.4f}"),
    "a read current": ("AI (uA)", lambda row, rng: f"{0.1 * row['G']:.5f}"),
    "a current of the pulse": ("Ipulse (uA)", lambda row, rng: f"{5 * row['G'] * (1 + 0.05 * rng.normal()):.1f}"),
    "noise of a compliance": ("Icomp (uA)", lambda row, rng: f"{100 * (1 + 0.03 * rng.normal()):.1f}"),
    "noise of a compliance, known": ("Icc (uA)", lambda row, rng: f"{100 * (1 + 0.03 * rng.normal()):.1f}"),
    "time stamps": ("timestamp (s)", lambda row, rng: f"{0.0025 * row['time']:.4f}"),
    "time stamps of pulses": ("pulse start (s)", lambda row, rng: f"{0.0025 * row['time']:.4f}"),
    "times within a train": ("t_train (ms)", lambda row, rng: f"{2.5 * row['k']}"),
    "one voltage for each direction": ("VBL (V)", lambda row, rng: 1.2 if row["set"] else -1.5),
    "words": ("remark", lambda row, rng: "ok"),
}  # fmt: skip


@pytest.mark.parametrize(("heading", "cell"), MEASURED.values(), ids=MEASURED)
def test_measured_columns_are_left_alone(heading, cell):
    assert pulse_data(table(heading, cell)).reads == 240


def test_amplitudes_beside_two_columns_are_compared():
    lines = [f"{1 + 0.05 * k:.2f},{2 + 0.2 * k + 0.03 * (-1) ** k:.2f},{10 - 0.2 * k:.2f}" for k in range(30)]
    with pytest.raises(ms.DataError, match="'Amp' has 30 values"):
        pulse_data(table_of("\n".join(["Amp (V),up (uS),down (uS)", *lines]), "f.csv"))
