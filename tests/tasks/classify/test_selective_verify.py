"""Networks of experiments of which write and verify reads the most sensitive cells alone."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.arrays import Mapping
from memsim.arrays.programming.algorithms import Selective
from memsim.experiments.loading import experiment_from_text
from memsim.networks import Architecture, Network
from memsim.tasks.classify.classifiers.curvature import selections
from memsim.tasks.classify.classifiers.weighted import weighted_layers

TEXT = """
name: selective
task: classify
data: {source: digits, samples: 200}
seeds: 2
learners:
  - {name: Net, network: {architecture: two-layer, hidden: 16}, training: {epochs: 6, rate: 0.01}}
  - name: Cells
    array: {device: epiram-choi2018, programming: {algorithm: selective, share: SHARE, window: 0.02, max_pulses: 300}}
    programmed: {learner: Net}
corruptions: {gaussian: [0.1]}
"""


def loss_of(network, layer, matrix, x, label):
    """Cross-entropy of one sample of the network whose layer has this matrix, by its definition."""
    parameters = dict(network.parameters) | layer.unfolded(matrix, network.parameters)
    outputs = np.asarray(network.replace(parameters).outputs(x[None])[0], float)
    return np.log(np.exp(outputs - outputs.max()).sum()) + outputs.max() - outputs[label]


@pytest.mark.parametrize("name", ["two-layer", "cnn"])
@pytest.mark.slow
def test_second_derivatives_are_mean_squares_of_difference_quotients(name):
    sizes = {"hidden": 5} if name == "two-layer" else {"channels": (3, 4)}
    network = Network.fresh(Architecture(name, (1, 8, 8), 3, dtype="float64", **sizes), seed=3)
    rng = np.random.default_rng(1)
    x, labels = rng.random((4, 1, 8, 8)), np.array([0, 2, 1, 0])
    weighted = list(weighted_layers(network.architecture.layers, network.architecture.shape))
    chosen = selections(network, weighted, Selective(share=0.3), Mapping(), x, labels)
    for layer in weighted:
        weights, bias = layer.folded(network.parameters)
        matrix = weights if bias is None else np.concatenate([weights, bias[None]])
        scale = np.abs(weights).max()
        drive = 1.0 if bias is None else max(1.0, np.abs(bias).max() / scale)
        for row, col in [(0, 0), (len(weights) // 2, 1), (len(matrix) - 1, 2)]:
            squares = []
            for one in range(len(x)):
                ends = []
                for step in (1e-5, -1e-5):
                    moved = matrix.copy()
                    moved[row, col] += step
                    ends.append(loss_of(network, layer, moved, x[one], labels[one]))
                squares.append(((ends[0] - ends[1]) / 2e-5) ** 2)
            factor = scale * (drive if row == len(weights) else 1.0)
            derivative = chosen[layer.name].sensitivities[row, col]
            assert derivative == pytest.approx(np.mean(squares) * factor**2, rel=1e-3, abs=1e-12)


@pytest.mark.slow
def test_a_share_of_the_cells_of_all_layers_is_verified():
    result = ms.run(experiment_from_text(TEXT.replace("SHARE", "0.25"), "selective")).sel(learner="Cells")
    whole = ms.run(experiment_from_text(TEXT.replace("SHARE", "1.0"), "selective")).sel(learner="Cells")
    none = ms.run(experiment_from_text(TEXT.replace("SHARE", "0.0"), "selective")).sel(learner="Cells")
    assert (none.network_verify_reads == 0).all()
    assert (result.network_verify_reads / whole.network_verify_reads > 0.15).all()
    assert (result.network_verify_reads / whole.network_verify_reads < 0.4).all()
    assert (result.product_snr > none.product_snr).all()


def test_arrays_without_a_network_have_no_second_derivatives():
    text = """
name: p
task: program
rows: 4
columns: 4
arrays: [{name: A, array: {device: epiram-choi2018, programming: {algorithm: selective}}}]
"""
    with pytest.raises(ms.InputError, match="allowed in the task classify"):
        experiment_from_text(text, "p")
