"""Losses by name: the value of a sample and its gradient by the outputs, on any array of the array API standard.

For outputs o and targets t of K classes, y the class of the largest target, p = softmax(o), and the margin
m = o_y - max_{j != y} o_j:

=================  ===========================================  ==============================================
name               value of a sample                            source
=================  ===========================================  ==============================================
mse                sum (o - t)^2                                study
cross-entropy      -sum t log p                                 robust-vision
label-smoothing    cross-entropy of (1 - smoothing) t +         Szegedy et al. 2016, section 7
                   smoothing/K                                  (doi:10.1109/CVPR.2016.308)
hinge-margin       max(0, margin - m)                           robust-vision
log-margin-mse     mse - weight log(max(m, floor))              study
log-margin-ce      cross-entropy - weight log(max(m, floor))    study
focal              -alpha (1 - p_y)^gamma log p_y               Lin et al. 2017, eq. 5 (arXiv:1708.02002)
combined           label-smoothing + 0.5 hinge-margin           robust-vision
=================  ===========================================  ==============================================

Study: Y. Akbay, "A Systematic Decomposition of Neural Network Robustness", preprint 2025/2026; robust-vision is the
framework around it.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

from memsim.errors import InputError, nearest


class _Batch(NamedTuple):
    """Outputs (..., class), targets of the same shape and dtype, and the namespace of both."""

    xp: Any
    outputs: Any
    targets: Any


class _Term(NamedTuple):
    """A summand of a loss: its value (...,) and its gradient by the outputs (..., class)."""

    value: Callable[[_Batch, Loss], Any]
    slope: Callable[[_Batch, Loss], Any]


def _first_largest(xp, array):
    return xp.argmax(array, axis=-1, keepdims=True) == xp.arange(array.shape[-1])


def _where(xp, mask, array):
    return xp.where(mask, array, xp.zeros_like(array))


def _margin(batch):
    """Margin (..., 1), and the masks (..., class) of the class y and of its runner-up, the first one of a tie."""
    xp, outputs, targets = batch
    label = _first_largest(xp, targets)
    others = xp.where(label, xp.full_like(outputs, -math.inf), outputs)
    margin = xp.sum(_where(xp, label, outputs), axis=-1, keepdims=True) - xp.max(others, axis=-1, keepdims=True)
    return margin, label, _first_largest(xp, others)


def _at_least(xp, array, least):
    return xp.maximum(array, xp.full_like(array, least))


def _push(batch, size, label, runner_up):
    """Slope that pulls y up and its runner-up down, each by `size` (..., 1)."""
    xp = batch.xp
    return xp.where(label, -size, xp.where(runner_up, size, xp.zeros_like(batch.outputs)))


def _log_softmax(batch):
    xp, outputs, _ = batch
    shifted = outputs - xp.max(outputs, axis=-1, keepdims=True)
    # log1p of all but the largest: a sample learned to 1 - 1e-20 still has a loss of 1e-20.
    others = xp.where(_first_largest(xp, outputs), xp.zeros_like(outputs), xp.exp(shifted))
    return shifted - xp.log1p(xp.sum(others, axis=-1, keepdims=True))


def _mse_value(batch, loss):
    error = batch.outputs - batch.targets
    return batch.xp.sum(error * error, axis=-1)


def _mse_slope(batch, loss):
    return 2.0 * (batch.outputs - batch.targets)


def _entropy_value(batch, loss):
    return -batch.xp.sum(batch.targets * _log_softmax(batch), axis=-1)


def _entropy_slope(batch, loss):
    xp, _, targets = batch
    return xp.exp(_log_softmax(batch)) * xp.sum(targets, axis=-1, keepdims=True) - targets


def _smoothed(batch, loss):
    targets = (1.0 - loss.smoothing) * batch.targets + loss.smoothing / batch.targets.shape[-1]
    return batch._replace(targets=targets)


def _hinge_value(batch, loss):
    return _at_least(batch.xp, loss.margin - _margin(batch)[0], 0.0)[..., 0]


def _hinge_slope(batch, loss):
    margin, label, runner_up = _margin(batch)
    size = _where(batch.xp, margin < loss.margin, batch.xp.ones_like(margin))
    return _push(batch, size, label, runner_up)


def _log_margin_value(batch, loss):
    return -loss.weight * batch.xp.log(_at_least(batch.xp, _margin(batch)[0], loss.floor))[..., 0]


def _log_margin_slope(batch, loss):
    """Push of weight/margin above the floor, none below it, where the value is constant."""
    margin, label, runner_up = _margin(batch)
    size = _where(batch.xp, margin > loss.floor, loss.weight / _at_least(batch.xp, margin, loss.floor))
    return _push(batch, size, label, runner_up)


def _focal_parts(batch):
    """Mask of y, p (..., class), and log p_y and 1 - p_y (..., 1), the latter summed from the other classes."""
    xp = batch.xp
    label, log_p = _first_largest(xp, batch.targets), _log_softmax(batch)
    p = xp.exp(log_p)
    rest = xp.sum(xp.where(label, xp.zeros_like(p), p), axis=-1, keepdims=True)
    return label, p, xp.sum(_where(xp, label, log_p), axis=-1, keepdims=True), rest


def _focal_value(batch, loss):
    _, _, log_py, rest = _focal_parts(batch)
    return (-loss.alpha * rest**loss.gamma * log_py)[..., 0]


def _focal_slope(batch, loss):
    xp = batch.xp
    label, p, log_py, rest = _focal_parts(batch)
    one = xp.ones_like(rest)
    # p_y log(p_y) / (1 - p_y), which tends to -1 for p_y -> 1.
    ratio = xp.where(rest > 0, xp.exp(log_py) * log_py / xp.where(rest > 0, rest, one), -one)
    return loss.alpha * rest**loss.gamma * (loss.gamma * ratio - 1.0) * xp.where(label, rest, -p)


def _study_error(batch, loss):
    return batch.outputs - batch.targets


def _study_push(batch, loss):
    margin, label, _ = _margin(batch)
    size = -loss.weight / _at_least(batch.xp, margin, loss.floor)
    return batch.xp.where(label, size, batch.xp.zeros_like(batch.outputs))


_MSE = _Term(_mse_value, _mse_slope)
_ENTROPY = _Term(_entropy_value, _entropy_slope)
_SMOOTHED = _Term(
    lambda batch, loss: _entropy_value(_smoothed(batch, loss), loss),
    lambda batch, loss: _entropy_slope(_smoothed(batch, loss), loss),
)
_HINGE = _Term(_hinge_value, _hinge_slope)
_HALF_HINGE = _Term(
    lambda batch, loss: 0.5 * _hinge_value(batch, loss),
    lambda batch, loss: 0.5 * _hinge_slope(batch, loss),
)
_LOG_MARGIN = _Term(_log_margin_value, _log_margin_slope)
_TERMS: dict[str, tuple[_Term, ...]] = {
    "mse": (_MSE,),
    "cross-entropy": (_ENTROPY,),
    "label-smoothing": (_SMOOTHED,),
    "hinge-margin": (_HINGE,),
    "log-margin-mse": (_MSE, _LOG_MARGIN),
    "log-margin-ce": (_ENTROPY, _LOG_MARGIN),
    "focal": (_Term(_focal_value, _focal_slope),),
    "combined": (_SMOOTHED, _HALF_HINGE),
}
_STUDY_SLOPES = {"mse": (_study_error,), "log-margin-mse": (_study_error, _study_push)}
LOSSES = tuple(_TERMS)
GRADIENTS = ("exact", "study")


@dataclass(frozen=True)
class Loss:
    """A loss by its name, as in the table of this module.

    Parameters
    ----------
    name : str
        One of `LOSSES`.
    weight : float
        Weight of the log margin, the study's lambda; used by ``log-margin-mse`` and ``log-margin-ce``.
    gradient : {"exact", "study"}
        ``exact``: `slope` is the gradient of `value`. ``study`` (``mse`` and ``log-margin-mse`` only): the direction of
        the study's script, e = o - t, then e_y -= weight/max(m, floor). That is not the gradient of the loss that the
        paper states: the factor 2 of the squared error is dropped, the runner-up gets no mirrored push, and the push
        on y stays on below the floor. `value` is that of the stated loss all the same.
    margin : float
        Margin that ``hinge-margin`` and ``combined`` ask for.
    floor : float
        Smallest margin that enters the logarithm.
    smoothing : float
        Share of the target spread over all classes, by ``label-smoothing`` and ``combined``.
    alpha, gamma : float
        Weight and exponent of ``focal``.

    Raises
    ------
    InputError
        If a name is unknown, a number out of range, or ``study`` not defined for the loss.
    """

    name: str
    weight: float = 1.0
    gradient: str = "exact"
    margin: float = 1.0
    floor: float = 0.1
    smoothing: float = 0.1
    alpha: float = 0.25
    gamma: float = 2.0

    def __post_init__(self) -> None:
        if self.name not in LOSSES:
            raise InputError(f"loss: unknown loss {self.name!r}{nearest(self.name, LOSSES)}")
        if self.gradient not in GRADIENTS:
            raise InputError(f"gradient: unknown gradient {self.gradient!r}{nearest(self.gradient, GRADIENTS)}")
        if self.gradient == "study" and self.name not in _STUDY_SLOPES:
            raise InputError(f"gradient: 'study' is for the losses {' and '.join(_STUDY_SLOPES)}, not {self.name!r}")
        for field, inside, allowed in (
            ("weight", self.weight >= 0, "a finite number of at least 0"),
            ("margin", True, "a finite number"),
            ("floor", self.floor > 0, "a finite number above 0"),
            ("smoothing", 0 <= self.smoothing < 1, "a number from 0 to below 1"),
            ("alpha", 0 < self.alpha <= 1, "a number above 0 and up to 1"),
            ("gamma", self.gamma >= 0, "a finite number of at least 0"),
        ):
            if not (inside and math.isfinite(getattr(self, field))):
                raise InputError(f"{field}: {getattr(self, field)!r} is not {allowed}")

    def value(self, outputs: Any, targets: Any) -> Any:
        """Loss of every sample, shape (...,), in the dtype of the outputs.

        Parameters
        ----------
        outputs : array (..., class)
            Float32 or float64 array of NumPy, CuPy or another library of the array API standard.
        targets : array (class,) to (..., class)
            Probabilities or one-hot, broadcast over the leading axes of the outputs.

        Raises
        ------
        InputError
            If the outputs are no such array or have fewer than two classes, or the shapes do not fit.
        """
        batch = _batch(outputs, targets)
        return reduce(operator.add, (term.value(batch, self) for term in _TERMS[self.name]))

    def slope(self, outputs: Any, targets: Any) -> Any:
        """Gradient of every sample's loss by its outputs, shape (..., class), or the study's direction; see `value`."""
        batch = _batch(outputs, targets)
        exact = tuple(term.slope for term in _TERMS[self.name])
        slopes = _STUDY_SLOPES[self.name] if self.gradient == "study" else exact
        return reduce(operator.add, (slope(batch, self) for slope in slopes))


def array_namespace(array: Any) -> Any:
    """Module of the array API functions for an array: `numpy`, `cupy` or what else the array names."""
    if hasattr(array, "__array_namespace__"):
        return array.__array_namespace__()
    # CuPy (13 to 14.2) has the standard's functions in its main namespace, but its arrays do not say so.
    if type(array).__module__.partition(".")[0] == "cupy":
        return sys.modules["cupy"]
    raise InputError(f"outputs: a {type(array).__name__} is not an array of NumPy, CuPy or the array API standard")


def _batch(outputs, targets):
    xp = array_namespace(outputs)
    if outputs.dtype not in (xp.float32, xp.float64):
        raise InputError(f"outputs: dtype {outputs.dtype} is not float32 or float64")
    if outputs.ndim == 0 or outputs.shape[-1] < 2:
        raise InputError(f"outputs: shape {tuple(outputs.shape)} has no last axis of at least 2 classes")
    given = xp.asarray(targets, dtype=outputs.dtype)
    if given.shape[-1:] != outputs.shape[-1:]:
        raise InputError(f"targets: shape {tuple(given.shape)} does not end in {outputs.shape[-1]} classes")
    try:
        return _Batch(xp, outputs, xp.broadcast_to(given, outputs.shape))
    except ValueError:
        shapes = f"{tuple(given.shape)} does not broadcast to the outputs' {tuple(outputs.shape)}"
        raise InputError(f"targets: shape {shapes}") from None
