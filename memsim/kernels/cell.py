"""The programming of one cell in one step, clipped at limits and window; CPU and CUDA loops both call it.

The function is put together from scalar functions. Exact writes clip in the same order (`memsim.arrays.bank`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy import int32, uint32

from memsim.cells.model import CellModel
from memsim.kernels.compile import inline
from memsim.noise.cycle import VARIATES
from memsim.noise.normal import normal_pair, uniform
from memsim.philox import Stream, in_stream, key_words, philox, shake_words

_SHAKE = int(Stream.SHAKE)


class Charges(NamedTuple):
    """What the energy of a pulse in a cell follows from.

    A pulse at V for t spends V^2 t (G_before + G_after)/2 in its cell; `set` and `reset` are V^2 t (G_max - G_min).
    """

    set: float  # [J]
    reset: float
    offset: float  # conductance at state 0, of the window


class Beside(NamedTuple):
    """What the conductances of the other cells of a tile, and of those on the lines of a cell, follow from.

    In units of the window.

    Attributes
    ----------
    row_sums : (array, line tile, row)
        Sums over the lines of a tile, less twice the conductance at state 0.
    line_sums : (array, line, row tile)
        Sums over the rows of a tile.
    tile_sums : (array, line tile, row tile)
        Sums over all cells of a tile, less the conductance at state 0.
    line_tiles, row_tiles : (line,), (row,)
        Tile of each line and of each row.
    state : (array, line, row)
        States of the cells in these sums.
    """

    row_sums: Any
    line_sums: Any
    tile_sums: Any
    line_tiles: Any
    row_tiles: Any
    state: Any


@dataclass(frozen=True)
class UpdateSpec:
    """What is compiled into an update loop; equal specs share one kernel.

    Attributes
    ----------
    model : CellModel
        The conductance-update model.
    change, idle : numba dispatcher
        The learning rule's scalar functions (see `memsim.learning.rules.rule`).
    encode : numba dispatcher
        The encoding's scalar function (see `memsim.learning.encoding`).
    draws : bool
        Whether the encoding needs a uniform number a cell and step.
    single : bool
        Whether the encoding gives a cell at most one pulse a step.
    noise : numba dispatcher or None
        Cycle-to-cycle noise of the pulses, if any: the model's own, or one of `memsim.noise.cycle`.
    confined : bool
        Whether the cell window limits the state, besides the compliance limits.
    one_sided : bool
        Whether wishes for a fall are ignored.
    varying : tuple of str
        Model parameters that differ from cell to cell, in the order of the per-cell arrays.
    faulty : bool
        Whether some cells are stuck: those whose own window is a point.
    even : bool
        Whether the noise takes a uniform number in place of a normal one.
    own_step : bool
        Whether sigma of the noise is relative to the cell's step in the pulses' direction.
    marked : bool
        Whether the kernel marks the cells that get a pulse.
    counted : bool
        Whether the kernel counts the pulses of each cell.
    tallied : bool
        Whether the kernel adds up the pulses of each cell and the states between which they lie.
    charged : bool
        Whether the kernel adds up the energy of pulses, see `Charges`.
    alike : bool
        Whether a set and a reset pulse have the same charge.
    shaken : tuple of ((int, int), str)
        Parameters that vary from pulse to pulse: where the draws of each lie (`memsim.profiles.slots.Slot`: number and
        word of the key), and its distribution.
    """

    model: CellModel
    change: Any
    idle: Any
    encode: Any
    draws: bool
    single: bool
    noise: Any
    confined: bool
    one_sided: bool = False
    varying: tuple[str, ...] = ()
    faulty: bool = False
    even: bool = False
    own_step: bool = False
    marked: bool = False
    counted: bool = False
    tallied: bool = False
    charged: bool = False
    alike: bool = False
    shaken: tuple[tuple[tuple[int, int], str], ...] = ()

    @property
    def chance(self) -> str | None:
        """Kind of number that a cell draws for its pulses, "normal" or "uniform"; None for none."""
        if self.model.draws == "uniform":
            return "uniform"
        if self.noise is None:
            return None
        return "uniform" if self.even else "normal"


def program_function(spec: UpdateSpec) -> Any:
    """Scalar function (state, dw*, u, draw, deviations, settings, p) -> (new state, pulses), pulses signed.

    `u` decides the pulse count; the rest is as for `pulse_function`.
    """
    pulse, encode, one_sided = pulse_function(spec), spec.encode, spec.one_sided

    def program(state, wished, u, draw, deviations, settings, p):
        if one_sided:
            wished = max(wished, type(wished)(0.0))
        pulses, size = encode(wished, u, settings)
        return pulse(state, pulses, size, draw, deviations, settings, p), pulses

    return inline(program)


def pulse_function(spec: UpdateSpec) -> Any:
    """Scalar function (state, pulses, size, draw, deviations, settings, p) -> new state; pulses are signed.

    `size` is that of a pulse, in nominal ones. `draw` is what the pulses do (see `UpdateSpec.chance`), and `deviations`
    is what `deviation_function` gives.
    """
    move, noise, confined = _mover(spec), _noise(spec), spec.confined
    noisy, faulty = spec.noise is not None, spec.faulty

    shake, shaky = _shaker(spec), bool(spec.shaken)

    def pulse(state, pulses, size, draw, deviations, settings, p):
        stuck = not p.low < p.high
        here = p.low
        if shaky:
            p = shake(p, deviations, pulses, settings.shifts)
        moved = move(state, pulses, size, draw, p)
        new = state + moved
        if noisy:
            new = new + noise(pulses, moved, draw, state, p)
        # The limits first: a cell whose window lies beyond a limit then ends at the nearer end of its window.
        new = min(max(new, settings.lower), settings.upper)
        if confined and shaky:  # deviations may exchange the ends, or take them below 0 S
            new = max(min(max(new, min(p.low, p.high)), max(p.low, p.high)), type(state)(settings.floor))
        elif confined:
            new = min(max(new, p.low), p.high)
        if faulty:  # the step of a window that is a point may be no number
            new = here if stuck else new
        return new

    return inline(pulse)


def _noise(spec: UpdateSpec) -> Any:
    """Scalar function (pulses, moved, normal, state, p) -> random change: the model's own, or that of the array."""
    added, size = spec.noise, spec.model.size
    if added is not None and added is spec.model.noise:
        return added

    def of_cell(pulses, moved, normal, state, p):
        return added(pulses, moved, normal, state, p.c2c * size(pulses, p))

    def of_array(pulses, moved, normal, state, p):
        return added(pulses, moved, normal, state, p.c2c)

    return inline(of_cell if spec.own_step else of_array)


def _mover(spec: UpdateSpec) -> Any:
    """Scalar function (state, pulses, size, draw, p) -> mean change: in closed form, or else pulse by pulse."""
    step, change, sized = spec.model.step, spec.model.change, spec.model.sized

    def drawn(state, pulses, size, draw, p):
        return change(state, pulses, draw, p) * size

    def landed(state, pulses, size, draw, p):
        return sized(state, pulses, size, p)

    def closed(state, pulses, size, draw, p):
        return change(state, pulses, p) * size

    def once(state, pulses, size, draw, p):
        return step(state, pulses, p) * size

    def one_by_one(state, pulses, size, draw, p):
        real = type(state)
        direction = real(1.0) if pulses > real(0.0) else real(-1.0)
        here = state
        for _ in range(int32(abs(pulses))):
            here = here + step(here, direction, p)
        return (here - state) * size

    if spec.model.draws == "uniform":
        return inline(drawn)
    if sized is not None:
        return inline(landed)
    if step is not None and spec.single:
        return inline(once)
    return inline(closed if change is not None else one_by_one)


def deviation_function(spec: UpdateSpec) -> Any:
    """Scalar function (row, c1, c2, c3, k0, k1, shifts) -> deviations of the shaken parameters of one cell, a tuple.

    Counter words c0 and c1 are the `shake_words` of the cell.
    """

    def one(number: int) -> Any:
        (slot, word), distribution = spec.shaken[number]
        variate, even = VARIATES[distribution], distribution == "uniform"
        own_k0, own_k1 = key_words(word)

        def deviation(row, c1, c2, c3, k0, k1, shifts):
            width = shifts[number][0]
            c0, own_c1 = shake_words(row, c1, slot)
            w0, w1, _, _ = philox(c0, own_c1, c2, in_stream(c3, _SHAKE), uint32(k0 ^ own_k0), uint32(k1 ^ own_k1))
            z, _ = normal_pair(w0, w1)
            return variate(uniform(w0) if even else z, width)

        return inline(deviation)

    def collect(first: int) -> Any:
        if first == len(spec.shaken):

            def nothing(row, c1, c2, c3, k0, k1, shifts):
                return ()

            return inline(nothing)
        own, rest = one(first), collect(first + 1)

        def both(row, c1, c2, c3, k0, k1, shifts):
            return (own(row, c1, c2, c3, k0, k1, shifts), *rest(row, c1, c2, c3, k0, k1, shifts))

        return inline(both)

    return collect(0)


def _shaker(spec: UpdateSpec) -> Any:
    """Scalar function (p, deviations, pulses, shifts) -> the parameters that hold for these pulses on average."""
    parameters: Any = spec.model.parameters
    moved = [
        " + ".join(
            [f"p[{place}]", *(f"shifts[{n}][{place + 1}] * deviations[{n}] / root" for n in range(len(spec.shaken)))]
        )
        for place in range(len(parameters._fields))
    ]
    values = _constructor("p, deviations, root, shifts", parameters, moved)

    def shake(p, deviations, pulses, shifts):
        root = type(pulses)(math.sqrt(max(abs(pulses), type(pulses)(1.0))))
        return values(p, deviations, root, shifts)

    return inline(shake)


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
    parameters: Any = spec.model.parameters
    values = [
        f"varying[{spec.varying.index(field)}, array, column, row]" if field in spec.varying else f"common[{place}]"
        for place, field in enumerate(parameters._fields)
    ]
    return _constructor("common, varying, array, column, row", parameters, values, jit)


def _constructor(arguments: str, parameters: Any, values: list[str], jit: Any = inline) -> Any:
    """Function of these arguments that returns `parameters` with one expression for each field.

    Written as text, because Numba compiles one function of all fields in a tenth of the time of one for each.
    """
    scope = {"parameters": parameters, "__name__": __name__}
    exec(f"def construct({arguments}):\n    return parameters({', '.join(values)})", scope)
    return jit(scope["construct"])
