"""Schema of endurance: what cycles of set and reset pulses do to cells."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from memsim.document.fields import problem
from memsim.profiles.physics import Share, Temperature, Time
from memsim.profiles.provenance import Group, Number, Whole

Cycles = Annotated[float, Number("1", above=0.0, high=1e18)]
Length = Annotated[float, Number("m", above=0.0, high=1e-3)]
Factor = Annotated[float, Number("1", low=-1000.0, high=1000.0)]

_MOST_EXPONENT = 600.0
"""Largest exponent of an onset: e^600 is still a number."""


class Growth(Group):
    """How the resistance of one end of the window changes beyond an onset."""

    cycles: Cycles = Field(examples=["10"], description="p_0: the onset is p_0 e^f, f = p_1 size + p_2 min(T_ref/T, 1)")
    per_nanometre: Factor = Field(default=0.0, examples=["0.69"], description="p_1, of the size in nm")
    thermal: Factor = Field(default=0.0, description="p_2, of the ratio of temperatures")
    growth: Factor = Field(
        examples=["0.0176"], description="p_3: decades of resistance per decade of cycles beyond the onset are p_3 f"
    )


class GrowingResistance(Group):
    """Resistances of both ends of the window that change as a power of the cycles, beyond an onset.

    The window of a cell stays at least 1 % as wide as the nominal one. Where its ends would cross, both lie at the
    geometric mean of what the two laws give.
    """

    model: Literal["growing-resistance"]
    size: Length = Field(examples=["10 nm"], description="size of the cell")
    temperature: Temperature = Field(default=298.0, description="T, temperature while the cell is cycled")
    reference: Temperature = Field(default=298.0, description="T_ref, temperature up to which nothing depends on it")
    low_resistance: Growth = Field(
        examples=["{cycles: 10, per_nanometre: 0.69, growth: 0.0176}"], description="change of 1/G_max"
    )
    high_resistance: Growth = Field(
        examples=["{cycles: 10, per_nanometre: 0.69, growth: -0.023}"], description="change of 1/G_min"
    )

    def factor(self, end: Growth) -> float:
        """f of one end, dimensionless."""
        ratio = min(self.reference / self.temperature, 1.0)
        return end.per_nanometre * self.size * 1e9 + end.thermal * ratio

    def onset(self, end: Growth) -> float:
        """Cycles beyond which the resistance of one end changes."""
        return end.cycles * math.exp(self.factor(end))

    def slope(self, end: Growth) -> float:
        """Decades of resistance per decade of cycles beyond the onset."""
        return end.growth * self.factor(end)

    @model_validator(mode="after")
    def _finite(self) -> GrowingResistance:
        for key, end in (("low_resistance", self.low_resistance), ("high_resistance", self.high_resistance)):
            if abs(self.factor(end)) > _MOST_EXPONENT:
                raise problem(f"the exponent of the onset is {self.factor(end):.3g}; at most 600 is allowed", key)
        return self


class WornRow(Group):
    """Shares of cells that are stuck once each cell has seen so many cycles."""

    cycles: Cycles = Field(examples=["1e6"], description="cycles of a cell")
    stuck_on: Share = Field(default=0.0, examples=["0.1 %"], description="share of cells stuck at G_max")
    stuck_off: Share = Field(default=0.0, examples=["1 %"], description="share of cells stuck at G_min")

    @model_validator(mode="after")
    def _shares(self) -> WornRow:
        if self.stuck_on + self.stuck_off > 1:
            raise problem("more than all cells are stuck", "stuck_off")
        return self


class StuckCells(Group):
    """Cells that get stuck, by a table of shares against the cycles of a cell.

    Shares are linear in the logarithm of the cycles between rows, in proportion to the cycles before the first row, and
    stay after the last.
    """

    model: Literal["stuck-cells"]
    rows: Annotated[tuple[WornRow, ...], Field(min_length=1, max_length=4096)] = Field(
        examples=["[{cycles: 1e5, stuck_off: 0.1 %}, {cycles: 1e6, stuck_on: 0.5 %, stuck_off: 2 %}]"],
        description="rows {cycles, stuck_on, stuck_off}, cycles ascending",
    )

    @model_validator(mode="after")
    def _ordered(self) -> StuckCells:
        for number, (row, following) in enumerate(zip(self.rows, self.rows[1:], strict=False), 1):
            if following.cycles <= row.cycles:
                raise problem("cycles must rise from row to row", "rows", number, "cycles")
            for key in ("stuck_on", "stuck_off"):
                if getattr(following, key) < getattr(row, key):
                    raise problem("a stuck cell stays stuck: shares must not fall from row to row", "rows", number, key)
        return self


class ErrorRow(Group):
    """Share of bits that are read wrongly once each cell has seen so many cycles."""

    cycles: Cycles = Field(examples=["5000"], description="cycles of a cell")
    errors: Share = Field(examples=["10 %"], description="share of bits that are read wrongly")


class Bake(Group):
    """Storage between programming and reading."""

    time: Time = Field(examples=["30 min"], description="how long")
    temperature: Temperature = Field(examples=["400 K"], description="temperature")


class BitErrors(Group):
    """Share of wrong bits against the cycles of a cell, of cells that hold several levels.

    It says how often levels are confused, not where the states go. So it is reported (`Crossbar.wear_summary`), and no
    state changes. Shares are linear in the logarithm of the cycles between rows, and constant before and after them.
    """

    model: Literal["bit-errors"]
    bits: Annotated[int, Whole(1, 16)] = Field(examples=["3"], description="bits in a cell")
    rows: Annotated[tuple[ErrorRow, ...], Field(min_length=1, max_length=4096)] = Field(
        examples=["[{cycles: 300, errors: 0.5 %}, {cycles: 5000, errors: 10 %}]"],
        description="rows {cycles, errors}, cycles ascending",
    )
    bake: Bake | None = Field(default=None, description="storage after which the errors were counted")

    @model_validator(mode="after")
    def _ordered(self) -> BitErrors:
        for number, (row, following) in enumerate(zip(self.rows, self.rows[1:], strict=False), 1):
            if following.cycles <= row.cycles:
                raise problem("cycles must rise from row to row", "rows", number, "cycles")
        return self


ENDURANCES: tuple[type[Group], ...] = (GrowingResistance, StuckCells, BitErrors)
Endurance = Annotated[GrowingResistance | StuckCells | BitErrors, Field(discriminator="model")]
