"""Some cells of a device: where their random numbers lie, and their parameters, which may spread over the cells."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays.site import Site
from memsim.kernels.fill import fill
from memsim.philox import Stream, padded
from memsim.profiles.schema import DeviceSpec
from memsim.profiles.slots import slots


@dataclass(frozen=True)
class Place:
    """Some cells (array, line, row) of a device, and the addresses of their random numbers.

    Parameters are computed on the host whatever the backend, so that cells are the same bits everywhere.
    """

    spec: DeviceSpec
    site: Site
    shape: tuple[int, int, int]
    first_line: int = 0

    def part(self, arrays: slice, lines: slice) -> Place:
        """The cells of some arrays and lines."""
        (a, b, _), (c, d, _) = arrays.indices(self.shape[0]), lines.indices(self.shape[1])
        site = dataclasses.replace(self.site, first_array=self.site.first_array + a)
        return Place(self.spec, site, (b - a, d - c, self.shape[2]), self.first_line + c)

    def parameter(self, path: str, nominal: float) -> Any:
        """The parameter at a dotted path: one number, or float64 (array, line, padded row) where it spreads; SI."""
        d2d = self.spec.variability.d2d if self.spec.variability else {}
        spreading = {str(name): spread for name, spread in d2d.items() if spread.sigma > 0}
        if path not in spreading:
            return nominal
        spread, slot = spreading[path], slots(spreading)[path]
        window = self.spec.conductance.max - self.spec.conductance.min
        scale = {"value": nominal, "range": window, "absolute": 1.0}[spread.relative_to]
        drawn = fill(
            "uniform" if spread.distribution == "uniform" else "normal",
            (*self.shape[:2], padded(self.shape[2])),
            seed=self.site.key ^ slot.key,
            stream=Stream.REFERENCE if self.site.reference else Stream.D2D,
            step=slot.number,
            first_array=self.site.first_array,
            first_column=self.first_line,
        ).astype(float)
        if spread.distribution == "uniform":
            return nominal + spread.sigma * scale * math.sqrt(12) * (drawn - 0.5)
        if spread.distribution == "lognormal":
            # sigma and the nominal value are those of the parameter, not of its logarithm.
            variance = math.log1p(spread.sigma**2)
            return nominal * np.exp(math.sqrt(variance) * drawn - variance / 2)
        return nominal + spread.sigma * scale * drawn

    def positive(self, path: str, nominal: float, least: float = 0.0) -> Any:
        """As `parameter`, where none is below `least` of the nominal value."""
        values = self.parameter(path, nominal)
        return np.maximum(values, least * nominal) if np.ndim(values) else values

    def uniform(self, stream: Stream) -> np.ndarray:
        """A number in (0, 1] for each cell, float64 (array, line, padded row), on the host."""
        at = self.site.address
        at["first_column"] += self.first_line
        return fill("uniform", (*self.shape[:2], padded(self.shape[2])), stream=stream, **at).astype(float)

    def normal(self, stream: Stream) -> Any:
        """A N(0, 1) number for each cell, float32 (array, line, padded row), on the backend."""
        return self.site.draw("normal", self.shape, stream, first_column=self.first_line)
