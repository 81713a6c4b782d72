"""Noise of weights in training, which prepares a network for cells that hold its weights with errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from memsim.errors import InputError
from memsim.networks.draws import Address, weight_noise
from memsim.networks.losses import array_namespace

LARGEST_NOISE = 1.0
"""Largest noise, relative to the largest |weight| of a layer."""


def check_weight_noise(sigma: float) -> None:
    """Refuse a noise that is not allowed.

    Raises
    ------
    InputError
        If it is not a number from 0 to `LARGEST_NOISE`.
    """
    if not 0 <= sigma <= LARGEST_NOISE:
        raise InputError(f"weight_noise: {sigma!r} is not a number from 0 (none) to {LARGEST_NOISE:g}")


def with_noise(parameters: Mapping[str, Any], sigma: float, address: Address) -> dict[str, Any]:
    """Parameters whose weights have Gaussian noise; biases and numbers of normalisations have none.

    Each weight W of a layer becomes W + sigma max|W| n, with a standard normal number n and the largest |W| of the
    layer.

    Parameters
    ----------
    parameters : mapping of str to array
        Of a network, in the order of its layers; they are not changed. Weights have names that end in ``.weight``, and
        the shape (unit, ...).
    sigma : float
        Standard deviation of the noise, relative to the largest |weight| of each layer, dimensionless.
    address : Address
        Of the training and the step. The layer of a draw is its number among the layers with weights, from 0.

    Returns
    -------
    dict of str to array
        In the dtype and library of the parameters; without noise (`sigma` 0) the same arrays.

    Notes
    -----
    A training step takes the outputs and the gradient of the network with these weights, and changes the weights
    without noise. Source, also of noise relative to the largest weight: Joshi et al., Nat. Commun. 11, 2473 (2020),
    doi:10.1038/s41467-020-16108-9. `memsim.torch.Training` has the same noise.
    """
    noisy = dict(parameters)
    if sigma == 0:
        return noisy
    names = [name for name in parameters if name.rpartition(".")[2] == "weight"]
    for layer, name in enumerate(names):
        weight = parameters[name]
        xp = array_namespace(weight)
        numbers = weight_noise(weight.shape[0], math.prod(weight.shape[1:]), address._replace(layer=layer))
        largest = float(xp.max(xp.abs(weight)))
        noisy[name] = weight + (sigma * largest) * xp.reshape(xp.asarray(numbers, dtype=weight.dtype), weight.shape)
    return noisy
