"""Second derivatives of the loss of a network by the weights that its crossbars hold, to verify some of these alone.

The second derivative by a weight is the diagonal element of the empirical Fisher matrix: the mean over samples of the
squared derivative of the loss of one sample (assumed, as is the cross-entropy as the loss). Its product with the square
of the scale of the layer counts equal errors of cells.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays.mapping import Mapping as CellMapping
from memsim.arrays.programmed_layer import weight_scales
from memsim.arrays.programming.algorithms import Selective
from memsim.networks.losses import LOSSES
from memsim.networks.network import Network
from memsim.tasks.classify.classifiers.weighted import Weighted

SAMPLES = 200
"""Training images whose derivatives are computed. Assumed."""


class Selection(NamedTuple):
    """How a layer is programmed: the algorithm with the share of its cells, and their second derivatives (row, col)."""

    algorithm: Selective
    sensitivities: np.ndarray


def selections(
    network: Network,
    weighted: Sequence[Weighted],
    algorithm: Selective,
    mapping: CellMapping,
    x: np.ndarray,
    labels: np.ndarray,
) -> dict[str, Selection]:
    """Which cells of each layer are verified, by the layer's name: those of all layers on which the loss depends most.

    Parameters
    ----------
    network : Network
        Trained.
    weighted : sequence of Weighted
        Its layers with weights.
    algorithm : Selective
        With the share of all cells that are verified.
    mapping : Mapping
        Of the weights of each layer.
    x, labels : (sample, ...), (sample,)
        Training samples; the first `SAMPLES` are used.
    """
    squares = _squares(network, weighted, x[:SAMPLES], labels[:SAMPLES])
    scaled = {}
    for layer in weighted:
        weights, bias = layer.folded(network.parameters)
        drive, scale = weight_scales(weights, bias, mapping, "layer")
        scaled[layer.name] = squares[layer.name] * np.square(scale)
        if bias is not None:
            scaled[layer.name][-1] *= drive**2  # the cell of a bias has the bias over the voltage of its row
    every = np.concatenate([values.ravel() for values in scaled.values()])
    count = round(algorithm.share * len(every))
    least = np.sort(every)[::-1][count - 1] if count else np.inf
    return {
        name: Selection(dataclasses.replace(algorithm, share=float((values >= least).mean())), values)
        for name, values in scaled.items()
    }


def _squares(
    network: Network, weighted: Sequence[Weighted], x: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Mean squared derivatives of the loss of single samples by the matrix of each layer, (row, col), bias last."""
    matrices = {layer.name: _matrix(*layer.folded(network.parameters)) for layer in weighted}
    parameters = dict(network.parameters)
    for layer in weighted:
        parameters |= layer.unfolded(matrices[layer.name], parameters)
    folded, loss = network.replace(parameters), LOSSES.make("cross-entropy")
    targets = np.eye(network.architecture.classes, dtype=network.dtype)[labels]
    sums = {name: np.zeros(matrix.shape) for name, matrix in matrices.items()}
    with threadpool_limits(1, "blas"):
        for one in range(len(x)):
            slopes = folded.gradient(x[one : one + 1], targets[one : one + 1], loss).slopes
            for layer in weighted:
                sums[layer.name] += np.square(_slope(layer, slopes), dtype=float)
    return {name: total / len(x) for name, total in sums.items()}


def _matrix(weights: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Weights (row, col) with the biases as the last row."""
    return weights if bias is None else np.concatenate([weights, bias[None]])


def _slope(layer: Weighted, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Derivatives by the matrix of a layer from those by the parameters of the network that has it unfolded."""
    weights = slopes[f"{layer.name}.weight"]
    of_weights = weights.reshape(len(weights), -1).T
    if not layer.biased:
        return of_weights
    name = f"{layer.name}.bias" if layer.norm is None else f"{layer.norm_name}.shift"
    return np.concatenate([of_weights, slopes[name][None]])
