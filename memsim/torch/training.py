"""Training that prepares a network for hardware: noise of weights, clipped weights, learned ranges of inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from memsim.errors import InputError, nearest
from memsim.networks.draws import Address, connected, output_noise, weight_noise
from memsim.philox import MAX_REPETITIONS
from memsim.torch.processes import process_number, processes

NOISES = ("normal", "multiplicative", "device")


@dataclass(frozen=True)
class Training:
    """What acts on a layer while it is trained, beside its converters.

    Parameters
    ----------
    weight_noise : float
        Standard deviation of the noise of weights. It is drawn anew in each forward pass. The forward and the backward
        pass use the same noisy weights; the gradient goes to the weights without noise. Biases have no noise.
    noise : {"normal", "multiplicative", "device"}
        ``normal``: `weight_noise` is relative to the weight that spans the bounds, which is the largest |weight| of the
        layer, or of each output with ``Hardware.scales`` of columns. ``multiplicative``: to each weight.
        ``device``: weights are those of cells that were programmed with the errors of the device, and `weight_noise`
        must be 0; one of 1024 programmings in turn.
    drop_connect : float
        Chance of each weight to be 0 in a forward pass, below 1.
    clip_sigma : float, optional
        Weights are clipped to so many standard deviations of the weights of the layer before each forward pass; 2 to
        3.5 are usual. Equal weights, or a single one, have no deviation and are not clipped.
    clip_value : float, optional
        They are clipped to this size.
    learn_scales : bool
        Whether a digital factor of each output is learned, with hardware whose `scales` are those of columns. The
        factors begin at the scales of the columns, by which the weights are divided. From then on, a weight of 1 spans
        the bounds, the weights are clipped to 1 before each forward pass in training, and `clip_value` and `clip_sigma`
        are in these units, too.
    learn_input_range : bool
        Whether the input range of the DACs is learned with the weights. It grows where clipped inputs would lower the
        loss, and shrinks by `range_decay` while more than 95 % of the inputs are not clipped. It begins at three
        standard deviations of the first inputs, if the model was not calibrated; at their largest size where they are
        all the same; and at 1 where they are all 0.
    range_decay : float
        See above.

    Raises
    ------
    InputError
        If a setting is not allowed.

    Notes
    -----
    Source of the learned range, its gradient and its decay: aihwkit-lightning 2.1 (analog layers). Weight noise
    relative to the largest weight: Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9.
    """

    weight_noise: float = 0.0
    noise: str = "normal"
    drop_connect: float = 0.0
    clip_sigma: float | None = None
    clip_value: float | None = None
    learn_scales: bool = False
    learn_input_range: bool = False
    range_decay: float = 0.001

    def __post_init__(self) -> None:
        if self.noise not in NOISES:
            raise InputError(f"noise: unknown noise {self.noise!r}{nearest(self.noise, NOISES)}")
        for name, most in (("weight_noise", math.inf), ("drop_connect", 1.0), ("range_decay", math.inf)):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and math.isfinite(value) and 0 <= value < most):
                below = "" if most == math.inf else f" and below {most:g}"
                raise InputError(f"{name}: {value!r} is not allowed; a number of at least 0{below}")
        for name in ("clip_sigma", "clip_value"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and 0 < value < math.inf):
                raise InputError(f"{name}: {value!r} is not allowed; a number above 0, or None")
        if self.noise == "device" and self.weight_noise:
            raise InputError("weight_noise: the noise 'device' has the size of the device; leave it out")


def trained_weight(
    weight: Tensor, training: Training, address: Address, programmed: Callable[[int], Tensor], scale: float | Tensor
) -> Tensor:
    """The weights of a layer in a forward pass of its training.

    Parameters
    ----------
    weight : Tensor
        The weights without noise.
    training : Training
        What acts on them.
    address : Address
        Of the step and the layer.
    programmed : callable
        Weights that cells hold after the programming of some number.
    scale : float or Tensor
        Weight that spans the bounds, broadcast against the weights.
    """
    if training.noise == "device":
        weight = weight + (programmed(address.step % MAX_REPETITIONS) - weight).detach()
    elif training.weight_noise:
        numbers = _shaped(weight_noise(len(weight), weight[0].numel(), address), weight)
        size = weight.detach().abs() if training.noise == "multiplicative" else scale
        weight = weight + training.weight_noise * size * numbers
    if training.drop_connect:
        mask = connected(1 - training.drop_connect, len(weight), weight[0].numel(), address)
        weight = weight * _shaped(mask, weight)
    return weight


def readout_noise(parts: list[Tensor], axis: int, sigma: Any, address: Address) -> list[Tensor]:
    """Outputs of tiles with the noise of the electronics that read them, each with numbers of its own.

    The reads of several processes follow each other, as those of one batch with the samples of all.

    Parameters
    ----------
    parts : list of Tensor
        Outputs, of the same shape.
    axis : int
        The axis of the outputs of a sample.
    sigma : float or Tensor
        Standard deviation, broadcast against the outputs.
    address : Address
        Of the step and the layer.
    """
    last = parts[0].movedim(axis, -1)
    reads = last[..., 0].numel()
    noisy = []
    for number, part in enumerate(parts):
        first = (number * processes() + process_number()) * reads
        numbers = torch.from_numpy(output_noise(reads, last.shape[-1], address, first=first)).to(part)
        noisy.append(part + sigma * numbers.reshape(last.shape).movedim(-1, axis))
    return noisy


def clip(weight: Tensor, training: Training) -> None:
    """Clip weights in place."""
    with torch.no_grad():
        if training.clip_sigma is not None:
            sigma = _deviation(weight)
            if sigma > 0:
                weight.clamp_(-training.clip_sigma * sigma, training.clip_sigma * sigma)
        if training.clip_value is not None:
            weight.clamp_(-training.clip_value, training.clip_value)


def _deviation(values: Tensor) -> float:
    """Standard deviation; 0 for a single number, and for equal ones, whatever the rounding of their mean is."""
    if values.numel() < 2 or bool((values == values.flatten()[0]).all()):
        return 0.0
    return float(values.std())


def first_range(x: Tensor) -> float:
    """Where the range of inputs that is learned begins, see `Training.learn_input_range`."""
    return 3 * _deviation(x) or float(x.abs().max()) or 1.0


class LearnedRange(torch.autograd.Function):
    """Inputs clipped at a learned range r and rounded to steps of r over the largest code.

    The gradient passes straight through the rounding and is 0 where inputs are clipped. That of the range is
    r [sum over x >= r of min(g, 0) - sum over x <= -r of max(g, 0)], plus its decay.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, largest: Tensor, most: int | None, unsigned: bool, decay: float) -> Tensor:
        r = largest.to(x.dtype)
        ctx.save_for_backward(x, r)
        ctx.unsigned, ctx.decay = unsigned, decay
        clipped = torch.minimum(torch.maximum(x, torch.zeros_like(r) if unsigned else -r), r)
        return clipped if most is None else torch.round(clipped * (most / r)) * (r / most)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        (x, r), (gradient,) = ctx.saved_tensors, gradients
        above, below = x > r, x < (0.0 if ctx.unsigned else -r)
        inside = ~(above | below)
        by_range = gradient[x >= r].clamp(max=0).sum()
        if not ctx.unsigned:
            by_range = by_range - gradient[x <= -r].clamp(min=0).sum()
        by_range = by_range * r
        if inside.double().mean() > _UNCLIPPED:
            by_range = by_range + ctx.decay * r
        return gradient * inside, by_range.double(), None, None, None


_UNCLIPPED = 0.95
"""Share of inputs that are not clipped, above which the range decays (aihwkit-lightning)."""


def _shaped(numbers: Any, weight: Tensor) -> Tensor:
    """Numbers (unit, input) in the shape and type of a weight."""
    return torch.from_numpy(numbers).to(weight).reshape(weight.shape)
