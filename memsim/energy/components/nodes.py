"""Values that depend on the technology node, and their interpolation between tabulated nodes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from memsim.document.fields import Quantity, problem
from memsim.document.problems import brief
from memsim.errors import InputError
from memsim.units import format_quantity

NODE = Quantity("m", above=0.0, high=1e-5)
"""What a technology node is: a length such as 32 nm."""
_SAME = 1e-9
_MULTIPLE = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*F\s*")


@dataclass(frozen=True)
class Curve:
    """A value that holds at every node, or values at some nodes.

    Attributes
    ----------
    values : tuple of float
        In SI units; one value if `nodes` is empty.
    nodes : tuple of float
        Nodes of the values, rising [m].
    """

    values: tuple[float, ...]
    nodes: tuple[float, ...] = ()

    def at(self, node: float | None) -> float:
        """The value at a node; between tabulated nodes, its logarithm is linear in the logarithm of the node.

        Raises
        ------
        InputError
            The values depend on the node, and none is given or it lies beyond those tabulated.
        """
        if not self.nodes:
            return self.values[0]
        if node is None:
            raise InputError(f"a node is needed; allowed: {self.range()}")
        for tabulated, value in zip(self.nodes, self.values, strict=True):
            if math.isclose(node, tabulated, rel_tol=_SAME):
                return value
        points = zip(self.nodes, self.values, strict=True)
        for (low, below), (high, above) in pairwise(points):
            if low < node < high:
                share = math.log(node / low) / math.log(high / low)
                return below * (above / below) ** share
        raise InputError(f"{format_quantity(node, 'm')} is beyond the tabulated nodes; allowed: {self.range()}")

    def spans(self, low: float, high: float) -> bool:
        """Whether the values hold at all nodes from `low` to `high` [m]."""
        return not self.nodes or (self.nodes[0] <= low * (1 + _SAME) and self.nodes[-1] >= high * (1 - _SAME))

    def range(self) -> str:
        """The tabulated nodes in words."""
        return node_range(self.nodes)


class Multiple(NamedTuple):
    """A length in units of the feature size of its node."""

    factor: float


def node_range(nodes: tuple[float, ...]) -> str:
    """The range of some nodes in words, such as "14 nm to 130 nm"."""
    ends = dict.fromkeys((min(nodes), max(nodes)))
    return " to ".join(format_quantity(node, "m") for node in ends)


@dataclass(frozen=True)
class AtNodes:
    """Marks a field as a quantity, or as a mapping from node to quantity: ``Annotated[Curve, AtNodes(Quantity("J"))]``.

    Attributes
    ----------
    quantity : Quantity
        Unit and range of the values.
    multiples : bool
        Whether "12 F" is allowed, a length in units of the feature size; the field then holds a `Multiple`.
    """

    quantity: Quantity
    multiples: bool = False

    def read(self, value: Any) -> Curve | Multiple:
        """The values in SI units, in range."""
        if isinstance(value, dict):
            return _curve(dict(self._points(value)))
        match = _MULTIPLE.fullmatch(value) if self.multiples and isinstance(value, str) else None
        if match is not None:
            factor = float(match.group(1))
            if not 0 < factor <= 1e6:
                raise problem(f"{brief(value)} is out of range; allowed: above 0 F, at most 1e6 F")
            return Multiple(factor)
        return Curve((self.quantity.read(value),))

    def _points(self, values: dict[str, Any]) -> Iterator[tuple[float, float]]:
        """Node and value of each entry of a mapping, where no node stands twice."""
        if not values:
            raise problem("no node is given; write e.g. '{130 nm: ..., 65 nm: ...}'")
        written_nodes: dict[float, str] = {}
        for key, item in values.items():
            node = _inside(NODE, key, key)
            number = _inside(self.quantity, item, key)
            if number <= 0:
                raise problem(f"{brief(item)} is out of range; values that depend on the node are above 0", key)
            twin = next((other for other in written_nodes if math.isclose(node, other, rel_tol=_SAME)), None)
            if twin is not None:
                raise problem(f"this node stands twice; it is also '{written_nodes[twin]}'", key)
            written_nodes[node] = key
            yield node, number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        one = self.quantity.__get_pydantic_json_schema__(schema, handler)
        forms = [one, {"type": "object", "additionalProperties": one, "minProperties": 1}]
        if self.multiples:
            forms.append({"type": "string", "pattern": f"^{_MULTIPLE.pattern}$"})
        return {"anyOf": forms}


def _inside(quantity: Quantity, value: Any, key: str) -> float:
    """A quantity at a key of the mapping that is read."""
    try:
        return quantity.read(value)
    except PydanticCustomError as error:
        raise problem((error.context or {})["message"], key) from None


def _curve(points: dict[float, float]) -> Curve:
    ordered = sorted(points.items())
    return Curve(tuple(value for _, value in ordered), tuple(node for node, _ in ordered))
