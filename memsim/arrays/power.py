"""Electrical power of reads: what the sources deliver, and where it becomes heat."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.axes import Axes
from memsim.arrays.checks import whole
from memsim.arrays.containers import like
from memsim.arrays.read_circuit import DrivenTile, ReadCircuit, branch_currents, read_circuits, solved
from memsim.arrays.state import ArrayState

if TYPE_CHECKING:
    import xarray as xr

_AT_ONCE = 1 << 20
"""Cells times samples whose voltages are held at once; each takes about a hundred bytes."""

POWERS = {
    "power": "power that the drivers deliver",
    "cell_power": "power dissipated in the cells",
    "series_power": "power dissipated in the resistances in series with the cells",
    "word_line_power": "power dissipated in the segments of the word lines",
    "bit_line_power": "power dissipated in the segments of the bit lines",
    "driver_power": "power dissipated in the resistances of the drivers",
    "sense_power": "power dissipated in the resistances of the sense amplifiers",
}
"""Variables and their long names; the first one is the sum of the others."""


def labelled_power(array: ArrayState, x: Any, number: int | None) -> xr.Dataset:
    """Power of reads, see `Crossbar.power`.

    Parameters
    ----------
    array : ArrayState
        The stack.
    x : array_like
        Inputs; of one array (..., row).
    number : int or None
        Which array of the stack; None for all.
    """
    import xarray as xr

    count, stack, first = array.shape[0], array.axes.arrays is not None, array.site.first_array
    arrays, numbers = slice(0, count), first + np.arange(count)
    if number is not None:
        number = whole("array", number, 0, count - 1)
        arrays, numbers = slice(number, number + 1), numbers[number]
        array = dataclasses.replace(array, axes=Axes(None))  # inputs are those of one matrix
    signal = array.inputs(x)
    circuits = read_circuits(array, signal.values, arrays, "power")
    powers = np.stack([sum(tile_power(circuit, tile) for tile in circuit.tiles) for circuit in circuits])
    outer = array.axes.outer(np.moveaxis(powers, 1, 2), signal.leading)
    labelled = like(_with_dimensions(x, signal.leading, array.axes), outer, "power", "W")
    parts = {}
    for place, (name, long_name) in enumerate(POWERS.items()):
        parts[name] = labelled.isel({labelled.dims[-1]: place}, drop=True)
        parts[name].attrs["long_name"] = long_name
    dataset = xr.Dataset(parts, attrs={"device": array.device.name})
    fits = dataset.sizes.get("array") == count if number is None else "array" not in dataset.dims
    if not stack or not fits or "array" in dataset.coords:
        return dataset
    return dataset.assign_coords(array=("array", numbers) if number is None else numbers)


def tile_power(circuit: ReadCircuit, tile: DrivenTile) -> np.ndarray:
    """Powers (part, sample) of a tile [W], in the order of `POWERS`; each part from the voltages at its own ends."""
    samples, step = len(tile.volts), max(1, _AT_ONCE // tile.conductance.size)
    powers = np.zeros((len(POWERS), samples))
    for start in range(0, samples, step):
        some = slice(start, min(start + step, samples))
        powers[:, some] = _tile_power(circuit, tile, some)
    return powers


def _tile_power(circuit: ReadCircuit, tile: DrivenTile, samples: slice) -> np.ndarray:
    wires, solution, volts = circuit.wires, solved(circuit, tile, samples), tile.volts[samples]
    word, bit, into = solution.word_voltages, solution.bit_voltages, solution.word_currents
    assert word is not None and bit is not None and into is not None
    series = wires.series_resistance
    through = branch_currents(circuit, tile, word - bit, series)
    across = word - series * through - bit
    cells = across * branch_currents(circuit, tile, across)
    words = _line_powers(word, volts, wires.word_resistance, wires.driver_resistance, wires.drive)
    # Bit lines are sensed behind the last row, by virtual grounds at 0 V, which deliver nothing.
    bits = bit.transpose(0, 2, 1)[:, :, ::-1]
    grounds = np.zeros(bits.shape[:2])
    columns = _line_powers(bits, grounds, wires.bit_resistance, wires.sense_resistance, wires.sense)
    delivered = (volts * into).sum(1)
    return np.stack(
        [delivered, cells.sum((1, 2)), (series * through**2).sum((1, 2)), words[0], columns[0], words[1], columns[1]]
    )


def _line_powers(
    nodes: np.ndarray, sources: np.ndarray, segment: float, terminal: float, ends: str
) -> tuple[np.ndarray, np.ndarray]:
    """Powers (sample,) of the segments and of the terminals of parallel lines [W].

    Parameters
    ----------
    nodes : (sample, line, node)
        Voltages along the lines, from the end that always has a terminal [V].
    sources : (sample, line)
        Voltages behind the terminals [V].
    segment, terminal : float
        Resistances [ohm]; a segment joins every terminal to the node at its end.
    ends : {"one end", "both ends"}
        Where lines have terminals.
    """
    segments, terminals = np.zeros(len(nodes)), np.zeros(len(nodes))
    if segment > 0:
        segments = (np.diff(nodes, axis=2) ** 2).sum((1, 2)) / segment
    if segment + terminal > 0:
        for place in (0, -1) if ends == "both ends" else (0,):
            squares = (((sources - nodes[:, :, place]) / (segment + terminal)) ** 2).sum(1)
            segments = segments + segment * squares
            terminals = terminals + terminal * squares
    return segments, terminals


def _with_dimensions(x: Any, leading: tuple[int, ...], axes: Axes) -> Any:
    """Inputs as a DataArray: as they are, or with the dimensions sample, array and, of further axes, batch."""
    import xarray as xr

    if isinstance(x, xr.DataArray):
        return x
    names = ["sample", "row"] if leading else ["row"]
    if axes.arrays is not None and len(leading) > 1:
        names = ["array", *names]
    further = len(leading) + 1 - len(names)
    batch = ["batch"] if further == 1 else [f"batch_{place}" for place in range(further)]
    return xr.DataArray(np.zeros((*leading, 1)), dims=(*batch, *names))
