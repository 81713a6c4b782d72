"""Which rows of a table are of one device: names, and the columns that say where cells lie."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.fit import kind_of, read_measurement
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.sections.read_noise import fit_read_noise
from memsim.fit.sections.section import by_device

CELLS = [(a, b) for a in range(2) for b in range(2)]


def pulses(names: str, cell="{a},{b}", cells=CELLS) -> str:
    """A table of cells, each with a set and a reset train; `cell` writes the first columns."""
    rows = [
        f"{cell.format(a=a, b=b)},{k},{word},{begin + sign * 0.3 * k + a + 0.1 * b + 0.02 * (-1) ** k:.3f}"
        for a, b in cells
        for word, sign, begin in (("set", 1, 2.0), ("reset", -1, 9.0))
        for k in range(24)
    ]
    return "\n".join([f"{names},pulse,direction,G (uS)", *rows])


def saved(folder, text: str, name: str = "f.csv"):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(
    ("names", "cell", "devices"),
    [
        ("row,col", "{a},{b}", ["r0 c0", "r0 c1", "r1 c0", "r1 c1"]),
        ("Column No.,Row No.", "{b},{a}", ["c0 r0", "c1 r0", "c0 r1", "c1 r1"]),
        ("WL,BL", "WL{a},BL{b}", ["WL0 BL0", "WL0 BL1", "WL1 BL0", "WL1 BL1"]),
        ("x,y", "{a},{b}", ["x0 y0", "x0 y1", "x1 y0", "x1 y1"]),
        ("chip,die", "{a},{b}", ["chip 0 die 0", "chip 0 die 1", "chip 1 die 0", "chip 1 die 1"]),
        ("lot,wafer,row,col", "7,{a},{b},3", ["wafer 0 r0 c3", "wafer 0 r1 c3", "wafer 1 r0 c3", "wafer 1 r1 c3"]),
    ],
)
def test_columns_of_places_name_the_devices(tmp_path, names, cell, devices):
    table = read_measurement(saved(tmp_path, pulses(names, cell)))
    assert kind_of(table) == "pulses"
    data = pulse_data(table)
    assert data.devices == devices
    assert [len(sweep.value) for sweep in data.sweeps] == [24] * 8
    assert any(f"read as the name of the device: 4 devices, e.g. {devices[0]}" in note for note in data.notes)


def test_places_of_one_cell_are_left_out_without_a_word(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, pulses("row,col", cells=[(3, 7)]))))
    assert data.devices == ["1"]
    assert data.notes == ()


@pytest.mark.parametrize("names", ["wafer,device", "sample,cell", "cell,device"])
def test_a_name_that_stands_at_several_places_is_asked_about(tmp_path, names):
    file = saved(tmp_path, pulses(names))
    place, name = names.split(",")
    message = (
        rf"f\.csv:\d+: '{name}' 0 stands beside several values of '{place}', 0 and 1; .*"
        rf'"device = {place} \+ {name}".*"device = {name}"'
    )
    with pytest.raises(ms.DataError, match=message):
        read_measurement(file)
    apart = pulse_data(read_measurement(file, columns=f"device = {place} + {name}"))
    assert apart.devices == ["0 0", "0 1", "1 0", "1 1"]
    assert pulse_data(read_measurement(file, columns=f"device = {name}")).devices == ["0", "1"]


def test_places_that_each_belong_to_one_device_change_nothing(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, pulses("chip,device", "{a},{a}{b}"))))
    assert data.devices == ["00", "01", "10", "11"]
    assert data.notes == ()


def test_half_a_place_is_asked_about(tmp_path):
    file = saved(tmp_path, pulses("row,note", "{a},-", cells=[(0, 0), (1, 0)]))
    with pytest.raises(ms.DataError, match=r"'row' alone may say where cells lie .*\"device = row\".*\"pulse = row\""):
        read_measurement(file)
    assert pulse_data(read_measurement(file, columns="device = row")).devices == ["0", "1"]


def test_two_axes_of_a_picture_are_no_places(tmp_path):
    lines = ["x,y,direction", *(f"{k % 24},{k * k % 97 + 0.01 * k},{'set' if k < 48 else 'reset'}" for k in range(96))]
    with pytest.raises(ms.DataError, match=r"'x' alone may say where cells lie or number pulses; .*\"pulse = x\""):
        read_measurement(saved(tmp_path, "\n".join(lines)))


def test_a_column_that_counts_the_rows_is_no_place(tmp_path):
    lines = pulses("x,note", "1,1", cells=[(0, 0)]).splitlines()
    lines[1:] = [f"{row},{line}" for row, line in enumerate(lines[1:])]
    lines[0] = "row," + lines[0].replace("x,", "other,")
    assert pulse_data(read_measurement(saved(tmp_path, "\n".join(lines)))).devices == ["1"]


def test_two_columns_of_reads_have_the_devices_of_their_places(tmp_path):
    rows = [f"{chip},{k},{2 + 0.3 * k + chip},{9 - 0.3 * k + chip}" for chip in range(2) for k in range(22)]
    data = pulse_data(read_measurement(saved(tmp_path, "\n".join(["chip,pulse,up (uS),down (uS)", *rows]))))
    assert data.devices == ["chip 0", "chip 1"]


def test_reads_of_cells_of_an_array_are_read_cell_by_cell(tmp_path):
    rng = np.random.default_rng(1)
    rows = [f"0,{c},{k},{(5 + 3 * c) * (1 + 0.02 * rng.standard_normal()):.4f}" for c in range(3) for k in range(40)]
    table = read_measurement(saved(tmp_path, "\n".join(["row,col,read,G (uS)", *rows])))
    assert kind_of(table) == "read-noise"
    assert fit_read_noise(table).numbers[0].value == pytest.approx(0.02, rel=0.2)


def test_samples_of_one_cell_are_its_reads(tmp_path):
    rows = [f"{cell},{k},{5 + cell}" for cell in range(2) for k in range(30)]
    table = read_measurement(saved(tmp_path, "\n".join(["cell,sample,G (uS)", *rows])))
    assert list(by_device(table)) == ["0", "1"]


def test_files_of_a_folder_may_hold_several_cells(tmp_path):
    for chip in ("a", "b"):
        heading, *rows = pulses("row,col").splitlines()
        saved(tmp_path, "\n".join([heading, *(row + str(ord(chip)) for row in rows)]), f"{chip}.csv")
    data = pulse_data(read_measurement(tmp_path))
    assert data.devices == [f"{chip} r{a} c{b}" for chip in "ab" for a, b in CELLS]


def test_a_column_that_divides_the_rows_and_is_not_read_is_noted(tmp_path):
    data = pulse_data(read_measurement(saved(tmp_path, pulses("condition,note", "c{a}{b},-"))))
    assert data.devices == ["1"]
    assert data.notes == ("'condition' (c00, c01, c10, ...) is not read: all its rows are fitted together",)
    by_address = pulse_data(read_measurement(saved(tmp_path, pulses("address,note", "A{a}{b},-"))))
    assert by_address.devices == ["A00", "A01", "A10", "A11"]
    assert by_address.notes == ()
