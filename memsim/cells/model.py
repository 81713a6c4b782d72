"""What every conductance-update model offers: scalar functions, a cell's parameters, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Surroundings(NamedTuple):
    """What the numbers of a model may refer to besides themselves.

    `low` and `high` are numbers, or arrays (array, column, row) where they spread over cells.
    """

    low: Any  # the cell's own window, normalised state
    high: Any
    g_min: float  # nominal window [S]
    g_max: float
    read_voltage: float  # [V]


@dataclass(frozen=True)
class CellModel:
    """A conductance-update model that CPU and CUDA loops can both run.

    The state is normalised: 0 and 1 are the nominal G_min and G_max. Functions are scalar, written so that the dtype of
    the state decides the precision, and return 0 for no pulse.

    Attributes
    ----------
    name : str
        The name used in profiles (``update.model``).
    parameters : type
        NamedTuple class of a cell's numbers `p`. Its first fields are ``low`` and ``high`` (the cell's own window, in
        the normalised state) and ``c2c`` (sigma of one pulse, of the nominal window or of its own step).
    prepare : callable
        ``prepare(values, surroundings)``: the further fields of `parameters` by name, from the numbers below ``update``
        of a profile (SI, by dotted path). Any of them may be an array over cells; a table is one-dimensional and
        becomes a tuple. ``low`` and ``high`` may be among them, to narrow a cell's window to what it can reach.
    equation, source : str
        For people: the model in one or more lines, and where it is published.
    step : numba dispatcher, optional
        ``step(state, direction, p)``: mean change by one pulse of a direction, 1 for set and -1 for reset.
    change : numba dispatcher, optional
        ``change(state, pulses, p)``: mean change by `pulses` identical pulses, signed, in closed form. One of the two
        may be missing: one pulse is then `change` by 1, and many are `step` after `step`.
    draws : {"normal", "uniform"}
        What the model's randomness is. "uniform": pulses succeed or fail; `step` and `change` take one more argument, a
        number in (0, 1], and no other noise is added.
    noise : numba dispatcher, optional
        Cycle-to-cycle noise of the model's own, in place of those in `memsim.noise.cycle`:
        ``noise(pulses, moved, normal, state, p)``.
    size : numba dispatcher, optional
        ``size(pulses, p)``: the cell's full step in the direction of the pulses, for models that tell one.
    sized : numba dispatcher, optional
        ``sized(state, direction, size, p)``: mean change by one pulse of another size, for models in which it is not in
        proportion to the size. Several such pulses at once do what one does.
    size_to : callable, optional
        ``size_to(states, p)``: size of the set pulse that takes an erased cell to states, of the same models.
    across : callable, optional
        ``across(p)``: set pulses from x = 0 to 1 (float), for models that are not told it; NaN or infinite for never.
    rate, current : numba dispatcher, optional
        For cells told by a differential equation: ``rate(x, v, p)`` is dx/dt [1/s] and ``current(x, v, p)`` [A] at the
        voltage v [V], with x the internal variable of the equation.
    inside : numba dispatcher, optional
        ``inside(state, p)``: the internal variable x of a state.
    """

    name: str
    parameters: type
    prepare: Callable[[Mapping[str, Any], Surroundings], dict[str, Any]]
    equation: str
    source: str
    step: Any = None
    change: Any = None
    draws: str = "normal"
    noise: Any = None
    size: Any = None
    sized: Any = None
    size_to: Callable[[Any, Any], Any] | None = None
    across: Callable[[Any], float] | None = None
    rate: Any = None
    current: Any = None
    inside: Any = None
