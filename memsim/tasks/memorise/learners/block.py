"""A block of images, of which each is learned by a model of its own, and the outputs and weights of these models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from memsim.energy.report import LayerEvents

TARGETS = (1.0, 0.0)
"""Wanted outputs: column 0 is the target, column 1 the control."""
BINS = 64
"""Bins of a weight histogram."""


class Block(NamedTuple):
    """A block of images to memorise, and the corrupted copies to read.

    Attributes
    ----------
    images : (image, pixel)
        Grey levels, float32 in [0, 1].
    noisy : mapping of str to (image, level, pixel)
        Corrupted copies by kind of corruption.
    first : int
        Number of the first image, the address of its model.
    seed : int
        Key of every random number.
    report : callable
        Called with the number of images done so far.
    levels : sequence of float
        Severities of the copies.
    times : sequence of float
        Times since the training at which cells are read once more [s].
    """

    images: np.ndarray
    noisy: Mapping[str, np.ndarray]
    first: int
    seed: int
    report: Callable[[float], None]
    levels: Sequence[float]
    times: Sequence[float] = ()


class Memory(NamedTuple):
    """What a learner gives for a block of images, a model each.

    Attributes
    ----------
    outputs : (image, noise_type, noise_level, 2)
        Target and control output for the corrupted copies; dimensionless.
    clean : (image, 2)
        Expected outputs for the images themselves.
    steepness : (image,)
        Length of the gradient of target minus control output by the pixels, at the image itself.
    models : mapping of str to (image, ...)
        Registered variables of each model.
    examples : mapping of str to ndarray
        Registered variables of the model of image 0; empty for blocks without it.
    kept : mapping of str to (image, ...)
        What training left of each model; empty where it is not kept.
    events : sequence of mapping of str to LayerEvents
        Events of each array: its training, and one read of its image; empty for networks.
    """

    outputs: np.ndarray
    clean: np.ndarray
    steepness: np.ndarray
    models: dict[str, np.ndarray]
    examples: dict[str, np.ndarray]
    kept: dict[str, np.ndarray]
    events: Sequence[Mapping[str, LayerEvents]] = ()


def join(parts: Sequence[Memory]) -> Memory:
    """One memory of blocks that follow each other."""
    first = parts[0]
    return Memory(
        np.concatenate([part.outputs for part in parts]),
        np.concatenate([part.clean for part in parts]),
        np.concatenate([part.steepness for part in parts]),
        joined([part.models for part in parts]),
        first.examples,
        joined([part.kept for part in parts]),
        events_of(parts),
    )


def events_of(parts: Sequence[Memory]) -> list[Mapping[str, LayerEvents]]:
    """Events of the arrays of blocks that follow each other; empty for networks."""
    return [layers for part in parts for layers in part.events]


def joined(blocks: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays by name of blocks that follow each other along the first axis."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def histogram(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the weights in each of `BINS` equal bins between the smallest and the largest, and the bins' edges."""
    if not np.isfinite(weights).all():
        return {"weight_share": np.full(BINS, np.nan), "weight_edge": np.full(BINS + 1, np.nan)}
    counts, edges = np.histogram(weights, BINS)
    return {"weight_share": counts / weights.size, "weight_edge": edges}
