"""Components at a node with settings of the architecture, from what users write."""

from __future__ import annotations

import dataclasses
from os import PathLike
from typing import Any

from memsim.energy.architecture import Architecture
from memsim.energy.components import ComponentTable, components_of
from memsim.energy.cost import Prices
from memsim.errors import InputError, nearest
from memsim.units import parse_quantity

_SETTINGS = tuple(item.name for item in dataclasses.fields(Architecture))


def prices_of(
    components: ComponentTable | str | PathLike[str], node: float | str | None = None, **settings: Any
) -> Prices:
    """Components and settings.

    Parameters
    ----------
    components : str, path or ComponentTable
        Table of components.
    node : str or float, optional
        Technology node, such as "22 nm", or in metres.
    **settings
        Of `Architecture`.

    Raises
    ------
    InputError
        If the table or a setting is not allowed.
    """
    for name in settings:
        if name not in _SETTINGS:
            raise InputError(
                f"{name}: not a setting of costs; allowed: {', '.join(_SETTINGS)}{nearest(name, _SETTINGS)}"
            )
    if isinstance(node, str):
        node = parse_quantity(node, "m")
    if isinstance(settings.get("settle"), str):
        settings["settle"] = parse_quantity(settings["settle"], "s")
    return Prices(components_of(components).at(node), Architecture(**settings))
