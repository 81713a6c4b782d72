"""Axes of inputs, outputs and cells: NumPy's products of the same matrices are the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import memsim as ms

ROWS, COLS, ARRAYS = 4, 3, 2
RNG = np.random.default_rng(5)
MATRIX = RNG.normal(size=(ROWS, COLS))
STACK = RNG.normal(size=(ARRAYS, ROWS, COLS))
SQUARE = RNG.normal(size=(4, 4))
assert not np.allclose(SQUARE, SQUARE.T)


def holding(weights, **options) -> ms.Crossbar:
    """A crossbar without noise whose products are those of the weights to rounding."""
    return ms.Crossbar.from_weights(weights, "ideal", dtype="float64", **options)


def inputs(*leading: int, rows: int = ROWS) -> np.ndarray:
    return np.random.default_rng(len(leading)).normal(size=(*leading, rows))


def agree(ours, reference) -> None:
    assert ours.shape == reference.shape
    np.testing.assert_allclose(ours, reference, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("leading", [(), (5,), (1,), (2, 5), (3, 2, 5), (1, 1)])
def test_products_with_a_matrix_are_those_of_numpy_for_any_leading_axes(leading):
    x = inputs(*leading)
    agree(x @ holding(MATRIX), x @ MATRIX)


@pytest.mark.parametrize("leading", [(), (5,), (ARRAYS, 5), (1, 5), (3, ARRAYS, 5), (3, 1, 5), (2, 3, ARRAYS, 5)])
def test_products_with_a_stack_are_those_of_numpy(leading):
    x = inputs(*leading)
    agree(x @ holding(STACK), x @ STACK)


@pytest.mark.parametrize("leading", [(), (5,), (1, 5), (3, 5), (3, 1, 5), (2, 3, 5)])
def test_a_stack_of_one_matrix_keeps_its_axis_as_in_numpy(leading):
    x = inputs(*leading)
    agree(x @ holding(MATRIX, arrays=1), x @ MATRIX[None])


@pytest.mark.parametrize("weights", [SQUARE, np.stack([SQUARE, SQUARE.T])])
def test_square_inputs_and_square_weights_are_not_transposed(weights):
    x = inputs(4)
    agree(x @ holding(weights), x @ weights)
    np.testing.assert_allclose(x @ holding(SQUARE), [SQUARE.T @ row for row in x], rtol=1e-12)


@pytest.mark.parametrize("leading", [(), (5,), (2, 5), (3, ARRAYS, 5)])
@pytest.mark.parametrize("arrays", [None, ARRAYS])
def test_reads_are_products_with_the_conductances(arrays, leading):
    array = ms.Crossbar(
        "ideal", ROWS, COLS, arrays=arrays, column="single", dtype="float64", initial=(0.1, 0.9), seed=1
    )
    x = inputs(*leading)
    volts = x * array.device.spec.read.voltage
    np.testing.assert_allclose(array.read(x), volts @ array.conductance.values, rtol=1e-9)
    np.testing.assert_allclose(array.output(x, noise=False) * array.full_scale, array.read(x), rtol=1e-12)


def test_one_matrix_has_no_array_axis_and_is_the_first_array_of_a_stack():
    x, t = inputs(5), np.ones((5, COLS))

    def used(arrays):
        array = ms.Crossbar("taox-hfox-wu2018", ROWS, COLS, arrays=arrays, seed=3, column="pair")
        array.train(ms.Hebbian(0.1), x, t)
        refreshed = array.refresh(0.05)
        reads = [array.read(x), array.difference_variance(x), array.difference_variance(x[0]), array.known(x[0])]
        labelled = (array.state, array.weights, array.saturated, array.conductance)
        cells = [*(one.values for one in labelled), *array.pulses]
        return [*reads, *cells, refreshed]

    one, stack = used(None), used(ARRAYS)
    for ours, theirs in zip(one, stack, strict=True):
        assert ours.shape == theirs.shape[1:] and ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs[0])
    assert ms.Crossbar("ideal", ROWS, COLS).shape == (ROWS, COLS)
    assert ms.Crossbar("ideal", ROWS, COLS, arrays=1).shape == (1, ROWS, COLS)
    assert ms.Crossbar("ideal", ROWS, COLS).conductance.dims == ("row", "col")


def test_samples_of_several_leading_axes_have_the_addresses_of_one():
    device = ms.load_device("ideal").replace(
        {"read.noise": {"sigma": "5 %", "relative_to": "range", "status": "assumed"}}
    )
    x = inputs(3, 2)
    arrays = [ms.Crossbar(device, ROWS, COLS, seed=1, initial=(0.1, 0.9)) for _ in range(2)]
    assert np.array_equal(arrays[0].read(x), arrays[1].read(x.reshape(6, ROWS)).reshape(3, 2, COLS))
    stacks = [ms.Crossbar(device, ROWS, COLS, arrays=2, seed=1, initial=(0.1, 0.9)) for _ in range(2)]
    wide = np.stack([x, x + 1], axis=1)  # (3, array, 2, row)
    together = stacks[1].read(wide.swapaxes(0, 1).reshape(2, 6, ROWS))
    assert np.array_equal(stacks[0].read(wide), together.reshape(2, 3, 2, COLS).swapaxes(0, 1))


@pytest.mark.parametrize("arrays", [None, ARRAYS])
def test_training_takes_inputs_and_targets_with_the_same_axes(arrays):
    x, t = inputs(2, 3), RNG.choice([0.0, 1.0], (2, 3, COLS))

    def trained(x, t):
        return ms.Crossbar("ideal", ROWS, COLS, arrays=arrays).train(ms.Delta(0.1), x, t).state.values

    if arrays is None:
        assert np.array_equal(trained(x, t), trained(x.reshape(6, ROWS), t.reshape(6, COLS)))
    else:
        apart = [ms.Crossbar("ideal", ROWS, COLS, first_array=i).train(ms.Delta(0.1), x[i], t[i]) for i in range(2)]
        assert np.array_equal(trained(x, t), [array.state.values for array in apart])
    with pytest.raises(ms.InputError, match=r"targets: shape \(3, 1\) does not fit"):
        trained(x[0, :1], np.ones((COLS, 1)))


def test_lists_frames_and_labelled_arrays_are_inputs():
    array, x = holding(MATRIX), inputs(5)
    agree(x.tolist() @ array, x @ MATRIX)
    agree(array.product(pd.DataFrame(x)), x @ MATRIX)
    agree(array.product(xr.DataArray(x)), x @ MATRIX)
    agree(array.product(xr.DataArray(x.T, dims=("row", "sample"))), x @ MATRIX)
    agree(array.output(xr.DataArray(x.T, dims=("row", "sample"))), array.output(x))


def test_a_square_labelled_array_is_read_along_its_rows():
    x = inputs(4)
    agree(holding(SQUARE).product(xr.DataArray(x.T, dims=("row", "sample"))), x @ SQUARE)


@pytest.mark.slow
def test_outputs_have_the_type_of_their_inputs():
    array, stack, x = holding(MATRIX), holding(STACK), inputs(5)
    labelled = xr.DataArray(x.T, {"sample": list("abcde"), "row": np.arange(ROWS)}, ("row", "sample"))
    for use in (array.product, array.read, array.output):
        outputs = use(labelled)
        assert outputs.dims == ("sample", "col") and list(outputs.sample.values) == list("abcde")
        np.testing.assert_allclose(outputs.values, use(x), rtol=1e-12)
    assert array.read(labelled).attrs["units"] == "A" and array.read(labelled).name == "current"
    assert stack.product(labelled).dims == ("array", "sample", "col")
    several = xr.DataArray(inputs(3, ARRAYS, 5), dims=("day", "array", "sample", "row"))
    assert stack.product(several).dims == ("day", "array", "sample", "col")
    assert stack.product(several[:, :1]).dims == ("day", "array", "sample", "col")
    with pytest.raises(ms.InputError, match="x: the outputs would have two dimensions 'col'; rename that of x"):
        array.product(labelled.rename(sample="col"))

    frame = array.product(pd.DataFrame(x, index=list("abcde")))
    assert isinstance(frame, pd.DataFrame) and list(frame.index) == list("abcde")
    assert isinstance(array.product(frame.iloc[0, :0].reindex(range(ROWS), fill_value=1.0)), pd.Series)
    for numbers in (x, x.tolist()):
        assert type(array.product(numbers)) is type(array.read(numbers)) is np.ndarray

    torch = pytest.importorskip("torch")
    for kind, expected in ((torch.float32, torch.float32), (torch.int64, torch.float64)):
        outputs = torch.ones(2, ROWS, dtype=kind) @ array
        assert outputs.dtype == expected and outputs.shape == (2, COLS)


class WithGradients:
    """What a tensor of torch that requires gradients shows of itself."""

    requires_grad = True

    def __array__(self, *_, **__):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad")


def test_tensors_that_require_gradients_are_refused():
    with pytest.raises(ms.InputError, match=r"x: the tensor requires gradients.*x\.detach\(\).*memsim\.torch"):
        holding(MATRIX).product(WithGradients())
    torch = pytest.importorskip("torch")
    x = torch.ones(2, ROWS, dtype=torch.float64, requires_grad=True)
    with pytest.raises(ms.InputError, match=r"x: the tensor requires gradients"):
        x @ holding(MATRIX)
    agree(np.asarray(x.detach() @ holding(MATRIX)), np.ones((2, ROWS)) @ MATRIX)


def test_the_crossbar_stands_on_the_right():
    for x in (np.ones(COLS), [1.0, 2.0], holding(MATRIX)):
        with pytest.raises(TypeError, match=r"write x @ crossbar"):
            holding(MATRIX) @ x


@pytest.mark.parametrize(
    ("arrays", "shape", "message"),
    [
        (None, (ROWS, 5), r"x: shape \(4, 5\) does not fit; allowed: \(\.\.\., row\) with 4 rows; .* so transpose x"),
        (None, (3,), r"x: shape \(3,\) does not fit; allowed: \(\.\.\., row\) with 4 rows$"),
        (None, (), r"x: shape \(\) does not fit"),
        (
            ARRAYS,
            (3, 5, ROWS),
            r"allowed: \(row,\), \(sample, row\) or \(\.\.\., array, sample, row\) with 2 arrays and",
        ),
        (ARRAYS, (2, 3, 5, ROWS), r"x: shape \(2, 3, 5, 4\) does not fit"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(arrays, shape, message):
    array = ms.Crossbar("ideal", ROWS, COLS, arrays=arrays)
    for use in (array.read, array.output, array.known, array.difference_variance):
        with pytest.raises(ms.InputError, match=message):
            use(np.ones(shape))


def test_targets_of_cells_have_the_axes_of_the_states():
    targets = np.linspace(0.1, 0.9, ROWS * COLS).reshape(ROWS, COLS)
    assert np.allclose(ms.Crossbar("ideal", ROWS, COLS, column="single").program(targets).state.values, targets)
    with pytest.raises(ms.InputError, match=r"shape \(1, 4, 3\) does not fit; allowed: \(row, line\) = \(4, 3\)"):
        ms.Crossbar("ideal", ROWS, COLS, column="single").program(targets[None])
    with pytest.raises(ms.InputError, match=r"allowed: \(array, row, line\) = \(2, 4, 3\)"):
        ms.Crossbar("ideal", ROWS, COLS, arrays=2, column="single").program(np.ones((3, ROWS, COLS)))


def test_arrays_are_left_out_of_training_one_by_one():
    stack = ms.Crossbar("ideal", ROWS, COLS, arrays=2)
    fresh = stack.state.values
    stack.train(ms.Hebbian(0.1), np.ones(ROWS), np.ones(COLS), active=[True, False])
    assert (stack.state.values[0] > fresh[0]).all() and np.array_equal(stack.state.values[1], fresh[1])
    with pytest.raises(ms.InputError, match=r"active: shape \(\) does not fit; allowed: one for each of 2 arrays"):
        stack.train(ms.Hebbian(0.1), np.ones(ROWS), np.ones(COLS), active=True)
    with pytest.raises(ms.InputError, match=r"active: shape \(1,\) does not fit; allowed: True or False"):
        ms.Crossbar("ideal", ROWS, COLS).train(ms.Hebbian(0.1), np.ones(ROWS), np.ones(COLS), active=[True])


@pytest.mark.parametrize("arrays", [None, 1, ARRAYS])
@pytest.mark.parametrize("leading", [(), (5,), (2, 5), (3, 1, 5)])
def test_the_factor_of_drift_multiplies_the_reads_it_belongs_to(arrays, leading):
    device = ms.load_device("ideal").replace(
        {"retention": {"model": "drift", "exponent": 0.05, "reference_time": "1 s", "status": "assumed"}}
    )
    x = np.abs(inputs(*leading))
    array = ms.Crossbar(device, ROWS, COLS, arrays=arrays, column="single", initial=(0.2, 0.9)).program(0.5)
    before = array.read(x)
    factor = array.wait(1e4).drift_compensation(x, before)
    assert (np.asarray(factor) > 1).all()
    np.testing.assert_allclose(array.read(x) * factor, before, rtol=1e-5)


def test_files_keep_whether_there_is_an_array_axis(tmp_path):
    for number, arrays in enumerate((None, 1, 2)):
        array = ms.Crossbar("ideal", ROWS, COLS, arrays=arrays)
        again = ms.Crossbar.from_netcdf(array.to_netcdf(tmp_path / f"{number}.nc"))
        assert again.shape == array.shape and np.array_equal(again.state.values, array.state.values)
