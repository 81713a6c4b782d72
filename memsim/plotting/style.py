"""The look of all figures: sizes for a printed page, colours that stay apart in grey and for colour-blind readers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.2
"""Width of a two-column figure [inch]."""
SMALL = 7.0
"""Size of tick labels and legends [point]."""
NO_GLYPH = r"Glyph \d+"
"""Start of the warning about a character that the font lacks, which is drawn as a box: no fault of the result."""
INK = "0.35"
"""Grey of notes and reference lines."""

RC: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": SMALL,
    "legend.handlelength": 2.6,
    "legend.columnspacing": 1.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "hatch.linewidth": 0.6,
    "image.cmap": "cividis",
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}

# Lightness falls from dark to light, so the order survives a greyscale print; markers and dashes tell the rest.
_COLOURS = ("#0b2a4a", "#b5432a", "#3b82a0", "#c48a1b", "#6f9f6a", "#8f6fa8", "#6b6b6b", "#a6a6a6")
LEARNERS = ("#5b1f80", "#d0304a", "#ea7fae")
"""Colours of learners beside stacked bars of parts of hardware (`parts.PART_STYLES`), from dark to light."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_DASHES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))


def line_style(number: int) -> dict[str, Any]:
    """Colour, marker and dashes of the learner with this number; 64 learners look different."""
    i, round_ = number % len(_COLOURS), number // len(_COLOURS)
    return {"color": _COLOURS[i], "marker": _MARKERS[(i + round_) % len(_MARKERS)], "linestyle": _DASHES[i]}


def learner_style(number: int) -> dict[str, Any]:
    """Colour and marker of a learner, or of a group of learners, beside stacked bars of parts, whose colours differ."""
    i, round_ = number % len(LEARNERS), number // len(LEARNERS)
    return {"color": LEARNERS[i], "marker": _MARKERS[(i + round_) % len(_MARKERS)]}


def plain(text: object, longest: int = 200) -> str:
    """Text on one line for matplotlib, which would read $...$ as a formula and draw control characters as boxes."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    line = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
    return line.replace("$", r"\$")


def size(axes: Axes) -> tuple[float, float]:
    """Width and height of a panel [inch]."""
    box = axes.get_position()
    wide, tall = axes.get_figure(root=True).get_size_inches()  # type: ignore[union-attr]
    return box.width * wide, box.height * tall


def text_width(text: str, size: float = SMALL) -> float:
    """Width of text that `plain` has made, or of a formula [inch]."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    shown = text.replace(r"\$", "$")
    formula = "$" in text.replace(r"\$", "")
    font = FontProperties(size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", NO_GLYPH)
        return text_to_path.get_text_width_height_descent(text if formula else shown, font, formula)[0] / 72


def fitted(text: object, width: float, size: float = SMALL) -> str:
    """As `plain`, cut to a width [inch]."""
    line = plain(text)
    longest = len(line)
    while longest > 1 and text_width(line, size) > width:
        longest = min(longest - 1, int(len(line) * width / text_width(line, size)) + 1)
        line = plain(text, longest)
    return line


def lines_of(text: str, width: float, size: float = SMALL) -> list[str]:
    """Text broken into lines of a width [inch], between words; a longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(plain(longer, len(longer)), size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fitted(line, width, size) for line in lines]
