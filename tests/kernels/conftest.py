"""A folder that other users can enter, unlike those of pytest."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_place() -> Iterator[Path]:
    """An empty folder of this user in /tmp, with permissions 755."""
    place = Path(tempfile.mkdtemp(dir="/tmp")).resolve()
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)
