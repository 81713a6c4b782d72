"""Figures of results as bytes, without what matplotlib logs about its own set-up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from memsim.profiles import DeviceProfile


def picture(dataset: xr.Dataset, path: Path, name: str | None = None, dpi: float | None = None) -> bytes:
    """A figure of a result, by default the one that suits it, in the format that the ending of `path` asks for.

    `dpi` are the dots per inch of a PNG file.
    """
    quiet_matplotlib()

    from memsim.plotting import draw, render

    return render(draw(dataset, name), path, dpi)


def comparison(a: xr.Dataset, b: xr.Dataset, path: Path) -> bytes:
    """The figure of two results side by side, in the format that the ending of `path` asks for."""
    quiet_matplotlib()

    from memsim.plotting import compare_figure, render

    return render(compare_figure(a, b), path)


def device_picture(device: DeviceProfile, seed: int, path: Path) -> bytes:
    """The figure of a device, in the format that the ending of `path` asks for."""
    quiet_matplotlib()

    from memsim.plotting import render
    from memsim.plotting.device import device_figure

    return render(device_figure(device, seed), path)


def quiet_matplotlib() -> None:
    """Keep what matplotlib logs about its own set-up off the terminal."""
    import logging

    # A home that cannot be written to costs matplotlib its font cache, which is no concern of the user's.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
