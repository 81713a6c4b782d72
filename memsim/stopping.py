"""How a signal stops a command: what is unfinished is undone, one line printed, and the exit code is 128 + its number.

A handler that raised an exception would not do: Python drops exceptions in callbacks of its own, such as those of
imports, libraries catch them, and a second signal interrupts the cleaning up. So the handler itself undoes what is
unfinished and ends the process, with all its threads.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

STOPPED = "Stopped; no unfinished file was left."
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def prepare_command() -> None:
    """Have signals stop this process if it is a command; one that imports memsim as a library is left as it is."""
    if _is_command():
        stop_on_signals()


def stop_command() -> None:
    """End this process, which Ctrl-C has interrupted, if it is a command."""
    if _is_command():
        _UNFINISHED.stop(signal.SIGINT, None)


def stop_on_signals() -> None:
    """From now on, Ctrl-C, SIGTERM and SIGHUP stop this process; those that its parent has it ignore do not."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _UNFINISHED.stop)


def _is_command() -> bool:
    """Whether this process is ``memsim`` or ``python -m memsim``, already while the package is being imported."""
    program = sys.argv[0] if sys.argv else ""
    if program == "-m":  # Python is still looking for the module to run
        module = sys.orig_argv[len(sys.orig_argv) - len(sys.argv)]
        return module == "memsim" or (module.startswith("-") and module.endswith("mmemsim"))
    return os.path.basename(program).lower() in ("memsim", "memsim.exe", "memsim-script.py")


class _Unfinished:
    """What has to be undone if a signal stops the process now, and whether a signal has to wait."""

    def __init__(self) -> None:
        self.undo: list[Callable[[], object]] = []
        self.steps = 0
        self._waiting: int | None = None
        self._stopping = False

    def stop(self, number: int, frame: object) -> None:
        """Handle a signal; further ones change nothing."""
        if self.steps:
            self._waiting = self._waiting or number
            return
        if self._stopping:
            return
        self._stopping = True
        for action in reversed(self.undo):
            with contextlib.suppress(Exception):
                action()
        if sys.__stderr__ is not None:  # descriptor 2 may be that of another file where standard error was closed
            with contextlib.suppress(OSError, ValueError):
                os.write(sys.__stderr__.fileno(), f"{STOPPED}\n".encode())
        os._exit(128 + number)

    def resume(self) -> None:
        """Handle the signal that had to wait, if there was one."""
        if not self.steps and self._waiting is not None:
            self.stop(self._waiting, None)


_UNFINISHED = _Unfinished()


@contextlib.contextmanager
def undone_if_stopped(action: Callable[[], object]) -> Iterator[None]:
    """While this lasts, a signal that stops the process calls `action` first, and those of later contexts before it.

    The action may be called at any moment of the context, so that it must allow for steps that have not happened yet.
    """
    _UNFINISHED.undo.append(action)
    try:
        yield
    finally:
        _UNFINISHED.undo.remove(action)


@contextlib.contextmanager
def one_step() -> Iterator[None]:
    """While this lasts, a signal waits: for a few system calls that belong together."""
    _UNFINISHED.steps += 1
    try:
        yield
    finally:
        _UNFINISHED.steps -= 1
        _UNFINISHED.resume()
