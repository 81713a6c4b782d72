"""Batch normalisation: every channel to mean 0 and variance 1 over a batch, then scaled and shifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.networks.draws import Address
from memsim.networks.layers import Arrays, Layer, Shape
from memsim.networks.losses import array_namespace


@dataclass(frozen=True)
class BatchNorm(Layer):
    """y = scale (x - mean)/sqrt(variance + epsilon) + shift, per channel.

    Training takes the mean and variance of the batch and lets `mean` and `variance` follow them, the latter without
    bias (n - 1); evaluation takes these running values.

    Parameters
    ----------
    momentum : float
        Weight of the newest batch in the running values; the default is PyTorch's.
    epsilon : float
        Added to the variance; the default is PyTorch's.

    Source: Ioffe & Szegedy, ICML 2015, algorithms 1 and 2 (arXiv:1502.03167).
    """

    kind: ClassVar[str] = "norm"
    apart: ClassVar[bool] = True
    momentum: float = 0.1
    epsilon: float = 1e-5

    def init(self, given: Shape, address: Address, dtype: str) -> Arrays:
        import numpy as np

        ones, zeros = np.ones(given[0], dtype), np.zeros(given[0], dtype)
        return {"scale": ones, "shift": zeros, "mean": zeros, "variance": ones}

    def forward(self, parameters: Mapping[str, Any], x: Any, train: Address | None) -> tuple[Any, Any]:
        xp = array_namespace(x)
        flat = xp.reshape(x, (x.shape[0], -1))
        mean, variance = parameters["mean"], parameters["variance"]
        moved: Arrays = {}
        if train is not None:
            count = flat.shape[1]
            batch_mean = xp.sum(flat, axis=1) / count
            centred = flat - batch_mean[:, None]
            batch_variance = _dots(xp, centred, centred) / count
            unbiased = batch_variance * (count / max(count - 1, 1))
            moved = {
                "mean": mean + self.momentum * (batch_mean - mean),
                "variance": variance + self.momentum * (unbiased - variance),
            }
            variance = batch_variance
        else:
            centred = flat - mean[:, None]
        inverse = 1.0 / xp.sqrt(variance + self.epsilon)
        factor = parameters["scale"] * inverse
        y = centred * factor[:, None]
        y += parameters["shift"][:, None]
        return xp.reshape(y, x.shape), (centred, inverse, factor, moved)

    def backward(self, cache: Any, dy: Any, inputs: bool = True) -> tuple[Any, Arrays]:
        centred, inverse, factor, moved = cache
        xp = array_namespace(dy)
        flat = xp.reshape(dy, centred.shape)
        along, total = _dots(xp, flat, centred), xp.sum(flat, axis=1)
        dx = flat * factor[:, None]
        if moved:
            share = -factor / centred.shape[1]
            rest = centred * (share * inverse * inverse * along)[:, None]
            rest += (share * total)[:, None]
            dx += rest
        return xp.reshape(dx, dy.shape), {"scale": along * inverse, "shift": total}

    def statistics(self, cache: Any) -> Arrays:
        return dict(cache[3])


def _dots(xp: Any, a: Any, b: Any) -> Any:
    """Sum of a b in each row, without forming the product."""
    return xp.matmul(a[:, None, :], b[:, :, None])[:, 0, 0]
