"""Layers made of layers: one after the other, and side by side with a shortcut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar

from memsim.networks.convolution import Convolution
from memsim.networks.draws import Address
from memsim.networks.layers import Arrays, Layer, ReLU, Shape
from memsim.networks.norm import BatchNorm
from memsim.networks.run import Run, below, prefixed


@dataclass(frozen=True)
class Chain(Layer):
    """Layers one after the other; a parameter is named by the place, kind and name, as in ``0.convolution.weight``."""

    kind: ClassVar[str] = "chain"
    layers: tuple[Layer, ...]

    @property
    def count(self) -> int:
        return sum(layer.count for layer in self.layers)

    def shapes(self, given: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        """Name, layer and the shape of its inputs, in order."""
        for i, layer in enumerate(self.layers):
            yield f"{i}.{layer.kind}", layer, given
            given = layer.shape(given)

    def shape(self, given: Shape) -> Shape:
        for layer in self.layers:
            given = layer.shape(given)
        return given

    def operations(self, given: Shape) -> int:
        return sum(layer.operations(shape) for _, layer, shape in self.shapes(given))

    def init(self, given: Shape, address: Address, dtype: str) -> Arrays:
        parameters: Arrays = {}
        for name, layer, shape in self.shapes(given):
            parameters |= prefixed(name, layer.init(shape, address, dtype))
            address = address.after(layer.count)
        return parameters

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        caches = []
        for run in self._runs:
            x, cache = run.forward(parameters, x, train)
            caches.append(cache)
            train = None if train is None else train.after(sum(layer.count for layer in run.layers))
        return x, caches

    def outputs(self, parameters: Mapping[str, Any], x: Any) -> Any:
        """Outputs in evaluation, without keeping what `backward` needs."""
        for run in self._runs:
            x, _ = run.forward(parameters, x, None)
        return x

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        gradients: Arrays = {}
        for run, own in reversed(list(zip(self._runs, cache, strict=True))):
            dy, found = run.backward(own, dy, inputs or run.first > 0)
            gradients = found | gradients
        return dy, gradients

    def statistics(self, cache: Any) -> Arrays:
        moved: Arrays = {}
        for run, own in zip(self._runs, cache, strict=True):
            moved |= run.statistics(own)
        return moved

    @cached_property
    def _runs(self) -> list[Run]:
        """The layers in order: neighbours that treat channels apart together, every other one alone."""
        runs: list[Run] = []
        for apart, found in groupby(enumerate(self.layers), lambda pair: pair[1].apart):
            places, layers = zip(*found, strict=True)
            runs += [Run(places[0], layers)] if apart else map(Run, places, ((layer,) for layer in layers))
        return runs


@dataclass(frozen=True)
class Residual(Layer):
    """Two normalised 3 x 3 convolutions beside a shortcut, their sum rectified.

    The shortcut is the input itself, or a normalised 1 x 1 convolution where the size or the channels change.

    Source: He et al., "Deep residual learning", CVPR 2016, figure 2 and option B (doi:10.1109/CVPR.2016.90).
    """

    kind: ClassVar[str] = "residual"
    channels: int
    stride: int = 1

    def paths(self, channels: int) -> dict[str, Chain]:
        def convolution(kernel: int, stride: int, gain: float) -> tuple[Layer, ...]:
            return Convolution(self.channels, kernel, stride, bias=False, gain=gain), BatchNorm()

        plain = self.stride == 1 and channels == self.channels
        return {
            "main": Chain((*convolution(3, self.stride, 2.0), ReLU(), *convolution(3, 1, 2.0))),
            "shortcut": Chain(() if plain else convolution(1, self.stride, 1.0)),
        }

    @property
    def count(self) -> int:
        return sum(path.count for path in self.paths(channels=0).values())  # with the longer of both shortcuts

    def shape(self, given: Shape) -> Shape:
        return self.paths(given[0])["main"].shape(given)

    def operations(self, given: Shape) -> int:
        return sum(path.operations(given) for path in self.paths(given[0]).values())

    def init(self, given: Shape, address: Address, dtype: str) -> Arrays:
        parameters: Arrays = {}
        for name, path in self.paths(given[0]).items():
            parameters |= prefixed(name, path.init(given, address, dtype))
            address = address.after(path.count)
        return parameters

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        paths = self.paths(x.shape[0])
        results = []
        for name, path in paths.items():
            results.append(path.forward(below(name, parameters), x, train))
            train = None if train is None else train.after(path.count)
        y, rectified = ReLU().forward({}, results[0][0] + results[1][0], train)
        return y, (paths, [cache for _, cache in results], rectified)

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        paths, caches, rectified = cache
        dy, _ = ReLU().backward(rectified, dy)
        gradients: Arrays = {}
        parts = []
        for (name, path), own in zip(paths.items(), caches, strict=True):
            dx, found = path.backward(own, dy, inputs)
            gradients |= prefixed(name, found)
            parts.append(dx)
        return parts[0] + parts[1] if inputs else None, gradients

    def statistics(self, cache: Any) -> Arrays:
        moved: Arrays = {}
        for (name, path), own in zip(cache[0].items(), cache[1], strict=True):
            moved |= prefixed(name, path.statistics(own))
        return moved
