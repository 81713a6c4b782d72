"""Weights on conductances: which state each cell gets, and what weights and products its outputs stand for."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays.checks import choice, whole
from memsim.errors import InputError

KINDS = ("single", "pair", "reference", "offset")
MAX_SLICES, MAX_SLICE_BITS, MAX_WEIGHT_BITS = 16, 8, 32


@dataclass(frozen=True)
class Mapping:
    """How a matrix of weights is laid on cells.

    Attributes
    ----------
    kind : {"single", "pair", "reference", "offset"}
        ``single``: a cell for a weight of at least 0. ``pair``: the difference of two cells, one of which stays at the
        lower bound. ``reference``: a cell at the middle of the bounds for a weight of 0, and a column of such cells
        whose current is subtracted. ``offset``: the same without that column; the middle's share of the output is
        computed from the inputs and subtracted as a number, and so is the lower bound's of ``single``.
    scale : float or None
        Weight that spans the bounds (half of them for ``reference`` and ``offset``); larger ones are clipped. None: by
        `percentile`.
    percentile : float
        Of the sizes of the weights, which is the scale; 100 for the largest.
    slices : int
        Cells that share a weight, each with `slice_bits` binary digits of it.
    slice_bits : int or None
        Binary digits of a cell, 1 to 8; None for any state, with one slice only.
    """

    kind: str = "pair"
    scale: float | None = None
    percentile: float = 100.0
    slices: int = 1
    slice_bits: int | None = None

    def __post_init__(self) -> None:
        choice("mapping.kind", self.kind, KINDS)
        if self.scale is not None and not (isinstance(self.scale, int | float) and 0 < self.scale < math.inf):
            raise InputError(f"mapping.scale: {self.scale!r} is an empty range; allowed: a number above 0, or None")
        if not (isinstance(self.percentile, int | float) and 0 < self.percentile <= 100):
            raise InputError(f"mapping.percentile: {self.percentile!r} is not allowed; above 0 and up to 100")
        if whole("mapping.slices", self.slices, 1) > MAX_SLICES:
            raise InputError(f"mapping.slices: {self.slices} is not allowed; 1 to {MAX_SLICES}")
        if self.slice_bits is None:
            if self.slices > 1:
                raise InputError("mapping.slice_bits: needed with several slices; the binary digits of a cell, 1 to 8")
        elif whole("mapping.slice_bits", self.slice_bits, 1) > MAX_SLICE_BITS:
            raise InputError(f"mapping.slice_bits: {self.slice_bits} is not allowed; 1 to {MAX_SLICE_BITS}")
        if self.slices * (self.slice_bits or 1) > MAX_WEIGHT_BITS:
            raise InputError(
                f"mapping.slices: {self.slices} of {self.slice_bits} bits are more than {MAX_WEIGHT_BITS} bits a weight"
            )

    @property
    def column(self) -> str:
        """How outputs are read, see `Crossbar`."""
        return "single" if self.kind == "offset" else self.kind

    @property
    def shares(self) -> np.ndarray:
        """Part of a weight that the full range of each slice stands for, (slice,), the least first; the sum is 1."""
        base = 2 ** (self.slice_bits or 1)
        return (base - 1) * base ** np.arange(self.slices, dtype=float) / (base**self.slices - 1)

    def fitted(self, weights: np.ndarray) -> Mapping:
        """The mapping with the scale of these weights.

        Raises
        ------
        InputError
            If the scale would be 0, or weights have a sign that the mapping has no place for.
        """
        self.check_signs(weights)
        if self.scale is not None:
            return self
        scale = float(np.percentile(np.abs(weights), self.percentile))
        if not 0 < scale < math.inf:
            which = "all are 0" if not weights.any() else f"their percentile {self.percentile:g} is {scale:g}"
            raise InputError(f"weights: {which}, an empty range; give mapping.scale, or another percentile")
        return dataclasses.replace(self, scale=scale)

    def check_signs(self, weights: np.ndarray) -> None:
        """Refuse weights whose sign the mapping has no place for.

        Raises
        ------
        InputError
            If there are such weights.
        """
        if self.kind == "single" and (weights < 0).any():
            raise InputError(
                f"weights: {weights.min():g} is negative, and a single cell holds none; allowed: weights of at least "
                "0, or the kinds 'pair', 'reference' and 'offset'"
            )

    def unit(self, bounds: tuple[float, float]) -> float:
        """Weight that a difference of outputs of 1, in units of the full scale, stands for."""
        low, high = bounds
        return self._scale * (2 if self.kind in ("reference", "offset") else 1) / (high - low)

    def common(self, bounds: tuple[float, float], offset: float) -> float:
        """Conductance of a weight of 0 in an output, in units of the window, which digital arithmetic subtracts.

        Parameters
        ----------
        bounds : (float, float)
            States that the weights span.
        offset : float
            Conductance of state 0, in units of the window.
        """
        low, high = bounds
        return {"single": low + offset, "offset": (low + high) / 2 + offset}.get(self.kind, 0.0)

    def states(self, weights: np.ndarray) -> np.ndarray:
        """States of cells, shares of the bounds, (..., row, line) for weights (..., row, col).

        Lines: all outputs of the first slice, then of the next; of pairs, then all second cells likewise.
        """
        share = weights / self._scale
        if self.kind == "pair":
            parts = [np.clip(share, 0, 1), np.clip(-share, 0, 1)]
        elif self.kind == "single":
            parts = [np.clip(share, 0, 1)]
        else:
            parts = [(np.clip(share, -1, 1) + 1) / 2]
        return np.concatenate([digit for part in parts for digit in self._digits(part)], axis=-1)

    def weights(self, states: np.ndarray) -> np.ndarray:
        """Weights (..., row, col) that states (..., row, line), shares of the bounds, stand for."""
        if self.kind == "pair":
            half = states.shape[-1] // 2
            return self._scale * self.joined(states[..., :half] - states[..., half:])
        share = self.joined(states)
        return self._scale * (share if self.kind == "single" else 2 * share - 1)

    def products(self, outputs: np.ndarray, inputs: np.ndarray, bounds: tuple[float, float], offset: float) -> Any:
        """Sums of inputs times weights, (..., sample, col), from outputs in units of the full scale.

        Parameters
        ----------
        outputs : (..., sample, slice * col)
            Of all slices.
        inputs : (..., sample, row)
            What the arithmetic outside the array knows of them.
        bounds : (float, float)
            States that the weights span.
        offset : float
            Conductance of state 0, in units of the window.
        """
        sums, common = self.joined(outputs), self.common(bounds, offset)
        if common:
            sums = sums - common * inputs.sum(axis=-1, dtype=float)[..., None]
        return self.unit(bounds) * sums

    def joined(self, values: np.ndarray) -> np.ndarray:
        """Sum over slices of values (..., slice * col), each by its part of a weight, float64."""
        if self.slices == 1:
            return values.astype(float, copy=False)
        cols = values.shape[-1] // self.slices
        cube = values.reshape(*values.shape[:-1], self.slices, cols)
        return np.einsum("...sc,s->...c", cube, self.shares)

    @property
    def _scale(self) -> float:
        if self.scale is None:
            raise InputError("mapping.scale: not known yet; `fitted` finds it from weights")
        return self.scale

    def _digits(self, share: np.ndarray) -> list[np.ndarray]:
        if self.slice_bits is None:
            return [share]
        base = 2**self.slice_bits
        number = np.rint(share * (base**self.slices - 1.0)).astype(np.uint64)
        most = np.uint64(base - 1)
        shifts = [np.uint64(self.slice_bits * digit) for digit in range(self.slices)]
        return [((number >> shift) & most).astype(float) / (base - 1) for shift in shifts]
