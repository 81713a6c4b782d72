"""Addressed normal numbers beside a copy of as many and NumPy's generator."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from memsim.bench import ceilings, counts
from memsim.bench.case import Case, Peer, Report
from memsim.bench.options import Options
from memsim.bench.peers import NUMPY
from memsim.bench.timing import finished, in_turns
from memsim.philox import Stream


def normals(options: Options, report: Report) -> Iterator[Case]:
    """Fields of square arrays."""
    where = options.where
    for size in options.sizes_of("normals"):
        report(f"normals: {size}^2")
        generator = np.random.default_rng(0)
        works = (
            finished(partial(where.fill, "normal", (1, size, size), seed=0, stream=Stream.CORRUPTION), where),
            ceilings.copy(size**2, where),
            lambda size=size, generator=generator: generator.standard_normal((size, size), np.float32),
        )
        seconds, copied, other = in_turns(works, options.repeats)
        peers = {NUMPY: Peer(float(np.median(other)))}
        cost = counts.normals(size**2)
        yield Case("normals", "float32", size, 0, seconds, copied, "copy", size**2, "numbers", cost, peers)
