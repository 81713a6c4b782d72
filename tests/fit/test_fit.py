"""Training on data sets: what is learned, what is kept, what is promised of stops, addresses and checkpoints."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import array_api_strict
import netCDF4
import numpy as np
import pytest
import xarray as xr

from memsim.errors import DataError, InputError, OutputError
from memsim.networks import (
    LOSSES,
    SGD,
    Adam,
    Architecture,
    CrossEntropy,
    Epoch,
    Fit,
    Mse,
    Network,
    State,
    draws,
    evaluate,
    fit,
)
from memsim.networks.checkpoint import load, save
from memsim.networks.draws import Address
from memsim.networks.optimise import follow

pytestmark = pytest.mark.slow

CNN = Architecture("cnn", (1, 6, 6), 3, channels=(3,), dropout=0.2)
LINEAR = Architecture("linear", (4,), 2)
SETTINGS: dict[str, Any] = {"loss": CrossEntropy(), "optimiser": Adam(0.02), "seed": 4, "batch": 16}


def stripes(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images (sample, 1, 6, 6) of noise with a bright row, column or diagonal, and which of them."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = rng.uniform(0, 0.5, (count, 1, 6, 6))
    for image, label in zip(images[:, 0], labels, strict=True):
        k = rng.integers(0, 6)
        place = (k, slice(None)) if label == 0 else (slice(None), k) if label == 1 else (np.arange(6), np.arange(6))
        image[place] += 1
    return images, labels


def clouds(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points (sample, 4) on either side of a plane, with a gap."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    points = rng.normal(size=(count, 4))
    points[:, 0] = np.where(labels, 1, -1) * (0.5 + np.abs(points[:, 0]))
    return points, labels


def train(architecture: Architecture = CNN, network: Network | None = None, **settings: Any) -> Fit:
    data = stripes if architecture.shape == CNN.shape else clouds
    network = network or Network.fresh(architecture, seed=1)
    return fit(network, data(48), data(24, 1), **{**SETTINGS, "epochs": 3, **settings})


def same(first: Any, second: Any) -> bool:
    return list(first) == list(second) and all((np.asarray(first[k]) == np.asarray(second[k])).all() for k in first)


def same_state(first: State, second: State) -> bool:
    averages = (first.average or {}, second.average or {})
    return (
        same(first.network.parameters, second.network.parameters)
        and same(first.best, second.best)
        and same(*averages)
        and first.memory.step == second.memory.step
        and all(same(first.memory.slots[slot], second.memory.slots[slot]) for slot in first.memory.slots)
        and first.history == second.history
        and first.best_epoch == second.best_epoch
    )


@pytest.mark.parametrize("optimiser", [SGD(0.1, momentum=0.9), Adam(0.02)])
@pytest.mark.parametrize(
    "architecture",
    [
        LINEAR,
        Architecture("two-layer", (4,), 2, hidden=8),
        CNN,
        Architecture("residual", (1, 6, 6), 3, channels=(4,), dropout=0.0),
    ],
    ids=lambda value: value.name,
)
def test_a_separable_problem_is_learned_to_the_last_sample(architecture, optimiser):
    found = train(architecture, optimiser=optimiser, epochs=25)
    data = stripes if architecture.shape == CNN.shape else clouds
    assert evaluate(found.network, data(48), Mse()).accuracy == 1.0
    assert found.history[found.epoch - 1].validation_accuracy == 1.0
    assert found.history[-1].loss < 0.5 * found.history[0].loss
    assert found.ended == "epochs" and found.message == "all 25 epochs were made"


@pytest.mark.parametrize("name", ["mse", "hinge-margin", "log-margin-ce", "focal", "combined"])
def test_every_loss_can_be_trained_on(name):
    found = train(LINEAR, loss=LOSSES.make(name), optimiser=Adam(0.05), epochs=15)
    assert found.history[-1].validation_accuracy >= 0.95


def test_the_history_is_what_evaluation_gives():
    states: list[State] = []
    found = train(progress=states.append)
    assert [len(state.history) for state in states] == [1, 2, 3]
    for state in states:
        scores = evaluate(state.network, stripes(24, 1), SETTINGS["loss"])
        last = state.history[-1]
        assert (last.validation_loss, last.validation_accuracy, last.snr) == scores
    outputs = np.sort(found.state.network.outputs(stripes(24, 1)[0]), axis=1)
    assert found.history[-1].snr == pytest.approx((outputs[:, -1] - outputs[:, -2]).mean(), rel=1e-12)


@pytest.mark.parametrize("select", ["accuracy", "snr"])
def test_the_best_checkpoint_is_the_one_kept(select):
    states: list[State] = []
    found = train(epochs=8, select=select, optimiser=Adam(0.1), progress=states.append)

    def rank(epoch: Epoch) -> tuple[float, float]:
        return epoch.validation_accuracy if select == "accuracy" else epoch.snr, -epoch.validation_loss

    best = max(range(8), key=lambda i: rank(found.history[i]))
    assert found.epoch == best + 1
    assert same(found.network.parameters, states[best].network.parameters)


def test_a_training_repeats_and_differs_by_seed_and_number():
    first = train().state
    assert same_state(first, train().state)
    for other in ({"seed": 5}, {"number": 1}):
        assert not same(first.network.parameters, train(**other).state.network.parameters)


def test_the_numbers_do_not_depend_on_the_cores(monkeypatch):
    states = []
    for cores in (1, 3):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=cores: set(range(n)), raising=False)
        monkeypatch.setattr("memsim.networks.convolution._SAMPLES", 4)
        states.append(train().state)
    assert same_state(*states)


@pytest.mark.slow
def test_the_numbers_do_not_depend_on_the_threads_of_blas():
    code = (
        "import numpy as np, hashlib\n"
        "from memsim.networks import *\n"
        "x = np.random.default_rng(0).normal(size=(64, 1, 24, 24)); y = np.arange(64) % 3\n"
        "n = Network.fresh(Architecture('cnn', (1, 24, 24), 3, dtype='float32'), seed=0)\n"
        "f = fit(n, (x, y), (x, y), loss=Mse(), optimiser=Adam(), epochs=2, seed=0)\n"
        "print(f.history, [hashlib.md5(a.tobytes()).hexdigest() for a in f.network.parameters.values()])"
    )
    outputs = []
    for threads in "12":
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        outputs.append(run.stdout)
    assert outputs[0] == outputs[1] != ""


def test_every_sample_is_trained_on_once_an_epoch_in_an_order_of_its_own():
    orders = [draws.order(50, Address(3, number), epoch) for number, epoch in ((0, 0), (0, 1), (1, 0))]
    for found in orders:
        assert sorted(found) == list(range(50))
    assert all((orders[0] != other).mean() > 0.8 for other in orders[1:])


def test_batches_are_equally_large_but_for_one_sample(monkeypatch):
    sizes: list[int] = []
    plain = Network.gradient

    def counted(self, x, *given):
        sizes.append(len(x))
        return plain(self, x, *given)

    monkeypatch.setattr(Network, "gradient", counted)
    train(batch=20, epochs=1)
    assert sizes == [16, 16, 16]
    sizes.clear()
    train(batch=47, epochs=1)
    assert sizes == [24, 24]


def test_a_single_sample_is_trained_on():
    network = Network.fresh(CNN, seed=1)
    x, y = stripes(1)
    assert math.isfinite(fit(network, (x, y), (x, y), **SETTINGS, epochs=2).history[-1].loss)


def test_one_step_is_the_optimisers_step_along_the_gradient():
    x, y = clouds(48)
    network = Network.fresh(LINEAR, seed=1)
    found = train(LINEAR, network, batch=48, epochs=1, optimiser=SGD(0.3))
    step = network.gradient(x, np.eye(2)[y], SETTINGS["loss"])
    for name, slope in step.slopes.items():
        assert found.network.parameters[name] == pytest.approx(network.parameters[name] - 0.3 * slope, rel=1e-12)
    assert found.history[0].loss == pytest.approx(step.loss, rel=1e-12)


def test_labels_may_be_targets():
    x, y = stripes(48)
    held_out = stripes(24, 1)
    network = Network.fresh(CNN, seed=1)
    found = fit(network, (x, np.eye(3)[y]), held_out, **SETTINGS, epochs=2)
    assert same_state(found.state, train(epochs=2).state)


def test_plain_numbers_of_pixels_are_taken_as_they_are():
    x, y = stripes(48)
    network = Network.fresh(CNN, seed=1)
    held_out = stripes(24, 1)
    bytes_ = (np.round(100 * x).astype(np.uint8), y)
    numbers = (np.round(100 * x), y)
    found = [fit(network, samples, held_out, **SETTINGS, epochs=1).state for samples in (bytes_, numbers)]
    assert same_state(*found)


# Mixup


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0])
def test_mixing_shares_follow_the_beta_distribution(alpha):
    shares = np.array([draws.mixup_share(alpha, Address(0, step=step)) for step in range(1500)])
    assert ((shares >= 0) & (shares <= 1)).all()
    variance = 1 / (4 * (2 * alpha + 1))
    assert shares.mean() == pytest.approx(0.5, abs=4 * math.sqrt(variance / 1500))
    assert shares.var() == pytest.approx(variance, rel=0.1)


def test_mixup_mixes_inputs_and_targets_with_their_neighbours():
    x, y = clouds(48)
    network = Network.fresh(LINEAR, seed=1)
    found = train(LINEAR, network, batch=48, epochs=1, mixup=0.2)
    chosen = draws.order(48, Address(4), 0)
    share = draws.mixup_share(0.2, Address(4))
    assert 0 < share < 1
    x, t = x[chosen], np.eye(2)[y[chosen]]
    mixed = [share * array + (1 - share) * np.roll(array, -1, axis=0) for array in (x, t)]
    assert found.history[0].loss == pytest.approx(network.gradient(*mixed, SETTINGS["loss"]).loss, rel=1e-12)


# Running mean of the weights


def test_the_running_mean_weights_each_step_by_the_decay():
    values, average = [3.0, -1.0, 4.0, 10.0], None
    for step, value in enumerate(values, 1):
        average = follow(average, {"a": np.array(value)}, 0.8, step)
    weights = 0.8 ** np.arange(4)[::-1]
    assert average is not None
    assert float(average["a"]) == pytest.approx((weights * values).sum() / weights.sum(), rel=1e-12)


def test_the_running_mean_is_what_is_validated_and_kept():
    states: list[State] = []
    found = train(ema=0.9, progress=states.append)
    assert same(states[found.epoch - 1].average, found.network.parameters)
    scores = evaluate(found.network, stripes(24, 1), SETTINGS["loss"])
    assert found.history[found.epoch - 1].validation_loss == scores.loss
    assert same(found.state.network.parameters, train().state.network.parameters)


def test_without_memory_the_running_mean_is_the_newest():
    state = train(ema=0.0).state
    for name, value in state.network.parameters.items():
        assert state.average is not None
        assert state.average[name] == pytest.approx(value, rel=1e-9, abs=1e-12)


# Stops


def test_patience_ends_a_training_that_gets_no_better():
    x, y = clouds(48)
    held_out = (clouds(24, 1)[0], 1 - clouds(24, 1)[1])
    network = Network.fresh(LINEAR, seed=1)
    found = fit(network, (x, y), held_out, **SETTINGS, epochs=50, patience=4)
    assert found.ended == "patience"
    assert len(found.history) == found.epoch + 4 < 50
    assert found.message == f"no better checkpoint in 4 epochs after epoch {found.epoch}"
    assert len(fit(network, (x, y), held_out, **SETTINGS, epochs=12).history) == 12


def test_a_diverging_loss_ends_the_training_and_says_where():
    architecture = replace(LINEAR, dtype="float32")
    found = train(architecture, loss=Mse(), optimiser=SGD(300.0), epochs=50)
    epoch = len(found.history) + 1
    assert found.ended == "diverged" and 1 < epoch < 50
    where = f"in epoch {epoch}, step "
    assert found.message.startswith(("the loss is inf " + where, "the loss is nan " + where, "the validation loss is "))
    assert found.message.endswith(f"the checkpoint of epoch {found.epoch} is kept")
    assert all(np.isfinite(array).all() for array in found.network.parameters.values())
    assert len(found.state.history) == len(found.history)


def test_a_loss_that_is_not_finite_from_the_start_keeps_the_fresh_network():
    x, y = stripes(48)
    x[17] = np.nan
    network = Network.fresh(CNN, seed=1)
    found = fit(network, (x, y), stripes(24, 1), **SETTINGS, epochs=5)
    assert found.ended == "diverged" and found.epoch == 0 and found.history == ()
    step = 1 + list(draws.order(48, Address(4), 0)).index(17) // 16
    assert found.message == f"the loss is nan in epoch 1, step {step} of 3; the fresh network is kept"
    assert same(found.network.parameters, network.parameters)


def test_weights_that_overflow_in_the_last_step_are_seen_by_validation():
    found = train(LINEAR, loss=Mse(), optimiser=SGD(1e300), epochs=5, batch=48)
    assert found.message == "the validation loss is inf after epoch 1; the fresh network is kept"


# Numbers and libraries


@pytest.mark.parametrize("name", ["linear", "two-layer", "cnn", "residual"])
def test_float32_is_kept(name):
    channels = {"channels": (2, 2)} if name in ("cnn", "residual") else {}
    architecture = Architecture(name, (1, 6, 6), 3, dtype="float32", **channels)
    state = train(architecture, ema=0.9, mixup=0.2, optimiser=Adam(weight_decay=0.1)).state
    arrays = [*state.network.parameters.values(), *state.best.values(), *(state.average or {}).values()]
    arrays += [array for slot in state.memory.slots.values() for array in slot.values()]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}
    assert state.network.outputs(stripes(3)[0]).dtype == np.float32


@pytest.mark.parametrize("optimiser", [SGD(0.1, 1e-3, momentum=0.5), Adam(0.02, 1e-3, "l2")])
def test_another_array_library_gives_the_same_training(optimiser):
    settings = {"optimiser": optimiser, "epochs": 2, "mixup": 0.3, "ema": 0.9}
    wanted = train(**settings).state
    with array_api_strict.ArrayAPIStrictFlags(api_version="2023.12"):
        found = train(network=Network.fresh(CNN, seed=1).to(array_api_strict), **settings).state
    assert found.network.xp is array_api_strict
    for name, value in wanted.network.parameters.items():
        assert np.asarray(found.network.parameters[name]) == pytest.approx(value, rel=1e-10, abs=1e-12)
    assert found.history == tuple(pytest.approx(epoch, rel=1e-10) for epoch in wanted.history)


# Optimisers


def test_momentum_gathers_steps_and_adam_starts_at_its_rate():
    slopes, start = {"a.weight": np.array([2.0, -8.0])}, {"a.weight": np.zeros(2)}
    sgd, adam = SGD(0.1, momentum=0.5), Adam(0.1)
    moved, memory = sgd.step(start, slopes, sgd.start(start))
    moved, _ = sgd.step(moved, slopes, memory)
    assert moved["a.weight"] == pytest.approx(-0.1 * (1 + 1.5) * slopes["a.weight"])
    moved, memory = adam.step(start, slopes, adam.start(start))
    assert moved["a.weight"] == pytest.approx([-0.1, 0.1])
    assert memory.step == 1


@pytest.mark.parametrize("decay", ["decoupled", "l2"])
def test_weight_decay_shrinks_weights_and_nothing_else(decay):
    arrays = {"a.weight": np.ones(1), "a.bias": np.ones(1), "b.scale": np.ones(1), "b.mean": np.ones(1)}
    slopes = {name: np.zeros(1) for name in arrays if name != "b.mean"}
    optimiser = SGD(0.1, weight_decay=0.5, decay=decay)
    moved, _ = optimiser.step(arrays, slopes, optimiser.start(slopes))
    assert {name: float(array[0]) for name, array in moved.items()} == {
        "a.weight": 0.95,
        "a.bias": 1.0,
        "b.scale": 1.0,
        "b.mean": 1.0,
    }


def test_the_two_decays_differ_under_adam():
    arrays, slopes = {"a.weight": np.array([4.0])}, {"a.weight": np.array([0.0])}
    moved = {}
    for decay in ("decoupled", "l2"):
        optimiser = Adam(0.1, weight_decay=0.5, decay=decay)
        moved[decay] = float(optimiser.step(arrays, slopes, optimiser.start(arrays))[0]["a.weight"][0])
    assert moved == {"decoupled": pytest.approx(4 * 0.95), "l2": pytest.approx(4 - 0.1)}


# Checkpoints


@pytest.mark.parametrize("settings", [{}, {"ema": 0.9, "mixup": 0.2, "optimiser": SGD(0.1, momentum=0.9)}])
def test_a_resumed_training_gives_the_numbers_of_an_uninterrupted_one(settings, tmp_path):
    whole = train(epochs=5, **settings)
    part = train(epochs=2, **settings)
    state = load(save(part.state, tmp_path / "part.nc"), CNN)
    assert same_state(state, part.state)
    resumed = train(epochs=5, resume=state, **settings)
    assert same_state(resumed.state, whole.state)
    assert same(resumed.network.parameters, whole.network.parameters)
    assert resumed.epoch == whole.epoch


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_checkpoint_holds_the_bits(dtype, tmp_path):
    state = train(replace(CNN, dtype=dtype), ema=0.9).state
    found = load(save(state, tmp_path / "a.nc"))
    assert same_state(found, state)
    assert found.network.architecture == state.network.architecture
    assert found.settings == state.settings
    outputs = found.network.outputs(stripes(5)[0])
    assert (outputs == state.network.outputs(stripes(5)[0])).all()


def test_settings_may_be_numbers_of_numpy(tmp_path):
    settings = {"seed": np.int64(4), "batch": np.int32(16), "optimiser": Adam(np.float32(0.02))}
    state = train(Architecture("cnn", (1, 6, 6), np.int64(3), channels=np.array([3])), **settings).state
    assert same_state(load(save(state, tmp_path / "a.nc")), state)


def test_a_training_that_has_not_begun_is_stored_too(tmp_path):
    x, y = stripes(48)
    x[:] = np.nan
    state = fit(Network.fresh(CNN, seed=1), (x, y), stripes(24, 1), **SETTINGS, epochs=1, ema=0.9).state
    assert same_state(load(save(state, tmp_path / "a.nc")), state)


def test_progress_can_save_a_checkpoint_after_every_epoch(tmp_path):
    path = tmp_path / "a.nc"
    whole = train(progress=lambda state: save(state, path, force=True))
    assert same_state(load(path), whole.state)
    with pytest.raises(OutputError, match="exists already"):
        save(whole.state, path)
    assert os.listdir(tmp_path) == ["a.nc"]


def test_a_training_after_its_last_epoch_makes_none():
    found = train()
    again = train(resume=found.state, progress=lambda state: pytest.fail("made an epoch"))
    assert again.history == found.history


def test_a_checkpoint_is_labelled_and_opens_in_xarray(tmp_path):
    with xr.open_dataset(save(train().state, tmp_path / "a.nc")) as dataset:
        assert dataset["validation_accuracy"].dims == ("epoch",)
        assert dataset["epoch"].values.tolist() == [1, 2, 3]
        assert dataset["best.0.convolution.weight"].shape == (3, 1, 3, 3)
        for variable in dataset.data_vars.values():
            assert variable.attrs["long_name"] and variable.attrs["units"] == "1"


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (replace(CNN, channels=(4,)), "channels [3] instead of [4]"),
        (replace(CNN, dtype="float32"), "dtype float64 instead of float32"),
        (Architecture("two-layer", (1, 6, 6), 3), "name cnn instead of two-layer"),
    ],
)
def test_a_training_of_another_architecture_is_refused(other, difference, tmp_path):
    state = train(epochs=1).state
    path = save(state, tmp_path / "a.nc")
    with pytest.raises(OutputError) as error:
        load(path, other)
    assert str(error.value) == f"{path}: this training is of another architecture: {difference}"
    with pytest.raises(InputError) as error:
        train(other, resume=state)
    assert str(error.value) == f"resume: the training has {difference}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": 5}, "resume: the training has seed 4 instead of 5"),
        ({"batch": 8}, "resume: the training has batch 16 instead of 8"),
        ({"ema": 0.5}, "resume: the training has ema null instead of 0.5"),
        ({"optimiser": SGD(0.02)}, "resume: the training has optimiser"),
        ({"loss": Mse()}, "resume: the training has loss"),
    ],
)
def test_a_training_is_not_resumed_with_other_settings(settings, message):
    with pytest.raises(InputError) as error:
        train(resume=train(epochs=1).state, **settings)
    assert str(error.value).startswith(message)


def spoil(path: Any, what: str) -> None:
    with netCDF4.Dataset(path, "a") as file:
        if what == "attribute":
            del file.memsim_checkpoint
        elif what == "version":
            file.memsim_checkpoint = 99
        elif what == "architecture":
            file.architecture = '{"name": "cnn"}'
        elif what == "shape":
            file.architecture = file.architecture.replace('"channels": [3]', '"channels": [4]')
        elif what == "json":
            file.settings = "{"
        elif what == "variable":
            file.renameVariable("best.6.dense.bias", "lost")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("attribute", "not a training of memsim (it has no attribute 'memsim_checkpoint')"),
        ("version", "written with schema 99, this version reads up to 1; update memsim to read it"),
        ("architecture", "damaged ("),
        ("shape", "damaged (its architecture has 144 weights, but it holds 123 parameters)"),
        ("json", "damaged ("),
        ("variable", "damaged (it has no "),
    ],
)
def test_a_damaged_checkpoint_is_refused_in_one_line(what, message, tmp_path):
    path = save(train(epochs=1).state, tmp_path / "a.nc")
    spoil(path, what)
    with pytest.raises(OutputError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_missing_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(OutputError, match="no such file"):
        load(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("hello")
    with pytest.raises(OutputError, match="not a readable netCDF file"):
        load(tmp_path / "text.nc")


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs: 0 is not a whole number of at least 1"),
        ({"batch": 2.5}, "batch: 2.5 is not a whole number of at least 1"),
        ({"patience": 0}, "patience: 0 is not a whole number of at least 1"),
        ({"mixup": 1.5}, "mixup: 1.5 is not a number from 0 (none) to 1"),
        ({"ema": 1.0}, "ema: 1.0 is not a decay from 0 to below 1"),
        ({"select": "accurcy"}, "select: unknown score 'accurcy'; did you mean 'accuracy'?"),
        ({"seed": -1}, "seed: -1 is not a whole number in [0, 2^64)"),
        ({"number": 1 << 24}, "number: 16777216 is not a whole number in [0, 16777216)"),
        ({"optimiser": "adam"}, "optimiser: 'adam' is none of sgd, adam"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(InputError) as error:
        train(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (SGD, {"rate": 0}, "rate: 0 learns nothing"),
        (SGD, {"rate": math.nan}, "rate: nan is not a number from 0 to below inf"),
        (SGD, {"rate": 0.1, "momentum": 1.0}, "momentum: 1.0 is not a number from 0 to below 1"),
        (Adam, {"beta2": 1.0}, "beta2: 1.0 is not a number from 0 to below 1"),
        (Adam, {"weight_decay": -1}, "weight_decay: -1 is not a number from 0 to below inf"),
        (Adam, {"decay": "L2"}, "decay: unknown decay 'L2'; did you mean 'l2'?"),
    ],
)
def test_impossible_optimisers_are_refused(kind, settings, message):
    with pytest.raises(InputError) as error:
        kind(**settings)
    assert str(error.value) == message


IMAGES, LABELS = stripes(6)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ((IMAGES[:, 0], LABELS), "train: inputs of shape [6, 6, 6] are not (sample, 1, 6, 6)"),
        ((IMAGES[:0], LABELS[:0]), "train: inputs of shape [0, 1, 6, 6] are not (sample, 1, 6, 6)"),
        ((IMAGES, LABELS[:5]), "train: 6 inputs have 5 labels"),
        ((IMAGES, LABELS + 1), "train: a label is 3; the network has the classes 0 to 2"),
        ((IMAGES, LABELS - 1), "train: a label is -1; the network has the classes 0 to 2"),
        ((IMAGES, LABELS + 0.5), "train: labels are neither class numbers (sample,) nor targets (sample, 3)"),
        ((IMAGES, np.eye(4)[LABELS]), "train: labels are neither class numbers (sample,) nor targets (sample, 3)"),
    ],
)
def test_impossible_samples_are_refused(samples, message):
    with pytest.raises(DataError) as error:
        fit(Network.fresh(CNN, seed=1), samples, stripes(6), **SETTINGS, epochs=1)
    assert str(error.value) == message


def test_the_package_offers_training_without_loading_it():
    code = (
        "import sys, memsim.networks as b\n"
        "print([m for m in ('numpy', 'numba', 'cupy') if m in sys.modules])\n"
        "print(all(callable(getattr(b, name)) for name in b.__all__ if not name.isupper() or name == 'SGD'))\n"
        "import memsim.networks.training; print(b.fit is memsim.networks.training.fit)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "True", "True"]
