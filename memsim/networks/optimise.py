"""Optimisers: how a gradient becomes new parameters; and the running mean of parameters.

Weight decay acts on parameters named ``weight`` only, not on biases, scales and shifts. ``decoupled`` (the default)
shrinks weights by rate * weight_decay at each step, beside the gradient (Loshchilov & Hutter 2019, arXiv:1711.05101);
``l2`` adds weight_decay * weight to the gradient, which for SGD without momentum is the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from memsim.errors import InputError, nearest
from memsim.networks.losses import array_namespace
from memsim.registry import Registry

DECAYS = ("decoupled", "l2")
Arrays = dict[str, Any]
Decay = Annotated[float, Field(allow_inf_nan=False, ge=0, lt=1)]
"""Factor of a running mean from one step to the next, and the range that it has in documents."""


class Memory(NamedTuple):
    """What an optimiser remembers.

    Attributes
    ----------
    step : int
        Steps made.
    slots : dict of str to dict of str to array
        One array per parameter, under the names of `slots` of the optimiser.
    """

    step: int
    slots: dict[str, Arrays]


@dataclass(frozen=True)
class _Optimiser:
    name: ClassVar[str]
    slots: ClassVar[tuple[str, ...]]
    rate: float
    weight_decay: float = 0.0
    decay: Literal[DECAYS] = "decoupled"  # type: ignore[valid-type]

    def __post_init__(self) -> None:
        if self.decay not in DECAYS:
            raise InputError(f"decay: unknown decay {self.decay!r}{nearest(self.decay, DECAYS)}")
        for field, allowed in self._allowed().items():
            low, high = allowed
            value = getattr(self, field)
            if not (low <= value < high):
                raise InputError(f"{field}: {value!r} is not a number from {low:g} to below {high:g}")
        if self.rate == 0:
            raise InputError("rate: 0 learns nothing")

    def _allowed(self) -> dict[str, tuple[float, float]]:
        return {"rate": (0, math.inf), "weight_decay": (0, math.inf)}

    def start(self, parameters: Mapping[str, Any]) -> Memory:
        """Memory before the first step, all zero; `parameters` are those that have gradients."""
        zeros = {name: array_namespace(array).zeros_like(array) for name, array in parameters.items()}
        return Memory(0, {slot: dict(zeros) for slot in self.slots})

    def step(self, parameters: Mapping[str, Any], slopes: Mapping[str, Any], memory: Memory) -> tuple[Arrays, Memory]:
        """New parameters and memory; parameters without a slope stay. Nothing given is changed."""
        moved = dict(parameters)
        slots: dict[str, Arrays] = {slot: {} for slot in self.slots}
        for name, slope in slopes.items():
            weight = parameters[name]
            decayed = self.weight_decay if name.rpartition(".")[2] == "weight" else 0.0
            if decayed and self.decay == "l2":
                slope = slope + decayed * weight
            elif decayed:
                weight = (1.0 - self.rate * decayed) * weight
            remembered = tuple(memory.slots[slot][name] for slot in self.slots)
            change, kept = self._change(slope, remembered, memory.step + 1)
            moved[name] = weight - change
            for slot, array in zip(self.slots, kept, strict=True):
                slots[slot][name] = array
        return moved, Memory(memory.step + 1, slots)

    def _change(self, slope: Any, remembered: tuple[Any, ...], step: int) -> tuple[Any, tuple[Any, ...]]:
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(_Optimiser):
    """Gradient descent with momentum: v <- momentum v + slope, w <- w - rate v (Polyak's, not Nesterov's)."""

    name: ClassVar[str] = "sgd"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    momentum: Decay = 0.0

    def _allowed(self) -> dict[str, tuple[float, float]]:
        return super()._allowed() | {"momentum": (0, 1)}

    def _change(self, slope: Any, remembered: tuple[Any, ...], step: int) -> tuple[Any, tuple[Any, ...]]:
        velocity = self.momentum * remembered[0] + slope
        return self.rate * velocity, (velocity,)


@dataclass(frozen=True)
class Adam(_Optimiser):
    """Steps along the running mean of the slope over the root of its running square.

    Source: Kingma & Ba, "Adam", ICLR 2015, algorithm 1 with its defaults (arXiv:1412.6980).
    """

    name: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("first", "second")
    rate: float = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 1e-8

    def _allowed(self) -> dict[str, tuple[float, float]]:
        return super()._allowed() | {"beta1": (0, 1), "beta2": (0, 1), "epsilon": (0, math.inf)}

    def _change(self, slope: Any, remembered: tuple[Any, ...], step: int) -> tuple[Any, tuple[Any, ...]]:
        first = self.beta1 * remembered[0] + (1.0 - self.beta1) * slope
        second = self.beta2 * remembered[1] + (1.0 - self.beta2) * (slope * slope)
        root = array_namespace(slope).sqrt(second / (1.0 - self.beta2**step))
        return (self.rate / (1.0 - self.beta1**step)) * first / (root + self.epsilon), (first, second)


Optimiser = SGD | Adam
OPTIMISERS: Registry[Optimiser] = Registry("optimiser", (SGD, Adam))
"""Optimisers by the name that experiments give them (``training.optimiser``)."""


def follow(average: Mapping[str, Any] | None, parameters: Mapping[str, Any], decay: float, step: int) -> Arrays:
    """Mean of the parameters after steps 1 to `step`, the weight of each smaller by `decay` than that of the next.

    The weights sum to one from the first step on (the bias correction of Adam), so fresh parameters never enter.
    """
    if average is None:
        return dict(parameters)
    share = (1.0 - decay) / (1.0 - decay**step)
    return {name: average[name] + share * (array - average[name]) for name, array in parameters.items()}
