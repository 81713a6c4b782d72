"""Panels without content: they are left out, and the page says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from memsim.plotting.rules.limits import finite

T = TypeVar("T")
NOT_FINITE = "no finite number"
"""Reason why a panel, a map or a line is left out."""
_NAMES = 4
"""Names that a note lists for one reason."""


def empty(*values: Any) -> bool:
    """Whether none of the values is a finite number."""
    return not len(finite(*values))


def filled(panels: Mapping[T, Any]) -> tuple[list[T], dict[T, str]]:
    """The panels whose values have a finite number, and the reasons why the others are left out.

    Parameters
    ----------
    panels : mapping to array_like
        The values that each panel shows, by the name of the panel or anything that stands for it.
    """
    contents = [panel for panel, values in panels.items() if not empty(values)]
    return contents, {panel: NOT_FINITE for panel in panels if panel not in contents}


def left_out(reasons: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Note on a page about everything that is left out and why; empty if nothing is."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items() if isinstance(reasons, Mapping) else reasons:
        names.setdefault(reason, []).append(name)
    parts = []
    for reason, listed in names.items():
        more = f" and {len(listed) - _NAMES} more" if len(listed) > _NAMES else ""
        parts.append(f"{'; '.join(listed[:_NAMES])}{more} ({reason})")
    return f"left out: {'; '.join(parts)}" if parts else ""
