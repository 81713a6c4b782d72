"""The figure of a result as bytes, without what matplotlib logs about its own set-up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def picture(dataset: xr.Dataset, path: Path) -> bytes:
    """The overview of a result, in the format that the ending of `path` asks for."""
    import logging

    # A home that cannot be written to costs matplotlib its font cache, which is no concern of the user's.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)

    from memsim.plotting import overview, render

    return render(overview(dataset), path)
