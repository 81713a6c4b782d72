"""A layer of trained weights that are programmed onto pairs of cells: at what scale, and with which bias voltage."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.checks import spanned_bounds
from memsim.arrays.crossbar import Crossbar
from memsim.arrays.layer import CrossbarLayer
from memsim.arrays.mapping import Mapping
from memsim.arrays.patches import Patches
from memsim.errors import InputError
from memsim.profiles import DeviceProfile, device_of


class ProgrammedLayer(CrossbarLayer):
    """A layer whose weights are programmed once onto pairs of cells.

    A weight is the difference of a pair: |W|/scale of the bounds' width above the lower bound on the line of its sign,
    the lower bound on the other line.

    Parameters
    ----------
    weights : (row, col) or (array, row, col)
        Weights of the inputs; of a stack, such as the groups of a convolution, all have one scale.
    bias : (col,), (array, col) or None
        Added to the outputs; a row of cells of its own, which is driven with the voltage `bias_drive`.
    device : DeviceProfile or str
        The cells, see `Crossbar`.
    patches : Patches, optional
        See `CrossbarLayer`.
    clip : float
        The scale is this quantile of the |weights|, in (0, 1], and larger ones are clipped to it; 1 is the largest. A
        bias is never clipped: where biases exceed the scale, their row is driven with more voltage.
    bounds : (float, float)
        Bounds of w that the weights span.
    cycles : int
        Rounds of programming, see `Crossbar.program`.
    error : float
        Sigma of a further Gaussian error of every cell, in w.
    **options
        Further parameters of `Crossbar`: initial, seed, dtype, backend, scope, first_array, converters, wires, tile.

    Attributes
    ----------
    targets : (row, col) or (array, row, col)
        Weights before they were clipped, in float64; the last row has the biases over the voltage of their row.
    scale : float
        Weight that spans the bounds.

    Raises
    ------
    InputError
        If a setting is not allowed.
    """

    def __init__(
        self,
        weights: np.ndarray,
        bias: np.ndarray | None,
        device: DeviceProfile | str,
        *,
        patches: Patches | None = None,
        clip: float = 1.0,
        bounds: tuple[float, float] | None = (0.0, 1.0),
        cycles: int = 1,
        error: float = 0.0,
        **options: Any,
    ) -> None:
        if not 0 < clip <= 1:
            raise InputError(f"clip: {clip!r} is not a number above 0 and up to 1")
        profile = device_of(device)
        low, high = spanned_bounds(bounds, profile)
        drive, self.scale = bias_drive(weights, bias, clip)
        self.targets = np.asarray(weights, float)
        if bias is not None:
            self.targets = np.concatenate([self.targets, np.asarray(bias, float)[..., None, :]], axis=-2)
            self.targets[..., -1, :] /= drive
        if self.targets.ndim == 3:
            options = {"arrays": len(self.targets)} | options
        crossbar = Crossbar(profile, *self.targets.shape[-2:], bounds=(low, high), column="pair", **options)
        states = low + Mapping(scale=self.scale).states(self.targets) * (high - low)
        crossbar.program(states, cycles=cycles, error=error)
        super().__init__(crossbar, bias=0.0 if bias is None else drive, unit=self.scale / (high - low), patches=patches)

    @property
    def cell_weights(self) -> np.ndarray:
        """Weights that the cells hold, as outputs see them through wires, with the axes of `targets`, float64."""
        return self.crossbar.weights.values.astype(float) * self.unit

    @property
    def weights(self) -> np.ndarray:
        """Weights in the products, with the axes of `targets`, float64; the last row is the bias, if there is one."""
        weights = self.cell_weights
        if self.bias:
            weights[..., -1, :] *= self.bias
        return weights

    def exact(self, x: Any) -> np.ndarray:
        """Outputs that `targets` would give for inputs x, with axes as of `read`, float64."""
        return self.shaped(self.signal(x).astype(float) @ self.targets)


def bias_drive(weights: np.ndarray, bias: np.ndarray | None, clip: float) -> tuple[float, float]:
    """Voltage of the bias row, at least 1, and the weight that spans the bounds.

    Biases that exceed the weights would leave these a small part of the window; a larger voltage on their row does not.
    """
    scale = float(np.quantile(np.abs(weights), clip))
    largest = 0.0 if bias is None else float(np.abs(bias).max(initial=0.0))
    if scale == 0:
        return 1.0, largest or 1.0
    return max(1.0, largest / scale), scale
