"""Files as instruments and people write them: each is read as its maker meant it, or ends in one question."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from pulse_trains import long_table

import memsim as ms
from memsim.errors import DataError
from memsim.fit import kind_of, read_measurement
from memsim.fit.pulses.data import PulseData
from memsim.fit.reading.folder import read_table
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.source import in_words
from memsim.fit.reading.table import table_of
from memsim.fit.reading.trains import Rows, trains_of
from memsim.fit.sections.read_noise import fit_read_noise

SET = [round(2.0 + 0.25 * k + 0.03 * (-1) ** k, 4) for k in range(24)]
RESET = [round(8.1 - 0.25 * k + 0.03 * (-1) ** k, 4) for k in range(24)]
TRAINS = (("set", SET), ("reset", RESET))


def sweeps(data: PulseData, scale: float = 1e-6) -> list[tuple[str, str, int, list[float]]]:
    """Device, cycle, branch and reads of each sweep, in uS; nan where no read was made."""
    return [(s.device, s.cycle, s.branch, [round(v, 6) for v in s.value / scale]) for s in data.sweeps]


def rows(cell, trains=TRAINS, first=1) -> list[str]:
    """Lines of a long table: `cell` makes one of pulse number, direction and conductance."""
    return [cell(k, word, value) for word, values in trains for k, value in enumerate(values, first)]


def saved(folder, text: str, name: str = "f.csv") -> str:
    (folder / name).write_bytes(text.encode())
    return str(folder / name)


def read_pulses(file: str) -> PulseData:
    """What the command line reads from a file without an option."""
    table = read_measurement(file)
    assert kind_of(table) == "pulses"
    return pulse_data(table)


PLAIN = [("1", "1", 0, SET), ("1", "1", 1, RESET)]


# Seven real layouts


def b1500() -> str:
    """A record of Keysight's EasyEXPERT: settings, names, values; reads at 0.1 V after pulses of +1.2 V and -1.4 V."""
    body = [
        f"DataValue, {k}, {1.2 if word == 'set' else -1.4}, 0.1, {value * 1e-7:.9E}"
        for word, values in TRAINS
        for k, value in enumerate(values, 1)
    ]
    settings = [
        "SetupTitle, Pulsed training",
        "PrimitiveTest, SPGU Pulse",
        "TestParameter, Channel.UnitType, SMU, SMU, SPGU",
        "TestParameter, Channel.Unit, SMU1:HR, SMU2:HR, SPGU1",
        "TestParameter, Measurement.Bias.Source, 0.1, 0",
        "MetaData, TestRecord.EstimatedTime, 2026/03/01 12:00:00",
        "AnalysisSetup, Analysis.Setup.Vector.List.Datum.Name, Vpulse, Vread, Iread",
        "Dimension1, 48, 48, 48, 48",
        "Dimension2, 1, 1, 1, 1",
        "DataName, Pulse, Vpulse, Vread, Iread",
    ]
    return "\r\n".join(settings + body) + "\r\n"


def keithley() -> str:
    """A sheet of a Keithley parameter analyser: a preamble, headings, a line of units."""
    head = [
        "Keithley 4200A-SCS;;;",
        "Test Name;pulse-train#1;;",
        "Points;48;;",
        "",
        "Cycle;Mode;AnodeV;AnodeI",
        ";;V;A",
    ]
    return "\n".join(head + rows(lambda k, word, value: f"1;{word.upper()};0.2;{value * 2e-7:.6E}"))


def lab_sheet() -> str:
    """Two columns of a laboratory's sheet, one of which is longer."""
    lines = [f"{up},{down}" for up, down in zip(SET, RESET, strict=True)]
    lines[-1] = lines[-1].split(",")[0] + ","
    return "\n".join(["LTP (uS),LTD (uS)", *lines])


def threshold_trains() -> str:
    """Trains that stop at a threshold, so that each has its own length."""
    trains = (("set", SET), ("reset", RESET[:15]), ("set", SET[8:20]), ("reset", RESET[2:20]))
    return "\n".join(["Pulse #,Operation,G (uS)", *rows(lambda k, word, value: f"{k},{word},{value}", trains)])


def excel() -> str:
    """A CSV of a German Excel: a byte-order mark, semicolons, decimal commas, points in names."""
    lines = rows(lambda k, word, value: f"Chip 3.A.1;{k};{word};" + f"{value:.4f}".replace(".", ","))
    return "\ufeff" + "\r\n".join(["Device;Pulse;LTP/LTD;Conductance (µS)", *lines])


def write_verify() -> str:
    """A log of writing to targets: few pulses of a direction in a row, numbers that go on."""
    words = (["set"] * 3 + ["reset"] * 2) * 12
    values = [5 + 0.4 * np.sin(k) for k in range(len(words))]
    lines = [f"{k},{word},{value:.4f}" for k, (word, value) in enumerate(zip(words, values, strict=True), 1)]
    return "\n".join(["pulse,direction,G (uS)", *lines])


def test_an_easyexpert_file_of_a_b1500_is_read_without_an_option(tmp_path):
    table = read_measurement(saved(tmp_path, b1500()))
    assert kind_of(table) == "pulses"
    data = pulse_data(table)
    assert data.unit == "S"
    assert sweeps(data) == PLAIN
    assert any("EasyEXPERT" in note for note in data.notes)
    assert any("'Iread' / 'Vread'" in note for note in data.notes)
    assert any("positive 'Vpulse' is read as set" in note for note in data.notes)


def test_a_keithley_sheet_is_read_with_one_option(tmp_path):
    file = saved(tmp_path, keithley())
    data = pulse_data(read_measurement(file, columns="G = AnodeI/AnodeV"))
    assert data.unit == "S"
    assert sweeps(data) == PLAIN
    with pytest.raises(ms.DataError, match=r":5: no column of conductance among .*columns=... says which"):
        pulse_data(read_measurement(file))


def test_a_sheet_of_two_columns_is_read_without_an_option(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, lab_sheet())))
    assert sweeps(data) == [PLAIN[0], ("1", "1", 1, RESET[:-1])]


def test_trains_that_stop_at_a_threshold_are_read_without_an_option(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, threshold_trains())))
    assert sweeps(data) == [
        ("1", "1", 0, SET), ("1", "1", 1, RESET[:15]), ("1", "2", 0, SET[8:20]), ("1", "2", 1, RESET[2:20]),
    ]  # fmt: skip


def test_an_excel_sheet_with_decimal_commas_is_read_without_an_option(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, excel())))
    assert sweeps(data) == [("Chip 3.A.1", "1", 0, SET), ("Chip 3.A.1", "1", 1, RESET)]


def test_a_folder_with_one_file_a_device_is_read_without_an_option(tmp_path):
    for number in (10, 2):
        lines = rows(lambda k, word, value, n=number: f"{k},{word},{value + n}")
        saved(tmp_path, "\n".join(["pulse,direction,G (uS)", *lines]), f"dev{number}.csv")
    saved(tmp_path, "not a table", "notes.md")
    data = pulse_data(read_measurement(tmp_path))
    assert data.devices == ["dev2", "dev10"]
    assert [s.value[0] for s in data.sweeps] == pytest.approx([4.03e-6, 10.13e-6, 12.03e-6, 18.13e-6])
    assert any("2 files" in note for note in data.notes)


def test_a_write_verify_log_keeps_the_state_where_directions_change(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, write_verify())))
    assert [len(s.value) for s in data.sweeps[:4]] == [3, 2, 3, 2]
    assert [s.follows for s in data.sweeps] == [False] + [True] * (len(data.sweeps) - 1)


# Instruments


def test_records_of_an_easyexpert_file_with_the_same_names_are_read_one_after_the_other(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, b1500() + b1500())))
    assert sweeps(data) == [*PLAIN, ("1", "2", 0, SET), ("1", "2", 1, RESET)]
    table = read_measurement(saved(tmp_path, b1500() + b1500()), table=2)
    assert sweeps(pulse_data(table)) == PLAIN
    assert table.place(0).endswith(":69")


LONG = rows(lambda k, word, value: f"{k},{word},{value}")

SHAPES = {
    "lines above the headings": ["Cell 7", "T = 300 K, no light", "Points,48", "pulse,direction,G (uS)", *LONG],
    "a line of units": ["pulse,direction,G", ",,uS", *LONG],
    "a line of units in brackets": ["pulse,direction,G", "(-),(-),(uS)", *LONG],
    "units and comments": ["pulse,direction,G", ",,uS", "counted,of the pulse,read after", *LONG],
    "repeated headings": ["pulse,direction,G (uS)", *LONG[:9], "pulse,direction,G (uS)", *LONG[9:]],
    "a delimiter at the end of lines": ["pulse,direction,G (uS),", *(line + "," for line in LONG)],
    "a line of delimiters": [",,", "pulse,direction,G (uS)", *LONG, ",,"],
    "a comment of headings": ["# pulse,direction,G (uS)", *LONG],
    "a heading that is a hash": ["#,direction,G (uS)", *LONG],
    "a column without a heading": [",pulse,direction,G (uS)", *(f"{i},{line}" for i, line in enumerate(LONG))],
    "a heading that breaks in two lines": ["pulse,direction,\"G", "(uS)\"", *LONG],
    "a heading of three lines": ['pulse,"direction', "of the", 'pulse","G', '(uS)"', *LONG],
    "quoted cells": ['"pulse","direction","G (uS)"', *LONG],
    "dir": ["pulse,dir,G (uS)", *LONG],
    "set/reset": ["pulse,set/reset,G (uS)", *LONG],
    "LTP/LTD": ["pulse,LTP/LTD,G (uS)", *LONG],
    "unknown heading of directions": ["pulse,what,G (uS)", *LONG],
    "a unit behind an underscore": ["pulse,direction,G_uS", *LONG],
    "a unit behind a slash": ["pulse,direction,G/uS", *LONG],
    "signs of pulse voltages": [
        "pulse,Vpulse (V),G (uS)", *rows(lambda k, word, value: f"{k},{1.1 if word == 'set' else -1.3},{value}"),
    ],
    "resistances beside a binary state": [
        "pulse,state,direction,R (MOhm)", *rows(lambda k, word, value: f"{k},{k // 13},{word},{1 / value!r}"),
    ],
    "currents and read voltages": [
        "pulse,direction,Iread (nA),Vread (mV)", *rows(lambda k, word, value: f"{k},{word},{value * 100},100"),
    ],
    "rows sorted by pulse number": ["pulse,direction,G (uS)", *(LONG[k // 2 + 24 * (k % 2)] for k in range(48))],
}  # fmt: skip


@pytest.mark.parametrize("lines", SHAPES.values(), ids=SHAPES)
def test_every_shape_of_a_long_table_gives_the_same_sweeps(lines, tmp_path):
    table = read_measurement(saved(tmp_path, "\n".join(lines)))
    assert kind_of(table) == "pulses"
    data = pulse_data(table)
    assert data.unit == "S"
    assert sweeps(data) == PLAIN


def test_a_second_table_with_other_headings_is_asked_about(tmp_path):
    text = "\n".join(["V (V),I (uA)", "0.1,1", "0.2,2", "", "pulse,direction,G (uS)", *LONG])
    file = saved(tmp_path, text)
    with pytest.raises(ms.DataError, match=r"2 tables .*, at lines 1, 5; .*table=1 to table=2"):
        read_measurement(file)
    assert kind_of(read_measurement(file, table=1)) == "iv"
    assert sweeps(pulse_data(read_measurement(file, table=2))) == PLAIN
    with pytest.raises(ms.InputError, match="no table 3; there are 2"):
        read_measurement(file, table=3)


def test_tables_of_one_heading_are_cycles_of_their_own(tmp_path):
    block = ["up (uS),down (uS)", *(f"{a},{b}" for a, b in zip(SET, RESET, strict=True))]
    data = pulse_data(read_measurement(saved(tmp_path, "\n".join([*block, "", *block]))))
    assert [s.cycle for s in data.sweeps] == ["1", "1", "2", "2"]
    assert all(len(s.value) == 24 for s in data.sweeps)


# Trains


def test_a_direction_that_returns_within_a_cycle_begins_a_train(tmp_path):
    lines = [f"1,{word},{value}" for word, values in (*TRAINS, *TRAINS) for value in values]
    data = pulse_data(read_measurement(saved(tmp_path, "\n".join(["cycle,direction,G (uS)", *lines]))))
    assert [(s.cycle, s.branch, len(s.value)) for s in data.sweeps] == [
        ("1", 0, 24), ("1", 1, 24), ("1.2", 0, 24), ("1.2", 1, 24),
    ]  # fmt: skip
    assert not any(s.follows for s in data.sweeps)


def test_pulse_numbers_that_start_again_begin_a_train(tmp_path):
    lines = rows(lambda k, word, value: f"{k},{word},{value}", (TRAINS[0], TRAINS[0], TRAINS[1]))
    data = pulse_data(read_measurement(saved(tmp_path, "\n".join(["pulse,direction,G (uS)", *lines]))))
    assert [(s.cycle, s.branch, len(s.value)) for s in data.sweeps] == [("1", 0, 24), ("2", 0, 24), ("2", 1, 24)]


def test_pulse_numbers_that_go_on_across_directions_say_that_the_state_does():
    lines = [f"{k},{word},{v}" for k, (word, v) in enumerate([(w, v) for w, vs in TRAINS for v in vs], 1)]
    data = pulse_data(table_of("\n".join(["pulse,direction,G (uS)", *lines])))
    assert [s.follows for s in data.sweeps] == [False, True]
    data = pulse_data(table_of("\n".join(["pulse,direction,G (uS)", *LONG])))
    assert [s.follows for s in data.sweeps] == [False, False]


def test_short_runs_of_a_direction_keep_the_state_without_pulse_numbers():
    words = (["set"] * 2 + ["reset"] * 2) * 20
    lines = [f"{word},{5 + np.sin(k):.4f}" for k, word in enumerate(words)]
    data = pulse_data(table_of("\n".join(["direction,G (uS)", *lines])))
    assert [s.follows for s in data.sweeps] == [False] + [True] * 39


def test_a_log_of_endurance_is_read_in_the_order_of_its_rows():
    pairs = [(k, word, value + 0.1 * np.sin(k * k)) for k in range(1, 31) for word, value in (("set", 8), ("reset", 2))]
    table = table_of("\n".join(["pulse,direction,G (uS)", *(f"{k},{w},{v:.4f}" for k, w, v in pairs)]))
    number, value = table.numbers(table.columns[0]).astype(int), table.numbers(table.columns[2], "S")
    branch = np.array([0, 1] * 30)
    trains, _ = trains_of(table, Rows(value, branch, ["1"] * 60, None, number))
    assert [(s.branch, len(s.value)) for s in trains] == [(0, 1), (1, 1)] * 30
    assert [s.follows for s in trains] == [False] + [True] * 59


def test_a_device_with_few_reads_among_long_trains_does_not_go_on_from_one_direction_to_the_other():
    long = [
        ("a", 1, k, word, value) for word, values in (("set", SET), ("reset", RESET)) for k, value in enumerate(values)
    ]
    short = [("b", 1, k, "set", 2 + k) for k in range(3)] + [("b", 1, k, "reset", 50 - k) for k in range(3)]
    data = pulse_data(table_of(long_table(long + short)))
    assert [(s.device, s.branch, len(s.value), s.follows) for s in data.sweeps][2:] == [
        ("b", 0, 3, False),
        ("b", 1, 3, False),
    ]


def test_short_trains_that_each_begin_at_an_end_of_the_window_do_not_go_on():
    rows = [
        (device, 1, k, word, begin + sign * k + 0.1 * device * k)
        for device in range(8)
        for word, begin, sign in (("set", 2, 1), ("reset", 50, -1))
        for k in range(3)
    ]
    data = pulse_data(table_of(long_table(rows)))
    assert not any(s.follows for s in data.sweeps)


def test_a_pulse_number_that_starts_again_within_a_direction_is_pointed_out():
    numbers = [*range(12), 0, *range(13, 24)]
    rows = [f"{k},{word},{v}" for word, values in TRAINS for k, v in zip(numbers, values, strict=True)]
    data = pulse_data(table_of("\n".join(["pulse,direction,G (uS)", *rows]), "log.csv"))
    assert data.notes == (
        "log.csv:14: pulse numbers start again without a change of direction or cycle (2 times); a new train begins "
        "there",
    )
    assert pulse_data(table_of("\n".join(["pulse,direction,G (uS)", *LONG]))).notes == ()


def test_the_pulse_at_which_directions_turn_can_be_stated(tmp_path):
    lines = [f"{k},{v}" for k, v in enumerate(SET + RESET, 1)]
    file = saved(tmp_path, "\n".join(["pulse,G (uS)", *lines]))
    with pytest.raises(ms.DataError, match=r"no column of directions .*direction = 24\.5 - pulse, pulse = pulse"):
        read_pulses(file)
    assert sweeps(pulse_data(read_measurement(file, columns="direction = 24.5 - pulse, pulse = pulse"))) == PLAIN


def test_gaps_of_pulse_numbers_count_beside_two_columns():
    lines = [f"{10 * k},{a},{b}" for k, (a, b) in enumerate(zip(SET, RESET, strict=True), 1)]
    data = pulse_data(table_of("\n".join(["pulse,up (uS),down (uS)", *lines])))
    for sweep, values in zip(data.sweeps, (SET, RESET), strict=True):
        assert len(sweep.value) == 231
        assert sweep.value[::10] == pytest.approx(1e-6 * np.array(values))
        assert np.isfinite(sweep.value).sum() == 24


def test_each_direction_may_have_pulse_numbers_of_its_own():
    lines = [f"{k},{a},{2 * k},{b}" for k, (a, b) in enumerate(zip(SET, RESET, strict=True))]
    data = pulse_data(table_of("\n".join(["pulse,up,pulse,down", *lines])))
    assert [len(s.value) for s in data.sweeps] == [24, 47]


def test_alternating_rows_of_two_curves_are_asked_about():
    lines = [line for a, b in zip(SET, RESET, strict=True) for line in (f"set,{a}", f"reset,{b}")]
    with pytest.raises(ms.DataError, match="each direction is a curve of its own"):
        pulse_data(table_of("\n".join(["direction,G (uS)", *lines])))


# Repeated headings


WIDE = [f"{a},{b},{a + 10},{b + 10}" for a, b in zip(SET, RESET, strict=True)]


def test_repeated_headings_are_asked_about_unless_the_user_says_what_they_are(tmp_path):
    file = saved(tmp_path, "\n".join(["up (uS),down (uS),up (uS),down (uS)", *WIDE]))
    with pytest.raises(
        ms.DataError, match=r"columns 1 and 3 are all 'up'; .*repeats='devices', repeats='cycles' or repeats='reads'"
    ):
        read_measurement(file)
    for repeats, names in (("devices", [("1", "1"), ("2", "1")]), ("cycles", [("1", "1"), ("1", "2")])):
        data = pulse_data(read_measurement(file, repeats=repeats))
        assert [(s.device, s.cycle) for s in data.sweeps] == [name for name in names for _ in range(2)]
        assert data.sweeps[2].value == pytest.approx(1e-6 * (np.array(SET) + 10))


def test_a_line_of_groups_above_the_headings_says_what_repeats(tmp_path):
    head = ["Device A,,Device B,", "up (uS),down (uS),up (uS),down (uS)"]
    data = pulse_data(read_measurement(saved(tmp_path, "\n".join([*head, *WIDE]))))
    assert data.devices == ["Device A", "Device B"]
    assert [len(s.value) for s in data.sweeps] == [24] * 4


def test_headings_with_numbers_are_repeated_ones_and_trains_may_differ_in_length(tmp_path):
    lines = [*WIDE[:20], *(line.rsplit(",", 2)[0] + ",," for line in WIDE[20:])]
    file = saved(tmp_path, "\n".join(["up 1,down 1,up 2,down 2", *lines]))
    data = pulse_data(read_measurement(file, repeats="devices"))
    assert [len(s.value) for s in data.sweeps] == [24, 24, 20, 20]


# No silent guesses


def two_columns(heading: str, first=SET, second=RESET) -> str:
    return "\n".join([heading, *(f"{a},{b}" for a, b in zip(first, second, strict=True))])


def test_two_columns_of_weights_may_have_both_signs_and_no_headings():
    rng = np.random.default_rng(1)
    ends = np.linspace(-0.8, 0.9, 40)
    up, down = (sign * ends + 0.2 * rng.standard_normal(40) for sign in (1, -1))
    data = pulse_data(table_of("\n".join(f"{a:.4f},{b:.4f}" for a, b in zip(up, down, strict=True))))
    assert [s.branch for s in data.sweeps] == [0, 1]
    for sweep, values in zip(data.sweeps, (up, down), strict=True):
        assert sweep.value == pytest.approx(values, abs=1e-4)


def test_a_unit_in_one_heading_holds_for_both_and_is_said():
    data = pulse_data(table_of(two_columns("up (uS),down")))
    assert sweeps(data) == PLAIN
    assert data.notes == ("'down' has no unit of its own and is read in uS, as 'up' is",)


ASKED = {
    "an index without a meaning": ("index,G (uS)\n1,2\n2,3\n", "kind='read-noise' means repeated reads"),
    "voltages and currents of pulses": ("pulse,V (V),I (uA)\n1,2,3\n2,3,4\n", "kind='iv' means a curve"),
    "a unit in one heading and another range": (
        two_columns("up (uS),down", SET, [v / 1e3 for v in RESET]),
        r"'down' has no unit, 'up' has uS; say which with columns=\"down = down \[uS\]\"",
    ),
    "units that differ": (two_columns("up (uS),down (nS)"), "write both in one unit"),
    "a lone curve": ("Conductance(S)\n" + "\n".join(map(str, SET)), "kind='read-noise' means repeated reads"),
    "an index and conductances": (
        "\n".join(f"{k} {v}" for k, v in enumerate(SET + RESET)),
        'without headings .* columns="up = #1, down = #2"',
    ),
    "voltages and currents": ("\n".join(f"{k / 10},{k**3}" for k in range(-20, 21)), "without headings"),
    "voltages and falling currents": ("\n".join(f"{k / 10},{-k / 9}" for k in range(-20, 21)), "without headings"),
    "addresses and resistances": ("\n".join(f"{30 + 4 * k}.000\t{9e4 + k:.3f}" for k in range(40)), "without headings"),
    "whole numbers that count": (
        "\n".join(["value,direction", *(f"{k},{'set' if k < 30 else 'reset'}" for k in range(60))]),
        "'value' counts up in whole numbers",
    ),
    "a binary state": (
        "\n".join(["state,direction", *(f"{k % 2},{'set' if k < 30 else 'reset'}" for k in range(60))]),
        "'state' has only the values 0 and 1",
    ),
    "a negative conductance": (two_columns("up (uS),down (uS)", [-v for v in SET]), "of -2.03 uS; .*up = -up"),
    "set pulses that lower": (
        two_columns("up (uS),down (uS)", RESET, SET),
        r'set pulses lower .*columns="up = down \(uS\), down = up \(uS\)"',
    ),
    "reset words that raise": (
        "\n".join(["pulse,Mode,G (uS)", *rows(lambda k, w, v: f"{k},{w},{v}", (("set", RESET), ("reset", SET)))]),
        'set pulses lower .*columns="direction = -Mode"',
    ),
    "one direction that goes the wrong way": (
        two_columns("up (uS),down (uS)", SET, SET),
        "reset pulses raise the conductance .*; check the directions of the reset pulses",
    ),
    "a read voltage of zero": (
        "\n".join(["direction,I (uA),V (V)", *(f"{w},{v},0" for w, vs in TRAINS for v in vs)]),
        "'V' is 0; a conductance needs a read voltage",
    ),
    "a pulse of no voltage": ("Vpulse,G\n1,2\n-1,2\n0,2\n", "a read without a set or reset pulse, other"),
    "the same heading twice": ("direction,direction,G\nset,set,1\nreset,reset,2", "are both 'direction'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ASKED.values(), ids=ASKED)
def test_what_is_unclear_ends_in_one_line_with_the_option_that_decides(text, message, tmp_path):
    file = saved(tmp_path, text)
    with pytest.raises(ms.MemsimError, match=message) as refusal:
        read_pulses(file)
    assert "\n" not in str(refusal.value)


def test_the_option_that_a_refused_polarity_names_reads_the_file(tmp_path):
    reverse = (("set", RESET), ("reset", SET))
    file = saved(tmp_path, "\n".join(["pulse,Mode,G (uS)", *rows(lambda k, w, v: f"{k},{w},{v}", reverse)]))
    data = pulse_data(read_measurement(file, columns="direction = -Mode"))
    assert [(s.branch, list(s.value)) for s in data.sweeps] == [
        (1, pytest.approx(1e-6 * np.array(RESET))),
        (0, pytest.approx(1e-6 * np.array(SET))),
    ]
    file = saved(tmp_path, two_columns("up (uS),down (uS)", RESET, SET))
    assert sweeps(pulse_data(read_measurement(file, columns="up = down (uS), down = up (uS)"))) == PLAIN


def test_every_device_counts_by_its_own_range_in_the_check_of_polarity():
    reverse = (("set", RESET), ("reset", SET))
    trains = (("a", 1.0, TRAINS), ("b", 1e-3, reverse), ("c", 1e-3, reverse))
    lines = [f"{d},{k},{w},{scale * v}" for d, scale, each in trains for w, vs in each for k, v in enumerate(vs)]
    with pytest.raises(ms.DataError, match="set pulses lower"):
        pulse_data(table_of("\n".join(["device,pulse,direction,G (uS)", *lines])))


@pytest.mark.parametrize(("first", "words"), [("read", ("set", "reset")), ("0", ("1.2", "-1.4")), ("", ("1", "-1"))])
def test_a_read_before_the_first_pulse_begins_a_train(first, words):
    heading = "Vpulse" if first == "0" else "direction"
    lines = [
        f"{d},{w},{v}"
        for d in "ab"
        for w, v in [(first, 1.9), *zip([words[0]] * 24 + [words[1]] * 24, SET + RESET, strict=True)]
    ]
    data = pulse_data(table_of("\n".join([f"device,{heading},G (uS)", *lines])))
    assert sweeps(data) == [row for d in "ab" for row in ((d, "1", 0, [1.9, *SET]), (d, "1", 1, RESET))]
    lines.insert(5, f"a,{first},2")
    with pytest.raises(ms.DataError, match=r"f\.csv:7: a read without a set or reset pulse, other than the first"):
        pulse_data(table_of("\n".join([f"device,{heading},G (uS)", *lines]), "f.csv"))


def test_a_sample_beside_conductances_numbers_the_reads_and_beside_directions_a_device():
    reads = [10 + 0.1 * np.sin(k * k) for k in range(40)]
    table = table_of("\n".join(["sample,G (uS)", *(f"{k},{v}" for k, v in enumerate(reads))]))
    assert kind_of(table) == "read-noise"
    assert fit_read_noise(table).numbers[0].value == pytest.approx(np.std(reads, ddof=1) / np.mean(reads), rel=1e-6)
    lines = [f"{d},{k},{w},{v}" for d in "ab" for w, vs in TRAINS for k, v in enumerate(vs)]
    assert pulse_data(table_of("\n".join(["sample,pulse,direction,G (uS)", *lines]))).devices == ["a", "b"]


# Numbers


def test_three_digits_after_every_sign_are_asked_about(tmp_path):
    lines = [f"{a:.3f};{b:.3f}" for a, b in zip(SET, RESET, strict=True)]
    file = saved(tmp_path, "\n".join(["up (nS);down (nS)", *lines]))
    with pytest.raises(ms.DataError, match=r"f\.csv:2: '2\.030' may be .* decimal='\.' or decimal=','"):
        read_pulses(file)
    first = {sign: pulse_data(read_measurement(file, decimal=sign)).sweeps[0].value[0] for sign in ".,"}
    assert first == {".": pytest.approx(2.03e-9), ",": pytest.approx(2030e-9)}
    with pytest.raises(ms.InputError, match="unknown decimal sign 'x'"):
        read_measurement(file, decimal="x")


THOUSANDS = {
    "a jump from three digits": ("900;1,140", "1,010;1,000", [900, 1010]),
    "points with decimal commas": ("1.900,5;0,5", "990,1;1.000,2", [1900.5, 990.1]),
    "commas with decimal points": ("1,900.5;0.5", "990.1;1,000.2", [1900.5, 990.1]),
    "apostrophes": ("1'900.5;0.5", "990.1;1'000.2", [1900.5, 990.1]),
    "blanks": ("1 900,5;0,5", "990,1;1 000,2", [1900.5, 990.1]),
    "twice in a number": ("1,900,000;5", "990;1,000,100", [1.9e6, 990]),
}


@pytest.mark.parametrize(("first", "second", "expected"), THOUSANDS.values(), ids=THOUSANDS)
def test_separators_of_thousands_are_recognised_where_they_are_certain(first, second, expected):
    table = table_of(f"a;b\n{first}\n{second}\n")
    assert table.numbers(table.columns[0]).tolist() == expected


def test_a_point_in_a_name_does_not_disturb_decimal_commas():
    table = table_of("device;G\nA.1;2,1544\n1.2;3,5\n")
    assert table.columns[0].cells == ("A.1", "1.2")
    assert table.numbers(table.columns[1]).tolist() == [2.1544, 3.5]


# Files


def test_a_pipe_is_read_once(cli):
    text = "V (V),I (uA)\n" + "\n".join(f"{v / 20},{2.5 * v / 20}" for v in range(1, 21))
    end, other = os.pipe()
    with os.fdopen(other, "wb") as stream:
        stream.write(text.encode())
    done = cli("device", "fit", f"/dev/fd/{end}")
    os.close(end)
    assert done.code == 0, done.err
    assert "linear" in done.out


def test_a_hyphen_is_the_standard_input(cli, monkeypatch):
    text = "V (V),I (uA)\n" + "\n".join(f"{v / 20},{2.5 * v / 20}" for v in range(1, 21))
    monkeypatch.setattr("memsim.fit.reading.source.sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    table = read_table("-")
    assert table.numbers(table.columns[1]).tolist() == [2.5 * v / 20 for v in range(1, 21)]


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_figures_and_profiles_name_the_standard_input_in_words(name):
    assert in_words(name) == "standard input" and in_words(f"folder/{name}.csv") == Path(f"{name}.csv").name


@pytest.mark.slow
def test_a_profile_fitted_to_the_standard_input_says_so(cli, tmp_path, monkeypatch):
    saved(tmp_path, two_columns("up (uS),down"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((tmp_path / "f.csv").read_bytes())))
    done = cli("device", "fit", "-", "-o", "mine.yaml")
    assert done.code == 0, done.err
    assert "title: Device fitted to standard input\n" in (tmp_path / "mine.yaml").read_text()


def test_a_workbook_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(ms.DataError, match="save the sheet as CSV"):
        read_table(tmp_path / "a.csv")


def test_the_files_of_a_folder_agree_in_headings(tmp_path):
    saved(tmp_path, "up,down\n1,2\n", "a.csv")
    saved(tmp_path, "up,low\n1,2\n", "b.csv")
    with pytest.raises(ms.DataError, match=r"b\.csv:1: other headings or units than .*a\.csv:1"):
        read_measurement(tmp_path)


def test_an_error_in_a_folder_names_the_file_and_its_line(tmp_path):
    for name, cell in (("a", "1.5"), ("b", "off")):
        saved(tmp_path, f"up,down\n1.5,2.5\n{cell},2.6\n", f"{name}.csv")
    table = read_measurement(tmp_path)
    with pytest.raises(ms.DataError, match=r"b\.csv:3: 'up' is not a finite number: 'off'"):
        table.numbers(table.columns[0])


def test_long_headings_are_read_and_longer_ones_are_refused_at_once():
    table = table_of("G (" + " " * 900 + "x,y\n1,2\n")
    assert table.columns[0].heading == "G ( x"
    for heading in ("G (" + " " * 200_000 + "x", "9" * 200_000 + "x", "up" + "-" * 200_000 + "!", "[" * 200_000):
        with pytest.raises(ms.DataError, match=r"table:1: a cell of 20\d,\d{3} characters; at most 1,000 are read"):
            table_of(f"{heading},y\n1,2\n")


def test_a_long_comment_is_no_line_of_headings():
    table = table_of("# G (" + " " * 200_000 + "x,y\nup,down\n1,2\n")
    assert [column.heading for column in table.columns] == ["up", "down"]


def test_a_long_cell_is_refused_with_its_line_in_tables_and_maps(tmp_path):
    long = "x" * 1001
    with pytest.raises(ms.DataError, match=r"table:3: a cell of 1,001 characters"):
        table_of(f"G (uS),device\n1,a\n2,{long}\n")
    (tmp_path / "map.csv").write_text(f"row,0,1\n0,1,2\n{long},3,4\n")
    with pytest.raises(ms.DataError, match=r"map\.csv:3: a cell of 1,001 characters"):
        ms.read_conductance_map(tmp_path / "map.csv", unit="uS")


@pytest.mark.slow
def test_the_command_line_reads_a_folder_and_says_what_it_understood(cli, tmp_path):
    (tmp_path / "cells").mkdir()
    for number in (1, 2):
        body = [f"{v / 20},{number * np.sinh(v / 10):.6f}" for v in range(-20, 21) if v]
        saved(tmp_path / "cells", "\n".join(["Chip 4", "V (V),I (uA)", *body]), f"c{number}.csv")
    done = cli("device", "fit", "cells")
    assert done.code == 0, done.err
    assert "Note     1 line above the headings not read" in done.out
    assert "Note     2 files of the folder are read as one device each" in done.out


def test_the_command_line_takes_equations_of_columns(cli, tmp_path):
    body = [f"{v / 20},{np.sinh(v / 10) * 1e3:.6f}" for v in range(-20, 21) if v]
    saved(tmp_path, "\n".join(["AnodeV,AnodeI", *body]))
    done = cli("device", "fit", "f.csv", "--columns", "V = AnodeV [V], I = AnodeI [nA]")
    assert done.code == 0, done.err
    assert "model: sinh, voltage: 500" in done.out
    refusal = cli("device", "fit", "f.csv", "--columns", "V = AnodV, I = AnodeI", "-o", "a.yaml", "--device", "ideal")
    assert "no column 'AnodV'; did you mean 'AnodeV'" in refusal.refusal()
    assert refusal.files == ["f.csv"]


@pytest.mark.slow
def test_what_was_understood_of_pulses_is_printed(cli, tmp_path):
    saved(tmp_path, two_columns("up (uS),down"))
    done = cli("device", "fit", "f.csv")
    assert done.code == 0, done.err
    assert "Note     'down' has no unit of its own and is read in uS, as 'up' is" in done.out


def test_python_reads_what_the_command_line_reads(tmp_path):
    with pytest.raises(ms.InputError, match="the measurement is no path"):
        ms.fit_device(([1.0], [2.0]), columns="G = #1")
    with pytest.raises(ms.MemsimError, match="set pulses lower"):
        ms.fit_device((RESET, SET))


def test_a_line_of_units_with_nanoamperes_and_blanks_is_no_row_of_missing_reads(tmp_path):
    rows = [f"A,1,{k},{'SET' if k <= 20 else 'RESET'},{200 + min(k, 41 - k)},0.2" for k in range(1, 41)]
    file = tmp_path / "export.csv"
    file.write_text("\n".join(["Test,endurance", "", "Cell,Cycle,#,Mode,Iread,Vread", ",,,,nA,V", *rows]))
    data = pulse_data(read_measurement(file))
    assert data.unit == "S"
    assert data.sweeps[0].value[0] == pytest.approx(201e-9 / 0.2, rel=1e-12)


def test_tables_of_very_many_lines_or_cells_are_refused_before_they_are_cut(tmp_path, monkeypatch):
    path = tmp_path / "long.csv"
    path.write_text("time (s),conductance (S)\r\n" + "1,2\r\n" * 3000)
    monkeypatch.setattr("memsim.fit.reading.source.MAX_LINES", 1000)
    with pytest.raises(DataError, match=r"long.csv: 3,001 lines; at most 1,000 are read"):
        read_measurement(path)
    monkeypatch.undo()
    monkeypatch.setattr("memsim.fit.reading.table.MAX_CELLS", 5000)
    with pytest.raises(DataError, match=r"long.csv: about 6,002 cells; at most 5,000 are read"):
        read_measurement(path)
