"""Whole processes that run an experiment beside the bare import of the libraries that they need."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from memsim.bench.case import Case, Report
from memsim.bench.options import Options
from memsim.bench.timing import Work, in_turns
from memsim.errors import MemsimError
from memsim.experiments.loading import load_experiment
from memsim.stopping import one_step, undone_if_stopped

IMPORTS = "import numba, xarray, netCDF4, matplotlib.pyplot"


def runs(options: Options, report: Report) -> Iterator[Case]:
    """Warm runs with their figure: the first of each fills the cache of kernels and is not counted.

    Raises
    ------
    MemsimError
        If there is no such experiment, or it does not run.
    """
    names = tuple(dict.fromkeys(options.experiments))
    for name in names:
        load_experiment(name)
    for name in names:
        report(f"run: {name}")
        with tempfile.TemporaryDirectory() as folder, undone_if_stopped(lambda: shutil.rmtree(folder)):
            command = ["-m", "memsim", "run", name, "--backend", options.backend, "--force", "-q", "-o"]
            works = _process([*command, f"{folder}/result.nc"]), _process(["-c", IMPORTS])
            seconds, imports = in_turns(works, options.repeats)
        yield Case("run", name, 0, 0, seconds, imports, "imports", 1, "runs")


def _process(arguments: list[str]) -> Work:
    """A process of this interpreter, in this folder, so that it finds the same memsim and the same files."""

    def work() -> None:
        with _started([sys.executable, *arguments]) as process:
            _, errors = process.communicate()
        if process.returncode:
            last = (errors.strip().splitlines() or ["no message"])[-1].removeprefix("Error: ")
            raise MemsimError(f"bench: a process failed ({last})")

    return work


@contextlib.contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with this one, also where a signal stops this one."""
    with contextlib.ExitStack() as stack:
        with one_step():
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True))
            stack.enter_context(undone_if_stopped(lambda: _kill(process)))
        try:
            yield process
        except BaseException:
            _kill(process)
            raise


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process, and wait until it has, so that it writes nothing afterwards."""
    process.kill()
    process.wait()
