"""The progress bar of a run, drawn on standard error so that standard output stays clean."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from memsim.cli.console import console, printable

if TYPE_CHECKING:
    from memsim.simulate import Progress


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Yield a callback ``(learner, images_done, images)`` that moves one bar a learner."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), MofNCompleteColumn(), TextColumn("images"), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def advance(learner: str, done: int, total: int) -> None:
            if learner not in tasks:
                tasks[learner] = bar.add_task(printable(learner), total=total)
            bar.update(tasks[learner], completed=done)

        yield advance
