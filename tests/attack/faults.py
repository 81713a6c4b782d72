"""Loads that do what no load may do, which show that the server notices it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable

import numpy as np

from memsim.errors import InputError


def _raises(error: Exception) -> Callable[[], object]:
    def load() -> None:
        raise error

    return load


def _calculates() -> None:
    start = time.process_time()
    while time.process_time() < start + 11:
        pass


def _opens_no_cache() -> None:
    with contextlib.suppress(FileNotFoundError):
        open("/etc/numba/__pycache__/kernel").close()


class _AsItIs(InputError):
    """An error of memsim whose message is not made one bounded line."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self._message = message

    def __str__(self) -> str:
        return self._message


FAULTS: dict[str, tuple[Callable[[], object], str]] = {
    "another error": (_raises(ValueError("x")), "ValueError: x at faults.py"),
    "lines": (_raises(_AsItIs("a\x85b")), "several lines"),
    "a long message": (_raises(_AsItIs("a" * 3000)), "3000 characters"),
    "memory": (lambda: np.ones(3 << 26, np.int64)[0], "MiB of memory"),
    "too much memory": (lambda: np.ones(1 << 31, np.int64)[0], "MemoryError"),
    "time": (_calculates, "s of processor time"),
    "another file": (lambda: open("/etc/passwd").close(), "opened /etc/passwd"),
    "a file named like a cache": (_opens_no_cache, "opened /etc/numba/__pycache__/kernel"),
    "another program": (lambda: subprocess.run(["true"], check=True), "subprocess.Popen"),
    "a control character": (lambda: print("\x1b[2J"), "control character"),
    "the end": (os.abort, "ended by SIGABRT"),
}
"""Load and a part of what the server must say of it, by name."""
