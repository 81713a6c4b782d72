"""The CPU backend: NumPy arrays, Numba loops on all threads, and BLAS for wide reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from memsim.backends.backend import Backend, Kernels
from memsim.kernels.convert import adc_kernel, dac_kernel
from memsim.kernels.elementwise import elementwise_kernel
from memsim.kernels.fill import fill_kernel
from memsim.kernels.fluctuate import advance_kernel, fluctuating_read_kernel
from memsim.kernels.level_sums import level_sums_kernel
from memsim.kernels.line_sums import GROUP, line_sums_kernel
from memsim.kernels.path import path_kernel
from memsim.kernels.read import narrow_kernel, noise_kernel, patch_kernel, variance_kernel
from memsim.kernels.trains import train_kernel
from memsim.kernels.update import count_shape, update_kernel
from memsim.kernels.verify import verify_kernel

_KEPT = 1 << 29
_SMALL = 1 << 18
"""Cells of an array below which NumPy adds up lines as fast."""


class CpuBackend(Backend):
    """Kernels on the CPU; see `Backend`."""

    name = "cpu"
    xp = np
    kernels = Kernels(
        fill=fill_kernel,
        elementwise=elementwise_kernel,
        update=update_kernel,
        counts=count_shape,
        trains=train_kernel,
        narrow=narrow_kernel,
        patches=patch_kernel,
        variance=variance_kernel,
        noise=noise_kernel,
        dac=dac_kernel,
        adc=adc_kernel,
        advance=advance_kernel,
        fluctuating=fluctuating_read_kernel,
        path=path_kernel,
        verify=verify_kernel,
    )

    def asarray(self, values: Any, dtype: Any = None) -> Any:
        """The values; Numba would compile kernels a second time for arrays that cannot be written."""
        return np.require(values, dtype, ("C", "W")) if np.ndim(values) else values

    def numpy(self, array: Any) -> np.ndarray:
        """The array itself."""
        return array

    def contiguous(self, array: Any) -> Any:
        """The array, or a copy where it is a view of others' elements."""
        return np.require(array, requirements=("C", "W"))

    def line_sums(self, state: Any) -> tuple[Any, Any]:
        """See `Backend.line_sums`; larger arrays in the threads of kernels, in a fixed order."""
        arrays, lines, rows = state.shape
        if state.size < _SMALL:
            return super().line_sums(state)
        by_row, by_line = np.empty((arrays, -(-lines // GROUP), rows)), np.empty((arrays, lines))
        line_sums_kernel()(self.contiguous(state), by_row, by_line)
        return by_row.sum(axis=1), by_line

    def add_levels(self, levels: Any, coding: str, unit: float, driven: Any, square: Any) -> None:
        """See `Backend.add_levels`; in the threads of kernels, in a fixed order."""
        level_sums_kernel(coding)(self.contiguous(levels), float(unit), driven, square)

    def synchronize(self) -> None:
        """Nothing to wait for."""

    @property
    def machine(self) -> str | None:
        """None: the processor."""
        return None

    @property
    def libraries(self) -> dict[str, str]:
        """None: all of memsim needs those of the CPU."""
        return {}

    @property
    def free_memory(self) -> float:
        """Infinite: that of the host follows from `memsim.tasks.capacity`."""
        return math.inf

    @property
    def kept(self) -> int:
        """512 MiB."""
        return _KEPT
