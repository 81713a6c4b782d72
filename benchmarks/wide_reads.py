"""How much reads of more than 16 columns move with BLAS threads and batch sizes: ``python benchmarks/wide_reads.py``.

Their sums go through BLAS, whose order changes with threads and shapes. The promise is 1e-5 of sum |V| |G|.
"""

from __future__ import annotations

import os
import subprocess
import sys

BOUND = 1e-5
SIZES = ((256, 64), (1024, 256), (4096, 1024))
SCRIPT = """
import sys
import numpy as np
import memsim as ms
rows, columns, batch = map(int, sys.argv[1:])
crossbar = ms.Crossbar("agsi-jo2010", rows, columns, initial=(0.0, 1.0))
x = np.random.default_rng(0).random((32, rows)).astype(np.float32)
parts = [crossbar.read(x[i : i + batch], first_sample=i, index=0) for i in range(0, 32, batch)]
scale = (0.5 * x.astype(float)) @ crossbar.conductance.astype(float)
np.save(sys.stdout.buffer, np.stack([np.concatenate(parts).astype(float), scale]))
"""


def outputs(threads: int, *arguments: int):
    """Currents and sum |V| |G| from a process with that many BLAS threads, (2, sample, column)."""
    import io

    import numpy as np

    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
    run = subprocess.run(command, env=environment, check=True, capture_output=True)
    return np.load(io.BytesIO(run.stdout))


def main() -> None:
    print("array          variant                 largest difference / sum |V| |G|   (promised: 1e-5)")
    for rows, columns in SIZES:
        base, scale = outputs(1, rows, columns, 32)
        for threads, batch in ((2, 32), (1, 1), (1, 5), (2, 7)):
            other, _ = outputs(threads, rows, columns, batch)
            worst = float((abs(other - base) / scale).max())
            verdict = "" if worst <= BOUND else "   BROKEN"
            print(f"{rows:5d} x {columns:<6d} {threads} threads, batches of {batch:<4d} {worst:.1e}{verdict}")


if __name__ == "__main__":
    main()
