"""Schema of an experiment of the task `select`: single cells of passive arrays are read through their sneak paths."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from memsim.arrays.wires.passive import SCHEMES
from memsim.document.fields import Count, Quantity, Section, problem
from memsim.experiments.aging import Temperature
from memsim.experiments.devices import Choice
from memsim.experiments.learners import ComparedBase
from memsim.experiments.schema import ExperimentSpec
from memsim.profiles.physics import ExponentialConduction, SinhConduction

POSITIONS = ("near", "middle", "far")
MAX_CELL_READS = 10**9
"""Cells times reads of a run: half an hour, at up to 2 us each as measured."""
_MAP = 128  # lines of a kept map at most

Resistance = Annotated[float, Quantity("Ohm", low=0.0, high=1e9)]


def _nothing(value: Any) -> Any:
    if value != []:
        raise problem("the task 'select' trains nothing, so there is nothing to keep; leave it out")
    return value


class PassiveArraySpec(Section):
    """Cells of a passive array: a device, and a selector in series with each."""

    device: Annotated[Choice, Field(examples=["epiram-choi2018"])]
    selector: Annotated[SinhConduction | ExponentialConduction, Field(discriminator="model")] | None = None


class WiresSpec(Section):
    """Resistance of the wires: of a segment from cell to cell, and between a line's end and its source."""

    word_resistance: Resistance = 1.0
    bit_resistance: Resistance = 1.0
    driver_resistance: Resistance = 0.0
    sense_resistance: Resistance = 0.0


class PassiveAgingSpec(Section):
    """What happens to the cells between their programming and the times of the experiment."""

    temperature: Temperature = None


class PassiveSpec(ComparedBase):
    """One passive array that is compared."""

    KINDS: ClassVar[tuple[tuple[str, ...], ...]] = (("array", "wires", "aging"),)
    NAMES: ClassVar[tuple[str, ...]] = ("passive array",)

    array: Annotated[PassiveArraySpec, Field(examples=["{device: epiram-choi2018}"])]
    wires: WiresSpec = WiresSpec()
    aging: PassiveAgingSpec = PassiveAgingSpec()


class SelectSpec(ExperimentSpec):
    """An experiment: passive arrays, schemes, sizes, and places of the selected cell."""

    COMPARED: ClassVar[str] = "array"
    INDEPENDENT: ClassVar[bool] = True

    task: Literal["select"] = "select"
    arrays: Annotated[
        list[PassiveSpec],
        Field(min_length=1, max_length=1000, examples=["[{name: A, array: {device: epiram-choi2018}}]"]),
    ]
    schemes: Annotated[list[Literal[tuple(SCHEMES)]], Field(min_length=1)] = Field(  # type: ignore[valid-type]
        default=list(SCHEMES)
    )
    lines: Annotated[list[Annotated[int, Count(2, 4096)]], Field(min_length=1, max_length=100)] = Field(
        default=[4, 8, 16, 32, 64, 128]
    )
    positions: Annotated[list[Literal[POSITIONS]], Field(min_length=1)] = Field(  # type: ignore[valid-type]
        default=["near", "far"]
    )
    random_backgrounds: Annotated[int, Count(0, 1000)] = 2
    threshold: Annotated[float, Quantity("%", above=0.0, high=1.0)] = 0.1
    map_lines: Annotated[int, Count(2, _MAP)] = 32
    keep: Annotated[list[str], BeforeValidator(_nothing), Field(json_schema_extra={"maxItems": 0})] = Field(default=[])

    @property
    def backgrounds(self) -> list[str]:
        """Names of what the cells around the selected one hold."""
        return ["all on", "all off", *(f"random {number}" for number in range(self.random_backgrounds))]

    @property
    def known_labels(self) -> dict[str, Sequence[Any]]:
        """Those of arrays, schemes, sizes and places; see `ExperimentSpec`."""
        named = {"scheme": self.schemes, "lines": self.lines, "position": self.positions}
        return {**super().known_labels, **named, "background": self.backgrounds}

    @property
    def reads(self) -> int:
        """Reads of one array of one size by one scheme."""
        return 2 * len(self.positions) * len(self.backgrounds)

    @model_validator(mode="after")
    def _bounded(self) -> SelectSpec:
        for earlier, later in itertools.pairwise(self.lines):
            if not earlier < later:
                raise problem(f"{later} follows {earlier}; they must ascend", "lines")
        for key in ("schemes", "positions"):
            given = getattr(self, key)
            for name in given:
                if given.count(name) > 1:
                    raise problem(f"'{name}' is given twice; they must differ", key)
        reads = len(self.labels) * len(self.schemes) * self.reads
        reads *= 1 + len(self.times)
        count = reads * sum(lines**2 for lines in self.lines)
        if count > MAX_CELL_READS:
            raise problem(
                f"{reads} reads of arrays of up to {self.lines[-1]} x {self.lines[-1]} visit {count:.3g} cells; "
                f"allowed: at most {MAX_CELL_READS:.3g}",
                "lines",
            )
        return self
