"""Where a result comes from: when, on which machine and with which versions it was computed."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
from collections.abc import Sequence

from memsim.backends import Backend
from memsim.philox import LAYOUT

LIBRARIES = ("numpy", "numba", "llvmlite", "xarray", "netCDF4", "pydantic", "scipy")
"""Installed distributions on which all results depend."""


def provenance(backend: Backend, libraries: Sequence[str]) -> dict[str, str | int]:
    """Attributes of a result that do not depend on its settings.

    Parameters
    ----------
    backend : Backend
        What computed it.
    libraries : sequence of str
        Installed distributions whose versions are stated, beside those of the backend.
    """
    versions = {name: importlib.metadata.version(name) for name in libraries} | backend.libraries
    return {
        "memsim_version": importlib.metadata.version("memsim"),
        "random_addresses": LAYOUT,
        "backend": backend.name,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
        "machine": ", ".join(filter(None, (f"{platform.system()} {platform.machine()}", backend.machine))),
        "libraries": json.dumps(versions),
    }
