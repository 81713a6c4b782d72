"""A figure as the bytes of a PNG, PDF or SVG file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.errors import OutputError, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")


def render(figure: Figure, path: str | Path) -> bytes:
    """Bytes of the figure in the format that the name's ending asks for.

    Raises
    ------
    OutputError
        If the ending is not one of `FORMATS`.
    """
    from matplotlib import rc_context

    from memsim.plotting.style import RC

    ending = Path(path).suffix.lstrip(".").lower()
    if ending not in FORMATS:
        raise OutputError(f"{path}: unknown figure format '{ending}'{nearest(ending, FORMATS)}")
    buffer = io.BytesIO()
    with rc_context(RC):
        figure.savefig(buffer, format=ending)
    return buffer.getvalue()
