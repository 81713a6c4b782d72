"""A crossbar as a SPICE netlist: one direct-current read of an array, for ngspice.

Elements and `.options` follow the ngspice user's manual, version 39: resistors (3.3.1), independent sources (4.1),
non-linear dependent sources (5.1, B elements), simulator variables (15.1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.axes import Axes
from memsim.arrays.checks import whole
from memsim.arrays.read_circuit import DrivenTile, ReadCircuit, read_circuits, solved
from memsim.arrays.spice_cells import cell_elements, digits
from memsim.arrays.state import ArrayState
from memsim.arrays.wires.network import ENDS
from memsim.errors import InputError
from memsim.storage.files import check_target, write_file

MAX_CELLS = 1 << 22
"""Cells of an array that is written: with wires, each takes 200 bytes of the file."""
_LONGEST = 200
"""Characters of a text in a comment."""

_OPTIONS = ".options reltol=1e-10 abstol=1e-20 vntol=1e-14 gmin=1e-20 pivtol=1e-24 itl1=500"
"""The tolerances bound the last step of Newton's method. gmin does not act on the elements that occur here."""
_LEGEND = (
    "word lines i and bit lines j are counted from 0 through the whole matrix, tiles t_u down and across it",
    "nodes:",
    "  drive_t_u_i       driver of word line i in tile t_u: a source of the read voltage times the input of the row",
    "  word_t_u_i_j      word line i at bit line j; word_t_u_i where the line has no resistance",
    "  bit_t_u_i_j       bit line j at word line i; bit_t_u_j where the line has no resistance",
    "  cell_t_u_i_j      between the cell of word line i and bit line j and the resistance in series with it",
    "  sense_t_u_j       sense amplifier of bit line j: a source of 0 V, through which its current flows",
    "  ..._near, ..._far behind the resistance of a driver or sense amplifier, at the near and the far end of a line",
    "a line whose driver or sense amplifier has no resistance either is the node of that source",
)
_READINGS = {
    "single": "output j is bit line j",
    "pair": "output k is bit line 2k minus bit line 2k+1",
    "reference": "output k is bit line k minus the last bit line, which is the reference column",
}


def save(array: ArrayState, path: str | Path, x: Any, number: int, *, force: bool = False) -> Path:
    """Write one array as a netlist, see `Crossbar.to_spice`."""
    path = Path(path)
    check_target(path, force=force)
    number = whole("array", number, 0, array.shape[0] - 1)
    _, rows, _ = array.shape
    every_line = array.readout.cut.lines[-1].stop
    if rows * every_line > MAX_CELLS:
        raise InputError(
            f"to_spice: an array of {rows} x {every_line} lines has {rows * every_line} cells; allowed are {MAX_CELLS}"
        )
    one = dataclasses.replace(array, axes=Axes(None))  # inputs are those of one matrix
    signal = one.inputs(np.ones(rows) if x is None else x)
    if signal.leading:
        raise InputError(f"x: shape {(*signal.leading, rows)} does not fit; allowed: (row,), a netlist has one read")
    (circuit,) = read_circuits(array, signal.values, slice(number, number + 1), "to_spice")
    head, analysis = _head(array, number, circuit), _analysis(circuit)

    def write(file: Path) -> None:
        with open(file, "w", encoding="ascii", newline="\n") as stream:
            for part in (head, _elements(circuit), analysis):
                stream.writelines(f"{line}\n" for line in part)

    return write_file(path, write, force=force)


def comment(text: str) -> str:
    """A text that stays in one comment line: printable ASCII on one line, without a backslash, and not too long.

    ngspice joins a line that ends in two backslashes to the next one.
    """
    plain = "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in " ".join(text.split()))
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."


def _head(array: ArrayState, number: int, circuit: ReadCircuit) -> list[str]:
    """Comments that say what the file is; the first line of a netlist is its title."""
    spec, cut = array.device.spec, array.readout.cut
    tiles = f"{len(cut.rows)} x {len(cut.lines)} tile(s)"
    named = "" if array.axes.arrays is None else f", array {number} of a stack of {array.axes.arrays}"
    wires = "no wires" if circuit.ideal else comment(repr(circuit.wires))
    said = [
        f"memsim {comment(version('memsim'))}: one read of a crossbar at constant voltages, for ngspice",
        f"device: {comment(spec.name)}",
        f"title: {comment(spec.title)}",
        f"shape: {cut.rows[-1].stop} word lines x {cut.lines[-1].stop} bit lines in {tiles}{named}",
        f"read voltage: {digits(spec.read.voltage)} V",
        f"seed: {array.site.seed}, first array: {array.site.first_array}",
        f"lines: {wires}",
        "cells have their conductances as reads see them, without read noise",
        "run it with: ngspice -b FILE",
        "",
    ]
    said += [*_LEGEND, f"{_READINGS[array.column]}; the currents of tiles below each other add up", ""]
    said.append("expected currents [A], positive out of the bit line into the sense amplifier:")
    for tile in circuit.tiles:
        currents = solved(circuit, tile).currents[0]
        said += [f"  i({name}) = {digits(value)}" for name, value in zip(_sense_sources(tile), currents, strict=True)]
    return [f"* {line}".rstrip() for line in said]


def _analysis(circuit: ReadCircuit) -> list[str]:
    """What ngspice solves and prints with 17 digits; it ends in batch mode, where it would solve `.op` once more."""
    prints = [f"print i({name})" for tile in circuit.tiles for name in _sense_sources(tile)]
    ending = ["if $?batchmode", "  quit", "end", ".endc", ".end"]
    return [_OPTIONS, ".op", ".control", "set numdgt=16", "op", *prints, *ending]


def _elements(circuit: ReadCircuit) -> Iterator[str]:
    for tile in circuit.tiles:
        yield from _tile(circuit, tile)


def _tile(circuit: ReadCircuit, tile: DrivenTile) -> Iterator[str]:
    """Sources, lines and cells of a tile."""
    wires, tag = circuit.wires, _tag(tile)
    rows, lines = (range(part.start, part.stop) for part in (tile.rows, tile.lines))
    words = _Lines("word", "drive", tag, wires.word_resistance, wires.driver_resistance, wires.drive)
    bits = _Lines("bit", "sense", tag, wires.bit_resistance, wires.sense_resistance, wires.sense)
    for i, volts in zip(rows, tile.volts[0], strict=True):
        yield f"V{words.source(i)} {words.source(i)} 0 {digits(volts)}"
        yield from words.resistors(i, [words.node(i, i, j) for j in lines])
    for j in lines:
        yield f"V{bits.source(j)} {bits.source(j)} 0 0"
        yield from bits.resistors(j, [bits.node(j, i, j) for i in reversed(rows)])  # sensed behind the last row
    cells = ((words.node(i, i, j), bits.node(j, i, j), f"{tag}_{i}_{j}") for i in rows for j in lines)
    yield from cell_elements(circuit, tile.conductance.ravel(), cells)


class _Lines(NamedTuple):
    """Names and resistors of the word lines or of the bit lines of a tile.

    Attributes
    ----------
    kind, port, tag : str
        What the names of its nodes and of its sources begin with, and the numbers of the tile.
    segment, terminal : float
        Resistances [ohm].
    ends : {"one end", "both ends"}
        Where lines have terminals.
    """

    kind: str
    port: str
    tag: str
    segment: float
    terminal: float
    ends: str

    def source(self, line: int) -> str:
        """Node of the source of a line."""
        return f"{self.port}_{self.tag}_{line}"

    def node(self, line: int, i: int, j: int) -> str:
        """Node of a line at the cell of word line i and bit line j."""
        if self.segment > 0:
            return f"{self.kind}_{self.tag}_{i}_{j}"
        return f"{self.kind}_{self.tag}_{line}" if self.terminal > 0 else self.source(line)

    def resistors(self, line: int, nodes: list[str]) -> Iterator[str]:
        """Of a line with these nodes, the first at the end that always has a terminal."""
        name, source = f"R{self.kind}_{self.tag}_{line}", self.source(line)
        for end, node in (("near", nodes[0]), ("far", nodes[-1])):
            if end == "far" and self.ends == ENDS[0]:
                continue
            behind = source
            if self.terminal > 0:
                behind = f"{source}_{end}" if self.segment > 0 else node
                yield f"R{source}_{end} {source} {behind} {digits(self.terminal)}"
            if self.segment > 0:
                yield f"{name}_{end} {behind} {node} {digits(self.segment)}"
        if self.segment > 0:
            for place, (node, following) in enumerate(pairwise(nodes), 1):
                yield f"{name}_{place} {node} {following} {digits(self.segment)}"


def _sense_sources(tile: DrivenTile) -> list[str]:
    """Names of the sources of 0 V through which the currents of the bit lines flow."""
    return [f"Vsense_{_tag(tile)}_{j}" for j in range(tile.lines.start, tile.lines.stop)]


def _tag(tile: DrivenTile) -> str:
    return "{}_{}".format(*tile.place)
