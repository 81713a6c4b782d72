"""Times of the first run after installation and of `memsim --help`: ``python benchmarks/startup.py [RUNS]``.

`memsim bench run` measures warm runs beside the bare imports.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from memsim.bench.machine import load, processor
from memsim.bench.timing import seconds
from memsim.kernels.compile import threads


def process(command: list[str], folder: str, **environment: str) -> float:
    """Wall time of one process [s]."""
    options = {"cwd": folder, "env": {**os.environ, **environment}, "check": True, "capture_output": True}
    return seconds(lambda: subprocess.run(command, **options))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    memsim = str(Path(sys.executable).with_name("memsim"))
    run = [memsim, "run", "physical-01", "--force", "-o", "physical-01.nc"]
    with tempfile.TemporaryDirectory() as folder:
        first = process(run, folder, NUMBA_CACHE_DIR=str(Path(folder) / "empty"))
        helps = [process([memsim, "--help"], folder) for _ in range(runs)]
    print(f"{processor()}, {threads()} threads, load {load()} now, {time.strftime('%Y-%m-%d')}; median of {runs}")
    print(f"first run, kernels compiled  {first:6.2f} s (target: under 15)")
    print(f"memsim --help                {statistics.median(helps):6.2f} s (target: under 0.3)")


if __name__ == "__main__":
    main()
