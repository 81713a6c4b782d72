"""How many inputs of a layer the DACs clip, and how many outputs of its tiles are beyond the range of the ADCs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memsim.arrays import DAC


@dataclass
class ConverterCounts:
    """Inputs of a layer and outputs of its tiles, and how many of them exceed the range of the converters.

    Without converters, nothing is counted.
    """

    inputs: int = 0
    clipped: int = 0
    outputs: int = 0
    saturated: int = 0

    def add_inputs(self, x: np.ndarray, dac: DAC | None, gain: float) -> None:
        """Count inputs.

        Parameters
        ----------
        x : ndarray
            Inputs of the layer, each number once.
        dac : DAC or None
            The converters of the word lines.
        gain : float
            Voltage of an input of 1, in units of the read voltage.
        """
        if dac is None:
            return
        largest = dac.range / gain
        lowest = 0.0 if dac.polarity == "unsigned" else -largest
        self.inputs += x.size
        self.clipped += int(np.count_nonzero((x < lowest) | (x > largest)))

    def add_outputs(self, saturated: Sequence[np.ndarray]) -> None:
        """Count outputs by arrays that say of each output of a tile whether it is beyond the range."""
        for part in saturated:
            self.outputs += part.size
            self.saturated += int(np.count_nonzero(part))

    @property
    def clipped_share(self) -> float:
        """Share of the inputs that the DACs clip; NaN without DACs."""
        return self.clipped / self.inputs if self.inputs else math.nan

    @property
    def saturated_share(self) -> float:
        """Share of the outputs of tiles that are beyond the range of the ADCs; NaN without ADCs."""
        return self.saturated / self.outputs if self.outputs else math.nan
