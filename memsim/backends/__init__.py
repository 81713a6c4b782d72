"""Where the kernels run: the name a user asks for, resolved once to a backend that can run here."""

from __future__ import annotations

from memsim.backends.cpu import CpuBackend
from memsim.errors import BackendError, nearest

BACKENDS = ("auto", "cpu", "cuda")


def resolve(name: str = "auto") -> CpuBackend:
    """The backend that runs the kernels.

    Raises
    ------
    BackendError
        If the name is unknown or the backend cannot run here.
    """
    if name in ("auto", "cpu"):
        return CpuBackend()
    if name == "cuda":
        raise BackendError(
            "backend: 'cuda' cannot run whole experiments in this version (only its update loop exists); use 'cpu'"
        )
    raise BackendError(f"backend: unknown backend {name!r}{nearest(name, BACKENDS)}")


__all__ = ["BACKENDS", "CpuBackend", "resolve"]
