"""Pulses for the cells of an array: what a rule asks for, as an encoding delivers it."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.site import Site
from memsim.errors import InputError
from memsim.kernels.cell import Beside, UpdateSpec
from memsim.learning import Encoding, Hebbian, LocalRule, Settings
from memsim.learning.encoding import coincidences, silent
from memsim.noise.cycle import cycle_to_cycle
from memsim.philox import Stream
from memsim.profiles.nominal import IDEAL_UPDATE


def deliver(
    bank: Bank,
    site: Site,
    limits: tuple[float, float],
    rule: LocalRule,
    x: np.ndarray,
    post: np.ndarray,
    *,
    steps: int,
    encoding: Encoding,
    first_step: int,
    falls: bool = False,
    tally: Any = None,
    once: bool = False,
) -> np.ndarray:
    """Give the pulses that a rule asks for and return their number, (array, line, 2), int64: set and reset.

    Parameters
    ----------
    bank, site, limits : Bank, Site, (float, float)
        The cells with their states, which are changed in place; their address; the compliance limits of w.
    rule : LocalRule
        Whose wishes are delivered.
    x, post : ndarray
        Padded inputs (array, sample, row) and signals (array, sample, line).
    steps : int
        How often the samples are shown.
    encoding : Encoding
        How pulses deliver a change.
    first_step : int
        Address of the first sample of the first step.
    falls : bool
        Whether a one-sided device gets reset pulses too.
    tally : (4, array, line, row) of float64, optional
        To which the pulses of each cell are added, see `memsim.kernels.update.update_kernel`.
    once : bool
        Whether these are the only pulses of their cells in a training or programming.

    Raises
    ------
    InputError
        If the encoding cannot deliver what the rule asks for, or the cells cannot take it.
    """
    trains, model = encoding.name == "stochastic", bank.cells.model
    if trains and rule.change is not Hebbian.change:
        raise InputError(
            f"encoding: 'stochastic' delivers rate x input x signal, which rule '{rule.name}' does not ask for; "
            "use 'counted'"
        )
    if model.draws == "uniform" and encoding.name == "exact":
        raise InputError(f"encoding: a cell with two states ('{model.name}') takes whole pulses, not 'exact' ones")
    spec = update_spec(
        bank,
        change=coincidences if trains else rule.change,
        idle=silent if trains else rule.idle,
        encoding=encoding,
        one_sided=(bank.spec.update or IDEAL_UPDATE).one_sided and not falls,
        counted=bank.wear.pulses is not None,
        tallied=tally is not None,
        charged=bank.counter is not None,
    )
    counter, energy = bank.counter, dict[str, Any]()
    joules = beside = None
    if counter is not None:
        joules = site.backend.xp.zeros((*bank.state.shape[:2], 3))
        energy = {"charges": counter.charges}
        beside = counter.beside(once and (steps == 1 or not trains))  # trains of each step are given apart
    settings, span = pulse_settings(bank, limits, encoding), bank.device.span

    def give(x: np.ndarray, post: np.ndarray, steps: int, first_step: int) -> np.ndarray:
        counts = site.backend.xp.zeros((*bank.state.shape[:2], 2), np.int64)
        for arrays, lines in bank.cells.blocks():
            part = post[arrays, :, lines]
            if not part.any() and spec.idle.py_func(part.dtype.type(0)):
                continue
            counts[arrays, lines] = site.backend.update(
                spec,
                bank.state[arrays, lines],
                x[arrays],
                site.backend.contiguous(part),
                rate=rule.rate,
                steps=steps,
                first_step=first_step,
                first_array=site.first_array + arrays.start,
                first_column=lines.start,
                settings=settings,
                common=bank.cells.nominal,
                varying=bank.cells.varying(arrays, lines),
                seed=site.key,
                marks=None if bank.marks is None else bank.marks[arrays, lines],
                cell_counts=None if bank.wear.pulses is None else bank.wear.pulses[arrays, lines],
                tally=None if tally is None else tally[:, arrays, lines],
                beside=None if beside is None else _part(beside, arrays, lines),
                joules=None if joules is None else joules[arrays, lines],
                **energy,
            )
        return counts

    counts: Any = 0
    if not trains:
        counts = give(x, post, steps, first_step)
        if counter is not None:
            counter.pulses(counts, joules)
        return counts
    rows, lines = encoding.chances(x, post, rule.rate, span)
    for step in range(first_step, first_step + steps * x.shape[1], x.shape[1]):
        address: dict[str, Any] = {"first_step": step, "first_array": site.first_array, "seed": site.key}
        counts = counts + give(
            site.backend.trains(rows, encoding.slots, stream=Stream.ROW_TRAIN, **address),
            site.backend.trains(lines, encoding.slots, stream=Stream.COLUMN_TRAIN, **address),
            1,
            step,
        )
    if not steps:
        return site.backend.xp.zeros((*bank.state.shape[:2], 2), np.int64)
    if counter is not None:
        counter.pulses(counts, joules)
    return counts


def _part(beside: Beside, arrays: slice, lines: slice) -> Beside:
    """Of some arrays and bit lines."""
    return Beside(
        beside.row_sums[arrays],
        beside.line_sums[arrays, lines],
        beside.tile_sums[arrays],
        beside.line_tiles[lines],
        beside.row_tiles,
        beside.state[arrays, lines],
    )


def update_spec(
    bank: Bank,
    *,
    change: Any,
    idle: Any,
    encoding: Encoding,
    one_sided: bool,
    counted: bool = False,
    tallied: bool = False,
    charged: bool = False,
) -> UpdateSpec:
    """What pulses do to the cells of a bank; see `UpdateSpec`."""
    model = bank.cells.model
    c2c = bank.spec.variability.c2c if bank.spec.variability else None
    pulsed = None
    if c2c and c2c.sigma > 0:
        pulsed = cycle_to_cycle(c2c.relative_to, c2c.distribution, encoding.single, c2c.floor, c2c.slope)
    return UpdateSpec(
        model=model,
        change=change,
        idle=idle,
        encode=encoding.function,
        draws=encoding.draws,
        single=encoding.single,
        noise=(model.noise or pulsed) if model.draws == "normal" else None,
        confined=bank.confined,
        one_sided=one_sided,
        varying=bank.cells.names,
        faulty=bank.stuck is not None,
        even=bool(c2c and c2c.distribution == "uniform"),
        own_step=bool(c2c and c2c.relative_to == "own-step"),
        marked=bank.marks is not None,
        counted=counted,
        tallied=tallied,
        charged=charged,
        alike=charged and bank.counter is not None and bank.counter.charges.set == bank.counter.charges.reset,
        shaken=bank.shaken,
    )


def pulse_settings(bank: Bank, limits: tuple[float, float], encoding: Encoding) -> Settings:
    """The numbers that kernels need for the pulses of a bank within the compliance limits of w."""
    span, falling = bank.device.span, bank.device.reset_span
    most = encoding.max_pulses or max(span, falling)
    return Settings(span, falling, most, encoding.threshold, *limits, -bank.spec.conductance.offset, bank.shifts)
