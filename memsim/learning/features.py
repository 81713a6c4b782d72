"""Kinds of feature layers with their settings; the task `classify` makes the layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from memsim.document.fields import Count
from memsim.registry import Registry


@dataclass(frozen=True)
class RandomFeatures:
    """Features of fresh cells, which are never programmed."""

    epochs: ClassVar[int] = 0
    learns: ClassVar[bool] = False
    name: ClassVar[str] = "random"


@dataclass(frozen=True)
class CompetitiveFeatures:
    """Features that columns learn without a teacher, by a soft winner-take-all.

    Parameters
    ----------
    epochs : int
        How often all images are shown.
    rate : float
        Learning rate of the competitive rule, dimensionless. From 2 on, columns would move past the image to ever
        more distant places.
    batch : int
        Images that are read before the array is changed.
    temperature : float
        Of the competition, dimensionless: a unit that is like the input has a relative output of about 1.
    """

    epochs: Annotated[int, Count(0, 100_000)] = 5
    rate: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)] = 0.02
    batch: Annotated[int, Count(1, 1_000_000)] = 32
    temperature: Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e6)] = 0.02
    learns: ClassVar[bool] = True
    name: ClassVar[str] = "competitive"


FEATURES: Registry[RandomFeatures | CompetitiveFeatures] = Registry("kind", (RandomFeatures, CompetitiveFeatures))
"""Kinds of feature layers by the name that experiments give them (``features.kind``)."""
