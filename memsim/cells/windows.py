"""Window functions, which slow the boundary of an ion-drift cell down near the ends of the device.

With x in [0, 1] and an exponent p, f = j (1 - base^p), where the base is (2x - 1)^2 for Joglekar, (x - 1)^2 or x^2,
whichever end lies behind, for Biolek, (x - 1/2)^2 + 3/4 for Prodromakis, and j = 1 except for the last.

Source: Joglekar & Wolf, Eur. J. Phys. 30, 661 (2009), doi:10.1088/0143-0807/30/4/001; Biolek, Biolek & Biolkova,
Radioengineering 18, 210 (2009); Prodromakis et al., IEEE Trans. Electron Devices 58, 3099 (2011),
doi:10.1109/TED.2011.2158004.
"""

from __future__ import annotations

from memsim.cells.functions import power
from memsim.scalars import scalar

WINDOWS = ("none", "joglekar", "biolek", "prodromakis")
"""Names of the windows; the place in this tuple is the number that scalar functions get."""


@scalar
def window(x, rising, kind, exponent, scale):
    """Value of the window number `kind` at x, for a boundary that moves towards x = 1 (`rising`) or towards 0."""
    real = type(x)
    middle = x - real(0.5)
    away = x if rising else x - real(1.0)
    base = middle * middle + real(0.75)
    base = away * away if kind < real(2.5) else base
    base = real(4.0) * middle * middle if kind < real(1.5) else base
    base = real(0.0) if kind < real(0.5) else base
    return (scale if kind > real(2.5) else real(1.0)) * (real(1.0) - power(base, exponent))
