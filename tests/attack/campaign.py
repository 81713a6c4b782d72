"""Many inputs, loaded one after another by a server: what failed, how long it took, and how to repeat it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .inputs import Inputs
from .server import LONGEST, allowed_time

WAIT = 400.0
"""Time after which a load has hung [s]; its processor time is bounded by the server."""
SOUND = -1
"""Seed of a sound input."""
_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Summary:
    """What the inputs of one kind did.

    Attributes
    ----------
    outcomes : Counter
        How many were loaded, refused and failed.
    slowest, largest : tuple
        Most processor time [s] and memory [byte], with the seed.
    failures : dict of int to list of str
        What was wrong, by seed.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, -1)
    largest: tuple[int, int] = (0, -1)
    failures: dict[int, list[str]] = field(default_factory=dict)

    def add(self, seed: int, answer: dict[str, Any]) -> None:
        """Count the outcome of one input."""
        outcome = "failed" if answer["problems"] else "loaded" if answer["loaded"] else "refused"
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, (answer["cpu"], seed))
        self.largest = max(self.largest, (answer["memory"], seed))
        if answer["problems"]:
            self.failures[seed] = answer["problems"]

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {self.outcomes[name]}" for name in ("loaded", "refused", "failed"))
        (seconds, slow), (size, large) = self.slowest, self.largest
        return f"{counts}; slowest {seconds:.2f} s (seed {slow}), largest {size / 2**20:.0f} MiB (seed {large})"


class Server:
    """The process that loads inputs; started again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.warm: set[str] = set()
        """Kinds of which the process has loaded an input."""

    def load(self, kind: str, path: Path) -> dict[str, Any]:
        """What a load did, see `server`."""
        process = self._process or self._start()
        assert process.stdin is not None
        process.stdin.write(json.dumps({"kind": kind, "path": str(path)}) + "\n")
        process.stdin.flush()
        answer = self._answer(process, WAIT)
        if answer:
            self.warm.add(kind)
            return answer
        if answer is None:
            problem = f"no answer in {WAIT:.0f} s"
        else:
            problem = _ending(process.wait(WAIT))
        self.stop()
        return {"problems": [problem], "loaded": False, "messages": [], "cpu": 0.0, "memory": 0}

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]
            self._process = None
            self.warm.clear()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.attack.server"]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "-1"}
        self._process = subprocess.Popen(
            command, cwd=_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if not self._answer(self._process, 10 * WAIT):
            raise RuntimeError(f"the server did not start: {' '.join(command)}")
        return self._process

    @staticmethod
    def _answer(process: subprocess.Popen[str], seconds: float) -> dict[str, Any] | None:
        """The next line of the process; empty if it ended, None if it took too long."""
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], seconds)[0]:
            return None
        line = process.stdout.readline()
        return json.loads(line) if line else {}


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server that is ended in the end."""
    server = Server()
    try:
        yield server
    finally:
        server.stop()


def attack(
    kind: str,
    seeds: Iterable[int],
    inputs: Inputs,
    server: Server,
    folder: Path,
    kept: Path,
) -> Summary:
    """Load the input of every seed.

    Parameters
    ----------
    kind : str
        One of `inputs.KINDS`.
    seeds : iterable of int
        One for each input.
    inputs : Inputs
        Sound ones.
    server : Server
        What loads them.
    folder : Path
        Where inputs are written.
    kept : Path
        Where those that failed are kept.
    """
    summary = Summary()
    for seed in seeds:
        if kind not in server.warm:  # what is imported and compiled once is no matter of an input
            with _case(kind, SOUND, inputs, folder) as path:
                server.load(kind, path)
        with _case(kind, seed, inputs, folder) as path:
            before = _files(path.parent)
            answer = server.load(kind, path)
            if answer["cpu"] >= allowed_time(kind):  # kernels that were compiled are not compiled again
                answer = server.load(kind, path)
            if _files(path.parent) != before:
                answer["problems"].append("changed files in the folder of the input")
            summary.add(seed, answer)
            if answer["problems"]:
                shutil.copytree(
                    path.parent, kept / f"{kind}-{seed}", symlinks=True, ignore=_unreadable, dirs_exist_ok=True
                )
    return summary


@contextlib.contextmanager
def _case(kind: str, seed: int, inputs: Inputs, folder: Path) -> Iterator[Path]:
    """The input of a seed in a folder of its own, whose folder is empty else."""
    with tempfile.TemporaryDirectory(prefix=f"{kind}-", dir=folder) as name:
        place = Path(name) / "case"
        place.mkdir()
        yield inputs.write(kind, seed, place)


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of all files below a folder."""
    states = {str(file): file.lstat() for file in folder.rglob("*")}
    return {file: (state.st_size, state.st_mtime_ns) for file, state in states.items()}


def _unreadable(folder: str, names: list[str]) -> list[str]:
    """Names in a folder that cannot be copied."""
    paths = (Path(folder, name) for name in names)
    return [path.name for path in paths if not (path.is_symlink() or path.is_file() or path.is_dir())]


def _ending(code: int) -> str:
    """What ended the server."""
    if code == -signal.SIGXCPU:
        return f"more than {LONGEST:.0f} s of processor time"
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
