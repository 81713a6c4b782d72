"""Devices without pulses in experiments: trained ideally, programmed once with their error model, and labelled so."""

from __future__ import annotations

import numpy as np

import memsim as ms

DEVICE = "pcm-joshi2020"
NOTE = f"trained ideally, then programmed once with the error model of device '{DEVICE}': "


def test_a_memory_is_programmed_once_and_the_table_says_so(small):
    found = small("physical-01", "--device", DEVICE, "-o", "x.nc")
    assert found.code == 0
    assert f"Note     {NOTE}Hebbian Physical" in found.out
    dataset = ms.load("x.nc")
    assert dataset.attrs["notes"] == NOTE + "Hebbian Physical"
    assert not dataset.pulses_set.any()
    ideal = ms.run(ms.load_experiment("physical-01").replace({"data.samples": 2, "data.shape": [8, 8]}))
    errors = np.abs(dataset.weight_mean - ideal.weight_mean.values)
    assert ((errors > 0) & (errors < 0.05)).all()


EXPERIMENT = """
name: mini
title: Digits on cells that are only programmed
data: {source: digits, seed: 0, samples: 120}
task: classify
learners:
  - name: In place
    array: {device: pcm-joshi2020}
    features: {kind: competitive, units: 8, epochs: 1}
    learning: {rule: delta, rate: 0.002, epochs: 1, batch: 8}
  - name: Network
    network: {architecture: linear}
    training: {loss: cross-entropy, rate: 0.01, epochs: 2, batch: 64}
  - name: Programmed
    programmed: {learner: Network, cycles: 10}
    array: {device: pcm-joshi2020}
corruptions: {gaussian: [0.1]}
seeds: 1
"""


def test_a_classification_says_so_for_all_learners_on_such_cells(tmp_path):
    path = tmp_path / "mini.yaml"
    path.write_text(EXPERIMENT, encoding="utf-8")
    dataset = ms.run(ms.load_experiment(path))
    assert dataset.attrs["notes"] == NOTE + "In place, Programmed"
    programmed = dataset.sel(learner="Programmed")
    assert 0 < float(programmed.weight_error.item()) < 0.3
    assert not dataset.training_pulses_set.sel(learner=["In place", "Programmed"]).any()
