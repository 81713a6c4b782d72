"""Programming by rounds of read, verify and write with the pulses of the device."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.programming.delivery import deliver
from memsim.arrays.site import Site
from memsim.learning import Encoding
from memsim.learning.rules.write import Write


def program_by_pulses(
    bank: Bank,
    site: Site,
    limits: tuple[float, float],
    targets: np.ndarray,
    *,
    cycles: int,
    encoding: Encoding,
    first_step: int,
    falls: bool,
    tally: Any = None,
) -> np.ndarray:
    """Give rounds of pulses line by line and return their counts, (array, line, 2).

    Each cell of a line is read before each round. Reads of rounds after the first count with the states after the last
    round, unless rounds are given one by one.

    Parameters
    ----------
    targets : (array, row, line)
        Wished states. A cell that is seen there already is left alone, even beyond the limits.
    cycles : int
        Rounds; their steps count from `first_step`.
    encoding : Encoding
        How pulses deliver a change.
    falls : bool
        Whether a one-sided device gets reset pulses too.
    tally : (4, array, line, row), optional
        See `deliver`.
    """
    arrays, rows, lines = targets.shape
    rule, counts = Write(), site.backend.xp.zeros((arrays, lines, 2), np.int64)
    rounds = [(first_step, cycles)] if not bank.watched else [(first_step + step, 1) for step in range(cycles)]
    left = targets.swapaxes(1, 2) == bank.read_states[:, :, :rows]
    aims = np.clip(targets, *limits).swapaxes(1, 2)
    for line in range(lines):
        selected = site.backend.xp.zeros((arrays, 1, lines), bank.state.dtype)
        selected[:, :, line] = 1
        own = slice(line, line + 1)
        for step, count in rounds:
            if bank.counter is not None:
                bank.counter.line_read(bank, own, 1)
            # Rows that only fill up the tiles are asked to stay. The rule compares with the state that pulses act on,
            # the verify step with what is seen: the target moves by what lies between.
            x = bank.state[:, None, line].copy()
            target = aims[:, line]
            if bank.watched:
                target = target + (bank.state - bank.read_states)[:, line, :rows]
            np.copyto(x[:, 0, :rows], target, where=~left[:, line])
            before = bank.before(own)
            # All lines share their steps: the line is in the address anyhow, and no address depends on the width.
            how = {"steps": count, "encoding": encoding, "first_step": step, "falls": falls}
            counts += deliver(bank, site, limits, rule, x, selected, tally=tally, once=not bank.watched, **how)  # type: ignore[arg-type]
            bank.after(before, step, own)
            if bank.counter is not None and count > 1:
                bank.counter.line_read(bank, own, count - 1)
    return counts
