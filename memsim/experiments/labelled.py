"""Schema of labelled images, and the images that it describes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from memsim.data.labelled import COLOURS, DIGITS, SOURCES, Labelled, load_labelled
from memsim.document.fields import Count, Place, Section, problem
from memsim.experiments.learners import GreySpec, Seed, Side, as_tuple

Share = Annotated[float, Field(allow_inf_nan=False, gt=0, lt=1)]


class LabelledSpec(Section):
    """Labelled images: embedded ones, or a local folder."""

    EMBEDDED: ClassVar[tuple[str, ...]] = SOURCES

    source: Place = DIGITS
    samples: Annotated[int, Count(1, 1_000_000)] | None = None
    shape: Annotated[tuple[Side, Side] | None, BeforeValidator(as_tuple)] = None
    seed: Seed = 0
    grey: GreySpec = GreySpec()
    colour: Literal[COLOURS] = "grey"  # type: ignore[valid-type]
    fractions: Annotated[tuple[Share, Share, Share], BeforeValidator(as_tuple)] = (0.6, 0.2, 0.2)

    @model_validator(mode="after")
    def _whole(self) -> LabelledSpec:
        if not math.isclose(math.fsum(self.fractions), 1, abs_tol=1e-6):
            shares = ", ".join(f"{share:g}" for share in self.fractions)
            total = math.fsum(self.fractions)
            raise problem(f"[{shares}] add up to {total:g}; allowed: three shares of 1", "fractions")
        return self


def labelled_images(data: LabelledSpec, path: Path | None) -> Labelled:
    """The images that settings describe, which lie at a path; None stands for images that come with memsim."""
    return load_labelled(
        data.source if path is None else path,
        shape=data.shape,
        samples=data.samples,
        seed=data.seed,
        grey=data.grey.conversion,
        fractions=data.fractions,
        colour=data.colour,
    )
