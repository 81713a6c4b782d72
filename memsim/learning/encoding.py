"""How a wished change dw* reaches a cell as pulses: `exact`, `counted`, `sign` or `stochastic`.

Each encoding is a scalar function (dw*, u, settings) -> (pulses, size): a signed number of pulses, and the size of each
in nominal pulses. A nominal pulse is 1/P of the window, where P pulses of its direction span it. The pulse counts
follow NeuroSim's convention (Chen, Peng & Yu 2018, doi:10.1109/TCAD.2018.2789723), `sign` the Manhattan rule (Prezioso
et al., Nature 521, 61 (2015), doi:10.1038/nature14441), `stochastic` the pulse trains of Gokmen & Vlasov (Front.
Neurosci. 10, 333 (2016), doi:10.3389/fnins.2016.00333): word and bit lines carry trains at random, and where two pulses
coincide the cell between them gets one, so that a whole array is changed by an outer product without any cell being
addressed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy import float32, int32, uint32

from memsim.arithmetic import popcount
from memsim.errors import InputError, nearest
from memsim.scalars import scalar

MAX_PULSES = 1_000_000
MAX_SLOTS = 31
_TINY = np.float32(1e-30)
ROUNDINGS = ("stochastic", "nearest")


class Settings(NamedTuple):
    """Numbers that encoding and bounds need in a kernel; all dimensionless."""

    span: float  # P of set pulses
    reset_span: float  # P of reset pulses
    max_pulses: float
    threshold: float
    lower: float  # compliance limits of the normalised state; infinite where there is none
    upper: float
    floor: float = -1e30  # normalised state at 0 S
    shifts: tuple = ()  # what a unit deviation does to each field of the cells' parameters, a tuple for each parameter


@scalar
def _wanted(dw, settings):
    """The wished change in nominal pulses of its direction, without its sign."""
    return abs(dw) * (settings.span if dw > type(dw)(0.0) else settings.reset_span)


@scalar
def _exact(dw, u, settings):
    one = type(dw)(1.0)
    none = type(dw)(0.0)
    sign = one if dw > none else (-one if dw < none else none)
    return sign, _wanted(dw, settings)


@scalar
def _counted(dw, u, settings):
    real = type(dw)
    wanted = _wanted(dw, settings)
    whole = real(int32(min(wanted, float32(2.0e9))))
    # The fraction is compared, not added: in float32, |dw*| P + u would round away small u.
    up = wanted - whole >= u
    n = min(whole + real(1.0) if up else whole, settings.max_pulses)
    return n if dw > real(0.0) else -n, real(1.0)


@scalar
def _sign(dw, u, settings):
    real = type(dw)
    n = real(1.0) if abs(dw) > settings.threshold else real(0.0)
    return n if dw > real(0.0) else -n, real(1.0)


@scalar
def _given(dw, u, settings):
    return dw, type(dw)(1.0)


@scalar
def coincidences(pre, post, state, rate):
    """Pulses that coincide in two trains, negative where their signs differ: a rule's ``change`` between trains."""
    count = float32(int32(popcount(uint32(uint32(pre & post) & uint32(0x7FFFFFFF)))))
    sign = int32(uint32(uint32(pre ^ post) & uint32(0x80000000)))
    return type(state)(np.int32(int32(np.float32(count).view(np.int32) ^ sign)).view(np.float32))


@scalar
def silent(post):
    """Whether a train has no pulse: a rule's ``idle`` between trains."""
    return uint32(post & uint32(0x7FFFFFFF)) == uint32(0)


_FUNCTIONS = {"exact": _exact, "counted": _counted, "sign": _sign, "stochastic": _given}
ENCODINGS = tuple(_FUNCTIONS)
SETTING_OF = {"rounding": "counted", "max_pulses": "counted", "threshold": "sign", "slots": "stochastic"}
"""The encoding that uses each setting; the others refuse it."""


@dataclass(frozen=True)
class Encoding:
    """How pulses deliver a wished change of a cell's state.

    Parameters
    ----------
    name : {"exact", "counted", "sign", "stochastic"}
        ``exact``: one idealised pulse of matched size, shaped by the model's step at the present state. ``counted``:
        n = floor(|dw*| P + u) whole pulses. ``sign``: one pulse by the sign of dw*, if |dw*| exceeds `threshold`.
        ``stochastic``: the coincidences of random pulse trains on rows and columns, |dw*| P on average; for rules whose
        wish is rate x input x signal.
    rounding : {"stochastic", "nearest"}
        What u is for ``counted``: uniform in [0, 1) from its own stream, or 1/2.
    max_pulses : int, optional
        Most pulses that one step may give a cell (``counted``); P if not given.
    threshold : float
        Smallest |dw*| that ``sign`` acts on, in the normalised state.
    slots : int
        Time slots of a pulse train (``stochastic``), 1 to 31; no cell gets more pulses a step.

    Raises
    ------
    InputError
        If a name is unknown, a number is out of range, or the encoding does not use a setting.
    """

    name: str = "exact"
    rounding: str = "stochastic"
    max_pulses: int | None = None
    threshold: float = 0.0
    slots: int = MAX_SLOTS

    def __post_init__(self) -> None:
        if self.name not in ENCODINGS:
            raise InputError(f"encoding: unknown encoding {self.name!r}{nearest(self.name, ENCODINGS)}")
        if self.rounding not in ROUNDINGS:
            raise InputError(f"rounding: unknown rounding {self.rounding!r}{nearest(self.rounding, ROUNDINGS)}")
        if self.max_pulses is not None and not 1 <= self.max_pulses <= MAX_PULSES:
            raise InputError(f"max_pulses: {self.max_pulses} is not in 1 to {MAX_PULSES}")
        if not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise InputError(f"threshold: {self.threshold!r} is not a finite number of at least 0")
        if not 1 <= self.slots <= MAX_SLOTS:
            raise InputError(f"slots: {self.slots} is not in 1 to {MAX_SLOTS}")
        for setting in unused(self.name, self):
            raise InputError(f"{setting}: encoding '{self.name}' does not use it; '{SETTING_OF[setting]}' does")

    @classmethod
    def rounded(cls, name: str) -> Encoding:
        """The encoding of this name that rounds pulse counts to the nearest number instead of at random."""
        return cls(name, rounding="nearest") if name == SETTING_OF["rounding"] else cls(name)

    @property
    def function(self) -> Any:
        """The scalar function that kernels compile in."""
        return _FUNCTIONS[self.name]

    @property
    def single(self) -> bool:
        """Whether a cell gets at most one pulse a step."""
        return self.name in ("exact", "sign")

    @property
    def draws(self) -> bool:
        """Whether a random number decides the pulse count."""
        return self.name == "counted" and self.rounding == "stochastic"

    def chances(self, inputs: np.ndarray, signals: np.ndarray, rate: float, span: int) -> tuple[np.ndarray, np.ndarray]:
        """Chances of a pulse in a slot, with the sign of its effect, for rows and lines of ``stochastic``.

        The pair with the largest input and signal gets |rate x t| P pulses on average, or one in every slot if that is
        less, and the chances of rows and lines are of equal size at their largest (the update management of Gokmen &
        Vlasov 2016); all other pairs follow in proportion.

        Parameters
        ----------
        inputs : (array, sample, row)
        signals : (array, sample, line)
        rate : float
            The rule's rate.
        span : int
            P, pulses that span the window.
        """
        x = inputs / np.maximum(np.abs(inputs).max(2, keepdims=True), _TINY)
        t = signals / np.maximum(np.abs(signals).max(2, keepdims=True), _TINY)
        wished = np.abs(rate) * span * np.abs(inputs).max(2, keepdims=True) * np.abs(signals).max(2, keepdims=True)
        chance = np.sqrt(np.minimum(wished / self.slots, 1.0))
        return x * chance, t * (chance * np.sign(rate))


def unused(name: str, settings: Any) -> list[str]:
    """Settings with another value than their default which the encoding of this name does not use.

    Parameters
    ----------
    name : str
        Of the encoding.
    settings : object
        Has an attribute for each of `SETTING_OF`.
    """
    defaults = {field.name: field.default for field in fields(Encoding)}
    return [key for key, user in SETTING_OF.items() if user != name and getattr(settings, key) != defaults[key]]
