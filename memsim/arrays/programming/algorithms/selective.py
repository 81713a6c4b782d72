"""Write and verify of the cells that matter most to the loss; the others are written once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from memsim.arrays.programming.algorithms import bidirectional
from memsim.arrays.programming.algorithms.algorithm import WriteVerify


@dataclass(frozen=True)
class Selective(WriteVerify):
    """Cells whose weights have the largest second derivatives of the loss are verified, by pulses as of ``radar``.

    Every other cell gets one write: the pulses that take a nominal cell from its present state to its target, the whole
    number nearest to it, without a read after it. The present state is known (assumed).

    Parameters
    ----------
    share : float
        Share of the cells of an array that are verified, from 0 to 1.

    Source: SWIM, arXiv:2202.08395 (abstract).
    """

    share: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)] = 0.1

    name: ClassVar[str] = "selective"
    decide: ClassVar[Any] = staticmethod(bidirectional.decide)

    def selected(self, sensitivities: np.ndarray) -> np.ndarray:
        """Which cells are verified, bool with the axes of the second derivatives (array, row, line).

        Of equal ones, the first in order of rows and lines.
        """
        arrays = len(sensitivities)
        flat = sensitivities.reshape(arrays, -1)
        count = round(self.share * flat.shape[1])
        order = np.argsort(-flat, axis=1, kind="stable")[:, :count]
        chosen = np.zeros(flat.shape, bool)
        np.put_along_axis(chosen, order, True, axis=1)
        return chosen.reshape(sensitivities.shape)
