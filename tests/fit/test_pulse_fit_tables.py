"""Tables of measurements: the layouts people have, and one clear line for what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest
from pulse_trains import long_table

from memsim.errors import DataError
from memsim.fit import kind_of
from memsim.fit.reading.folder import read_table
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.table import table_of

UP = [1.5 + 0.25 * i for i in range(24)]
DOWN = [7.5 - 0.25 * i for i in range(24)]
ROWS = [
    ("a", 1, k + 1, word, value) for word, values in (("set", UP), ("reset", DOWN)) for k, value in enumerate(values)
]


def two_columns(separator=",", decimal=".", heading="") -> str:
    rows = [f"{up}{separator}{down}".replace(".", decimal) for up, down in zip(UP, DOWN, strict=True)]
    return "\n".join([heading, *rows] if heading else rows)


def reordered() -> str:
    rows = [f"{value * 1000};{word};{cycle};{k};{device}" for device, cycle, k, word, value in ROWS]
    return "\n".join(["Conductance [nS];Pulse type;Cycle number;Pulse number;Cell ID", *rows])


def directions(words=("LTP", "LTD")) -> str:
    values = [(v, words[0]) for v in UP] + [(v, words[1]) for v in DOWN]
    return "\n".join(f"{value}\t{word}" for value, word in values)


LAYOUTS = {
    "two columns": (two_columns(), None),
    "with a header": (two_columns(heading="up,down"), None),
    "in words of neuroscience": (two_columns(heading="Potentiation,Depression"), None),
    "semicolons": (two_columns(";"), None),
    "semicolons and decimal commas": (two_columns(";", ",", "up;down"), None),
    "tabs and decimal commas": (two_columns("\t", ","), None),
    "blanks": (two_columns("  "), None),
    "blanks and decimal commas": (two_columns(" ", ","), None),
    "comments and blank lines": ("# measured\n\n" + two_columns().replace("\n", "\n\n", 1), None),
    "Windows line ends": (two_columns().replace("\n", "\r\n"), None),
    "a byte-order mark": ("\ufeff" + two_columns(heading="up,down"), None),
    "quotes": ('"up","down"\n' + two_columns(), None),
    "units in round brackets": (two_columns(heading="G_up (uS),G_down (µS)"), "S"),
    "units in square brackets": (two_columns(heading="set [uS],reset [μS]"), "S"),
    "a column of directions": (directions(), None),
    "directions as signs": (directions(("1", "-1")), None),
    "directions with a header": ("w,direction\n" + directions().replace("\t", ","), None),
    "a long table": (long_table(ROWS), "S"),
    "in another order and unit": (reordered(), "S"),
    "without pulse numbers": (long_table([(v, w) for *_, w, v in ROWS], "G (uS),polarity"), "S"),
    "resistances": (long_table([(1e6 / v, w) for *_, w, v in ROWS], "R (Ohm),direction"), "S"),
}


@pytest.mark.parametrize(("text", "unit"), LAYOUTS.values(), ids=LAYOUTS)
def test_every_usual_layout_gives_the_same_sweeps(text, unit, tmp_path):
    file = tmp_path / "pulses.csv"
    file.write_bytes(text.encode())
    data = pulse_data(read_table(file))
    assert data.unit == unit
    scale = 1e-6 if unit else 1.0
    assert [sweep.branch for sweep in data.sweeps] == [0, 1]
    for sweep, values in zip(data.sweeps, (UP, DOWN), strict=True):
        assert sweep.value == pytest.approx(np.array(values) * scale, rel=1e-9)


def test_devices_and_cycles_are_kept_apart():
    rows = [(d, c, k, w, v + c) for d in "ab" for c in (1, 2) for _, _, k, w, v in ROWS]
    data = pulse_data(table_of(long_table(rows)))
    assert data.devices == ["a", "b"]
    assert [(s.device, s.cycle, s.branch) for s in data.sweeps] == [
        (d, c, b) for d in "ab" for c in "12" for b in range(2)
    ]


def test_cycles_that_are_not_numbered_are_told_by_the_turn_from_reset_to_set():
    rows = [(k, w, v) for _ in range(3) for _, _, k, w, v in ROWS]
    data = pulse_data(table_of(long_table(rows, "pulse,direction,conductance (uS)")))
    assert [s.cycle for s in data.sweeps] == ["1", "1", "2", "2", "3", "3"]


def test_pulses_without_a_read_stay_pulses():
    rows = [row for row in ROWS if row[2] not in (3, 4)]
    data = pulse_data(table_of(long_table(rows)))
    assert [len(s.value) for s in data.sweeps] == [24, 24]
    assert np.isnan(data.sweeps[0].value[2:4]).all()


def test_one_column_may_be_shorter():
    lines = two_columns(heading="up,down").split("\n")
    lines[-1] = lines[-1].split(",")[0] + ","
    data = pulse_data(table_of("\n".join(lines)))
    assert [len(s.value) for s in data.sweeps] == [24, 23]


def without(k, text):
    rows = [list(row) for row in ROWS]
    rows[k][4] = text
    return long_table([tuple(row) for row in rows])


REFUSED = {
    "nothing": ("", "f.csv: is empty"),
    "only a header": ("up,down\n", "f.csv: has a header and no rows"),
    "a NaN": (without(3, "nan"), "f.csv:5: 'conductance' is not a finite number: 'nan'"),
    "a gap": (without(3, ""), "f.csv:5: 'conductance' is missing"),
    "a word": (without(30, "off"), "f.csv:32: 'conductance' is not a finite number: 'off'"),
    "infinity": (two_columns().replace("7.5", "inf"), "f.csv:1: column 2 is not a finite number: 'inf'"),
    "one direction": (long_table(ROWS[:24]), "f.csv: only set pulses (24 reads); a fit needs both directions"),
    "shuffled rows": (
        long_table([*ROWS[:5], ROWS[9], *ROWS[5:9], *ROWS[10:]]),
        "f.csv:8: pulse 6 after pulse 10 (device a, cycle 1, set); pulse numbers must increase",
    ),
    "a pulse twice": (long_table([ROWS[0], *ROWS]), "f.csv:3: 'pulse' 1 stands in several rows"),
    "half a pulse": (long_table([("a", 1, 0.5, "set", 1.0), *ROWS]), "f.csv:2: pulse 0.5 is not a whole number"),
    "a wrong delimiter": (two_columns(":"), "f.csv:1: one column found; wanted two"),
    "a wrong delimiter, with a header": (two_columns(":", heading="up:down"), "f.csv:2: one column found"),
    "too few pulses": (two_columns(",").split("\n", 5)[5], "f.csv: 19 reads of set pulses; at least 20 are needed"),
    "rows of different length": (two_columns() + "\n1", "f.csv:25: 1 cells where line 1 has 2 (separated by commas)"),
    "an unknown unit": (two_columns(heading="up (uT),down (uT)"), "f.csv:1: unit of 'up': unknown unit 'uT'"),
    "a wrong unit": (two_columns(heading="up (V),down (V)"), "is a voltage (V), not a conductance (S)"),
    "an unknown direction": (
        long_table([("a", 1, 1, "sideways", 1.0), *ROWS]),
        "f.csv:2: 'sideways' is not a direction",
    ),
    "no direction": (long_table([(1, 2.0)] * 30, "pulse,conductance"), "f.csv:1: no column of directions"),
    "no conductance": (long_table([(1, "set")] * 30, "pulse,direction"), "f.csv:1: no column of conductance"),
    "a misspelt heading": (
        long_table([(1, "set", 2.0)] * 30, "pulse,direction,conductanse"),
        "columns=... says which it is: columns=\"G = conductanse\" if it is 'conductanse'",
    ),
    "three columns without a header": ("1,2,3\n" * 30, "f.csv:1: 3 columns without a header"),
    "nothing that changes": ("1,1\n" * 30, "all reads are 1; nothing changes"),
    "too long a sweep": (long_table([*ROWS, ("a", 1, 10**9, "reset", 1.0)]), "f.csv:50: 1,000,000,000 pulses in one"),
    "a negative resistance": (long_table([(-5, "set")] * 30, "R (Ohm),direction"), "f.csv:2: a resistance of -5"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_fitted_ends_in_one_line_that_says_where(text, message):
    with pytest.raises(DataError) as refusal:
        pulse_data(table_of(text, "f.csv"))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files_that_are_no_tables_are_refused(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"nope\.csv: no such file"):
        read_table(tmp_path / "nope.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"1,2\n\x00\x01")
    with pytest.raises(DataError, match="not a text file"):
        read_table(binary)
    binary.write_bytes(b"up,down\n1,2\n\xfe,4")
    with pytest.raises(DataError, match=r"binary\.csv:3: not UTF-8"):
        read_table(binary)
    monkeypatch.setattr("memsim.fit.reading.source.MAX_BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        read_table(binary)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("up,down", "pulses"),
        ("device,pulse,direction,G (uS)", "pulses"),
        ("V (V),I (uA)", "iv"),
        ("Voltage [V],Current [A],device", "iv"),
        ("read,conductance (uS)", "read-noise"),
    ],
)
def test_the_kind_of_a_measurement_is_told_by_its_headings(heading, kind):
    assert kind_of(table_of(heading + "\n" + ",".join("1" * (heading.count(",") + 1)))) == kind


def test_time_and_conductance_need_a_word_of_the_user():
    with pytest.raises(DataError, match="kind='retention' or kind='read-noise'"):
        kind_of(table_of("time (s),G (uS)\n1,2\n"))
