"""What messages, notes and reports of fits call things: by the words of the file, with remedies that work."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import memsim as ms
from memsim.cli.fit_report import models_table
from memsim.errors import DataError, InputError
from memsim.fit import checked_window
from memsim.fit.criteria import p_in_words
from memsim.fit.device import read_measurement
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.values import with_conductance
from memsim.fit.sections.programmed import programmed_cells
from memsim.fit.sections.section import Form, SectionFit
from memsim.fit.sections.sweep import signed_sweeps
from memsim.plotting.fits import section_figure

TIMES = (1, 10, 100, 1000, 10000, 100000)


def saved(folder, *lines, name="f.csv", encoding="utf-8"):
    (folder / name).write_bytes("\n".join(lines).encode(encoding))
    return folder / name


def refusal(call, kind=DataError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).isprintable()
    return str(caught.value)


def cells(file, **options):
    return programmed_cells(with_conductance(read_measurement(file, **options)))


def drifting(devices, cycles=("",), times=TIMES):
    """Rows "device, cycle, time, conductance" of a drift with an exponent of 0.03."""
    return [(d, c, t, 5 * (1 + 0.1 * k) * t**-0.03) for k, d in enumerate(devices) for c in cycles for t in times]


@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_an_array_is_called_an_array(tmp_path, save):
    path = tmp_path / ("map.npy" if save is np.save else "map.npz")
    save(path, np.ones((4, 3)))
    message = refusal(lambda: read_measurement(path))
    assert "an array of NumPy; memsim.read_conductance_map reads" in message and "CSV" in message


def test_names_of_samples_are_devices(tmp_path):
    rows = [f"{d}\t{t / 3600}\t{1e3 / g:.5f}" for d, _, t, g in drifting(("s1", "s2", "s3"))]
    found = cells(saved(tmp_path, "sample\tbake time [h]\tR [kOhm]", *rows))
    assert found.names == ("device s1", "device s2", "device s3")
    assert found.times[0] == pytest.approx(TIMES)
    numbered = [f"{k},{t / 3600},{1e3 / g:.5f}" for k, (_, _, t, g) in enumerate(drifting(("a",)))]
    assert cells(saved(tmp_path, "reading,bake time [h],R [kOhm]", *numbered)).count == 1


def test_headings_that_are_listed_stand_in_the_file(tmp_path):
    rows = [f"{d},{t},{1e3 / g:.5f}" for d, _, t, g in drifting("ab")]
    message = refusal(lambda: cells(saved(tmp_path, "cell,tau (s),R (kOhm)", *rows)))
    assert message.endswith(
        "f.csv:1: no column of times among 'cell', 'tau', 'R'; columns=... says which it is: "
        "columns=\"time = tau (s)\" if it is 'tau'"
    )
    assert cells(tmp_path / "f.csv", columns="time = tau (s)").count == 2


@pytest.mark.parametrize(
    ("heading", "example"),
    [
        ("PulseNo,dir,G1", "says which it is: columns=\"G = G1\" if it is 'G1'"),
        ("PulseNo,dir,Leitwert (uS)", "says which it is: columns=\"G = Leitwert (uS)\" if it is 'Leitwert'"),
        ("PulseNo,dir,Conductanse/uS", "says which it is: columns=\"G = 'Conductanse/uS'\" if it is 'Conductanse'"),
    ],
)
def test_an_example_names_a_heading_of_the_file(tmp_path, heading, example):
    rows = [f"{k},{word},{2 + 0.1 * k}" for word in ("set", "reset") for k in range(30)]
    message = refusal(lambda: pulse_data(read_measurement(saved(tmp_path, heading, *rows))))
    assert example in message and "did you mean" not in message


@pytest.mark.parametrize("heading", ["tau,dir,dG", "Pulse,dir,Ga (uS),Gb (uS)", "Pulse,dir,I1 (uA)"])
def test_headings_that_may_be_something_else_make_no_example(tmp_path, heading):
    width = heading.count(",") - 1
    rows = [f"{k},{word}" + f",{2 + 0.1 * k}" * width for word in ("set", "reset") for k in range(30)]
    message = refusal(lambda: pulse_data(read_measurement(saved(tmp_path, heading, *rows))))
    assert "says which it is:" not in message and "did you mean" not in message


def test_notes_name_columns_by_their_headings(tmp_path):
    rows = [f"{k},{v},{2 + 0.1 * (k if v > 0 else 30 - k)}" for v in (1.2, -1.1) for k in range(1, 31)]
    file = saved(tmp_path, "Nr,Vp_top,G (uS)", *rows)
    data = pulse_data(read_measurement(file, columns="direction = Vp_top, pulse = Nr"))
    assert "positive 'Vp_top' is read as set, negative as reset" in data.notes


@pytest.mark.parametrize("word", ["Gerät", "mesuré à", "Größe"])
def test_words_of_western_languages_may_be_in_the_code_page_of_windows(tmp_path, word):
    file = saved(
        tmp_path, f"{word};time (s);G (µS)", *(f"a;{t};5,{k}2" for k, t in enumerate(TIMES)), encoding="cp1252"
    )
    table = read_measurement(file)
    assert [(column.heading, column.unit) for column in table.columns][::2] == [(word, ""), ("G", "µS")]


@pytest.mark.parametrize("encoding", ["gbk", "cp1251", "shift-jis"])
def test_other_code_pages_are_refused_with_the_way_to_save_the_file(tmp_path, encoding):
    word = "ток" if encoding == "cp1251" else "電流"
    file = saved(tmp_path, f"{word},time (s),G (uS)", "1,2,3", encoding=encoding)
    assert refusal(lambda: read_measurement(file)).endswith("save the file as UTF-8 (in Excel: 'CSV UTF-8')")


@pytest.mark.parametrize("unit", ["", " (s)", " (ms)"])
def test_time_stamps_are_no_times_since_programming(tmp_path, unit):
    factor = 1000 if unit == " (ms)" else 1
    rows = [f"{d},{factor * (1764430000 + t)},{g:.5f}" for d, _, t, g in drifting("ab")]
    file = saved(tmp_path, f"cell,time{unit},G (uS)", *rows)
    message = refusal(lambda: cells(file))
    assert "f.csv:2: 'time' of 1764430001" in message and "times count from the end of programming" in message
    remedy = re.search(r'columns="(.*)"$', message)
    assert remedy is not None
    found = cells(file, columns=remedy.group(1))
    assert found.times[0] == pytest.approx([t - 1 for t in TIMES])


@pytest.mark.parametrize("cell", ["00:00:01", "2026-11-28", "28.11.2026 17:12:04", "17:12"])
@pytest.mark.parametrize("unit", ["", " [min]"])
def test_the_time_of_a_clock_has_one_remedy(tmp_path, cell, unit):
    file = saved(tmp_path, f"cell,time{unit},G (uS)", *(f"a,{cell},{5 + k}" for k in range(6)))
    message = refusal(lambda: ms.fit_device(file, kind="retention"))
    assert message.endswith("; write seconds, not the time of a clock")


@pytest.mark.parametrize("number", ["9.91e37", "1e38", "9.9100E+37", "9.9e37"])
@pytest.mark.parametrize("unit", ["uS", "S", "pS", "kOhm"])
def test_an_overflow_of_an_instrument_is_called_so(tmp_path, number, unit):
    kind = "R" if unit == "kOhm" else "G"
    rows = [f"{k},{w},{number if k == 7 else 5000 + k}" for w in ("set", "reset") for k in range(1, 31)]
    message = refusal(lambda: pulse_data(read_measurement(saved(tmp_path, f"pulse,dir,{kind} ({unit})", *rows))))
    assert f"f.csv:8: '{kind}' is {number}; instruments write such numbers where a reading overflows: leave" in message


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ("1, 100", "1 uS, 100 uS"),
        ("0.1,0.9", "0.1 uS, 0.9 uS"),
        ("1e-6, 1e-4", "1 uS, 100 uS"),
        ("1, 100 nS", "1 nS, 100 nS"),
        ("0, 50 uS", "0 uS, 50 uS"),
        ("1 S, 100 S", "1 uS, 100 uS"),
    ],
)
def test_a_window_that_is_refused_has_a_remedy_that_works(text, example):
    assert refusal(lambda: checked_window(text), InputError).endswith(f"write e.g. '{example}'")
    assert checked_window(example)


def test_cycles_are_numbered_within_their_device(tmp_path):
    rows = [f"{d},{t},{g:.5f}" for d, _, t, g in drifting("ab", ("1", "2", "3"))]
    table = read_measurement(saved(tmp_path, "cell,time (s),G (uS)", *rows), repeats="cycles")
    assert "6 series of reads are read as cycles of 2 devices" in table.notes
    found = programmed_cells(table)
    assert found.names == tuple(f"device {d}, cycle {k}" for d in "ab" for k in (1, 2, 3))
    assert found.series == "cycles of 2 devices" and found.between == "devices and cycles"
    one = cells(saved(tmp_path, "cycle,time (s),G (uS)", *(f"{d},{t},{g:.5f}" for d, _, t, g in drifting("12"))))
    assert one.names == ("cycle 1", "cycle 2") and one.series == one.between == "cycles"


@pytest.mark.slow
def test_a_spread_is_that_of_what_was_fitted(tmp_path):
    rng = np.random.default_rng(1)
    rows = [
        f"{d},{c},{t},{g * t ** (0.01 * rng.standard_normal()) * (1 + 0.01 * rng.standard_normal()):.5f}"
        for d, c, t, g in drifting("abcd", ("1", "2"))
    ]
    fit = ms.fit_device(saved(tmp_path, "device,cycle,time (s),G (uS)", *rows), kind="retention")
    assert "8 cycles of 4 devices are fitted: the spread is that between devices and cycles" in fit.notes
    figure = section_figure(fit)
    assert any(text.get_text() == "the first 6 of 8 cycles of 4 devices" for text in figure.texts)
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "fitted"


def test_a_logarithmic_axis_has_labels_above_a_power_of_ten():
    time = np.array([1.0, 10.0, 100.0])
    curves = tuple((f"device {k}", time, g * time**-0.02, g * time**-0.02) for k, g in enumerate((4e-6, 18e-6)))
    forms = (Form("drift", 1.0, 2, 6),)
    axes = section_figure(SectionFit("retention", "f.csv", "retention", {}, (), forms, (), curves)).axes[0]
    low, high = axes.get_ylim()
    labels = [label.get_text() for label in axes.get_yticklabels() if low <= label.get_position()[1] <= high]
    assert {"5", "10", "15"} <= set(labels)


def test_a_curve_of_the_current_is_called_so():
    x = np.linspace(-1, 1, 9)
    fit = SectionFit("iv", "a.csv", "conduction", {}, (), (Form("sinh", 1.0, 4, 9),), (), (("device 1", x, x, x),))
    assert fit.title == "current-voltage curve"
    assert any(text.get_text() == "a.csv: current-voltage curve, sinh" for text in section_figure(fit).texts)


def test_names_of_models_never_break():
    def candidate(name, write, logarithmic, slow):
        problem = SimpleNamespace(write=write, axis=SimpleNamespace(logarithmic=logarithmic), slow=slow)
        numbers = {"parameters": 10, "log_likelihood": -12345.6, "held_out": -0.1234, "aic": 24711.2, "bic": 24800.3}
        return SimpleNamespace(name=name, problem=problem, **numbers)

    rows = [candidate("soft-bounds", "range", True, True), candidate("exponential", "step", True, True)]
    stream = io.StringIO()
    Console(width=80, file=stream).print(models_table(rows, rows[0]))
    text = stream.getvalue()
    assert "* soft-bounds " in text and "  exponential " in text and "window," in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_probability_that_underflows_is_no_zero():
    assert p_in_words(0.0) == "p below 1e-300"
    assert p_in_words(0.0123) == "p 0.01" and p_in_words(1.0, 2) == "p 1"


def test_a_hysteresis_loop_is_described_by_the_magnitude_of_the_voltage(tmp_path):
    away, back = np.linspace(0, -1, 20), np.linspace(-1, 0, 20)
    rows = [f"{v:.4f},{1e-5 * v}" for v in away] + [f"{v:.4f},{4e-5 * v}" for v in back]
    message = refusal(lambda: signed_sweeps(read_measurement(saved(tmp_path, "V (V),I (A)", *rows))))
    assert "uA while the magnitude of the voltage grows and" in message and "while it falls: a hysteresis" in message
