"""Wires: closed forms, conservation, and a direct solution of the nodal equations, for every topology."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from circuit_reference import reference_currents, solved_by_columns

from memsim import ConvergenceError, InputError, effective_conductance, solve_wires
from memsim.arrays.wires import WireSolution, chains

# The solver takes half a minute to compile, which the quick tests do not have.
pytestmark = pytest.mark.slow

ON, OFF = 1e-4, 1e-6  # S
INF = float("inf")


def cells(rows, cols, seed=0):
    """Conductances spread evenly over the decades between OFF and ON."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(OFF), np.log(ON), (rows, cols)))


def drives(rows, samples=1, seed=1):
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (rows, samples))


def solved(conductance, voltages, ratio=1e3, **options) -> WireSolution:
    """Solution with a segment of 1/`ratio` of the lowest cell resistance, its residual checked."""
    resistance = {"word_resistance": 1 / (ON * ratio), "bit_resistance": 1 / (ON * ratio), **options}
    found = solved_by_columns(conductance, voltages, **resistance)
    assert 0 <= found.residual < 1e-9
    return found


def only(count, *lines):
    """Terminal resistances of lines that all float but these."""
    resistance = np.full(count, INF)
    resistance[list(lines)] = 0
    return resistance


def assert_close(found, expected, tolerance=1e-9):
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize("shape", [(37, 100), (100, 37), (1, 50), (50, 1), (1, 1)])
@pytest.mark.parametrize("ratio", [1e1, 1e3, 1e6])
def test_currents_are_those_of_a_direct_solution_of_the_nodal_equations(shape, ratio):
    g, v = cells(*shape), drives(shape[0])
    found = solved(g, v, ratio)
    expected = reference_currents(g, v, 1 / (ON * ratio), 1 / (ON * ratio))
    assert np.allclose(found.currents, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


TOPOLOGIES = {
    "word lines alone": {"bit_resistance": 0.0},
    "bit lines alone": {"word_resistance": 0.0},
    "unequal wires": {"word_resistance": 1.0, "bit_resistance": 300.0},
    "drivers and sense amplifiers": {"driver_resistance": 500.0, "sense_resistance": 200.0},
    "terminals alone": {
        "word_resistance": 0.0,
        "bit_resistance": 0.0,
        "driver_resistance": 500.0,
        "sense_resistance": 200.0,
    },
    "a driver for each line": {"driver_resistance": np.linspace(0, 1e4, 13)},
    "drivers of single nodes": {"word_resistance": 0.0, "driver_resistance": np.linspace(0, 1e4, 13)},
    "sense amplifiers of single nodes": {"bit_resistance": 0.0, "sense_resistance": 100.0},
    "two ends": {"drive": "both ends", "sense": "both ends"},
    "two ends of single nodes": {"word_resistance": 0.0, "driver_resistance": 80.0, "drive": "both ends"},
    "selectors": {"series_resistance": 15e3},
    "biased bit lines": {"bit_line_voltages": np.linspace(-0.1, 0.1, 10)},
    "biased single bit lines": {"bit_line_voltages": np.linspace(-0.1, 0.1, 10), "bit_resistance": 0.0},
    "floating word lines": {"driver_resistance": only(13, 2, 7)},
    "floating bit lines": {"sense_resistance": only(10, 3)},
    "one cell selected": {"driver_resistance": only(13, 0), "sense_resistance": only(10, 9)},
    "one cell selected, single bit lines": {
        "bit_resistance": 0.0,
        "driver_resistance": only(13, 0),
        "sense_resistance": only(10, 9),
    },
    "one cell selected, no wires": {
        "word_resistance": 0.0,
        "bit_resistance": 0.0,
        "driver_resistance": only(13, 0),
        "sense_resistance": only(10, 9),
    },
}


# Each kind of solver is compiled once: the quick tests do without the rarest.
SINGLE = ("word lines alone", "bit lines alone", "single")


def several(name):
    return pytest.param(name, 3, marks=pytest.mark.slow if any(word in name for word in SINGLE) else ())


@pytest.mark.parametrize(
    ("name", "samples"), [(name, 1) for name in TOPOLOGIES] + [several(name) for name in TOPOLOGIES]
)
def test_every_topology_is_that_of_its_resistors(name, samples):
    g, v = cells(13, 10), drives(13, samples)
    g[3:6, 2] = 0
    options = {"word_resistance": 10.0, "bit_resistance": 10.0, **TOPOLOGIES[name]}
    assert_close(solved(g, v, **options).currents, reference_currents(g, v, **options))


def ladder(nodes, resistance):
    """Voltages along a driven line of equal cells to ground, the other end open, at 1 V."""
    a = np.arccosh(1 + ON * resistance / 2)
    return np.cosh((nodes - 0.5 - np.arange(nodes)) * a) / np.cosh((nodes + 0.5) * a)


def test_a_row_is_a_ladder():
    found = solved(np.full((1, 40), ON), [0.3], word_resistance=50.0, bit_resistance=0.0)
    assert np.allclose(found.currents, 0.3 * ON * ladder(40, 50.0), rtol=1e-10)


def test_a_column_is_a_ladder():
    found = solved(np.full((40, 1), ON), np.full(40, 0.3), word_resistance=0.0, bit_resistance=50.0)
    assert np.allclose(found.currents, 0.3 * ON * ladder(40, 50.0).sum(), rtol=1e-10)


def test_without_resistance_currents_are_a_product():
    g, v = cells(13, 10), drives(13, 3)
    found = solved(g, v, word_resistance=0.0, bit_resistance=0.0)
    assert np.allclose(found.currents, g.T @ v, rtol=1e-13, atol=1e-19)
    assert np.allclose(
        solved(g, v[:, 0], word_resistance=0.0, bit_resistance=0.0).currents, g.T @ v[:, 0], rtol=1e-13, atol=1e-19
    )
    assert np.allclose(solved(g, v, ratio=1e9).currents, g.T @ v, rtol=1e-5, atol=1e-12)


def test_equal_cells_give_an_array_that_can_be_turned():
    found = effective_conductance(np.full((9, 9), ON), word_resistance=40.0, bit_resistance=40.0)
    assert np.allclose(found, found[::-1, ::-1].T, rtol=1e-8)  # driver of row i and sense of column j, exchanged
    both = solved(np.full((9, 9), ON), np.ones(9), ratio=100, drive="both ends", sense="both ends").currents
    assert np.allclose(both, both[::-1], rtol=1e-9)


def test_kirchhoffs_law_holds_at_every_node():
    g, v, conductance = cells(12, 17), drives(12), 1 / 10.0
    found = solved(g, v, word_resistance=10.0, bit_resistance=10.0, node_voltages=True)
    u, w = found.word_voltages[..., 0], found.bit_voltages[..., 0]
    cell = g * (u - w)
    along = conductance * np.diff(np.concatenate([v, u, u[:, -1:]], axis=1), axis=1)
    down = conductance * np.diff(np.concatenate([w[:1], w, np.zeros((1, 17))]), axis=0)
    for imbalance in (np.diff(along, axis=1) - cell, np.diff(down, axis=0) + cell):
        assert np.abs(imbalance).max() < 1e-9 * np.abs(cell).max()
    assert np.allclose(found.currents[:, 0], -down[-1], rtol=1e-9)


@pytest.mark.parametrize(
    "name", ["one cell selected", "two ends", "sense amplifiers of single nodes", "terminals alone"]
)
def test_node_voltages_lie_between_those_of_the_sources(name):
    options = {"word_resistance": 10.0, "bit_resistance": 10.0, **TOPOLOGIES[name]}
    for samples in (1, 3):
        found = solved(cells(13, 10), np.abs(drives(13, samples)), node_voltages=True, **options)
        for nodes in (found.word_voltages, found.bit_voltages):
            assert nodes.shape == (13, 10, samples)
            assert nodes.min() >= -1e-12 and nodes.max() <= 0.2 + 1e-12


def test_a_sneak_path_of_three_cells_is_in_parallel_to_the_selected_one():
    off = np.array([[OFF, ON], [ON, ON]])
    nothing = {"word_resistance": 0.0, "bit_resistance": 0.0}
    floating = solved(off, [0.2, 0.0], driver_resistance=only(2, 0), sense_resistance=only(2, 0), **nothing)
    assert np.allclose(floating.currents, [0.2 * (OFF + ON / 3), 0], rtol=1e-12)
    grounded = solved(off, [0.2, 0.0], **nothing)
    assert np.allclose(grounded.currents[0], 0.2 * OFF, rtol=1e-12)


@pytest.mark.parametrize("shape", [(6, 9), (9, 6)])
@pytest.mark.parametrize(
    "name",
    ["two ends", "floating bit lines", "terminals alone", pytest.param("bit lines alone", marks=pytest.mark.slow)],
)
def test_many_samples_go_through_the_effective_conductance(shape, name):
    options = {"word_resistance": 100.0, "bit_resistance": 10.0, **TOPOLOGIES[name]}
    if "sense_resistance" in options and np.ndim(options["sense_resistance"]):
        options["sense_resistance"] = only(shape[1], 3)
    g, v = cells(*shape), drives(shape[0], 30)
    expected = reference_currents(g, v, **options)
    assert_close(solved(g, v, **options).currents, expected)
    assert_close(effective_conductance(g, **options).T @ v, expected)
    assert_close(np.stack([solved(g, column, **options).currents for column in v.T[:2]], axis=1), expected[:, :2])


def test_both_preconditioners_solve_the_same_equations(monkeypatch):
    g, v = np.full((60, 90), ON), drives(60, 3)
    found = {}
    for name, limit in (("lines", INF), ("sheet", -1)):
        monkeypatch.setattr(chains, "MANY", limit)
        found[name] = solved(g, v, ratio=1)
    assert_close(found["lines"].currents, found["sheet"].currents)
    assert found["sheet"].iterations < found["lines"].iterations


SINH = {"model": "sinh", "voltage": "0.1 V"}


def test_cells_that_are_not_ohmic_add_up_where_nothing_drops():
    g, v = cells(13, 10), drives(13, 3)
    found = solved(g, v, conduction=SINH, read_voltage=0.2, word_resistance=0.0, bit_resistance=0.0)
    assert np.allclose(found.currents, g.T @ (0.2 * np.sinh(v / 0.1) / np.sinh(2)), rtol=1e-12, atol=1e-18)


def test_a_selector_takes_its_share_of_the_voltage():
    current = solved([[ON]], [0.4], conduction=SINH, read_voltage=0.2, series_resistance=15e3).currents[0]
    inner = 0.4 - current * (15e3 + 2 * 1 / (ON * 1e3))
    assert np.isclose(current, ON * 0.2 * np.sinh(inner / 0.1) / np.sinh(2), rtol=1e-9)


@pytest.mark.parametrize("model", ["sinh", pytest.param("exponential", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["unequal wires", "word lines alone", "one cell selected", "terminals alone"])
def test_curved_cells_obey_kirchhoffs_law(model, name):
    options = {"word_resistance": 100.0, "bit_resistance": 100.0, **TOPOLOGIES[name]}
    g, v = cells(13, 10), 5 * np.abs(drives(13, 1))
    found = solved(
        g, v, conduction={"model": model, "voltage": "0.1 V"}, read_voltage=0.2, node_voltages=True, **options
    )
    x = (found.word_voltages - found.bit_voltages)[..., 0] / 0.2
    shape = np.sinh(2 * x) / np.sinh(2) if model == "sinh" else x * np.exp(2 * (np.abs(x) - 1))
    # A linear array of the chord conductances has the same currents: the direct solution knows no sinh.
    chord = np.where(x == 0, g, g * shape / np.where(x == 0, 1, x))
    assert_close(found.currents, reference_currents(chord, v, **options), 1e-8)


POLYNOMIALS = ({"quadratic": "20 uS", "cubic": "8 uS"}, {"quadratic": "-0.1 uS", "cubic": "0.05 uS"})


@pytest.mark.parametrize("terms", POLYNOMIALS, ids=["rising", "sagging"])
@pytest.mark.parametrize("name", ["unequal wires", "bit lines alone", "one cell selected", "terminals alone"])
def test_a_polynomial_adds_the_same_current_to_every_cell(name, terms):
    options = {"word_resistance": 100.0, "bit_resistance": 100.0, **TOPOLOGIES[name]}
    g, v = cells(13, 10), 5 * np.abs(drives(13, 1))
    k2, k3 = (float(value.split()[0]) * 1e-6 for value in terms.values())
    if k2 > 0:
        g[4, :7] = 0
    found = solved(g, v, conduction={"model": "polynomial", **terms}, read_voltage=0.2, node_voltages=True, **options)
    x = np.abs(found.word_voltages - found.bit_voltages)[..., 0] / 0.2
    assert_close(found.currents, reference_currents(g + k2 * x + k3 * x**2, v, **options), 1e-8)
    ohmic = solved(g, v, **options).currents
    assert np.abs(found.currents - ohmic).max() > 1e-4 * np.abs(ohmic).max()


MILO = {
    "model": "state-polynomial",
    "quadratic": {"c0": "7.063 mS/V", "c1": "5.711 mS/V", "c2": "1.541 mS/V", "c3": "138.8 uS/V"},
    "cubic": {"c0": "1.2968 mS/V^2", "c1": "679.19 uS/V^2", "c2": "88.71 uS/V^2"},
    "min": "50 uS",
    "max": "225 uS",
}
"""The fit of CrossSim's authors to Milo et al., IRPS 2021, fig. 1; in S and V, by powers of log10 G."""


@pytest.mark.parametrize("name", ["unequal wires", "bit lines alone", "word lines alone", "terminals alone"])
def test_a_polynomial_that_depends_on_the_state_obeys_kirchhoffs_law_in_both_directions(name):
    options = {"word_resistance": 100.0, "bit_resistance": 100.0, **TOPOLOGIES[name]}
    g = np.random.default_rng(5).uniform(51e-6, 224e-6, (13, 10))
    x = np.log10(g)
    k2 = 7.063e-3 + 5.711e-3 * x + 1.541e-3 * x**2 + 1.388e-4 * x**3
    k3 = 1.2968e-3 + 6.7919e-4 * x + 8.871e-5 * x**2
    for v in (np.linspace(0.1, 0.5, 13)[:, None], np.linspace(-0.5, 0.5, 13)[:, None]):
        solution = solved(g, v, conduction=MILO, read_voltage=0.2, node_voltages=True, **options)
        across = (solution.word_voltages - solution.bit_voltages)[..., 0]
        # A linear array of the chord conductances has the same currents.
        assert_close(solution.currents, reference_currents(g + k2 * across + k3 * across**2, v, **options), 1e-8)
        ohmic = solved(g, v, **options).currents
        assert np.abs(solution.currents - ohmic).max() > 1e-2 * np.abs(ohmic).max()


def test_a_polynomial_whose_least_conducting_cells_would_lose_current_is_refused():
    with pytest.raises(InputError, match=r"the current of a cell of 3e-05 S falls with voltage from 0\.2"):
        solved([[3e-5, 1e-4]], [0.5], conduction={**MILO, "min": "20 uS"}, read_voltage=0.2)
    solved([[3e-5, 1e-4]], [0.5], conduction=MILO, read_voltage=0.2)  # keeps the shape of the curve at 50 uS


def test_a_polynomial_cell_of_no_conductance_conducts_behind_its_selector():
    law = {"model": "polynomial", "quadratic": "20 uS", "cubic": "-2 uS"}
    for g in (0.0, ON):
        found = solved([[g]], [0.4], conduction=law, read_voltage=0.2, series_resistance=15e3).currents[0]
        x = (0.4 - found * (15e3 + 2 / (ON * 1e3))) / 0.2
        assert found > 0 and np.isclose(found, 0.2 * (g * x + 20e-6 * x**2 - 2e-6 * x**3), rtol=1e-9)


def test_a_polynomial_without_its_terms_is_ohmic():
    g, v = cells(13, 10), drives(13)
    assert_close(solved(g, v, conduction={"model": "polynomial"}, read_voltage=0.2).currents, solved(g, v).currents)


def test_weak_curvature_is_ohmic():
    g, v = cells(13, 10), drives(13)
    curved = solved(g, v, conduction={"model": "sinh", "voltage": "100 V"}, read_voltage=0.2)
    assert_close(curved.currents, solved(g, v).currents, 1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"word_resistance": -1.0}, "word_resistance: -1 ohm is negative"),
        ({"bit_resistance": float("nan")}, "bit_resistance: contains NaN"),
        ({"bit_resistance": 1e-20}, "bit_resistance: 1e-20 ohm is not allowed"),
        ({"driver_resistance": [1.0, -2.0, 0.0]}, "driver_resistance: -2 ohm at line 1 is negative"),
        ({"sense_resistance": [1.0, 2.0, 0.0]}, r"sense_resistance: shape \(3,\) does not fit"),
        ({"series_resistance": -1}, "series_resistance: -1 ohm is negative"),
        ({"voltages": [1.0, 2.0]}, r"voltages: shape \(2,\) does not fit an array of 3 x 2"),
        ({"voltages": [1.0, 2.0, INF]}, "voltages: contains NaN or infinity"),
        ({"conductance": [1.0, 2.0, 3.0]}, r"conductance: shape \(3,\) is not an array of cells"),
        ({"conductance": [[1.0, 2.0], [1.0, -1.0], [0, 0]]}, "conductance: -1 S at row 1, column 1 is negative"),
        ({"drive": "two ends"}, "drive: unknown choice 'two ends'"),
        ({"conduction": {"model": "sin", "voltage": "1 V"}}, "did you mean 'sinh'"),
        ({"conduction": {"model": "sinh", "volts": "1 V"}, "read_voltage": 1.0}, "conduction.volt"),
        ({"conduction": {"model": "sinh", "voltage": "1 V"}}, "read_voltage: needed"),
        ({"conduction": {"model": "sinh", "voltage": "1 mV"}, "read_voltage": 1.0}, "read_voltage: 1 V is not allowed"),
        ({"conduction": {"model": "polynomial"}, "read_voltage": 0.0}, "read_voltage: 0 V is not allowed"),
        ({"conduction": {"model": "polynomial"}}, "read_voltage: needed"),
        (
            {"conduction": {"model": "polynomial", "quadratic": "-100 uS"}, "read_voltage": 1.0},
            r"conduction: the current of a cell of 0.0001 S falls with voltage from 0.501 V",
        ),
        (
            {"conduction": 3},
            "conduction: 3 is not allowed; a sinh, exponential, polynomial, state-polynomial conduction",
        ),
        ({"tolerance": 0}, "tolerance: 0 is not allowed"),
        ({"max_iterations": 0}, "max_iterations: 0 is not a whole number"),
        ({"bit_line_voltages": "a"}, "bit_line_voltages: not an array of numbers"),
    ],
)
def test_what_is_not_allowed_is_said(changes, message):
    given = {
        "conductance": np.full((3, 2), ON),
        "voltages": np.ones(3),
        "word_resistance": 1.0,
        "bit_resistance": 1.0,
        **changes,
    }
    with pytest.raises(InputError, match=message):
        solve_wires(**given)


def test_a_floating_line_without_conduction_is_reported():
    g = np.full((4, 3), ON)
    g[1] = 0
    with pytest.raises(InputError, match="word line 1: floating, without any conduction"):
        solved(g, np.ones(4), driver_resistance=only(4, 0, 2))
    assert solved(g, np.ones(4), driver_resistance=only(4, 0, 1)).currents.min() > 0


def test_floating_lines_that_only_reach_each_other_are_reported():
    g = np.diag([ON, ON, ON])
    with pytest.raises(InputError, match="word line 1, bit line 1: floating"):
        solved(g, np.ones(3), driver_resistance=only(3, 0, 2), sense_resistance=only(3, 0, 2))


def test_no_convergence_is_an_error_with_its_residual():
    with pytest.raises(ConvergenceError, match=r"did not converge: residual [\d.e+-]+ after \d+ iterations") as caught:
        solved(cells(37, 50), drives(37), ratio=10, max_iterations=1, tolerance=1e-14)
    assert "asked for: 1e-14" in str(caught.value)


def test_an_array_that_conducts_nothing_has_no_currents():
    found = solved(np.zeros((5, 4)), np.ones(5))
    assert not found.currents.any() and found.residual == 0


SCRIPT = """
import hashlib
import numpy as np
from memsim import solve_wires
from memsim.arrays.wires import chains
from memsim.kernels.compile import threads
g = np.exp(np.random.default_rng(0).uniform(-14, -9, (150, 203)))
v = np.random.default_rng(1).random((4, 150))
digest = hashlib.sha256()
for chains.MANY in (np.inf, -1):
    for some in (v, v[0]):
        digest.update(solve_wires(g, some, word_resistance=10.0, bit_resistance=10.0).currents.tobytes())
print(threads(), digest.hexdigest())
"""


@pytest.mark.slow
def test_results_are_the_same_bits_for_any_number_of_threads():
    found = set()
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "NUMBA_NUM_THREADS": threads}
        output = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, check=True, capture_output=True, text=True
        )
        number, digest = output.stdout.split()
        assert number == threads
        found.add(digest)
    assert len(found) == 1


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(200, 150), (128, 256)])
@pytest.mark.parametrize("lowest", [OFF, ON], ids=["any state", "all in the low-resistance state"])
@pytest.mark.parametrize("ratio", [1e1, 1e2, 1e4])
def test_larger_arrays_agree_with_the_direct_solution(shape, lowest, ratio):
    g, v = np.maximum(cells(*shape), lowest), drives(shape[0], 4)
    expected = reference_currents(g, v, 1 / (ON * ratio), 1 / (ON * ratio))
    assert_close(solved(g, v, ratio).currents, expected)
    assert_close(solved(g, v[:, 0], ratio).currents, expected[:, 0])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
def test_curved_cells_agree_with_ngspice(tmp_path):
    size, wire, g, v = 16, 20.0, cells(16, 16), np.linspace(0.1, 0.5, 16)
    lines = ["sixteen rows, sixteen columns"]
    for i in range(size):
        lines.append(f"V{i} d{i} 0 {float(v[i])!r}")
        lines.append(f"Rd{i} d{i} w{i}_0 {wire}")
        for j in range(size):
            if j < size - 1:
                lines.append(f"Rw{i}_{j} w{i}_{j} w{i}_{j + 1} {wire}")
            below = f"b{i + 1}_{j}" if i < size - 1 else f"s{j}"
            lines.append(f"Rb{i}_{j} b{i}_{j} {below} {wire}")
            current = f"{float(g[i, j])!r}*0.2*sinh(V(w{i}_{j},b{i}_{j})/0.1)/sinh(2)"
            lines.append(f"Bc{i}_{j} w{i}_{j} b{i}_{j} I={current}")
    lines += [f"Vs{j} s{j} 0 0" for j in range(size)]
    lines += [".options reltol=1e-10 abstol=1e-18 vntol=1e-14 gmin=1e-20", ".control", "set numdgt=15", "op"]
    lines += [f"print i(vs{j})" for j in range(size)] + ["quit", ".endc", ".end"]
    (tmp_path / "array.cir").write_text("\n".join(lines) + "\n")
    output = subprocess.run(["ngspice", "-b", "array.cir"], cwd=tmp_path, capture_output=True, text=True, check=False)
    found = dict(re.findall(r"i\(vs(\d+)\) = (\S+)", output.stdout))
    expected = np.array([float(found[str(j)]) for j in range(size)])
    ours = solved(g, v, word_resistance=wire, bit_resistance=wire, conduction=SINH, read_voltage=0.2).currents
    assert np.allclose(ours, expected, rtol=1e-7)
