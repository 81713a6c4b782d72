"""Networks for data sets: an architecture with its parameters, and exact gradients by both."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from memsim.errors import DataError
from memsim.networks.architecture import Architecture
from memsim.networks.chain import Chain
from memsim.networks.draws import Address, check_number
from memsim.networks.losses import Loss, array_namespace
from memsim.networks.parts import host, split
from memsim.philox import key
from memsim.real_arrays import check_real

AT_ONCE = 128  # samples that are evaluated at once


class Gradient(NamedTuple):
    """What a batch asks of the parameters.

    Attributes
    ----------
    loss : float
        Mean over the samples.
    outputs : array (sample, class)
    slopes : dict of str to array
        Gradient of the mean loss by each learned parameter.
    statistics : dict of str to array
        New running means and variances; empty in evaluation.
    """

    loss: float
    outputs: Any
    slopes: dict[str, Any]
    statistics: dict[str, Any]


@dataclass(frozen=True)
class Network:
    """An architecture with its parameters.

    Parameters
    ----------
    architecture : Architecture
    parameters : mapping of str to array
        In the order of the layers; arrays of NumPy, CuPy or another library of the array API standard, never changed.
    engine : type of Chain
        What computes outputs and gradients: `Chain`, or a chain of another library with the same numbers to rounding,
        such as `memsim.torch.engine.TorchChain`.
    """

    architecture: Architecture
    parameters: Mapping[str, Any]
    engine: type[Chain] = Chain

    @classmethod
    def fresh(cls, architecture: Architecture, *, seed: int, number: int = 0, engine: type[Chain] = Chain) -> Network:
        """Network with addressed random weights, NumPy arrays; networks of one seed differ by their number.

        Raises
        ------
        InputError
            If the seed is not in [0, 2^64) or the number not in [0, 2^24).
        """
        key(seed)
        check_number(number)
        address = Address(seed, number)
        return cls(architecture, architecture.layers.init(architecture.shape, address, architecture.dtype), engine)

    @cached_property
    def layers(self) -> Chain:
        """The layers, computed by the engine."""
        layers = self.architecture.layers
        return layers if self.engine is Chain else self.engine(layers.layers)

    @property
    def xp(self) -> Any:
        """Module of the array API functions for the parameters."""
        return array_namespace(next(iter(self.parameters.values())))

    @property
    def dtype(self) -> Any:
        """The dtype of parameters and outputs, of their library."""
        return getattr(self.xp, self.architecture.dtype)

    @property
    def count(self) -> int:
        """Number of learned parameters; running means and variances are none."""
        return sum(math.prod(array.shape) for name, array in self.parameters.items() if learned(name))

    @property
    def operations(self) -> int:
        """Multiply-accumulate operations for the outputs of one sample, in products with learned weights."""
        return self.architecture.layers.operations(self.architecture.shape)

    def replace(self, parameters: Mapping[str, Any]) -> Network:
        """The same layers with other parameters."""
        return replace(self, parameters=parameters)

    def to(self, xp: Any) -> Network:
        """The network with its parameters in another library, from NumPy: ``network.to(cupy)``."""
        return self.replace({name: xp.asarray(array) for name, array in self.parameters.items()})

    @property
    def host(self) -> Network:
        """The network with its parameters in NumPy arrays, from any library."""
        return self.replace({name: host(array) for name, array in self.parameters.items()})

    def outputs(self, x: Any, train: Address | None = None) -> Any:
        """Outputs (sample, class).

        Parameters
        ----------
        x : array (sample, channel, y, x)
            Or (sample, feature); converted to the dtype of the network.
        train : Address or None
            Of a training step, for dropout and the statistics of this batch; None evaluates.

        Raises
        ------
        DataError
            If the samples do not have the architecture's shape.
        """
        layers = self.layers
        if train is not None:
            return layers.forward(self.parameters, self._last(x), train)[0].T
        return self._pieces(x, lambda part: layers.outputs(self.parameters, self._last(x[part, ...])).T)

    def gradient(self, x: Any, targets: Any, loss: Loss, train: Address | None = None) -> Gradient:
        """Mean loss, outputs and gradients; see `outputs` for x and train, `Loss` for targets (sample, class)."""
        layers = self.layers
        last, cache = layers.forward(self.parameters, self._last(x), train)
        outputs = last.T
        value = float(self.xp.mean(loss.value(outputs, targets)))
        slope = loss.slope(outputs, targets) / outputs.shape[0]
        _, slopes = layers.backward(cache, slope.T, inputs=False)
        return Gradient(value, outputs, slopes, layers.statistics(cache))

    def sensitivity(self, x: Any, slope: Any) -> Any:
        """Gradient of sum slope * outputs by the inputs, in their shape, in evaluation; sample by sample.

        Parameters
        ----------
        x : array (sample, ...)
            See `outputs`.
        slope : array (class,) or (sample, class)
            For a margin +1 at the target and -1 at the runner-up; for a loss ``loss.slope(outputs, targets)``.
        """
        layers, xp = self.layers, self.xp
        slope = xp.asarray(slope, dtype=self.dtype)

        def back(part: slice) -> Any:
            last, cache = layers.forward(self.parameters, self._last(x[part, ...]), None)
            given = xp.broadcast_to(slope if slope.ndim == 1 else slope[part, ...], last.T.shape)
            return xp.moveaxis(layers.backward(cache, given.T)[0], -1, 0)

        return self._pieces(x, back)

    def _last(self, x: Any) -> Any:
        """Inputs as the layers take them, the sample last."""
        check_real("inputs", x)
        if tuple(x.shape[1:]) != self.architecture.shape:
            shapes = f"{list(x.shape[1:])}, the network takes {list(self.architecture.shape)}"
            raise DataError(f"inputs: the samples have shape {shapes}")
        return self.xp.moveaxis(self.xp.asarray(x, dtype=self.dtype), 0, -1)

    def _pieces(self, x: Any, work: Callable[[slice], Any]) -> Any:
        """What the work gives for all samples, a bounded number at a time."""
        if x.shape[0] <= AT_ONCE:
            return work(slice(None))
        whole = None
        for part in split(x.shape[0], AT_ONCE):
            piece = work(part)
            if whole is None:
                whole = self.xp.empty((x.shape[0], *piece.shape[1:]), dtype=piece.dtype)
            whole[part, ...] = piece
        return whole


def learned(name: str) -> bool:
    """Whether a parameter is learned by its gradient, rather than a running mean or variance."""
    return not name.endswith((".mean", ".variance"))
