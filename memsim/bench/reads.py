"""Noisy reads of a batch beside a float32 product of the same size."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from memsim.arrays import ADC, DAC, Crossbar
from memsim.bench import ceilings, counts
from memsim.bench.case import Case, Report
from memsim.bench.options import Options
from memsim.bench.timing import finished, in_turns
from memsim.profiles import load_device

_VARIANTS = (
    ("one sigma", "range", False),
    ("own sigma", "value", False),
    ("one sigma, 8 bits", "range", True),
    ("own sigma, 8 bits", "value", True),
)
"""What sigma is relative to, and whether there are converters."""


def reads(options: Options, report: Report) -> Iterator[Case]:
    """Reads of square arrays; where every cell has a sigma of its own, a second product gives the variance."""
    batch, where = options.batch, options.where
    for size in options.sizes_of("read"):
        x = where.asarray(np.random.default_rng(0).random((1, batch, size), np.float32))
        for variant, base, converted in _VARIANTS:
            report(f"read: {variant}, {size}^2")
            crossbar = _crossbar(size, base, converted, x, options.backend)
            work = finished(partial(crossbar.output, x), where)
            works = (work, ceilings.product(size, batch, where))
            seconds, ceiling = in_turns(works, options.repeats)
            cost = counts.read(size, batch, own=base == "value", converters=converted)
            yield Case("read", variant, size, batch, seconds, ceiling, "product", size**2 * batch, "cell reads", cost)


def _crossbar(size: int, base: str, converted: bool, x: Any, backend: str) -> Crossbar:
    noise = {"sigma": "5 %", "relative_to": base, "status": "assumed"}
    converters: dict[str, Any] = {"dac": DAC(polarity="unsigned"), "adc": ADC(signed=False)} if converted else {}
    device = load_device("ideal").replace({"read.noise": noise})
    crossbar = Crossbar(device, size, size, initial=(0.0, 1.0), backend=backend, **converters)
    return crossbar.calibrate(x[0, :8]) if converted else crossbar
