"""Relaxation of filamentary RRAM after programming, as measured level by level.

Source: "technology C" of the data set RRAM-Relaxation-Master-Model (`model.tsv`): 40 uS, 32 levels, about 500 cells a
level, room temperature. The numbers are mean and standard deviation of G(t) - G(0), computed from it.
"""

from __future__ import annotations

import numpy as np

CELLS = 500
"""Cells a level, about."""
TIMES = (0.01, 0.1, 1.0, 4.0, 1e5)
"""Times after programming [s]."""
LEVELS = (0.74, 5.63, 10.6, 20.6, 30.7, 39.3)
"""G(0) [uS]."""
MEAN = np.array(
    [
        [0.03, 0.15, 0.25, 0.38, 0.41],
        [0.09, 0.03, 0.22, -0.02, -0.05],
        [-0.01, -0.04, -0.03, -0.62, -0.96],
        [-0.08, -0.31, -0.54, -0.59, -1.71],
        [-0.09, -0.28, -0.41, -0.69, -2.00],
        [-0.19, -0.36, -0.46, -0.49, -2.10],
    ]
)
"""Mean of the change, (level, time) [uS]."""
SIGMA = np.array(
    [
        [0.24, 0.67, 0.86, 1.27, 1.10],
        [1.00, 1.57, 2.37, 2.45, 3.16],
        [1.08, 1.72, 2.33, 2.61, 3.82],
        [1.03, 1.85, 2.43, 2.55, 3.75],
        [0.69, 1.43, 1.77, 2.30, 3.39],
        [0.71, 1.09, 1.45, 1.71, 2.93],
    ]
)
"""Standard deviation of the change, (level, time) [uS]."""
VARIANCE = (4.26, 1.68)
"""Mean over levels of the variance: 4.26 + 1.68 log10(t) uS^2."""
