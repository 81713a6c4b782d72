"""Measured conductance maps in files: the layouts people have, and one clear line for what is no map."""

from __future__ import annotations

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

import memsim as ms
from memsim.errors import DataError, InputError
from memsim.fit.maps import matrix as map_matrix

MICRO = np.array([[1.5, 2.25, 3.125], [4.0, 5.0, 6.5], [7.75, 8.0, 9.0], [2.0, 3.0, 4.5]])  # (row, col) [uS]


def rows(separator=",", decimal=".", label="") -> list[str]:
    matrix = [separator.join(str(value).replace(".", decimal) for value in row) for row in MICRO.tolist()]
    return [f"{label.format(i)}{row}" for i, row in enumerate(matrix)]


def text(*above, separator=",", decimal=".", label="", end="\n") -> str:
    return end.join([*above, *rows(separator, decimal, label)])


def cells(heading, first=0, separator=",", decimal=".") -> str:
    table = [
        separator.join([str(i + first), str(j + first), str(float(MICRO[i, j])).replace(".", decimal)])
        for j in (2, 0, 1)
        for i in range(4)
    ]
    return "\n".join([heading, *table])


def savetxt() -> str:
    stream = io.StringIO()
    np.savetxt(stream, MICRO, header="G (uS)")
    return stream.getvalue()


LAYOUTS = {
    "a comment with the unit": text("# conductance (uS)"),
    "word lines and bit lines in the corner": text("# G (uS)", "WL\\BL,0,1,2", label="{},"),
    "rows and columns in the corner": text("# G (uS)", "row/col;0;1;2", separator=";", label="{};"),
    "a unit in square brackets": text("# G [uS] of chip 7"),
    "a unit after in": text("# conductance in uS"),
    "several comments": text("# chip 7 (2026), read at 0.2 V", "# units: uS"),
    "a title without a sign of comment": text("Conductance (µS)"),
    "a title above blanks": text("conductance (uS)", separator="  "),
    "semicolons and decimal commas": text("# G (uS)", separator=";", decimal=","),
    "tabs and decimal commas": text("# G (uS)", separator="\t", decimal=","),
    "tabs": text("# G (μS)", separator="\t"),
    "bars": text("# G (uS)", separator="|"),
    "blanks": text("# G (uS)", separator="   "),
    "blanks and decimal commas": text("# G (uS)", separator=" ", decimal=","),
    "headings without a corner": text("# G (uS)", "BL0 BL1 BL2", separator=" ", label="WL{} "),
    "labels with quotes": text("# G (uS)", '"cell","BL 0","BL 1","BL 2"', label='"WL {}",'),
    "Windows line ends": text("# G (uS)", end="\r\n"),
    "blank lines after all lines": text("# G (uS)", end="\n\n"),
    "a byte-order mark": "\ufeff" + text("# G (uS)"),
    "units in the headings": text("BL0 (uS),BL1 (uS),BL2 (uS)"),
    "labels of rows and columns": text("# G (uS)", ",BL0,BL1,BL2", label="WL{},"),
    "labels of rows": text("# G (uS)", label="WL{},"),
    "numbers of rows": text("# G (uS)", "row,BL0,BL1,BL2", label="{},"),
    "numbers of rows and columns": text("# G (uS)", ",0,1,2", label="{},"),
    "what NumPy writes": savetxt(),
    "a row for each cell": cells("row,col,conductance (uS)"),
    "a row for each cell, decimal commas": cells("Row;Column;G [uS]", separator=";", decimal=","),
    "a row for each cell, blanks": cells("wl bl G(uS)", separator=" "),
    "a row for each cell, the unit names the column": cells("row,col,value (uS)"),
}


def read(tmp_path, content, **options):
    path = tmp_path / "map.csv"
    path.write_bytes(content.encode())
    return ms.read_conductance_map(path, **options)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_map_is_the_same_in_every_layout(layout, tmp_path):
    found = read(tmp_path, LAYOUTS[layout])
    assert found.dims == ("row", "col") and found.shape == (4, 3)
    assert np.allclose(found, 1e-6 * MICRO, rtol=1e-14, atol=0)
    assert list(found.row.values) == [0, 1, 2, 3] and list(found.col.values) == [0, 1, 2]
    assert found.attrs == {"units": "S", "long_name": "measured conductance", "source": str(tmp_path / "map.csv")}
    again = read(tmp_path, LAYOUTS[layout], unit="uS")
    assert np.array_equal(again, found)


NOTED = {
    "lines of words above a title": text("Chip 7", "Date,2026-11-27", "Temperature,300", "", "G (uS)"),
    "a title, a line of words and headings": text("Array 3 of wafer 12", "", "# G (uS)", ",BL0,BL1,BL2", label="WL{},"),
    "a title without a unit": text("# G (uS)", "Chip 7"),
    "labels that place cells": "cell,G (uS)\n"
    + "\n".join(f"r{i}c{j},{MICRO[i, j]}" for j in (2, 0, 1) for i in range(4)),
    "labels of word and bit lines": "# G (uS)\n"
    + "\n".join(f"WL{i}_BL{j} {MICRO[i, j]}" for i in range(4) for j in range(3)),
}


@pytest.mark.parametrize("layout", NOTED)
def test_what_is_understood_of_a_map_is_noted(layout, tmp_path):
    found = read(tmp_path, NOTED[layout])
    assert np.allclose(found, 1e-6 * MICRO, rtol=1e-14, atol=0)
    assert list(found.row.values) == [0, 1, 2, 3] and list(found.col.values) == [0, 1, 2]
    note = "place the cells in rows and columns" if "labels" in layout else "above the map not read"
    assert note in found.attrs["note"]


@pytest.mark.parametrize(("unit", "factor"), [("S", 1.0), ("mS", 1e-3), ("nS", 1e-9), ("µS", 1e-6)])
def test_an_argument_says_the_unit_where_the_file_does_not(unit, factor, tmp_path):
    assert np.allclose(read(tmp_path, text(), unit=unit), factor * MICRO, rtol=1e-14, atol=0)


def test_cells_without_a_measurement_are_nan(tmp_path):
    content = "# G (uS)\n1.5,,3\n-,5,NA\nnan,8,N/A\n"
    expected = [[1.5, np.nan, 3], [np.nan, 5, np.nan], [np.nan, 8, np.nan]]
    assert np.allclose(1e6 * read(tmp_path, content), expected, equal_nan=True)


@pytest.mark.parametrize("empty", [",,", "nan,NaN,NA", "-,-,-"])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_row_without_any_measurement_keeps_its_place(empty, place, tmp_path):
    lines = rows()
    lines.insert(place, empty)
    expected = np.insert(MICRO, place, np.nan, axis=0)
    assert np.allclose(1e6 * read(tmp_path, "\n".join(["# G (uS)", *lines])), expected, equal_nan=True)
    headed = "\n".join(["# G (uS)", "BL0,BL1,BL2", *lines])
    assert np.allclose(1e6 * read(tmp_path, headed), expected, equal_nan=True)


def test_a_column_without_any_measurement_keeps_its_place_if_it_has_a_heading(tmp_path):
    content = "\n".join(["BL0 (uS),BL1 (uS),BL2 (uS),BL3 (uS)", *(f"{row}," for row in rows())])
    expected = np.insert(MICRO, 3, np.nan, axis=1)
    assert np.allclose(1e6 * read(tmp_path, content), expected, equal_nan=True)


def test_an_argument_says_the_decimal_sign_where_the_numbers_do_not(tmp_path):
    content = "# G (uS)\n1,125;2,500\n3,250;1,250"
    assert np.allclose(1e6 * read(tmp_path, content, decimal=","), [[1.125, 2.5], [3.25, 1.25]])
    assert np.allclose(1e6 * read(tmp_path, "# G (uS)\n1,5\n2,5", decimal=","), [[1.5], [2.5]])
    assert np.allclose(1e6 * read(tmp_path, content, decimal="."), [[1125, 2500], [3250, 1250]])
    refused(lambda: read(tmp_path, content, decimal=";"), "decimal: ';' is no decimal sign; allowed", InputError)


def test_a_table_of_cells_keeps_its_numbers_and_what_it_leaves_out_is_nan(tmp_path):
    found = read(tmp_path, "col,row,G (uS),V\n7,3,1,0.2\n5,4,2,0.2\n7,6,nan,0.2\n")
    assert list(found.row.values) == [3, 4, 5, 6] and list(found.col.values) == [5, 6, 7]
    expected = np.full((4, 3), np.nan)
    expected[0, 2], expected[1, 0] = 1.0, 2.0
    assert np.allclose(1e6 * found, expected, equal_nan=True)


@pytest.mark.parametrize("note", ["3,10", "0,5", "28,11"])
def test_only_the_columns_of_a_list_that_are_used_decide_the_decimal_sign(note, tmp_path):
    content = f"die;row;col;G (uS)\n{note};1;1;1.500\n{note};0;0;2.500"
    refused(
        lambda: read(tmp_path, content), "map.csv:2: '1.500' may be a decimal number or a whole number of thousands; d"
    )
    assert np.allclose(1e6 * read(tmp_path, content, decimal="."), [[2.5, np.nan], [np.nan, 1.5]], equal_nan=True)
    assert np.allclose(1e6 * read(tmp_path, content, decimal=","), [[2500, np.nan], [np.nan, 1500]], equal_nan=True)
    decided = read(tmp_path, content.replace("2.500", "2.5"))
    assert np.allclose(1e6 * decided, [[2.5, np.nan], [np.nan, 1.5]], equal_nan=True)


@pytest.mark.parametrize("name", ["map.csv", "list.csv"])
def test_no_message_names_an_option_of_the_command_line(name, tmp_path):
    path = tmp_path / name
    texts = ("row;col;G (uS)\n0;0;1.500\n0;1;2.500", "# G (uS)\n1.500;2.500")
    for content in (*texts, "row,col,G (uS)\n0,0,1\n\nrow,col,V\n0,0,1"):
        path.write_text(content)
        with pytest.raises(DataError) as caught:
            ms.read_conductance_map(path)
        assert "--" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1,000.5;2,500.5", [1000.5, 2500.5]),
        ("1.500;350", [1500, 350]),
        ("1 000;2 500", [1000, 2500]),
        ("1'000;2'500.5", [1000, 2500.5]),
    ],
)
def test_signs_of_thousands_are_read_as_in_tables_of_pulses(line, expected, tmp_path):
    found = read(tmp_path, f"# G (nS)\n{line}")
    assert np.allclose(1e9 * found, [expected])
    noted = "separators of thousands" in found.attrs.get("note", "")
    assert noted == (line[1] in ",.")


def listed(*columns, keep=lambda i, j: True) -> str:
    """A list of cells without headings, with the columns i, j and g in this order."""
    lines = []
    for i in range(4):
        for j in range(3):
            names = {"a": "0", "i": str(i), "j": str(j), "g": str(float(MICRO[i, j])), "v": "0.2"}
            lines += [",".join(names[name] for name in columns)] if keep(i, j) else []
    return "\n".join(["# G (uS)", *lines])


LISTS = {
    "a complete grid": listed(*"ijg"),
    "a cell left out": listed(*"ijg", keep=lambda i, j: (i, j) != (1, 2)),
    "a cell twice": listed(*"ijg") + "\n0,0,2.5",
    "three cells": "# G (uS)\n0,0,1.5\n0,1,2.5\n1,0,3.5",
    "arrays": listed(*"aijg"),
    "voltages": listed(*"ijvg"),
    "conductances first": listed(*"gij"),
    "whole conductances": "# G (nS)\n0,0,1500\n0,1,2250\n1,0,4000\n1,1,5000",
    "unknown headings": listed(*"ijg").replace("\n", "\nx,y,value\n", 1),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_of_cells_without_headings_is_not_read_as_a_matrix(case, tmp_path):
    refused(
        lambda: read(tmp_path, LISTS[case]), "map.csv:[23]: the lines may be cells .*layout='cells' or layout='matrix'"
    )
    assert read(tmp_path, LISTS[case], layout="matrix").shape[1] in (3, 4)


def test_an_argument_says_that_lines_are_cells(tmp_path):
    assert np.allclose(read(tmp_path, listed(*"ijg"), layout="cells"), 1e-6 * MICRO)
    refused(
        lambda: read(tmp_path, listed(*"aijg"), layout="cells"), "4 columns; a list of cells without headings has row"
    )
    refused(lambda: read(tmp_path, text(), layout="list"), "layout: 'list' is unknown; allowed: 'matrix'", InputError)


@pytest.mark.parametrize("seed", range(20))
def test_a_matrix_of_a_few_bit_lines_is_no_list(seed, tmp_path):
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(2, 40)), int(rng.integers(2, 6))
    nano = rng.integers(1000, 9999, size=shape)
    content = "\n".join(["# G (nS)", *(",".join(map(str, row)) for row in nano)])
    assert np.allclose(1e9 * read(tmp_path, content), nano)
    content = "\n".join(["# G (uS)", *(",".join(map(str, row)) for row in 1e-3 * nano)])
    assert np.allclose(1e9 * read(tmp_path, content), nano)


@pytest.mark.parametrize(
    "headings", ["r,c,G (uS)", "i,j,G (uS)", "Row #,Col #,G (uS)", "row index,column index,G (uS)"]
)
def test_usual_headings_of_rows_and_columns_are_known(headings, tmp_path):
    assert np.allclose(read(tmp_path, cells(headings)), 1e-6 * MICRO)


PLACED = {
    "numbers from 10": (",10,11,12\n0,1.5,2.5,3.5\n1,4,5,6", (0, 10), [[1.5, 2.5, 3.5], [4, 5, 6]]),
    "numbers downwards": ("row,2,1,0\n1,1.5,2.5,3.5\n0,4,5,6", (0, 0), [[6, 5, 4], [3.5, 2.5, 1.5]]),
    "words downwards": (",BL2,BL1\nWL4,1.5,2.5\nWL3,4,5", (3, 1), [[5, 4], [2.5, 1.5]]),
    "a row left out": ("row,0,1\n5,1.5,2.5\n7,3.5,4.5", (5, 0), [[1.5, 2.5], [np.nan] * 2, [3.5, 4.5]]),
    "no headings": ("WL2,1.5,2.5\nWL1,4,5", (1, 0), [[4, 5], [1.5, 2.5]]),
    "no corner": ("0 1\n3 1.5 2.5\n4 4 5", (3, 0), [[1.5, 2.5], [4, 5]]),
    "words without numbers": ("cell,left,right\nB,1.5,2.5\nA,4,5", (0, 0), [[1.5, 2.5], [4, 5]]),
    "a unit in the corner": ("G (uS),1,0\n0,1.5,2.5\n1,4,5", (0, 0), [[2.5, 1.5], [5, 4]]),
}


@pytest.mark.parametrize("case", PLACED)
def test_labels_place_rows_and_columns(case, tmp_path):
    content, first, expected = PLACED[case]
    found = read(tmp_path, content, unit="uS")
    assert (int(found.row[0]), int(found.col[0])) == first
    assert np.allclose(1e6 * found, expected, equal_nan=True)


COUNTING = {
    "a line from 1": "1,2,3\n7096,4158,2328\n6349,5210,8905",
    "a line from 0": "0,1,2\n7,4,2\n6,5,8",
    "a column from 1": "1,7096,4158\n2,6349,5210\n3,8905,2328",
    "a column of decimals": "0.0000,7.0957\n1.0000,6.3490\n2.0000,8.9054",
    "a line of decimal commas": "0,0;1,0;2,0\n7,1;4,2;2,3\n6,3;5,2;8,9",
    "a line with exponents": "0e+00 1e+00 2e+00\n7.1e+00 4.2e+00 2.3e+00\n6.3e+00 5.2e+00 8.9e+00",
}


@pytest.mark.parametrize("case", COUNTING)
def test_numbers_that_count_are_asked_about_also_beside_whole_conductances(case, tmp_path):
    where = "line may be numbers of columns" if "line" in case else "column may be numbers of rows"
    refused(lambda: read(tmp_path, COUNTING[case], unit="uS"), f"map.csv:1: the first {where} or conductances; a line")


def test_whole_conductances_that_do_not_count_are_read(tmp_path):
    assert np.allclose(read(tmp_path, "1,2,4\n3,3,5\n2,5,7\n8,1,6", layout="matrix", unit="S")[0], [1, 2, 4])


TURNED = {
    "word lines above": (",WL0,WL1\nBL0,1.5,2.5\nBL1,4,5", "map.csv:2: 'BL0' labels one of the rows and names one of"),
    "word lines above conductances alone": ("WL0,WL1\n1.5,2.5\n4,5", "map.csv:1: 'WL0' labels one of the columns and"),
    "columns at the left": ("col 0,1.5,2.5\ncol 1,4,5", "map.csv:1: 'col 0' labels one of the rows .*the transpose"),
    "rows above": (",r0,r1\nc0,1.5,2.5\nc1,4,5", "map.csv:2: 'c0' labels one of the rows .* write the rows"),
}


@pytest.mark.parametrize("case", TURNED)
def test_labels_that_say_that_lines_are_columns_are_refused(case, tmp_path):
    content, message = TURNED[case]
    refused(lambda: read(tmp_path, content, unit="uS"), message)


QUOTED = {
    "decimal commas": '"1,5","2,25","3,125"\n"4","5","6,5"\n"7,75","8","9"\n"2","3","4,5"',
    "decimal commas and labels": 'row,c0,c1,c2\n0,"1,5","2,25","3,125"\n1,4,5,"6,5"\n2,"7,75",8,9\n3,2,3,"4,5"',
    "decimal points": '"1.5","2.25","3.125"\n"4","5","6.5"\n"7.75","8","9"\n"2","3","4.5"',
    "semicolons": '"1,5";"2,25";"3,125"\n"4";"5";"6,5"\n"7,75";"8";"9"\n"2";"3";"4,5"',
}


@pytest.mark.parametrize("case", QUOTED)
@pytest.mark.parametrize("decimal", [None, ","])
def test_a_comma_in_a_quoted_cell_separates_no_cells(case, decimal, tmp_path):
    decimal = "." if decimal and case == "decimal points" else decimal
    assert np.allclose(1e6 * read(tmp_path, QUOTED[case], unit="uS", decimal=decimal), MICRO)


def test_thousands_in_quoted_cells_are_asked_about_or_read(tmp_path):
    content = '"7,096","4,158"\n"6,349","5,210"'
    refused(lambda: read(tmp_path, content, unit="nS"), "map.csv:1: '7,096' may be a decimal number or a whole number")
    assert np.allclose(1e9 * read(tmp_path, content, unit="nS", decimal="."), [[7096, 4158], [6349, 5210]])
    assert np.allclose(1e6 * read(tmp_path, content, unit="uS", decimal=","), [[7.096, 4.158], [6.349, 5.21]])
    large = read(tmp_path, '"7,095,693","4,158,294"\n"6,349,001","5,210,332"', unit="pS")
    assert np.allclose(1e12 * large, [[7095693, 4158294], [6349001, 5210332]])
    assert "separators of thousands" in large.attrs["note"]


def test_a_summary_beside_cells_is_left_out_with_a_note(tmp_path):
    lines = [f"{row},9.9" for row in rows()]
    found = read(tmp_path, "\n".join(["c0,c1,c2,mean", *lines]), unit="uS")
    assert np.allclose(1e6 * found, MICRO)
    assert found.attrs["note"] == "column 'mean' has no cells and is left out"
    lines = [f"WL{i},{row},9.9,1" for i, row in enumerate(rows())]
    found = read(tmp_path, "\n".join([",BL0,BL1,BL2,Sum,Std", *lines, "min,1,2,3,4,5"]), unit="uS")
    assert np.allclose(1e6 * found, MICRO)
    assert found.attrs["note"].startswith("column 'Sum', 'Std' has no cells and is left out; row 'min' has no cells")
    refused(
        lambda: read(tmp_path, "\n".join(["c0,c1,c2,yield", *(f"{row},9" for row in rows())]), unit="uS"),
        "map.csv:1: 'yield' stands among columns such as 'c0'; leave it out if it has no cells",
    )


LABELS = {
    "positions that are not whole": (
        "row,0.1,0.2\n0,1.5,2.5",
        "map.csv:1: '0.1' labels one of the columns; allowed: whole",
    ),
    "a label twice": (",BL0,BL0\nWL0,1.5,2.5", "map.csv:1: two of the columns are labelled 'BL0'"),
    "a label left out": ("row,0,1\n0,1.5,2.5\n,3,4", "map.csv:2: '' labels one of the rows; allowed: whole numbers"),
    "numbers apart": (
        ",10,20,30\n0.1,1.5,2.5,3.5\n0.2,4,5,6",
        "map.csv:1: the first line and the first column may be n",
    ),
    "a column that counts": ("0,1.5,2.5\n1,4,5\n2,6,7", "map.csv:1: the first column may be numbers of rows or cond"),
    "a line that counts": ("0,1,2\n1.5,4,5\n2.5,6,7", "map.csv:1: the first line may be numbers of columns or cond"),
    "a column with another heading": ("n,BL0,BL1\n0,1.5,2.5\n1,4,5\n2,6,7", "the first column may be numbers of rows"),
    "an unknown corner": (
        "die,0,1\nA,1.5,2.5\nB,4,5",
        "map.csv:1: the numbers in this line may count columns or be con",
    ),
}


@pytest.mark.parametrize("case", LABELS)
def test_numbers_that_may_be_labels_are_not_read_as_conductances(case, tmp_path):
    content, message = LABELS[case]
    refused(lambda: read(tmp_path, content, unit="uS"), message)


def test_the_number_that_an_instrument_writes_for_an_overflow_is_refused(tmp_path):
    message = r"9.9e\+31 S is no conductance \(instruments write such numbers where a reading overflows\); allowed"
    refused(lambda: read(tmp_path, "# G (uS)\n1,2\n3,9.9e37"), f"map.csv:3: {message}")
    refused(lambda: read(tmp_path, "row,col,G (uS)\n0,0,1\n0,1,9.9E37"), f"map.csv:3: {message}")
    np.save(tmp_path / "map.npy", np.array([[1, 9.9e37]]))
    refused(lambda: ms.read_conductance_map(tmp_path / "map.npy", unit="uS"), rf"at \(0, 1\): {message}")


def test_a_matrix_is_read_through_a_pipe(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, text("# G (uS)").encode())
    os.close(writing)
    assert np.allclose(ms.read_conductance_map(f"/dev/fd/{reading}"), 1e-6 * MICRO)
    os.close(reading)


def test_arrays_of_every_type_are_read(tmp_path):
    stack = np.stack([MICRO, 2 * MICRO])
    for number, array in enumerate((MICRO, MICRO.astype("<f4"), MICRO.astype(">f8"), np.asfortranarray(stack), stack)):
        np.save(tmp_path / f"{number}.npy", array)
        found = ms.read_conductance_map(tmp_path / f"{number}.npy", unit="uS")
        assert found.dims == ("array", "row", "col")[-array.ndim :]
        assert np.allclose(found, 1e-6 * array, rtol=1e-14)
    np.save(tmp_path / "whole.npy", np.rint(1e3 * MICRO).astype(np.uint16))
    assert np.allclose(ms.read_conductance_map(tmp_path / "whole.npy", unit="nS"), 1e-6 * MICRO)


def test_an_archive_holds_one_array_or_one_called_conductance_or_the_named_one(tmp_path):
    path = tmp_path / "map.npz"
    np.savez(path, MICRO)
    assert np.allclose(ms.read_conductance_map(path, unit="uS"), 1e-6 * MICRO)
    np.savez_compressed(path, conductance=MICRO, time=np.arange(3), units="uS")
    assert np.allclose(ms.read_conductance_map(path), 1e-6 * MICRO)
    np.savez(path, before=MICRO, after=2 * MICRO)
    assert np.allclose(ms.read_conductance_map(path, name="after", unit="uS"), 2e-6 * MICRO)


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_currents_of_an_array_from_a_file_are_those_of_ohms_law(suffix, tmp_path):
    rng = np.random.default_rng(3)
    conductance, x = rng.uniform(1e-6, 1e-5, (20, 4)), rng.random((6, 20))
    path = tmp_path / f"map{suffix}"
    if suffix == ".csv":
        np.savetxt(path, 1e9 * conductance, fmt="%.17g", delimiter=";", header="conductance (nS)")
    else:
        np.savez(path, 1e9 * conductance, units="nS")
    crossbar = ms.Crossbar.from_conductance(ms.read_conductance_map(path), "taox-hfox-wu2018", dtype="float64")
    currents = crossbar.output(x, noise=False) * crossbar.full_scale
    assert np.allclose(currents, crossbar.device.spec.read.voltage * x @ conductance, rtol=1e-12)


REFUSED = {
    "no unit": (text(), "map.csv: the numbers have no unit; unit= decides, e.g. unit='uS'"),
    "resistances": (text("# resistance (kOhm)"), "map.csv:1: 'kOhm' is a unit of resistance; a map has conductances"),
    "resistances in headings": (text("a (kOhm),b (kOhm),c (kOhm)"), "map.csv:1: 'kOhm' is a unit of resistance; a map"),
    "currents": (
        text("# I_read (nA) at 0.1 V"),
        "map.csv:1: 'nA' is a unit of current; a map has conductances, G = I/V",
    ),
    "currents in headings": (text("a (nA),b (nA),c (nA)"), "map.csv:1: 'nA' is a unit of current"),
    "labels that may name cells": (
        "cell,G (uS)\nA1,1\nA2,2\nB1,3\nB2,4",
        "map.csv:2: labels such as 'A1' may name cells",
    ),
    "numbers of cells in labels": (
        "# G (uS)\ndevice,G\nd1,1\nd2,2\nd3,3",
        "map.csv:3: labels such as 'd1' may name cells",
    ),
    "lines that are columns": (
        text("# G (uS)", "BL\\WL,0,1,2", label="{},"),
        r"map.csv:2: 'BL.+WL' says that the lines are",
    ),
    "fewer headings by one": (text("# G (uS)", "BL0,BL1"), "map.csv:2: 2 headings above 3 cells: the first cells may"),
    "one heading above two columns": (
        "# G (uS)\nG\n1,2\n3,4",
        "map.csv:2: 1 headings above 2 cells: the first cells may",
    ),
    "a row among words": ("Chip 7\nWL0,1,2\n\n# G (uS)\n1,2,3\n4,5,6", "map.csv"),
    "two units": (
        text("# G (uS)", "# limit (mS)"),
        r"two units, 'uS' \(.*map.csv:1\) and 'mS' \(.*map.csv:2\); unit= d",
    ),
    "a unit for each column": (
        text("a (uS),b (mS),c (uS)"),
        r"map.csv:1: all headings of a map have one unit, but 'b \(mS\)' has 'mS' and 'a \(uS\)' has 'uS'; correct",
    ),
    "a unit for one column": (text("a (uS),b,c"), r"but 'a \(uS\)' has 'uS' and 'b' has none; correct them"),
    "a word": (
        text("# G (uS)").replace("6.5", "open"),
        "map.csv:3: cell 3 of the row is no finite number: 'open'; write",
    ),
    "infinity": (text("# G (uS)").replace("6.5", "inf"), "map.csv:3: cell 3 of the row is no finite number: 'inf'"),
    "a large number": (text("# G (uS)").replace("6.5", "1e999"), "map.csv:3: cell 3 of the row is no finite number"),
    "an underscore": (
        text("# G (uS)").replace("6.5", "6_5"),
        "map.csv:3: cell 3 of the row is no finite number: '6_5'",
    ),
    "rows of different length": (
        text("# G (uS)").replace(",6.5", ""),
        r"map.csv:3: 2 cells where line 2 has 3 \(cut at c",
    ),
    "fewer headings": (text("# G (uS)", "a"), r"map.csv:2: 1 headings above 3 cells \(cut at commas\)"),
    "delimiters at the ends": (
        text("# G (uS)").replace("\n", ",\n") + ",",
        "map.csv:2: the last cell of every row is em",
    ),
    "two maps": (
        text("# G (uS)") + "\n\n" + text(),
        "map.csv:6: no row of the map; a file holds one map, without blank",
    ),
    "two maps with a comment": (
        text("# G (uS)") + "\n" + text("# 2"),
        "map.csv:6: no row of the map; a file holds one map",
    ),
    "thousands": (
        "# G (nS)\n1,000;2,500\n3,000;1,250",
        "map.csv:2: '1,000' may be a decimal number or a whole number of",
    ),
    "one comma in two lines": ("# G (uS)\n1,2\n3", "map.csv:2: '1,2' may be a decimal number or two cells"),
    "numbers of cells without headings": (
        cells("# G (uS)"),
        "map.csv:2: the lines may be cells with the numbers of their row and column, or rows of a matrix; layout=",
    ),
    "no conductances": (cells("row,col,V"), "no column of conductances among 'row', 'col', 'V'; one heading is to be"),
    "two conductances": (
        "row,col,G (uS),conductance\n0,0,1,1",
        "2 columns of conductances: 'G', 'conductance'; one head",
    ),
    "a cell twice": (
        "row,col,G (uS)\n0,0,1\n0,1,2\n0,0,3",
        r"map.csv:4: cell \(0, 0\) occurs in line 2 too; a map has",
    ),
    "half a row": ("row,col,G (uS)\n0,0,1\n0.5,1,2", "map.csv:3: 'row' is 0.5, no whole number"),
    "no row": ("row,col,G (uS)\n0,0,1\n,1,2", "map.csv:3: 'row' is missing"),
    "a distant cell": ("row,col,G (uS)\n0,0,1\n9999999,9999999,2", "at most 67,108,864 cells are read"),
    "a very distant cell": ("row,col,G (uS)\n0,0,1\n1e300,1,2", "map.csv:3: 'row' is 1e300, no whole number"),
    "no number at all": ("# G (uS)\nnan,nan\n,nan", "map.csv: no cell has a number"),
    "no number in a table": ("row,col,G (uS)\n0,0,nan\n0,1,nan", "map.csv: no cell has a number"),
    "nothing": ("# G (uS)\n", "map.csv: is empty"),
    "headings alone": ("# G (uS)\nBL0,BL1", "map.csv: has a header and no rows"),
    "bytes": ("\x00\x01", "map.csv: not a text file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_text_that_is_no_map_is_refused_in_one_line(case, tmp_path):
    content, message = REFUSED[case]
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, content)
    assert str(caught.value).isprintable()


def refused(call, message, kind=DataError):
    with pytest.raises(kind, match=message) as caught:
        call()
    assert str(caught.value).isprintable()


def test_arguments_that_do_not_fit_the_file_are_refused(tmp_path):
    content, path = text("# G (uS)"), tmp_path / "map.csv"
    refused(
        lambda: read(tmp_path, content, unit="nS"), "map.csv:1: the unit is 'uS' here, unit= says 'nS'; correct one"
    )
    refused(
        lambda: read(tmp_path, text("# I (nA)"), unit="uS"),
        "map.csv:1: the unit is 'nA' here, unit= says 'uS'; correct",
    )
    refused(lambda: read(tmp_path, text("# R (Ohm)"), unit="nS"), "map.csv:1: the unit is 'Ohm' here, unit= says 'nS'")
    refused(lambda: read(tmp_path, content, unit="Ohm"), "unit: '1 Ohm' is a resistance", InputError)
    refused(lambda: read(tmp_path, content, unit=1e-6), "unit: 1e-06 is not a text", InputError)
    refused(lambda: read(tmp_path, content, name="G"), "map.csv has no named arrays; only .npz files have", InputError)
    refused(lambda: ms.read_conductance_map(tmp_path / "nothing.csv"), "nothing.csv: no such file or directory")
    refused(lambda: ms.read_conductance_map(tmp_path), "folder|directory")
    refused(lambda: ms.read_conductance_map(tmp_path / "a\nb.npy"), r"a\\nb.npy': no such file")
    path.write_bytes(b"1,\xfe2")
    refused(lambda: ms.read_conductance_map(path), "map.csv:1: not UTF-8 text")


ARRAYS = {
    "no unit": ({"g": MICRO}, {}, "the numbers have no unit; unit= decides"),
    "another unit": ({"g": MICRO, "units": "uS"}, {"unit": "nS"}, "units: the unit is 'uS' here, unit= says 'nS'"),
    "resistances": ({"g": MICRO, "units": "kOhm"}, {}, "units: 'kOhm' is a unit of resistance"),
    "an unknown unit": (
        {"g": MICRO, "units": "parsec"},
        {},
        "units: 'parsec' is no unit of conductance; allowed: S, mS",
    ),
    "a number for a unit": ({"g": MICRO, "units": 6}, {}, "'units' is no text such as 'uS'"),
    "a long unit": ({"g": MICRO, "units": "u" * 65}, {}, "'units' is no text such as 'uS'"),
    "several arrays": ({"a": MICRO, "b": MICRO}, {"unit": "uS"}, r"2 arrays \('a', 'b'\); name= says which one"),
    "an unknown name": ({"up": MICRO, "low": MICRO}, {"name": "lo"}, "no array 'lo'; did you mean 'low'"),
    "no array": ({"units": "uS"}, {}, r"0 arrays \(none\); name= says"),
    "complex numbers": ({"g": MICRO + 1j}, {"unit": "S"}, "array of type complex128; allowed: real numbers"),
    "truth values": ({"g": MICRO > 3}, {"unit": "S"}, "array of type bool; allowed: real numbers"),
    "a vector": (
        {"g": MICRO[0]},
        {"unit": "S"},
        r"array of shape \(3,\); allowed: \(row, col\) or \(array, row, col\)",
    ),
    "no row": ({"g": MICRO[:0]}, {"unit": "S"}, r"array of shape \(0, 3\)"),
    "infinity": (
        {"g": np.where(MICRO == 6.5, np.inf, MICRO)},
        {"unit": "S"},
        r"the number at \(1, 2\) is infinite; allowed: finite",
    ),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_archive_that_holds_no_map_is_refused_in_one_line(case, tmp_path):
    arrays, options, message = ARRAYS[case]
    np.savez(tmp_path / "map.npz", **arrays)
    refused(lambda: ms.read_conductance_map(tmp_path / "map.npz", **options), f"map.npz: {message}")


class Intruder:
    """Unpickling it makes a folder."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_objects_in_a_file_are_never_made(suffix, tmp_path):
    folder, path = tmp_path / "made", tmp_path / f"map{suffix}"
    objects = np.array([[Intruder(folder)]], dtype=object)
    (np.save if suffix == ".npy" else np.savez)(path, objects, allow_pickle=True)
    refused(lambda: ms.read_conductance_map(path, unit="uS"), "array of type object; allowed: real numbers")
    np.savez(tmp_path / "unit.npz", MICRO, units=objects)
    refused(lambda: ms.read_conductance_map(tmp_path / "unit.npz"), "'units' is no text")
    assert not folder.exists()
    pickle.loads(pickle.dumps(objects))  # the file would have done it
    assert folder.exists()


def header(shape: str) -> bytes:
    """The start of an .npy file that claims to hold floats of a shape."""
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header("(1000000, 1000000)"), "1,000,000,000,000 cells; at most 67,108,864 are read"),
        (header("(-1, -8)"), r"array of shape \(-1, -8\)"),
        (header("(2, 3)") + bytes(40), "is cut short: 40 of 48 bytes"),
        (header("(2, 3").replace(b"}", b" "), "damaged, or no .npy file"),
        (header("__import__('os').mkdir('made')"), "damaged, or no .npy file"),
        (header("(2, 3)" + " " * 20_000), "damaged, or no .npy file"),
        (header("(2, 3)").replace(b"\x01\x00", b"\x07\x00", 1), "format version 7.0; allowed: 1.0 and 2.0"),
        (b"", "damaged, or no .npy file"),
    ],
)
def test_a_damaged_or_huge_array_is_refused_before_its_numbers_are_read(content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.npy").write_bytes(content)
    refused(lambda: ms.read_conductance_map("map.npy", unit="uS"), message)
    with zipfile.ZipFile("map.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("g.npy", content)
    refused(lambda: ms.read_conductance_map("map.npz", unit="uS"), message.replace("no .npy", "no .npz"))
    assert sorted(os.listdir()) == ["map.npy", "map.npz"]


def test_a_damaged_archive_or_an_unusual_compression_is_refused(tmp_path):
    path = tmp_path / "map.npz"
    path.write_bytes(b"no archive")
    refused(lambda: ms.read_conductance_map(path, unit="uS"), "damaged, or no .npz file")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("g.npy", header("(2, 3)") + bytes(48))
    refused(
        lambda: ms.read_conductance_map(path, unit="uS"), "compressed by another method than numpy.savez_compressed"
    )


def test_large_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("memsim.fit.reading.source.MAX_BYTES", 20)
    refused(lambda: read(tmp_path, text("# G (uS)")), "map.csv: larger than 0 MiB; save the map as .npz")
    monkeypatch.undo()
    monkeypatch.setattr(map_matrix, "MAX_CELLS", 11)
    refused(lambda: read(tmp_path, text("# G (uS)")), "map.csv: more than 11 cells")


@pytest.mark.parametrize(
    "line", ["# " + " " * 200_000 + "(uS)", "# " + "(" * 200_000 + "uS)", "# " + "in " * 100_000 + "uS"]
)
def test_long_comments_are_read_at_once(line, tmp_path):
    """Were the search for a unit quadratic in the length of a line, these would take minutes."""
    assert np.allclose(read(tmp_path, text(line)), 1e-6 * MICRO)


@pytest.mark.parametrize(
    ("comments", "units"),
    [
        (("# compliance set in mS", "# values: nS"), "'mS' (.*:1) and 'nS' (.*:2)"),
        (("# not in uS but nS",), "'uS' (.*:1) and 'nS' (.*:1)"),
    ],
)
def test_comments_that_name_two_units_are_asked_about(tmp_path, comments, units):
    content = "\n".join([*comments, "1,2", "3,4"])
    pattern = "two units, " + units.replace("(", r"\(").replace(")", r"\)") + "; unit= decides"
    refused(lambda: read(tmp_path, content), pattern)
    assert read(tmp_path, content, unit="nS").values == pytest.approx(1e-9 * np.array([[1, 2], [3, 4]]), rel=1e-12)


@pytest.mark.parametrize("comment", ["# values: nS", "# conductances, nS", "# G (nS), compliance 1 mS"])
def test_a_comment_may_name_the_unit_anywhere(tmp_path, comment):
    expected = 1e-9 * np.array([[1, 2], [3, 4]])
    assert read(tmp_path, f"{comment}\n1,2\n3,4").values == pytest.approx(expected, rel=1e-12)


def test_labels_of_one_column_may_be_words(tmp_path):
    content = "cell,G (uS)\nA1,1\nA2,2\nB1,3\nB2,4"
    assert np.allclose(1e6 * read(tmp_path, content, layout="matrix"), [[1], [2], [3], [4]])
