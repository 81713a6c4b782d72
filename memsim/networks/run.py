"""Neighbouring layers that treat channels apart, run a few channels at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from memsim.networks.draws import Address
from memsim.networks.layers import Arrays, Layer
from memsim.networks.losses import array_namespace
from memsim.networks.parts import BLOCK, each, split


class Run(NamedTuple):
    """Layers of a chain, from the place `first` on; more than one only if they treat channels apart.

    A part of the channels goes through all of them, so that what is between the layers stays in the cache.
    """

    first: int
    layers: tuple[Layer, ...]

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        """Outputs of the last layer, and what `backward` needs; see `Layer.forward`."""
        xp = array_namespace(x)
        parts = self._parts(x.shape)
        named = [(layer, below(name, parameters)) for name, layer in zip(self._names(), self.layers, strict=True)]

        def through(part: slice) -> tuple[Any, list[Any]]:
            y, caches = _part(x, part, parts), []
            for i, (layer, own) in enumerate(named):
                mine = {name: _part(array, part, parts) for name, array in own.items()}
                y, cache = layer.forward(mine, y, None if train is None else train.after(i))
                caches.append(cache)
            return y, caches

        results = each(through, parts, xp)
        return _joined([y for y, _ in results]), (parts, [caches for _, caches in results])

    def backward(self, cache: Any, dy: Any, inputs: bool) -> tuple[Any, Arrays]:
        """Gradients by the inputs of the first layer and by all parameters; see `Layer.backward`."""
        xp = array_namespace(dy)
        parts, caches = cache

        def back(part: slice) -> tuple[Any, list[Arrays]]:
            dx, found = _part(dy, part, parts), []
            for i in reversed(range(len(self.layers))):
                dx, own = self.layers[i].backward(caches[parts.index(part)][i], dx, inputs or i > 0)
                found.append(own)
            return dx, found[::-1]

        results = each(back, parts, xp)
        dx = _joined([dx for dx, _ in results]) if inputs else None
        return dx, self._gathered([found for _, found in results])

    def statistics(self, cache: Any) -> Arrays:
        """See `Layer.statistics`."""
        found = [[layer.statistics(own) for layer, own in zip(self.layers, c, strict=True)] for c in cache[1]]
        return self._gathered(found)

    def _names(self) -> list[str]:
        return [f"{i}.{layer.kind}" for i, layer in enumerate(self.layers, self.first)]

    def _parts(self, shape: tuple[int, ...]) -> list[slice]:
        """Channels that are worked on together."""
        if not self.layers[0].apart:
            return [slice(0, shape[0])]
        return split(shape[0], max(1, BLOCK // max(1, math.prod(shape[1:]))))

    def _gathered(self, found: Sequence[Sequence[Arrays]]) -> Arrays:
        """Arrays of every part and layer, joined over the parts and named by the layer."""
        gathered: Arrays = {}
        for name, own in zip(self._names(), zip(*found, strict=True), strict=True):
            gathered |= prefixed(name, {key: _joined([arrays[key] for arrays in own]) for key in own[0]})
        return gathered


def _part(array: Any, part: slice, parts: Sequence[slice]) -> Any:
    return array if len(parts) == 1 else array[part, ...]


def _joined(arrays: Sequence[Any]) -> Any:
    """Arrays of neighbouring channels in one."""
    if len(arrays) == 1:
        return arrays[0]
    xp = array_namespace(arrays[0])
    whole = xp.empty((sum(array.shape[0] for array in arrays), *arrays[0].shape[1:]), dtype=arrays[0].dtype)
    first = 0
    for array in arrays:
        whole[first : first + array.shape[0], ...] = array
        first += array.shape[0]
    return whole


def prefixed(prefix: str, arrays: Mapping[str, Any]) -> Arrays:
    """The arrays under longer names."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def below(prefix: str, arrays: Mapping[str, Any]) -> Arrays:
    """The arrays whose names start with a prefix, without it."""
    start = prefix + "."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
