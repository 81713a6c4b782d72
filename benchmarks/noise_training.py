"""Accuracy with noise of the weights, trained without and with it: ``noise_training.py [FOLDER [EPOCHS]]``.

The network has eight convolutions of 3 x 3 with batch normalisation, and classifies the embedded digits, or the images
in a folder (see `memsim.load_labelled`). Both trainings begin with the same weights and have the same number of steps.
The one has no noise; the other has noise of 20 % of the largest weight of each layer, and clips weights to two standard
deviations. Then the weights of the convolutions and of the last layer are programmed onto cells with a Gaussian error.
Its size is chosen so that each weight, the difference of two cells, has an error of 0, 5, 10 or 15 % of the largest
weight of its layer. Each network is programmed ten times; batch normalisation stays digital.

The figures are those of test images, which had no part in any choice.
"""

from __future__ import annotations

import math
import statistics
import sys
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import memsim as ms
import memsim.torch as mt

LEVELS = (0.0, 0.05, 0.1, 0.15)
SEEDS, PROGRAMMINGS = (0, 1, 2), 10
DEPTH, CHANNELS, BATCH, RATE = 8, 8, 64, 3e-3
TRAININGS = {"without": mt.Training(), "with 20 %": mt.Training(weight_noise=0.2, clip_sigma=2.0)}
SPAN = 100.0
"""Conductance that the largest weight spans [uS]."""


def cells(level: float) -> ms.DeviceProfile:
    """Cells whose errors give weights an error of `level` times the largest weight.

    The lowest conductance is as large as the span, so that errors are not cut off at 0 S.
    """
    changes = {
        "update": None,
        "conductance": {"min": f"{SPAN} uS", "max": f"{2 * SPAN} uS", "status": "assumed"},
        "programming": {
            "model": "polynomial",
            "scale": f"{SPAN} uS",
            "coefficients": {"c0": f"{SPAN * level / math.sqrt(2)} uS"},
            "status": "assumed",
        },
    }
    return ms.load_device("ideal").replace(changes)


def tensors(part: ms.LabelledPart) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(part.pixels.astype(np.float32))[:, None], torch.from_numpy(part.labels.astype(np.int64))


def network(side: int) -> nn.Sequential:
    """Convolutions with 8, then 16 channels on half as many pixels a side."""
    layers: list[nn.Module] = []
    before = 1
    for number in range(DEPTH):
        second = number >= DEPTH // 2
        channels = 2 * CHANNELS if second else CHANNELS
        stride = 2 if number == DEPTH // 2 else 1
        layers += [nn.Conv2d(before, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        before = channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * math.ceil(side / 2) ** 2, 10))


def trained(training: mt.Training, x: Tensor, labels: Tensor, epochs: int, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = mt.prepare(mt.convert(network(x.shape[-1]), mt.Hardware(seed=seed), quiet=True), training).train()
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    steps = epochs * math.ceil(len(x) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), labels[batch]).backward()
            optimiser.step()
            schedule.step()
    return mt.to_torch(model.eval())


def accuracies(model: nn.Module, loader: DataLoader, level: float) -> list[float]:
    """Accuracy [%] of each programming; of one without errors."""
    chip = mt.program(mt.convert(model, mt.Hardware(cells(level), seed=7), quiet=True))
    result = mt.evaluate(chip, loader, repeats=PROGRAMMINGS if level else 1, progress=False)
    return [100 * float(value) for value in result.accuracy[:, 0]]


def main(source: str, epochs: int) -> None:
    start = time.perf_counter()
    images = ms.load_labelled(source)
    (x, labels), test = tensors(images.train), tensors(images.test)
    loader = DataLoader(TensorDataset(*test), batch_size=500)
    print(f"{len(x)} training and {len(test[0])} test images, {epochs} epochs; accuracy in %")
    print("mean and standard deviation of ten programmings (last row: of all), for errors of the largest weight of")
    print(
        f"{'trained':<12}{'seed':<6}" + "".join(f"{f'{level:.0%}':>14}" for level in LEVELS) + f"{'loss at 15 %':>14}"
    )
    for name, training in TRAININGS.items():
        everything: list[list[float]] = [[] for _ in LEVELS]
        for seed in SEEDS:
            model = trained(training, x, labels, epochs, seed)
            own = [accuracies(model, loader, level) for level in LEVELS]
            row(name, str(seed), own)
            for whole, part in zip(everything, own, strict=True):
                whole += part
        row(name, "all", everything)
    print(f"{time.perf_counter() - start:.0f} s")


def row(name: str, seed: str, own: list[list[float]]) -> None:
    means = [statistics.mean(values) for values in own]
    cell = [f"{mean:.1f} ({statistics.stdev(values):.1f})" for mean, values in zip(means[1:], own[1:], strict=True)]
    print(
        f"{name:<12}{seed:<6}"
        + "".join(f"{text:>14}" for text in (f"{means[0]:.1f}", *cell, f"{means[0] - means[-1]:.1f}")),
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "digits", int(sys.argv[2]) if len(sys.argv) > 2 else 60)
