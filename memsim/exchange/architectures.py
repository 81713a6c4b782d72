"""Graphs of memsim's own architectures, whose layers have the sample last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.exchange.graph import Graph, Node
from memsim.exchange.operators import (
    Activation,
    BatchNorm,
    Binary,
    Convolution,
    Dense,
    MaxPool,
    Operator,
    Reduce,
    Reshape,
    Shape,
)
from memsim.networks.architecture import Architecture
from memsim.networks.chain import Chain, Residual
from memsim.networks.convolution import Convolution as OwnConvolution
from memsim.networks.layers import Dense as OwnDense
from memsim.networks.layers import Dropout, Flatten, Layer, ReLU
from memsim.networks.norm import BatchNorm as OwnBatchNorm
from memsim.networks.pooling import GlobalAveragePool
from memsim.networks.pooling import MaxPool as OwnMaxPool

INPUT = "input"
"""Name of the value that holds the samples."""


class _Nodes:
    """Nodes of layers, one after the other."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self.nodes: list[Node] = []

    def chain(self, chain: Chain, size: Shape, value: str, above: str = "") -> str:
        """Add a chain that takes a value of some shape, and return the name of what it gives."""
        for name, layer, shape in chain.shapes(size):
            value = self._layer(f"{above}{name}", layer, shape, value)
        return value

    def _layer(self, name: str, layer: Layer, size: Shape, value: str) -> str:
        if isinstance(layer, Dropout):
            return value
        if isinstance(layer, Residual):
            paths = layer.paths(size[0])
            ends = [self.chain(path, size, value, f"{name}.{key}.") for key, path in paths.items()]
            return self._add(name, Activation("Relu"), self._add(f"{name}.sum", Binary("Add"), *ends))
        return self._add(name, self._operator(name, layer, size), value)

    def _operator(self, name: str, layer: Layer, size: Shape) -> Operator:
        if isinstance(layer, OwnDense):
            return Dense(np.ascontiguousarray(self._of(name, "weight").T), self._of(name, "bias"))
        if isinstance(layer, OwnConvolution):
            edge, bias = layer.kernel // 2, self._of(name, "bias") if layer.bias else None
            return Convolution(self._of(name, "weight"), bias, (layer.stride,) * 2, ((edge, edge),) * 2)
        if isinstance(layer, OwnBatchNorm):
            scale, shift, mean, variance = (self._of(name, key) for key in ("scale", "shift", "mean", "variance"))
            return BatchNorm(scale, shift, mean, variance, layer.epsilon)
        if isinstance(layer, OwnMaxPool):
            return MaxPool((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))
        if isinstance(layer, Flatten):
            return Reshape(layer.shape(size))
        if isinstance(layer, GlobalAveragePool):
            return Reduce("mean", (2, 3), keep=False)
        if isinstance(layer, ReLU):
            return Activation("Relu")
        raise TypeError(f"no operator for {type(layer).__name__}")

    def _of(self, name: str, key: str) -> np.ndarray:
        return np.asarray(self._parameters[f"{name}.{key}"])

    def _add(self, name: str, operator: Operator, *inputs: str) -> str:
        self.nodes.append(Node(name, operator, inputs, name))
        return name


def graph_of(architecture: Architecture, parameters: Mapping[str, Any]) -> Graph:
    """The graph of a network of memsim; its values have the names of the layers.

    Parameters
    ----------
    architecture : Architecture
    parameters : mapping of str to array
        Of NumPy, by their names in the network.
    """
    nodes = _Nodes(parameters)
    output = nodes.chain(architecture.layers, architecture.shape, INPUT)
    return Graph(INPUT, architecture.shape, tuple(nodes.nodes), output)
