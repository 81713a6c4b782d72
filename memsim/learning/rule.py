"""What a local learning rule offers: the change it asks of one cell, from the signals at its two terminals."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol


class LocalRule(Protocol):
    """A rule whose wish for one cell depends on that cell's own terminals only, so the time loop fits in a kernel.

    Attributes
    ----------
    name : str
        The name used in experiments (``learning.rule``).
    change : numba dispatcher
        ``change(pre, post, state, rate)``: the wished change dw* of the normalised state; scalar.
    idle : numba dispatcher
        ``idle(post)``: whether a column with this post-synaptic signal asks for no change at all.
    rate : float
        Learning rate, dimensionless.
    """

    name: ClassVar[str]
    change: ClassVar[Any]
    idle: ClassVar[Any]

    @property
    def rate(self) -> float: ...
