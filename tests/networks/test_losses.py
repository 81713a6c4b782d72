"""Losses by hand, against differences, at their fixed points and on arrays that allow the standard's functions only."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memsim.errors import InputError
from memsim.networks import (
    GRADIENTS,
    LOSSES,
    Combined,
    CrossEntropy,
    Focal,
    HingeMargin,
    LabelSmoothing,
    LogMarginCe,
    LogMarginMse,
    Loss,
    Mse,
)

WEIGHTED = ("log-margin-mse", "log-margin-ce")
ALL = [LOSSES.make(name, **({"weight": 1.5} if name in WEIGHTED else {})) for name in LOSSES]
STUDY = [Mse(gradient="study"), LogMarginMse(weight=1.5, gradient="study")]
LN3 = math.log(3)


def label(loss: Loss) -> str:
    return f"{loss.name}-{getattr(loss, 'gradient', 'exact')}"


def sample(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Random outputs (3, 4, class) with margins on both sides of every kink and near none, and soft targets."""
    rng = np.random.default_rng(classes)
    outputs = rng.normal(0, 2, (3, 4, classes))
    targets = rng.dirichlet(np.ones(classes), (3, 4))
    y = targets.argmax(-1)[..., None]
    np.put_along_axis(outputs, y, -np.inf, -1)
    best = np.sort(outputs, -1)[..., -2:]
    assert (best[..., 1] - best[..., 0]).min() > 0.01
    margins = np.array([-5, -2, -0.7, -0.3, -0.1, 0.05, 0.2, 0.4, 0.8, 1.2, 2, 6]).reshape(3, 4, 1)
    np.put_along_axis(outputs, y, best[..., 1:] + margins, -1)
    return outputs, targets


def differences(loss: Loss, outputs: np.ndarray, targets: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Fourth-order central differences of the value."""
    slope = np.empty_like(outputs)
    for k in range(outputs.shape[-1]):
        e = step * np.eye(outputs.shape[-1])[k]
        near = loss.value(outputs + e, targets) - loss.value(outputs - e, targets)
        far = loss.value(outputs + 2 * e, targets) - loss.value(outputs - 2 * e, targets)
        slope[..., k] = (8 * near - far) / (12 * step)
    return slope


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize(
    "loss",
    [*ALL, Focal(gamma=0.0), Focal(gamma=0.5, alpha=1.0), HingeMargin(margin=-0.5)],
    ids=label,
)
def test_the_slope_is_the_gradient_of_the_value(loss, classes):
    outputs, targets = sample(classes)
    assert loss.slope(outputs, targets) == pytest.approx(differences(loss, outputs, targets), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("loss", ALL, ids=label)
def test_the_slope_holds_for_targets_that_do_not_sum_to_one(loss, classes):
    outputs, targets = sample(classes)
    targets = 1.7 * targets
    assert loss.slope(outputs, targets) == pytest.approx(differences(loss, outputs, targets), rel=1e-6, abs=1e-9)


# The outputs are (ln 3, 0), so p = (3/4, 1/4), or (2, 0), so that the margin is 2.
@pytest.mark.parametrize(
    ("loss", "outputs", "value", "slope"),
    [
        (Mse(), (2.0, 0.5), 1.25, (2.0, 1.0)),
        (CrossEntropy(), (LN3, 0.0), math.log(4 / 3), (-1 / 4, 1 / 4)),
        (LabelSmoothing(), (LN3, 0.0), 0.95 * math.log(4 / 3) + 0.05 * math.log(4), (-0.2, 0.2)),
        (HingeMargin(), (2.0, 1.5), 0.5, (-1.0, 1.0)),
        (HingeMargin(), (2.0, 0.5), 0.0, (0.0, 0.0)),
        (HingeMargin(margin=3.0), (0.0, 1.0), 4.0, (-1.0, 1.0)),
        (LogMarginMse(weight=3.0), (2.0, 0.0), 1 - 3 * math.log(2), (2 - 1.5, 1.5)),
        (LogMarginMse(weight=3.0), (0.0, 2.0), 5 + 3 * math.log(10), (-2.0, 4.0)),
        (LogMarginMse(weight=3.0, gradient="study"), (2.0, 0.0), 1 - 3 * math.log(2), (1 - 1.5, 0.0)),
        (LogMarginMse(weight=3.0, gradient="study"), (0.0, 2.0), 5 + 3 * math.log(10), (-31.0, 2.0)),
        (Mse(gradient="study"), (2.0, 0.5), 1.25, (1.0, 0.5)),
        (
            LogMarginCe(weight=3.0),
            (LN3, 0.0),
            math.log(4 / 3) - 3 * math.log(LN3),
            (-1 / 4 - 3 / LN3, 1 / 4 + 3 / LN3),
        ),
        (LogMarginCe(weight=3.0), (0.0, LN3), math.log(4) + 3 * math.log(10), (-3 / 4, 3 / 4)),
        (
            Focal(),
            (LN3, 0.0),
            math.log(4 / 3) / 64,
            # alpha (1 - p) (2 p (1 - p) log p - (1 - p)^2), p = 3/4
            ((6 / 16 * math.log(3 / 4) - 1 / 16) / 16, -(6 / 16 * math.log(3 / 4) - 1 / 16) / 16),
        ),
        (Focal(gamma=0.0, alpha=1.0), (LN3, 0.0), math.log(4 / 3), (-1 / 4, 1 / 4)),
        (
            Combined(),
            (0.5, 0.0),
            math.log(1 + math.exp(0.5)) - 0.95 * 0.5 + 0.25,
            (1 / (1 + math.exp(-0.5)) - 1.45, 1.45 - 1 / (1 + math.exp(-0.5))),
        ),
        (Combined(), (LN3, 0.0), 0.95 * math.log(4 / 3) + 0.05 * math.log(4), (-0.2, 0.2)),
    ],
    ids=lambda given: label(given) if isinstance(given, Loss) else None,
)
def test_values_and_slopes_are_those_worked_by_hand(loss, outputs, value, slope):
    assert loss.value(np.array(outputs), np.array([1.0, 0.0])) == pytest.approx(value, rel=1e-13)
    assert loss.slope(np.array(outputs), np.array([1.0, 0.0])) == pytest.approx(np.array(slope), rel=1e-13)


def test_the_margin_is_that_to_the_best_of_the_other_classes():
    outputs, target = np.array([0.3, 0.9, 0.4, -2.0]), np.array([0.0, 0.0, 1.0, 0.0])
    assert HingeMargin().value(outputs, target) == pytest.approx(1.5)
    assert HingeMargin().slope(outputs, target).tolist() == [0.0, 1.0, -1.0, 0.0]


def test_the_first_of_tied_runners_up_takes_the_whole_push():
    outputs, target = np.array([1.0, 3.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 0.0])
    push = LogMarginMse(weight=4.0).slope(outputs, target) - Mse().slope(outputs, target)
    assert push.tolist() == [2.0, -2.0, 0.0, 0.0]


@pytest.mark.parametrize(("name", "plain"), [("log-margin-mse", "mse"), ("log-margin-ce", "cross-entropy")])
@pytest.mark.parametrize("runner_up", [1.0, 0.95, 0.9000001])
def test_below_the_floor_the_log_margin_has_the_plain_gradient(name, plain, runner_up):
    outputs, target = np.array([1.0, runner_up, -1.0]), np.array([1.0, 0.0, 0.0])
    assert (LOSSES.make(name, weight=10.0).slope(outputs, target) == LOSSES.make(plain).slope(outputs, target)).all()


@pytest.mark.parametrize(("name", "plain"), [("log-margin-mse", "mse"), ("log-margin-ce", "cross-entropy")])
def test_without_weight_the_log_margin_losses_are_the_plain_ones(name, plain):
    outputs, targets = sample(5)
    assert (LOSSES.make(name, weight=0.0).value(outputs, targets) == LOSSES.make(plain).value(outputs, targets)).all()
    assert (LOSSES.make(name, weight=0.0).slope(outputs, targets) == LOSSES.make(plain).slope(outputs, targets)).all()


@given(
    outputs=st.lists(st.floats(-50, 50), min_size=2, max_size=2),
    weight=st.sampled_from([0.0, 0.1, 1.0, 10.0, 20.0]),
)
def test_the_studys_direction_is_the_three_lines_of_its_script(outputs, weight):
    o, t = np.array(outputs), np.array([1.0, 0.0])
    e = o - t
    margin = max(o[0] - o[1], 0.1)
    e[0] -= weight / margin
    assert (LogMarginMse(weight=weight, gradient="study").slope(o, t) == e).all()
    assert (Mse(gradient="study").slope(o, t) == o - t).all()


@pytest.mark.parametrize("loss", STUDY, ids=label)
def test_the_studys_direction_leaves_the_stated_value_as_it_is(loss):
    outputs, targets = sample(5)
    assert (loss.value(outputs, targets) == replace(loss, gradient="exact").value(outputs, targets)).all()


@pytest.mark.slow
@pytest.mark.parametrize("weight", [0.1, 0.5, 1.0, 2.0, 10.0, 20.0])
def test_descent_ends_at_the_same_difference_with_either_gradient(weight):
    # Exact: 2 (o0 - 1) = w/d = -2 o1. Study: o0 - 1 = w/d, o1 = 0. Both give d = 1 + w/d.
    difference = (1 + math.sqrt(1 + 4 * weight)) / 2
    ends = {}
    for gradient in GRADIENTS:
        loss = LogMarginMse(weight=weight, gradient=gradient)
        outputs = np.array([0.05, 0.0])
        for _ in range(2000):
            outputs = outputs - 0.05 * loss.slope(outputs, np.array([1.0, 0.0]))
        ends[gradient] = outputs
        assert outputs[0] - outputs[1] == pytest.approx(difference, rel=1e-12)
    assert ends["study"] == pytest.approx(np.array([difference, 0.0]), abs=1e-12)
    assert ends["exact"] == pytest.approx(np.array([(1 + difference) / 2, (1 - difference) / 2]), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cross-entropy", "label-smoothing", "hinge-margin", "focal", "combined"])
def test_descent_on_every_other_loss_reaches_the_right_class(name):
    loss, outputs = LOSSES.make(name), np.array([-1.0, 2.0, 0.5])
    start = loss.value(outputs, np.array([1.0, 0.0, 0.0]))
    for _ in range(3000):
        outputs = outputs - 0.05 * loss.slope(outputs, np.array([1.0, 0.0, 0.0]))
    assert loss.value(outputs, np.array([1.0, 0.0, 0.0])) < start
    assert outputs.argmax() == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize("loss", [*ALL, *STUDY, Focal(gamma=0.5)], ids=label)
def test_extreme_outputs_give_finite_numbers_without_a_warning(loss, size, dtype):
    outputs = size * np.array([[1, -1, 0], [-1, 1, 0], [1, 1, 1], [0, 0, 1], [-1, -1, -1]], dtype)
    targets = np.array([1, 0, 0], dtype)
    assert np.isfinite(loss.slope(outputs, targets)).all()
    if "mse" not in loss.name or dtype is np.float64 or size < 1e19:  # 1e30 squared is beyond float32
        assert np.isfinite(loss.value(outputs, targets)).all()


@pytest.mark.parametrize("name", ["cross-entropy", "focal"])
def test_a_saturated_loss_keeps_its_digits(name):
    # 1 - p = exp(-60) is far below the spacing of numbers at 1; focal ~ alpha (1 - p)^(gamma + 1).
    expected = math.exp(-60) if name == "cross-entropy" else 0.25 * math.exp(-90)
    outputs, target = np.array([60.0, 0.0]), np.array([1.0, 0.0])
    loss = CrossEntropy() if name == "cross-entropy" else Focal(gamma=0.5)
    assert loss.value(outputs, target) == pytest.approx(expected, rel=1e-12)
    slope = expected if name == "cross-entropy" else 1.5 * expected
    assert loss.slope(outputs, target)[1] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", [*ALL, *STUDY], ids=label)
def test_functions_of_the_array_api_standard_suffice_and_give_the_same_numbers(loss, dtype):
    outputs, targets = (array.astype(dtype) for array in sample(5))
    strict = getattr(array_api_strict, dtype)
    for method in ("value", "slope"):
        got = getattr(loss, method)(
            array_api_strict.asarray(outputs, dtype=strict), array_api_strict.asarray(targets, dtype=strict)
        )
        assert isinstance(got, type(array_api_strict.asarray(0.0))) and got.dtype == strict
        assert (np.asarray(got) == getattr(loss, method)(outputs, targets)).all()


@pytest.mark.parametrize("loss", [*ALL, *STUDY], ids=label)
def test_the_standard_of_2023_suffices(loss):
    outputs, targets = sample(5)
    with array_api_strict.ArrayAPIStrictFlags(api_version="2023.12"):
        strict = [array_api_strict.asarray(array) for array in (outputs, targets)]
        assert (np.asarray(loss.slope(*strict)) == loss.slope(outputs, targets)).all()
        assert (np.asarray(loss.value(*strict)) == loss.value(outputs, targets)).all()


# What CuPy 13.4 has of the standard's functions that one might use here; it lacks astype, isdtype and pow.
CUPY = "asarray arange where max sum argmax exp log log1p maximum broadcast_to zeros_like ones_like full_like"


@pytest.mark.parametrize("loss", [*ALL, *STUDY], ids=label)
def test_arrays_of_cupy_are_served_by_its_main_namespace(loss, monkeypatch):
    class ndarray(np.ndarray):
        """An array that does not name its namespace, as CuPy's."""

        __module__ = "cupy"

        @property
        def __array_namespace__(self):
            raise AttributeError

    names = {name: getattr(np, name) for name in (*CUPY.split(), "float32", "float64")}
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(**names))
    outputs, targets = sample(5)
    assert (loss.slope(outputs.view(ndarray), targets) == loss.slope(outputs, targets)).all()
    assert (loss.value(outputs.view(ndarray), targets) == loss.value(outputs, targets)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("loss", [*ALL, *STUDY], ids=label)
def test_results_have_the_dtype_of_the_outputs(loss, dtype, given):
    outputs = sample(5)[0].astype(dtype)
    targets = np.array([0, 1, 0, 0, 0], given)
    value, slope = loss.value(outputs, targets), loss.slope(outputs, targets)
    assert value.dtype == slope.dtype == dtype
    assert value.shape == (3, 4) and slope.shape == (3, 4, 5)
    assert (slope == loss.slope(outputs, targets.astype(dtype))).all()


@pytest.mark.parametrize("loss", [*ALL, *STUDY], ids=label)
def test_a_batch_gives_what_its_samples_give_one_by_one(loss):
    outputs, targets = sample(5)
    values, slopes = loss.value(outputs, targets[1]), loss.slope(outputs, targets[1])
    for i, j in np.ndindex(3, 4):
        assert values[i, j] == pytest.approx(float(loss.value(outputs[i, j], targets[1, j])), rel=1e-14, abs=1e-14)
        assert slopes[i, j] == pytest.approx(loss.slope(outputs[i, j], targets[1, j]), rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("loss", [*ALL, *STUDY], ids=label)
def test_neither_outputs_nor_targets_are_changed(loss):
    outputs, targets = sample(5)
    outputs.flags.writeable = targets.flags.writeable = False
    loss.value(outputs, targets)
    loss.slope(outputs, targets)


def test_the_names_are_those_of_the_sources():
    assert tuple(LOSSES) == (
        "mse",
        "cross-entropy",
        "label-smoothing",
        "hinge-margin",
        "log-margin-mse",
        "log-margin-ce",
        "focal",
        "combined",
    )
    assert GRADIENTS == ("exact", "study")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "cross-entrpy"}, "loss: unknown loss 'cross-entrpy'; did you mean 'cross-entropy'?"),
        ({"name": "mse", "gradient": "studdy"}, "gradient: unknown gradient 'studdy'; did you mean 'study'?"),
        ({"name": "focal", "gradient": "study"}, "gradient: loss 'focal' has alpha, gamma"),
        ({"name": "mse", "weight": 1.0}, "weight: loss 'mse' has gradient"),
        ({"name": "cross-entropy", "alpha": 0.5}, "alpha: loss 'cross-entropy' has no settings"),
        ({"name": "focal", "gama": 0.5}, "gama: loss 'focal' has alpha, gamma; did you mean 'gamma'?"),
        ({"name": "log-margin-mse", "gradient": "exat"}, "gradient: unknown gradient 'exat'; did you mean 'exact'?"),
        ({"name": "log-margin-mse", "weight": -1.0}, "weight: -1.0 is not a finite number of at least 0"),
        ({"name": "log-margin-ce", "weight": math.inf}, "weight: inf is not a finite number of at least 0"),
        ({"name": "hinge-margin", "margin": math.nan}, "margin: nan is not a finite number"),
        ({"name": "combined", "margin": math.inf}, "margin: inf is not a finite number"),
        ({"name": "log-margin-mse", "floor": 0.0}, "floor: 0.0 is not a finite number above 0"),
        ({"name": "label-smoothing", "smoothing": 1.0}, "smoothing: 1.0 is not a number from 0 to below 1"),
        ({"name": "combined", "smoothing": math.nan}, "smoothing: nan is not a number from 0 to below 1"),
        ({"name": "focal", "alpha": 0.0}, "alpha: 0.0 is not a number above 0 and up to 1"),
        ({"name": "focal", "alpha": 1.5}, "alpha: 1.5 is not a number above 0 and up to 1"),
        ({"name": "focal", "gamma": -0.5}, "gamma: -0.5 is not a finite number of at least 0"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(settings, message):
    with pytest.raises(InputError) as error:
        LOSSES.make(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("outputs", "targets", "message"),
    [
        ([1.0, 2.0], np.zeros(2), "outputs: a list is not an array of NumPy, CuPy or the array API standard"),
        (np.zeros(2, int), np.zeros(2), "outputs: dtype int64 is not float32 or float64"),
        (np.zeros((3, 1)), np.zeros(1), r"outputs: shape \(3, 1\) has no last axis of at least 2 classes"),
        (np.array(1.0), np.zeros(2), r"outputs: shape \(\) has no last axis of at least 2 classes"),
        (np.zeros((3, 2)), np.zeros(3), r"targets: shape \(3,\) does not end in 2 classes"),
        (np.zeros((3, 2)), np.zeros((3, 1)), r"targets: shape \(3, 1\) does not end in 2 classes"),
        (np.zeros((3, 2)), np.array(1.0), r"targets: shape \(\) does not end in 2 classes"),
        (np.zeros((3, 2)), np.zeros((4, 2)), r"shape \(4, 2\) does not broadcast to the outputs' \(3, 2\)"),
        (np.zeros(2), np.zeros((4, 2)), r"shape \(4, 2\) does not broadcast to the outputs' \(2,\)"),
    ],
)
@pytest.mark.parametrize("method", ["value", "slope"])
def test_arrays_that_do_not_fit_are_refused(outputs, targets, message, method):
    with pytest.raises(InputError, match=message):
        getattr(CrossEntropy(), method)(outputs, targets)


def test_importing_the_losses_loads_neither_numpy_nor_numba():
    code = "import sys, memsim.networks.losses; print([m for m in ('numpy', 'numba', 'cupy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mse", "cross-entropy", "label-smoothing"])
def test_torch_gives_the_same_values_and_gradients(name):
    torch = pytest.importorskip("torch")
    outputs, targets = sample(5)
    o, t = torch.tensor(outputs.reshape(-1, 5), requires_grad=True), torch.tensor(targets.reshape(-1, 5))
    if name == "mse":
        value = torch.nn.functional.mse_loss(o, t, reduction="none").sum(-1)
    else:
        smoothing = 0.1 if name == "label-smoothing" else 0.0
        value = torch.nn.functional.cross_entropy(o, t, reduction="none", label_smoothing=smoothing)
    value.sum().backward()
    loss = LOSSES.make(name)
    assert loss.value(outputs, targets).ravel() == pytest.approx(value.detach().numpy(), rel=1e-12)
    assert loss.slope(outputs, targets).reshape(-1, 5) == pytest.approx(o.grad.numpy(), rel=1e-12, abs=1e-15)
