"""Networks of torch that tests export as ONNX: a perceptron, a LeNet and a small ResNet, with random weights."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

SHAPES = {"perceptron": (1, 8, 8), "lenet": (1, 28, 28), "resnet": (3, 16, 16)}
"""Shape of a sample of each network."""


class Block(nn.Module):
    """A residual block with normalised convolutions."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.second, self.norm2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.beside: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.beside = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm(self.first(x)))
        return torch.relu(self.norm2(self.second(y)) + self.beside(x))


class ResNet(nn.Module):
    """Two residual blocks behind a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, 1, 1), nn.BatchNorm2d(8)
        self.one, self.two = Block(8, 8, 1), Block(8, 16, 2)
        self.mean, self.last = nn.AdaptiveAvgPool2d(1), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        y = self.mean(self.two(self.one(torch.relu(self.norm(self.stem(x))))))
        return self.last(y.view(y.size(0), -1))


def network(name: str) -> nn.Module:
    """A network in evaluation mode; its normalisations have statistics that differ from 0 and 1."""
    torch.manual_seed(0)
    made: nn.Module
    if name == "perceptron":
        made = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    elif name == "lenet":
        images = (nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh())
        dense = (nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.LeakyReLU(), nn.Linear(84, 10))
        made = nn.Sequential(*images, nn.MaxPool2d(2), nn.Flatten(), *dense)
    else:
        made = ResNet()
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_()
    return made.eval()


def exported(name: str, path: Path, samples: int | None = None, **options: object) -> Path:
    """The ONNX file of one of these networks, for any number of samples or a fixed one."""
    return written(network(name), SHAPES[name], path, samples, **options)


def written(
    model: nn.Module, shape: tuple[int, ...], path: Path, samples: int | None = None, **options: object
) -> Path:
    """The ONNX file of a model."""
    axes = {} if samples else {"x": {0: "samples"}, "y": {0: "samples"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch has a newer exporter, which needs another package
        torch.onnx.export(
            model,
            (torch.zeros(samples or 1, *shape),),
            str(path),
            input_names=["x"],
            output_names=["y"],
            dynamo=False,
            dynamic_axes=axes,
            **options,
        )
    return path
