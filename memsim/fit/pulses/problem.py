"""The parameters of one fit: which numbers are free, on which scale they are searched, what the filter gets of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from memsim.fit.pulses.axis import Axis
from memsim.fit.pulses.filter import NODES, RANGE, STEP, VALUE, Scale, Series, Trial, log_likelihood, predict
from memsim.fit.pulses.models import Parameter, StepModel

_erf = np.vectorize(math.erf)
X = np.linspace(0.0, 1.0, NODES)
OWN = ("low", "high", "factor")
"""What every device has of its own: the ends of its window and the factor of its steps."""
BASES = {"range": RANGE, "step": STEP, "value": VALUE}

_NOISE = (
    Parameter("c2c", "write noise of a pulse", 1e-4, 10.0),
    Parameter("read", "noise of a read", 1e-4, 3.0),
)
_SLOW = (
    Parameter("slow", "noise of a read that is correlated over pulses", 1e-4, 3.0),
    Parameter("memory", "pulses over which it is correlated", 1.5, 100.0),
)
_TIE = 1e4
_IMPOSSIBLE = -1e4
_LARGEST_STEP = 10.0


@dataclass(frozen=True)
class Problem:
    """One model, one kind of noise, one set of sweeps; theta holds the shared numbers, then those of each device.

    Attributes
    ----------
    model : StepModel
        The model of the mean step.
    series : Series
        The trains on `axis`.
    devices : int
        Number of devices.
    write, read : str
        What the sigmas are relative to: "range" or "step", "range" or "value". On a logarithmic axis write noise
        is relative to the step, and read noise, constant there, is relative to the value.
    slow : bool
        Whether some of the read noise is correlated over several pulses.
    axis : Axis
        Where the reads lie, from 0 to 1.
    floor : float
        Variance of rounding.
    known : ndarray
        Ends of the windows (device, 2) where they are not fitted, else nan. Nothing is clipped at a known end.
    begin, moved : float
        Shares of trains whose first read is made at the end of the window, and one pulse from it.
    held : tuple of int
        Elements of theta that stay where they are.
    """

    model: StepModel
    series: Series
    devices: int
    write: str
    read: str
    slow: bool
    axis: Axis
    floor: float
    known: np.ndarray
    begin: float = 0.3
    moved: float = 0.3
    held: tuple[int, ...] = ()

    @property
    def shared(self) -> tuple[Parameter, ...]:
        """Parameters that all devices share: those of the model, then the sigmas."""
        return (*self.model.parameters, *_NOISE, *(_SLOW if self.slow else ()))

    @cached_property
    def free(self) -> np.ndarray:
        """Which elements of theta are fitted (bool)."""
        own = np.ones((self.devices, len(OWN)), bool)
        own[:, :2] = np.isnan(self.known)
        own[:, 2] = self.devices > 1
        free = np.concatenate([np.ones(len(self.shared), bool), own.ravel()])
        free[list(self.held)] = False
        return free

    def holding(self, *elements: int) -> Problem:
        """The problem with more elements of theta that stay where they are."""
        return replace(self, held=(*self.held, *elements))

    @property
    def noise(self) -> range:
        """Elements of theta that are numbers of the noise: the sigma of a pulse, that of a read, then the slow part."""
        return range(len(self.model.parameters), len(self.shared))

    @cached_property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest theta."""
        low = [self._to(p, p.low) for p in self.shared]
        high = [self._to(p, p.high) for p in self.shared]
        first, last = self.extremes()
        span = last - first
        # A device that was pulsed through a small part of its window has one as wide as the others.
        reach = span.max()
        own_low = np.column_stack([first - reach, first + 0.55 * span, np.full(self.devices, -3.0)])
        own_high = np.column_stack([first + 0.45 * span, last + reach, np.full(self.devices, 3.0)])
        return np.concatenate([low, own_low.ravel()]), np.concatenate([high, own_high.ravel()])

    def inside(self, theta: np.ndarray) -> np.ndarray:
        """Theta with its free elements within their limits."""
        low, high = self.limits
        return np.clip(theta, np.where(self.free, low, -np.inf), np.where(self.free, high, np.inf))

    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest read of each device."""
        s = self.series
        of = [s.value[s.observed & (self.device_of == i)] for i in range(self.devices)]
        return np.array([v.min() for v in of]), np.array([v.max() for v in of])

    @staticmethod
    def _to(parameter: Parameter, value: float) -> float:
        return float(np.log(value)) if parameter.positive else value

    def pack(self, shared: Any, own: np.ndarray) -> np.ndarray:
        """Theta of natural values; `own` (device, 3) holds ends and the logarithm of the factor."""
        own = np.where(
            np.isnan(np.column_stack([self.known, np.full(self.devices, np.nan)])), own, 0.0
        ) + np.nan_to_num(np.column_stack([self.known, np.zeros(self.devices)]))
        return np.concatenate([[self._to(p, v) for p, v in zip(self.shared, shared, strict=True)], own.ravel()])

    def natural(self, theta: np.ndarray) -> np.ndarray:
        """Natural values of the shared parameters (..., parameter)."""
        part = theta[..., : len(self.shared)]
        positive = np.array([p.positive for p in self.shared])
        return np.where(positive, np.exp(np.where(positive, part, 0.0)), part)

    def own(self, theta: np.ndarray) -> np.ndarray:
        """Ends and logarithm of the factor of every device (..., device, 3)."""
        return theta[..., len(self.shared) :].reshape(*theta.shape[:-1], self.devices, len(OWN))

    def trial(self, thetas: np.ndarray) -> Trial:
        """What the filter needs, for thetas (trial, parameter)."""
        shared, own = self.natural(thetas), self.own(thetas)
        count = len(self.model.parameters)
        windows = own[..., :2].mean(1)
        # Most trials differ in other numbers than those of the steps.
        shapes = shared[:, :count]
        if self.model.physical or self.axis.logarithmic:
            shapes = np.concatenate([shapes, windows], axis=1)
        tables: dict[bytes, np.ndarray] = {}
        step = np.empty((len(thetas), 2, NODES))
        for t, shape in enumerate(shapes):
            key = shape.tobytes()
            if key not in tables:
                tables[key] = self._signed_steps(shared[t, :count], windows[t])
            step[t] = tables[key]
        clipped = np.isnan(self.known).astype(float)
        table = np.concatenate(
            [own[..., :2], np.exp(own[..., 2:]), np.broadcast_to(clipped, own[..., :2].shape)], axis=-1
        )
        noise = np.zeros((4, len(thetas)))
        noise[3] = 1.0
        noise[: shared.shape[1] - count] = shared[:, count:].T
        return Trial(step, np.ascontiguousarray(table), *noise)

    def _signed_steps(self, values: np.ndarray, window: np.ndarray) -> np.ndarray:
        """Signed steps of both branches at the states `X` (branch, node) on the axis, of the window with these ends."""
        offset = self.offset(window)
        moves = [sign * self.model.step(X, branch, values, offset) for branch, sign in enumerate((1.0, -1.0))]
        steps = np.stack([self.axis.steps(move, *window) for move in moves])
        return np.clip(steps, -_LARGEST_STEP, _LARGEST_STEP)

    def offset(self, window: np.ndarray) -> float:
        """G_min/(G_max - G_min) of the average device with these ends (2,); at least 1e-6."""
        low, high = self.axis.value(window)
        return float(max(low / (high - low), 1e-6))

    def steps(self, theta: np.ndarray) -> np.ndarray:
        """Magnitude of the steps of both branches at the states `X` (branch, node), of the window."""
        values = self.natural(theta)[: len(self.model.parameters)]
        offset = self.offset(self.own(theta)[:, :2].mean(0))
        return np.stack([self.model.step(X, branch, values, offset) for branch in range(2)])

    @property
    def read_base(self) -> str:
        """What the sigma of a read is a share of: "range" or "value"."""
        return "value" if self.axis.logarithmic else self.read

    @property
    def scale(self) -> Scale:
        """What the filter's sigmas are relative to."""
        return Scale(BASES[self.write], BASES[self.read], self.axis.origin, self.floor, self.begin, self.moved)

    def scores(self, thetas: np.ndarray) -> np.ndarray:
        """Log-likelihood of every read, as a density on the linear axis (trial, point)."""
        score = log_likelihood(self.series, self.trial(np.atleast_2d(thetas)), self.scale) + self._density
        return np.nan_to_num(score, copy=False, nan=_IMPOSSIBLE, neginf=_IMPOSSIBLE, posinf=_IMPOSSIBLE)

    @cached_property
    def _density(self) -> np.ndarray:
        """What turns a density on the axis into one on the linear axis, logarithm, of every scored read (point,)."""
        scored = self.series.observed.copy()
        scored[self.series.start] = False
        return np.where(scored, self.axis.density(self.axis.value(self.series.value)), 0.0)

    def value(self, theta: np.ndarray) -> float:
        """Log-likelihood of all reads."""
        return float(self.scores(theta).sum())

    @property
    def factors(self) -> np.ndarray:
        """Elements of theta that scale the steps of single devices, where there are several."""
        return np.arange(len(self.shared) + 2, len(self.free), len(OWN)) if self.devices > 1 else np.arange(0)

    def tie(self, thetas: np.ndarray) -> np.ndarray:
        """Penalty that keeps the mean factor at 1, so that shared steps are those of the average device (trial,)."""
        return -0.5 * _TIE * thetas[:, self.factors].sum(1) ** 2

    def tie_slope(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient of the penalty by theta, and its information."""
        one = np.zeros(len(theta))
        one[self.factors] = 1.0
        return -_TIE * (one @ theta) * one, _TIE * np.outer(one, one)

    def begun(self, theta: np.ndarray) -> Problem:
        """The problem with the shares of trains by where they begin, by expectation maximisation."""
        s, trial = self.series, self.trial(theta[None])
        own = trial.own[0, s.device]
        low, high, factor = own[:, 0], own[:, 1], own[:, 2]
        branch, first = s.branch[s.start], s.value[s.start]
        gain = np.abs(self.axis.origin + first) if self.read == "value" else 1.0
        variance = gain**2 * (trial.read[0] ** 2 + trial.slow[0] ** 2) + self.floor
        end = np.where(branch == 0, low, high)
        jump = trial.step[0, branch, np.where(branch == 0, 0, NODES - 1)] * factor * (high - low)
        pulse = (trial.write[0] * (jump if self.write == "step" else 1.0)) ** 2
        below, above = ((limit - first) / np.sqrt(2 * variance) for limit in (low, high))
        density = np.stack(
            [
                _normal(first - end, variance),
                _normal(first - end - jump, variance + pulse),
                0.5 * (_erf(above) - _erf(below)) / (high - low),
            ]
        )
        density = density[:, ~s.resumed]
        shares = np.full(3, 1 / 3)
        for _ in range(200):
            likely = shares[:, None] * density
            likely /= likely.sum(0) + 1e-300
            shares = (likely.sum(1) + 1 / 3) / (density.shape[1] + 1.0)
        return replace(self, begin=float(shares[0]), moved=float(shares[1]))

    def visited(self, theta: np.ndarray) -> np.ndarray:
        """Lowest and highest state that the filter expects of each device (device, 2)."""
        mean = predict(self.series, self.trial(theta[None]), self.scale)[2][0]
        return np.array(
            [[mean[self.device_of == d].min(), mean[self.device_of == d].max()] for d in range(self.devices)]
        )

    def pinned(self, known: np.ndarray) -> Problem:
        """The problem with some ends of windows known."""
        return replace(self, known=known)

    def unpinned(self, theta: np.ndarray) -> tuple[Problem, np.ndarray]:
        """The problem with no end of a window known, and theta there."""
        free = self.pinned(np.full(self.known.shape, np.nan))
        return free, free.pack(self.natural(theta), self.own(theta))

    def on(self, series: Series) -> Problem:
        """The problem on other sweeps of the same devices, in the same scale."""
        return replace(self, series=series)

    @cached_property
    def device_of(self) -> np.ndarray:
        """Device of every point."""
        s = self.series
        return np.repeat(s.device, s.stop - s.start)


def _normal(miss: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * miss**2 / variance) / np.sqrt(2 * np.pi * variance)


def with_element(theta: np.ndarray, index: int, value: float) -> np.ndarray:
    """Theta with another value of one element."""
    changed = theta.copy()
    changed[index] = value
    return changed
