"""Resistances of the lines of a crossbar: as stated, or of a technology node."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from memsim.arrays.checks import choice, whole
from memsim.arrays.wires.network import ENDS, number
from memsim.errors import InputError

SEGMENT = {
    130: 0.14, 65: 0.25, 45: 0.35, 32: 0.52, 22: 0.78, 14: 1.02, 10: 1.80, 7: 2.08, 5: 3.32, 3: 4.83,
}  # fmt: skip
"""Resistance of a wire along one 2F cell, by technology node in nm [ohm].

Computed from the resistivities, widths and aspect ratios of DNN+NeuroSim 1.4; optimistic values.
"""
CELLS = {"cross-point": (1, 1), "1T1R": (6, 2)}
"""Length of a cell along word and bit lines in units of 2F: a 1T1R cell is 12F wide and 4F high."""
_UNSTATED: Any = None
_WARMING = 0.00451  # per kelvin above 300 K, of copper; same source


@dataclass(frozen=True)
class Wires:
    """Resistances of the lines of a crossbar [ohm]; see `solve_wires`.

    Attributes
    ----------
    word_resistance, bit_resistance : float
        Of one segment, both or neither; 0 without.
    driver_resistance, sense_resistance : float
        Of every driver and sense amplifier.
    series_resistance : float
        In series with every cell, such as the transistor of a 1T1R cell.
    drive, sense : {"one end", "both ends"}
        Where lines have terminals.
    """

    word_resistance: float = _UNSTATED
    bit_resistance: float = _UNSTATED
    driver_resistance: float = 0.0
    sense_resistance: float = 0.0
    series_resistance: float = 0.0
    drive: str = "one end"
    sense: str = "one end"

    def __post_init__(self) -> None:
        segments = ("word_resistance", "bit_resistance")
        unstated = [name for name in segments if getattr(self, name) is _UNSTATED]
        for name in unstated:
            object.__setattr__(self, name, 0.0)
        for name in ("word", "bit", "driver", "sense", "series"):
            number(f"wires.{name}_resistance", getattr(self, f"{name}_resistance"))
        if len(unstated) == 1:
            other = next(name for name in segments if name not in unstated)
            raise InputError(
                f"wires.{unstated[0]}: missing beside {other}; allowed: a resistance of at least 0 ohm for both, or "
                "for neither"
            )
        choice("wires.drive", self.drive, ENDS)
        choice("wires.sense", self.sense, ENDS)

    @classmethod
    def of_node(cls, node: int, cell: str = "cross-point", temperature: float = 300.0, **others: Any) -> Wires:
        """Wires of a technology node.

        Parameters
        ----------
        node : int
            Technology node [nm], one of `SEGMENT`.
        cell : {"cross-point", "1T1R"}
            Kind of cell, which sets the length of a segment.
        temperature : float
            Of the wires [K].
        **others
            Further attributes of `Wires`.

        Raises
        ------
        InputError
            If the node is not in the table, or a number is not allowed.
        """
        choice("wires.cell", cell, tuple(CELLS))
        node = whole("wires.node", node, 1)
        if node not in SEGMENT:
            near = min(SEGMENT, key=lambda known: abs(math.log(known / node)))
            listed = ", ".join(str(known) for known in SEGMENT)
            raise InputError(f"wires.node: {node} nm is not in the table; did you mean {near}? allowed: {listed}")
        if not 0 < number("wires.temperature", temperature, "K") <= 2000:
            raise InputError(f"wires.temperature: {temperature:g} K is not allowed; above 0 and up to 2000 K")
        unit = SEGMENT[node] * max(0.0, 1 + _WARMING * (temperature - 300))
        along, down = CELLS[cell]
        return cls(word_resistance=along * unit, bit_resistance=down * unit, **others)

    @property
    def options(self) -> dict[str, Any]:
        """Keywords of `solve_wires` and `effective_conductance`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


_LINES = {
    "word_resistance": None,
    "driver_resistance": 0.0,
    "drive": "one end",
    "bit_resistance": None,
    "sense_resistance": 0.0,
    "sense": "one end",
    "series_resistance": 0.0,
}
"""Arguments of `solve_wires` about word lines, bit lines and cells, in this order, and their defaults, if any."""


def lines_of(wires: Wires | None, own: tuple[Any, ...]) -> tuple[tuple, tuple, Any]:
    """Segment, terminal and ends of word lines, the same of bit lines, and what is in series with each cell.

    Raises
    ------
    InputError
        If lines are described twice or not at all.
    """
    stated = {name: value for name, value in zip(_LINES, own, strict=True) if value is not None}
    if wires is not None:
        if not isinstance(wires, Wires):
            raise InputError(f"wires: {wires!r} is not allowed; a memsim.Wires, or None")
        for name in stated:
            raise InputError(f"{name}: stated beside wires; allowed: one of them, or dataclasses.replace(wires, ...)")
        stated = wires.options
    lines = _LINES | stated
    for name, value in lines.items():
        if value is None:
            raise InputError(f"{name}: missing; allowed: a resistance of at least 0 ohm, or wires=memsim.Wires(...)")
    values = tuple(lines[name] for name in _LINES)
    return values[:3], values[3:6], values[6]
