"""A figure as the bytes of a PNG, PDF or SVG file."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memsim.errors import OutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")


def check_format(path: str | Path) -> str:
    """The format that a figure's name asks for.

    Raises
    ------
    OutputError
        If the ending is not one of `FORMATS`.
    """
    ending = Path(path).suffix.lstrip(".").lower()
    if ending not in FORMATS:
        given = f"unknown figure format '{ending}'" if ending else "a figure's name needs an ending"
        raise OutputError(f"{path}: {given}; allowed: {', '.join(f'.{name}' for name in FORMATS)}")
    return ending


def render(figure: Figure, path: str | Path) -> bytes:
    """Bytes of the figure in the format that the name's ending asks for.

    Raises
    ------
    OutputError
        If the ending is not one of `FORMATS`.
    """
    from matplotlib import rc_context

    from memsim.plotting.style import NO_GLYPH, RC

    ending = check_format(path)
    buffer = io.BytesIO()
    with rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", NO_GLYPH)
        # Less compression costs a fifth more bytes and saves a tenth of the time.
        options: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if ending == "png" else {}
        figure.savefig(buffer, format=ending, **options)
    return buffer.getvalue()
