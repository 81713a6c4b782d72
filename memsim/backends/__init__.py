"""Where the kernels run: the name a user asks for, resolved once to a backend that can run here."""

from __future__ import annotations

from memsim.backends import cuda
from memsim.backends.backend import Backend
from memsim.backends.cpu import CpuBackend
from memsim.errors import BackendError, nearest

BACKENDS = ("auto", "cpu", "cuda")


def resolve(name: str = "auto") -> Backend:
    """The backend that runs the kernels: for "auto" a CUDA card where there is one.

    Raises
    ------
    BackendError
        If the name is unknown or the backend cannot run here.
    """
    if name not in BACKENDS:
        raise BackendError(f"backend: unknown backend {name!r}{nearest(name, BACKENDS)}")
    problem = "" if name == "cpu" else cuda.problem()
    if problem is None:
        return cuda.CudaBackend()
    if name == "cuda":
        raise BackendError(f"backend: 'cuda' cannot run here: {problem}; allowed here: 'cpu'")
    return CpuBackend()


__all__ = ["BACKENDS", "Backend", "CpuBackend", "resolve"]
