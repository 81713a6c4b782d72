"""Reads of one cell of a passive array, held against the closed forms of its sneak paths."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.arrays.wires.passive import SCHEMES, read_cell
from memsim.errors import InputError

G, V = 1e-5, 0.5
SIZES = (2, 3, 8, 40)
WIRES = {"word_resistance": 2.0, "bit_resistance": 3.0, "driver_resistance": 100.0, "sense_resistance": 50.0}


def uniform(lines, selected=G, cell=(0, 0)):
    g = np.full((lines, lines), G)
    g[cell] = selected
    return g


@pytest.mark.parametrize("lines", SIZES)
class TestWithoutWires:
    def test_floating_lines_are_three_resistors_in_series_beside_the_cell(self, lines):
        others = lines - 1
        sneak = 1 / (1 / (others * G) + 1 / (others**2 * G) + 1 / (others * G))
        for selected in (G, G / 50):
            read = read_cell(uniform(lines, selected, (1, 0)), (1, 0), V, "floating")
            assert read.current == pytest.approx(V * (selected + sneak), rel=1e-12)
            assert read.cell_current == pytest.approx(V * selected, rel=1e-12)
            assert read.power == pytest.approx(V**2 * (selected + sneak), rel=1e-12)

    def test_floating_lines_share_the_voltage_as_those_resistors_do(self, lines):
        others, read = lines - 1, read_cell(uniform(lines), (0, 0), V, "floating")
        along, across = V * others / (2 * others + 1), V / (2 * others + 1)
        assert np.allclose(read.voltages[0, 1:], along, rtol=1e-12)
        assert np.allclose(read.voltages[1:, 0], along, rtol=1e-12)
        assert np.allclose(read.voltages[1:, 1:], -across, rtol=1e-12)

    def test_grounded_lines_give_the_current_of_the_cell_alone_and_pay_for_its_word_line(self, lines):
        read = read_cell(uniform(lines, G / 50), (0, 0), V, "grounded")
        assert read.current == read.cell_current == pytest.approx(V * G / 50, rel=1e-12)
        assert read.power == pytest.approx(V**2 * (G / 50 + (lines - 1) * G), rel=1e-12)

    @pytest.mark.parametrize(("scheme", "share", "between"), [("V/2", 1 / 2, 0.0), ("V/3", 1 / 3, -1 / 3)])
    def test_biased_lines_add_the_half_selected_cells(self, lines, scheme, share, between):
        others, read = lines - 1, read_cell(uniform(lines, G / 50, (0, 1)), (0, 1), V, scheme)
        assert read.current == pytest.approx(V * (G / 50 + others * share * G), rel=1e-12)
        losses = G / 50 + 2 * others * share**2 * G + others**2 * between**2 * G
        assert read.power == pytest.approx(V**2 * losses, rel=1e-12)
        assert np.allclose(np.delete(np.delete(read.voltages, 0, 0), 1, 1), between * V, atol=1e-15)


def test_rows_and_columns_may_differ_in_number():
    read = read_cell(np.full((3, 5), G), (2, 4), V, "floating")
    assert read.current == pytest.approx(V * G * (1 + 1 / (1 / 4 + 1 / 8 + 1 / 2)), rel=1e-12)


def test_an_unknown_scheme_or_cell_is_refused():
    with pytest.raises(InputError, match="scheme: unknown choice 'V/4'"):
        read_cell(uniform(4), (0, 0), V, "V/4")
    with pytest.raises(InputError, match=r"cell: \(4, 0\) is not in an array of shape \(4, 4\)"):
        read_cell(uniform(4), (4, 0), V, "V/2")


@pytest.mark.slow
class TestWithWires:
    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_current_and_power_are_those_of_the_dense_nodal_equations(self, scheme):
        g = np.random.default_rng(3).uniform(1e-6, 1e-4, (5, 7))
        read = read_cell(g, (1, 5), V, scheme, **WIRES)
        current, power = dense(g, (1, 5), scheme)
        assert read.current == pytest.approx(current, rel=1e-7) and read.power == pytest.approx(power, rel=1e-7)

    def test_a_steeper_selector_leaves_less_to_sneak_paths(self):
        for scheme in ("floating", "V/2", "V/3"):
            shares = []
            for voltage in ("0.4 V", "0.2 V", "0.1 V", "0.05 V"):
                law = {"model": "sinh", "voltage": voltage}
                read = read_cell(uniform(12), (0, 11), V, scheme, conduction=law, **WIRES)
                shares.append(1 - read.cell_current / read.current)
            assert (np.diff(shares) < 0).all() and shares[-1] < shares[0] / 5

    def test_half_selected_cells_conduct_as_their_law_says(self):
        law = {"model": "exponential", "voltage": "0.1 V"}
        read = read_cell(uniform(6), (0, 0), V, "V/2", conduction=law)
        half = G * V / 2 * np.exp((V / 2 - V) / 0.1)
        assert read.current == pytest.approx(G * V + 5 * half, rel=1e-9)
        assert read.cell_current == pytest.approx(G * V, rel=1e-9)

    @pytest.mark.parametrize("lines", [8, 9, 12])
    def test_one_cell_that_is_on_among_cells_that_barely_conduct_converges(self, lines):
        g = np.full((lines, lines), 0.246e-6)
        g[-1, 0] = 12.3e-6
        wires = dict.fromkeys(("word_resistance", "bit_resistance"), 0.78)
        assert read_cell(g, (lines - 1, 0), V, "floating", **wires).residual <= 3e-10


def dense(g, cell, scheme):
    """Current of the selected bit line and power of all sources, from the nodal equations as a dense matrix."""
    rows, cols = g.shape
    nodes = np.arange(2 * rows * cols).reshape(2, rows, cols)
    matrix, right = np.zeros((nodes.size,) * 2), np.zeros(nodes.size)

    def join(a, b, conductance):
        matrix[a, a] += conductance
        matrix[b, b] += conductance
        matrix[a, b] -= conductance
        matrix[b, a] -= conductance

    sources = []
    for i in range(rows):
        for j in range(cols):
            join(nodes[0, i, j], nodes[1, i, j], g[i, j])
            if j:
                join(nodes[0, i, j - 1], nodes[0, i, j], 1 / WIRES["word_resistance"])
            if i:
                join(nodes[1, i - 1, j], nodes[1, i, j], 1 / WIRES["bit_resistance"])
    shares = SCHEMES[scheme]
    words = [(nodes[0, i, 0], i == cell[0], V, 0, ("word_resistance", "driver_resistance")) for i in range(rows)]
    bits = [(nodes[1, -1, j], j == cell[1], 0.0, 1, ("bit_resistance", "sense_resistance")) for j in range(cols)]
    for node, selected, voltage, kind, names in (*words, *bits):
        if selected or shares is not None:
            at = voltage if selected else V * shares[kind]
            end = 1 / sum(WIRES[name] for name in names)
            matrix[node, node] += end
            right[node] += end * at
            sources.append((node, at, end))
    voltages = np.linalg.solve(matrix, right)
    power = sum(at * end * (at - voltages[node]) for node, at, end in sources)
    out = voltages[nodes[1, -1, cell[1]]] / (WIRES["bit_resistance"] + WIRES["sense_resistance"])
    return out, power
