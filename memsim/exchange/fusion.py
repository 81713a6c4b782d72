"""Additions and batch normalisations that become part of the layer with weights before them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from memsim.exchange.graph import Graph, Node
from memsim.exchange.operators import BatchNorm, Weighted, WithConstant

Fold = Callable[[Weighted, Node], Weighted | None]
"""The layer with a node after it as one layer; None if the node cannot be part of it."""


def without_additions(graph: Graph) -> Graph:
    """A graph in which constants that are added to the outputs of a layer without a bias are its bias."""
    return _fused(graph, _with_bias)


def without_norms(graph: Graph) -> Graph:
    """A graph in which batch normalisations directly after a layer with weights are folded into these."""
    return _fused(graph, _with_norm)


def _with_bias(layer: Weighted, node: Node) -> Weighted | None:
    added = node.operator
    if layer.bias is not None or not isinstance(added, WithConstant) or added.function != "Add":
        return None
    beside, shape = layer.beside(np.empty(layer.cols), layer.weight.ndim).shape, added.constant.shape
    further = len(shape) - len(beside)
    if further < 0 or shape[further:] != beside or any(size != 1 for size in shape[:further]):
        return None
    return replace(layer, bias=added.constant.reshape(-1).astype(layer.weight.dtype))


def _with_norm(layer: Weighted, node: Node) -> Weighted | None:
    norm = node.operator
    return layer.scaled(norm.factor, norm.offset) if isinstance(norm, BatchNorm) else None


def _fused(graph: Graph, fold: Fold) -> Graph:
    """A graph in which nodes that alone use the outputs of a layer are folded into it, where they can be."""
    users = graph.users
    nodes: dict[str, Node] = {}
    renamed: dict[str, str] = {}
    for node in graph.nodes:
        inputs = tuple(renamed.get(name, name) for name in node.inputs)
        before = nodes.get(inputs[0])
        if before is not None and isinstance(before.operator, Weighted) and users[before.name] == 1:
            layer = fold(before.operator, node)
            if layer is not None:
                nodes[before.name] = replace(before, operator=layer)
                renamed[node.name] = before.name
                users[before.name] = users[node.name]
                continue
        nodes[node.name] = replace(node, inputs=inputs)
    return replace(graph, nodes=tuple(nodes.values()), output=renamed.get(graph.output, graph.output))
