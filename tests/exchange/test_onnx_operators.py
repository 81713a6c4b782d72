"""Each operator of ONNX that memsim reads gives the numbers of onnxruntime, and every other one is named."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.slow  # the packages are installed for the slow tests alone

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from memsim.errors import InputError  # noqa: E402
from memsim.exchange import read_onnx  # noqa: E402
from memsim.exchange.onnx_operators import TRANSLATORS  # noqa: E402

RANDOM = np.random.default_rng(5)
IMAGE, SIGNAL, VECTOR = (4, 7, 6), (4, 9), (12,)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def written(path, nodes, shape, constants=(), opset=17, samples="n", **model):
    """An ONNX file with some nodes from x to y."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [samples, *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in dict(constants).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, **model)
    path.write_bytes(made.SerializeToString())
    return path


def node(kind, *inputs, **attributes):
    return helper.make_node(kind, inputs or ["x"], ["y"], kind, **attributes)


W, B = normal(12, 5), normal(5)
F2, F1, BIAS = normal(6, 4, 3, 2), normal(6, 4, 3), normal(6)
POSITIVE = np.abs(normal(4)) + 0.1
CASES = {
    "gemm": ([node("Gemm", "x", "w", "b")], VECTOR, {"w": W, "b": B}),
    "gemm transposed": (
        [node("Gemm", "x", "w", "b", transB=1, alpha=0.5, beta=2.0)],
        VECTOR,
        {"w": W.T.copy(), "b": B[None]},
    ),
    "gemm without bias": ([node("Gemm", "x", "w")], VECTOR, {"w": W}),
    "matmul of tokens": ([node("MatMul", "x", "w")], (3, 12), {"w": W}),
    "matmul and add": (
        [helper.make_node("MatMul", ["x", "w"], ["m"]), node("Add", "m", "b")],
        VECTOR,
        {"w": W, "b": B},
    ),
    "add and matmul": (
        [helper.make_node("Add", ["b", "x"], ["m"]), node("MatMul", "m", "w")],
        VECTOR,
        {"w": W, "b": normal(12)},
    ),
    "conv": ([node("Conv", "x", "f", "b")], IMAGE, {"f": F2, "b": BIAS}),
    "conv with stride": (
        [node("Conv", "x", "f", strides=[2, 1], pads=[1, 0, 2, 1], dilations=[1, 2])],
        IMAGE,
        {"f": F2},
    ),
    "conv of groups": ([node("Conv", "x", "f", "b", group=2)], IMAGE, {"f": normal(6, 2, 3, 3), "b": BIAS}),
    "conv depthwise": ([node("Conv", "x", "f", group=4, pads=[1, 1, 1, 1])], IMAGE, {"f": normal(4, 1, 3, 3)}),
    "conv same upper": ([node("Conv", "x", "f", auto_pad="SAME_UPPER", strides=[2, 2])], IMAGE, {"f": F2}),
    "conv same lower": ([node("Conv", "x", "f", auto_pad="SAME_LOWER")], IMAGE, {"f": F2}),
    "conv valid": ([node("Conv", "x", "f", auto_pad="VALID")], IMAGE, {"f": F2}),
    "conv of signals": ([node("Conv", "x", "f", "b", pads=[1, 2], strides=[2])], SIGNAL, {"f": F1, "b": BIAS}),
    "max pool": ([node("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])], IMAGE, {}),
    "max pool ceil": ([node("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)], IMAGE, {}),
    "max pool dilated": ([node("MaxPool", kernel_shape=[2, 2], dilations=[2, 3])], IMAGE, {}),
    "max pool of signals": ([node("MaxPool", kernel_shape=[3], strides=[2])], SIGNAL, {}),
    "average pool": ([node("AveragePool", kernel_shape=[2, 2], strides=[2, 2])], IMAGE, {}),
    "average pool padded": ([node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])], IMAGE, {}),
    "average pool counting": (
        [node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1, strides=[2, 2])],
        IMAGE,
        {},
    ),
    "average pool ceil": ([node("AveragePool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)], IMAGE, {}),
    "global average pool": ([node("GlobalAveragePool")], IMAGE, {}),
    "global max pool": ([node("GlobalMaxPool")], IMAGE, {}),
    "reduce mean": ([node("ReduceMean", axes=[-1, 2], keepdims=0)], IMAGE, {}),
    "reduce max": ([node("ReduceMax", axes=[3])], IMAGE, {}),
    "batch norm": (
        [node("BatchNormalization", "x", "s", "o", "m", "v", epsilon=1e-3)],
        IMAGE,
        {"s": normal(4), "o": normal(4), "m": normal(4), "v": POSITIVE},
    ),
    "leaky relu": ([node("LeakyRelu", alpha=0.2)], IMAGE, {}),
    "elu": ([node("Elu", alpha=0.7)], IMAGE, {}),
    "clip": ([node("Clip", "x", "l", "h")], IMAGE, {"l": np.float32(-0.3), "h": np.float32(0.6)}),
    "clip below": ([node("Clip", "x", "l")], IMAGE, {"l": np.float32(0)}),
    "hard sigmoid": ([node("HardSigmoid", alpha=0.3, beta=0.4)], IMAGE, {}),
    "softmax": ([node("Softmax", axis=1)], IMAGE, {}),
    "log softmax": ([node("LogSoftmax")], VECTOR, {}),
    "concat": ([helper.make_node("Relu", ["x"], ["r"]), node("Concat", "x", "r", "x", axis=1)], IMAGE, {}),
    "concat last": ([node("Concat", "x", "x", axis=-1)], IMAGE, {}),
    "pad": ([node("Pad", "x", "p", "v")], IMAGE, {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0]), "v": np.float32(1)}),
    "flatten": ([node("Flatten")], IMAGE, {}),
    "reshape": ([node("Reshape", "x", "to")], IMAGE, {"to": np.array([0, 2, -1])}),
    "reshape free": ([node("Reshape", "x", "to")], IMAGE, {"to": np.array([-1, 168])}),
    "transpose": ([node("Transpose", perm=[0, 3, 1, 2])], IMAGE, {}),
    "squeeze": ([node("Squeeze", "x", "a")], (4, 1, 3), {"a": np.array([2])}),
    "unsqueeze": ([node("Unsqueeze", "x", "a")], SIGNAL, {"a": np.array([1, -1])}),
    "identity": ([helper.make_node("Identity", ["x"], ["i"]), node("Relu", "i")], VECTOR, {}),
    "dropout": ([helper.make_node("Dropout", ["x"], ["i"]), node("Relu", "i")], VECTOR, {}),
    "cast": ([helper.make_node("Cast", ["x"], ["i"], to=1), node("Relu", "i")], VECTOR, {}),
    "constant first": ([node("Sub", "c", "x")], VECTOR, {"c": np.float32(1)}),
    "division": ([node("Div", "x", "c")], IMAGE, {"c": np.abs(normal(4, 1, 1)) + 1}),
    "constant of a sample": ([node("Mul", "x", "c")], IMAGE, {"c": normal(1, 4, 1, 6)}),
    "node with a constant": (
        [
            helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(normal(4, 1, 1))),
            node("Add", "x", "c"),
        ],
        IMAGE,
        {},
    ),
    "number": ([helper.make_node("Constant", [], ["c"], value_float=2.5), node("Max", "x", "c")], VECTOR, {}),
    "power": (
        [helper.make_node("Abs", ["x"], ["a"]), node("Pow", "a", "c")],
        VECTOR,
        {"c": np.float32(1.5)},
    ),
    "exponential": (
        [helper.make_node("Exp", ["x"], ["e"]), helper.make_node("Sqrt", ["e"], ["s"]), node("Neg", "s")],
        VECTOR,
        {},
    ),
    "sizes of shapes": (
        [
            helper.make_node("Shape", ["x"], ["s"]),
            helper.make_node("Gather", ["s", "zero"], ["g"], axis=0),
            helper.make_node("Unsqueeze", ["g", "first"], ["u"]),
            helper.make_node("Concat", ["u", "rest"], ["to"], axis=0),
            node("Reshape", "x", "to"),
        ],
        IMAGE,
        {"zero": np.array(0), "first": np.array([0]), "rest": np.array([-1])},
    ),
    "part of a shape": (
        [
            helper.make_node("Shape", ["x"], ["s"]),
            helper.make_node("Slice", ["s", "zero", "one"], ["g"]),
            helper.make_node("Concat", ["g", "rest"], ["to"], axis=0),
            node("Reshape", "x", "to"),
        ],
        IMAGE,
        {"zero": np.array([0]), "one": np.array([1]), "rest": np.array([4, 42])},
    ),
    "two values": (
        [helper.make_node("Sigmoid", ["x"], ["s"]), node("Mul", "s", "x")],
        IMAGE,
        {},
    ),
    **{name: ([node(name)], IMAGE, {}) for name in ("Relu", "Sigmoid", "Tanh", "Softplus", "Erf", "Abs", "Neg")},
    **{
        f"{name} of two": ([helper.make_node("Tanh", ["x"], ["t"]), node(name, "x", "t")], IMAGE, {})
        for name in ("Add", "Sub", "Div", "Max", "Min")
    },
}


@pytest.mark.parametrize("name", list(CASES))
def test_an_operator_gives_the_numbers_of_onnxruntime(name, tmp_path):
    nodes, shape, constants = CASES[name]
    path = written(tmp_path / "one.onnx", nodes, shape, constants)
    x = normal(3, *shape)
    expected = runtime.InferenceSession(str(path)).run(None, {"x": x})[0]
    graph = read_onnx(path).graph(shape)
    outputs = graph.outputs(x)
    assert outputs.dtype == np.float32
    assert graph.shapes[graph.output] == expected.shape[1:]
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)


def windows(rng, kind, axes):
    """Random settings of a window; SAME of dilated pools is refused, as tools differ."""
    settings = {"kernel_shape": rng.integers(1, 5, axes).tolist(), "strides": rng.integers(1, 4, axes).tolist()}
    if rng.random() < 0.7:
        settings["pads"] = rng.integers(0, 3, 2 * axes).tolist()
        settings["dilations"] = rng.integers(1, 3, axes).tolist()
    else:
        settings["auto_pad"] = str(rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
    if kind != "Conv":
        settings["ceil_mode"] = int(rng.integers(2))
    if kind == "AveragePool":
        settings["count_include_pad"] = int(rng.integers(2))
    return settings


@pytest.mark.parametrize("kind", ["Conv", "MaxPool", "AveragePool"])
def test_random_windows_give_the_numbers_of_onnxruntime(kind, tmp_path):
    rng, compared = np.random.default_rng(1), 0
    runtime.set_default_logger_severity(4)
    for _ in range(120):
        axes, channels = int(rng.integers(1, 3)), int(rng.integers(1, 5))
        shape, settings = (channels, *rng.integers(3, 12, axes).tolist()), windows(rng, kind, axes)
        constants = {}
        if kind == "Conv":
            groups = int(rng.choice([1, channels]))
            settings["group"] = groups
            constants["w"] = normal(2 * channels, channels // groups, *settings["kernel_shape"])
        path = written(tmp_path / "one.onnx", [node(kind, "x", *constants, **settings)], shape, constants, opset=19)
        x = normal(2, *shape)
        try:
            expected = runtime.InferenceSession(str(path)).run(None, {"x": x})[0]
        except Exception:  # onnxruntime refuses windows that do not fit by errors of its own
            continue
        try:
            outputs = read_onnx(path).graph(shape).outputs(x)
        except InputError:  # so does memsim, by another rule
            continue
        np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-4, err_msg=str((shape, settings)))
        compared += 1
    assert compared > 60


def test_the_softmax_of_old_versions_sums_over_all_later_axes(tmp_path):
    path = written(tmp_path / "old.onnx", [node("Softmax", axis=1)], IMAGE, opset=11)
    x = normal(2, *IMAGE)
    expected = runtime.InferenceSession(str(path)).run(None, {"x": x})[0]
    np.testing.assert_allclose(read_onnx(path).graph(IMAGE).outputs(x), expected, rtol=1e-5, atol=1e-7)


def test_every_operator_that_is_read_is_compared():
    used = {each.op_type for nodes, _, _ in CASES.values() for each in nodes}
    assert set(TRANSLATORS) - used == set()


@pytest.mark.parametrize("kind", ["Einsum", "If", "Loop", "Scan", "LSTM", "ConvTranspose", "QuantizeLinear", "Conv\n2"])
def test_any_other_operator_is_named(kind, tmp_path):
    path = written(tmp_path / "other.onnx", [node(kind)], VECTOR)
    with pytest.raises(InputError, match="not supported") as caught:
        read_onnx(path)
    assert kind.split("\n")[0] in str(caught.value)
