"""Networks on any array library, in any company and in chunks of any size: always the same numbers."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any, NamedTuple

import array_api_strict
import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import experiment_from_text
from memsim.networks import Combined, LogMarginMse, Loss, Mse
from memsim.networks.losses import array_namespace
from memsim.networks.span import Layer, moments, respond, sensitivity, sums, train
from memsim.tasks import capacity
from memsim.tasks.memorise.learners import network

LOSSES = [
    Mse(gradient="study"),
    LogMarginMse(weight=0.5, gradient="study"),
    LogMarginMse(weight=0.5),
    Combined(),
]
# What CuPy 13.4 has of the standard's functions that one might use here; it lacks astype, matrix_transpose and pow.
CUPY = """
arange argmax argsort asarray broadcast_to exp float32 float64 full_like log log1p matmul max maximum min minimum
ones_like reshape sqrt stack sum take where zeros_like
"""


class Start(NamedTuple):
    """Fresh networks: three images of 40 pixels, four copies of each."""

    weights: Any
    readout: Any | None
    x: Any
    copies: Any
    targets: Any


def start(hidden: int, dtype: str = "float64", convert=lambda array: array) -> Start:
    rng = np.random.default_rng(hidden)
    units = hidden or 2
    weights, readout = rng.uniform(-0.3, 0.5, (3, units, 40)), rng.uniform(-0.3, 0.5, (3, 2, units))
    arrays = (weights, readout if hidden else None, rng.random((3, 40)), rng.random((3, 4, 40)), np.array([1.0, 0.0]))
    return Start(*(array if array is None else convert(array.astype(dtype)) for array in arrays))


def memorise(begin: Start, loss: Loss, rate: float = 0.02, steps: int = 25) -> dict[str, Any]:
    """All that the functions give for networks trained from a start."""
    weights, readout, x, copies, targets = begin
    xp = array_namespace(x)
    layer = Layer(weights, x, xp.sum(weights * x[:, None, :], axis=-1), xp.sum(x * x, axis=-1))
    trained = train(layer.response, layer.power, readout, targets, loss, rate, steps)
    responses = xp.sum(weights[:, None, :, :] * copies[:, :, None, :], axis=-1)
    results = {"shift": trained.shift, "outputs": respond(responses, xp.sum(copies * x[:, None, :], axis=-1), trained)}
    if trained.readout is not None:
        results["readout"] = trained.readout
    results["sensitivity"] = sensitivity(layer, trained)
    return results | moments(layer, sums(layer), trained, (-0.3, 0.5))._asdict()


@pytest.mark.parametrize("hidden", [0, 3, 20])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
class TestArrays:
    @pytest.mark.slow
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_arrays_that_allow_the_standard_only_give_the_same_numbers(self, hidden, loss, dtype):
        expected = memorise(start(hidden, dtype), loss)
        found = memorise(start(hidden, dtype, array_api_strict.asarray), loss)
        assert found.keys() == expected.keys()
        for name, values in found.items():
            assert type(values).__module__.startswith("array_api_strict"), name
            assert np.array_equal(np.asarray(values), expected[name]), name

    def test_arrays_of_cupy_are_served_by_its_main_namespace(self, hidden, loss, monkeypatch):
        class ndarray(np.ndarray):
            """An array that does not name its namespace, as CuPy's."""

            __module__ = "cupy"

            @property
            def __array_namespace__(self):
                raise AttributeError

        expected = memorise(start(hidden), loss)
        monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(**{name: getattr(np, name) for name in CUPY.split()}))
        found = memorise(start(hidden, convert=lambda array: array.view(ndarray)), loss)
        for name, values in found.items():
            assert np.array_equal(np.asarray(values), expected[name]), name

    def test_float32_stays_float32_and_float64_float64(self, hidden, loss):
        for dtype in ("float32", "float64"):
            assert {str(values.dtype) for values in memorise(start(hidden, dtype), loss).values()} == {dtype}


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [0, 3, 20])
@pytest.mark.parametrize("convert", [np.asarray, array_api_strict.asarray])
def test_a_diverging_network_passes_the_largest_number_without_an_error(hidden, convert):
    with np.errstate(over="ignore", invalid="ignore"):
        results = memorise(start(hidden, convert=convert), LOSSES[0], rate=1.0, steps=500)
    assert hidden or not np.isfinite(np.asarray(results["outputs"])).any()


@pytest.mark.slow
def test_a_run_of_diverging_networks_gives_a_result_of_infinities(tmp_path):
    experiment = ms.load_experiment("decomposition-01").replace(
        {"data.samples": 3, "data.shape": [16, 16], "training.rate": 1.0, "training.steps": 500, "resamples": 100}
    )
    dataset = ms.load(ms.save(ms.run(experiment), tmp_path / "diverged.nc"))
    linear = dataset.sel(learner="SGD Unconstrained")
    assert not np.isfinite(linear.output_target).any() and not linear.correct.any()
    assert (linear.step_size > 2).all()
    crossbars = dataset.sel(learner=[name for name in dataset.learner.values if name.startswith("Hebbian")])
    assert np.isfinite(crossbars.output_target).all() and crossbars.correct.all()


def learner(name: str, hidden: int, dtype: str = "float64", **training) -> dict[str, Any]:
    loss = training.pop("loss", "log-margin-mse")
    gradient = {} if loss == "combined" else {"gradient": "study"}
    settings = {"loss": loss, "rate": 0.02, "steps": 20, **gradient, **training}
    return {"name": name, "network": {"hidden": hidden, "dtype": dtype}, "training": settings}


# Up to 15 units and the image go through memsim's own loop, more through BLAS.
LEARNERS = [
    learner("Linear", 0, loss="mse"),
    learner("Linear diverging", 0, loss="mse", rate=1.0),
    learner("Narrow", 5),
    learner("Wide", 40),
    learner("Wide, other weight", 40, **{"lambda": 5.0}),
    learner("Wide, other loss", 40, loss="combined"),
    learner("Wide float32", 40, dtype="float32"),
    {"name": "Crossbar", "array": {"device": "taox-hfox-wu2018"}},
]


def experiment(learners: list[dict[str, Any]] = LEARNERS, samples: int = 7) -> Experiment:
    settings = {
        "name": "small",
        "data": {"samples": samples, "shape": [12, 13]},
        "learners": learners,
        "corruptions": {"gaussian": [0.1, 0.4], "fog": [0.1, 0.4]},
        "resamples": 100,
    }
    return experiment_from_text(json.dumps(settings), "small")


@pytest.fixture(scope="module")
def whole():
    """All learners, side by side and in one block."""
    return ms.run(experiment())


@pytest.mark.slow
@pytest.mark.parametrize("given", LEARNERS, ids=lambda given: given["name"])
def test_a_learner_gives_the_same_numbers_alone_and_in_company(whole, given):
    alone = ms.run(experiment([given]))
    here = whole[list(alone.data_vars)].sel(learner=[given["name"]])
    xr.testing.assert_equal(here.drop_vars(set(here.coords) - set(alone.coords)), alone)  # without those of crossbars


def test_the_order_of_the_learners_changes_no_number(whole):
    names = [given["name"] for given in reversed(LEARNERS)]
    xr.testing.assert_equal(whole.sel(learner=names), ms.run(experiment(LEARNERS[::-1])))


# A byte stands for one image at a time; a network of 40 units on 192 padded pixels takes 63 kB.
@pytest.mark.slow
@pytest.mark.parametrize(("weights", "images"), [(1, 1 << 26), (130_000, 1 << 26), (1 << 26, 1), (130_000, 12_000)])
def test_results_do_not_depend_on_how_many_images_are_done_at_once(whole, monkeypatch, weights, images):
    monkeypatch.setattr(network, "_BYTES", weights)
    monkeypatch.setattr(capacity, "BLOCK", images)
    xr.testing.assert_equal(whole, ms.run(experiment()))


def test_more_images_change_nothing_for_the_first_ones(whole):
    few = ms.run(experiment(samples=3))
    for name, values in few.data_vars.items():
        if "image" in values.dims:
            xr.testing.assert_equal(whole[name].isel(image=slice(3)), values)
