"""How far products on hardware are from exact ones."""

from __future__ import annotations

from typing import Any

import numpy as np


def signal_to_noise(count: Any, total: Any, power: Any, error: Any) -> Any:
    """Signal-to-noise ratio [dB]: variance of the exact products over the mean square of the errors.

    Parameters
    ----------
    count, total, power : float or array
        Number of the exact products, their sum and the sum of their squares.
    error : float or array
        Sum of the squares of what hardware gives minus the exact products.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10((power - total**2 / count) / error)
