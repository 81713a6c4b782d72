"""Product of a matrix and a vector in CrossSim 3, by its equations.

Conductances are in units of G_max. Written from `cores/wrapper_core.py`, `cores/balanced_core.py`,
`cores/offset_core.py`, `devices/generic_device.py`, `devices/device.py`, `circuits/dac/quantizer_dac.py` and
`circuits/adc/quantizer_adc.py` of CrossSim (Sandia National Laboratories). It shares no code with memsim.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Core:
    """Settings of a core; errors are relative to the conductance, or to G_max if they are independent of it."""

    on_off: float = 100.0
    style: str = "BALANCED"
    programming: float = 0.0
    noise: float = 0.0
    proportional: bool = True
    dac_bits: int = 0
    adc_bits: int = 0
    adc_limit: float = 1.0
    largest_input: float = 1.0
    cell_bits: int = 0

    @property
    def lowest(self) -> float:
        """G_min/G_max."""
        return 1 / self.on_off

    def program(self, matrix: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        """Conductances (output, input) of the cells of either sign, or of the one cell of each weight."""
        share, width = matrix / np.abs(matrix).max(), 1 - self.lowest
        if self.style == "BALANCED":
            targets = [self.lowest + width * np.maximum(sign * share, 0) for sign in (1, -1)]
        else:
            targets = [self.lowest + width * (share + 1) / 2]
        if self.cell_bits:
            steps = 2**self.cell_bits - 1
            targets = [np.rint((g - self.lowest) / width * steps) / steps * width + self.lowest for g in targets]
        return [self._disturbed(g, self.programming, rng) for g in targets]

    def product(
        self, cells: list[np.ndarray], matrix: np.ndarray, x: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Outputs (output,) for a vector of inputs."""
        inputs = x / self.largest_input
        if self.dac_bits:
            inputs = _rounded(inputs, 1.0, self.dac_bits)
        sums = [self._disturbed(g, self.noise, rng) @ inputs for g in cells]
        current = sums[0] - sums[1] if len(sums) == 2 else sums[0]
        if self.adc_bits:
            current = _rounded(current, self.adc_limit, self.adc_bits)
        width, scale = 1 - self.lowest, np.abs(matrix).max() * self.largest_input
        if len(sums) == 2:
            return current * scale / width
        return (current - (self.lowest + width / 2) * inputs.sum()) * 2 * scale / width

    def _disturbed(self, g: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
        if not sigma:
            return g
        error = sigma * rng.standard_normal(g.shape)
        return np.maximum(g * (1 + error) if self.proportional else g + error, 0)


def _rounded(values: np.ndarray, limit: float, bits: int) -> np.ndarray:
    """A converter for both signs and 0: 2^bits - 2 steps from -limit to limit."""
    step = 2 * limit / (2**bits - 2)
    return np.rint(np.clip(values, -limit, limit) / step) * step
