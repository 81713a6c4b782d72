"""Phase-change memory: set pulses crystallise a little at a time, one reset pulse melts all of it.

Set is the exponential step; reset ends at the low end of the cell's window. Such a cell is one-sided: it learns by set
pulses alone, in pairs of columns whose difference is the weight, and is melted and written again when it is full (see
`memsim.arrays.programming.refresh`). Programming noise, drift and 1/f noise are sections of the profile of their own
(`memsim.noise`).

Source: Nandakumar et al., Front. Neurosci. 14, 406 (2020), doi:10.3389/fnins.2020.00406; step as in Rasch et al., AICAS
2021, arXiv:2104.02184.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.cells import exponential
from memsim.cells.exponential import Exponential
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.steps import SIZES, stated_size
from memsim.scalars import scalar

_crystallise = exponential.step


@scalar
def step(state, direction, p):
    """Change of the normalised state by one pulse of a direction (1 or -1), before noise and bounds."""
    real = type(state)
    melted = p.low - state if direction < real(0.0) else real(0.0)
    return _crystallise(state, real(1.0), p) if direction > real(0.0) else melted


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """The fields of the exponential step, of which only those of set are used."""
    one_way = {f"{name}.{way}": values[name] for name in ("amplitude", "gamma") for way in ("set", "reset")}
    return exponential.prepare({**values, **one_way}, cell)


PCM = CellModel(
    "pcm",
    Exponential,
    prepare,
    "set: dw = s_set max(1 - A e^(gamma z), 0), z = 2 a w/(w_max - w_min) + b; reset: w = w_min; " + SIZES,
    "Nandakumar et al., Front. Neurosci. 14, 406 (2020), doi:10.3389/fnins.2020.00406; Rasch et al., arXiv:2104.02184",
    step=step,
    size=stated_size,
)
