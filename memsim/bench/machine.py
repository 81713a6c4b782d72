"""The machine that was measured: processor, threads, load and versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

from threadpoolctl import threadpool_info

_CPUINFO = Path("/proc/cpuinfo")


def processor() -> str:
    """Name of the processor."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def blas() -> str:
    """The library of NumPy's matrix products, with its version and threads."""
    found = [one for one in threadpool_info() if one.get("user_api") == "blas"]
    found.sort(key=lambda one: "numpy" not in str(one.get("filepath")))  # SciPy brings another
    return ", ".join(f"{one['internal_api']} {one['version']}, {one['num_threads']} threads" for one in found[:1])


def load() -> str:
    """Mean number of processes that ran or waited in the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Versions of installed distributions."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
