"""Time that passes for devices of which some specify no retention, where a test compares what others do."""

from __future__ import annotations

import warnings

from memsim import Crossbar, RetentionWarning


def let_pass(array: Crossbar, seconds: float) -> Crossbar:
    """As `Crossbar.wait`, without its warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RetentionWarning)
        return array.wait(seconds)
