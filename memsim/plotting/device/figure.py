"""The panels that a profile has something for, on one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from memsim.plotting.device.pulses import draw_pulses
from memsim.plotting.page import ending, page, panel
from memsim.plotting.style import INK, RC, WIDTH, fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memsim.profiles import DeviceProfile

    Panel = Callable[[Axes, DeviceProfile, int], None]

_HEIGHT = 2.0  # of a panel, and margins [inch]
_TOP, _BETWEEN, _FOOT = 0.62, 0.62, 0.42
_LEFT, _RIGHT, _GAP = 0.62, 0.12, 0.72


def device_figure(device: DeviceProfile, seed: int = 0) -> Figure:
    """Figure of a device: a panel for each thing that its profile describes, simulated with the arrays' own models.

    Parameters
    ----------
    device : DeviceProfile
        The device.
    seed : int
        Key of every random number.
    """
    from matplotlib import rc_context

    panels = panels_of(device)
    # An odd one out gets a whole row, the first.
    rows = [panels[:1], *_pairs(panels[1:])] if len(panels) % 2 else _pairs(panels)
    height = _TOP + len(rows) * _HEIGHT + (len(rows) - 1) * _BETWEEN + _FOOT
    with rc_context(RC):
        figure = page(height)
        _heading(figure, device)
        handles: dict[str, Any] = {}
        bottom = height - _TOP
        for row in rows:
            bottom -= _HEIGHT
            wide = (WIDTH - _LEFT - _RIGHT - _GAP * (len(row) - 1)) / len(row)
            for column, draw in enumerate(row):
                axes = panel(figure, _LEFT + column * (wide + _GAP), bottom, wide, _HEIGHT)
                draw(axes, device, seed)
                found, labels = axes.get_legend_handles_labels()
                handles |= dict(zip(labels, found, strict=True))
            bottom -= _BETWEEN
        ending(figure, list(handles.values()), list(handles))
    return figure


def panels_of(device: DeviceProfile) -> list[Panel]:
    """What there is to draw of a device."""
    spec = device.spec
    found: list[Panel] = []
    if spec.update is not None:
        found.append(draw_pulses)
    return found


def _pairs(panels: list[Panel]) -> list[list[Panel]]:
    return [panels[first : first + 2] for first in range(0, len(panels), 2)]


def _heading(figure: Figure, device: DeviceProfile) -> None:
    wide, tall = figure.get_size_inches()
    spec = device.spec
    title = fitted(f"{device.name}: {device.title}", wide - 0.3, 9)
    figure.text(0.5, 1 - 0.14 / tall, title, ha="center", va="center", fontsize=9)
    kind = f"update model {spec.update.model}" if spec.update is not None else "programmed once"
    below = fitted(f"{device.technology}; {kind}", wide - 0.3, 6.5)
    figure.text(0.5, 1 - 0.3 / tall, below, ha="center", va="center", fontsize=6.5, color=INK)
