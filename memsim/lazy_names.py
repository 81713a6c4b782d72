"""Names of a package that are imported when they are first used, so that the package itself is imported fast."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The function `__getattr__` of a package.

    Parameters
    ----------
    package : str
        Its full name.
    modules : mapping of str to str
        For each name, the module that defines it; a module that begins with a dot lies in the package.

    Raises
    ------
    AttributeError
        By that function, if the package does not have a name.
    """

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(importlib.import_module(modules[name], package), name)

    return attribute
