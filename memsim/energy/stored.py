"""Events of layers as plain arrays and text, for result files, and back.

Circuits are JSON, checked when they are read. A result file is untrusted: numbers are bounded.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.energy.counts import PHASES, Circuit, Counts
from memsim.energy.report import LayerEvents
from memsim.errors import OutputError

COUNTED = ("reads", "drives", "set_pulses", "reset_pulses", "verify_reads", "unknown_writes")
"""Events that are whole numbers."""
SUMMED = (
    "squares",
    "read_energy",
    "write_squares",
    "write_energy",
    "half_selected_energy",
    "third_selected_energy",
)
"""Sums that depend on inputs and conductances."""
_UNKNOWN = -1
"""In the place of a count that a combination of results does not have."""
MOST_LAYERS, MOST_TILES, _MOST, _MOST_BITS = 4096, 1 << 20, 1 << 30, 32
_LARGEST = 1e12
"""Largest number among voltages and times of a circuit."""

Learner = Sequence[Mapping[str, LayerEvents]]
"""Layers by name, of each repeat."""


class StoredEvents(NamedTuple):
    """Events of several learners.

    Attributes
    ----------
    counts : (learner, repeat, layer, phase, counted, tile) of int64
        Whole numbers, summed over the arrays of a stack, in the first places of the axis tile.
    sums : (learner, repeat, layer, phase, summed, tile) of float64
        Other numbers, likewise.
    circuits : list of str
        JSON of the names and circuits of the layers of each learner; of one without cells, "[]".
    """

    counts: np.ndarray
    sums: np.ndarray
    circuits: list[str]


def stored_events(learners: Sequence[Learner | None], repeats: int) -> StoredEvents:
    """Events as arrays; None stands for a learner without cells."""
    known = [learner[0] for learner in learners if learner]
    layers = max((len(own) for own in known), default=0)
    tiles = max((layer.circuit.tiles for own in known for layer in own.values()), default=0)
    shape = (len(learners), repeats, layers, len(PHASES))
    counts = np.zeros((*shape, len(COUNTED), tiles), np.int64)
    sums = np.zeros((*shape, len(SUMMED), tiles))
    circuits = []
    for i, learner in enumerate(learners):
        circuits.append(_text({} if not learner else learner[0]))
        for j, own in enumerate(learner or ()):
            for k, layer in enumerate(own.values()):
                for m, phase in enumerate(PHASES):
                    for names, values in ((COUNTED, counts), (SUMMED, sums)):
                        for n, name in enumerate(names):
                            value = np.asarray(getattr(layer.counts[phase], name))
                            flat = value.sum(axis=0).ravel() if value.ndim else value.reshape(1)
                            values[i, j, k, m, n, : flat.size] = flat
    return StoredEvents(counts, sums, circuits)


def layers_of(counts: np.ndarray, sums: np.ndarray, text: str, where: str) -> dict[str, LayerEvents]:
    """Layers of one learner and repeat from arrays (layer, phase, counted or summed, tile) and JSON.

    Raises
    ------
    OutputError
        If the text is no description of circuits, or the arrays do not fit it.
    """
    if counts.dtype.kind == "f":
        counts = np.where(np.isnan(counts), _UNKNOWN, counts).astype(np.int64)
    layers: dict[str, LayerEvents] = {}
    circuits = _circuits(text, where)
    if (counts[len(circuits) :] > 0).any():
        raise OutputError(f"{where}: it has events of more than the {len(circuits)} layers that it describes")
    for number, (name, circuit) in enumerate(circuits):
        if number >= len(counts) or circuit.tiles > counts.shape[-1]:
            raise OutputError(f"{where}: the events of layer '{name}' are missing")
        if (counts[number, ..., : circuit.tiles] < 0).any() or np.isnan(sums[number, ..., : circuit.tiles]).any():
            raise OutputError(f"{where}: the events of layer '{name}' are not known")
        if (counts[number, ..., circuit.tiles :] > 0).any():
            raise OutputError(f"{where}: layer '{name}' has events of more than its {circuit.tiles} tiles")
        if name in layers:
            raise OutputError(f"{where}: two layers are called '{name}'")
        by_phase = {}
        for m, phase in enumerate(PHASES):
            values: dict[str, Any] = {}
            for names, part in ((COUNTED, counts), (SUMMED, sums)):
                values |= {key: part[number, m, n] for n, key in enumerate(names)}
            by_phase[phase] = _counts(circuit, values)
        layers[name] = LayerEvents(circuit, by_phase)
    return layers


def _counts(circuit: Circuit, values: Mapping[str, np.ndarray]) -> Counts:
    """Counts of a stack whose arrays are added up, from flat values; circuits keep the number of arrays."""
    tall, wide = len(circuit.row_tiles), len(circuit.line_tiles)
    shapes = {"drives": (1, tall), "squares": (1, tall), "read_energy": (1, tall, wide)}
    made: dict[str, Any] = {}
    for item in dataclasses.fields(Counts):
        flat = values[item.name]
        if item.name in ("reads", "unknown_writes"):
            made[item.name] = int(flat[0])
        else:
            shape = shapes.get(item.name, (1, wide))
            made[item.name] = flat[: math.prod(shape)].reshape(shape)
    return Counts(**made)


def _text(layers: Mapping[str, LayerEvents]) -> str:
    return json.dumps([{"name": name, **dataclasses.asdict(layer.circuit)} for name, layer in layers.items()])


def _circuits(text: str, where: str) -> list[tuple[str, Circuit]]:
    try:
        entries = json.loads(text)
        if not isinstance(entries, list) or len(entries) > MOST_LAYERS:
            raise ValueError
        return [(str(entry.pop("name"))[:200], _circuit(entry)) for entry in entries]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise OutputError(f"{where}: its description of the arrays is damaged") from None


def _circuit(entry: dict[str, Any]) -> Circuit:
    """A circuit from a mapping of untrusted values."""
    known = {item.name: item.type for item in dataclasses.fields(Circuit)}
    if set(entry) != set(known):
        raise ValueError
    made: dict[str, Any] = {}
    for name, kind in known.items():
        value = entry[name]
        if name in ("row_tiles", "line_tiles"):
            if not 0 < len(value) <= MOST_TILES:
                raise ValueError
            made[name] = tuple(_whole(size) for size in value)
        elif kind == "str":
            if value not in ("voltage", "width", "serial"):
                raise ValueError
            made[name] = value
        elif kind == "float":
            if isinstance(value, bool | str) or not 0 <= float(value) <= _LARGEST:
                raise ValueError
            made[name] = float(value)
        else:
            most = _MOST_BITS if name.endswith("_bits") else _MOST
            made[name] = None if value is None and "None" in str(kind) else _whole(value, most)
    circuit = Circuit(**made)
    if (
        circuit.input_phases > 2
        or max(circuit.slices, circuit.share) > circuit.outputs
        or circuit.outputs > circuit.lines
    ):
        raise ValueError
    return circuit


def _whole(value: Any, most: int = _MOST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError
    return value
