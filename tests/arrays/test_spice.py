"""Crossbars as SPICE netlists: solved by a nodal analysis of their own and by ngspice, against reads of memsim."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest

import memsim as ms
from memsim.arrays import spice
from memsim.errors import InputError, OutputError
from tests.netlist_reference import parsed, solved

NGSPICE = shutil.which("ngspice")
QUIET = ms.load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
LAWS = {
    "ohmic": QUIET,
    "sinh": QUIET.replace({"conduction": {"model": "sinh", "voltage": "0.25 V"}}),
    "exponential": QUIET.replace({"conduction": {"model": "exponential", "voltage": "0.25 V"}}),
    "polynomial": QUIET.replace({"conduction": {"model": "polynomial", "quadratic": "0.5 uS", "cubic": "0.3 uS"}}),
    "state-polynomial": ms.load_device("hfo2-milo2021"),
}
LINES = ms.Wires(20.0, 12.0, driver_resistance=50.0, sense_resistance=30.0)
WIRES = {
    "no wires": None,
    "lines without resistance": ms.Wires(),
    "one end": LINES,
    "both ends": ms.Wires(20.0, 12.0, 50.0, 30.0, drive="both ends", sense="both ends"),
    "both ends without terminals": ms.Wires(2.0, 1.0, drive="both ends", sense="both ends"),
    "word lines only": ms.Wires(20.0, 0.0, sense_resistance=30.0),
    "bit lines only": ms.Wires(0.0, 12.0, driver_resistance=50.0, drive="both ends", sense="both ends"),
    "terminals only": ms.Wires(0.0, 0.0, 50.0, 30.0, drive="both ends"),
    "series resistance": ms.Wires(20.0, 12.0, series_resistance=5e3),
    "series resistance only": ms.Wires(series_resistance=5e3),
}
TERMINALS = ms.Wires(driver_resistance=50.0, sense_resistance=30.0)
"""Circuits of it need no kernels, which take long to compile."""
EACH = [
    pytest.param(name, marks=pytest.mark.slow if wires and wires.word_resistance + wires.bit_resistance else ())
    for name, wires in WIRES.items()
]
COLUMNS = {
    "tiles": {"tile": (3, 2)},
    "pairs": {"column": "pair"},
    "pairs cut by tiles": {"column": "pair", "tile": (4, 3)},
    "reference column": {"column": "reference"},
    "reference column in tiles": {"column": "reference", "tile": (3, 2)},
    "a stack": {"arrays": 3},
}
ROWS, COLS = 5, 3
X = np.array([0.9, -0.4, 1.0, 0.0, 0.3])


def crossbar(law="ohmic", **options):
    """A crossbar with different cells; those of the state polynomial are programmed with their errors."""
    settings = {"seed": 7, "dtype": "float64", "initial": (0.0, 1.0), "wires": TERMINALS} | options
    xbar = ms.Crossbar(LAWS[law], ROWS, COLS, **settings)
    if law == "state-polynomial":
        lines = COLS * (2 if options.get("column") == "pair" else 1)
        stack = (options["arrays"],) if "arrays" in options else ()
        xbar.program(np.random.default_rng(3).random((*stack, ROWS, lines)))
    return xbar


def by_nodal_analysis(file):
    """Currents of all sense sources of a netlist by name [A]."""
    currents = solved(parsed(file.read_text())).currents
    return {name: current for name, current in currents.items() if name.startswith("vsense")}


def by_ngspice(file):
    """The same, as ngspice prints them."""
    run = subprocess.run([NGSPICE, "-b", file], capture_output=True, text=True, check=True, timeout=60)
    return {name: float(value) for name, value in re.findall(r"^i\((\w+)\) = (\S+)$", run.stdout, re.MULTILINE)}


SOLVERS = [
    pytest.param(by_nodal_analysis, id="nodal"),
    pytest.param(by_ngspice, id="ngspice", marks=pytest.mark.skipif(NGSPICE is None, reason="ngspice is not here")),
]


def lines_of(currents, count):
    """Currents (line,) of bit lines, those of tiles below each other added up."""
    total = np.zeros(count)
    for name, current in currents.items():
        total[int(name.rsplit("_", 1)[1])] += current
    return total


def outputs_of(currents, column):
    """Currents of outputs from those of the bit lines of a netlist."""
    if column == "pair":
        lines = lines_of(currents, 2 * COLS)
        return lines[::2] - lines[1::2]
    if column == "reference":
        lines = lines_of(currents, COLS + 1)
        return lines[:-1] - lines[-1]
    return lines_of(currents, COLS)


def assert_read(xbar, file, solver, x=X, array=None):
    """The currents of a netlist are those that memsim reads, to 1e-6 of the largest current of a line."""
    currents = solver(file)
    read = xbar.output(x, noise=False) * xbar.full_scale
    largest = max(abs(current) for current in currents.values())
    read = read if array is None else read[array]
    assert np.abs(outputs_of(currents, xbar.column) - read).max() <= 1e-6 * largest
    stated = dict(re.findall(r"^\*   i\((\w+)\) = (\S+)$", file.read_text().lower(), re.MULTILINE))
    assert stated.keys() == currents.keys()
    for name, current in currents.items():
        assert abs(float(stated[name]) - current) <= 1e-6 * largest


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("wires", EACH)
def test_a_netlist_of_ohmic_cells_has_the_currents_of_a_read(tmp_path, wires, solver):
    xbar = crossbar(wires=WIRES[wires])
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", X), solver)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("wires", WIRES)
@pytest.mark.parametrize("law", [law for law in LAWS if law != "ohmic"])
def test_a_netlist_of_cells_that_are_not_ohmic_has_the_currents_of_a_read(tmp_path, law, wires, solver):
    xbar = crossbar(law, wires=WIRES[wires])
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", X), solver)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("wires", ["terminals only", pytest.param("one end", marks=pytest.mark.slow)])
@pytest.mark.parametrize("columns", COLUMNS)
def test_tiles_pairs_reference_columns_and_stacks_have_the_currents_of_a_read(tmp_path, columns, wires, solver):
    options = COLUMNS[columns]
    xbar, array = crossbar(wires=WIRES[wires], **options), 2 if "arrays" in options else None
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", X, array=array or 0), solver, array=array)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("law", ["sinh", "polynomial", "state-polynomial"])
def test_they_do_so_with_cells_that_are_not_ohmic(tmp_path, law, columns, solver):
    options = COLUMNS[columns]
    xbar, array = crossbar(law, wires=LINES, **options), 1 if "arrays" in options else None
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", X, array=array or 0), solver, array=array)


@pytest.mark.parametrize("solver", SOLVERS)
def test_two_cells_have_the_current_of_ohms_law(tmp_path, solver):
    xbar = ms.Crossbar.from_conductance([[10e-6], [5e-6]], QUIET, dtype="float64")
    currents = solver(xbar.to_spice(tmp_path / "array.cir", [1.0, -0.5]))
    assert currents == {"vsense_0_0_0": pytest.approx(0.5 * 10e-6 - 0.25 * 5e-6, rel=1e-12)}


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_one_cell_with_wires_has_the_current_of_all_resistances_in_series(tmp_path, solver):
    wires = ms.Wires(3.0, 4.0, driver_resistance=100.0, sense_resistance=50.0, series_resistance=1000.0)
    xbar = ms.Crossbar.from_conductance([[5e-6]], QUIET, dtype="float64", wires=wires)
    currents = solver(xbar.to_spice(tmp_path / "array.cir"))
    assert currents["vsense_0_0_0"] == pytest.approx(0.5 / (200e3 + 1000 + 100 + 50 + 3 + 4), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_sinh_law_has_its_published_current(tmp_path, solver):
    xbar = ms.Crossbar.from_conductance([[5e-6]], LAWS["sinh"], dtype="float64")
    current = solver(xbar.to_spice(tmp_path / "array.cir", [0.4]))["vsense_0_0_0"]
    assert current == pytest.approx(5e-6 * 0.5 * np.sinh(0.2 / 0.25) / np.sinh(2.0), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_cells_of_a_nanosiemens_keep_their_currents_beside_lines_of_a_tenth_of_an_ohm(tmp_path, solver):
    device = ms.load_device("ideal").replace({"conductance.min": "1 nS", "conductance.max": "10 nS"})
    xbar = ms.Crossbar(device, ROWS, COLS, seed=7, dtype="float64", bounds=(0, 1), initial=(0, 1), wires=ms.Wires(1, 1))
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", X), solver)


@pytest.mark.parametrize("solver", SOLVERS)
def test_states_in_single_precision_are_written_as_reads_see_them(tmp_path, solver):
    xbar = crossbar(dtype="float32")
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", np.abs(X)), solver, np.abs(X))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("polarity", ["unsigned", "bipolar"])
def test_converters_of_inputs_act_on_the_voltages_of_the_drivers(tmp_path, polarity, solver):
    dac = ms.DAC(4, polarity=polarity, gain=0.05, offset=0.3, dnl=0.2)
    xbar = crossbar(arrays=2, dac=dac)
    assert_read(xbar, xbar.to_spice(tmp_path / "array.cir", X, array=1), solver, array=1)


def test_inputs_that_are_not_given_are_one(tmp_path):
    xbar = crossbar()
    files = [xbar.to_spice(tmp_path / f"{number}.cir", *x) for number, x in enumerate([(), (np.ones(ROWS),)])]
    assert files[0].read_text() == files[1].read_text()


@pytest.mark.slow
def test_cells_without_current_are_left_out(tmp_path):
    g = np.array([[0.0, 10e-6], [20e-6, 0.0]])
    device = ms.load_device("ideal").replace({"conductance.min": "0 S", "conductance.max": "100 uS"})

    def cells(device):
        file = ms.Crossbar.from_conductance(g, device).to_spice(tmp_path / "array.cir", force=True)
        return [element.name for element in parsed(file.read_text()) if "cell" in element.name]

    assert cells(device) == ["rcell_0_0_0_1", "rcell_0_0_1_0"]
    curved = device.replace({"conduction": {"model": "sinh", "voltage": "0.25 V", "status": "assumed"}})
    assert cells(curved) == ["bcell_0_0_0_1", "bcell_0_0_1_0"]
    common = {"model": "polynomial", "quadratic": "0.5 uS", "cubic": "0 S", "status": "assumed"}
    assert len(cells(device.replace({"conduction": common}))) == 4  # the common current flows through every cell


def test_lines_without_resistance_are_one_node(tmp_path):
    elements = parsed(crossbar(wires=None).to_spice(tmp_path / "array.cir").read_text())
    nodes = {node for element in elements for node in (element.first, element.second)}
    drives, senses = {f"drive_0_0_{i}" for i in range(ROWS)}, {f"sense_0_0_{j}" for j in range(COLS)}
    assert nodes == {"0"} | drives | senses
    assert len(elements) == ROWS + COLS + ROWS * COLS


def test_every_tile_has_drivers_and_sense_amplifiers_of_its_own(tmp_path):
    elements = parsed(crossbar(tile=(3, 2)).to_spice(tmp_path / "array.cir").read_text())
    tags = {element.name: element.name.split("_")[1:3] for element in elements}
    owner = {}
    for element in elements:
        for node in {element.first, element.second} - {"0"}:
            assert owner.setdefault(node, tags[element.name]) == tags[element.name]
    names = {element.name for element in elements if element.name[0] == "v"}
    assert {"vdrive_0_0_2", "vdrive_0_1_2", "vdrive_1_0_3", "vsense_0_0_1", "vsense_1_0_1", "vsense_1_1_2"} <= names
    assert len(names) == 2 * ROWS + 2 * COLS


def test_the_head_says_what_the_file_is(tmp_path):
    head = crossbar(arrays=2, tile=(3, 2)).to_spice(tmp_path / "array.cir", array=1).read_text().split("\nV")[0]
    assert head.startswith(f"* memsim {ms.__version__}: one read of a crossbar")
    for part in (
        "* device: taox-hfox-wu2018\n",
        "* shape: 5 word lines x 3 bit lines in 2 x 2 tile(s), array 1 of a stack of 2\n",
        "* read voltage: 5.0000000000000000e-01 V\n",
        "* seed: 7, first array: 0\n",
        "*   drive_t_u_i ",
        "* run it with: ngspice -b FILE\n",
        "* expected currents [A]",
    ):
        assert part in head
    assert all(line.startswith("*") for line in head.splitlines())


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_title_cannot_leave_its_comment(tmp_path, solver):
    title = "a\n.include /etc/passwd\r\n.control\nshell touch here\n.endc\u2028+ é \x00 " + "long " * 100 + "\\\\"
    xbar = ms.Crossbar(QUIET.replace({"title": title}), 2, 1, wires=TERMINALS, dtype="float64", seed=7)
    file = xbar.to_spice(tmp_path / "array.cir")
    (line,) = [line for line in file.read_text().splitlines() if line.startswith("* title:")]
    assert line.isascii() and line.isprintable() and len(line) < 250 and "\\" not in line
    assert list(solver(file)) == ["vsense_0_0_0"]
    assert spice.comment("ends in \\\\") == "ends in ??"


def test_an_existing_file_is_replaced_only_by_force(tmp_path):
    xbar, path = crossbar(), tmp_path / "array.cir"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"array\.cir: exists already; use force=True"):
        xbar.to_spice(path)
    assert path.read_text() == "mine"
    assert xbar.to_spice(path, force=True) == path
    assert path.read_text().startswith("* memsim")
    assert [file.name for file in tmp_path.iterdir()] == ["array.cir"]


def test_what_a_netlist_cannot_say_is_refused_in_one_line(tmp_path):
    path = tmp_path / "array.cir"
    curved = LAWS["sinh"]
    for xbar, options, message in (
        (
            crossbar(dac=ms.DAC(polarity="phases")),
            {},
            "dac.polarity: 'phases' makes an output of several reads, and to",
        ),
        (crossbar(dac=ms.DAC(polarity="offset")), {}, "dac.polarity: 'offset' .* allowed: 'unsigned' or 'bipolar'"),
        (crossbar(dac=ms.DAC(coding="width")), {}, "dac.coding: 'width' makes pulses, .* allowed: 'voltage'"),
        (crossbar(), {"x": np.ones((2, ROWS))}, r"x: shape \(2, 5\) does not fit; allowed: \(row,\)"),
        (crossbar(), {"x": np.ones(ROWS + 1)}, r"x: shape \(6,\) does not fit; allowed: \(\.\.\., row\) with 5 rows"),
        (crossbar(), {"x": [np.nan] * ROWS}, "x: contains NaN"),
        (crossbar(arrays=2), {"array": 2}, "array: 2 is not a whole number from 0 to 1"),
        (crossbar(), {"array": 1}, "array: 1 is not a whole number from 0 to 0"),
        (
            ms.Crossbar(curved, ROWS, COLS, wires=TERMINALS),
            {"x": [1000.0] * ROWS},
            "x: 1e.03 read voltages are too many",
        ),
        (
            ms.Crossbar("ideal", ROWS, COLS, bounds=(-1, 1), initial=(-0.9, -0.5)),
            {},
            "to_spice: a cell of device 'ideal' has -",
        ),
    ):
        with pytest.raises(InputError, match=message) as caught:
            xbar.to_spice(path, **options)
        assert str(caught.value).isprintable()
        assert not path.exists()


def test_an_array_of_too_many_cells_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(spice, "MAX_CELLS", 14)
    with pytest.raises(InputError, match="to_spice: an array of 5 x 3 lines has 15 cells; allowed are 14"):
        crossbar().to_spice(tmp_path / "array.cir")
