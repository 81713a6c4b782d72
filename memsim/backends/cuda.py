"""The CUDA backend: CuPy arrays, which alone take memory on the card, numba-cuda kernels, and cuBLAS for wide reads."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
from typing import Any

import numpy as np

from memsim.backends.backend import Backend, Kernels

_INSTALL = 'pip install "memsim[cuda13]", or "memsim[cuda12]" for a driver of CUDA 12'
_SHARE = 4
"""Part of the free memory of the card that parameters of cells may take: a fourth."""


@functools.cache
def problem() -> str | None:
    """Why no kernel can run on a card here, with what helps; None where it can."""
    for name, found in (("CuPy", "cupy"), ("numba-cuda", "numba_cuda")):
        if importlib.util.find_spec(found) is None:
            return f"{name} is not installed ({_INSTALL})"
    try:
        import cupy

        count = cupy.cuda.runtime.getDeviceCount()
    except Exception as error:  # a missing driver, or libraries that do not fit it
        return f"no CUDA device answers ({' '.join(str(error).split())[:120]})"
    return None if count > 0 else "there is no CUDA device"


class CudaBackend(Backend):
    """Kernels on the current NVIDIA card; see `Backend`. Launches return before the card is done."""

    name = "cuda"

    def __init__(self) -> None:
        import cupy

        from memsim.kernels.cuda.convert import adc_kernel, dac_kernel
        from memsim.kernels.cuda.elementwise import elementwise_kernel
        from memsim.kernels.cuda.fill import fill_kernel
        from memsim.kernels.cuda.fluctuate import advance_kernel, fluctuating_read_kernel
        from memsim.kernels.cuda.path import path_kernel
        from memsim.kernels.cuda.read import narrow_kernel, noise_kernel, variance_kernel
        from memsim.kernels.cuda.trains import train_kernel
        from memsim.kernels.cuda.update import count_shape, update_kernel
        from memsim.kernels.cuda.verify import verify_kernel

        self.xp = cupy
        self.kernels = Kernels(
            fill=fill_kernel,
            elementwise=elementwise_kernel,
            update=update_kernel,
            counts=count_shape,
            trains=train_kernel,
            narrow=narrow_kernel,
            patches=None,
            variance=variance_kernel,
            noise=noise_kernel,
            dac=dac_kernel,
            adc=adc_kernel,
            advance=advance_kernel,
            fluctuating=fluctuating_read_kernel,
            path=path_kernel,
            verify=verify_kernel,
        )

    def asarray(self, values: Any, dtype: Any = None) -> Any:
        """The values in the memory of the card."""
        return self.xp.ascontiguousarray(self.xp.asarray(values, dtype)) if np.ndim(values) else values

    def numpy(self, array: Any) -> np.ndarray:
        """A copy in the host's memory, once all that it depends on is computed."""
        return self.xp.asnumpy(array)

    def contiguous(self, array: Any) -> Any:
        """The array, or a copy where it is a view of others' elements."""
        return self.xp.ascontiguousarray(array)

    def synchronize(self) -> None:
        """Wait for the card."""
        self.xp.cuda.get_current_stream().synchronize()

    @property
    def machine(self) -> str | None:
        """Name of the card, as its driver gives it."""
        device = self.xp.cuda.Device().id
        return self.xp.cuda.runtime.getDeviceProperties(device)["name"].decode()

    @property
    def libraries(self) -> dict[str, str]:
        """CuPy and numba-cuda."""
        return {"cupy": self.xp.__version__, "numba-cuda": importlib.metadata.version("numba-cuda")}

    @property
    def free_memory(self) -> float:
        """That of the card, what CuPy keeps for its next arrays included [byte]."""
        pool = self.xp.get_default_memory_pool()
        return float(self.xp.cuda.Device().mem_info[0] + pool.free_bytes())

    @property
    def kept(self) -> int:
        """A fourth of what is free on the card."""
        return int(self.free_memory) // _SHARE
