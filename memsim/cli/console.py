"""Tables for a terminal of any width, without markup from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

_NARROWEST = 80
WIDE = 118
"""Columns for tables of profiles; a narrower terminal wraps their lines."""

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def console(*, stderr: bool = False, width: int = _NARROWEST) -> Console:
    """Console that takes text literally: no [markup], no :emoji:; as wide as the terminal, and at least `width`."""
    from rich.console import Console

    screen = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    # Narrower tables would break words and numbers; the terminal wraps the lines instead.
    screen.width = max(screen.width, width)
    return screen


def table(*headings: str, right: tuple[str, ...] = ()) -> Table:
    """Table without a frame, which folds what does not fit rather than cutting it; headings in `right` hold numbers."""
    from rich.box import SIMPLE
    from rich.table import Table

    made = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return made
