"""Slots of the parameters that can spread: their places in random addresses, for spreads over cells and over pulses.

A slot is a number in 12 bits of the counter words of device-to-device and pulse-to-pulse draws (see `memsim.philox`).
The number of a parameter depends on its name alone and never changes.

Parameters of custom steps have names that users choose. They share the slot `CUSTOM`, and each has its own keys: those
of the seed XOR a 64-bit hash of its name. Within a scope they differ from all other draws, and from each other, else
they are refused; two of them in different scopes share a key with a chance of 2^-64.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from memsim.errors import InputError

CUSTOM = 0
"""Slot of all parameters of custom steps."""
PREFIX = "update.parameters."
"""What the path of such a parameter starts with."""

SLOTS: dict[str, int] = {
    # The window: 16 to 31.
    "conductance.min": 16,
    "conductance.max": 17,
    # Noise of pulses and writes: 32 to 63.
    "variability.c2c.sigma": 32,
    "variability.write.sigma": 33,
    # Reads: 64 to 95.
    "read.noise.sigma": 64,
    "read.telegraph.amplitude": 65,
    "read.flicker.sigma": 66,
    # Retention and programming: 96 to 127.
    "retention.lifetime": 96,
    # What several models of steps share: 128 to 159.
    "update.step": 128,
    "update.asymmetry": 129,
    "update.slope.set": 130,
    "update.slope.reset": 131,
    "update.reference.offset": 132,
    # Exponential steps and PCM: 160 to 191.
    "update.amplitude.set": 160,
    "update.amplitude.reset": 161,
    "update.gamma.set": 162,
    "update.gamma.reset": 163,
    "update.a": 164,
    "update.b": 165,
    "update.amplitude": 166,
    "update.gamma": 167,
    # Power steps and power laws: 192 to 223.
    "update.exponent.set": 192,
    "update.exponent.reset": 193,
    "update.limit": 194,
    "update.exponent": 195,
    "update.scale": 196,
    # NeuroSim: 224 to 255.
    "update.nonlinearity.set": 224,
    "update.nonlinearity.reset": 225,
    "update.pulses": 226,
    "update.reset_pulses": 227,
    # Binary cells: 256 to 287.
    "update.probability.set": 256,
    "update.probability.reset": 257,
    # Differential equations, what they share: 288 to 319.
    "update.resistance.on": 288,
    "update.resistance.off": 289,
    "update.window.exponent": 290,
    "update.window.scale": 291,
    # VTEAM: 320 to 351.
    "update.speed.off": 320,
    "update.speed.on": 321,
    "update.threshold.off": 322,
    "update.threshold.on": 323,
    "update.power.off": 324,
    "update.power.on": 325,
    "update.width.off": 326,
    "update.width.on": 327,
    # Yakopcic: 352 to 383.
    "update.a1": 352,
    "update.a2": 353,
    "update.ap": 354,
    "update.an": 355,
    "update.vp": 356,
    "update.vn": 357,
    "update.xp": 358,
    "update.xn": 359,
    "update.alphap": 360,
    "update.alphan": 361,
    # Linear ion drift: 384 to 415.
    "update.mobility": 384,
    "update.thickness": 385,
    # Landing: 416 to 447.
    "update.threshold.set": 416,
    "update.threshold.reset": 417,
}
"""Slot of each parameter by its dotted path; never renumbered."""


class Slot(NamedTuple):
    """Where the draws of a parameter lie: a number, and a word that is XORed to the key, 0 but for custom steps."""

    number: int
    key: int = 0


def slot(path: str) -> Slot:
    """The slot of the parameter at a dotted path.

    Raises
    ------
    KeyError
        If it has none.
    """
    if path.startswith(PREFIX):
        return Slot(CUSTOM, _hash(path.removeprefix(PREFIX)))
    return Slot(SLOTS[path])


def slots(paths: Iterable[str]) -> dict[str, Slot]:
    """The slots of several parameters by path.

    Raises
    ------
    InputError
        If two names of parameters have the same hash, which happens to one pair of names in 2^64.
    """
    names: dict[Slot, str] = {}
    for path in paths:
        other = names.setdefault(slot(path), path)
        if other != path:
            raise InputError(f"{path}: has the same random address as {other}; give one of them another name")
    return {path: own for own, path in names.items()}


def _hash(name: str) -> int:
    """A 64-bit hash of a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
