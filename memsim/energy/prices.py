"""Components at a node with settings of the architecture, from what users write."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from memsim.energy.architecture import ARCHITECTURE_SETTINGS, Architecture
from memsim.energy.components import ComponentTable, components_of
from memsim.energy.cost import Prices
from memsim.errors import InputError, nearest, shown
from memsim.units import parse_quantity

_LARGEST = 1e-3
"""Largest length of a node [m]."""


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
        if name not in ARCHITECTURE_SETTINGS:
            raise InputError(f"{name}: not a setting of costs{nearest(name, ARCHITECTURE_SETTINGS)}")
    if isinstance(settings.get("settle"), str):
        settings["settle"] = _quantity("settle", settings["settle"], "s")
    return Prices(components_of(components).at(_length(node)), Architecture(**settings))


def _length(node: object) -> float | None:
    """A technology node [m]."""
    if node is None:
        return None
    if isinstance(node, str):
        return _quantity("node", node, "m")
    if isinstance(node, bool) or not isinstance(node, int | float | np.floating | np.integer):
        raise InputError(f"node: {shown(node)} is not allowed; a length such as '22 nm', or a number of metres")
    if node > _LARGEST:
        raise InputError(f"node: {node:g} m is not allowed; numbers are metres, so write '{node:g} nm'")
    return float(node)


def _quantity(name: str, text: str, unit: str) -> float:
    try:
        return parse_quantity(text, unit)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
