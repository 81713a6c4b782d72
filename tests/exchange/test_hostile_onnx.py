"""Damaged, hostile and newer ONNX files are refused in one line, and no other file is opened."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.slow  # the package is installed for the slow tests alone

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from memsim.errors import InputError  # noqa: E402
from memsim.exchange import onnx_file, read_onnx  # noqa: E402

W = np.ones((4, 3), np.float32)


def model(nodes=None, constants=None, shape=("n", 4), opset=17, **settings):
    """A small model: one product, unless other nodes are stated."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], "product")] if nodes is None else nodes
    constants = {"w": W} if constants is None else constants
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    for key, value in settings.items():
        setattr(made, key, value)
    return made


def changed(change, **settings):
    """A model after a function has changed it."""
    made = model(**settings)
    change(made)
    return made


def external(made):
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def huge(made):
    made.graph.initializer[0].dims[:] = [1 << 40, 1 << 20]


def function(made):
    made.functions.append(helper.make_function("own", "f", ["a"], ["b"], [], []))


def in_other_domain(made):
    made.graph.node[0].domain = "com.microsoft"


def with_graph(made):
    made.graph.node[0].attribute.append(helper.make_attribute("body", made.graph.__class__()))


def sparse(made):
    made.graph.sparse_initializer.add()


def segment(made):
    made.graph.initializer[0].segment.begin = 0


def negative(made):
    made.graph.initializer[0].dims[:] = [-1, 12]


def reference(made):
    attribute = made.graph.node[0].attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = "alpha", "a", 1


def chain(kind, count):
    """Nodes that double the size of a value again and again."""
    names = ["x", *(f"v{k}" for k in range(count - 1)), "y"]
    return [helper.make_node(kind, [a, a], [b], axis=1) for a, b in itertools.pairwise(names)]


def conv(**attributes):
    return [helper.make_node("Conv", ["x", "w"], ["y"], "c", **attributes)]


F = np.ones((2, 1, 2, 2), np.float32)
IMAGE = ("n", 1, 4, 4)
MODELS = {
    "an external tensor": (lambda: changed(external), "another file"),
    "a tensor larger than the file": (lambda: changed(huge), "holds 12 numbers"),
    "negative sizes": (lambda: changed(negative), "shape"),
    "functions": (lambda: changed(function), "functions"),
    "another domain": (lambda: changed(in_other_domain), "com.microsoft"),
    "a subgraph": (lambda: changed(with_graph), "is a graph"),
    "sparse tensors": (lambda: changed(sparse), "sparse"),
    "part of a tensor": (lambda: changed(segment), "part of a tensor"),
    "a reference of an attribute": (lambda: changed(reference), "refers to"),
    "a newer version of the operators": (lambda: model(opset=99), "version 99; allowed: 7 to"),
    "an older version of the operators": (lambda: model(opset=6), "version 6; allowed: 7 to"),
    "a newer format": (lambda: model(ir_version=99), "IR version 99"),
    "no graph": (lambda: onnx.ModelProto(), "no graph"),
    "a cycle": (
        lambda: model([helper.make_node("Add", ["x", "y"], ["z"]), helper.make_node("Add", ["z", "x"], ["y"])]),
        "'y' is missing, or computed after it",
    ),
    "a missing input": (lambda: model([helper.make_node("Relu", ["gone"], ["y"])]), "'gone' is missing"),
    "no inputs": (lambda: model([helper.make_node("Relu", [], ["y"])]), "input 0 is missing"),
    "one name twice": (
        lambda: model([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Tanh", ["x"], ["y"])]),
        "exists already",
    ),
    "a missing output": (lambda: model([helper.make_node("Relu", ["x"], ["z"])]), "does not depend on its input"),
    "a constant output": (
        lambda: model([helper.make_node("Identity", ["w"], ["y"])]),
        "does not depend on its input",
    ),
    "values that double": (lambda: model(chain("Concat", 60)), "numbers"),
    "constants that double": (
        lambda: model(
            [
                *(helper.make_node("Concat", [f"c{k}"] * 2, [f"c{k + 1}"], axis=0) for k in range(40)),
                helper.make_node("MatMul", ["x", "c40"], ["y"]),
            ],
            {"c0": W},
        ),
        "constants",
    ),
    "a constant that broadcasts": (
        lambda: model(
            [helper.make_node("Add", ["a", "b"], ["c"]), helper.make_node("MatMul", ["x", "c"], ["y"])],
            {"a": np.ones((1 << 14, 1), np.float32), "b": np.ones((1, 1 << 14), np.float32)},
        ),
        "numbers",
    ),
    "a value that broadcasts": (
        lambda: model(
            [helper.make_node("Mul", ["x", "c"], ["y"])],
            {"c": np.ones((1 << 15, 1), np.float32)},
            ("n", 1, 1 << 15),
        ),
        "numbers",
    ),
    "many layers with the same weights": (
        lambda: model(
            [
                *(helper.make_node("MatMul", ["x" if not k else f"v{k - 1}", "w"], [f"v{k}"]) for k in range(999)),
                helper.make_node("Relu", ["v998"], ["y"]),
            ],
            {"w": np.ones((1 << 10, 1 << 10), np.float32)},
            ("n", 1 << 10),
        ),
        "weights of all layers",
    ),
    "constants that add up": (
        lambda: model(
            [
                *(helper.make_node("Add", ["c", "c"], [f"c{k}"]) for k in range(999)),
                helper.make_node("Relu", ["x"], ["y"]),
            ],
            {"c": np.ones(1 << 20, np.float32)},
        ),
        "are computed",
    ),
    "an absurd input": (lambda: model(shape=("n", 1 << 40)), "numbers"),
    "an input without samples": (lambda: model(shape=(4,)), "axes of a sample"),
    "a padding": (lambda: model(conv(pads=[1 << 20] * 4, strides=[1 << 20] * 2), {"w": F}, IMAGE), "numbers"),
    "a padding below 0": (lambda: model(conv(pads=[-1, 0, 0, 0]), {"w": F}, IMAGE), "pads"),
    "strides of 0": (lambda: model(conv(strides=[0, 1]), {"w": F}, IMAGE), "strides"),
    "groups of 0": (lambda: model(conv(group=0), {"w": F}, IMAGE), "groups"),
    "a text as number": (lambda: model(conv(group="two"), {"w": F}, IMAGE), "group"),
    "a huge window": (
        lambda: model([helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[1 << 20, 1 << 20])], {}, ("n", 1, 4, 4)),
        "window",
    ),
    "weights that are not finite": (lambda: model(constants={"w": W * np.nan}), "NaN"),
    "weights as whole numbers": (lambda: model(constants={"w": np.ones((4, 3), np.int64)}), "floating-point"),
    "no weights": (lambda: model([helper.make_node("MatMul", ["x", "x"], ["y"])]), "x W"),
    "a reshape of samples": (
        lambda: model([helper.make_node("Reshape", ["x", "to"], ["y"])], {"to": np.array([2, -1, 3])}),
        "counts samples",
    ),
    "a reshape to nothing": (
        lambda: model([helper.make_node("Reshape", ["x", "to"], ["y"])], {"to": np.array([], np.int64)}),
        "counts samples",
    ),
    "a softmax of samples": (lambda: model([helper.make_node("Softmax", ["x"], ["y"], axis=0)]), "axis 0"),
    "a training": (
        lambda: model(
            [helper.make_node("BatchNormalization", ["x", "a", "a", "a", "a"], ["y"], training_mode=1)],
            {"a": np.ones(4, np.float32)},
        ),
        "model.eval()",
    ),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_a_hostile_file_is_refused_in_one_line(name, tmp_path):
    make, words = MODELS[name]
    path = tmp_path / "hostile.onnx"
    path.write_bytes(make().SerializeToString())
    with pytest.raises(InputError) as caught:
        read_onnx(path).graph((4,))
    text = str(caught.value)
    assert text.startswith(str(path)) and words in text and "\n" not in text and len(text) < 1500


def test_truncated_files_and_others_are_refused(tmp_path):
    content = model().SerializeToString()
    path = tmp_path / "part.onnx"
    for cut in (0, 1, 7, len(content) // 3, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(InputError):
            read_onnx(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(InputError, match="not an ONNX file"):
        read_onnx(path)


def test_folders_and_large_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="a folder, not a file"):
        read_onnx(tmp_path)
    path = tmp_path / "large.onnx"
    path.write_bytes(model().SerializeToString())
    monkeypatch.setattr(onnx_file, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="allowed: ONNX files of at most"):
        read_onnx(path)


def test_no_other_file_is_opened(tmp_path):
    """A tensor beside the file, as torch writes those of large networks, is refused and not read."""
    made = model()
    onnx.save_model(
        made, str(tmp_path / "m.onnx"), save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(InputError, match="lie in another file, which is not opened"):
        read_onnx(tmp_path / "m.onnx")
