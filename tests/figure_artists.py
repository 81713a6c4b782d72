"""What is drawn in a figure and which words are on its page, read from the artists themselves."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D

_NEARLY = 1e-6


def vertices(artist, axes):
    """Corners of an artist in data coordinates, (corner, 2); NaN in a direction in which it has none."""
    branches = artist.get_transform().contains_branch_seperately(axes.transData)
    if isinstance(artist, Line2D):
        points = np.column_stack([np.asarray(values, float) for values in artist.get_data(orig=False)])
    elif hasattr(artist, "get_paths"):
        paths = [path.vertices for path in artist.get_paths()]
        points = np.concatenate(paths) if paths else np.empty((0, 2))
    else:
        points = artist.get_patch_transform().transform_path(artist.get_path()).vertices
    # A corner with a coordinate that is not finite is not drawn.
    points = np.asarray(points, float)
    return np.where(branches, points[np.isfinite(points).all(axis=1)], np.nan)


def outside(figure):
    """Everything that is drawn beyond the limits of its axes: title and label of the panel, what it is, where."""
    beyond = []
    for axes in figure.axes:
        for artist in (*axes.lines, *axes.collections, *axes.patches):
            for which, values in zip("xy", vertices(artist, axes).T, strict=True):
                low, high = np.sort(getattr(axes, f"get_{which}lim")())
                values = values[np.isfinite(values)]
                if getattr(axes, f"get_{which}scale")() == "log":
                    values = values[values > 0]
                room = _NEARLY * (high - low)
                if len(values) and (values.min() < low - room or values.max() > high + room):
                    name = axes.get_title("left") or axes.get_ylabel()
                    beyond.append((name, type(artist).__name__, which, (values.min(), values.max()), (low, high)))
    return beyond


def words(figure):
    """All texts on the page, in one string: notes, legends with their titles, titles and labels of panels."""
    texts = [text.get_text() for text in figure.texts]
    for legend in figure.legends:
        texts += [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())]
    for axes in figure.axes:
        texts += [axes.get_title("left"), axes.get_xlabel(), axes.get_ylabel()]
        texts += [tick.get_text() for tick in axes.get_yticklabels()]
    return " | ".join(" ".join(text.split()) for text in texts if text.strip())
