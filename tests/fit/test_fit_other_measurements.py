"""Tables of sweeps, retention and read noise as people write them: columns, units, several cells, times."""

from __future__ import annotations

import math

import numpy as np
import pytest

import memsim as ms
from memsim.fit import fit_device, kind_of, read_measurement
from memsim.fit.reading.values import with_conductance
from memsim.fit.sections.programmed import programmed_cells
from memsim.fit.sections.sweep import signed_sweeps

VOLTS = np.linspace(-0.5, 0.5, 41)
AMPERES = 3e-6 * np.sinh(VOLTS / 0.3) * (1 + 0.001 * (-1) ** np.arange(41))


def saved(folder, lines):
    (folder / "f.csv").write_text("\n".join(lines))
    return folder / "f.csv"


def sweep(folder, heading, cell=lambda v, i: f"{v:.4f},{i:.6e}"):
    return saved(folder, [heading, *(cell(v, i) for v, i in zip(VOLTS, AMPERES, strict=True))])


def currents(file, **options):
    table = read_measurement(file, **options)
    assert kind_of(table) == "iv"
    rows, voltage, current, notes = signed_sweeps(table)
    return rows, voltage, current, notes


# Sweeps


@pytest.mark.parametrize(
    ("heading", "notes"),
    [
        ("Vd (V),Id (A)", []),
        ("V_bias [V],I_meas [A]", []),
        ("Vread (V),Iread (A)", []),
        ("AnodeV,AnodeI", []),
        ("V1,I1", []),
        ("Voltage (volts),Current (amps)", []),
        ("Vtop (V),Itop (A)", ["'Vtop' is read as the voltage", "'Itop' is read as the current"]),
    ],
)
def test_voltages_and_currents_are_known_by_their_headings_or_units(tmp_path, heading, notes):
    _, voltage, current, found = currents(sweep(tmp_path, heading))
    assert voltage == pytest.approx(np.round(VOLTS, 4))
    assert current == pytest.approx(AMPERES, rel=1e-5)
    assert found == notes


def test_several_currents_are_asked_about(tmp_path):
    file = sweep(tmp_path, "V1 (V),I1 (A),V2 (V),I2 (A)", lambda v, i: f"{v:.4f},{i:.6e},0,{2 * i:.6e}")
    table = read_measurement(file)
    with pytest.raises(ms.DataError, match=r"'V1' or 'V2' and 'I1' or 'I2' may be .*\"V = V1 \(V\), I = I1 \(A\)\""):
        kind_of(table)
    assert currents(file, columns="V = V1 (V), I = I2 (A)")[2] == pytest.approx(2 * AMPERES, rel=1e-5)


def test_a_voltage_without_a_current_is_asked_about(tmp_path):
    file = sweep(tmp_path, "V (V),log10(I)")
    with pytest.raises(ms.DataError, match="no column of conductance or current among 'V', 'log10"):
        fit_device(file)


@pytest.mark.parametrize("word", ["cycle", "state"])
def test_sweeps_of_several_states_are_not_one_curve(tmp_path, word):
    lines = [f"{n},{v:.4f},{k * i:.6e}" for n, k in (("1", 1), ("2", 9)) for v, i in zip(VOLTS, AMPERES, strict=True)]
    file = saved(tmp_path, [f"{word},V (V),I (A)", *lines])
    message = rf"f\.csv:\d+: sweeps of device 1 differ by \d+ % .*\"device = {word}\", or keep the rows of one"
    with pytest.raises(ms.DataError, match=message):
        currents(file)
    assert list(currents(file, columns=f"device = {word}")[0]) == ["1", "2"]


def test_sweeps_that_differ_a_little_are_noted_and_equal_ones_are_not(tmp_path):
    for k, noted in ((1.1, True), (1.001, False)):
        lines = [f"{v:.4f},{f * i:.6e}" for f in (1, k) for v, i in zip(VOLTS, AMPERES, strict=True)]
        notes = currents(saved(tmp_path, ["V (V),I (A)", *lines]))[3]
        assert any("sweeps of device 1 differ by" in note for note in notes) == noted


def test_currents_at_one_voltage_are_reads(tmp_path):
    reads = [5e-7 * (1 + 0.02 * math.sin(k * k)) for k in range(40)]
    file = saved(tmp_path, ["read,V (V),I (A)", *(f"{k},0.1,{i:.6e}" for k, i in enumerate(reads))])
    assert kind_of(read_measurement(file)) == "read-noise"
    sigma = fit_device(file).numbers[0].value
    assert sigma == pytest.approx(np.std(reads, ddof=1) / np.mean(reads), rel=1e-3)
    file = saved(tmp_path, ["time (s),V (V),I (A)", *(f"{k},0.1,{i:.6e}" for k, i in enumerate(reads))])
    with pytest.raises(ms.DataError, match="may be retention or read noise; say which with kind="):
        fit_device(file)


# Retention and read noise

TIMES = (1, 60, 600, 3600, 86400)
CELLS = [(cell, t, (5 + cell) * t ** (-0.05 + 0.002 * cell)) for cell in range(3) for t in TIMES]


def cells(file, **options):
    return programmed_cells(with_conductance(read_measurement(file, **options)))


@pytest.mark.parametrize(
    ("heading", "scale"),
    [("time (s)", 1), ("t (seconds)", 1), ("time (hours)", 3600), ("elapsed time (min)", 60), ("Delay (days)", 86400),
     ("time_s", 1), ("retention time (hrs)", 3600)],
)  # fmt: skip
def test_times_of_retention_have_the_units_that_people_write(tmp_path, heading, scale):
    found = cells(saved(tmp_path, [f"cell,{heading},G (uS)", *(f"{c},{t / scale!r},{g!r}" for c, t, g in CELLS)]))
    assert found.times[0] == pytest.approx(TIMES)
    assert found.names == ("device 0", "device 1", "device 2")


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("R (kOhm)", lambda g: f"{1e3 / g!r}"),
        ("R", lambda g: f"{1e6 / g!r}"),
        ("I_read (nA),V_read (V)", lambda g: f"{g * 100!r},0.1"),
        ("G_read (uS)", lambda g: f"{g!r}"),
    ],
)
def test_retention_takes_resistances_and_currents(tmp_path, heading, cell):
    found = cells(saved(tmp_path, [f"row,col,time (s),{heading}", *(f"0,{c},{t},{cell(g)}" for c, t, g in CELLS)]))
    assert found.physical
    assert found.names == ("device r0 c0", "device r0 c1", "device r0 c2")
    assert np.concatenate(found.reads) == pytest.approx([1e-6 * g for _, _, g in CELLS])


def test_read_noise_takes_resistances(tmp_path):
    reads = [5 * (1 + 0.02 * math.sin(k * k)) for k in range(40)]
    fit = fit_device(saved(tmp_path, ["read,R (kOhm)", *(f"{k},{1e3 / g!r}" for k, g in enumerate(reads))]))
    assert fit.numbers[0].value == pytest.approx(np.std(reads, ddof=1) / np.mean(reads), rel=1e-3)


def test_times_that_start_again_are_asked_about(tmp_path):
    file = saved(tmp_path, ["time (s),G (uS)", *(f"{t},{g!r}" for _, t, g in CELLS)])
    with pytest.raises(ms.DataError, match=r"f\.csv:7: times of device 1 go back; say with repeats='devices' or"):
        cells(file)
    assert cells(file, repeats="devices").names == ("device 1", "device 2", "device 3")
    assert cells(file, repeats="cycles").names == ("cycle 1", "cycle 2", "cycle 3")
    together = cells(file, repeats="reads")
    assert together.names == ("device 1",)
    assert together.times[0] == pytest.approx(np.repeat(TIMES, 3))


def test_reads_of_several_cells_are_asked_about(tmp_path):
    reads = [(cell, k, 5 * (1 + cell) * (1 + 0.02 * math.sin(k * k))) for cell in range(2) for k in range(30)]
    file = saved(tmp_path, ["read,G (uS)", *(f"{k},{g!r}" for _, k, g in reads)])
    with pytest.raises(ms.DataError, match="not in the order of time; if another cell begins there, say repeats='dev"):
        fit_device(file)
    fit = fit_device(file, repeats="devices")
    assert "2 series of reads are read as devices" in fit.notes
    assert len(fit.curves) == 2


def test_tiny_reads_without_a_unit_are_asked_about(tmp_path):
    file = saved(tmp_path, ["read,G", *(f"{k},{5e-6 * (1 + 0.02 * math.sin(k * k))!r}" for k in range(40))])
    with pytest.raises(ms.DataError, match=r"'G' has no unit, and .* is no normalised weight; say the unit"):
        fit_device(file)


def test_the_time_of_a_clock_is_no_time_since_programming(tmp_path):
    file = saved(tmp_path, ["cell,time,G (uS)", *(f"{c},2026-11-27 10:0{c}:{t % 60},{g!r}" for c, t, g in CELLS)])
    with pytest.raises(ms.DataError, match=r"f\.csv:2: 'time' is not a finite number: .*; write seconds, not the time"):
        cells(file)


def test_the_temperature_of_retention_is_noted(tmp_path):
    lines = [f"{c},85,{t},{g * (1 + 0.01 * math.sin(9 * c + t)):.4f}" for c, t, g in CELLS]
    notes = fit_device(saved(tmp_path, ["cell,T (°C),time (s),G (uS)", *lines]), kind="retention").notes
    assert "'T' is 85 °C: the fit holds there" in notes


def test_a_window_is_refused_where_it_says_nothing(cli, tmp_path):
    sweep(tmp_path, "V (V),I (A)")
    message = cli("device", "fit", "f.csv", "--window", "1 uS, 9 uS").refusal()
    assert "--window is for weights of pulses and for read noise; f.csv is read as iv" in message
