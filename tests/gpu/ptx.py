"""CUDA loops compiled without a card, for several capabilities of cards at once."""

from __future__ import annotations

import types
from typing import Any

TARGETS = ((7, 0), (8, 0), (9, 0))
"""Capabilities for which loops are compiled; toolkits from CUDA 13 on have left the first."""


def supported() -> tuple[tuple[int, int], ...]:
    """Those of `TARGETS` that the toolkit here compiles for."""
    from numba.cuda.cudadrv.nvrtc import get_supported_ccs

    return tuple(target for target in TARGETS if target in get_supported_ccs())


def compiled(monkeypatch: Any, loop: Any, signature: tuple) -> dict[tuple[int, int], str]:
    """PTX of a loop for all supported capabilities, from one and the same intermediate code of Numba."""
    import numba.cuda.dispatcher
    from numba import cuda
    from numba.cuda.codegen import CUDACodeLibrary

    targets, found = supported(), {}
    assert {(8, 0), (9, 0)} <= set(targets)
    # A kernel that calls compiled functions asks the current device for its capability.
    device = types.SimpleNamespace(compute_capability=targets[0], id=0)
    monkeypatch.setattr(numba.cuda.dispatcher, "get_current_device", lambda: device)
    one = CUDACodeLibrary.get_asm_strs

    def each(library: Any, cc: Any = None) -> list[str]:
        for target in targets:
            (found[target],) = one(library, target)
        return [found[targets[0]]]

    monkeypatch.setattr(CUDACodeLibrary, "get_asm_strs", each)
    cuda.compile_ptx(loop, signature, cc=targets[0])
    for (major, minor), code in found.items():
        assert f".target sm_{major}{minor}" in code
    return found
