"""Graphs as ONNX files, with the samples on a first axis of any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from memsim.errors import InputError
from memsim.exchange.architectures import graph_of
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
)
from memsim.networks.network import Network
from memsim.storage.files import write_file

OPSET, IR = 17, 8
"""Versions that are written: those of ONNX 1.12, which all present tools read."""

Made = tuple[str, dict[str, Any], dict[str, np.ndarray]]
"""Name of an operator, its attributes, and its constant inputs by the end of their names."""


def write_onnx(network: Network | Graph, path: str | Path, *, force: bool = False) -> Path:
    """Write a network of memsim as an ONNX file, and return the path; needs the extra onnx.

    Parameters
    ----------
    network : Network or Graph
        A trained network of `memsim.networks`, or the graph of one.
    path : str or Path
    force : bool
        Replace an existing file.

    Raises
    ------
    InputError
        If the package onnx is missing.
    OutputError
        If the file exists and `force` is false, or it cannot be written.
    """
    graph = network if isinstance(network, Graph) else graph_of(network.architecture, network.host.parameters)
    content = _content(graph)
    return write_file(Path(path), lambda place: place.write_bytes(content), force=force)


def _content(graph: Graph) -> bytes:
    try:
        import onnx
        from onnx import helper, numpy_helper
    except ImportError:
        raise InputError('writing ONNX files needs the extra onnx: pip install "memsim[onnx]"') from None
    nodes, constants = [], []
    for node in graph.nodes:
        operator, attributes, arrays = _made(node)
        names = [f"{node.name}.{key}" for key in arrays]
        constants += [numpy_helper.from_array(array, name) for name, array in zip(names, arrays.values(), strict=True)]
        nodes.append(helper.make_node(operator, [*node.inputs, *names], [node.name], f"{node.name}_node", **attributes))
    weights = next(own.weight for _, own in graph.weighted)
    kind = helper.np_dtype_to_tensor_dtype(weights.dtype)
    ends = [
        helper.make_tensor_value_info(name, kind, ["samples", *graph.shapes[name]])
        for name in (graph.input, graph.output)
    ]
    made = helper.make_graph(nodes, "memsim", ends[:1], ends[1:], constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    model.producer_name = "memsim"
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _dense(operator: Dense) -> Made:
    arrays = {"weight": np.ascontiguousarray(operator.weight)}
    if operator.bias is not None:
        arrays["bias"] = operator.bias
    return "Gemm", {}, arrays


def _convolution(operator: Convolution) -> Made:
    arrays = {"weight": operator.weight}
    if operator.bias is not None:
        arrays["bias"] = operator.bias
    before, after = zip(*operator.padding, strict=True)
    attributes = {
        "strides": operator.stride,
        "dilations": operator.dilation,
        "pads": (*before, *after),
        "group": operator.groups,
    }
    return "Conv", attributes, arrays


def _norm(operator: BatchNorm) -> Made:
    arrays = {key: getattr(operator, key) for key in ("scale", "shift", "mean", "variance")}
    return "BatchNormalization", {"epsilon": operator.epsilon}, arrays


def _pool(operator: MaxPool) -> Made:
    before, after = zip(*operator.padding, strict=True)
    attributes = {
        "kernel_shape": operator.kernel,
        "strides": operator.stride,
        "pads": (*before, *after),
        "dilations": operator.dilation,
        "ceil_mode": int(operator.ceil),
    }
    return "MaxPool", attributes, {}


def _reduce(operator: Reduce) -> Made:
    name = "ReduceMean" if operator.function == "mean" else "ReduceMax"
    return name, {"axes": operator.axes or (2, 3), "keepdims": int(operator.keep)}, {}


_WRITERS: Mapping[type[Operator], Callable[[Any], Made]] = {
    Dense: _dense,
    Convolution: _convolution,
    BatchNorm: _norm,
    MaxPool: _pool,
    Reduce: _reduce,
    Activation: lambda operator: (operator.function, {}, {}),
    Binary: lambda operator: (operator.function, {}, {}),
    Reshape: lambda operator: ("Reshape", {}, {"shape": np.array([0, *operator.to], np.int64)}),
}


def _made(node: Node) -> Made:
    if type(node.operator) not in _WRITERS:
        raise InputError(f"{node.label}: {node.operator.kind} cannot be written as ONNX")
    return _WRITERS[type(node.operator)](node.operator)
