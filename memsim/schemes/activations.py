"""Activations of networks that learn in place, with their derivatives by the output, and the errors of a softmax."""

from __future__ import annotations

from numpy import float32

from memsim.cells.functions import exponential
from memsim.kernels.compile import callee, inline


@inline
def _sigmoid(y):
    return float32(1.0) / (float32(1.0) + exponential(-y))


@inline
def _sigmoid_slope(a):
    return a * (float32(1.0) - a)


@inline
def _tanh(y):
    return float32(2.0) * _sigmoid(float32(2.0) * y) - float32(1.0)


@inline
def _tanh_slope(a):
    return float32(1.0) - a * a


@inline
def _relu(y):
    return max(y, float32(0.0))


@inline
def _relu_slope(a):
    return float32(1.0) if a > float32(0.0) else float32(0.0)


ACTIVATIONS = {
    "sigmoid": (_sigmoid, _sigmoid_slope),
    "tanh": (_tanh, _tanh_slope),
    "relu": (_relu, _relu_slope),
}
"""Name -> scalar functions: the output of a sum, and the derivative by the output."""


@callee
def softmax_errors(outputs, label, d):
    """Write onehot(label) - softmax(outputs) to `d` and return the softmax of the right class.

    The cross-entropy is the negative logarithm of the returned number.
    """
    largest = outputs[0]
    for place in range(outputs.size):
        largest = max(largest, outputs[place])
    total = float32(0.0)
    for place in range(outputs.size):
        d[place] = exponential(outputs[place] - largest)
        total += d[place]
    right = d[label] / total
    for place in range(outputs.size):
        d[place] = (float32(1.0) if place == label else float32(0.0)) - d[place] / total
    return right
