"""Pulses of one direction must be equal and the temperature one: what differs is refused, at its first line."""

from __future__ import annotations

import pytest

import memsim as ms
from memsim.fit import fit_device, read_measurement
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.table import table_of

ROWS = [
    (cycle, k, word, begin + sign * 0.25 * k + 0.02 * (-1) ** k + 0.01 * cycle)
    for cycle in (1, 2)
    for word, sign, begin in (("set", 1, 2.0), ("reset", -1, 8.0))
    for k in range(24)
]


def table(heading: str, cell):
    """A table with a further column, which `cell` writes from cycle, pulse and direction."""
    rows = [f"{c},{k},{w},{v:.3f},{cell(c, k, w)}" for c, k, w, v in ROWS]
    return table_of("\n".join([f"cycle,pulse,direction,G (uS),{heading}", *rows]), "f.csv")


DIFFERENT = {
    "amplitudes of two cycles": (
        "Vpulse (V)",
        lambda c, k, w: (1.0 + 0.2 * c) * (1 if w == "set" else -1),
        r"f\.csv:50: 'Vpulse' of set pulses is 1\.2 V in 24 rows and 1\.4 V in 24 rows; the models describe equal",
    ),
    "amplitudes that rise from pulse to pulse": (
        "V_write (V)",
        lambda c, k, w: round((0.5 + 0.05 * k) * (1 if w == "set" else -1), 2),
        r"f\.csv:3: 'V_write' of set pulses has 24 values, such as 0\.5 and 1\.65 V; the models",
    ),
    "amplitudes without a sign": (
        "amplitude",
        lambda c, k, w: 1.2 if w == "set" else 1 + 0.01 * k,
        r"f\.csv:27: 'amplitude' of reset pulses has 24 values",
    ),
    "a voltage that is too high for a read": (
        "V (V)",
        lambda c, k, w: 1 + 0.1 * k,
        r"'V' of set pulses has 24 values",
    ),
    "widths": (
        "pulse width (us)",
        lambda c, k, w: 10 * c,
        r"f\.csv:50: 'pulse width' of set pulses is 10 us in 24 rows and 20 us in 24 rows",
    ),
    "widths with their unit": (
        "width",
        lambda c, k, w: f"{c} us",
        r"'width' of set pulses is 1 us in 24 rows and 2 us",
    ),
    "voltages of gates": ("Vgate (V)", lambda c, k, w: 1 + 0.1 * c, r"'Vgate' of set pulses is"),
    "temperatures": (
        "temperature (K)",
        lambda c, k, w: 250 + 50 * c,
        r"f\.csv:50: 'temperature' is 300 K in 48 rows and 350 K in 48 rows; a fit is that of one temperature",
    ),
    "temperatures under a letter": (
        "T (°C)",
        lambda c, k, w: 25 if c == 1 else 85,
        r"'T' is 25 °C in 48 rows",
    ),
}


@pytest.mark.parametrize(("heading", "cell", "message"), DIFFERENT.values(), ids=DIFFERENT)
def test_pulses_that_differ_within_a_direction_are_refused(heading, cell, message):
    with pytest.raises(ms.DataError, match=message) as refusal:
        pulse_data(table(heading, cell))
    assert "\n" not in str(refusal.value)


EQUAL = {
    "an amplitude of each direction": ("amplitude (V)", lambda c, k, w: 1.2 if w == "set" else 1.4),
    "an amplitude as an instrument measures it": ("Vpulse (V)", lambda c, k, w: 1.2 + 0.001 * k % 0.01),
    "no amplitude before the first read": ("Vpulse (V)", lambda c, k, w: 0 if k == 0 else 1.2),
    "one width": ("width (ns)", lambda c, k, w: 100),
    "a temperature that is kept constant": ("temperature (K)", lambda c, k, w: 299.6 + 0.01 * k),
    "an unknown column": ("attempt", lambda c, k, w: k),
    "one read voltage": ("Vread (V)", lambda c, k, w: 0.1 + 0.0005 * (-1) ** k),
}


@pytest.mark.parametrize(("heading", "cell"), EQUAL.values(), ids=EQUAL)
def test_equal_pulses_are_read_without_a_note(heading, cell):
    data = pulse_data(table(heading, cell))
    assert data.reads == 96
    assert data.notes == ()


def test_read_voltages_that_differ_are_noted():
    notes = pulse_data(table("Vread (V)", lambda c, k, w: 0.1 * c)).notes
    assert notes == ("'Vread' is 0.1 V in 48 rows and 0.2 V in 48 rows: conductances of non-linear cells depend on it",)


def test_the_sign_of_one_amplitude_a_direction_still_gives_the_direction():
    rows = [f"{k},{1.2 if w == 'set' else -1.4},{v:.3f}" for _, k, w, v in ROWS]
    data = pulse_data(table_of("\n".join(["pulse,Vpulse (V),G (uS)", *rows])))
    assert [sweep.branch for sweep in data.sweeps] == [0, 1, 0, 1]


@pytest.mark.parametrize("sign", ["", "-"])
def test_amplitudes_that_a_user_names_as_directions_are_compared(tmp_path, sign):
    rows = [f"{k},{(1 + 0.1 * k) * (1 if (w == 'set') != bool(sign) else -1):.1f},{v:.3f}" for _, k, w, v in ROWS]
    (tmp_path / "f.csv").write_text("\n".join(["pulse,Vwrite (V),G (uS)", *rows]))
    with pytest.raises(ms.DataError, match="of set pulses has 24 values"):
        pulse_data(read_measurement(tmp_path / "f.csv", columns=f"direction = {sign}Vwrite"))


def test_directions_that_a_user_computes_are_no_amplitudes(tmp_path):
    rows = [f"{k},{v:.3f}" for k, (_, _, _, v) in enumerate(ROWS[:48])]
    (tmp_path / "f.csv").write_text("\n".join(["pulse,G (uS)", *rows]))
    data = pulse_data(read_measurement(tmp_path / "f.csv", columns="pulse = pulse, direction = 23.5 - pulse"))
    assert [len(sweep.value) for sweep in data.sweeps] == [24, 24]


def test_amplitudes_beside_two_columns_of_reads_are_compared():
    rows = [f"{k},{1 + 0.1 * (k > 11)},{2 + 0.3 * k},{9 - 0.3 * k}" for k in range(24)]
    with pytest.raises(ms.DataError, match=r"f\.csv:14: 'amplitude' is 1\.0 in 12 rows and 1\.1 in 12 rows"):
        pulse_data(table_of("\n".join(["pulse,amplitude,up (uS),down (uS)", *rows]), "f.csv"))


def test_two_columns_of_pulse_voltages_lead_to_the_option_that_reads_them(tmp_path):
    for reset, sign in ((-1.3, "+"), (1.3, "-")):
        rows = [f"{k},{1.2 if w == 'set' else 0},{reset if w == 'reset' else 0},{v:.3f}" for _, k, w, v in ROWS]
        file = tmp_path / "f.csv"
        file.write_text("\n".join(["pulse,Vset (V),Vreset (V),G (uS)", *rows]))
        with pytest.raises(ms.DataError, match=rf'"pulse voltage = Vset \(V\) \{sign} Vreset \(V\)"'):
            pulse_data(read_measurement(file))
        data = pulse_data(read_measurement(file, columns=f"pulse voltage = Vset {sign} Vreset"))
        assert [sweep.branch for sweep in data.sweeps] == [0, 1, 0, 1]


@pytest.mark.parametrize("kind", ["retention", "read-noise"])
def test_other_measurements_at_two_temperatures_are_refused(tmp_path, kind):
    rows = [f"{t},{c},{10**k},{5 - 0.01 * k}" for t in (25, 85) for c in range(3) for k in range(5)]
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["temperature (C),cell,time (s),G (uS)", *rows]))
    with pytest.raises(
        ms.DataError, match=r"f\.csv:17: 'temperature' is 25 C in 15 rows and 85 C in 15 rows; a fit is"
    ):
        fit_device(file, kind=kind)
