"""A layer of trained weights that are programmed onto cells: at what scale, and with which bias voltage."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from memsim.arrays.checks import choice, spanned_bounds
from memsim.arrays.crossbar import Crossbar
from memsim.arrays.layer import CrossbarLayer
from memsim.arrays.mapping import Mapping
from memsim.arrays.patches import Patches
from memsim.arrays.programming.algorithms import Algorithm
from memsim.errors import InputError
from memsim.profiles import DeviceProfile, device_of
from memsim.real_arrays import check_real

SCALES = ("layer", "column")


class ProgrammedLayer(CrossbarLayer):
    """A layer whose weights are programmed once.

    Parameters
    ----------
    weights : (row, col) or (array, row, col)
        Weights of the inputs, of one matrix or of a stack, such as the groups of a convolution.
    bias : (col,), (array, col) or None
        Added to the outputs; a row of cells of its own, which is driven with the voltage `weight_scales` gives.
    device : DeviceProfile or str
        The cells, see `Crossbar`.
    patches : Patches, optional
        See `CrossbarLayer`.
    mapping : Mapping or str
        How weights become states; a string is its kind. A bias is never clipped: where biases exceed the scale, their
        row is driven with more voltage.
    scales : {"layer", "column"}
        Whether the mapping sets one scale for all weights, or one for the weights of each output.
    bounds : (float, float)
        Bounds of w that the weights span.
    cycles : int
        Rounds of programming, see `Crossbar.program`.
    error : float
        Sigma of a further Gaussian error of every cell, in w.
    algorithm : Algorithm, optional
        Takes the place of rounds of pulses, or the error model; see `Crossbar.program`.
    sensitivities : (row, col) or (array, row, col), optional
        Second derivatives of the loss by the weights, a row of biases included; see `Crossbar.program`.
    **options
        Further parameters of `Crossbar`: initial, seed, dtype, backend, scope, first_array, converters, wires, tile.

    Attributes
    ----------
    targets : (row, col) or (array, row, col)
        Weights before they were clipped, in float64; the last row has the biases over the voltage of their row.
    scale : float or (col,) or (array, col)
        Weight that spans the bounds (half of them for the kinds ``reference`` and ``offset``).

    Raises
    ------
    InputError
        If a setting is not allowed.
    """

    mapping: Mapping

    def __init__(
        self,
        weights: np.ndarray,
        bias: np.ndarray | None,
        device: DeviceProfile | str,
        *,
        patches: Patches | None = None,
        mapping: Mapping | str = "pair",
        scales: str = "layer",
        bounds: tuple[float, float] | None = (0.0, 1.0),
        cycles: int = 1,
        error: float = 0.0,
        algorithm: Algorithm | None = None,
        sensitivities: np.ndarray | None = None,
        **options: Any,
    ) -> None:
        for name, values in (("weights", weights), ("bias", bias)):
            check_real(name, values)
        profile = device_of(device)
        low, high = spanned_bounds(bounds, profile)
        mapping = Mapping(mapping) if isinstance(mapping, str) else mapping
        drive, self.scale = weight_scales(weights, bias, mapping, scales)
        self.targets = np.asarray(weights, float)
        if bias is not None:
            self.targets = np.concatenate([self.targets, np.asarray(bias, float)[..., None, :]], axis=-2)
            self.targets[..., -1, :] /= drive
        mapping.check_signs(self.targets)
        rows, cols = self.targets.shape[-2:]
        if self.targets.ndim == 3:
            options = {"arrays": len(self.targets)} | options
        unit = self.scale if isinstance(self.scale, float) else self.scale[..., None, :]
        shares = dataclasses.replace(mapping, scale=1.0)
        crossbar = Crossbar(profile, rows, cols * mapping.slices, bounds=(low, high), column=mapping.column, **options)
        self._states = low + shares.states(self.targets / unit) * (high - low)
        crossbar.program(
            self._states,
            algorithm,
            cycles=cycles,
            error=error,
            reference=(low + high) / 2 if mapping.kind == "reference" else None,
            sensitivities=None if sensitivities is None else np.concatenate([sensitivities] * mapping.slices, -1),
        )
        super().__init__(
            crossbar,
            bias=0.0 if bias is None else drive,
            unit=unit * shares.unit((low, high)),
            patches=patches,
            mapping=shares,
        )

    def program(self) -> None:
        """Program the cells once more, from their present states, without corrections of the outputs."""
        self.crossbar.reprogram()
        self.correction, self.shift = 1.0, 0.0

    @property
    def state_deviations(self) -> np.ndarray:
        """States of all cells minus those that were to be programmed, with the axes of `Crossbar.state`."""
        deviations: np.ndarray = self.crossbar.state.values.astype(float) - self._states
        return deviations

    @property
    def slice_weights(self) -> np.ndarray:
        """Weights that the cells of each slice hold, (slice, ..., row, col), as if the others had the same digits.

        As outputs see them through wires and with their correction, float64.
        """
        matrix = self.crossbar.weights.values.astype(float) * self.correction
        slices = np.stack(np.split(matrix, self.mapping.slices, axis=-1))
        return (slices - self.common) * self.unit

    @property
    def cell_weights(self) -> np.ndarray:
        """Weights that the cells hold, as outputs see them, with the axes of `targets`, float64."""
        weights: np.ndarray = np.tensordot(self.mapping.shares, self.slice_weights, axes=1)
        return weights

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


def check_scales(mapping: Mapping, scales: str) -> None:
    """Refuse scales that are unknown, or contradict the mapping.

    Raises
    ------
    InputError
        In these cases.
    """
    choice("scales", scales, SCALES)
    if mapping.scale is not None and scales == "column":
        raise InputError("mapping.scale: one for all weights; allowed with scales 'layer', or leave it out")


def weight_scales(weights: np.ndarray, bias: np.ndarray | None, mapping: Mapping, scales: str) -> tuple[float, Any]:
    """Voltage of the bias row, at least 1, and the weight that spans the bounds, see `ProgrammedLayer.scale`.

    Biases that exceed the weights would leave these a small part of the window; a larger voltage on their row does not.
    Where the scale of an output would be 0, it is the largest one of the others.

    Parameters
    ----------
    weights : (row, col) or (array, row, col)
    bias : (col,), (array, col) or None
    mapping : Mapping
    scales : {"layer", "column"}

    Raises
    ------
    InputError
        If a choice is not allowed, or the scale of weights other than 0 would be 0.
    """
    check_scales(mapping, scales)
    sizes = np.abs(weights)
    biases = None if bias is None else np.abs(bias)
    scale: Any
    if mapping.scale is not None:
        scale = float(mapping.scale)
    elif scales == "layer":
        scale = float(_percentile(sizes, mapping.percentile, None))
    else:
        scale = _percentile(sizes, mapping.percentile, -2).astype(float)
        scale = np.where(scale > 0, scale, scale.max())
    if not np.any(scale):
        if np.any(weights):
            raise InputError(
                f"weights: their percentile {mapping.percentile:g} is 0, an empty range; give another "
                "mapping.percentile"
            )
        largest = 0.0 if biases is None else float(biases.max(initial=0.0))
        return 1.0, scale + (largest or 1.0)
    drive = 1.0 if biases is None else max(1.0, float((biases / scale).max(initial=0.0)))
    return drive, scale


def _percentile(sizes: np.ndarray, percentile: float, axis: int | None) -> Any:
    return sizes.max(axis) if percentile == 100 else np.percentile(sizes, percentile, axis)
