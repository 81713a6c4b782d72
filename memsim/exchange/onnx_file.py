"""ONNX files: bounded, checked and turned into plain Python and NumPy. No other file is opened.

A file may be hostile. Only this module sees the objects of the package `onnx`, which it uses for nothing but decoding
bytes: tensors are turned into arrays here, after their size is known to be that of the numbers in the file.

Source: ONNX, onnx.proto3 and docs/IR.md, https://github.com/onnx/onnx.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from memsim.errors import InputError, shown
from memsim.exchange.graph import MAX_NODES
from memsim.storage.inputs import no_file

MAX_BYTES = 1 << 29
"""Size of a file at most [byte]."""
MAX_AXES = 8
OPSETS = (7, 28)
"""Oldest and newest version of ONNX's own operators; version 7 has the broadcasting of today."""
NEWEST_IR = 14
DOMAINS = ("", "ai.onnx")
"""Names of the set of ONNX's own operators."""
_TYPES: Mapping[int, tuple[str, Any, str]] = {
    1: ("float32", np.float32, "float_data"),
    11: ("float64", np.float64, "double_data"),
    10: ("float16", np.float16, "int32_data"),
    6: ("int32", np.int32, "int32_data"),
    7: ("int64", np.int64, "int64_data"),
    9: ("bool", np.bool_, "int32_data"),
}
"""Types of numbers by their code: name, type in NumPy, and where a tensor has them if not as bytes."""
_ATTRIBUTES = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
"""Fields of the values of attributes, by the code of their type."""


@dataclass(frozen=True)
class Step:
    """A node of an ONNX file.

    Attributes
    ----------
    operator, name, label : str
        Its operator, its name, which may be empty, and what messages call it.
    inputs, outputs : tuple of str
        Names of values; "" stands for one that is left out.
    attributes : mapping of str to Any
        Numbers, texts, tuples of numbers, and arrays.
    """

    operator: str
    name: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class OnnxFile:
    """What an ONNX file says.

    Attributes
    ----------
    opset : int
        Version of the operators.
    steps : tuple of Step
        In the order of the file.
    constants : mapping of str to ndarray
        Trained and other constant tensors.
    input : str
        Name of the only input that is no constant.
    axes : tuple of (int or None)
        Its shape, samples first; None for sizes that the file leaves open.
    output : str
        Name of the output.
    """

    opset: int
    steps: tuple[Step, ...]
    constants: Mapping[str, np.ndarray]
    input: str
    axes: tuple[int | None, ...]
    output: str


def read_file(path: Path) -> bytes:
    """The bytes of a file that may be one of ONNX.

    Raises
    ------
    InputError
        If it is no file, or too large.
    """
    if problem := no_file(path):
        raise InputError(f"{path}: {problem}; allowed: an ONNX file")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path}: {size / 2**20:.0f} MiB; allowed: ONNX files of at most {MAX_BYTES >> 20} MiB")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)[:MAX_BYTES]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def decoded(content: bytes) -> OnnxFile:
    """What the bytes of an ONNX file say.

    Raises
    ------
    InputError
        If they are damaged, or need what memsim does not read.
    """
    try:
        import onnx
    except ImportError:
        raise InputError('reading ONNX files needs the extra onnx: pip install "memsim[onnx]"') from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception:  # protobuf has several implementations, each with errors of its own
        raise InputError("is damaged, or not an ONNX file") from None
    try:
        return _checked(model)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:  # such as texts that are not UTF-8
        raise InputError(f"is damaged ({' '.join(str(error).split())[:100]})") from None


def _checked(model: Any) -> OnnxFile:
    if not model.HasField("graph"):
        raise InputError("is damaged, or not an ONNX file: it has no graph")
    if model.ir_version > NEWEST_IR:
        raise InputError(f"has the IR version {model.ir_version}; allowed: up to {NEWEST_IR}; export an older version")
    opset = _opset(model)
    graph = model.graph
    if len(model.functions):
        raise InputError(
            f"defines {len(model.functions)} functions of its own, such as {shown(model.functions[0].name)}; allowed: "
            "operators of ONNX alone"
        )
    if len(graph.sparse_initializer):
        raise InputError("has sparse tensors; allowed: dense ones")
    if len(graph.node) > MAX_NODES:
        raise InputError(f"has {len(graph.node)} nodes; allowed: at most {MAX_NODES}")
    constants: dict[str, np.ndarray] = {}
    for tensor in graph.initializer:
        name = str(tensor.name)
        if name in constants:
            raise InputError(f"has two tensors called {shown(name)}; names must differ")
        constants[name] = _array(tensor, f"tensor {shown(name)}")
    steps = tuple(_step(node, number) for number, node in enumerate(graph.node))
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise InputError(f"has {len(inputs)} inputs and {len(graph.output)} outputs; allowed: one input and one output")
    return OnnxFile(opset, steps, constants, str(inputs[0].name), _axes(inputs[0]), str(graph.output[0].name))


def _opset(model: Any) -> int:
    """Version of ONNX's own operators; a file may import other sets, whose operators no node may use."""
    versions = [int(entry.version) for entry in model.opset_import if entry.domain in DOMAINS]
    if len(versions) != 1:
        raise InputError(f"imports {len(versions)} versions of the operators of ONNX; allowed: one")
    oldest, newest = OPSETS
    if not oldest <= versions[0] <= newest:
        older = versions[0] < oldest
        raise InputError(
            f"has the operators of version {versions[0]}; allowed: {oldest} to {newest}; export "
            f"{'a newer' if older else 'an older'} version (opset_version)"
        )
    return versions[0]


def _step(node: Any, number: int) -> Step:
    operator, name = str(node.op_type), str(node.name)
    label = f"node {shown(name)} ({_short(operator)})" if name else f"node {number} ({_short(operator)})"
    if node.domain not in DOMAINS:
        raise InputError(f"{label}: operators of {shown(str(node.domain))} are not supported; allowed: those of ONNX")
    attributes: dict[str, Any] = {}
    for attribute in node.attribute:
        key = str(attribute.name)
        if attribute.ref_attr_name:
            raise InputError(f"{label}: its attribute {shown(key)} refers to one of a function; allowed: values")
        if attribute.type not in _ATTRIBUTES:
            kinds = {5: "a graph", 10: "graphs", 11: "a sparse tensor", 12: "sparse tensors"}
            text = kinds.get(attribute.type, "of an unknown type")
            raise InputError(f"{label}: its attribute {shown(key)} is {text}; allowed: numbers, texts and tensors")
        value = getattr(attribute, _ATTRIBUTES[attribute.type])
        if attribute.type == 4:
            attributes[key] = _array(value, f"{label}, attribute {shown(key)}")
        elif attribute.type == 3:
            attributes[key] = bytes(value).decode("utf-8")
        elif attribute.type in (6, 7):
            attributes[key] = tuple(value)
        elif attribute.type == 8:
            raise InputError(f"{label}: its attribute {shown(key)} is a list of texts; allowed: numbers and tensors")
        else:
            attributes[key] = value
    return Step(operator, name, label, _names(node.input), _names(node.output), attributes)


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _short(text: str) -> str:
    return text if len(text) <= 60 and text.isprintable() else shown(text)


def _array(tensor: Any, label: str) -> np.ndarray:
    """A tensor as an array; one whose numbers lie elsewhere, or are not as many as it says, is refused."""
    if tensor.data_location == 1 or len(tensor.external_data):
        raise InputError(
            f"{label}: its numbers lie in another file, which is not opened; export one file, in torch with "
            "external_data=False"
        )
    if tensor.HasField("segment"):
        raise InputError(f"{label}: is one part of a tensor; allowed: whole tensors")
    if tensor.data_type not in _TYPES:
        names = ", ".join(name for name, _, _ in _TYPES.values())
        raise InputError(f"{label}: has the type number {tensor.data_type} of ONNX; allowed: {names}")
    name, dtype, field_name = _TYPES[tensor.data_type]
    shape = tuple(int(size) for size in tensor.dims)
    if len(shape) > MAX_AXES or any(size < 0 for size in shape):
        raise InputError(f"{label}: has the shape {shown(list(shape))}; allowed: up to {MAX_AXES} sizes of at least 0")
    count = math.prod(shape)
    if tensor.HasField("raw_data"):
        held = len(tensor.raw_data) / np.dtype(dtype).itemsize
    else:
        held = float(len(getattr(tensor, field_name)))
    if held != count:
        raise InputError(f"{label}: has the shape {list(shape)}, but holds {held:g} numbers of the type {name}")
    if tensor.HasField("raw_data"):
        little = np.dtype(dtype).newbyteorder("<")
        return np.frombuffer(tensor.raw_data, little).astype(dtype).reshape(shape)
    values = np.array(getattr(tensor, field_name), np.int32 if name == "float16" else None)
    values = values.astype(np.uint16).view(np.float16) if name == "float16" else values.astype(dtype)
    return values.reshape(shape)


def _axes(value: Any) -> tuple[int | None, ...]:
    """Sizes of the axes of the input of a network; None where the file leaves one open."""
    kind = value.type
    if kind.WhichOneof("value") != "tensor_type" or not kind.tensor_type.HasField("shape"):
        raise InputError(f"input {shown(str(value.name))}: is no tensor with a shape; allowed: a tensor, samples first")
    if kind.tensor_type.elem_type not in (1, 10, 11):
        code = kind.tensor_type.elem_type
        raise InputError(
            f"input {shown(str(value.name))}: has the type number {code} of ONNX; allowed: float32, float64 or float16"
        )
    axes: list[int | None] = []
    for size in kind.tensor_type.shape.dim:
        axes.append(int(size.dim_value) if size.WhichOneof("value") == "dim_value" else None)
    if not 1 < len(axes) <= MAX_AXES or any(size is not None and size < 1 for size in axes):
        raise InputError(
            f"input {shown(str(value.name))}: has the shape {shown(axes)}; allowed: samples and 1 to {MAX_AXES - 1} "
            "axes of a sample"
        )
    return tuple(axes)
