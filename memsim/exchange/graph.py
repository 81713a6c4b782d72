"""A network as a graph: nodes in the order in which they are computed, each with one output."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from memsim.errors import InputError, MemsimError
from memsim.exchange.operators import Operator, Shape, Weighted, checked_size

MAX_NODES = 20_000
"""Nodes of a graph at most."""
MAX_PARAMETERS = 1 << 28
"""Numbers of all layers with weights together at most; several layers may have the same numbers in a file."""

Product = Callable[["Node", np.ndarray], np.ndarray]
"""Outputs (sample, ...) of a layer with weights for its inputs (sample, ...)."""


@dataclass(frozen=True, eq=False)
class Node:
    """A step of a network.

    Attributes
    ----------
    name : str
        Name of the value that it gives; no two nodes have the same.
    operator : Operator
        What it computes.
    inputs : tuple of str
        Names of the values that it takes.
    label : str
        What messages and results call it.
    """

    name: str
    operator: Operator
    inputs: tuple[str, ...]
    label: str


@dataclass(frozen=True, eq=False)
class Graph:
    """A network.

    Attributes
    ----------
    input : str
        Name of the value that holds the samples.
    shape : tuple of int
        Its shape for one sample.
    nodes : tuple of Node
        In order: each takes the input and values of nodes before it.
    output : str
        Name of the value that is the result.
    digital : frozenset of str
        Names of nodes with weights whose products are never made by crossbars.

    Raises
    ------
    InputError
        If a node takes what no earlier one gives, or inputs of a shape that it cannot take, or if values are too large.
    """

    input: str
    shape: Shape
    nodes: tuple[Node, ...]
    output: str
    digital: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.nodes) > MAX_NODES:
            raise InputError(f"{len(self.nodes)} nodes; allowed: at most {MAX_NODES}")
        if self.parameters > MAX_PARAMETERS:
            raise InputError(f"{self.parameters:,} weights of all layers; allowed: at most {MAX_PARAMETERS:,}")
        _ = self.shapes
        if self.output not in self.shapes:
            raise InputError(f"the output '{self.output}' is computed by no node")

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of each value for one sample, by name."""
        shapes = {self.input: checked_size(self.input, self.shape)}
        for node in self.nodes:
            missing = next((name for name in node.inputs if name not in shapes), None)
            if missing is not None:
                raise InputError(f"{node.label}: its input '{missing}' is computed by no node before it")
            if node.name in shapes:
                raise InputError(f"{node.label}: a value called '{node.name}' exists already")
            try:
                shape = node.operator.shape(*(shapes[name] for name in node.inputs))
            except MemsimError as error:
                raise type(error)(f"{node.label}: {error}") from None
            shapes[node.name] = checked_size(node.label, shape)
        return shapes

    @property
    def weighted(self) -> Iterator[tuple[Node, Weighted]]:
        """The layers with weights, in order."""
        for node in self.nodes:
            if isinstance(node.operator, Weighted):
                yield node, node.operator

    @property
    def on_crossbars(self) -> Iterator[tuple[Node, Weighted]]:
        """The layers with weights whose products crossbars can make, in order."""
        return ((node, operator) for node, operator in self.weighted if node.name not in self.digital)

    @property
    def users(self) -> Counter[str]:
        """How often each value is used; the output is used once more."""
        return Counter([self.output, *(name for node in self.nodes for name in node.inputs)])

    @property
    def parameters(self) -> int:
        """Numbers of all layers with weights, biases included."""
        return sum(own.weight.size + (0 if own.bias is None else own.bias.size) for _, own in self.weighted)

    @property
    def operations(self) -> int:
        """Multiply-accumulate operations for one sample, in products with weights."""
        shapes = self.shapes
        outputs = ((own, math.prod(shapes[node.name]) // own.cols * own.weight.size) for node, own in self.weighted)
        return sum(count for _, count in outputs)

    def outputs(self, x: np.ndarray, product: Product | None = None) -> np.ndarray:
        """The result (sample, ...) for samples.

        Parameters
        ----------
        x : (sample, ...)
            The samples; all is computed in their precision.
        product : callable, optional
            Gives the outputs of the layers that are not `digital` instead of their operators.

        Raises
        ------
        InputError
            If the samples have another shape.
        """
        if x.shape[1:] != self.shape:
            raise InputError(f"the samples have the shape {list(x.shape[1:])}, the network takes {list(self.shape)}")
        values, left = {self.input: x}, self.users
        for node in self.nodes:
            inputs = [values[name] for name in node.inputs]
            if product is not None and isinstance(node.operator, Weighted) and node.name not in self.digital:
                values[node.name] = product(node, inputs[0])
            else:
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                    values[node.name] = node.operator.outputs(*inputs)
            for name in node.inputs:
                left[name] -= 1
                if not left[name]:
                    values.pop(name, None)
        return values[self.output]
