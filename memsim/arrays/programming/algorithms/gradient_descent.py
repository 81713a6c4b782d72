"""Gradient descent on the outputs of a whole array, by its own pulses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from memsim.arrays.programming.algorithms.algorithm import Algorithm
from memsim.document.fields import Count
from memsim.errors import InputError


@dataclass(frozen=True)
class GradientDescent(Algorithm):
    """Batches of reads y = x W, each followed by pulses for the mean gradient, until outputs are close enough.

    Reads have the noise of cells and electronics, and the converters act on them. What is compared with its target is
    an output: of pairs of lines, a difference. The change of the delta rule, summed over the batch in digital
    arithmetic, is delivered to each cell as its encoding says. Cells start at their present states. An array is
    accepted when the mean absolute error of a batch, over the largest target output, lies below `tolerance`; it gets no
    more pulses then.

    Parameters
    ----------
    inputs : {"one-hot", "random"}
        ``one-hot``: a batch drives each row alone. ``random``: uniform numbers from -1 to 1, new ones for each batch
        (the distribution is assumed).
    rate : float
        Share of the error of an output that one batch takes away, on average over random inputs.
    tolerance : float
        Largest mean absolute error, over the largest target output.
    max_batches : int
        Batches after which an array has failed. The default is assumed: at a rate of 0.1, an error that the pulses can
        take away is gone after a hundred.
    samples : int, optional
        Random inputs of a batch; as many as rows if not stated.

    Source: `program_weights` of IBM aihwkit (one-hot inputs, rate 0.1, error below 0.01, at most 10000 batches); random
    inputs: J. Buchel et al., arXiv:2305.16647.
    """

    inputs: Literal["one-hot", "random"] = "one-hot"
    rate: Annotated[float, Field(allow_inf_nan=False, gt=0, le=2)] = 0.1
    tolerance: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 0.01
    max_batches: Annotated[int, Count(1, 1_000_000)] = 1000
    samples: Annotated[int, Count(1, 100_000)] | None = None

    name: ClassVar[str] = "gradient-descent"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.samples is not None and self.inputs == "one-hot":
            raise InputError("samples: inputs 'one-hot' are as many as rows; leave it out")
