"""The programming of one cell in one step, put together from scalar functions; CPU and CUDA loops both call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numba import njit

from memsim.cells.model import CellModel


@dataclass(frozen=True)
class UpdateSpec:
    """What is compiled into an update loop; equal specs share one kernel.

    Attributes
    ----------
    model : CellModel
        The conductance-update model.
    change, idle : numba dispatcher
        The learning rule's scalar functions (see `memsim.learning.rule`).
    encode : numba dispatcher
        The encoding's scalar function (see `memsim.learning.encoding`).
    draws : bool
        Whether the encoding needs a uniform number a cell and step.
    noise : numba dispatcher or None
        Cycle-to-cycle noise of the pulses, if any (see `memsim.noise.cycle`).
    confined : bool
        Whether the cell's own window bounds its state besides the experiment's bounds.
    varying : tuple of str
        Model parameters that differ from cell to cell, in the order of the per-cell arrays.
    """

    model: CellModel
    change: Any
    idle: Any
    encode: Any
    draws: bool
    noise: Any
    confined: bool
    varying: tuple[str, ...] = ()


def inline(function: Any) -> Any:
    """The function compiled for inlining into a kernel."""
    return njit(forceinline=True, error_model="numpy")(function)


@inline
def _silent(pulses, moved, normal, sigma):
    return moved


def program_function(spec: UpdateSpec) -> Any:
    """Scalar function (state, dw*, u, normal, settings, p) -> (new state, pulses), pulses signed."""
    change, encode, noise, confined = spec.model.change, spec.encode, spec.noise or _silent, spec.confined
    noisy = spec.noise is not None

    def program(state, wished, u, normal, settings, p):
        pulses, size = encode(wished, u, settings)
        moved = change(state, pulses, p) * size
        new = state + moved
        if noisy:
            new = new + noise(pulses, moved, normal, p.c2c)
        if confined:
            new = min(max(new, p.low), p.high)
        return min(max(new, settings.lower), settings.upper), pulses

    return inline(program)


def gather_function(spec: UpdateSpec, jit: Any = inline) -> Any:
    """Function (common, varying, array, column, row) -> the model's parameters of one cell.

    `varying` has the dimensions (parameter, array, column, row). `jit` is the identity for the CUDA simulator, which
    refuses compiled callees that take arrays.
    """
    if not spec.varying:

        @jit
        def common_only(common, varying, array, column, row):
            return common

        return common_only
    fields = spec.model.parameters._fields  # type: ignore[attr-defined]

    def pick(field: str) -> Any:
        if field in spec.varying:
            slot = spec.varying.index(field)

            def own(common, varying, array, column, row):
                return varying[slot, array, column, row]

            return jit(own)
        place = fields.index(field)

        def shared(common, varying, array, column, row):
            return common[place]

        return jit(shared)

    return spec.model.gather(pick, jit)
