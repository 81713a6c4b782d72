"""Criteria by which fitted models are chosen, and how far a likelihood falls at the ends of an interval."""

from __future__ import annotations

import numpy as np

Z95 = 1.959963984540054
"""Standard errors between an estimate and the ends of its 95 % interval."""
DROP95 = Z95**2 / 2
"""Fall of the log-likelihood at the ends of a 95 % interval of one number: half a quantile of chi-square."""


_SMALLEST_P = 1e-300
"""Probability below which a double has no digits left."""


def p_in_words(p: float, digits: int = 1) -> str:
    """Text such as "p 0.02" of a probability; "p below 1e-300" of one that the machine rounds to 0."""
    return f"p {p:.{digits}g}" if p >= _SMALLEST_P else f"p below {_SMALLEST_P:g}"


class Criteria:
    """For a fit with its log-likelihood, its number of fitted parameters and of reads.

    Source: Akaike, IEEE Trans. Autom. Control 19, 716 (1974); Schwarz, Ann. Stat. 6, 461 (1978).
    """

    log_likelihood: float
    parameters: int
    reads: int

    @property
    def aic(self) -> float:
        """Akaike's criterion; lower is better."""
        return 2 * self.parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion; lower is better."""
        return self.parameters * float(np.log(self.reads)) - 2 * self.log_likelihood
