"""Plain data laid over other plain data, section by section."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from memsim.document.problems import Path


def overlaid(
    top: dict[str, Any], base: dict[str, Any], telling: Collection[str], at: Path = ()
) -> tuple[dict[str, Any], list[Path]]:
    """What `base` says where `top` says nothing, in the order of `base`, and the paths that `top` replaced as a whole.

    Parameters
    ----------
    top, base : dict
        Plain data; null in `top` removes a key.
    telling : collection of str
        Keys whose change replaces their whole section.
    at : tuple
        Path of both.
    """
    changed = any(key in top and key in base and top[key] != base[key] for key in telling)
    if changed or "value" in top or "value" in base:
        return top, [at]
    merged, replaced = dict(base), []
    for key, value in top.items():
        here = (*at, key)
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merged[key], inside = overlaid(value, base[key], telling, here)
            replaced += inside
            continue
        replaced.append(here)
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged, replaced
