"""The wire solver of a card, run on the CPU with arrays as strict as a card's: currents of a direct solution."""

from __future__ import annotations

import numpy as np
import pytest
from circuit_reference import reference_currents, solved_by_columns
from line_kernels import strict_card

from memsim import ConvergenceError, effective_conductance
from memsim.arrays.wires import device_chains, solver
from memsim.arrays.wires.circuit import Law, Limits, Lines, solve
from memsim.backends import resolve
from memsim.kernels.cuda import lines

ON, OFF = 1e-4, 1e-6  # S
INF = float("inf")


pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def on_device(monkeypatch):
    """On the stand-in for a card, and never with what the CPU's solver is made of."""
    strict_card(monkeypatch)
    monkeypatch.setattr(solver, "Chains", None)


def cells(rows, cols, seed=0):
    """Conductances spread evenly over the decades between OFF and ON."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(OFF), np.log(ON), (rows, cols)))


def drives(rows, samples=1, seed=1):
    return np.random.default_rng(seed).uniform(-0.2, 0.2, (rows, samples))


def only(count, *lines):
    """Terminal resistances of lines that all float but these."""
    resistance = np.full(count, INF)
    resistance[list(lines)] = 0
    return resistance


def solved(conductance, voltages, **options):
    found = solved_by_columns(
        conductance, voltages, **{"word_resistance": 10.0, "bit_resistance": 10.0, "backend": "cuda", **options}
    )
    assert 0 <= found.residual <= 3e-10
    return found


def assert_within_the_bound(found, expected):
    """No current is further off than the residual's share of the sum of the cells' currents, in every sample."""
    through = np.abs(found - expected) / np.abs(expected).sum(0)
    assert through.max() < 1e-8, through.max()


TOPOLOGIES = {
    "both have resistance": {},
    "word lines alone": {"bit_resistance": 0.0},
    "bit lines alone": {"word_resistance": 0.0},
    "strongly coupled": {"word_resistance": 1e3, "bit_resistance": 3e3},
    "strongly coupled, single word lines": {"word_resistance": 0.0, "bit_resistance": 1e3, "driver_resistance": 1e4},
    "a driver for each line": {"driver_resistance": np.linspace(0, 1e4, 13), "sense_resistance": 200.0},
    "drivers of single nodes": {"word_resistance": 0.0, "driver_resistance": np.linspace(0, 1e4, 13)},
    "two ends": {"drive": "both ends", "sense": "both ends"},
    "two ends of single nodes": {"word_resistance": 0.0, "driver_resistance": 80.0, "drive": "both ends"},
    "selectors": {"series_resistance": 15e3},
    "biased bit lines": {"bit_line_voltages": np.linspace(-0.1, 0.1, 10)},
    "biased single bit lines": {"bit_line_voltages": np.linspace(-0.1, 0.1, 10), "bit_resistance": 0.0},
    "floating word lines": {"driver_resistance": only(13, 2, 7)},
    "one cell selected": {"driver_resistance": only(13, 0), "sense_resistance": only(10, 9)},
    "one cell selected, single bit lines": {
        "bit_resistance": 0.0,
        "driver_resistance": only(13, 0),
        "sense_resistance": only(10, 9),
    },
    "terminals alone": {
        "word_resistance": 0.0,
        "bit_resistance": 0.0,
        "driver_resistance": 500.0,
        "sense_resistance": 200.0,
    },
}


@pytest.mark.parametrize("sheet", [False, True], ids=["lines", "sheet"])
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_every_topology_is_that_of_its_resistors(monkeypatch, name, sheet):
    monkeypatch.setattr(device_chains, "MANY", -1 if sheet else INF)
    g, v = cells(13, 10), drives(13, 3)
    g[3:6, 2] = 0
    options = {"word_resistance": 10.0, "bit_resistance": 10.0, **TOPOLOGIES[name]}
    expected = reference_currents(g, v, **options)
    assert_within_the_bound(solved(g, v, **options).currents, expected)
    assert_within_the_bound(solved(g, v[:, 0], **options).currents, expected[:, 0])


@pytest.mark.parametrize("shape", [(37, 100), (100, 37), (1, 50), (50, 1), (1, 1)])
@pytest.mark.parametrize("resistance", [1e-2, 10.0, 1e3])
def test_arrays_of_any_shape_are_solved(shape, resistance):
    g, v = cells(*shape), drives(shape[0], 2)
    found = solved(g, v, word_resistance=resistance, bit_resistance=resistance)
    assert_within_the_bound(found.currents, reference_currents(g, v, resistance, resistance))


def test_strongly_coupled_arrays_need_few_iterations_with_the_sheet():
    g, v = np.full((100, 80), ON), drives(100, 2)
    found = {}
    for sheet in (True, False, None):
        driven = v, np.zeros((80, 2))
        both = [Lines(100.0, np.full(count, 0.01), np.zeros(count)) for count in (100, 80)]
        system = device_chains.DeviceChains(
            g, *both, *driven, Law(), device_chains.Device(resolve("cuda"), lines), sheet
        )
        found[sheet] = solve(system, Limits(3e-10, 3000))[1], system.currents()[1]
    assert_within_the_bound(found[True][1], found[False][1])
    assert found[None][0] == found[True][0] < 0.6 * found[False][0]


def test_many_samples_go_through_the_effective_conductance(monkeypatch):
    monkeypatch.setattr(solver, "_MOST_ON_CARD", 13 * 10 * 4)  # four at once, and a rest
    for shape in ((13, 10), (10, 13)):
        g, v = cells(*shape), drives(shape[0], 30)
        expected = reference_currents(g, v, 10.0, 10.0)
        assert_within_the_bound(solved(g, v).currents, expected)
        effective = effective_conductance(g, word_resistance=10.0, bit_resistance=10.0, backend="cuda")
        assert np.allclose(effective.T @ v, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


LAWS = {
    "sinh": {"model": "sinh", "voltage": "0.1 V"},
    "exponential": {"model": "exponential", "voltage": "0.1 V"},
    "polynomial": {"model": "polynomial", "quadratic": "20 uS", "cubic": "8 uS"},
    "state-polynomial": {
        "model": "state-polynomial",
        "quadratic": {"c0": "50 uS/V", "c1": "8 uS/V"},
        "cubic": {"c0": "100 uS/V^2"},
        "min": "1 nS",
        "max": "1 mS",
    },
}


@pytest.mark.parametrize("law", list(LAWS))
@pytest.mark.parametrize("name", ["both have resistance", "two ends", "word lines alone", "one cell selected"])
def test_cells_that_are_not_ohmic_obey_kirchhoffs_law_in_every_sample(law, name):
    options = {"word_resistance": 100.0, "bit_resistance": 100.0, **TOPOLOGIES[name]}
    g, v = cells(13, 10), 5 * np.abs(drives(13, 3)) * [1.0, 0.3, 1e-3]
    found = solved(g, v, conduction=LAWS[law], read_voltage=0.2, node_voltages=True, **options)
    x = (found.word_voltages - found.bit_voltages) / 0.2
    size = np.abs(x)
    shape = {"sinh": np.sinh(2 * x) / np.sinh(2), "exponential": x * np.exp(2 * (size - 1))}.get(law, x)
    added = x * (20e-6 * size + 8e-6 * size**2) if law == "polynomial" else 0.0
    if law == "state-polynomial":
        added = 0.2 * (50e-6 + 8e-6 * np.log10(g[..., None])) * x**2 + 0.2**2 * 100e-6 * x**3
    # A linear array of the chord conductances has the same currents.
    chords = np.where(x == 0, g[..., None], (g[..., None] * shape + added) / np.where(x == 0, 1, x))
    for sample in range(3):
        expected = reference_currents(chords[..., sample], v[:, sample : sample + 1], **options)[:, 0]
        assert_within_the_bound(found.currents[:, sample], expected)
    leaving = (found.word_currents.sum(0) - found.currents.sum(0)) / np.abs(found.currents).sum(0)
    assert np.abs(leaving).max() < 1e-8


def test_a_selector_takes_its_share_of_the_voltage():
    options = {"conduction": LAWS["sinh"], "read_voltage": 0.2, "series_resistance": 15e3}
    current = solved([[ON]], [0.4], **options).currents[0]
    inner = 0.4 - current * (15e3 + 2 * 10.0)
    assert np.isclose(current, ON * 0.2 * np.sinh(inner / 0.1) / np.sinh(2), rtol=1e-9)


def test_node_voltages_are_those_of_lines_without_resistance_too():
    g, v = cells(13, 10), drives(13, 2)
    found = solved(g, v, word_resistance=0.0, driver_resistance=100.0, node_voltages=True)
    assert found.word_voltages.shape == found.bit_voltages.shape == (13, 10, 2)
    assert np.allclose(found.word_voltages, found.word_voltages[:, :1], rtol=0, atol=0)
    assert np.allclose((v - found.word_voltages[:, 0]) / 100.0, found.word_currents, rtol=1e-9)


def test_no_convergence_is_an_error_with_its_residual():
    with pytest.raises(ConvergenceError, match=r"did not converge: residual [\d.e+-]+ after \d+ iterations"):
        solved(cells(37, 50), drives(37), word_resistance=1e3, max_iterations=1, tolerance=1e-14)


def test_an_array_that_conducts_nothing_has_no_currents():
    found = solved(np.zeros((5, 4)), np.ones(5))
    assert not found.currents.any() and found.residual == 0
