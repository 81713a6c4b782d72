"""Networks of experiments computed by torch: the layers of `memsim.networks`, forward and backward.

Parameters, random numbers, losses and optimisers remain those of `memsim.networks`. So both engines make the same
steps, and their numbers agree to rounding. Arrays of NumPy and CuPy become tensors without a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from memsim.errors import InputError
from memsim.networks import draws
from memsim.networks.chain import Chain, Residual
from memsim.networks.convolution import Convolution
from memsim.networks.draws import Address
from memsim.networks.layers import Arrays, Dense, Dropout, Flatten, Layer, ReLU
from memsim.networks.network import learned
from memsim.networks.norm import BatchNorm
from memsim.networks.pooling import GlobalAveragePool, MaxPool
from memsim.torch.exchange import array_of


class TorchChain(Chain):
    """Layers one after the other, computed by torch; it gives the numbers of `Chain`, to rounding.

    Examples
    --------
    >>> network = Network.fresh(architecture, seed=0, engine=TorchChain)
    """

    def outputs(self, parameters: Mapping[str, Any], x: Any) -> Any:
        with torch.no_grad(), _exactly():
            tensors = {name: _tensor(array) for name, array in parameters.items()}
            y = _chain(self, tensors, _samples(x), None, {})
        return _array(y)

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        tensors = {name: _tensor(array).requires_grad_(learned(name)) for name, array in parameters.items()}
        inputs, moved = _samples(x).requires_grad_(), dict[str, Tensor]()
        with torch.enable_grad(), _exactly():
            y = _chain(self, tensors, inputs, train, moved)
        return _array(y.detach()), (
            tensors,
            inputs,
            y,
            {name: _in_order(array) for name, array in moved.items()},
        )

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        tensors, x, y, _ = cache
        sources = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
        wanted = [*sources.values(), *([x] if inputs else [])]
        with _exactly():
            gradients = torch.autograd.grad(y, wanted, _samples(dy))
        slopes = {name: _in_order(gradient) for name, gradient in zip(sources, gradients, strict=False)}
        return _array(gradients[-1]) if inputs else None, slopes

    def statistics(self, cache: Any) -> Arrays:
        return dict(cache[3])


def torch_chain(backend: str) -> type[Chain]:
    """The class of chains that torch computes.

    Parameters
    ----------
    backend : {"cpu", "cuda"}
        Where the arrays of the network are.

    Raises
    ------
    InputError
        If torch has no access to a card that holds them.
    """
    if backend == "cuda" and not torch.cuda.is_available():
        raise InputError(
            f"PyTorch {torch.__version__} finds no card, but the run computes on one; install PyTorch for CUDA, or run "
            "with --backend cpu"
        )
    return TorchChain


Forward = Callable[[Any, str, Mapping[str, Tensor], Tensor, "Address | None", dict[str, Tensor]], Tensor]
"""Outputs from a layer, the start of the names of its parameters, all parameters, the inputs (sample, ...) and the
address of a step of training; it adds new running means and variances to the last argument, by name."""


def _chain(
    chain: Chain,
    parameters: Mapping[str, Tensor],
    x: Tensor,
    train: Address | None,
    moved: dict[str, Tensor],
    above: str = "",
) -> Tensor:
    """Outputs of layers one after the other; `above` begins the names of their parameters."""
    for place, layer in enumerate(chain.layers):
        x = _forward(layer)(layer, f"{above}{place}.{layer.kind}.", parameters, x, train, moved)
        train = None if train is None else train.after(layer.count)
    return x


def _forward(layer: Layer) -> Forward:
    if type(layer) not in _FORWARD:
        raise InputError(f"engine: torch cannot compute layers of the kind '{layer.kind}'; allowed: engine memsim")
    return _FORWARD[type(layer)]


def _dense(layer: Dense, name: str, p: Any, x: Tensor, train: Any, moved: Any) -> Tensor:
    return F.linear(x, p[f"{name}weight"], p[f"{name}bias"])


def _convolution(layer: Convolution, name: str, p: Any, x: Tensor, train: Any, moved: Any) -> Tensor:
    return F.conv2d(x, p[f"{name}weight"], p.get(f"{name}bias"), layer.stride, layer.kernel // 2)


def _relu(layer: ReLU, name: str, p: Any, x: Tensor, train: Any, moved: Any) -> Tensor:
    return F.relu(x)


def _flatten(layer: Flatten, name: str, p: Any, x: Tensor, train: Any, moved: Any) -> Tensor:
    return x.flatten(1)


def _dropout(layer: Dropout, name: str, p: Any, x: Tensor, train: Address | None, moved: Any) -> Tensor:
    if train is None or layer.share == 0:
        return x
    keep = draws.kept(1.0 - layer.share, x[0].numel(), len(x), train)
    factor = torch.from_numpy(np.ascontiguousarray(keep.T) / (1.0 - layer.share))
    return x * factor.to(x).reshape(x.shape)


def _norm(layer: BatchNorm, name: str, p: Any, x: Tensor, train: Address | None, moved: dict[str, Tensor]) -> Tensor:
    scale, shift, mean, variance = (p[f"{name}{part}"] for part in ("scale", "shift", "mean", "variance"))
    if train is None:
        return F.batch_norm(x, mean, variance, scale, shift, eps=layer.epsilon)
    follow = mean.clone(), variance.clone()
    cudnn = torch.backends.cudnn.enabled
    y = torch.batch_norm(x, scale, shift, *follow, True, layer.momentum, layer.epsilon, cudnn)
    if x.numel() == x.shape[1]:  # one number a channel, whose unbiased variance is not a number
        follow = follow[0], (1.0 - layer.momentum) * variance
    moved |= dict(zip((f"{name}mean", f"{name}variance"), follow, strict=True))
    return y


def _pool(layer: MaxPool, name: str, p: Any, x: Tensor, train: Any, moved: Any) -> Tensor:
    return F.max_pool2d(x, 2)


def _average(layer: GlobalAveragePool, name: str, p: Any, x: Tensor, train: Any, moved: Any) -> Tensor:
    return x.mean((2, 3))


def _residual(layer: Residual, name: str, p: Any, x: Tensor, train: Address | None, moved: dict[str, Tensor]) -> Tensor:
    results = []
    for path_name, path in layer.paths(x.shape[1]).items():
        results.append(_chain(path, p, x, train, moved, f"{name}{path_name}."))
        train = None if train is None else train.after(path.count)
    return F.relu(results[0] + results[1])


_FORWARD: dict[type[Layer], Forward] = {
    Dense: _dense,
    Convolution: _convolution,
    ReLU: _relu,
    Flatten: _flatten,
    Dropout: _dropout,
    BatchNorm: _norm,
    MaxPool: _pool,
    GlobalAveragePool: _average,
    Residual: _residual,
}


def _exactly() -> AbstractContextManager[Any]:
    """No shortened float32 numbers and no algorithms chosen by timing, on cards."""
    flags = cast(Any, torch.backends.cudnn.flags)
    return flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)


def _samples(x: Any) -> Tensor:
    """A tensor (sample, ...) of an array (..., sample); of images, with the channels of a pixel side by side."""
    first = _tensor(x).movedim(-1, 0)
    return first.contiguous(memory_format=torch.channels_last) if first.ndim == 4 else first.contiguous()


def _in_order(values: Tensor) -> Any:
    """An array of a tensor with its axes in memory order."""
    return array_of(values.detach().contiguous())


def _array(y: Tensor) -> Any:
    """An array (..., sample) of a tensor (sample, ...)."""
    return array_of(y.movedim(0, -1))


def _tensor(array: Any) -> Tensor:
    """A tensor of an array, without a copy unless the array must not be written to, or has an axis in reverse order."""
    if not isinstance(array, np.ndarray):
        return torch.from_dlpack(array)
    shared = array.flags.writeable and all(stride >= 0 for stride in array.strides)
    return torch.from_numpy(array if shared else array.copy())
