"""Examples in questions work when they are copied: the file is read, or another question follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

import memsim as ms
from memsim.fit import kind_of, read_measurement
from memsim.fit.pulses.data import PulseData
from memsim.fit.reading.layouts import pulse_data

_EXAMPLE = re.compile(r"""columns="(?P<columns>[^"]*)"|(?P<word>kind|repeats|decimal)='(?P<value>[^']*)'""")
ROWS = [
    (k, word, begin + sign * 0.25 * k + 0.03 * (-1) ** k)
    for _ in range(2)
    for word, sign, begin in (("set", 1, 2.0), ("reset", -1, 8.0))
    for k in range(1, 25)
]
READS = [1e-6 * value for _, _, value in ROWS]
RNG = np.random.default_rng(1)
NOISE = [1e-4 * x for x in RNG.standard_normal(len(ROWS))]


def volts(word: str) -> float:
    return 1.2 if word == "set" else -1.4


def lines(heading: str, cell) -> str:
    return "\n".join([heading, *(str(cell(row, *values)) for row, values in enumerate(ROWS))])


def read(file, **options) -> PulseData:
    kind = options.pop("kind", None)
    table = read_measurement(file, **options)
    assert (kind or kind_of(table)) == "pulses"
    return pulse_data(table)


def examples(message: str) -> Iterator[dict[str, str]]:
    for found in _EXAMPLE.finditer(message):
        yield {"columns": found["columns"]} if found["columns"] else {found["word"]: found["value"]}


def data_of(file, **options) -> PulseData:
    """What is read after the first example of each question is copied."""
    asked: list[str] = []
    for _ in range(4):
        try:
            return read(file, **options)
        except ms.MemsimError as error:
            asked.append(str(error))
        options |= next(examples(asked[-1]))
        assert asked.count(asked[-1]) == 1, asked
    raise AssertionError(asked)


WAYS = {
    "a Keithley sheet": lines(
        "PulseNum\tAnodeI\tAnodeV\tVset\tTime",
        lambda i, k, w, v: f"{i + 1}\t{2e-7 * v:.6e}\t200.000E-3\t{volts(w)}\t{0.0025 * (i + 1)}",
    ),
    "a sheet of Clarius": lines(
        "Time,AI,AV,PulseV,Gread", lambda i, k, w, v: f"{0.0025 * (i + 1)},{2e-7 * v},2.0e-1,{volts(w)},{1e-6 * v:.6e}"
    ),
    "two units of a B1500": "SetupTitle, LTP\nDataName, Index, V1, I1, V2, I2\n"
    + "\n".join(f"DataValue, {i + 1}, 0.1, {1e-7 * v:.6e}, {volts(w)}, 1E-3" for i, (_, w, v) in enumerate(ROWS)),
    "voltages of set and reset, and a measured read voltage": lines(
        "#,Vset (V),Vreset (V),Iread (A),Vread (V)",
        lambda i, k, w, v: f"{k},{max(volts(w), 0)},{min(volts(w), 0)},{1e-7 * v:.6e},{0.1 * (1 + NOISE[i]):.6f}",
    ),
    "voltages of a gate": lines(
        "No.,Vg (V),Iread (A),Vread (V)",
        lambda i, k, w, v: f"{i + 1},{volts(w)},{1e-7 * v:.6e},{0.1 * (1 + NOISE[i]):.6f}"
    ),
    "a voltage of both signs": lines(
        "pulse,Voltage (V),Current (uA),dir", lambda i, k, w, v: f"{k},{volts(w)},{0.1 * v:.5f},{w}"
    ),
    "a read voltage in mV without a unit": lines("pulse,dir,I (uA),V", lambda i, k, w, v: f"{k},{w},{0.1 * v:.5f},100"),
    "a current without a unit": lines("pulse,dir,I,V", lambda i, k, w, v: f"{k},{w},{1e-7 * v:.6e},0.1"),
    "a current alone": lines("pulse,dir,I (uA)", lambda i, k, w, v: f"{k},{w},{0.1 * v:.5f}"),
    "several sweeps side by side": "LTP sweep 1 (uS),LTD sweep 1 (uS),LTP sweep 2 (uS),LTD sweep 2 (uS)\n"
    + "\n".join(",".join(f"{ROWS[k + 24 * b][2]}" for b in range(4)) for k in range(24)),
}  # fmt: skip


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_examples_that_are_copied_lead_to_the_reads(text, tmp_path):
    (tmp_path / "f.csv").write_text(text)
    data = data_of(tmp_path / "f.csv")
    assert sorted(value for sweep in data.sweeps for value in sweep.value) == pytest.approx(sorted(READS), rel=1e-3)
    assert [sweep.branch for sweep in data.sweeps] == [0, 1] * (len(data.sweeps) // 2)


def test_a_corrected_command_repeats_the_equations_of_the_user(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text(WAYS["a Keithley sheet"])
    with pytest.raises(ms.DataError, match=r'the unit with columns="G = AnodeI/AnodeV \[S\], direction = Vset"$'):
        read(file, columns="G = AnodeI/AnodeV, direction = Vset")
    assert read(file, columns="G = AnodeI/AnodeV [S], direction = Vset").reads == len(ROWS)
    with pytest.raises(ms.DataError, match=r'columns="G = AnodeI/AnodeV \[S\], direction = Vset"$'):
        read(file, columns="G = AnodeI/AnodeV [S], direction = -Vset")
    file.write_text("\n".join(f"{v},{10 - v}" for _, _, v in ROWS[:24]))
    with pytest.raises(ms.DataError, match=r'swap them with columns="up = #1 \[uS\], down = #2 \[uS\]"$'):
        read(file, columns="up = #2 [uS], down = #1 [uS]")


def test_directions_that_a_user_computes_are_turned_as_a_whole(tmp_path):
    (tmp_path / "f.csv").write_text("n,G (uS)\n" + "\n".join(f"{i},{v}" for i, (_, _, v) in enumerate(ROWS[:48], 1)))
    with pytest.raises(ms.DataError, match=r'columns="pulse = n, direction = -\(n - 24\.5\)"$'):
        read(tmp_path / "f.csv", columns="pulse = n, direction = n - 24.5")
    assert read(tmp_path / "f.csv", columns="pulse = n, direction = -(n - 24.5)").reads == 48


@pytest.mark.parametrize("kind", ["retention", "pulses"])
def test_times_beside_voltages_of_both_signs_may_be_pulses(tmp_path, kind):
    text = lines("time (s),stimulus,G (uS)", lambda i, k, w, v: f"{i},{volts(w)},{v}")
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(ms.DataError, match=r'columns="direction = stimulus" names the directions if they are pulses'):
        read(tmp_path / "f.csv")
    assert read(tmp_path / "f.csv", columns="direction = stimulus").reads == len(ROWS)


@pytest.mark.parametrize(
    ("heading", "what"),
    [
        ("log10(G)", "logarithms"), ("ln(G/uS)", "logarithms"), ("log G (S)", "logarithms"), ("G (dB)", "logarithms"),
        ("Conductance change (%)", "changes"), ("dG (uS)", "changes"), ("delta G (uS)", "changes"),
    ],
)  # fmt: skip
def test_logarithms_and_changes_of_conductances_are_refused(tmp_path, heading, what):
    (tmp_path / "f.csv").write_text(lines(f"pulse,direction,{heading}", lambda i, k, w, v: f"{k},{w},{v:.4f}"))
    for options in ({}, {"columns": f"G = '{heading}'"}, {"columns": "weight = #3"}):
        with pytest.raises(ms.DataError, match=f"holds {what}, by its heading; a fit needs the conductances"):
            read(tmp_path / "f.csv", **options)


@pytest.mark.parametrize(("before", "after"), [("G_before", "G_after"), ("R pre", "R post"), ("G_initial", "G_final")])
def test_reads_after_the_pulses_are_taken(tmp_path, before, after):
    power = -1 if before[0] == "R" else 1
    unit = "(MOhm)" if before[0] == "R" else "(uS)"
    rows = lines(f"op,{before} {unit},{after} {unit}", lambda i, k, w, v: f"{w},5,{v**power!r}")
    (tmp_path / "f.csv").write_text(rows)
    data = read(tmp_path / "f.csv")
    assert [value for sweep in data.sweeps for value in sweep.value] == pytest.approx(READS)
    assert any(f"'{after}' is read as the reads after the pulses, '{before}' before" in note for note in data.notes)


def test_files_of_one_direction_each_are_asked_about(tmp_path):
    for word in ("set", "reset"):
        rows = [f"{1 + i // 48},{k},{w},{v}" for i, (k, w, v) in enumerate(ROWS) if w == word]
        (tmp_path / f"{word.upper()}.csv").write_text("\n".join(["cycle,pulse,dir,G (uS)", *rows]))
    with pytest.raises(ms.DataError, match=r'SET has only set pulses and device RESET has .* columns="device = 1"$'):
        read(tmp_path)
    data = read(tmp_path, columns="device = 1")
    assert data.devices == ["1"]
    assert sorted((s.cycle, s.branch, len(s.value)) for s in data.sweeps) == [(c, b, 24) for c in "12" for b in (0, 1)]


def test_a_device_with_one_direction_among_others_is_refused(tmp_path):
    rows = [f"{d},{w},{v}" for d in "abc" for _, w, v in ROWS[:48] if (d, w) != ("b", "reset")]
    (tmp_path / "f.csv").write_text("\n".join(["device,dir,G (uS)", *rows]))
    with pytest.raises(ms.DataError, match="device b has only set pulses, others have both directions; leave it out"):
        read(tmp_path / "f.csv")


def test_headings_that_number_their_cycles_need_no_option(tmp_path):
    heading = "Pulse,LTP cycle 1 (uS),LTD cycle 1 (uS),LTP cycle 2 (uS),LTD cycle 2 (uS)\n"
    rows = [",".join(f"{ROWS[k + 24 * b][2]}" for b in range(4)) for k in range(24)]
    (tmp_path / "f.csv").write_text(heading + "\n".join(f"{k},{row}" for k, row in enumerate(rows, 1)))
    sweeps = read(tmp_path / "f.csv").sweeps
    assert [(s.cycle, s.branch) for s in sweeps] == [("cycle 1", 0), ("cycle 1", 1), ("cycle 2", 0), ("cycle 2", 1)]
