"""Training of the study's arrays, thirty steps over fifty of 4096 x 2: ``python benchmarks/study_arrays.py``.

`memsim bench` measures steps of square arrays; these are narrow, many and trained in one call.
"""

from __future__ import annotations

import time

import numpy as np

import memsim as ms
from memsim.bench.machine import load, processor
from memsim.bench.timing import in_turns
from memsim.kernels.compile import threads

REPEATS = 7


def main() -> None:
    print(
        f"{processor()}, {threads()} threads, load {load()} before, {time.strftime('%Y-%m-%d')}; medians of {REPEATS}"
    )
    x = np.random.default_rng(0).random((50, 1, 4096)).astype(np.float32)
    for device in ("ideal", "taox-hfox-wu2018", "agsi-jo2010"):
        crossbar = ms.Crossbar(device, 4096, 2, arrays=50)
        step = lambda crossbar=crossbar: crossbar.train(ms.Hebbian(0.01), x, [1.0, 0.0], steps=30)  # noqa: E731
        spent = float(np.median(in_turns((step,), REPEATS)))
        print(f"  {device:18s} {spent * 1e3:8.1f} ms   {30 * 50 * 4096 / spent:.2e} trained cells/s")


if __name__ == "__main__":
    main()
