"""Networks trained on one image, without ever touching most of their weights.

Gradient descent on a single input x adds multiples of x to the first layer and nothing else, so its weights
(unit, pixel) stay W + c x^T with one number c a unit. Training then needs the fresh responses W x and the power |x|^2
only, and a read with another image x' needs W x' and the overlap x . x'. This is the arithmetic of training the whole
layer in another order; results agree to rounding.

A network is linear (units are outputs) or has one layer of ReLU units and a readout (output, unit); no biases. Arrays
are NumPy's or CuPy's: only functions of the Python array API are used. The first axis is the image, a network each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from memsim.networks.losses import Loss, array_namespace


class Trained(NamedTuple):
    """What training changed: c, (image, unit), and the readout, (image, output, unit) or None where there is none."""

    shift: Any
    readout: Any | None


def train(fresh: Any, power: Any, readout: Any | None, targets: Any, loss: Loss, rate: float, steps: int) -> Trained:
    """Plain gradient descent on one image a network; both layers step at once.

    Parameters
    ----------
    fresh : (image, unit)
        Responses W x of the fresh first layer.
    power : (image,)
        |x|^2.
    readout : (image, output, unit) or None
        The fresh readout; None makes the network linear.
    targets : (output,) or (image, output)
        Wanted outputs.
    loss : Loss
        Gives the slope by the outputs.
    rate : float
        Step size.
    steps : int
        Number of steps.

    Notes
    -----
    A linear network on the squared error diverges where the step exceeds 2/curvature; its numbers then grow without
    bound, to infinity in the end.
    """
    xp = array_namespace(fresh)
    shift = xp.zeros_like(fresh)
    nothing = xp.zeros_like(fresh)
    for _ in range(steps):
        response = fresh + power[:, None] * shift
        if readout is None:
            shift = shift - rate * loss.slope(response, targets)
            continue
        active = response > 0
        units = xp.where(active, response, nothing)
        slope = loss.slope(xp.matmul(readout, units[:, :, None])[:, :, 0], targets)
        back = xp.matmul(slope[:, None, :], readout)[:, 0, :]
        readout = readout - (rate * slope)[:, :, None] * units[:, None, :]
        shift = shift - rate * xp.where(active, back, nothing)
    return Trained(shift, readout)


def respond(fresh: Any, overlap: Any, trained: Trained) -> Any:
    """Outputs (image, sample, output) for fresh responses (image, sample, unit) and overlaps (image, sample)."""
    xp = array_namespace(fresh)
    response = fresh + overlap[:, :, None] * trained.shift[:, None, :]
    if trained.readout is None:
        return response
    units = xp.where(response > 0, response, xp.zeros_like(response))
    return xp.matmul(trained.readout[:, None, :, :], units[:, :, :, None])[..., 0]


class Layer(NamedTuple):
    """A fresh first layer and what it makes of its image.

    Attributes
    ----------
    weights : (image, unit, pixel)
        The fresh weights W.
    x : (image, pixel)
        The images.
    response : (image, unit)
        W x.
    power : (image,)
        |x|^2.
    """

    weights: Any
    x: Any
    response: Any
    power: Any


def sensitivity(layer: Layer, trained: Trained) -> Any:
    """Gradient of output 0 minus output 1 by the pixels at the trained image, (image, pixel)."""
    xp = array_namespace(layer.response)
    if trained.readout is None:
        gain = xp.zeros_like(layer.response) + xp.asarray([1.0, -1.0], dtype=layer.response.dtype)
    else:
        difference = trained.readout[:, 0, :] - trained.readout[:, 1, :]
        active = layer.response + layer.power[:, None] * trained.shift > 0
        gain = xp.where(active, difference, xp.zeros_like(difference))
    along = xp.sum(gain * trained.shift, axis=1)
    return xp.matmul(gain[:, None, :], layer.weights)[:, 0, :] + along[:, None] * layer.x


class Moments(NamedTuple):
    """Mean, standard deviation, smallest and largest of all weights of each network, (image,)."""

    mean: Any
    std: Any
    smallest: Any
    largest: Any


def sums(layer: Layer) -> tuple[Any, Any]:
    """Sum and sum of squares of the fresh weights of each network, (image,)."""
    xp = array_namespace(layer.response)
    weights = layer.weights
    squares = xp.matmul(weights[:, :, None, :], weights[:, :, :, None])
    return xp.sum(weights, axis=(1, 2)), xp.sum(squares, axis=(1, 2, 3))


def moments(layer: Layer, fresh: tuple[Any, Any], trained: Trained, bounds: tuple[float, float]) -> Moments:
    """Statistics of all trained weights, both layers; the whole first layer is never formed.

    Parameters
    ----------
    layer : Layer
        The fresh first layer.
    fresh : (sum, sum of squares)
        Of its weights, from `sums`: the same for all networks that start from it.
    trained : Trained
        What training changed.
    bounds : (float, float)
        Bounds of the fresh weights.
    """
    xp = array_namespace(layer.response)
    shift, readout = trained
    total = fresh[0] + xp.sum(shift, axis=1) * xp.sum(layer.x, axis=1)
    squares = fresh[1] + 2 * xp.sum(shift * layer.response, axis=1) + xp.sum(shift * shift, axis=1) * layer.power
    smallest, largest = _extremes(xp, layer, shift, bounds)
    count = layer.weights.shape[1] * layer.weights.shape[2]
    if readout is not None:
        total = total + xp.sum(readout, axis=(1, 2))
        squares = squares + xp.sum(readout * readout, axis=(1, 2))
        ends = xp.reshape(readout, (readout.shape[0], -1))
        smallest = xp.minimum(smallest, xp.min(ends, axis=1))
        largest = xp.maximum(largest, xp.max(ends, axis=1))
        count += readout.shape[1] * readout.shape[2]
    mean = total / count
    variance = squares / count - mean * mean
    return Moments(mean, xp.sqrt(xp.maximum(variance, xp.zeros_like(variance))), smallest, largest)


_UNITS = 8  # first-layer units whose weights are formed at once


def _extremes(xp: Any, layer: Layer, shift: Any, bounds: tuple[float, float]) -> tuple[Any, Any]:
    """Smallest and largest first-layer weight of each network."""
    low, high = bounds
    every = [(layer.weights[i, :, :], layer.x[i, :], shift[i, :]) for i in range(shift.shape[0])]
    smallest = [-_largest(xp, -1.0, *one, -low) for one in every]
    largest = [_largest(xp, 1.0, *one, high) for one in every]
    return xp.stack(smallest), xp.stack(largest)


def _largest(xp: Any, sign: float, weights: Any, x: Any, shift: Any, top: float) -> Any:
    """Largest of sign (W + c x^T), where no sign W exceeds `top`."""
    # Units in falling order of what they could reach at most, until none can beat what was found.
    reach = top + xp.maximum(sign * shift * xp.max(x), sign * shift * xp.min(x))
    order = xp.argsort(-reach)
    largest = None
    for first in range(0, shift.shape[0], _UNITS):
        units = order[first : min(first + _UNITS, shift.shape[0])]
        if largest is not None and bool(reach[units[0]] <= largest):
            break
        formed = xp.take(weights, units, axis=0) + xp.take(shift, units)[:, None] * x[None, :]
        found = xp.max(sign * formed)
        largest = found if largest is None else xp.maximum(largest, found)
    return largest
