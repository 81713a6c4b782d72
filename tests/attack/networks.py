"""Sound ONNX files, and changes of what they say: a hostile file is one that decodes, too."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_OPERATORS = (
    "Relu",
    "Conv",
    "MatMul",
    "Concat",
    "Reshape",
    "If",
    "Loop",
    "Identity",
    "Expand",
    "Einsum",
    "Pad",
    "Tile",
)
_SIZES = (0, 1, -1, 2, 3, 64, 1 << 20, 1 << 31, 1 << 40, (1 << 63) - 1, -(1 << 63))


@functools.cache
def networks() -> Sequence[bytes]:
    """ONNX files: a small convolutional network, and one that computes the sizes of its shapes."""
    from onnx import TensorProto, helper, numpy_helper

    from memsim.storage.library import library

    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Conv", ["x", "f", "b"], ["c"], "first", pads=[1, 1, 1, 1], group=1),
        helper.make_node("BatchNormalization", ["c", "b", "b", "b", "v"], ["n"], epsilon=1e-3),
        helper.make_node("MaxPool", ["n"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Clip", ["m", "low"], ["k"]),
        helper.make_node("Concat", ["k", "k"], ["d"], axis=1),
        helper.make_node("Shape", ["d"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["g"], axis=0),
        helper.make_node("Unsqueeze", ["g", "axes"], ["u"]),
        helper.make_node("Concat", ["u", "rest"], ["to"], axis=0),
        helper.make_node("Reshape", ["d", "to"], ["r"]),
        helper.make_node("MatMul", ["r", "w"], ["p"]),
        helper.make_node("Add", ["p", "o"], ["y"]),
    ]
    constants = {
        "f": rng.normal(size=(3, 1, 3, 3)).astype(np.float32),
        "b": np.ones(3, np.float32),
        "v": np.ones(3, np.float32),
        "low": np.float32(0),
        "zero": np.array(0),
        "axes": np.array([0]),
        "rest": np.array([-1]),
        "w": rng.normal(size=(96, 10)).astype(np.float32),
        "o": np.zeros(10, np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString(), library("onnx")["digits-cnn"].read_bytes()


def changed(content: bytes, rng: random.Random) -> bytes:
    """A file with a few changes of what it says."""
    import onnx

    model = onnx.ModelProto()
    model.ParseFromString(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if len(model.graph.node):
            rng.choice(_CHANGES)(model, rng)
    return bytes(model.SerializeToString())


def _attribute(model: Any, rng: random.Random) -> None:
    nodes = [node for node in model.graph.node if len(node.attribute)]
    if not nodes:
        return
    attribute = rng.choice(list(rng.choice(nodes).attribute))
    if len(attribute.ints):
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(_SIZES)
    elif attribute.type == 2:
        attribute.i = rng.choice(_SIZES)
    else:
        attribute.f = rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e38))
    if rng.random() < 0.2:
        attribute.type = rng.randrange(15)


def _operator(model: Any, rng: random.Random) -> None:
    node = rng.choice(list(model.graph.node))
    node.op_type = rng.choice((*_OPERATORS, "", "é\n", "A" * 5000))
    if rng.random() < 0.2:
        node.domain = rng.choice(("ai.onnx", "com.microsoft", "x" * 999))


def _wire(model: Any, rng: random.Random) -> None:
    """A node takes another value: cycles, missing ones, and those of other shapes."""
    names = ["", "gone", "x", "y", *(name for node in model.graph.node for name in node.output)]
    names += [tensor.name for tensor in model.graph.initializer]
    node = rng.choice(list(model.graph.node))
    ends = node.input if rng.random() < 0.8 else node.output
    if len(ends):
        ends[rng.randrange(len(ends))] = rng.choice(names)


def _tensor(model: Any, rng: random.Random) -> None:
    tensor = rng.choice(list(model.graph.initializer))
    choice = rng.randrange(6)
    if choice == 0 and len(tensor.dims):
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(_SIZES)
    elif choice == 1:
        tensor.dims[:] = [rng.choice(_SIZES) for _ in range(rng.randrange(12))]
    elif choice == 2:
        tensor.data_type = rng.randrange(-1, 40)
    elif choice == 3:
        tensor.data_location = 1
        tensor.external_data.add(key="location", value=rng.choice(("/etc/passwd", "input.onnx", "../x")))
    elif choice == 4:
        tensor.raw_data = bytes(rng.randrange(256) for _ in range(len(tensor.raw_data)))
    else:
        tensor.ClearField("raw_data")


def _doubled(model: Any, rng: random.Random) -> None:
    """A value that becomes larger and larger."""
    from onnx import helper

    last, axis = model.graph.node[rng.randrange(len(model.graph.node))].output[0], rng.choice((-1, 0, 1, 2))
    for number in range(rng.choice((3, 30, 300))):
        model.graph.node.append(helper.make_node("Concat", [last, last], [f"twice{number}"], axis=axis))
        last = f"twice{number}"
    model.graph.output[0].name = last


def _moved(model: Any, rng: random.Random) -> None:
    nodes = list(model.graph.node)
    node = rng.choice(nodes)
    if rng.random() < 0.5:
        model.graph.node.remove(node)
    else:
        model.graph.node.append(node)


def _input(model: Any, rng: random.Random) -> None:
    sizes = model.graph.input[0].type.tensor_type.shape.dim
    if not len(sizes) or rng.random() < 0.2:
        sizes.add().dim_value = rng.choice(_SIZES)
    else:
        sizes[rng.randrange(len(sizes))].dim_value = rng.choice(_SIZES)


def _version(model: Any, rng: random.Random) -> None:
    if rng.random() < 0.5:
        model.ir_version = rng.choice(_SIZES)
    elif len(model.opset_import):
        model.opset_import[0].version = rng.choice((*_SIZES, 7, 11, 13, 20))


def _further(model: Any, rng: random.Random) -> None:
    """Parts that memsim does not read."""
    choice = rng.randrange(4)
    if choice == 0:
        model.functions.add().name = "f"
    elif choice == 1:
        model.graph.sparse_initializer.add()
    elif choice == 2:
        model.graph.node[0].attribute.add(name="body", type=5).g.ParseFromString(model.graph.SerializeToString())
    else:
        model.graph.input.add().name = "second"


_CHANGES: tuple[Callable[[Any, random.Random], None], ...] = (
    _attribute,
    _attribute,
    _operator,
    _wire,
    _wire,
    _tensor,
    _tensor,
    _doubled,
    _moved,
    _input,
    _version,
    _further,
)
