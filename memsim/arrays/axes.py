"""Axes of inputs, outputs and cells: those of the public interface, and the internal ones, which always name an array.

In public, inputs are (..., row) and outputs (..., col). One matrix has no array axis. A stack of arrays follows the
rules of ``numpy.matmul`` for a matrix (array, row, col). Internally, signals are (array or 1, sample, row), outputs
(array, sample, col) and cells (array, row, line).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from memsim.errors import InputError
from memsim.philox import TILE, padded
from memsim.real_arrays import check_real


class Signal(NamedTuple):
    """Inputs or targets with internal axes, (array or 1, sample, row or col), and the public axes before the last."""

    values: Any
    leading: tuple[int, ...]


@dataclass(frozen=True)
class Axes:
    """Conversion between public and internal axes.

    Attributes
    ----------
    arrays : int or None
        Size of a stack; None for one matrix.
    """

    arrays: int | None

    def signal(self, name: str, values: Any, axis: str, width: int, dtype: np.dtype, xp: Any = np) -> Signal:
        """Inputs (..., row), padded to whole tiles, or targets (..., col), as arrays of `xp`.

        Parameters
        ----------
        name : str
            The argument, for errors.
        values : array_like
            A DataArray with a dimension named `axis` has it in any place; all others have it last.
        axis : {"row", "col"}
            The last axis, and `width` is its length.

        Raises
        ------
        InputError
            If a shape does not fit, a value is not finite, complex or masked, or a torch tensor requires gradients.
        """
        if getattr(values, "requires_grad", False):
            raise InputError(
                f"{name}: the tensor requires gradients, which arrays of cells do not compute; allowed: "
                f"{name}.detach(), or the layers of memsim.torch"
            )
        if axis in getattr(values, "dims", ()):
            values = values.transpose(..., axis)
        check_real(name, values)
        try:
            numbers = xp.asarray(values, dtype)
        except (TypeError, ValueError):
            raise InputError(f"{name}: not an array of numbers") from None
        shape = numbers.shape
        if not shape or shape[-1] != width or not self._broadcasts(shape[:-1]):
            raise InputError(f"{name}: shape {shape} does not fit; allowed: {self._allowed(name, shape, axis, width)}")
        if not np.isfinite(numbers).all():
            raise InputError(f"{name}: contains NaN or infinity; only finite numbers are allowed")
        numbers = self.inner(numbers)
        if axis == "row" and width % TILE:
            wide = xp.zeros((*numbers.shape[:2], padded(width)), dtype)
            wide[:, :, :width] = numbers
            numbers = wide
        return Signal(numbers, shape[:-1])

    def inner(self, values: Any) -> Any:
        """Values (..., row or col) that fit, with internal axes; several leading axes become one of samples."""
        *leading, width = values.shape
        if self.arrays is None or self.arrays == 1 or len(leading) < 2:
            return values.reshape(1, math.prod(leading), width)
        *outermost, arrays, samples = leading
        return np.moveaxis(values, -3, 0).reshape(arrays, math.prod(outermost) * samples, width)

    def outer(self, values: Any, leading: tuple[int, ...]) -> Any:
        """Outputs (array, sample, ...) for inputs that have some leading axes, with public axes."""
        arrays, _, *last = values.shape
        if self.arrays is None or (self.arrays == 1 and len(leading) > 1):
            return values.reshape((*leading, *last))
        if len(leading) < 2:
            return values.reshape((arrays, *leading, *last))
        *outermost, _, samples = leading
        return np.moveaxis(values.reshape((arrays, *outermost, samples, *last)), 0, len(outermost))

    def inner_outputs(self, values: Any) -> Any:
        """Outputs as `outer` makes them, with internal axes."""
        return values[:, None] if self.arrays is not None and values.ndim == 2 else self.inner(values)

    def factors(self, values: np.ndarray, outputs: int) -> np.ndarray:
        """One number for each array, (array,), such that it multiplies outputs with so many public axes."""
        return values[0] if self.arrays is None else values.reshape((-1, *[1] * min(outputs - 1, 2)))

    def cells(self, values: Any) -> Any:
        """Values (array, ...) of cells or lines; of one matrix without the array axis."""
        return values[0] if self.arrays is None else values

    def cells_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of what `cells` makes of values (array, ...) of some shape."""
        return shape[1:] if self.arrays is None else shape

    def inner_cells(self, values: Any) -> Any:
        """Values of cells as `cells` gives them, (array, ...)."""
        return values[None] if self.arrays is None else values

    def flags(self, name: str, values: Any) -> np.ndarray:
        """One truth value for each array, (array,); of one matrix a single one.

        Raises
        ------
        InputError
            If the shape does not fit.
        """
        flags = np.asarray(values, bool)
        if flags.shape != (() if self.arrays is None else (self.arrays,)):
            allowed = "True or False" if self.arrays is None else f"one for each of {self.arrays} arrays"
            raise InputError(f"{name}: shape {flags.shape} does not fit; allowed: {allowed}")
        return flags.reshape(-1)

    def _broadcasts(self, leading: tuple[int, ...]) -> bool:
        return self.arrays is None or self.arrays == 1 or len(leading) < 2 or leading[-2] in (1, self.arrays)

    def _allowed(self, name: str, shape: tuple[int, ...], axis: str, width: int) -> str:
        if self.arrays is None:
            allowed = f"(..., {axis}) with {width} {axis}s"
        else:
            allowed = (
                f"({axis},), (sample, {axis}) or (..., array, sample, {axis}) with {self.arrays} arrays and {width} "
                f"{axis}s"
            )
        transposed = len(shape) > 1 and shape[-1] != width and shape[-2] == width
        return f"{allowed}; the {axis}s lie on the last axis, so transpose {name}" if transposed else allowed
