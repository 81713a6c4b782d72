"""The progress bar of a run, drawn on standard error so that standard output stays clean."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memsim.simulate import Progress


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Yield a callback ``(learner, images_done, images)`` that moves one bar a learner."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("images"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, object] = {}

        def advance(learner: str, done: int, total: int) -> None:
            if learner not in tasks:
                tasks[learner] = bar.add_task(escape(learner), total=total)
            bar.update(tasks[learner], completed=done)  # type: ignore[arg-type]

        yield advance
