"""Architectures: the layers of a network by a name and a few settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from numbers import Integral
from typing import Any

from memsim.errors import InputError, nearest
from memsim.networks.chain import Chain, Residual
from memsim.networks.convolution import Convolution
from memsim.networks.layers import Dense, Dropout, Flatten, Layer, ReLU
from memsim.networks.norm import BatchNorm
from memsim.networks.pooling import GlobalAveragePool, MaxPool

_DEFAULTS: dict[str, dict[str, Any]] = {
    "linear": {},
    "two-layer": {"hidden": 128, "dropout": 0.25},
    "cnn": {"channels": (16, 32), "dropout": 0.25},
    "residual": {"channels": (64, 128, 256), "dropout": 0.3},
}
ARCHITECTURES = tuple(_DEFAULTS)
DTYPES = ("float32", "float64")
SETTINGS = ("hidden", "channels", "dropout")
"""Settings that some architectures have and others lack."""


def lacks(name: str, setting: str) -> str:
    """Why an architecture cannot have one of `SETTINGS`; empty if it can."""
    if setting in _DEFAULTS[name]:
        return ""
    return f"the architecture {name!r} has no such setting; it has {' and '.join(_DEFAULTS[name]) or 'none'}"


@dataclass(frozen=True)
class Architecture:
    """Layers of a network, by name.

    =========  =====================================================================================================
    linear     every output sums all pixels
    two-layer  `hidden` ReLU units, dropout, outputs
    cnn        for each of `channels`: 3 x 3 convolution, batch normalisation, ReLU, 2 x 2 maximum; dropout, outputs
    residual   3 x 3 convolution to the first of `channels`, batch normalisation, ReLU; for each of `channels` a
               residual block, from the second on with stride 2; mean over the pixels, dropout, outputs
    =========  =====================================================================================================

    Parameters
    ----------
    name : str
        One of `ARCHITECTURES`.
    shape : tuple of int
        Shape of a sample: (channel, y, x), or also (feature,) for the first two.
    classes : int
        Number of outputs.
    hidden : int, optional
        Units of the hidden layer; ``two-layer`` only, 128 unless given.
    channels : tuple of int, optional
        ``cnn``: (16, 32); ``residual``: (64, 128, 256), as in robust-vision.
    dropout : float, optional
        Share of features that a training step leaves out before the outputs: ``two-layer`` and ``cnn`` 0.25,
        ``residual`` 0.3, as in robust-vision.
    dtype : {"float64", "float32"}
        Of parameters and outputs.

    Raises
    ------
    InputError
        If a name is unknown, a number out of range, or a setting not one of this architecture.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    hidden: int | None = None
    channels: tuple[int, ...] | None = None
    dropout: float | None = None
    dtype: str = "float64"

    def __post_init__(self) -> None:
        if self.name not in ARCHITECTURES:
            raise InputError(f"architecture: unknown architecture {self.name!r}{nearest(self.name, ARCHITECTURES)}")
        if self.dtype not in DTYPES:
            raise InputError(f"dtype: unknown dtype {self.dtype!r}{nearest(self.dtype, DTYPES)}")
        for setting in SETTINGS:
            given, default = getattr(self, setting), _DEFAULTS[self.name].get(setting)
            if given is not None and (why := lacks(self.name, setting)):
                raise InputError(f"{setting}: {why}")
            object.__setattr__(self, setting, default if given is None else given)
        for setting in ("shape", "channels", "hidden"):
            given = getattr(self, setting)
            if given is None:
                continue
            numbers = (given,) if setting == "hidden" else tuple(given)
            if not all(_whole(number, 1) for number in numbers):
                raise InputError(f"{setting}: {given!r} is not made of whole numbers of at least 1")
            whole = tuple(int(number) for number in numbers)
            object.__setattr__(self, setting, whole[0] if setting == "hidden" else whole)
        flat = self.channels is None and len(self.shape) == 1
        if not flat and len(self.shape) != 3:
            raise InputError(f"shape: {list(self.shape)} is not (channel, y, x)")
        if self.channels == ():
            raise InputError("channels: none are given; at least one block is needed")
        if not _whole(self.classes, 2):
            raise InputError(f"classes: {self.classes!r} is not a whole number of at least 2")
        object.__setattr__(self, "classes", int(self.classes))
        self.layers.shape(self.shape)

    @cached_property
    def layers(self) -> Chain:
        """The layers, in order."""
        outputs = Dense(self.classes, gain=1.0)
        dropout = Dropout(self.dropout or 0.0)
        layers: list[Layer] = []
        if self.name == "linear":
            return Chain((Flatten(), outputs))
        if self.hidden is not None:
            return Chain((Flatten(), Dense(self.hidden), ReLU(), dropout, outputs))
        channels = self.channels or ()
        if self.name == "cnn":
            for count in channels:
                # The maximum of rectified numbers is the rectified maximum, which has a quarter of the work.
                layers += [Convolution(count, bias=False), BatchNorm(), MaxPool(), ReLU()]
            return Chain((*layers, Flatten(), dropout, outputs))
        layers += [Convolution(channels[0], bias=False), BatchNorm(), ReLU()]
        layers += [Residual(count, stride=2 if i else 1) for i, count in enumerate(channels)]
        return Chain((*layers, GlobalAveragePool(), dropout, outputs))

    def settings(self) -> dict[str, Any]:
        """What makes this architecture, as plain values; ``Architecture(**settings)`` makes it again."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}

    def difference(self, other: Architecture) -> str:
        """The first setting in which another differs, as ``channels [16, 32] instead of [8, 8]``; empty if none."""
        for field in fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            if mine != its:
                shown = [list(value) if isinstance(value, tuple) else value for value in (mine, its)]
                return f"{field.name} {shown[0]} instead of {shown[1]}"
        return ""


def _whole(number: Any, least: int) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool) and int(number) >= least
