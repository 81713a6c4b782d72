"""Progress of long calls, in terminals, notebooks and files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

_LINES = 10
"""Lines of text that tell the whole progress where there is no bar."""


@contextmanager
def bar(progress: bool | None, text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function that shows how much of a whole is done.

    Terminals and notebooks have a bar; notebooks without ipywidgets have a line of text that changes. Elsewhere, such
    as in a file, there are some lines of text.

    Parameters
    ----------
    progress : bool or None
        Whether to show it; None: in terminals and notebooks. All but the bar of a notebook is on the standard error
        stream.
    text : str
        What is counted.
    total : int
        The whole.
    """
    console = Console(stderr=True)
    notebook = console.is_jupyter
    if not ((console.is_terminal or notebook) if progress is None else progress):
        yield lambda done: None
    elif console.is_terminal or (notebook and importlib.util.find_spec("ipywidgets") is not None):
        yield from _drawn(console, text, total)
    else:
        yield _written(text, total, same_line=notebook)
        if notebook:
            print(file=sys.stderr)


def _drawn(console: Console, text: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(text, total=total)
        yield lambda done: bars.update(task, completed=done)


def _written(text: str, total: int, same_line: bool) -> Callable[[int], None]:
    last = -1

    def show(done: int) -> None:
        nonlocal last
        part = done * _LINES // max(1, total)
        if part != last:
            last = part
            start, end = ("\r", "") if same_line else ("", "\n")
            print(f"{start}{text} {done}/{total}", end=end, file=sys.stderr, flush=True)

    return show
