"""Tables that may be read in more than one way: nothing is guessed, and one line says what decides."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.fit import kind_of, read_measurement
from memsim.fit.layouts import pulse_data
from memsim.fit.read_noise import fit_read_noise
from memsim.fit.table import Table, table_of

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
    with pytest.raises(ms.DataError, match=r"f\.csv:2: '2.553' may be a decimal .* --decimal . or --decimal .$"):
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
    with pytest.raises(ms.DataError, match=r"--kind read-noise\. Also, '2\.553' in line 2 .* --decimal ,$"):
        kind_of(source)
    source = table_of("\n".join(["pulse;G (uS)", *(f"{k};{v:.3f}" for k, _, v in ROWS)]), "f.csv")
    with pytest.raises(ms.DataError, match=r"no column of directions .* Also, '2\.553' in line 2 .* --decimal ,$"):
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
