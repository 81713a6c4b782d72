"""Tables that may be read in more than one way: nothing is guessed, and one line says what decides."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.fit import kind_of, read_measurement
from memsim.fit.reading.columns import with_columns
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.table import Table, table_of
from memsim.fit.sections.read_noise import fit_read_noise

SET = [round(2.533 + 0.25 * k + 0.02 * (-1) ** k, 3) for k in range(24)]
RESET = [round(8.401 - 0.25 * k + 0.02 * (-1) ** k, 3) for k in range(24)]
ROWS = [(k, word, value) for word, values in (("set", SET), ("reset", RESET)) for k, value in enumerate(values, 1)]


def table(heading: str, cell, rows=ROWS, name: str = "f.csv", **arguments) -> Table:
    """A table with these headings; `cell` makes a line of pulse number, direction and conductance."""
    return table_of("\n".join([heading, *(cell(*row) for row in rows)]), name, **arguments)


# The decimal sign


def comma(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


LABELS = {
    "names with commas": ("die;direction;G (uS)", lambda k, w, v: f"3,10;{w};{v:.3f}", 2.553),
    "names with points": ("device;direction;G (uS)", lambda k, w, v: f"3.1;{w};" + comma(v), 2.553),
    "dates": ("date;direction;G (uS)", lambda k, w, v: f"12.11;{w};" + comma(v), 2.553),
    "times of a clock": ("time\tdirection\tG (uS)", lambda k, w, v: f"12.11\t{w}\t" + comma(v), 2.553),
}  # fmt: skip


@pytest.mark.parametrize(("heading", "cell", "first"), LABELS.values(), ids=LABELS)
def test_names_and_dates_do_not_decide_the_decimal_sign(heading, cell, first):
    with pytest.raises(ms.DataError, match=r"f\.csv:2: '2.553' may be a decimal .* decimal='.' or decimal='.'$"):
        pulse_data(table(heading, cell))
    sign = "." if ".553" in cell(1, "set", SET[0]) else ","
    assert pulse_data(table(heading, cell, decimal=sign)).sweeps[0].value[0] == pytest.approx(first * 1e-6)


def test_a_column_that_the_user_names_decides_the_decimal_sign(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["a;b;c", *(f"3,10;{w};{v:.4f}" for _, w, v in ROWS)]))
    data = pulse_data(read_measurement(file, columns="device = a, direction = b, G = c [uS]"))
    assert data.devices == ["3,10"]
    assert data.sweeps[0].value[0] == pytest.approx(2.553e-6)
    data = pulse_data(read_measurement(file, columns="direction = #2, G = #3 [uS]"))
    assert data.sweeps[0].value[0] == pytest.approx(2.553e-6)


def test_an_unused_column_in_doubt_asks_nothing():
    source = table("serial;direction;G (uS)", lambda k, w, v: f"3.104;{w};{v:.0f}")
    assert pulse_data(source).sweeps[0].value[0] == pytest.approx(3e-6)


def test_two_questions_are_asked_in_one_line():
    source = table_of("\n".join(["time;G (uS)", *(f"{k};{v:.3f}" for k, _, v in ROWS)]), "f.csv")
    with pytest.raises(ms.DataError, match=r"kind='read-noise'\. Also, '2\.553' in line 2 .* decimal=','$"):
        kind_of(source)
    source = table_of("\n".join(["pulse;G (uS)", *(f"{k};{v:.3f}" for k, _, v in ROWS)]), "f.csv")
    with pytest.raises(ms.DataError, match=r"no column of directions .* Also, '2\.553' in line 2 .* decimal=','$"):
        pulse_data(source)


# Folders


def test_a_file_that_stands_twice_in_a_folder_is_refused(tmp_path):
    text = "\n".join(["direction,G (uS)", *(f"{w},{v}" for _, w, v in ROWS)])
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(text)
    with pytest.raises(ms.DataError, match=r"b\.csv has the same 48 rows as .*a\.csv; leave one of them out"):
        read_measurement(tmp_path)


# Names


@pytest.mark.parametrize("heading", ["device", "cycle"])
@pytest.mark.parametrize("empty", ["", "nan"])
def test_rows_without_a_name_are_refused(heading, empty):
    name = {row: "A" if row % 24 == 0 else empty for row in range(48)}
    lines = [f"{name[row]},{k},{w},{v}" for row, (k, w, v) in enumerate(ROWS)]
    with pytest.raises(ms.DataError, match=rf"f\.csv:3: '{heading}' is missing in line 3 \(in 46 of 48 rows\); write"):
        pulse_data(table_of("\n".join([f"{heading},pulse,direction,G (uS)", *lines]), "f.csv"))
    lines = [line[line.index(",") :] for line in lines]
    data = pulse_data(table_of("\n".join([f"{heading},pulse,direction,G (uS)", *lines]), "f.csv"))
    assert [(s.device, s.cycle) for s in data.sweeps] == [("1", "1")] * 2


def test_reads_of_a_device_without_a_name_are_refused():
    lines = [f"{'a' if k % 40 else ''},{k},{5 + 0.1 * np.sin(k * k)}" for k in range(80)]
    with pytest.raises(ms.DataError, match=r"f\.csv:2: 'device' is missing in line 2 \(in 2 of 80 rows\)"):
        fit_read_noise(table_of("\n".join(["device,read,G (uS)", *lines]), "f.csv"))


# Pulse numbers


@pytest.mark.parametrize("last", [1, -24])
def test_pulse_numbers_of_one_direction_may_count_down(last):
    rows = [(k if w == "set" else 24 + last - k, w, v) for k, w, v in ROWS]
    data = pulse_data(table("pulse,direction,G (uS)", lambda k, w, v: f"{k},{w},{v}", [*rows, *rows]))
    assert [(s.branch, len(s.value), s.follows) for s in data.sweeps] == [(0, 24, False), (1, 24, False)] * 2
    assert data.sweeps[1].value == pytest.approx(1e-6 * np.array(RESET))
    assert "pulse numbers of reset pulses count down; pulses are read in the order of the rows" in data.notes


def test_pulse_numbers_that_count_down_in_both_directions_are_refused():
    down = [(25 - k, w, v) for k, w, v in ROWS]
    with pytest.raises(ms.DataError, match=r"f\.csv:1: pulse numbers count down; sort the rows"):
        pulse_data(table("pulse,direction,G (uS)", lambda k, w, v: f"{k},{w},{v}", down))
    lines = [f"{24 - k},{a},{b}" for k, (a, b) in enumerate(zip(SET, RESET, strict=True))]
    with pytest.raises(ms.DataError, match=r"f.csv:3: pulse numbers count down \(device 1\); sort the rows"):
        pulse_data(table_of("\n".join(["pulse,up,down", *lines]), "f.csv"))


def test_rows_that_are_sorted_by_pulse_numbers_as_text_are_refused():
    rows = [(c, k, w, v) for c in (1, 2) for k, w, v in ROWS]
    rows.sort(key=lambda row: (str(row[1]), row[0], row[2] == "reset"))
    with pytest.raises(ms.DataError, match=r"pulse 2 after pulse 19 \(device 1, cycle 1, set\); .* are rows shuffled"):
        pulse_data(table("cycle,pulse,direction,G (uS)", lambda *row: ",".join(map(str, row)), rows))


def test_reads_that_are_left_out_do_not_count():
    # Every second reset read stands in a cycle of its own.
    rows = [(1 if w == "set" or k % 2 else 1 + k, k, w, v) for k, w, v in ROWS]
    message = "12 reads of reset pulses beside 12 alone in their trains; at least 20 are needed"
    with pytest.raises(ms.DataError, match=message):
        pulse_data(table("cycle,pulse,direction,G (uS)", lambda *row: ",".join(map(str, row)), rows))


def test_numbers_that_go_on_across_directions_are_noted():
    note = "pulse numbers go on where the direction changes: the next pulse acts on the state that was read last"
    for first, follows in ((1, False), (25, True)):
        rows = [(k if w == "set" else k + first - 1, w, v) for k, w, v in ROWS]
        data = pulse_data(table("pulse,direction,G (uS)", lambda k, w, v: f"{k},{w},{v}", rows))
        assert (note in data.notes) == follows


# Several rows of a pulse


TWICE = [(k, read, w, v + 0.01 * read) for k, w, v in ROWS for read in range(2)]


def test_rows_of_the_same_pulse_are_what_the_user_says(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["pulse,direction,G (uS)", *(f"{k},{w},{v}" for k, _, w, v in TWICE)]))
    message = r"f\.csv:3: 'pulse' 1 stands in several rows of one direction; .*repeats='reads' .*repeats='devices' or"
    with pytest.raises(ms.DataError, match=message):
        pulse_data(read_measurement(file))
    reads = pulse_data(read_measurement(file, repeats="reads"))
    assert [len(s.value) for s in reads.sweeps] == [24, 24]
    assert reads.sweeps[0].value == pytest.approx(1e-6 * np.array(SET))
    assert "of each pulse, the first read is used (48 further reads are not)" in reads.notes[0]
    devices = pulse_data(read_measurement(file, repeats="devices"))
    assert [(s.device, s.cycle) for s in devices.sweeps] == [("1", "1"), ("1", "1"), ("2", "1"), ("2", "1")]
    assert devices.sweeps[2].value == pytest.approx(1e-6 * (np.array(SET) + 0.01))
    cycles = pulse_data(read_measurement(file, repeats="cycles"))
    assert [s.cycle for s in cycles.sweeps] == ["1", "1", "2", "2"]


def test_reads_that_are_numbered_within_their_pulse_need_no_option():
    data = pulse_data(table("pulse,read,direction,G (uS)", lambda *row: ",".join(map(str, row)), TWICE))
    assert data.sweeps[1].value == pytest.approx(1e-6 * np.array(RESET))
    assert any("48 further reads" in note for note in data.notes)


def test_reads_that_are_numbered_again_and_again_are_asked_about(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["read,direction,G (uS)", *(f"{read},{w},{v}" for _, read, w, v in TWICE)]))
    with pytest.raises(ms.DataError, match=r"'read' starts again within a direction; .*repeats='reads'"):
        pulse_data(read_measurement(file))
    assert pulse_data(read_measurement(file, repeats="reads")).reads == 48


def test_rows_that_stand_twice_are_asked_about():
    rows = [(w, v + 0.3 * (-1) ** k) for k, w, v in ROWS]
    twice = [row for row in rows for _ in range(2)]
    with pytest.raises(ms.DataError, match=r"f\.csv:3: every row stands 2 times; .* or leave out copies"):
        pulse_data(table("direction,G (uS)", lambda w, v: f"{w},{v}", twice))
    # A smooth curve that is rounded repeats, too.
    smooth = [(w, round(4 * v) / 4) for _, w, v in ROWS for _ in range(2)]
    assert pulse_data(table("direction,G (uS)", lambda w, v: f"{w},{v}", smooth)).reads == 96


def test_a_copy_of_a_sweep_that_scatters_is_refused():
    rows = [(w, v + 0.3 * (-1) ** k) for k, w, v in ROWS]
    message = (
        "the set sweeps of device 1, cycle 1 and device 1, cycle 2 have the same 24 reads, to the last digit; leave"
    )
    with pytest.raises(ms.DataError, match=message):
        pulse_data(table("direction,G (uS)", lambda w, v: f"{w},{v}", [*rows, *rows]))


def test_a_column_in_which_all_pulses_have_one_number_is_refused():
    with pytest.raises(ms.DataError, match="'N' is 100 in all rows and numbers no pulses; leave the column out"):
        pulse_data(table("N,direction,G (uS)", lambda k, w, v: f"100,{w},{v}"))


def test_an_option_about_repeats_that_changes_nothing_is_refused(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["pulse,direction,G (uS)", *(f"{k},{w},{v}" for k, w, v in ROWS)]))
    with pytest.raises(ms.InputError, match="neither headings nor rows of a pulse repeat; leave out repeats='devices'"):
        read_measurement(file, repeats="devices")


# Units


def test_resistances_without_a_unit_are_noted_or_asked_about(tmp_path):
    data = pulse_data(table("direction,R", lambda k, w, v: f"{w},{1e6 / v!r}"))
    assert data.unit == "S"
    assert data.sweeps[0].value == pytest.approx(1e-6 * np.array(SET))
    assert data.notes == ("'R' has no unit and is read in Ohm",)
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["direction,R", *(f"{w},{1e3 / v!r}" for _, w, v in ROWS)]))
    message = r'\.csv:26: \'R\' has no unit, and .* Ohm is less .* columns="R = R \[kOhm\]"'
    with pytest.raises(ms.DataError, match=message):
        pulse_data(read_measurement(file))
    data = pulse_data(read_measurement(file, columns="R = R [kOhm]"))
    assert data.notes == ()
    assert data.sweeps[0].value == pytest.approx(1e-6 * np.array(SET))


def test_a_voltage_that_may_be_that_of_the_pulses_is_asked_about(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("\n".join(["pulse,direction,V (V),I (nA)", *(f"{k},{w},1.5,{200 * v:.3f}" for k, w, v in ROWS)]))
    with pytest.raises(ms.DataError, match=r"f\.csv:2: 'V' of 1\.5 V may be the voltage of the pulses or of the reads"):
        pulse_data(read_measurement(file))
    for columns, volts in (("read voltage = V (V)", 1.5), ("G = I (nA)/(0.2 [V])", 0.2)):
        data = pulse_data(read_measurement(file, columns=columns))
        assert data.sweeps[0].value == pytest.approx(0.2e-6 / volts * np.array(SET))


def test_currents_and_voltages_of_pulses_without_units_are_asked_about():
    with pytest.raises(ms.DataError, match=r"'I' and 'V' have no units; say them, e.g. with columns="):
        pulse_data(table("direction,V,I", lambda k, w, v: f"{w},0.1,{v}"))


@pytest.mark.parametrize(("unit", "words"), [("S", "up to 8.42 S"), ("TS", "up to 8.42 TS")])
def test_conductances_of_no_cell_are_refused(unit, words):
    with pytest.raises(ms.DataError, match=f"{words}; cells have 1 fS to 1 S: check the unit"):
        pulse_data(table(f"direction,G ({unit})", lambda k, w, v: f"{w},{v}"))


def test_times_and_sweeps_without_units_are_noted_or_asked_about(tmp_path):
    file = tmp_path / "f.csv"
    volts = np.arange(-10, 11) / 20
    file.write_text("\n".join(["V,I", *(f"{v},{1e-5 * (v + v**3)}" for v in volts)]))
    notes = ms.fit_device(file).notes
    assert notes[:2] == ("'V' has no unit and is read in V", "'I' has no unit and is read in A")
    for heading, scale, message in (
        ("V,I", (1e3, 1), r"'V' has no unit, and 500 V is too much; .*\[mV\]"),
        ("V,I", (1, 1e6), r"'I' has no unit, and 6\.25 A is too much; .*\[uA\]"),
    ):
        lines = (f"{scale[0] * v},{scale[1] * 1e-5 * (v + v**3)}" for v in volts)
        file.write_text("\n".join([heading, *lines]))
        with pytest.raises(ms.DataError, match=message):
            ms.fit_device(file)
    file.write_text("\n".join(["time,G (uS)", *(f"{10**k},{5 - 0.1 * k}" for k in range(8))]))
    assert "'time' has no unit and is read in s" in ms.fit_device(file, kind="retention").notes
    file.write_text("\n".join(["time,G (uS)", *(f"{10 ** (k + 4)},{5 - 0.1 * k}" for k in range(8))]))
    with pytest.raises(ms.DataError, match=r"'time' has no unit, and 1\d+ s is too much; .*\[ms\]"):
        ms.fit_device(file, kind="retention")


def test_units_that_a_user_states_against_the_headings_are_refused():
    lines = [f"{w},{v / 5},200" for _, w, v in ROWS]
    source = table_of("\n".join(["direction,I1 (uA),V1 (mV)", *lines]), "f.csv")
    for columns, message in (
        ("G = I1/V1 [nS]", r"the headings and units make it mS, not nS; leave out \[nS\]"),
        ("G = I1/V1 [uS]", r"the headings and units make it mS, not uS; leave out \[uS\]"),
        ("G = I1 [nA]/V1", r"in the table, 'I1' is in uA, not in nA; leave out \[nA\]"),
        ("G = I1 [nA]", r"in the table, 'I1' is in uA, not in nA; leave out \[nA\]"),
        ("R = V1/I1 [Ohm]", r"the headings and units make it kOhm, not Ohm; leave out \[Ohm\]"),
        ("G = I1/(0.2 [V]) [S]", r"the headings and units make it uS, not S; leave out \[S\]"),
    ):
        with pytest.raises(ms.InputError, match=message):
            with_columns(source, columns)
    for columns in ("G = I1/V1", "G = I1/V1 [mS]", "G = I1 [uA]/V1", "G = I1/(0.2 [V]) [uS]"):
        data = pulse_data(with_columns(source, columns))
        assert data.sweeps[0].value == pytest.approx(1e-6 * np.array(SET), rel=1e-6)


# Reads that do not change


def test_a_direction_of_one_value_holds_no_reads():
    with pytest.raises(ms.DataError, match=r"all reads of reset pulses are 0\.2; either the pulses change nothing, or"):
        pulse_data(table("up,down", lambda k, w, v: f"{v},0.2", ROWS[:24]))


@pytest.mark.filterwarnings("error")
def test_a_stuck_cell_is_refused_by_its_name():
    rows = [(d, k, w, 5.0 if d == "c" else v) for d in "abc" for k, w, v in ROWS]
    with pytest.raises(ms.DataError, match=r"all 48 reads of device c are 5 uS; leave out a cell that is stuck"):
        pulse_data(table("device,pulse,direction,G (uS)", lambda *row: ",".join(map(str, row)), rows))


@pytest.mark.filterwarnings("error")
def test_a_direction_of_one_device_may_be_constant():
    rows = [(d, k, w, 8.4 if d == "b" and w == "reset" else v) for d in "ab" for k, w, v in ROWS]
    data = pulse_data(table("device,pulse,direction,G (uS)", lambda *row: ",".join(map(str, row)), rows))
    assert data.devices == ["a", "b"]


# Repeated reads


def reads_of(values, heading: str = "read,G (uS)") -> Table:
    return table_of("\n".join([heading, *(f"{k},{v}" for k, v in enumerate(values))]), "f.csv")


def test_reads_after_pulses_are_no_read_noise():
    rows = [row for _ in range(3) for row in ROWS]
    with pytest.raises(ms.DataError, match=r"f\.csv:1: 'direction' has directions of pulses; read noise needs"):
        fit_read_noise(table("direction,G (uS)", lambda k, w, v: f"{w},{v}", rows))
    with pytest.raises(ms.DataError, match=r"the reads scatter by \d+ %, and each follows the one before"):
        fit_read_noise(reads_of([v for _, _, v in rows]))
    with pytest.raises(ms.DataError, match=r"a trend of the reads goes over 2\.\d+ uS to 8\.\d+ uS; read noise needs"):
        fit_read_noise(reads_of(SET))
    # A direction that says that the cell was only read.
    noise = [5 + 0.1 * np.sin(k * k) for k in range(48)]
    only_read = table("direction,G (uS)", lambda k, v: f"read,{v}", list(enumerate(noise)))
    assert fit_read_noise(only_read).numbers[0].value < 0.03


@pytest.mark.parametrize("at", [0, 30, 99])
def test_one_failed_read_is_refused_and_many_jumps_are_noise(at):
    noise = 5 + 0.05 * np.random.default_rng(3).standard_normal(100)
    failed = noise.copy()
    failed[at] = 90
    message = rf"f\.csv:{at + 2}: a read of device 1 is 90 uS and lies \d+ times their scatter off the reads beside it"
    with pytest.raises(ms.DataError, match=message):
        fit_read_noise(reads_of(failed))
    failed[[10, 20, 40, 60]] = 9
    failed[at] = 9
    assert fit_read_noise(reads_of(failed)).numbers[0].value > 0.1
    assert fit_read_noise(reads_of(noise)).numbers[0].value == pytest.approx(0.01, rel=0.3)


# Paths


def test_empty_names_of_files_end_in_one_line(cli, tmp_path):
    (tmp_path / "f.csv").write_text("\n".join(["direction,G (uS)", *(f"{w},{v}" for _, w, v in ROWS)]))
    for arguments, message in (
        (("",), "the name of the measurement is empty; name a file, a folder, or - for a pipe"),
        (("f.csv", "-o", ""), "-o names no file: its name is empty"),
        (("f.csv", "--figure", ""), "--figure names no file: its name is empty"),
    ):
        done = cli("device", "fit", *arguments)
        assert done.code == 2
        assert message in done.err
        assert done.out == ""
