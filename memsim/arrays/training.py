"""Training in place: samples shown one after the other, with reads in between for rules that look at the outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays import checks
from memsim.arrays.bank import Bank
from memsim.arrays.outputs import outputs
from memsim.arrays.programming.delivery import deliver
from memsim.arrays.state import ArrayState
from memsim.arrays.waiting import equivalent_time, let_pass, warn_of_retention
from memsim.errors import InputError
from memsim.learning import Encoding, LocalRule
from memsim.philox import COUNTER


def train(
    array: ArrayState,
    rule: LocalRule,
    inputs: Any,
    targets: Any,
    *,
    steps: int,
    encoding: Encoding | str | None,
    batch: int,
    active: Any,
    period: float,
) -> None:
    """Train arrays, or the plan of a device that is only programmed; see `Crossbar.train`."""
    arrays, _, cols = array.shape
    if not isinstance(encoding, Encoding):
        encoding = Encoding(encoding or array.device.spec.encoding)
    steps, batch = checks.whole("steps", steps, 0), checks.whole("batch", batch, 1)
    period = checks.duration("period", period)
    x = array.signal("inputs", inputs, "row", array.shape[1]).values
    t = array.signal("targets", targets, "col", cols).values
    if x.shape[1] != t.shape[1]:
        raise InputError(f"targets: {t.shape[1]} samples, but inputs have {x.shape[1]}")
    samples = x.shape[1]
    if array.steps + steps * samples >= COUNTER:
        raise InputError(f"steps: {steps} times {samples} samples exceed the 2^32 steps that an array can address")
    backend, dtype = array.site.backend, array.dtype
    x, t = (
        part if len(part) == arrays else backend.contiguous(np.broadcast_to(part, (arrays, *part.shape[1:])))
        for part in (x, t)
    )
    trained = np.ones(arrays, bool) if active is None else array.axes.flags("active", active)
    taught = backend.asarray(trained.astype(dtype)[:, None, None])
    bank = array.cells.lines
    array.request = None
    if array.plan is not None:
        bank, array.programmed = array.plan.lines, False
    if period > 0:
        equivalent_time(array, period)
        warn_of_retention(array, stacklevel=4)
    with array.during("training"):
        _train(array, bank, rule, x, t, taught, steps, encoding, batch, period)
    bank.wear_out()


def _train(
    array: ArrayState,
    bank: Bank,
    rule: LocalRule,
    x: Any,
    t: Any,
    taught: Any,
    steps: int,
    encoding: Encoding,
    batch: int,
    period: float,
) -> None:
    """Show inputs (array, sample, row) with targets (array, sample, col), to arrays where `taught` is 1."""
    if not (rule.reads or period > 0 or bank.stepwise):
        _show(array, bank, rule, x, t * taught, steps, encoding, once=True)
        return
    samples, backend = x.shape[1], array.site.backend
    size = batch if rule.reads else 1
    for _ in range(steps):
        for first in range(0, samples, size):
            part = slice(first, min(first + size, samples))
            shown = backend.contiguous(x[:, part])
            post = t[:, part] * taught
            if rule.reads:
                post = (rule.post(outputs(array, shown), t[:, part]) * taught).astype(array.dtype, copy=False)
            for one in range(shown.shape[1]) if bank.stepwise else (slice(None),):
                at = slice(one, one + 1) if isinstance(one, int) else one
                _show(array, bank, rule, backend.contiguous(shown[:, at]), post[:, at], 1, encoding)
            if period > 0:
                seconds = period * shown.shape[1] / samples
                let_pass(array, seconds, seconds)


def _show(
    array: ArrayState,
    bank: Bank,
    rule: LocalRule,
    x: Any,
    post: Any,
    steps: int,
    encoding: Encoding,
    once: bool = False,
) -> None:
    """Show padded inputs with signals for the outputs `steps` times; second lines of pairs get the opposite.

    `once` says whether nothing else is shown in this training.
    """
    if array.column == "pair":
        post = np.concatenate([post, -post], axis=2)
    before = bank.before()
    how: dict[str, Any] = {"steps": steps, "encoding": encoding, "first_step": array.steps, "once": once}
    counts = deliver(bank, array.site, array.limits, rule, x, post, **how)
    if array.plan is None:
        array.pulses += counts
    array.steps += steps * x.shape[1]
    bank.after(before, array.steps - 1)
