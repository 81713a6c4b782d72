"""Estimates of the energy of reads in cells that know less than a simulation does, to compare with it.

The energy of a read in ohmic cells is V^2 t times the sum of x_i^2 G_ij. A simulation adds up the real inputs and
conductances. Each estimate puts one mean square and one mean conductance in their place:

========================  =============================================================================================
independent of data       Inputs uniform over their range (mean square 1/3), conductances uniform over the window.
network mean              The mean of all layers, for each of them. So are the energies without data in CiMLoop.
layer distributions       Mean square of the inputs and mean conductance of the layer itself: exact where inputs and
                          conductances of a row are independent.
========================  =============================================================================================

Source: Andrulis, Emer & Sze, CiMLoop, ISPASS (2024), fig. 6, doi:10.1109/ISPASS61541.2024.00012.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from memsim.energy.counts import Circuit, Counts

UNIFORM_SQUARE = 1 / 3
"""Mean square of inputs that are uniform over their range of 1."""


@dataclass(frozen=True)
class LayerData:
    """A layer after some reads, as far as estimates need it.

    Attributes
    ----------
    circuit : Circuit
        What its crossbars consist of; inputs are voltages.
    counts : Counts
        Events of its reads.
    conductance : float
        Mean conductance of its cells [S].
    window : (float, float)
        G_min and G_max of the device [S].
    """

    circuit: Circuit
    counts: Counts
    conductance: float
    window: tuple[float, float]

    @property
    def energy(self) -> float:
        """Energy of the reads in the cells, with the real inputs and conductances [J]."""
        return float(self.counts.read_energy.sum())

    @property
    def mean_square(self) -> float:
        """Mean square of the inputs, in units of the read voltage."""
        return float(self.counts.squares.sum()) / (self.counts.reads * self.circuit.arrays * self.circuit.rows)

    def estimate(self, mean_square: float, conductance: float) -> float:
        """Energy of the reads with one mean square and one conductance for all rows and cells [J]."""
        circuit = self.circuit
        joule = circuit.read_voltage**2 * circuit.read_duration
        return joule * self.counts.reads * circuit.cells * mean_square * conductance


def independent_of_data(layers: Sequence[LayerData]) -> list[float]:
    """Energy of each layer from the range of inputs and the window alone [J]."""
    return [layer.estimate(UNIFORM_SQUARE, math.fsum(layer.window) / 2) for layer in layers]


def network_mean(layers: Sequence[LayerData]) -> list[float]:
    """Energy of each layer with the mean square and conductance of the mean layer [J]."""
    square = math.fsum(layer.mean_square for layer in layers) / len(layers)
    conductance = math.fsum(layer.conductance for layer in layers) / len(layers)
    return [layer.estimate(square, conductance) for layer in layers]


def layer_distributions(layers: Sequence[LayerData]) -> list[float]:
    """Energy of each layer with its own mean square and mean conductance [J]."""
    return [layer.estimate(layer.mean_square, layer.conductance) for layer in layers]


ESTIMATES = {
    "independent of data": independent_of_data,
    "network mean": network_mean,
    "layer distributions": layer_distributions,
}
"""Estimates by name, from the one that knows least."""


def relative_errors(layers: Sequence[LayerData], estimate: str) -> list[float]:
    """Error of an estimate of each layer, over its real energy; positive where the estimate is too large."""
    values = ESTIMATES[estimate](layers)
    return [value / layer.energy - 1 for value, layer in zip(values, layers, strict=True)]
