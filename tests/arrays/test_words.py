"""`state`, `conductance` and `weights` of a crossbar have one meaning each, with labels and units."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim import Mapping

W = np.random.default_rng(0).uniform(-2.0, 3.0, (6, 3))
SLICED = Mapping("pair", slices=2, slice_bits=4)


@pytest.mark.parametrize("mapping", ["single", "pair", "reference", "offset"])
def test_weights_are_in_the_units_of_the_matrix(mapping):
    matrix = np.abs(W) if mapping == "single" else W
    for bounds in ((0.0, 1.0), (0.2, 0.7)):
        weights = ms.Crossbar.from_weights(matrix, "ideal", mapping=mapping, bounds=bounds, dtype="float64").weights
        assert weights.dims == ("row", "col") and weights.attrs["units"] == "1"
        assert np.allclose(weights, matrix, rtol=0, atol=1e-9)


def test_weights_join_slices():
    stack = np.stack([W, -W])
    xbar = ms.Crossbar.from_weights(stack, "ideal", mapping=SLICED)
    assert xbar.weights.dims == ("array", "row", "col") and xbar.weights.shape == (2, 6, 3)
    assert np.allclose(xbar.weights, stack, atol=1.01 * 3 / 255 / 2)
    lines = xbar.state.line
    assert lines.col.values.tolist() == [0, 1, 2] * 4
    assert lines.sign.values.tolist() == [1] * 6 + [-1] * 6
    assert lines.slice.values.tolist() == ([0] * 3 + [1] * 3) * 2


@pytest.mark.parametrize("mapping", ["pair", "reference", "offset"])
def test_the_product_uses_the_weights(mapping):
    x = np.random.default_rng(1).random((4, 6))
    quiet = ms.load_device("hfox-wan2022").replace({"read.noise": None})
    xbar = ms.Crossbar.from_weights(W, quiet, mapping=mapping, seed=3, dtype="float64")
    assert np.abs(xbar.weights - W).max() > 1e-3  # real cells miss their targets
    assert np.allclose(x @ xbar, x @ xbar.weights.values, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_without_a_mapping_weights_are_the_matrix_of_outputs(column):
    xbar = ms.Crossbar("taox-hfox-wu2018", 6, 3, column=column, initial=(0.0, 1.0), dtype="float64")
    x = np.random.default_rng(1).random((4, 6))
    assert np.allclose(xbar.output(x, noise=False), x @ xbar.weights.values, rtol=1e-12)


@pytest.mark.parametrize(("column", "lines"), [("single", "col"), ("reference", "col"), ("pair", "line")])
@pytest.mark.parametrize("arrays", [None, 2])
def test_cells_have_labels_and_units(column, lines, arrays):
    xbar = ms.Crossbar("taox-hfox-wu2018", 6, 3, arrays=arrays, column=column, first_array=5, initial=(0.0, 1.0))
    dims = ("row", lines) if arrays is None else ("array", "row", lines)
    low, high = xbar.window
    for cells, name, units in (
        (xbar.state, "state", "1"),
        (xbar.conductance, "conductance", "S"),
        (xbar.saturated, "saturated", "1"),
    ):
        assert isinstance(cells, xr.DataArray)
        assert (cells.dims, cells.name, cells.attrs["units"]) == (dims, name, units)
        assert cells.sizes[lines] == (6 if column == "pair" else 3)
    assert np.allclose(xbar.conductance, low + xbar.state * (high - low), rtol=1e-6)
    assert xbar.saturated.dtype == bool
    if arrays is not None:
        assert xbar.state.array.values.tolist() == [5, 6]


def test_labels_are_copies():
    xbar = ms.Crossbar("ideal", 6, 3)
    before = xbar.state.values.copy()
    for cells in (xbar.state, xbar.conductance, xbar.weights):
        cells[:] = 7.0
    assert np.array_equal(xbar.state, before)


def test_conductances_of_pairs_make_an_equal_crossbar():
    xbar = ms.Crossbar("taox-hfox-wu2018", 6, 3, column="pair", initial=(0.0, 1.0))
    again = ms.Crossbar.from_conductance(xbar.conductance, "taox-hfox-wu2018", column="pair")
    assert np.allclose(again.weights, xbar.weights, atol=1e-6)


def test_a_device_is_replaced_by_a_mapping_or_by_names():
    device = ms.load_device("ideal")
    by_name = device.replace(title="Mine", name="mine")
    assert (by_name.name, by_name.spec.title) == ("mine", "Mine")
    assert by_name.spec == device.replace({"title": "Mine", "name": "mine"}).spec
    both = device.replace({"read.voltage": "0.3 V"}, title="Mine")
    assert both.spec.read.voltage == pytest.approx(0.3) and both.spec.title == "Mine"
    with pytest.raises(ms.MemsimError, match="ttle"):
        device.replace(ttle="Mine")


@pytest.mark.slow
def test_wires_take_inputs_with_rows_last():
    g, v = np.full((4, 3), 1e-5), np.random.default_rng(2).random((2, 5, 4))
    how = {"word_resistance": 5.0, "bit_resistance": 5.0, "node_voltages": True}
    whole = ms.solve_wires(g, v, **how)
    assert whole.currents.shape == (2, 5, 3) and whole.word_currents.shape == (2, 5, 4)
    assert whole.word_voltages.shape == whole.bit_voltages.shape == (2, 5, 4, 3)
    one = ms.solve_wires(g, v[1, 3], **how)
    assert np.allclose(whole.currents[1, 3], one.currents, rtol=1e-8)
    assert np.allclose(whole.word_voltages[1, 3], one.word_voltages, rtol=1e-8)
    assert np.allclose(whole.word_currents[1, 3], one.word_currents, rtol=1e-8)
    for wrong, message in (
        (v[0].T, r"voltages: shape \(4, 5\) does not fit .* \(\.\.\., row\) with 4 rows; transpose voltages"),
        (0.1, r"voltages: shape \(\) does not fit"),
    ):
        with pytest.raises(ms.InputError, match=message):
            ms.solve_wires(g, wrong, **how)


def test_errors_of_python_name_arguments(tmp_path):
    xbar = ms.Crossbar("ideal", 2, 2)
    path = xbar.to_netcdf(tmp_path / "x.nc")
    with pytest.raises(ms.OutputError, match="use force=True to replace it"):
        xbar.to_netcdf(path)
