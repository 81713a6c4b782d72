"""A component table: the validated entries, the document they were read from, and their values at a node."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from memsim.document import Document
from memsim.document.problems import Path
from memsim.document.registry_sections import entry_of
from memsim.energy.components.adc import ADC_MODELS, AdcModel
from memsim.energy.components.component import Component
from memsim.energy.components.components import Adc, Components, Digital
from memsim.energy.components.nodes import Curve, Multiple, node_range
from memsim.energy.components.provenance import Origin, origin_of, unproven
from memsim.energy.components.schema import AnyAdcEntry, CellEntry, Entry, PoweredEntry, TableSpec
from memsim.errors import InputError
from memsim.profiles.schema import Source
from memsim.units import format_quantity

_TEXTS = ("source", "where", "status", "uncertainty", "note")


@dataclass(frozen=True)
class ComponentTable:
    """Energy, latency and area of the components of an array, each with its source.

    Attributes
    ----------
    document : Document
        The YAML document, as authored, with what it inherits.
    spec : TableSpec
        Its validated content, in SI units.
    """

    document: Document
    spec: TableSpec = field(compare=False)

    @classmethod
    def from_document(cls, document: Document) -> ComponentTable:
        """Table in a document that does not extend another one.

        Raises
        ------
        DocumentError
            Keys, values or units are not allowed, or an entry does not say where its values come from.
        """
        spec = document.validate(TableSpec)
        if spec.extends is not None:
            raise document.error([(("extends",), "extends takes effect when a file is read; it cannot be set later")])
        priced = [(("components", *path), _energetic(entry)) for path, entry in spec.components.given()]
        if problems := list(unproven(document.data, priced)):
            raise document.error(problems)
        return cls(document, spec)

    @property
    def name(self) -> str:
        """Identifier, such as "isaac-32nm"."""
        return self.spec.name

    @property
    def title(self) -> str:
        """One line for people."""
        return self.spec.title

    @property
    def nodes(self) -> tuple[float, ...]:
        """Nodes that the table states, rising [m]; empty if its values hold at any node."""
        if self.spec.nodes is not None:
            return tuple(sorted(self.spec.nodes))
        return () if self.spec.node is None else (self.spec.node,)

    @property
    def sources(self) -> dict[str, Source]:
        """Publications and tools by key."""
        return dict(self.spec.sources)

    def to_yaml(self) -> str:
        """YAML text of the table, from which `components_from_text` makes an equal one."""
        return self.document.to_yaml()

    def origin(self, slot: str) -> Origin:
        """Where the values of a slot come from, such as "adc" or "digital.mac".

        Raises
        ------
        InputError
            The table has no such component.
        """
        path: Path = ("components", *slot.split("."))
        if path[1:] not in dict(self.spec.components.given()):
            raise InputError(f"table '{self.name}' has no component '{slot}'")
        return origin_of(self.document.data, path)

    def at(self, node: float | None = None) -> Components:
        """The components at a technology node.

        Parameters
        ----------
        node : float, optional
            [m]; not needed for a table of one node.

        Raises
        ------
        InputError
            The table needs a node, does not hold at this one, or is for another one.
        """
        node = self._node(node)
        made = {path: self._made(path, entry, node) for path, entry in self.spec.components.given()}
        digital = {path[1]: part for path, part in made.items() if len(path) == 2}
        slots: dict[str, Any] = {str(path[0]): part for path, part in made.items() if len(path) == 1}
        array = self.spec.array
        size = None if array is None else (array.rows, array.columns)
        return Components(self.name, node, size, **slots, digital=Digital(**digital))  # type: ignore[arg-type]

    def _node(self, node: float | None) -> float | None:
        """The node that holds for a given one."""
        called = f"table '{self.name}' ({self.document.name})"
        if node is not None and not (math.isfinite(node) and node > 0):
            raise InputError(f"{called}: {node} is not a node; allowed: a length above 0")
        if not self.nodes:
            return node
        if len(self.nodes) == 1:
            if node is not None and not math.isclose(node, self.nodes[0], rel_tol=1e-9):
                raise InputError(
                    f"{called}: {format_quantity(node, 'm')} is asked for; it is a table for another node, "
                    f"{format_quantity(self.nodes[0], 'm')}"
                )
            return self.nodes[0]
        if node is None:
            names = ", ".join(format_quantity(known, "m") for known in self.nodes)
            raise InputError(f"{called}: a node is needed; it has {names}, and the nodes between them")
        if not self.nodes[0] * (1 - 1e-9) <= node <= self.nodes[-1] * (1 + 1e-9):
            asked = format_quantity(node, "m")
            raise InputError(f"{called}: {asked} is beyond its nodes; allowed: {node_range(self.nodes)}")
        return node

    def _made(self, path: Path, entry: Entry, node: float | None) -> Component | Adc:
        """The component of an entry."""
        origin = origin_of(self.document.data, ("components", *path))
        source, status = origin.source, origin.status
        if isinstance(entry, AnyAdcEntry):
            model = model_of(entry)
            factor = entry.uncertainty if model.lower_bound else self._factor(entry, model.factor)
            return Adc(model, node, self.name, factor, source, status)
        values = {key: getattr(entry, key) for key in type(entry).model_fields if key not in _TEXTS}
        values = {key: value.at(node) if isinstance(value, Curve) else value for key, value in values.items()}
        if isinstance(entry, CellEntry):
            values = _sized(values)
        return entry.makes(**values, source=source, status=status, uncertainty=self._factor(entry))

    def _factor(self, entry: Entry, default: float | None = None) -> float | None:
        """The uncertainty of an entry: its own, else that of its model, else that of the table."""
        if "uncertainty" in entry.model_fields_set:
            return entry.uncertainty
        return self.spec.uncertainty if default is None else default


def model_of(entry: AnyAdcEntry) -> AdcModel:
    """The model that the entry of a converter names, with its settings."""
    return entry_of(ADC_MODELS, entry)


def _energetic(entry: Entry) -> bool:
    """Whether an entry has an energy or a power, and no model that knows its uncertainty."""
    if isinstance(entry, AnyAdcEntry):
        model = model_of(entry)
        known = model.factor is not None or model.lower_bound
        return not known and getattr(entry, "energy", None) is not None
    return getattr(entry, "energy", None) is not None or (isinstance(entry, PoweredEntry) and entry.power is not None)


def _sized(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a cell with its lengths in metres, and its area from them unless it is given."""
    lengths = {
        key: values[key].factor * values["feature"] if isinstance(values[key], Multiple) else values[key]
        for key in ("width", "height")
    }
    area = values["area"]
    if area is None and None not in lengths.values():
        area = lengths["width"] * lengths["height"]
    return {**values, **lengths, "area": area}
