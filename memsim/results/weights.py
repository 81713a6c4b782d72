"""Trained weights in results: arrays of every learner as registered variables, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import OutputError
from memsim.results.dataset import load, source
from memsim.tasks.kept import LEARNERS, MAX_AXES, NAMES, NO_AXIS, NOTES, NUMBERS, SHAPES

if TYPE_CHECKING:
    import xarray as xr

    from memsim.arrays import Crossbar

_MOST = 2**53
"""Integers up to which all are float64."""


@dataclass(frozen=True, eq=False)
class Kept:
    """What training left of one learner: all that its settings, the seed and its images do not tell.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        By name; names of parts have dots, as in "crossbar.state".
    notes : sequence of str
        What a reader must know of the training.
    owner : str
        What messages call it.
    """

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: Sequence[str] = ()
    owner: str = "weights"

    def array(self, name: str, shape: Sequence[int], dtype: Any = float) -> np.ndarray:
        """An array of its own that has this shape, in a precision that holds its numbers.

        Raises
        ------
        OutputError
            If it is missing, or does not fit.
        """
        if name not in self.arrays:
            raise OutputError(f"{self.owner}: there is no '{name}'")
        values = self.arrays[name]
        if values.shape != tuple(shape):
            raise OutputError(
                f"{self.owner}: '{name}' has the shape {values.shape}, here it must be {tuple(shape)}; images must "
                "have the size of those it was trained on"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array(values, dtype, order="C")

    def named(self, name: str) -> Kept:
        """A part: the arrays whose names begin with its name and a dot, by the rest of their names."""
        start = f"{name}."
        arrays = {key.removeprefix(start): own for key, own in self.arrays.items() if key.startswith(start)}
        return replace(self, arrays=arrays, owner=f"{self.owner}: {name}")

    def rows(self, first: int, count: int) -> Kept:
        """Those of some of the models, which are along the first axis of all arrays."""
        return replace(self, arrays={name: values[first : first + count] for name, values in self.arrays.items()})

    def restore(self, crossbar: Crossbar) -> None:
        """Let a fresh crossbar go on from these arrays, see `Crossbar.restore`."""
        try:
            crossbar.restore(self.arrays)
        except OutputError as error:
            raise OutputError(f"{self.owner}: {error}") from None


def part_of(name: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays as those of a part, see `Kept.named`."""
    return {f"{name}.{key}": values for key, values in arrays.items()}


def packed(kept: Mapping[str, Kept], compared: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Registered variables and labels of what was kept.

    Parameters
    ----------
    kept : mapping of str to Kept
        By the labels of the learners.
    compared : sequence of str
        Labels of all learners of the result.
    """
    listed = [(label, name, values) for label, own in kept.items() for name, values in own.arrays.items()]
    shapes = np.full((len(listed), MAX_AXES), NO_AXIS, np.int64)
    for row, (_, _, values) in zip(shapes, listed, strict=True):
        row[: values.ndim] = values.shape
    numbers = [np.asarray(values, float).ravel() for _, _, values in listed]
    variables = {NUMBERS: np.concatenate(numbers) if numbers else np.zeros(0), SHAPES: shapes}
    coordinates = {
        LEARNERS: np.array([label for label, _, _ in listed], dtype=str),
        NAMES: np.array([name for _, name, _ in listed], dtype=str),
        NOTES: [json.dumps(list(kept[label].notes) if label in kept else []) for label in compared],
    }
    return variables, coordinates


def has_weights(dataset: xr.Dataset) -> bool:
    """Whether a result holds trained weights."""
    return NUMBERS in dataset.variables


def unpacked(dataset: xr.Dataset) -> dict[str, Kept]:
    """What a result keeps, by the labels of its learners; those without arrays of their own included.

    Raises
    ------
    OutputError
        If the variables do not fit together.
    """
    name = source(dataset)
    for needed, axes in ((NUMBERS, 1), (SHAPES, 2), (LEARNERS, 1), (NAMES, 1), (NOTES, 1)):
        if needed not in dataset.variables or dataset[needed].ndim != axes:
            raise OutputError(f"{name}: its weights are damaged ('{needed}' is missing or has other dimensions)")
    numbers, shapes = dataset[NUMBERS].values, dataset[SHAPES].values
    owners, names = (list(map(str, dataset[label].values)) for label in (LEARNERS, NAMES))
    if shapes.dtype.kind not in "iu" or numbers.dtype.kind != "f" or shapes.shape != (len(names), MAX_AXES):
        raise OutputError(f"{name}: its weights are damaged ('{SHAPES}' is {shapes.dtype} {shapes.shape})")
    notes = {
        str(label): _notes(name, text) for label, text in zip(_labels(dataset), dataset[NOTES].values, strict=True)
    }
    arrays: dict[str, dict[str, np.ndarray]] = {label: {} for label in notes}
    first = 0
    for owner, key, row in zip(owners, names, shapes.tolist(), strict=True):
        axes = row.index(NO_AXIS) if NO_AXIS in row else MAX_AXES
        count = math.prod(row[:axes])
        if min(row[:axes], default=0) < 0 or any(length != NO_AXIS for length in row[axes:]) or count > _MOST:
            raise OutputError(f"{name}: its weights are damaged ('{key}' of '{owner}' has the shape {row})")
        if owner not in arrays or key in arrays[owner] or first + count > len(numbers):
            raise OutputError(f"{name}: its weights are damaged (at '{key}' of '{owner}')")
        arrays[owner][key] = numbers[first : first + count].reshape(row[:axes])
        first += count
    if first != len(numbers):
        raise OutputError(f"{name}: its weights are damaged ({len(numbers) - first} numbers belong to no array)")
    return {label: Kept(own, notes[label], f"{name}: weights of '{label}'") for label, own in arrays.items()}


def stored_weights(result: str | Path | xr.Dataset) -> dict[str, dict[str, np.ndarray]]:
    """What a result holds of the training of every learner: arrays by name, by the label of the learner.

    Of the task ``classify``, the first axis is the repeat:

    ================  ================================================================================================
    ``network.*``     parameters, by layer, running means of normalisation included
    ``crossbar.*``    cells that learn in place: ``state`` (repeat, line, row) and what else reads see of them; of pairs
                      all first lines, then all second; rows are padded to a multiple of 64
    ``features.*``    the same of the layer of features, and its offset and gain
    ``inputs.*``      what the normalisation of the rows was fitted to
    ``training.*``    curves and lengths of the training
    ``tuning.*``      scores of the trials
    ================  ================================================================================================

    Of the task ``memorise``, the first axis is the image: ``state`` and others as of crossbars, or of a network
    ``shift`` c and ``readout``, as its first layer is W + c x^T with fresh weights W and the image x.

    Raises
    ------
    MemsimError
        If it is no result, holds no weights, or they are damaged.
    """
    dataset = load(result) if isinstance(result, str | Path) else result
    if not has_weights(dataset):
        raise OutputError(f"{source(dataset)}: holds no weights; an experiment stores them with 'keep: [weights]'")
    return {label: dict(kept.arrays) for label, kept in unpacked(dataset).items()}


def without_weights(dataset: xr.Dataset) -> xr.Dataset:
    """A result without its weights."""
    kept = (NUMBERS, SHAPES, LEARNERS, NAMES, NOTES)
    return dataset.drop_vars([name for name in kept if name in dataset.variables])


def _labels(dataset: xr.Dataset) -> list[Any]:
    """Labels of the learners that the notes are of."""
    return list(dataset[str(dataset[NOTES].dims[0])].values)


def _notes(name: str, text: Any) -> list[str]:
    try:
        notes = json.loads(str(text))
    except (ValueError, RecursionError):
        notes = None
    if not isinstance(notes, list) or not all(isinstance(note, str) and note.isprintable() for note in notes):
        raise OutputError(f"{name}: its weights are damaged ('{NOTES}' is no list of texts)")
    return notes
