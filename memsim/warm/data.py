"""Embedded images and all their corruptions."""

from __future__ import annotations

from memsim.data.corruptions import CORRUPTIONS, corrupt
from memsim.data.images import ROAD_SCENES, load_data
from memsim.data.labelled import SOURCES, load_labelled


def use_data() -> None:
    """Load a few images of every embedded source, and corrupt them in every way."""
    images = load_data(ROAD_SCENES, shape=(8, 8), samples=2)
    for kind in CORRUPTIONS:
        for fields in ("scaled", "fresh"):
            corrupt(kind, images.pixels, [0.1], seed=0, fields=fields)
    for source in SOURCES:
        load_labelled(source, samples=60)
