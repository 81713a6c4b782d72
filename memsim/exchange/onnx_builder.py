"""Graphs from the nodes of ONNX files: constants are followed through the file, other nodes become operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.errors import InputError, MemsimError, nearest, shown
from memsim.exchange.fusion import without_additions
from memsim.exchange.graph import Graph, Node
from memsim.exchange.onnx_file import OnnxFile, Step
from memsim.exchange.operators import Operator, Shape, checked_size

SAMPLES = -(1 << 40)
"""Stands for the number of samples among the sizes of a shape that the network computes."""
MAX_COMPUTED = 1 << 26
"""Numbers of all constants together that nodes compute, at most."""


@dataclass(frozen=True)
class Flow:
    """A value that depends on the samples: its name, and its shape for one of them."""

    name: str
    shape: Shape


class Builder:
    """Makes a graph from the nodes of a file, one after the other.

    Parameters
    ----------
    file : OnnxFile
        What the file says.
    shape : tuple of int
        Shape of a sample.
    """

    def __init__(self, file: OnnxFile, shape: Shape) -> None:
        self.file, self.opset = file, file.opset
        self.values: dict[str, Flow | np.ndarray] = dict(file.constants)
        self.values[file.input] = Flow(file.input, checked_size("the input", shape))
        self.nodes: list[Node] = []
        self._computed = 0

    def graph(self, translators: Mapping[str, Translator]) -> Graph:
        """The graph of the file.

        Parameters
        ----------
        translators : mapping of str to callable
            What adds a node of an operator to the graph, by the name of the operator.

        Raises
        ------
        InputError
            If an operator is not supported, or a node takes what it cannot.
        """
        start = self.values[self.file.input]
        assert isinstance(start, Flow)
        for step in self.file.steps:
            translate = supported(step, translators)
            try:
                translate(self, step)
            except MemsimError as error:
                text = str(error)
                raise InputError(text if text.startswith(step.label) else f"{step.label}: {text}") from None
        result = self.values.get(self.file.output)
        if not isinstance(result, Flow):
            raise InputError(f"its output {shown(self.file.output)} does not depend on its input")
        return without_additions(Graph(self.file.input, start.shape, tuple(self.nodes), result.name))

    def value(self, step: Step, place: int) -> Flow | np.ndarray:
        """An input of a step.

        Raises
        ------
        InputError
            If the step has no such input, or nothing before it gives one.
        """
        name = step.inputs[place] if place < len(step.inputs) else ""
        if not name:
            raise InputError(f"its input {place} is missing")
        if name not in self.values:
            raise InputError(f"its input {shown(name)} is missing, or computed after it")
        return self.values[name]

    def has(self, step: Step, place: int) -> bool:
        """Whether a step has an input at a place."""
        return place < len(step.inputs) and bool(step.inputs[place])

    def flow(self, step: Step, place: int = 0) -> Flow:
        """An input of a step that depends on the samples."""
        value = self.value(step, place)
        if not isinstance(value, Flow):
            raise InputError(f"its input {place} is a constant; allowed: a value that depends on the samples")
        return value

    def constant(self, step: Step, place: int) -> np.ndarray:
        """An input of a step that does not depend on the samples."""
        value = self.value(step, place)
        if isinstance(value, Flow):
            raise InputError(f"its input {place} depends on the samples; allowed: a constant")
        return value

    def trained(self, step: Step, place: int, axes: int | None = None) -> np.ndarray:
        """A constant input of finite floating-point numbers, with some number of axes."""
        values = self.constant(step, place)
        if values.dtype.kind != "f":
            raise InputError(f"its input {place} has numbers of the type {values.dtype}; allowed: floating-point ones")
        if not np.isfinite(values).all():
            raise InputError(f"its input {place} contains NaN or infinity; only finite numbers are allowed")
        if axes is not None and values.ndim != axes:
            raise InputError(f"its input {place} has the shape {list(values.shape)}; allowed: {axes} axes")
        return values

    def whole(self, step: Step, place: int) -> list[int]:
        """A constant input of whole numbers."""
        values = self.constant(step, place)
        if values.dtype.kind != "i" or values.ndim > 1 or values.size > 64:
            raise InputError(f"its input {place} is {values.dtype} {list(values.shape)}; allowed: a few whole numbers")
        return [int(value) for value in values.reshape(-1)]

    def give(self, step: Step, value: Flow | np.ndarray) -> None:
        """Let the first output of a step be a value that exists, or a constant."""
        self._new(step)
        self.values[step.outputs[0]] = value

    def count_computed(self, size: int) -> None:
        """Count numbers of a constant before they are computed.

        Raises
        ------
        InputError
            If there are too many, all nodes together.
        """
        self._computed += size
        if self._computed > MAX_COMPUTED:
            raise InputError(f"constants of {self._computed:,} numbers are computed; allowed: at most {MAX_COMPUTED:,}")

    def add(self, step: Step, operator: Operator, *flows: Flow, label: str = "") -> None:
        """Let the first output of a step be that of an operator."""
        self._new(step)
        name = step.outputs[0]
        shape = checked_size(step.label, operator.shape(*(flow.shape for flow in flows)))
        self.nodes.append(Node(name, operator, tuple(flow.name for flow in flows), label or step.label))
        self.values[name] = Flow(name, shape)

    def _new(self, step: Step) -> None:
        if not step.outputs or not step.outputs[0]:
            raise InputError("it has no output")
        if any(step.outputs[1:]) and step.operator not in ("Dropout", "MaxPool", "BatchNormalization"):
            raise InputError(f"it has {len(step.outputs)} outputs; allowed: one")
        if step.outputs[0] in self.values:
            raise InputError(f"its output {shown(step.outputs[0])} exists already; names must differ")


def attribute(step: Step, name: str, default: Any) -> Any:
    """An attribute of a step, of the type of its default.

    Raises
    ------
    InputError
        If it has another type.
    """
    value = step.attributes.get(name, default)
    kinds = (int, float) if isinstance(default, float) else (type(default),)
    if default is not None and not isinstance(value, kinds):
        raise InputError(f"its attribute {name} is {shown(value)}; allowed: a value such as {shown(default)}")
    return value


Translator = Callable[[Builder, Step], None]
"""Adds a node of a file to the graph that a builder makes."""


def supported(step: Step, translators: Mapping[str, Translator]) -> Translator:
    """What translates a step.

    Raises
    ------
    InputError
        If its operator is not supported.
    """
    if step.operator in translators:
        return translators[step.operator]
    hint = nearest(step.operator, translators) if step.operator.isidentifier() else ""
    allowed = f"; allowed: {', '.join(translators)}"
    raise InputError(f"{step.label}: this operator is not supported{hint if 'did you mean' in hint else allowed}")
