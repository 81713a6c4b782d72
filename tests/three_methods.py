"""A small experiment with costs: a crossbar that learns, a network, and the network on crossbars."""

from __future__ import annotations

from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import experiment_from_text

THREE_METHODS = """\
name: tiny
title: Costs of three methods
task: classify
data: {source: digits, samples: 60}
learners:
  - name: Delta
    array: {device: taox-hfox-wu2018, dac: {bits: 8}, adc: {bits: 8, range: 8}}
    learning: {rule: delta, rate: 0.01, epochs: 3}
  - name: Linear
    network: {architecture: linear}
    training: {rate: 0.03, epochs: 3, batch: 8}
  - name: Programmed
    programmed: {learner: Linear}
    array: {device: epiram-choi2018, dac: {bits: 8, polarity: unsigned}, adc: {bits: 8}}
energy: {components: generic, node: 22 nm, accuracy: 0.15}
corruptions: {gaussian: [0.1]}
perturbations: [0.05]
keep: [weights]
seeds: 2
"""


def three_methods() -> Experiment:
    """The experiment."""
    return experiment_from_text(THREE_METHODS, "tiny.yaml")
