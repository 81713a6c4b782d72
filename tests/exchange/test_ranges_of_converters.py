"""Converters of networks on arrays are calibrated by exact cells, and each layer by what the earlier ones give."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.arrays import ADC, DAC
from memsim.errors import InputError
from memsim.exchange.graph import Graph, Node
from memsim.exchange.operators import Activation, Dense
from memsim.exchange.programmed import Hardware, ProgrammedNetwork, calibrated
from memsim.philox import Occasion, Purpose
from memsim.profiles import device_names, load_device

RANDOM = np.random.default_rng(0)
WEIGHT, BIAS = RANDOM.normal(size=(20, 5)).astype(np.float32), RANDOM.normal(size=5).astype(np.float32)
INPUTS = RANDOM.random((30, 20)).astype(np.float32)
ONE = Graph("x", (20,), (Node("y", Dense(WEIGHT, BIAS), ("x",), "y"),), "y")


@pytest.mark.slow
@pytest.mark.parametrize("name", device_names())
def test_ranges_are_those_of_exact_cells_on_every_device(name):
    """The largest input is a voltage of 1, and the largest output that of the weights over the largest weight."""
    ranges = calibrated(ONE, Hardware(device=load_device(name), dac=DAC(8), adc=ADC(8), seed=1), INPUTS)["y"]
    assert ranges.gain == pytest.approx(1 / INPUTS.max(), rel=1e-6)
    largest = np.abs(INPUTS @ WEIGHT).max() / INPUTS.max() / np.abs(WEIGHT).max()
    assert ranges.adc.range == pytest.approx(largest, rel=0.01)


def test_errors_of_converters_alone_are_below_a_step():
    hardware = Hardware(device=load_device("ideal"), dac=DAC(10), adc=ADC(10), seed=1)
    ranges = calibrated(ONE, hardware, INPUTS)
    outputs = ProgrammedNetwork(ONE, hardware, ranges=ranges).outputs(INPUTS, Occasion(Purpose.TEST))
    step = ranges["y"].adc.range * np.abs(WEIGHT).max() * INPUTS.max() / (2**9 - 1)
    wrong = np.abs(outputs - ONE.outputs(INPUTS))
    assert 0 < wrong.max() < step / 2 + 20 * np.abs(WEIGHT).max() * INPUTS.max() / (2**9 - 1) / 2


def test_layers_without_converters_need_no_ranges():
    assert calibrated(ONE, Hardware(device=load_device("ideal")), INPUTS) == {}


def test_a_layer_that_gets_only_zeros_is_named():
    nodes = (
        Node("a", Dense(-np.abs(WEIGHT)), ("x",), "first"),
        Node("b", Activation("Relu"), ("a",), "relu"),
        Node("y", Dense(np.ones((5, 2), np.float32)), ("b",), "second"),
    )
    hardware = Hardware(device=load_device("ideal"), dac=DAC(8))
    with pytest.raises(InputError, match="second: gets no finite inputs other than 0"):
        calibrated(Graph("x", (20,), nodes, "y"), hardware, INPUTS)


def test_a_network_without_weights_is_refused():
    graph = Graph("x", (3,), (Node("y", Activation("Relu"), ("x",), "relu"),), "y")
    with pytest.raises(InputError, match="no layer with weights"):
        ProgrammedNetwork(graph, Hardware(device=load_device("ideal")))
