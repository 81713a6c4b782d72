"""Random numbers of gradient training, each a function of its address and of nothing else.

Fresh weights come from the stream INITIAL: step the layer, column the unit, row the input. The rest is TRAINING's:

=============  ==================  ===================  =================
draw           step (c2)           column (c1)          row
=============  ==================  ===================  =================
batch order    epoch               0                    sample
mixup          step of training    2^24                 attempt
dropout        step of training    (2 + layer) 2^24     place in the batch
                                   + feature
=============  ==================  ===================  =================
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.philox import MAX_ARRAYS, Stream

_KIND = 1 << 24  # columns of a kind of draw
_ORDER, _MIXUP, _DROPOUT = 0, 1, 2  # never renumbered
_CHILDREN = 64
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
        Path of the layer; 0 is the whole network.
    """

    seed: int
    number: int = 0
    step: int = 0
    layer: int = 0

    def child(self, place: int) -> Address:
        """Address of the layer at a place, from 0, inside this one."""
        return self._replace(layer=self.layer * _CHILDREN + place + 1)


def check_number(number: int) -> None:
    """Refuse a network number that is no address.

    Raises
    ------
    InputError
        If it is not a whole number in [0, 2^24).
    """
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number < MAX_ARRAYS:
        raise InputError(f"number: {number!r} is not a whole number in [0, 2^24)")


def weights(units: int, inputs: int, bound: float, address: Address, dtype: str) -> np.ndarray:
    """Fresh weights (unit, input), uniform within +-bound."""
    uniform = _fill(Stream.INITIAL, (units, inputs), address, address.layer, 0)
    return ((2.0 * bound) * uniform.astype(dtype) - bound).astype(dtype, copy=False)


def order(samples: int, address: Address, epoch: int) -> np.ndarray:
    """A random order of the samples in an epoch, (sample,)."""
    return np.argsort(_training((1, samples), address, epoch, _ORDER)[0], kind="stable")


def mixup_share(alpha: float, address: Address) -> float:
    """Share of the first of two mixed samples, from Beta(alpha, alpha) with 0 < alpha <= 1.

    Source: Joehnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", Metrika 8 (1964); also Devroye,
    "Non-uniform random variate generation" (1986), IX.3.5. An attempt succeeds with a chance of at least a half.
    """
    uniform = _training((2, _ATTEMPTS), address, address.step, _MIXUP).astype(np.float64)
    logs = np.log(uniform) / alpha
    total = np.logaddexp(*logs)
    accepted = int(np.argmax(total <= 0.0))
    return float(np.exp(logs[0, accepted] - total[accepted]))


def kept(share: float, features: int, samples: int, address: Address) -> np.ndarray:
    """Mask (feature, place in the batch) of what dropout keeps, each with the chance `share`."""
    kind = _DROPOUT + address.layer
    if kind * _KIND >= 1 << 32 or features > _KIND:
        raise InputError("dropout: only layers directly in the network, of up to 2^24 features, can have it")
    return _training((features, samples), address, address.step, kind) <= np.float32(share)


def _training(shape: tuple[int, int], address: Address, step: int, kind: int) -> np.ndarray:
    return _fill(Stream.TRAINING, shape, address, step, kind * _KIND)


def _fill(stream: Stream, shape: tuple[int, int], address: Address, step: int, first_column: int) -> np.ndarray:
    """Uniform numbers in (0, 1], (column, row)."""
    return fill(
        "uniform",
        (1, *shape),
        seed=address.seed,
        stream=stream,
        step=step,
        first_array=address.number,
        first_column=first_column,
    )[0]
