"""Tiles solved by elimination: the nodal equations as a dense matrix, exact arithmetic, and the iteration."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from memsim import InputError, Wires, effective_conductance, solve_wires
from memsim.arrays.wires import elimination, solve_tiles, tiles

pytestmark = pytest.mark.slow

ON, OFF = 1e-4, 1e-6  # S


def cells(*shape, seed=0):
    """Conductances spread evenly over the decades between OFF and ON."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(OFF), np.log(ON), shape))


def resistors(g, word, bit, driver, sense, series, drive, sense_ends):
    """Pairs of nodes with the resistance between them: words, bits, sources, grounds, one after the other."""
    rows, cols = g.shape
    words = np.arange(rows * cols).reshape(rows, cols)
    bits = words + rows * cols
    sources, grounds = 2 * rows * cols + np.arange(rows), 2 * rows * cols + rows + np.arange(cols)
    for i in range(rows):
        yield from ((words[i, j], words[i, j + 1], word) for j in range(cols - 1))
        yield from ((sources[i], words[i, j], word + driver[i]) for j in ((0, cols - 1) if drive else (0,)))
    for j in range(cols):
        yield from ((bits[i, j], bits[i + 1, j], bit) for i in range(rows - 1))
        yield from ((grounds[j], bits[i, j], bit + sense[j]) for i in ((0, rows - 1) if sense_ends else (rows - 1,)))
    yield from ((words[i, j], bits[i, j], 1 / g[i, j] + series) for i, j in np.argwhere(g > 0))


def nodal(g, options, solve=np.linalg.solve, number=float):
    """Effective conductances (row, col) and voltages across cells with all drivers at 1 V, from a dense matrix."""
    rows, cols = g.shape
    driver = np.broadcast_to(options.get("driver_resistance", 0.0), rows)
    sense = np.broadcast_to(options.get("sense_resistance", 0.0), cols)
    both = [options.get(name) == "both ends" for name in ("drive", "sense")]
    series = options.get("series_resistance", 0.0)
    pairs = list(resistors(g, options["word_resistance"], options["bit_resistance"], driver, sense, series, *both))
    count = 2 * rows * cols + rows + cols
    same = np.arange(count)  # nodes joined by no resistance are one, called by the highest number
    for a, b, resistance in pairs:
        if resistance == 0:
            a, b = same[a], same[b]
            same[same == min(a, b)] = max(a, b)
    matrix = np.array([[number(0)] * count for _ in range(count)])
    for a, b, resistance in pairs:
        if resistance > 0:
            a, b, conductance = same[a], same[b], number(1) / number(resistance)
            matrix[a, a] += conductance
            matrix[b, b] += conductance
            matrix[a, b] -= conductance
            matrix[b, a] -= conductance
    held = np.arange(2 * rows * cols, count)
    free = np.array([node for node in range(2 * rows * cols) if same[node] == node and matrix[node, node] > 0], int)
    sources = np.array([[number(i == j) for j in range(rows)] for i in range(rows + cols)])
    voltages = np.array([[number(0)] * rows for _ in range(count)])
    voltages[held] = sources
    if len(free):
        voltages[free] = solve(matrix[np.ix_(free, free)], -matrix[np.ix_(free, held)].dot(sources))
    effective = -matrix[held[rows:]].dot(voltages).T
    alike = voltages[same].sum(1)
    word, bit = (alike[line * rows * cols : (line + 1) * rows * cols].reshape(rows, cols) for line in (0, 1))
    return effective.astype(float), (word - bit).astype(float), word.astype(float)


def exact(matrix, right):
    """Gauss-Jordan elimination of fractions."""
    matrix, right = matrix.copy(), right.copy()
    for i in range(len(matrix)):
        pivot = matrix[i, i]
        matrix[i], right[i] = matrix[i] / pivot, right[i] / pivot
        for j in range(len(matrix)):
            if j != i and matrix[j, i] != 0:
                factor = matrix[j, i]
                matrix[j], right[j] = matrix[j] - factor * matrix[i], right[j] - factor * right[i]
    return right


def assert_solved(g, options, tolerance=1e-10):
    solution = solve_tiles(g, **options)
    assert solution.effective.shape == solution.across.shape == g.shape
    for tile, effective, across, word in zip(g, *solution, strict=True):
        expected, voltages, word_voltages = nodal(tile, options)
        assert np.abs(effective - expected).max() <= tolerance * expected.max()
        assert np.abs(across - voltages)[tile > 0].max() <= tolerance
        assert np.abs(word - word_voltages)[tile > 0].max() <= tolerance


@pytest.fixture
def direct_only(monkeypatch):
    """Fails where the iteration is used, which takes half a minute to compile."""

    def refuse(*_, **__):
        raise AssertionError("solved by iteration")

    for name in ("effective_conductance", "solve_wires"):
        monkeypatch.setattr(tiles, name, refuse)
    monkeypatch.setattr(tiles, "_CALL", 1e3)


@pytest.fixture(params=["bit lines", "word lines"])
def chains(request, monkeypatch):
    """Elimination along bit or word lines: the other way is made dear."""
    effort = tiles.effort

    def unequal(rows, lines, factors):
        taken = effort(rows, lines, factors)
        preferred = len(lines.first) == (10 if request.param == "bit lines" else 13)
        return taken if preferred else taken._replace(operations=1e15)

    monkeypatch.setattr(tiles, "effort", unequal)


OPTIONS = {
    "equal wires": {},
    "unequal wires": {"word_resistance": 1.0, "bit_resistance": 300.0},
    "long word lines": {"word_resistance": 1e4, "bit_resistance": 3.0},
    "terminals": {"driver_resistance": 500.0, "sense_resistance": 200.0},
    "a terminal for each line": {
        "driver_resistance": np.linspace(0, 1e4, 13),
        "sense_resistance": np.linspace(3e3, 0, 10),
    },
    "drivers at both ends": {"drive": "both ends", "driver_resistance": np.linspace(0, 1e3, 13)},
    "sense amplifiers at both ends": {"sense": "both ends", "sense_resistance": np.linspace(0, 1e3, 10)},
    "both": {"drive": "both ends", "sense": "both ends", "sense_resistance": 70.0},
    "selectors": {"series_resistance": 15e3},
    "all": {
        "word_resistance": 40.0,
        "driver_resistance": np.linspace(0, 1e4, 13),
        "sense_resistance": np.linspace(3e3, 0, 10),
        "series_resistance": 5e3,
        "drive": "both ends",
        "sense": "both ends",
    },
}


@pytest.mark.usefixtures("direct_only", "chains")
@pytest.mark.parametrize("name", OPTIONS)
def test_tiles_are_their_nodal_equations(name):
    g = cells(3, 13, 10)
    g[1, 3:6, 2] = g[1, 7] = g[1, :, 4] = 0  # cells, a word line and a bit line that do not conduct
    assert_solved(g, {"word_resistance": 10.0, "bit_resistance": 10.0, **OPTIONS[name]})


SINGLE = {
    "ideal terminals": {},
    "drivers": {"driver_resistance": 500.0},
    "a terminal for each line": OPTIONS["a terminal for each line"],
    "two ends": {"drive": "both ends", "sense": "both ends", "driver_resistance": 80.0, "sense_resistance": 30.0},
    "selectors": {"series_resistance": 15e3, "sense_resistance": 30.0},
}


@pytest.mark.usefixtures("direct_only")
@pytest.mark.parametrize(("word", "bit"), [(0.0, 20.0), (20.0, 0.0), (0.0, 0.0)])
@pytest.mark.parametrize("name", SINGLE)
def test_lines_may_have_no_resistance(name, word, bit):
    g = cells(2, 13, 10)
    g[1, 3:6, 2] = g[1, 7] = 0
    assert_solved(g, {"word_resistance": word, "bit_resistance": bit, **SINGLE[name]})


@pytest.mark.usefixtures("direct_only")
@pytest.mark.parametrize("segments", [(5.0, 5.0), (0.0, 5.0), (5.0, 0.0), (0.0, 0.0)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 17), (17, 2), (8, 8), (16, 5), (5, 16), (24, 3)])
def test_tiles_have_any_shape(shape, segments):
    word, bit = segments
    options = {"word_resistance": word, "bit_resistance": bit, "driver_resistance": 20.0, "sense_resistance": 50.0}
    assert_solved(cells(2, *shape), options)
    assert_solved(cells(2, *shape), options | {"drive": "both ends", "sense": "both ends"})


@pytest.mark.usefixtures("direct_only")
@pytest.mark.parametrize("narrow", [32, 0])
def test_more_rows_than_are_carried_along_give_the_same(narrow, monkeypatch):
    monkeypatch.setattr(elimination, "NARROW", narrow)
    assert_solved(cells(1, 70, 4), {"word_resistance": 20.0, "bit_resistance": 20.0, "sense": "both ends"})


@pytest.mark.usefixtures("direct_only")
def test_wide_tiles_are_their_nodal_equations():
    assert_solved(cells(1, 35, 34), {"word_resistance": 20.0, "bit_resistance": 20.0, "sense": "both ends"})


@pytest.mark.usefixtures("direct_only")
@pytest.mark.parametrize("terminals", [(1e9, 1e9), (1e-3, 1e11), (1e11, 0.0)])
def test_weakly_held_lines_keep_their_digits(terminals):
    g = cells(3, 4)
    options = {"word_resistance": 0.5, "bit_resistance": 0.25}
    options |= {"driver_resistance": terminals[0], "sense_resistance": terminals[1]}
    expected, voltages, word_voltages = nodal(g, options, exact, Fraction)
    effective, across, word = solve_tiles(g[None], **options)
    assert np.abs(effective[0] - expected).max() <= 1e-12 * expected.max()
    # The difference of two voltages of up to 1 V has no more digits.
    assert np.abs(across[0] - voltages).max() <= 1e-14
    assert np.abs(word[0] - word_voltages).max() <= 1e-12


@pytest.mark.usefixtures("direct_only")
@pytest.mark.parametrize("ratio", [1e-2, 1e2, 1e9])
def test_any_ratio_of_wires_and_cells_is_solved(ratio):
    assert_solved(cells(1, 12, 12), {"word_resistance": 1 / (ON * ratio), "bit_resistance": 1 / (ON * ratio)})


@pytest.mark.usefixtures("direct_only")
def test_a_tile_that_conducts_nothing_has_no_currents():
    solution = solve_tiles(np.zeros((2, 5, 4)), word_resistance=2.0, bit_resistance=2.0)
    assert not solution.effective.any() and np.allclose(solution.across, 1.0, rtol=1e-12)
    empty = solve_tiles(np.zeros((0, 5, 4)), word_resistance=2.0, bit_resistance=2.0)
    assert empty.effective.shape == empty.across.shape == (0, 5, 4)


@pytest.mark.usefixtures("direct_only")
def test_a_tile_does_not_depend_on_the_others():
    g, wires = cells(5, 9, 12), Wires(word_resistance=20.0, bit_resistance=5.0)
    together = solve_tiles(g, wires)
    for number in range(5):
        alone = solve_tiles(g[number : number + 1], wires)
        assert np.array_equal(together.effective[number], alone.effective[0])
        assert np.array_equal(together.across[number], alone.across[0])


def test_stacks_and_cells_are_checked():
    with pytest.raises(InputError, match=r"conductance: shape \(4, 3\) is not a stack of tiles"):
        solve_tiles(cells(4, 3), word_resistance=1.0, bit_resistance=1.0)
    g = cells(2, 4, 3)
    g[1, 1, 2] = -1e-6
    with pytest.raises(InputError, match="at row 1, column 2 is negative"):
        solve_tiles(g, word_resistance=1.0, bit_resistance=1.0)


def iterated(g, options):
    alike = solve_wires(g, np.ones(len(g)), node_voltages=True, backend="cpu", **options)
    across = alike.word_voltages - alike.bit_voltages
    return effective_conductance(g, backend="cpu", **options), across, alike.word_voltages


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(40, 24), (24, 40)])
@pytest.mark.parametrize("name", ["equal wires", "both", "selectors"])
def test_elimination_and_iteration_agree(name, shape):
    g, options = cells(2, *shape), {"word_resistance": 10.0, "bit_resistance": 10.0, **OPTIONS[name]}
    for tile, *solution in zip(g, *solve_tiles(g, **options), strict=True):
        for mine, other in zip(solution, iterated(tile, options), strict=True):
            assert np.abs(mine - other).max() <= 3e-10 * other.max()


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"_MEMORY": 1}, {"_holds": lambda *_: False}, {"fastest": lambda *_: None}])
def test_tiles_are_solved_where_factors_do_not_fit_or_do_not_do(monkeypatch, changes):
    for name, value in changes.items():
        monkeypatch.setattr(tiles, name, value)
    assert_solved(cells(2, 14, 9), {"word_resistance": 10.0, "bit_resistance": 10.0})


@pytest.mark.slow
def test_floating_lines_are_solved_by_iteration():
    driver = np.where(np.arange(6) == 2, np.inf, 10.0)
    g, options = cells(1, 6, 5), {"word_resistance": 10.0, "bit_resistance": 10.0, "driver_resistance": driver}
    solution = solve_tiles(g, **options)
    assert np.array_equal(solution.effective[0], effective_conductance(g[0], backend="cpu", **options))
