"""The axis on which reads are compared with a model: conductance, or its logarithm, scaled to 0 to 1 over all reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOGARITHMIC_FROM = 10.0
"""Ratio of the largest to the smallest read from which on noise in proportion to the conductance is tried: a decade."""


@dataclass(frozen=True)
class Axis:
    """A scale from the smallest read (0) to the largest (1).

    Attributes
    ----------
    first, last : float
        Smallest and largest read, in the data's unit.
    logarithmic : bool
        Whether equal distances are equal ratios. Noise that is constant on such an axis is lognormal.
    """

    first: float
    last: float
    logarithmic: bool = False

    @property
    def span(self) -> float:
        """Largest read minus smallest, in the data's unit."""
        return self.last - self.first

    @property
    def ratio(self) -> float:
        """Natural logarithm of the largest over the smallest read; of a logarithmic axis."""
        return float(np.log(self.last / self.first))

    @property
    def origin(self) -> float:
        """Conductance at 0, in units of the span."""
        return self.first / self.span

    def scaled(self, value: np.ndarray) -> np.ndarray:
        """Position on the axis of values in the data's unit, any shape."""
        if not self.logarithmic:
            return (value - self.first) / self.span
        return np.log(np.maximum(value, 1e-6 * self.first) / self.first) / self.ratio

    def value(self, position: np.ndarray) -> np.ndarray:
        """Values in the data's unit at positions on the axis, any shape."""
        if not self.logarithmic:
            return self.first + self.span * position
        return self.first * np.exp(self.ratio * position)

    def density(self, value: np.ndarray) -> np.ndarray:
        """Logarithm of a density on the linear axis over that on this one, at values in the data's unit, any shape."""
        if not self.logarithmic:
            return np.zeros(np.shape(value))
        return np.log(self.span / (value * self.ratio))

    def steps(self, linear: np.ndarray, low: float, high: float) -> np.ndarray:
        """Signed steps on this axis, of the window between two positions, from those of a model.

        Parameters
        ----------
        linear : ndarray
            Signed steps (node,) of the window at equal distances of the conductance.
        low, high : float
            Ends of the window, positions on the axis.

        Returns
        -------
        ndarray
            Signed steps (node,) at equal distances on this axis.
        """
        if not self.logarithmic:
            return linear
        share = np.linspace(0.0, 1.0, len(linear))
        ends = self.value(np.array([low, high]))
        ratio = self.ratio * (high - low)
        before = ends[0] * np.exp(ratio * share)
        move = np.interp((before - ends[0]) / (ends[1] - ends[0]), share, linear) * (ends[1] - ends[0])
        return np.log(np.maximum(before + move, 1e-3 * ends[0]) / before) / ratio
