"""Headings, words and forms of files that people have: each is read, or one line says what is missing."""

from __future__ import annotations

import json

import numpy as np
import pytest

import memsim as ms
from memsim.fit import kind_of, read_measurement
from memsim.fit.pulses.data import PulseData
from memsim.fit.reading.layouts import pulse_data

ROWS = [
    (k, word, begin + sign * 0.25 * k + 0.03 * (-1) ** k)
    for word, sign, begin in (("set", 1, 2.0), ("reset", -1, 8.0))
    for k in range(24)
]
READS = [value for _, _, value in ROWS]


def saved(folder, heading: str, cell, name: str = "f.csv"):
    (folder / name).write_text("\n".join([heading, *(cell(*row) for row in ROWS)]))
    return folder / name


def pulses(file, **options) -> PulseData:
    table = read_measurement(file, **options)
    assert kind_of(table) == "pulses"
    return pulse_data(table)


def reads(data: PulseData) -> list[float]:
    return [float(value) for sweep in data.sweeps for value in sweep.value]


def question(file, **options) -> str:
    with pytest.raises(ms.DataError) as refusal:
        pulses(file, **options)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("G_read (uS)", 1), ("Gread [uS]", 1), ("G_meas (uS)", 1), ("measured conductance (uS)", 1),
        ("conductance_S", 1e-6), ("G_read_S", 1e-6), ("G_mean (uS)", 1), ("average G (uS)", 1),
        ("Conductance@0.1V (uS)", 1), ("G (uS) @ 100 mV", 1), ("Conductance_at_0.1V_uS", 1),
    ],
)  # fmt: skip
def test_a_heading_may_say_how_a_conductance_was_read(tmp_path, heading, scale):
    data = pulses(saved(tmp_path, f"pulse,direction,{heading}", lambda k, w, v: f"{k},{w},{v * scale!r}"))
    assert data.unit == "S"
    assert reads(data) == pytest.approx([1e-6 * v for v in READS])
    assert data.read_voltage == (pytest.approx(0.1) if "0.1" in heading or "100" in heading else None)
    assert any("is a mean of several reads" in note for note in data.notes) == (
        "mean" in heading or "average" in heading
    )


def test_resistances_and_currents_may_say_how_they_were_read(tmp_path):
    file = saved(tmp_path, "pulse,direction,R_read (kOhm)", lambda k, w, v: f"{k},{w},{1e3 / v!r}")
    assert reads(pulses(file)) == pytest.approx([1e-6 * v for v in READS])
    file = saved(tmp_path, "pulse,direction,I_meas_A,V_read_V", lambda k, w, v: f"{k},{w},{v * 2e-7!r},0.2")
    assert reads(pulses(file)) == pytest.approx([1e-6 * v for v in READS])


def test_a_letter_behind_a_letter_is_no_unit(tmp_path):
    message = question(saved(tmp_path, "pulse,direction,R_S", lambda k, w, v: f"{k},{w},{v}"))
    assert "no column of conductance among 'pulse', 'direction', 'R_S'" in message


@pytest.mark.parametrize("words", [("program", "erase"), ("WRITE", "ERASE"), ("Prog", "erasing")])
def test_words_of_flash_are_directions_with_a_note(tmp_path, words):
    word = dict(zip(("set", "reset"), words, strict=True))
    data = pulses(saved(tmp_path, "pulse,op,G (uS)", lambda k, w, v: f"{k},{word[w]},{v}"))
    assert [sweep.branch for sweep in data.sweeps] == [0, 1]
    assert f"'{words[0].lower()}' is read as set; '{words[1].lower()}' is read as reset" in data.notes
    message = question(saved(tmp_path, "pulse,op,G (uS)", lambda k, w, v: f"{k},{word[w]},{10 - v}"))
    assert 'swap them with columns="direction = -op"' in message


def test_a_weight_in_percent_is_asked_about(tmp_path):
    file = saved(tmp_path, "pulse,direction,weight (%)", lambda k, w, v: f"{k},{w},{10 * v!r}")
    assert "'weight' is in %: a share, no conductance; say with columns=\"weight = weight (%)\"" in question(file)
    data = pulses(file, columns="weight = weight (%)")
    assert data.unit is None
    assert reads(data) == pytest.approx([0.1 * v for v in READS])


def test_currents_without_a_read_voltage_are_asked_about(tmp_path):
    for heading, stated in (("I_read (nA)", "I_read (nA)"), ("I", "I [uA]")):
        file = saved(tmp_path, f"pulse,direction,{heading}", lambda k, w, v: f"{k},{w},{v * 200!r}")
        message = question(file)
        assert f'no column has the read voltage; state it with columns="G = {stated} / (0.1 [V])"' in message
    file = saved(tmp_path, "pulse,direction,I@0.2V (nA)", lambda k, w, v: f"{k},{w},{v * 200!r}")
    assert '"G = I@0.2V (nA) / (0.2 [V])"' in question(file)
    assert reads(pulses(file, columns="G = I@0.2V (nA) / (0.2 [V])")) == pytest.approx([1e-6 * v for v in READS])


@pytest.mark.parametrize("bars", [True, False])
def test_a_table_in_markdown_is_read(tmp_path, bars):
    lines = ["pulse | direction | G (uS)", "---|:---:|---:", *(f"{k} | {w} | {v:.2f}" for k, w, v in ROWS)]
    text = "\n".join(f"| {line} |" if bars else line for line in lines)
    (tmp_path / "f.md").write_text(f"# Training of cell 7\n\n{text}\n")
    data = pulses(tmp_path / "f.md")
    assert reads(data) == pytest.approx([1e-6 * round(v, 2) for v in READS])
    (tmp_path / "map.md").write_text("| | BL0 | BL1 |\n|---|---|---|\n| WL0 | 1 | 2 |\n| WL1 | 3 | 4 |\n")
    assert ms.read_conductance_map(tmp_path / "map.md", unit="uS").values.tolist() == [[1e-6, 2e-6], [3e-6, 4e-6]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps({"G": [1, 2]}).encode(), "a JSON file; save the table as CSV"),
        (b"[[1, 2],\n [3, 4]]", "a JSON file; save the table as CSV"),
        (b"<!DOCTYPE html>\n<table><tr><td>1</td></tr></table>", "an HTML or XML file; save the table as CSV"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5, NetCDF or MATLAB file; save the table as CSV"),
        (b"\x1f\x8b\x08\x00", "a compressed file; unpack it first"),
        (b"%PDF-1.7\n", "a PDF file; save the table as CSV"),
    ],
)
def test_files_of_other_forms_are_named(tmp_path, content, message):
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(ms.DataError, match=f"f.csv: {message}$"):
        read_measurement(tmp_path / "f.csv")
    with pytest.raises(ms.DataError, match=f"f.csv: {message}$"):
        ms.read_conductance_map(tmp_path / "f.csv", unit="uS")


def test_a_log_of_writes_and_reads_is_no_sweep(tmp_path):
    volts = {"set": 1.2, "reset": -1.2}
    pairs = [line for _, w, v in ROWS for line in (f"{volts[w]},{volts[w] * 5e-5}", f"0.1,{v * 1e-7!r}")]
    lines = [f"{row * 1e-3},{pair}" for row, pair in enumerate(pairs)]
    (tmp_path / "f.csv").write_text("\n".join(["Time (s),V (V),I (A)", *lines]))
    message = question(tmp_path / "f.csv")
    assert "f.csv:3: the voltage jumps from 1.2 V to 100 mV, and so on: a log of writes and reads, no sweep" in message
    assert message.endswith("after it")


def test_a_sweep_with_few_points_is_no_log(tmp_path):
    for volts in (np.linspace(-1, 1, 8), np.r_[0:1:5j, 1:0:5j], np.tile([0.1, 0.2, 0.3, 0.4], 4)):
        (tmp_path / "f.csv").write_text("\n".join(["V (V),I (A)", *(f"{v},{1e-5 * v}" for v in volts)]))
        assert kind_of(read_measurement(tmp_path / "f.csv")) == "iv"


# Units and decimal signs


def test_tiny_numbers_without_a_unit_are_no_weights(tmp_path):
    file = saved(tmp_path, "pulse,direction,G", lambda k, w, v: f"{k},{w},{1e-6 * v!r}")
    assert "'G' has no unit, and 8.03e-06 at most is no normalised weight; say the unit with" in question(file)
    assert reads(pulses(file, columns="G = G [S]")) == pytest.approx([1e-6 * v for v in READS])
    assert pulses(file, columns="G = G [1]").unit is None
    lines = [f"{1e-6 * a!r},{1e-6 * b!r}" for a, b in zip(READS[:24], READS[24:], strict=True)]
    (tmp_path / "g.csv").write_text("\n".join(["up,down", *lines]))
    assert '"up = up [S]"' in question(tmp_path / "g.csv")


@pytest.mark.parametrize("above", ["# conductance in uS", "Conductance (uS)"])
def test_a_unit_above_the_table_is_asked_about(tmp_path, above):
    file = saved(tmp_path, f"# cell 7\n{above}\npulse,direction,G", lambda k, w, v: f"{k},{w},{v!r}")
    message = question(file)
    assert (
        "f.csv:2: a unit, uS, stands above the table, and 'G' has none; say it with columns=\"G = G [uS]\"" in message
    )
    assert reads(pulses(file, columns="G = G [uS]")) == pytest.approx([1e-6 * v for v in READS])
    assert reads(pulses(file, columns="G = G [1]")) == pytest.approx(READS)


def test_the_unit_and_the_decimal_sign_of_resistances_are_asked_about_at_once(tmp_path):
    file = saved(tmp_path, "pulse;direction;R", lambda k, w, v: f"{k};{w};{1e3 / v:.3f}")
    message = question(file)
    assert "decimal='.' or decimal=','. Also, 'R' has no unit: unless it is Ohm, say it with" in message
    assert '"R = R [kOhm]"' in message
    data = pulses(file, columns="R = R [kOhm]", decimal=".")
    assert reads(data) == pytest.approx([1e-6 * v for v in READS], rel=1e-4)


@pytest.mark.parametrize(("decimal", "other"), [(".", ","), (",", ".")])
def test_the_decimal_sign_of_another_column_does_not_make_thousands(tmp_path, decimal, other):
    file = saved(
        tmp_path,
        "pulse;direction;V (V);G (uS)",
        lambda k, w, v: f"{k};{w};0{other}5;" + f"{v + 0.001:.3f}".replace(".", decimal),
    )
    assert "may be a decimal number or a whole number of thousands" in question(file)
    data = pulses(file, decimal=decimal)
    assert reads(data) == pytest.approx([1e-6 * round(v + 0.001, 3) for v in READS])


def test_the_same_decimal_sign_in_another_column_confirms(tmp_path):
    file = saved(
        tmp_path,
        "pulse;direction;Vread (V);G (uS)",
        lambda k, w, v: f"{k};{w};0,1;" + f"{v + 0.001:.3f}".replace(".", ","),
    )
    assert reads(pulses(file)) == pytest.approx([1e-6 * round(v + 0.001, 3) for v in READS])


def test_a_line_of_units_may_begin_with_a_number_sign(tmp_path):
    rows = zip(READS[:24], READS[24:], strict=True)
    text = ["Pulse\tLTP\tPulse\tLTD", "#\tuS\t#\tuS", *(f"{k}\t{a:.2f}\t{k}\t{b:.2f}" for k, (a, b) in enumerate(rows))]
    (tmp_path / "f.txt").write_text("\n".join(text))
    data = pulses(tmp_path / "f.txt")
    assert data.unit == "S"
    assert reads(data) == pytest.approx([1e-6 * v for v in READS], abs=1e-8)


def test_names_of_a_write_verify_log_are_known(tmp_path):
    data = pulses(saved(tmp_path, "pulse_idx,op,G_verify_uS", lambda k, w, v: f"{k},{w},{v!r}"))
    assert reads(data) == pytest.approx([1e-6 * v for v in READS])


def test_the_applied_value_of_a_source_measure_unit_is_no_conductance(tmp_path):
    rng = np.random.default_rng(1)
    lines = [f"{k},{8e-6 + 1e-8 * z:.6e},{0.2 + 1e-6 * w:.7f}" for k, (z, w) in enumerate(rng.standard_normal((40, 2)))]
    (tmp_path / "f.csv").write_text("\n".join(["Index,Reading,Value", *lines]))
    with pytest.raises(ms.DataError, match=r'say columns="G = Reading \[A\] / \(Value \[V\]\)"$'):
        ms.fit_device(tmp_path / "f.csv", kind="read-noise")
    fit = ms.fit_device(tmp_path / "f.csv", kind="read-noise", columns="G = Reading [A] / (Value [V])")
    assert fit.numbers[0].value == pytest.approx(1e-8 / 8e-6, rel=0.4)


def test_weights_beside_a_window_are_shares_of_it(tmp_path):
    rng = np.random.default_rng(2)
    for scale, name in ((1.0, "w.csv"), (40.0, "big.csv")):
        lines = [f"{k},{scale * (0.5 + 0.01 * z):.5f}" for k, z in enumerate(rng.standard_normal(200))]
        (tmp_path / name).write_text("\n".join(["read,weight", *lines]))
    fit = ms.fit_device(tmp_path / "w.csv", kind="read-noise", window=(5e-6, 60e-6))
    share = {"range": 0.01, "value": 0.01 * 55 / 32.5}[fit.section["relative_to"]]
    assert fit.numbers[0].value == pytest.approx(share, rel=0.15)
    with pytest.raises(ms.DataError, match=r"weights from 0 to 1; state the unit with columns=\.\.\."):
        ms.fit_device(tmp_path / "big.csv", kind="read-noise", window=(5e-6, 60e-6))


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ("LTP G(uS),LTD G(uS)\n3.1,8.9\n3.4,8.2\n", '"up = LTP G(uS), down = LTD G(uS)"'),
        ("n,dir,g_norm\n1,P,0.07\n2,P,0.1\n", '"G = g_norm"'),
    ],
)
def test_headings_that_are_nearly_known_have_an_example_of_the_option(tmp_path, text, example):
    (tmp_path / "f.csv").write_text(text)
    assert question(tmp_path / "f.csv").endswith(f"columns=... says which it is, e.g. columns={example}")


@pytest.mark.parametrize("text", ["G (uS),BL0,BL1,BL2,BL3\nWL0,1,2,3,4\nWL1,5,6,7,8\n", None])
def test_a_map_of_cells_is_refused_with_the_function_that_reads_it(tmp_path, text):
    rows = [f"{r},{c},{1 + r + c}" for r in range(3) for c in range(3)]
    (tmp_path / "f.csv").write_text(text or "\n".join(["row,col,G (uS)", *rows]))
    with pytest.raises(ms.DataError, match=r"is a map: memsim\.read_conductance_map reads it"):
        ms.fit_device(tmp_path / "f.csv")
    assert ms.read_conductance_map(tmp_path / "f.csv").shape in ((2, 4), (3, 3))
