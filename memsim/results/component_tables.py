"""The component table that a result holds, and the settings of its costs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from memsim.energy.architecture import ARCHITECTURE_SETTINGS, Architecture
from memsim.energy.components import ComponentTable, components_from_text
from memsim.energy.digital import PROCESSOR_SETTINGS, Processor
from memsim.errors import InputError, OutputError, name_list
from memsim.results.dataset import source
from memsim.results.settings import texts_of
from memsim.storage.library import library

if TYPE_CHECKING:
    import xarray as xr

TABLE, TABLES, SETTINGS, NOTES = "components", "component_tables", "component_settings", "cost_notes"
"""Attributes: a table for costs that were computed from a result; those that an experiment names; node and settings;
and what to know of the costs.
"""

COST_SETTINGS = tuple(dict.fromkeys((*ARCHITECTURE_SETTINGS, *PROCESSOR_SETTINGS)))
"""Names of the settings of costs."""


class HeldTable(NamedTuple):
    """A component table, the node [m] or None, and the settings of costs by name."""

    table: ComponentTable
    node: float | None
    settings: dict[str, Any]


def held_table(dataset: xr.Dataset) -> HeldTable:
    """The table of a result: that of costs which were computed from it, else that of its experiment.

    Raises
    ------
    InputError
        If it holds none, or the text is no table.
    OutputError
        If its settings are damaged.
    """
    text = dataset.attrs.get(TABLE) or next(iter(texts_of(dataset, TABLES).values()), None)
    if text is None and TABLES in dataset.attrs:
        raise OutputError(f"{source(dataset)}: its attribute '{TABLES}' is damaged")
    if not isinstance(text, str):
        names = name_list(list(library("components")))
        raise InputError(
            f"components=...: needed, as the result holds no component table; allowed: a YAML file, or one of {names}"
        )
    settings = held_settings(dataset)
    node = settings.pop("node")
    return HeldTable(components_from_text(text, f"{source(dataset)} ({TABLE})"), node, settings)


def held_settings(dataset: xr.Dataset) -> dict[str, Any]:
    """Node and settings of the costs of a result.

    Raises
    ------
    OutputError
        If they are damaged.
    """
    try:
        settings = json.loads(dataset.attrs[SETTINGS])
        node = settings.pop("node")
        Architecture(**{name: settings[name] for name in ARCHITECTURE_SETTINGS if name in settings})
        Processor(**{name: settings[name] for name in PROCESSOR_SETTINGS if name in settings})
        if not set(settings) <= set(COST_SETTINGS) or not (node is None or 0 < float(node) < math.inf):
            raise ValueError
        return {**settings, "node": None if node is None else float(node)}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, InputError):
        raise OutputError(f"{source(dataset)}: its attribute '{SETTINGS}' is damaged") from None


def settings_text(node: float | None, *settings: Any) -> str:
    """Node [m] and settings, dataclasses, as the text of the attribute."""
    by_name = {name: value for part in settings for name, value in vars(part).items()}
    return json.dumps({"node": node, **by_name})


def tables_text(tables: Mapping[str, ComponentTable]) -> str:
    """Tables by what an experiment calls them, as the text of the attribute."""
    return json.dumps({name: table.to_yaml() for name, table in tables.items()})
