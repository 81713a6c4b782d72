"""Training on a data set: mini-batches, the best checkpoint by validation, and a history.

Given the seed and the number, the numbers are the same on any number of cores: the draws are addressed, layers work
in parts that do not depend on the cores, and BLAS is held to one thread, since its sums move with threads. That costs
nothing: a step of the cnn on 64 x 64 pixels took 0.41 s with parts on two cores, 0.57 s on one core, and 0.53 s with
two BLAS threads instead of parts (medians, 2 GHz Xeon under other load).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.errors import InputError, nearest
from memsim.networks import draws
from memsim.networks.draws import Address
from memsim.networks.losses import Loss
from memsim.networks.network import Network, learned
from memsim.networks.optimise import OPTIMISERS, Optimiser, follow
from memsim.networks.scores import Samples, checked, count_right, score
from memsim.networks.state import Epoch, State
from memsim.networks.weight_noise import check_weight_noise, with_noise
from memsim.philox import key

SELECT = ("accuracy", "snr")


@dataclass(frozen=True)
class Fit:
    """A training that ended.

    Attributes
    ----------
    network : Network
        The best checkpoint.
    epoch : int
        Its epoch, counted from 1; 0 is the fresh network.
    history : tuple of Epoch
    ended : {"epochs", "patience", "diverged"}
        Why.
    message : str
        The same in a sentence; of a divergence with epoch and step.
    state : State
        After the last whole epoch, to save or to go on from.
    """

    network: Network
    epoch: int
    history: tuple[Epoch, ...]
    ended: Literal["epochs", "patience", "diverged"]
    message: str
    state: State


@dataclass(frozen=True)
class _Plan:
    """The settings of a training, checked."""

    loss: Loss
    optimiser: Optimiser
    batch: int
    seed: int
    number: int
    mixup: float
    ema: float | None
    select: str
    weight_noise: float

    def __post_init__(self) -> None:
        if not isinstance(self.optimiser, tuple(OPTIMISERS.values())):
            raise InputError(f"optimiser: {self.optimiser!r} is none of {', '.join(OPTIMISERS)}")
        if self.select not in SELECT:
            raise InputError(f"select: unknown score {self.select!r}{nearest(self.select, SELECT)}")
        key(self.seed)
        draws.check_number(self.number)
        _check_count("batch", self.batch)
        if not 0 <= self.mixup <= 1:
            raise InputError(f"mixup: {self.mixup!r} is not a number from 0 (none) to 1")
        if self.ema is not None and not 0 <= self.ema < 1:
            raise InputError(f"ema: {self.ema!r} is not a decay from 0 to below 1")
        check_weight_noise(self.weight_noise)

    def settings(self, samples: int) -> dict[str, Any]:
        """Plain values of all that a resumed training must share."""
        plain = {name: value for name, value in vars(self).items() if name not in ("loss", "optimiser")}
        optimiser = {"name": self.optimiser.name, **asdict(self.optimiser)}
        plain |= {count: int(plain[count]) for count in ("batch", "seed", "number")}
        loss = {"name": self.loss.name, **asdict(self.loss)}
        return {"samples": samples, "loss": loss, "optimiser": optimiser, **plain}


def fit(
    network: Network,
    train: Samples,
    validation: Samples,
    *,
    loss: Loss,
    optimiser: Optimiser,
    epochs: int,
    seed: int,
    batch: int = 128,
    number: int = 0,
    mixup: float = 0.0,
    ema: float | None = None,
    patience: int | None = None,
    select: str = "accuracy",
    weight_noise: float = 0.0,
    resume: State | None = None,
    progress: Callable[[State], object] | None = None,
) -> Fit:
    """Train a network and keep its best checkpoint.

    Parameters
    ----------
    network : Network
        Where training starts; its library (NumPy, CuPy) is where training runs.
    train, validation : (inputs, labels)
        See `Samples`.
    loss : Loss
        Minimised, mean over a batch.
    optimiser : SGD or Adam
    epochs : int
        Passes over the training samples, in all: a resumed training makes those that are missing.
    seed, number : int
        Address of the order of the samples, dropout, mixup and noise of weights; trainings of one seed differ by their
        number.
    batch : int
        Most samples in a step; the batches of an epoch are equally large but for one sample.
    mixup : float
        Samples are mixed in pairs, inputs and targets, with a share from Beta(mixup, mixup), one a step; 0 is none. A
        sample's partner is its neighbour in the random order. Source: Zhang et al., ICLR 2018 (arXiv:1710.09412).
    ema : float, optional
        Validate and keep a running mean of the weights, see `memsim.networks.optimise.follow`, with this decay.
    patience : int, optional
        Stop after so many epochs in a row without a better checkpoint.
    select : {"accuracy", "snr"}
        Score of the validation samples by which a checkpoint is better; of equal ones that of the lower loss.
    weight_noise : float
        Standard deviation of Gaussian noise of the weights, relative to the largest |weight| of each layer, from 0
        (none) to 1. It is drawn anew in each step. Outputs and gradients are those of the weights with noise; the step
        changes the weights without noise. Validation has none. See `memsim.networks.weight_noise.with_noise`.
    resume : State, optional
        A training to go on with, instead of `network`'s parameters; of the same settings.
    progress : callable, optional
        Called with the state after every epoch, for a bar or to save a checkpoint.

    Raises
    ------
    InputError
        If a setting is out of range, or the training to go on with has other settings.
    DataError
        If inputs and labels do not fit each other or the network, or there are none.

    Notes
    -----
    A loss that is not finite ends the training; `Fit.message` says where, and the best checkpoint before it stays.
    """
    _check_count("epochs", epochs)
    if patience is not None:
        _check_count("patience", patience)
    plan = _Plan(loss, optimiser, batch, seed, number, mixup, ema, select, weight_noise)
    data, held_out = checked(network, *train, "train"), checked(network, *validation, "validation")
    settings = plan.settings(len(data[0]))
    if resume is None:
        slots = optimiser.start({name: array for name, array in network.parameters.items() if learned(name)})
        state = State(network, slots, None, network.parameters, 0, (), settings)
    else:
        resume.check(network, settings)
        state = resume.to(network.xp).computed_by(network.engine)
    ended, message = "epochs", f"all {epochs} epochs were made"
    with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        while len(state.history) < epochs:
            if patience is not None and len(state.history) - state.best_epoch >= patience:
                ended, message = "patience", f"no better checkpoint in {patience} epochs after epoch {state.best_epoch}"
                break
            found = _epoch(state, data, held_out, plan)
            if isinstance(found, str):
                ended, message = "diverged", found
                break
            state = found
            if progress is not None:
                progress(state)
    best = network.replace(state.best)
    return Fit(best, state.best_epoch, state.history, ended, message, state)  # type: ignore[arg-type]


def _epoch(state: State, data: Samples, held_out: Samples, plan: _Plan) -> State | str:
    """The state after one more epoch, or how it diverged."""
    network, memory, average = state.network, state.memory, state.average
    inputs, targets = data
    xp, epoch = network.xp, len(state.history) + 1
    address = Address(plan.seed, plan.number)
    batches = np.array_split(draws.order(len(inputs), address, epoch - 1), -(-len(inputs) // plan.batch))
    loss = right = 0.0
    for i, chosen in enumerate(batches, 1):
        here = address._replace(step=memory.step)
        x, t = (xp.asarray(array[chosen], dtype=network.dtype) for array in (inputs, targets))
        if plan.mixup:
            share = draws.mixup_share(plan.mixup, here)
            x, t = (share * array + (1.0 - share) * xp.roll(array, -1, axis=0) for array in (x, t))
        noisy = network.replace(with_noise(network.parameters, plan.weight_noise, here))
        step = noisy.gradient(x, t, plan.loss, here)
        if not math.isfinite(step.loss):
            return f"the loss is {step.loss} in epoch {epoch}, step {i} of {len(batches)}; {_kept(state)}"
        moved, memory = plan.optimiser.step(network.parameters, step.slopes, memory)
        network = network.replace(moved | step.statistics)
        if plan.ema is not None:
            average = follow(average, network.parameters, plan.ema, memory.step)
        loss += step.loss * len(chosen)
        right += count_right(xp, step.outputs, t)
    shown = network if average is None else network.replace(average)
    scores = score(shown, *held_out, plan.loss)
    if not math.isfinite(scores.loss):
        return f"the validation loss is {scores.loss} after epoch {epoch}; {_kept(state)}"
    made = Epoch(loss / len(inputs), right / len(inputs), scores.loss, scores.accuracy, scores.snr)
    best, best_epoch = state.best, state.best_epoch
    if best_epoch == 0 or _rank(made, plan.select) > _rank(state.history[best_epoch - 1], plan.select):
        best, best_epoch = shown.parameters, epoch
    return State(network, memory, average, best, best_epoch, (*state.history, made), state.settings)


def _kept(state: State) -> str:
    return f"the checkpoint of epoch {state.best_epoch} is kept" if state.best_epoch else "the fresh network is kept"


def _rank(epoch: Epoch, select: str) -> tuple[float, float]:
    return epoch.validation_accuracy if select == "accuracy" else epoch.snr, -epoch.validation_loss


def _check_count(name: str, count: Any) -> None:
    if isinstance(count, bool) or not isinstance(count, Integral) or count < 1:
        raise InputError(f"{name}: {count!r} is not a whole number of at least 1")
