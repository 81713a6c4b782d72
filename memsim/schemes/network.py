"""Networks of several layers that learn in place: forward reads, backward reads and pulses, vector by vector."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from memsim.errors import InputError, nearest
from memsim.kernels.fill import fill
from memsim.philox import Purpose, Scope, Stream, key, padded, scoped
from memsim.profiles import DeviceProfile, device_of
from memsim.real_arrays import check_real
from memsim.schemes import SCHEMES
from memsim.schemes.activations import ACTIVATIONS
from memsim.schemes.arrays import EXACT, LayerArrays, Reference
from memsim.schemes.network_loop import reading_kernel, training_kernel
from memsim.schemes.reading import EXACT_READS, Reading
from memsim.schemes.scheme import Scheme

_BACKWARD = 3
"""Role, in `Scope`, of the noise of backward reads."""


class InSituNetwork:
    """An ensemble of fully connected networks with softmax outputs that learn in place by a scheme.

    Each weight is a cell in a symmetric window, see `memsim.schemes.arrays`. The bias of a layer is one more row, whose
    input is 1. A vector is read forwards, its errors are read backwards through the transposed arrays, and pulses
    change the weights: a batch of one, as on hardware.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, and classes.
    scheme : Scheme or str
        How layers learn: a name, such as "sgd" or "agad", or ``memsim.schemes.Agad(chance=0.1)``.
    device, fast_device : DeviceProfile or str
        The cells of the weights, and those that collect gradients; the same if not given.
    activation : {"sigmoid", "tanh", "relu"}
        Of hidden units.
    networks : int
        Networks of the ensemble; each has cells, fresh weights and an order of its own.
    seed : int
        Of all random numbers.
    forward, backward : Reading
        How layers are read in both directions; exactly if not given.
    reference : Reference
        How the references of fast cells are found.
    scale : float
        Range of weights that the nominal window stands for.
    spread : float, optional
        Fresh weights are uniform in plus and minus this number over the root of the number of inputs; 1 if not given.

    Raises
    ------
    InputError
        If a setting is not allowed, or a device does not suit the scheme.
    """

    def __init__(
        self,
        sizes: tuple[int, ...],
        scheme: Scheme | str,
        device: DeviceProfile | str,
        fast_device: DeviceProfile | str | None = None,
        *,
        activation: str = "sigmoid",
        networks: int = 1,
        seed: int = 0,
        forward: Reading = EXACT_READS,
        backward: Reading = EXACT_READS,
        reference: Reference = EXACT,
        scale: float = 2.0,
        spread: float = 1.0,
    ) -> None:
        if len(sizes) < 2 or any(int(size) != size or size < 1 for size in sizes):
            raise InputError(f"sizes: {sizes!r} is not allowed; allowed: at least two whole numbers from 1 on")
        if activation not in ACTIVATIONS:
            raise InputError(f"activation: unknown activation '{activation}'{nearest(str(activation), ACTIVATIONS)}")
        scheme = SCHEMES.make(scheme) if isinstance(scheme, str) else scheme
        self.sizes, self.scheme, self._activation, self._seed = tuple(sizes), scheme, activation, seed
        cells = device_of(device)
        collecting = cells if fast_device is None else device_of(fast_device)
        self.layers = [
            LayerArrays(
                scheme,
                cells,
                collecting,
                (networks, outputs, inputs + 1),
                seed=seed,
                reference=reference,
                scale=scale,
                scope=Scope(layer=number),
            )
            for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes))
        ]
        for number, layer in enumerate(self.layers):
            layer.set_weights(_fresh(sizes[number] + 1, sizes[number + 1], networks, seed, number, spread))
        self._signals = tuple(_inputs(networks, size) for size in sizes[:-1])
        self._sums = tuple(np.zeros((networks, size), np.float32) for size in sizes[1:])
        self._errors = tuple(np.zeros((networks, size), np.float32) for size in sizes[1:])
        self._forward, self._backward, self._read = forward.numbers, backward.numbers, 0
        self._words = self._read_words(Purpose.TRAINING, 0)
        self._first = max(layer.first for layer in self.layers)

    @property
    def weights(self) -> list[np.ndarray]:
        """Weights of each layer, (network, input, output); the last input is the bias."""
        return [layer.weights for layer in self.layers]

    @property
    def saturated_trains(self) -> float:
        """Share of the trains so far whose largest pair wants more pulses than slots."""
        counts = sum(layer.layer.counts.sum(0) for layer in self.layers)
        return float(counts[5] / max(counts[4], 1))

    def train(self, images: Any, labels: Any, rate: float, orders: Any = None) -> np.ndarray:
        """Show images one by one and return the cross-entropy of each before it changed the weights, (network, image).

        Parameters
        ----------
        images : (image, input)
            Inputs; dimensionless.
        labels : (image,) of int
            Classes, from 0.
        rate : float
            Learning rate.
        orders : (network, vector) of int, optional
            Numbers of the images in the order in which each network gets them; all in turn if not given.

        Raises
        ------
        InputError
            If a shape does not fit, or a value is not allowed.
        """
        x = self._checked(images)
        y = np.ascontiguousarray(labels, np.int64)
        networks = self.layers[0].layer.turn.size
        order = np.tile(np.arange(len(x)), (networks, 1)) if orders is None else np.ascontiguousarray(orders, np.int64)
        if y.shape != (len(x),) or (len(y) and not 0 <= y.min() <= y.max() < self.sizes[-1]):
            raise InputError(f"labels: allowed: one of 0 to {self.sizes[-1] - 1} for each of {len(x)} images")
        if order.ndim != 2 or len(order) != networks or (order.size and not 0 <= order.min() <= order.max() < len(x)):
            raise InputError(f"orders: allowed: for each of {networks} networks, numbers of images below {len(x)}")
        shares = np.empty(order.shape, np.float32)
        specs = self.layers[0].specs
        kernel = training_kernel(self.scheme.name, specs[0], specs[-1], self._activation)
        state = tuple(layer.layer for layer in self.layers)
        room, reads = (self._signals, self._sums, self._errors), (self._forward, self._backward, self._words)
        kernel(state, *room, *reads, x, y, order, float(rate), self._first, shares)
        self._first += order.shape[1]
        return -np.log(np.maximum(shares, np.finfo(np.float32).tiny))

    def outputs(self, images: Any) -> np.ndarray:
        """Sums of the output layer before the softmax, (network, image, class); each call has read noise of its own."""
        x = self._checked(images)
        out = np.empty((self.layers[0].layer.turn.size, len(x), self.sizes[-1]), np.float32)
        state = tuple(layer.layer for layer in self.layers)
        words = self._read_words(Purpose.TEST, self._read)
        self._read += 1
        read = reading_kernel(self._activation)
        read(state, self._signals, self._forward, words, x, 0, out)
        return out

    def _read_words(self, purpose: Purpose, number: int) -> np.ndarray:
        """Words of the keys of the noise of reads, forwards and backwards, of each layer, (layer, 4) of uint32."""
        words = [
            [
                *key(self._seed, Scope(layer=layer, purpose=purpose, read=number)),
                *key(self._seed, Scope(layer=layer, role=_BACKWARD, purpose=purpose, read=number)),
            ]
            for layer in range(len(self.layers))
        ]
        return np.array(words, np.uint32)

    def _checked(self, images: Any) -> np.ndarray:
        check_real("images", images)
        x = np.ascontiguousarray(images, np.float32)
        if x.ndim != 2 or x.shape[1] != self.sizes[0] or not np.isfinite(x).all():
            raise InputError(f"images: of shape {x.shape}; allowed: finite numbers (image, {self.sizes[0]})")
        return x


def _inputs(networks: int, size: int) -> np.ndarray:
    """Room for the inputs of a layer, (network, padded row), with the input of the bias."""
    signal = np.zeros((networks, padded(size + 1)), np.float32)
    signal[:, size] = 1.0
    return signal


def _fresh(rows: int, columns: int, networks: int, seed: int, layer: int, spread: float) -> np.ndarray:
    """Fresh weights (network, row, column): uniform, and 0 for the bias."""
    scope = Scope(layer=layer)
    drawn = fill("uniform", (networks, columns, padded(rows)), seed=scoped(seed, scope), stream=Stream.WEIGHTS)
    weights = spread / np.sqrt(rows - 1) * (2.0 * drawn[:, :, :rows].swapaxes(1, 2).astype(float) - 1.0)
    weights[:, -1] = 0.0
    return weights
