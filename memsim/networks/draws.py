"""Random numbers of gradient training, each a function of its address and of nothing else.

The number of the network is the array, and the layer is in the scope (see `memsim.philox`):

=============  =======  ==================  =====================  ==================
draw           stream   step (c2)           column (c1)            row (c0)
=============  =======  ==================  =====================  ==================
fresh weights  WEIGHTS  0                   unit                   input
batch order    ORDER    epoch               0, or 1 for features   sample
mixup          MIXUP    step of training    0 or 1                 attempt
dropout        DROPOUT  step of training    feature                place in the batch
=============  =======  ==================  =====================  ==================

Training for hardware has WEIGHT_NOISE and DROP_CONNECT with the rows and columns of fresh weights, and OUTPUT_NOISE
with a column for each read and a row for each output. Its layers are numbered among those with weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.kernels.fill import fill
from memsim.philox import MAX_ARRAYS, OrderDraw, Scope, Stream, below, scoped

_ATTEMPTS = 64


class Address(NamedTuple):
    """Where the random numbers of a layer lie.

    Attributes
    ----------
    seed : int
        The 64-bit key.
    number : int
        Number of the network, so that several differ under one seed; below 2^24.
    step : int
        Step of training, from 0.
    layer : int
        Number of the layer in the network, from 0, those inside others counted in their order; 0 also for draws that
        belong to the whole network.
    """

    seed: int
    number: int = 0
    step: int = 0
    layer: int = 0

    def after(self, layers: int) -> Address:
        """Address of the layer that comes so many layers later."""
        return self._replace(layer=self.layer + layers)


def check_number(number: int) -> None:
    """Refuse a network number that is no address.

    Raises
    ------
    InputError
        If it is not a whole number in [0, 2^24).
    """
    below("number", number, MAX_ARRAYS)


def weights(units: int, inputs: int, bound: float, address: Address, dtype: str) -> np.ndarray:
    """Fresh weights (unit, input), uniform within +-bound."""
    uniform = _fill(Stream.WEIGHTS, (units, inputs), address)
    return ((2.0 * bound) * uniform.astype(dtype) - bound).astype(dtype, copy=False)


def order(samples: int, address: Address, epoch: int, *, features: bool = False) -> np.ndarray:
    """A random order of the samples in an epoch, (sample,); of epochs in which features are learned, another one."""
    column = OrderDraw.FEATURES if features else OrderDraw.SAMPLES
    ranks = _fill(Stream.ORDER, (1, samples), address, step=epoch, first_column=column)
    return np.argsort(ranks[0], kind="stable")


def mixup_share(alpha: float, address: Address) -> float:
    """Share of the first of two mixed samples, from Beta(alpha, alpha) with 0 < alpha <= 1.

    Source: Joehnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", Metrika 8 (1964); also Devroye,
    "Non-uniform random variate generation" (1986), IX.3.5. An attempt succeeds with a chance of at least a half.
    """
    uniform = _fill(Stream.MIXUP, (2, _ATTEMPTS), address, step=address.step).astype(np.float64)
    logs = np.log(uniform) / alpha
    total = np.logaddexp(*logs)
    accepted = int(np.argmax(total <= 0.0))
    return float(np.exp(logs[0, accepted] - total[accepted]))


def kept(share: float, features: int, samples: int, address: Address) -> np.ndarray:
    """Mask (feature, place in the batch) of what dropout keeps, each with the chance `share`."""
    return _fill(Stream.DROPOUT, (features, samples), address, step=address.step) <= np.float32(share)


def weight_noise(units: int, inputs: int, address: Address) -> np.ndarray:
    """Normal numbers (unit, input) for the weights of a layer in a step of training."""
    return _fill(Stream.WEIGHT_NOISE, (units, inputs), address, step=address.step, kind="normal")


def output_noise(reads: int, outputs: int, address: Address, first: int = 0) -> np.ndarray:
    """Normal numbers (read, output) for the outputs of a layer in a step of training, from a number of a read on."""
    shape = reads, outputs
    return _fill(Stream.OUTPUT_NOISE, shape, address, step=address.step, first_column=first, kind="normal")


def connected(share: float, units: int, inputs: int, address: Address) -> np.ndarray:
    """Mask (unit, input) of the weights that drop-connect keeps, each with the chance `share`."""
    return _fill(Stream.DROP_CONNECT, (units, inputs), address, step=address.step) <= np.float32(share)


def _fill(
    stream: Stream,
    shape: tuple[int, int],
    address: Address,
    *,
    step: int = 0,
    first_column: int = 0,
    kind: str = "uniform",
) -> np.ndarray:
    """Uniform numbers in (0, 1], or normal ones, (column, row)."""
    return fill(
        kind,
        (1, *shape),
        seed=scoped(address.seed, Scope(layer=address.layer)),
        stream=stream,
        step=step,
        first_array=address.number,
        first_column=first_column,
    )[0]
