"""The decision of algorithms with pulses of both directions: set while the state is too low, reset while too high."""

from __future__ import annotations

from memsim.kernels.verify_cell import ACCEPT, READ, RESET, SET, STOP, Memory
from memsim.scalars import scalar


@scalar
def decide(reading, low, high, memory, knobs):
    """Each direction starts at its own voltage, which rises by a step until the direction changes or it ends.

    A cell is accepted after `knobs.reads` reads in a row inside the window. It is stopped after `knobs.turns` changes
    of direction, or `knobs.at_end` pulses in a row at the end voltage. From the first change on, steps are multiplied
    by `knobs.refinement`; before it, set pulses have the start and step of `knobs.coarse_start` and `coarse_step`.
    """
    if low <= reading <= high:
        inside = memory.inside + 1.0
        action = ACCEPT if inside >= knobs.reads else READ
        return action, 0.0, Memory(memory.voltage, memory.direction, memory.turns, inside, memory.at_end)
    direction = 1.0 if reading < low else -1.0
    turned = memory.direction * direction < 0.0
    turns = memory.turns + (1.0 if turned else 0.0)
    start, step, end = knobs.set_start, knobs.set_step, knobs.set_end
    if direction < 0.0:
        start, step, end = knobs.reset_start, knobs.reset_step, knobs.reset_end
    elif turns == 0.0:
        start, step = knobs.coarse_start, knobs.coarse_step
    if turns > 0.0:
        step = step * knobs.refinement
    voltage = start if turned or memory.direction == 0.0 else min(memory.voltage + step, end)
    at_end = memory.at_end + 1.0 if voltage >= end and not turned else 0.0
    action = SET if direction > 0.0 else RESET
    if turns > knobs.turns or at_end > knobs.at_end:
        action = STOP
    return action, voltage, Memory(voltage, direction, turns, 0.0, at_end)
