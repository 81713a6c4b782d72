"""Time of a training epoch beside PyTorch's: ``python benchmarks/network.py [IMAGES]``.

The network is the default cnn (two blocks of convolution, batch normalisation, ReLU and pooling, then dropout and a
dense layer) in float32, trained by Adam in batches of 128 on 10,000 images of 64 x 64 pixels. Both take turns every
1,250 images, so that other load on the machine meets both; PyTorch, where installed, uses all cores on the CPU.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable

import numpy as np

from memsim.bench.machine import load, processor
from memsim.networks import Adam, Architecture, CrossEntropy, Network, fit
from memsim.networks.parts import cores

ROUND, BATCH, CLASSES = 1250, 128, 10
Trainer = Callable[[np.ndarray, np.ndarray], None]


def memsim_trainer() -> tuple[Trainer, Network]:
    """What trains the network on some images, and the network."""
    architecture = Architecture("cnn", (1, 64, 64), CLASSES, dtype="float32")
    network = Network.fresh(architecture, seed=0)

    def train(x: np.ndarray, y: np.ndarray) -> None:
        nonlocal network
        few = x[:1], y[:1]
        found = fit(network, (x, y), few, loss=CrossEntropy(), optimiser=Adam(), epochs=1, seed=0, batch=BATCH)
        network = found.state.network

    return train, network


def torch_trainer() -> Trainer:
    """The same in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(cores())
    blocks: list[nn.Module] = []
    for given, channels in ((1, 16), (16, 32)):
        blocks += [nn.Conv2d(given, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
        blocks += [nn.ReLU(), nn.MaxPool2d(2)]
    network = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 16 * 16, CLASSES))
    optimiser = torch.optim.Adam(network.parameters())

    def train(x: np.ndarray, y: np.ndarray) -> None:
        images, labels = torch.from_numpy(x), torch.from_numpy(y)
        for chosen in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(images[chosen]), labels[chosen]).backward()
            optimiser.step()

    return train


def main() -> None:
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    where = f"{processor()}, {cores()} cores, load before {load()} (shared if above 0)"
    print(f"{datetime.date.today()}, {where}, NumPy {np.__version__}")
    train, network = memsim_trainer()
    trainers = {"memsim": train}
    try:
        trainers["PyTorch"] = torch_trainer()
    except ModuleNotFoundError:
        print("PyTorch is not installed: no ratio")
    print(f"{network.count} parameters, {network.operations / 1e6:.2f} million multiply-accumulates an image")
    rng = np.random.default_rng(0)
    seconds = dict.fromkeys(trainers, 0.0)
    for first in range(-ROUND, images, ROUND):  # the first round is not counted: kernels load, memory is claimed
        count = min(ROUND, images - first)
        x = rng.random((count, 1, 64, 64), dtype=np.float32)
        y = rng.integers(0, CLASSES, count)
        for name, trainer in trainers.items():
            start = time.perf_counter()
            trainer(x, y)
            seconds[name] += (time.perf_counter() - start) * (first >= 0)
    for name, spent in seconds.items():
        print(f"{name:8s} {spent:6.1f} s for an epoch of {images} images")
    if "PyTorch" in seconds:
        print(f"memsim takes {seconds['memsim'] / seconds['PyTorch']:.2f} of PyTorch's time")


if __name__ == "__main__":
    main()
