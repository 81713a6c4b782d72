"""Conductance after a number of pulses in NeuroSim's non-linear model, from the label printed for a device.

Sources: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723, for the equations; Chen & Yu, IEEE
Design & Test (2018), doi:10.1109/MDAT.2018.2890229, tables I and II, for the devices; NeuroSim V3.0 for the levels of
Ag:a-Si.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Synapse:
    """Labels and numbers of pulses of both directions."""

    label_set: float
    label_reset: float
    pulses_set: int
    pulses_reset: int


SYNAPSES = {
    "agsi-jo2010": Synapse(2.4, -4.88, 97, 100),
    "taox-tio2-chen2018": Synapse(1.85, -1.79, 102, 102),
    "taox-hfox-wu2018": Synapse(0.04, -0.63, 128, 128),
    "pcmo-park2013": Synapse(3.68, -6.76, 50, 50),
    "alox-hfo2-woo2016": Synapse(1.94, -0.61, 40, 40),
    "gst-kuzum2011": Synapse(0.105, 2.4, 100, 100),
    "epiram-choi2018": Synapse(0.5, -0.5, 64, 64),
    "hzo-jerry2017": Synapse(1.75, 1.46, 32, 32),
}
"""By the name of memsim's profile. The table prints 100 to 120 states for GST: the lower number is taken here."""


def label(a: float) -> float:
    """Size of the label NL for A/P_max = a: 10.1015 times the largest height of the curve above its chord."""
    top = -a * math.log(a * (1 - math.exp(-1 / a)))
    return 10.1015 * ((1 - math.exp(-top / a)) / (1 - math.exp(-1 / a)) - top)


def normalised_a(size: float) -> float:
    """A/P_max of a label of this size, by bisection; infinite for 0."""
    if size == 0:
        return math.inf
    low, high = 2e-3, 1e5
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if label(middle) > size else (low, middle)
    return math.sqrt(low * high)


def curve(value: float, share: np.ndarray, *, fast_first: bool) -> np.ndarray:
    """Share of the range that is crossed after a share of the pulses, for a label of this size."""
    a = normalised_a(abs(value))
    if math.isinf(a):
        return share.copy()
    a = a if fast_first else -a
    return np.expm1(-share / a) / np.expm1(-1 / a)


def set_states(synapse: Synapse) -> np.ndarray:
    """State x after 0, 1, ... set pulses from G_min; a positive label is fast first."""
    share = np.arange(synapse.pulses_set + 1) / synapse.pulses_set
    return curve(synapse.label_set, share, fast_first=synapse.label_set > 0)


def reset_states(synapse: Synapse) -> np.ndarray:
    """State x after 0, 1, ... reset pulses from G_max; a negative label is fast first."""
    share = np.arange(synapse.pulses_reset + 1) / synapse.pulses_reset
    return 1 - curve(synapse.label_reset, share, fast_first=synapse.label_reset < 0)
