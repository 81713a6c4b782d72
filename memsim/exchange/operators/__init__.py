"""Operators of graphs: each is a frozen dataclass with the shape of its output, and the output itself in NumPy."""

from __future__ import annotations

from memsim.exchange.operators.activations import Activation, Clip, LeakyRelu, Softmax
from memsim.exchange.operators.arrange import Concat, Pad, Reshape, Transpose
from memsim.exchange.operators.elementwise import BatchNorm, Binary, WithConstant
from memsim.exchange.operators.operator import Operator, Shape, checked_size
from memsim.exchange.operators.pooling import AveragePool, MaxPool, Reduce
from memsim.exchange.operators.weighted import Convolution, Dense, Weighted

__all__ = [
    "Activation",
    "AveragePool",
    "BatchNorm",
    "Binary",
    "Clip",
    "Concat",
    "Convolution",
    "Dense",
    "LeakyRelu",
    "MaxPool",
    "Operator",
    "Pad",
    "Reduce",
    "Reshape",
    "Shape",
    "Softmax",
    "Transpose",
    "Weighted",
    "WithConstant",
    "checked_size",
]
