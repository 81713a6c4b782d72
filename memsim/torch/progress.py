"""Progress of long calls, in terminals and notebooks."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(progress: bool | None, text: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function that shows how much of a whole is done.

    Parameters
    ----------
    progress : bool or None
        Whether to show it, on the standard error stream; None where that is a terminal, and in notebooks.
    text : str
        What is counted.
    total : int
        The whole.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if console.is_jupyter and importlib.util.find_spec("ipywidgets") is None:
        console = Console(stderr=True, force_jupyter=False)  # a bar of text, as rich draws others with ipywidgets
        shown = progress is not False
        console._force_terminal = True
    else:
        shown = (console.is_terminal or console.is_jupyter) if progress is None else progress
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not shown, transient=True) as bars:
        task = bars.add_task(text, total=total)
        yield lambda done: bars.update(task, completed=done)
