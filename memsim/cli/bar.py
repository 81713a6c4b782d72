"""Progress bars, drawn on standard error, and only on a terminal, so that standard output stays clean."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from memsim.cli.console import console
from memsim.errors import printable
from memsim.stopping import undone_if_stopped

if TYPE_CHECKING:
    from rich.console import Console

Advance = Callable[[str, int, int], None]


def progress(quiet: bool, unit: str, *, lines: bool) -> contextlib.AbstractContextManager[Advance | None]:
    """Context that yields a callback ``(name, done, total)`` that moves a bar, or None where no bar is wanted.

    Parameters
    ----------
    quiet : bool
        Whether the user wants none.
    unit : str
        What is counted.
    lines : bool
        Whether every name has a bar of its own; else one bar shows the last name.
    """
    return contextlib.nullcontext() if quiet or not sys.stderr.isatty() else _drawn(unit, lines)


@contextlib.contextmanager
def _drawn(unit: str, lines: bool) -> Iterator[Advance]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    screen = console(stderr=True)
    with undone_if_stopped(lambda: _end_line(screen)), Progress(*columns, console=screen, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def advance(name: str, done: int, total: int) -> None:
            key = name if lines else ""
            if key not in tasks:
                tasks[key] = bar.add_task("", total=total)
            bar.update(tasks[key], description=printable(name), completed=done, total=total)

        yield advance


def _end_line(screen: Console) -> None:
    """Empty the line of the bar and show the cursor again, without the locks of a bar that is being drawn."""
    os.write(screen.file.fileno(), b"\r\x1b[2K\x1b[?25h")
