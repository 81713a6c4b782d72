"""Training in place: samples shown one after the other, with reads in between for rules that look at the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays import checks
from memsim.arrays.bank import Bank
from memsim.arrays.delivery import deliver
from memsim.errors import InputError
from memsim.learning import Encoding, LocalRule
from memsim.philox import COUNTER

if TYPE_CHECKING:
    from memsim.arrays.crossbar import Crossbar


def train(
    crossbar: Crossbar,
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
    """Train a crossbar, or the plan of a device that is only programmed; see `Crossbar.train`."""
    arrays, _, cols = crossbar._shape
    if not isinstance(encoding, Encoding):
        encoding = Encoding(encoding or crossbar.device.spec.encoding)
    steps, batch = checks.whole("steps", steps, 0), checks.whole("batch", batch, 1)
    period = checks.duration("period", period)
    x = crossbar._inputs(inputs, "inputs").values
    t = crossbar._signal("targets", targets, "col", cols).values
    if x.shape[1] != t.shape[1]:
        raise InputError(f"targets: {t.shape[1]} samples, but inputs have {x.shape[1]}")
    samples = x.shape[1]
    if crossbar._steps + steps * samples >= COUNTER:
        raise InputError(f"steps: {steps} times {samples} samples exceed the 2^32 steps that an array can address")
    backend, dtype = crossbar._site.backend, crossbar.dtype
    x, t = (
        part if len(part) == arrays else backend.contiguous(np.broadcast_to(part, (arrays, *part.shape[1:])))
        for part in (x, t)
    )
    trained = np.ones(arrays, bool) if active is None else crossbar._axes.flags("active", active)
    told = backend.asarray(trained.astype(dtype)[:, None, None])
    bank = crossbar._cells.lines
    if crossbar._plan is not None:
        bank, crossbar._programmed = crossbar._plan.lines, False
    if period > 0:
        crossbar._ageing(period)
        crossbar._warn_of_retention(stacklevel=4)
    if not (rule.reads or period > 0 or bank.stepwise):
        _show(crossbar, bank, rule, x, t * told, steps, encoding)
        return
    size = batch if rule.reads else 1
    for _ in range(steps):
        for first in range(0, samples, size):
            part = slice(first, min(first + size, samples))
            shown = backend.contiguous(x[:, part])
            post = t[:, part] * told
            if rule.reads:
                post = (rule.post(crossbar._output(shown), t[:, part]) * told).astype(dtype, copy=False)
            for one in range(shown.shape[1]) if bank.stepwise else (slice(None),):
                at = slice(one, one + 1) if isinstance(one, int) else one
                _show(crossbar, bank, rule, backend.contiguous(shown[:, at]), post[:, at], 1, encoding)
            if period > 0:
                seconds = period * shown.shape[1] / samples
                crossbar._pass(seconds, seconds)


def _show(crossbar: Crossbar, bank: Bank, rule: LocalRule, x: Any, post: Any, steps: int, encoding: Encoding) -> None:
    """Show padded inputs with signals for the outputs `steps` times; second lines of pairs get the opposite."""
    if crossbar.column == "pair":
        post = np.concatenate([post, -post], axis=2)
    before = bank.before()
    how: dict[str, Any] = {"steps": steps, "encoding": encoding, "first_step": crossbar._steps}
    counts = deliver(bank, crossbar._site, crossbar.limits, rule, x, post, **how)
    if crossbar._plan is None:
        crossbar._counts += counts
    crossbar._steps += steps * x.shape[1]
    bank.after(before, crossbar._steps - 1)
