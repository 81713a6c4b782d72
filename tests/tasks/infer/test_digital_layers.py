"""Layers of a network from a file that stay digital, chosen by their names."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.exchange import read_network
from memsim.exchange.graph import Graph
from memsim.exchange.layer_names import matches, unmatched
from memsim.exchange.programmed import Hardware, ProgrammedNetwork
from memsim.philox import Occasion, Purpose
from memsim.plotting import draw
from memsim.storage.library import library

NAMES = ["0.convolution", "4.convolution", "10.dense"]
PCM = {"device": "pcm-joshi2020", "dac": {"bits": 6}, "adc": {"bits": 6}}


def run(exclude=None, array=PCM, **changes):
    network = {"weights": "digits-cnn", "preprocessing": {"layout": "NCHW"}}
    network |= {} if exclude is None else {"exclude": exclude}
    learners = [{"name": "A", "network": network, "array": array}]
    return ms.run(
        ms.load_experiment("infer-01").replace({"data.samples": 100, "repeats": 1, "learners": learners, **changes})
    )


def test_excluded_layers_have_no_cells_and_no_error():
    whole, part = run(), run(["10.dense"])
    assert list(part.layer.values) == NAMES
    assert whole.cells.item() - part.cells.item() == 2 * 64 * 10
    for name in ("layer_snr", "layer_clipped_inputs", "layer_saturated_outputs"):
        assert np.isfinite(whole[name]).all()
        assert np.isnan(part[name].sel(layer="10.dense")).all()
        np.testing.assert_array_equal(part[name].sel(layer=NAMES[:2]), whole[name].sel(layer=NAMES[:2]))
    assert part.parameters.item() == whole.parameters.item()
    draw(part)
    assert "A: digital layers 10.dense; energy, time and area leave them out" in part.attrs["notes"]


@pytest.mark.parametrize("names", [["*.convolution"], ["0.*", "4"], ["*conv*"]])
def test_names_have_wildcards(names):
    result = run(names, {"device": "ideal"})
    np.testing.assert_array_equal(np.isfinite(result.layer_snr.values), [[[False, False, True]]])
    assert result.cells.item() == 2 * 64 * 10


MISTAKES = {
    "an unknown layer": (
        ["11.dense"],
        f"network.exclude: no layer has the name '11.dense'; did you mean '10.dense'?; layers: {', '.join(NAMES)}",
    ),
    "one text": ("0.convolution", "network.exclude must be a list, not '0.convolution'"),
    "nothing alike": (["head"], f"no layer has the name 'head'; allowed: {', '.join(sorted(NAMES))}"),
    "all layers": (["*"], f"network.exclude: leaves no layer for crossbars; layers: {', '.join(NAMES)}"),
    "an empty name": ([""], "network.exclude"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistakes_end_in_one_line(name):
    exclude, words = MISTAKES[name]
    with pytest.raises(InputError) as caught:
        run(exclude)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_the_first_name_that_fits_no_layer_is_refused():
    assert unmatched(["0.*", "10"], NAMES) == ""
    assert matches("block.conv1", "block") and not matches("block.conv1", "conv1")
    assert unmatched(["dense"], [f"{n}.dense" for n in range(20)]).endswith("11.dense, ...")


def test_layers_after_a_digital_one_have_the_addresses_of_the_layers_on_crossbars():
    """As in `memsim.torch.convert`, layers are numbered among those on crossbars alone."""
    file = read_network("weights", library("weights")["digits-cnn"])
    graph = file.graph((1, 8, 8))
    last = next(node for node in graph.nodes if node.label == "10.dense")
    digital = frozenset(node.name for node, _ in graph.weighted if node is not last)
    hardware = Hardware(device=ms.load_device("pcm-joshi2020"), seed=3)
    mixed = ProgrammedNetwork(Graph(graph.input, graph.shape, graph.nodes, graph.output, digital), hardware)
    alone = ProgrammedNetwork(Graph(last.inputs[0], (64,), (last,), last.name), hardware)
    x = np.random.default_rng(0).random((20, 1, 8, 8), np.float32)
    features = Graph(graph.input, graph.shape, graph.nodes[:-1], last.inputs[0]).outputs(x)
    occasion = Occasion(Purpose.TEST)
    np.testing.assert_array_equal(mixed.outputs(x, occasion), alone.outputs(features, occasion))
