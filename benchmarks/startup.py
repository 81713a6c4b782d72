"""Whole-process times of the command line, as ratios to bare imports: ``python benchmarks/startup.py [RUNS]``."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORTS = "import numba, xarray, netCDF4, matplotlib.pyplot"


def seconds(command: list[str], folder: str, **environment: str) -> float:
    """Wall time of one process [s]."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    memsim = str(Path(sys.executable).with_name("memsim"))
    run = [memsim, "run", "physical-01", "--force", "-o", "physical-01.nc"]
    bare = [sys.executable, "-c", IMPORTS]
    with tempfile.TemporaryDirectory() as folder:
        first = seconds(run, folder, NUMBA_CACHE_DIR=str(Path(folder) / "empty"))
        seconds(run, folder)
        seconds(bare, folder)
        pairs = [(seconds(run, folder), seconds(bare, folder)) for _ in range(runs)]
        helps = [seconds([memsim, "--help"], folder) for _ in range(runs)]
    ratios = [warm / imports for warm, imports in pairs]
    print(f"{platform.machine()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}; medians of {runs}")
    print(f"bare imports                 {statistics.median(b for _, b in pairs):6.2f} s")
    print(f"warm run                     {statistics.median(w for w, _ in pairs):6.2f} s")
    print(f"warm run / bare imports      {statistics.median(ratios):6.2f}   (target: under 2.2)")
    print(f"first run, kernels compiled  {first:6.2f} s (target: under 15)")
    print(f"memsim --help                {statistics.median(helps):6.2f} s (target: under 0.3)")


if __name__ == "__main__":
    main()
