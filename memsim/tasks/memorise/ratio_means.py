"""Means of the SNR that have no finite expectation: which they are, and what tables and figures say about them.

Where the control outputs, by which the SNR divides, have both signs, noise brings them arbitrarily near to 0 with a
density that is not 0 there. One over them has no mean then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics import two_columns
from memsim.metrics.severities import reads_under_noise
from memsim.results.dataset import require

if TYPE_CHECKING:
    import xarray as xr

_OF_READS = ("snr", "snr_area", "aged_snr")
"""Variables that are means of the SNR of reads, or come from such means."""
_OF_CLEAN_IMAGES = ("clean_snr", "aged_clean_snr")
"""The same of expected outputs for clean images."""
_NAMES = 4
"""Learners that the note of a figure names."""


def without_expectation(dataset: xr.Dataset, name: str) -> np.ndarray:
    """Whether the mean of a variable has no finite expectation, (learner,); False for what is no mean of the SNR.

    Over time, the signs are those right after the training.

    Parameters
    ----------
    dataset : xarray.Dataset
        A result, also one of a part of its noise types and levels.
    name : str
        A variable with or without "_mean".

    Raises
    ------
    OutputError
        If the result lacks the outputs that decide.
    """
    name = name.removesuffix("_mean")
    if name in _OF_READS:
        require(dataset, "negative_denominator", "noise_level")
        reads = dataset.negative_denominator.transpose("learner", "image", "noise_type", "noise_level").values
        negative = reads_under_noise(reads, dataset.noise_level.values)
    elif name in _OF_CLEAN_IMAGES:
        require(dataset, "clean_control")
        negative = two_columns.negative_denominator(dataset.clean_control.transpose("learner", "image").values)
    else:
        return np.zeros(dataset.sizes["learner"], bool)
    share = negative.reshape(len(negative), -1).mean(axis=1)
    return (share > 0) & (share < 1)


def figure_note(dataset: xr.Dataset, numbers: Sequence[int] | np.ndarray, names: Sequence[str] = ("snr",)) -> str:
    """Note under a figure on learners whose mean SNR has no finite expectation; empty if there are none.

    Parameters
    ----------
    dataset : xarray.Dataset
        The result.
    numbers : sequence of int
        Learners that the figure shows.
    names : sequence of str
        Variables whose means it shows.
    """
    marked = np.any([without_expectation(dataset, name) for name in names], axis=0)
    labels = [str(dataset.learner.values[number]) for number in numbers if marked[number]]
    if not labels:
        return ""
    more = f" and {len(labels) - _NAMES} more" if len(labels) > _NAMES else ""
    which = "all learners" if len(labels) == len(numbers) > 1 else ", ".join(labels[:_NAMES]) + more
    return f"{two_columns.MARK} {two_columns.NO_EXPECTATION} (here: {which})"
