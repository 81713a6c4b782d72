"""The panels that a profile has something for, on one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memsim.plotting.device.current import draw_current, draw_loops
from memsim.plotting.device.endurance import draw_endurance
from memsim.plotting.device.faults import draw_faults
from memsim.plotting.device.programming import draw_programming
from memsim.plotting.device.pulses import draw_pulses
from memsim.plotting.device.reads import draw_reads, draw_size
from memsim.plotting.device.retention import draw_retention
from memsim.plotting.device.steps import draw_steps
from memsim.plotting.page import ending, entries, headline, page, panel, title
from memsim.plotting.rules.content import left_out
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, WIDTH
from memsim.profiles.dynamics import DynamicUpdate
from memsim.profiles.pages import example

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memsim.profiles import DeviceProfile
    from memsim.profiles.models import Model

    Panel = Callable[[Axes, DeviceProfile, int], None]

_PULSED: tuple[Panel, ...] = (draw_pulses, draw_loops)
_SECTIONS: dict[str, tuple[Panel, ...]] = {
    "pulse response": (draw_pulses,),
    "programming error": (draw_programming,),
    "read noise": (draw_reads,),
    "retention": (draw_retention,),
    "current against voltage": (draw_current, draw_loops),
}
"""What a profile may describe, in words, and the panels that show it."""
_NONE = "this device specifies none"
_WAYS = ("set", "reset")
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
    spec = device.spec
    kind = f"update model {spec.update.model}" if spec.update is not None else "programmed once"
    heading = f"{device.name}: {device.title}", f"{device.technology}; {kind}"
    panels = panels_of(device)
    missing = {text: _NONE for text, drawings in _SECTIONS.items() if not set(drawings) & set(panels)}
    return _figure(device, seed, panels, *heading, left_out(missing), f"device: {device.name}")


def model_figure(model: Model, seed: int = 0) -> Figure:
    """Figure of a model, for its page: the panels that show it, of a device with nothing else."""
    device = example(model)
    panels = [draw for draw in panels_of(device) if model.kind == "update" or draw not in _PULSED]
    if model.kind == "update":
        panels.insert(1, draw_steps)
        if model.name == "neurosim":
            panels += [_other_shape(draw) for draw in panels]
    elif model.section.startswith("variability."):
        panels = [draw_pulses]
    elif model.kind == "faults":
        panels = [draw_faults]
    return _figure(device, seed, panels, f"{model.name} ({model.kind})", model.summary)


def _other_shape(draw: Panel) -> Panel:
    """The panel for labels of the opposite signs: branches that were fast first are slow first."""

    def other(axes: Axes, device: DeviceProfile, seed: int) -> None:
        labels = {f"update.nonlinearity.{way}": device.spec.base(f"update.nonlinearity.{way}") for way in _WAYS}
        draw(axes, device.replace({path: -(label or 0.0) for path, label in labels.items()}), seed)
        title(axes, f"{axes.get_title(loc='left')}, labels of opposite sign")

    return other


def _figure(
    device: DeviceProfile,
    seed: int,
    panels: list[Panel],
    heading: str,
    below: str,
    note: str = "",
    name: str = "",
) -> Figure:
    from matplotlib import rc_context

    # An odd one out gets a whole row, the first.
    rows = [panels[:1], *_pairs(panels[1:])] if len(panels) % 2 else _pairs(panels)
    height = _TOP + len(rows) * _HEIGHT + (len(rows) - 1) * _BETWEEN + _FOOT
    with rc_context(RC):
        figure = page(height)
        headline(figure, heading, below)
        shown: list[Axes] = []
        bottom = height - _TOP
        for row in rows:
            bottom -= _HEIGHT
            wide = (WIDTH - _LEFT - _RIGHT - _GAP * (len(row) - 1)) / len(row)
            for column, draw in enumerate(row):
                axes = panel(figure, _LEFT + column * (wide + _GAP), bottom, wide, _HEIGHT)
                draw(axes, device, seed)
                shown.append(axes)
            bottom -= _BETWEEN
        # Conductances of the same cells are compared.
        fit_limits([axes for axes in shown if axes.get_ylabel().startswith("conductance ")])
        ending(figure, *entries(shown), note, device=name)
    return figure


def panels_of(device: DeviceProfile) -> list[Panel]:
    """What there is to draw of a device."""
    spec = device.spec
    found: list[Panel] = []
    if spec.update is not None:
        found.append(draw_pulses)
        if isinstance(spec.update, DynamicUpdate):
            found.append(draw_loops)
    if spec.programming is not None:
        found.append(draw_programming)
    if spec.read.noise is not None or spec.read.telegraph is not None or spec.read.flicker is not None:
        found += [draw_size, draw_reads]
    if spec.retention is not None:
        found.append(draw_retention)
    if spec.endurance is not None:
        found.append(draw_endurance)
    if spec.conduction is not None:
        found.append(draw_current)
    return found


def _pairs(panels: list[Panel]) -> list[list[Panel]]:
    return [panels[first : first + 2] for first in range(0, len(panels), 2)]
