"""The look of all figures: sizes for a printed page, colours that stay apart in grey and for colour-blind readers."""

from __future__ import annotations

from typing import Any

WIDTH = 7.2
"""Width of a two-column figure [inch]."""

RC: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "image.cmap": "cividis",
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}

# Lightness falls from dark to light, so the order survives a greyscale print; markers and dashes tell the rest.
_COLOURS = ("#0b2a4a", "#b5432a", "#3b82a0", "#c48a1b", "#6f9f6a", "#8f6fa8", "#7f7f7f", "#b9b9b9")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))


def line_style(number: int) -> dict[str, Any]:
    """Colour, marker and dashes of the learner with this number; 64 learners look different."""
    i, round_ = number % len(_COLOURS), number // len(_COLOURS)
    return {"color": _COLOURS[i], "marker": _MARKERS[(i + round_) % len(_MARKERS)], "linestyle": _DASHES[i]}
